//! Calls webhooks: signed requests, one after the other for each address, repeated with the same bytes until they are taken.

use super::handle::Platform;
use super::options::millis;
use super::state::MAX_KEPT;
use axum::http::header;
use bytes::Bytes;
use std::collections::HashSet;
use std::time::Duration;
use tokio::task::JoinSet;

/// Requests under way at once.
const MAX_RUNNING: usize = 32;
/// How often the queue is looked at when nothing happens.
const LOOK: Duration = Duration::from_millis(200);

/// A request that waits; times are Unix milliseconds of the platform's clock.
#[derive(Clone, Debug)]
pub(super) struct Post {
    pub(super) id: u64,
    pub(super) client_id: String,
    pub(super) url: String,
    pub(super) bytes: Bytes,
    pub(super) signature: Option<String>,
    pub(super) first_at: i64,
    pub(super) not_before: i64,
    pub(super) attempt: u32,
    pub(super) in_flight: bool,
}

/// One try to call a webhook.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// The app that was called.
    pub client_id: String,
    /// Address.
    pub url: String,
    /// Which request; repeats have the same.
    pub post: u64,
    /// Counted from 1.
    pub attempt: u32,
    /// HTTP status; `None` = no answer.
    pub status: Option<u16>,
    /// The exact bytes.
    pub body: Bytes,
    /// The header `X-LI-Signature`.
    pub signature: Option<String>,
}

/// Sends what is due, and challenges addresses, until the platform is stopped.
pub(super) async fn run(platform: Platform) {
    let mut running = JoinSet::new();
    loop {
        let waited = platform.changes().notified_owned();
        tokio::pin!(waited);
        waited.as_mut().enable();
        for post in due(&platform, running.len()) {
            running.spawn(deliver(platform.clone(), post));
        }
        for hook in platform.due_challenges() {
            running.spawn(challenge(platform.clone(), hook));
        }
        let look = LOOK.min(platform.state().options.retry_every).max(Duration::from_millis(1));
        tokio::select! {
            () = waited => {}
            Some(_) = running.join_next() => {}
            () = tokio::time::sleep(look) => {}
            () = platform.stopped() => return,
        }
    }
}

async fn challenge(platform: Platform, hook: (String, String)) {
    platform.challenge_again(&hook).await;
}

/// The first request of every address that is free. Those that wait for their next try hold nobody up: the order is not kept.
fn due(platform: &Platform, running: usize) -> Vec<Post> {
    let mut state = platform.state();
    let now = state.now_ms();
    let blocked: HashSet<String> = state
        .webhooks
        .iter()
        .filter(|(_, hook)| hook.blocked)
        .map(|((client_id, url), _)| format!("{client_id} {url}"))
        .collect();
    let mut busy: HashSet<String> =
        state.queue.iter().filter(|post| post.in_flight).map(|post| post.url.clone()).collect();
    let mut found = Vec::new();
    for post in &mut state.queue {
        let free = !post.in_flight && post.not_before <= now;
        if !free || blocked.contains(&format!("{} {}", post.client_id, post.url)) || busy.contains(&post.url) {
            continue;
        }
        if running + found.len() >= MAX_RUNNING {
            break;
        }
        busy.insert(post.url.clone());
        post.in_flight = true;
        post.attempt += 1;
        found.push(post.clone());
    }
    found
}

async fn deliver(platform: Platform, post: Post) {
    let limit = platform.state().options.answer_limit;
    let mut request = platform.http().post(&post.url).timeout(limit).header(header::CONTENT_TYPE, "application/json");
    if let Some(signature) = &post.signature {
        request = request.header("X-LI-Signature", signature);
    }
    let status = request.body(post.bytes.clone()).send().await.ok().map(|answer| answer.status().as_u16());
    let mut state = platform.state();
    if state.deliveries.len() >= MAX_KEPT {
        state.deliveries.remove(0);
    }
    state.deliveries.push(Delivery {
        client_id: post.client_id.clone(),
        url: post.url.clone(),
        post: post.id,
        attempt: post.attempt,
        status,
        body: post.bytes.clone(),
        signature: post.signature.clone(),
    });
    let next = state.now_ms() + millis(state.options.retry_every);
    let taken = status.is_some_and(|status| (200..300).contains(&status));
    if taken || next > post.first_at + millis(state.options.retry_for) {
        state.queue.retain(|waiting| waiting.id != post.id);
    } else if let Some(waiting) = state.queue.iter_mut().find(|waiting| waiting.id == post.id) {
        waiting.in_flight = false;
        waiting.not_before = next;
    }
    drop(state);
    platform.note_change();
}
