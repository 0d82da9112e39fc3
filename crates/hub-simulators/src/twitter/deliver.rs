//! Calls webhooks: signed bodies in order, a few repeats with growing pauses and the same bytes, and challenges now and then.

use super::handle::Shared;
use super::world::{MAX_KEPT, World};
use aws_lc_rs::hmac;
use axum::http::header;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde_json::Value;
use std::fmt::Write as _;
use std::time::Duration;
use tokio::time::Instant;

/// How often the queue is looked at when nothing happens.
const LOOK: Duration = Duration::from_millis(200);
/// The largest doubling of the pause between tries.
const MAX_DOUBLINGS: u32 = 6;

/// A body that waits; repeats send the same bytes.
#[derive(Clone, Debug)]
pub(super) struct Post {
    pub(super) hook: String,
    bytes: Bytes,
    attempt: u32,
    not_before: Option<Instant>,
}

/// A body that can be had again by replay.
#[derive(Clone, Debug)]
pub(super) struct Journalled {
    pub(super) at_ms: i64,
    pub(super) hook: String,
    pub(super) bytes: Bytes,
}

/// One try to call a webhook.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// Id of the webhook.
    pub webhook: String,
    /// Counted from 1.
    pub attempt: u32,
    /// HTTP status; `None` = no answer.
    pub status: Option<u16>,
    /// The exact bytes.
    pub body: Bytes,
    /// The header `x-twitter-webhooks-signature`.
    pub signature: String,
}

/// `sha256=` and the digest in base64.
pub(super) fn sign(secret: &str, message: &[u8]) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    format!("sha256={}", STANDARD.encode(hmac::sign(&key, message)))
}

/// JSON as it is sent: nothing but ASCII, slashes escaped.
fn escaped(value: &Value) -> Bytes {
    let mut out = String::new();
    let mut units = [0_u16; 2];
    for letter in value.to_string().chars() {
        match letter {
            '/' => out.push_str("\\/"),
            letter if letter.is_ascii() => out.push(letter),
            letter => letter.encode_utf16(&mut units).iter().for_each(|unit| {
                let _ = write!(out, "\\u{unit:04x}");
            }),
        }
    }
    out.into()
}

impl World {
    /// Queues a body for a webhook and keeps it for replays; a broken webhook gets nothing.
    pub(super) fn post(&mut self, hook: &str, body: &Value) {
        let bytes = escaped(body);
        if self.journal.len() >= MAX_KEPT {
            self.journal.remove(0);
        }
        self.journal.push(Journalled { at_ms: self.now_ms(), hook: hook.to_owned(), bytes: bytes.clone() });
        self.queue_bytes(hook, &bytes);
    }

    /// Queues bytes.
    pub(super) fn queue_bytes(&mut self, hook: &str, bytes: &Bytes) {
        if !self.hooks.get(hook).is_some_and(|hook| hook.valid) {
            return;
        }
        for _ in 0..if self.duplicate { 2 } else { 1 } {
            if self.queue.len() >= MAX_KEPT {
                self.queue.pop_front();
            }
            self.queue.push_back(Post { hook: hook.to_owned(), bytes: bytes.clone(), attempt: 0, not_before: None });
        }
    }

    /// Queues a body without keeping it.
    pub(super) fn queue_body(&mut self, hook: &str, body: &Value) {
        self.queue_bytes(hook, &escaped(body));
    }

    /// The next post that may go.
    fn due(&mut self) -> Option<(Post, String, String)> {
        if self.hold {
            return None;
        }
        let now = Instant::now();
        let place = self.queue.iter().position(|post| post.not_before.is_none_or(|at| at <= now))?;
        let post = self.queue.remove(place)?;
        let hook = self.hooks.get(&post.hook)?;
        let secret = self.apps.get(&hook.app).map(|app| app.consumer_secret.clone())?;
        Some((post, hook.url.clone(), secret))
    }

    fn stale_hook(&self) -> Option<String> {
        let every = i64::try_from(self.options.challenge_every.as_millis()).unwrap_or(i64::MAX);
        let now = self.now_ms();
        self.hooks.values().find(|hook| now - hook.checked_ms >= every).map(|hook| hook.id.clone())
    }
}

/// Works the queue until the simulator is stopped.
pub(super) async fn run(shared: Shared) {
    loop {
        let work = async {
            let stale = shared.world().stale_hook();
            if let Some(id) = stale {
                shared.check_hook(&id).await;
                return;
            }
            let due = shared.world().due();
            if let Some((post, url, secret)) = due {
                deliver(&shared, post, &url, &secret).await;
            } else {
                let look = LOOK.min(shared.world().options.retry_unit);
                let _ = tokio::time::timeout(look, shared.changed.notified()).await;
            }
        };
        tokio::select! {
            () = work => {}
            () = shared.stop.cancelled() => return,
        }
    }
}

async fn deliver(shared: &Shared, mut post: Post, url: &str, secret: &str) {
    post.attempt += 1;
    let (limit, most, unit) = {
        let world = shared.world();
        (world.options.answer_limit, world.options.attempts, world.options.retry_unit)
    };
    let signature = sign(secret, &post.bytes);
    let request = shared
        .http
        .post(url)
        .timeout(limit)
        .header(header::CONTENT_TYPE, "application/json")
        .header("x-twitter-webhooks-signature", &signature)
        .body(post.bytes.clone());
    let status = request.send().await.ok().map(|answer| answer.status().as_u16());
    let mut world = shared.world();
    if world.deliveries.len() >= MAX_KEPT {
        world.deliveries.remove(0);
    }
    world.deliveries.push(Delivery {
        webhook: post.hook.clone(),
        attempt: post.attempt,
        status,
        body: post.bytes.clone(),
        signature,
    });
    if !status.is_some_and(|status| (200..300).contains(&status)) && post.attempt < most {
        post.not_before = Some(Instant::now() + unit * (1 << (post.attempt - 1).min(MAX_DOUBLINGS)));
        world.queue.push_back(post);
    }
}
