//! What waits to be sent to webhooks: held entries, posts made of them, and the order they go in.

use super::sign;
use super::state::{MAX_KEPT, State};
use bytes::Bytes;
use serde_json::{Value, json};
use tokio::time::Instant;

/// Entries of one post at most.
const MAX_BATCH: usize = 1_000;

/// An entry on its way to one app.
#[derive(Clone, Debug)]
pub(crate) struct Held {
    pub(crate) app_id: String,
    pub(crate) object: String,
    pub(crate) url: String,
    pub(crate) asset: String,
    pub(crate) entry: Value,
}

/// A body that waits; repeats send the same bytes.
#[derive(Clone, Debug)]
pub(crate) struct Post {
    pub(crate) id: u64,
    pub(crate) app_id: String,
    pub(crate) url: String,
    pub(crate) asset: String,
    pub(crate) bytes: Bytes,
    pub(crate) sha256: String,
    pub(crate) sha1: String,
    /// Posts of one lane go one after the other; `None` = as soon as they can.
    pub(crate) lane: Option<String>,
    pub(crate) attempt: u32,
    pub(crate) not_before: Option<Instant>,
    pub(crate) in_flight: bool,
}

/// One try to call a webhook.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// The app that was called.
    pub app_id: String,
    /// Address.
    pub url: String,
    /// Which post; repeats have the same.
    pub post: u64,
    /// Counted from 1.
    pub attempt: u32,
    /// HTTP status; `None` = no answer.
    pub status: Option<u16>,
    /// The exact bytes.
    pub body: Bytes,
    /// The header `X-Hub-Signature-256`.
    pub signature: String,
}

impl State {
    /// Holds an entry, or makes a post of it at once.
    pub(crate) fn enqueue(&mut self, held: Held) {
        if self.hold {
            if self.held.len() < MAX_KEPT {
                self.held.push(held);
            }
            return;
        }
        self.post(vec![held]);
    }

    /// Lets held entries go: each alone, or those of one app and address together.
    pub(super) fn release(&mut self, together: bool) {
        self.hold = false;
        let mut rest = std::mem::take(&mut self.held);
        if let Some(seed) = &mut self.shuffle {
            // Fisher and Yates, with numbers that are the same in every run.
            for place in (1..rest.len()).rev() {
                rest.swap(place, pick(seed, place + 1));
            }
        }
        if !together {
            for held in rest {
                self.post(vec![held]);
            }
            return;
        }
        while let Some(first) = rest.first() {
            let key = (first.app_id.clone(), first.url.clone(), first.object.clone());
            let fits = |held: &Held| held.app_id == key.0 && held.url == key.1 && held.object == key.2;
            let (batch, others): (Vec<_>, Vec<_>) = rest.into_iter().partition(fits);
            rest = others;
            batch.chunks(MAX_BATCH).for_each(|chunk| self.post(chunk.to_vec()));
        }
    }

    fn post(&mut self, batch: Vec<Held>) {
        let Some(first) = batch.first().cloned() else { return };
        let entries: Vec<Value> = batch.into_iter().map(|held| held.entry).collect();
        let body = json!({"object": first.object, "entry": entries});
        self.post_bytes(&first.app_id, &first.url, &first.asset, &sign::escaped(&body).into());
    }

    /// Queues any bytes, signed with the app's secret.
    pub(super) fn post_bytes(&mut self, app_id: &str, url: &str, asset: &str, bytes: &Bytes) {
        let secret = self.apps.get(app_id).map(|app| app.webhook_secret.clone().unwrap_or_else(|| app.secret.clone()));
        let secret = secret.unwrap_or_default();
        let copies = if self.duplicate { 2 } else { 1 };
        for _ in 0..copies {
            let id = self.next_post;
            self.next_post += 1;
            let post = Post {
                id,
                app_id: app_id.to_owned(),
                url: url.to_owned(),
                asset: asset.to_owned(),
                sha256: format!("sha256={}", sign::hmac_sha256(&secret, bytes)),
                sha1: format!("sha1={}", sign::hmac_sha1(&secret, bytes)),
                bytes: bytes.clone(),
                lane: self.shuffle.is_none().then(|| format!("{url} {asset}")),
                attempt: 0,
                not_before: None,
                in_flight: false,
            };
            let place = self.shuffle.as_mut().map(|seed| pick(seed, self.queue.len() + 1));
            self.queue.insert(place.unwrap_or(self.queue.len()), post);
            if self.queue.len() > MAX_KEPT {
                self.queue.pop_front();
            }
        }
    }
}

/// A number below `bound` (xorshift).
fn pick(seed: &mut u64, bound: usize) -> usize {
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    usize::try_from(*seed % bound.max(1) as u64).unwrap_or_default()
}
