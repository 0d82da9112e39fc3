//! Calls webhooks: signed bodies, in the order of each Page or account, repeats with growing pauses and the same bytes.

use super::Meta;
use super::post::{Delivery, Post};
use super::state::MAX_KEPT;
use axum::http::header;
use std::collections::HashSet;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::Instant;

/// Repeats wait at most this many units.
const MAX_UNITS: u32 = 64;
/// Calls under way at once.
const MAX_RUNNING: usize = 32;
/// How often the queue is looked at when nothing happens.
const LOOK: Duration = Duration::from_millis(200);

pub(super) async fn run(meta: Meta) {
    let mut running = JoinSet::new();
    loop {
        let waited = meta.changes().notified_owned();
        tokio::pin!(waited);
        waited.as_mut().enable();
        for post in due(&meta, running.len()) {
            running.spawn(deliver(meta.clone(), post));
        }
        let look = LOOK.min(meta.state().options.retry_unit);
        tokio::select! {
            () = waited => {}
            Some(_) = running.join_next() => {}
            () = tokio::time::sleep(look) => {}
            () = meta.stopped() => return,
        }
    }
}

/// The first post of every lane that is not under way.
fn due(meta: &Meta, running: usize) -> Vec<Post> {
    let mut state = meta.state();
    let now = Instant::now();
    let mut busy: HashSet<String> = HashSet::new();
    let mut found = Vec::new();
    for post in &mut state.queue {
        let first = post.lane.clone().is_none_or(|lane| busy.insert(lane));
        if !first || post.in_flight || post.not_before.is_some_and(|at| at > now) {
            continue;
        }
        if running + found.len() >= MAX_RUNNING {
            break;
        }
        post.in_flight = true;
        post.attempt += 1;
        found.push(post.clone());
    }
    found
}

async fn deliver(meta: Meta, post: Post) {
    let limit = meta.state().options.answer_limit;
    let request = meta
        .http()
        .post(&post.url)
        .timeout(limit)
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::USER_AGENT, "facebookexternalua")
        .header("X-Hub-Signature-256", &post.sha256)
        .header("X-Hub-Signature", &post.sha1)
        .body(post.bytes.clone());
    let status = request.send().await.ok().map(|answer| answer.status().as_u16());
    let mut state = meta.state();
    if state.deliveries.len() >= MAX_KEPT {
        state.deliveries.remove(0);
    }
    state.deliveries.push(Delivery {
        app_id: post.app_id.clone(),
        url: post.url.clone(),
        post: post.id,
        attempt: post.attempt,
        status,
        body: post.bytes.clone(),
        signature: post.sha256.clone(),
    });
    let given_up = state.options.give_up_after.is_some_and(|most| post.attempt >= most);
    if status == Some(200) || given_up {
        state.queue.retain(|waiting| waiting.id != post.id);
        if status != Some(200)
            && let Some(apps) = state.subscribed.get_mut(&post.asset)
        {
            apps.remove(&post.app_id);
        }
    } else {
        let units = (1 << post.attempt.saturating_sub(1).min(6)).min(MAX_UNITS);
        let pause = state.options.retry_unit * units;
        if let Some(waiting) = state.queue.iter_mut().find(|waiting| waiting.id == post.id) {
            waiting.in_flight = false;
            waiting.not_before = Some(Instant::now() + pause);
        }
    }
    drop(state);
    meta.note_change();
}
