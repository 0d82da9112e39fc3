//! Calls endpoints: several items in one request, repeats with growing pauses and fresh keys.

use super::item::Item;
use super::seal::seal;
use crate::teams::handle::Shared;
use crate::teams::world::{MAX_KEPT, World};
use axum::http::header;
use bytes::Bytes;
use serde_json::{Value, json};
use std::collections::HashSet;
use std::time::Duration;
use tokio::time::Instant;

/// How often the queue is looked at when nothing happens.
const LOOK: Duration = Duration::from_millis(200);
/// The largest doubling of the pause between tries.
const MAX_DOUBLINGS: u32 = 8;
/// Items that can be repeated.
const MAX_REPEATED: usize = 200;

/// One try to call an endpoint.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// Where.
    pub url: String,
    /// Counted from 1; of the item that was tried most often.
    pub attempt: u32,
    /// HTTP status; `None` = no answer.
    pub status: Option<u16>,
    /// Items in it.
    pub items: usize,
    /// The exact bytes.
    pub body: Bytes,
}

impl World {
    /// The next items that may go, all to one address.
    fn due(&mut self) -> Vec<Item> {
        if self.hold {
            return Vec::new();
        }
        self.expire_subscriptions();
        let now = Instant::now();
        let living: HashSet<&str> = self.subscriptions.iter().map(|one| one.id.as_str()).collect();
        self.queue.retain(|item| item.lifecycle || living.contains(item.subscription.as_str()));
        let paused: HashSet<&str> =
            self.subscriptions.iter().filter(|one| one.paused).map(|one| one.id.as_str()).collect();
        let may = |item: &Item| {
            item.not_before.is_none_or(|at| at <= now)
                && (item.lifecycle || !paused.contains(item.subscription.as_str()))
        };
        let Some(first) = self.queue.iter().find(|item| may(item)) else { return Vec::new() };
        let (url, lifecycle, lot) = (first.url.clone(), first.lifecycle, first.lot);
        let (mut batch, mut rest) = (Vec::new(), std::collections::VecDeque::new());
        for item in self.queue.drain(..) {
            let fits = item.url == url && item.lifecycle == lifecycle && item.lot == lot;
            if fits && batch.len() < self.options.max_batch && may(&item) {
                batch.push(item);
            } else {
                rest.push_back(item);
            }
        }
        self.queue = rest;
        batch
    }

    /// The body of a request.
    fn envelope(&self, items: &[Item]) -> Value {
        let shown = |item: &Item| {
            let mut body = item.body.clone();
            if let Some(secret) = &item.secret {
                let mut content = seal(&secret.plain, &secret.certificate).unwrap_or_default();
                if let Some(forgery) = item.forgery {
                    forgery.damage(&mut content);
                }
                body["encryptedContent"] = content;
            }
            body
        };
        let mut body = json!({"value": items.iter().map(shown).collect::<Vec<_>>()});
        let tokens = self.tokens_beside(items);
        if !tokens.is_empty() {
            body["validationTokens"] = json!(tokens);
        }
        body
    }

    /// Sends the last items once more, with fresh keys.
    pub(in crate::teams) fn repeat(&mut self, count: usize) -> usize {
        let from = self.delivered.len().saturating_sub(count);
        let again: Vec<Item> = self.delivered.iter().skip(from).cloned().collect();
        let count = again.len();
        for item in again {
            self.queue.push_back(Item { attempt: 0, not_before: None, ..item });
        }
        count
    }

    fn delivered(&mut self, items: Vec<Item>) {
        for item in items {
            if self.delivered.len() >= MAX_REPEATED {
                self.delivered.pop_front();
            }
            self.delivered.push_back(item);
        }
    }

    fn failed(&mut self, items: Vec<Item>) {
        let patience = i64::try_from(self.options.give_up_after.as_millis()).unwrap_or(i64::MAX);
        let (now, unit) = (self.now_ms(), self.options.retry_unit);
        for mut item in items {
            if now - item.born_ms >= patience {
                continue;
            }
            item.not_before =
                Some(Instant::now() + unit.saturating_mul(1 << item.attempt.saturating_sub(1).min(MAX_DOUBLINGS)));
            self.queue.push_back(item);
        }
    }
}

/// Works the queue until the simulator is stopped.
pub(in crate::teams) async fn run(shared: Shared) {
    loop {
        let work = async {
            let due = shared.world().due();
            if due.is_empty() {
                let look = LOOK.min(shared.world().options.retry_unit);
                let _ = tokio::time::timeout(look, shared.changed.notified()).await;
            } else {
                deliver(&shared, due).await;
            }
        };
        tokio::select! {
            () = work => {}
            () = shared.stop.cancelled() => return,
        }
    }
}

async fn deliver(shared: &Shared, mut items: Vec<Item>) {
    let Some(url) = items.first().map(|item| item.url.clone()) else { return };
    for item in &mut items {
        item.attempt += 1;
    }
    let (body, limit) = {
        let world = shared.world();
        (Bytes::from(world.envelope(&items).to_string()), world.options.answer_limit)
    };
    let request = shared
        .http
        .post(&url)
        .timeout(limit)
        .header(header::CONTENT_TYPE, "application/json; charset=utf-8")
        .body(body.clone());
    let status = request.send().await.ok().map(|answer| answer.status().as_u16());
    let mut world = shared.world();
    if world.deliveries.len() >= MAX_KEPT {
        world.deliveries.remove(0);
    }
    let attempt = items.iter().map(|item| item.attempt).max().unwrap_or_default();
    world.deliveries.push(Delivery { url, attempt, status, items: items.len(), body });
    if status.is_some_and(|status| (200..300).contains(&status)) {
        world.delivered(items);
    } else {
        world.failed(items);
    }
}
