//! Calls webhooks as the server does: one update per request, updates of one chat in order and not before the one before
//! succeeded, other chats at the same time, repeats with growing pauses.

use super::handle::Shared;
use super::world::{Delivery, Update, Webhook};
use axum::http::header;
use std::collections::HashSet;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::Instant;

/// Repeats wait at most this many units.
const MAX_UNITS: u32 = 60;
/// The longest a receiver may take.
const ANSWER_LIMIT: Duration = Duration::from_secs(30);
/// How often the queue is looked at when nothing happens.
const LOOK: Duration = Duration::from_millis(200);

pub(super) async fn run(shared: Shared, token: String) {
    let Some(changed) = shared.world().bots.get(&token).map(|bot| bot.changed.clone()) else { return };
    let mut running = JoinSet::new();
    loop {
        let waited = changed.notified();
        tokio::pin!(waited);
        waited.as_mut().enable();
        for (hook, update) in due(&shared, &token, running.len()) {
            running.spawn(deliver(shared.clone(), token.clone(), hook, update));
        }
        tokio::select! {
            () = waited => {}
            Some(_) = running.join_next() => {}
            () = tokio::time::sleep(LOOK.min(shared.world().options.retry_unit)) => {}
            () = shared.stop.cancelled() => return,
        }
    }
}

/// The first update of every queue that is not under way, as far as connections allow.
fn due(shared: &Shared, token: &str, running: usize) -> Vec<(Webhook, Update)> {
    let mut world = shared.world();
    let Some(bot) = world.bots.get_mut(token) else { return Vec::new() };
    let Some(hook) = bot.webhook.clone() else { return Vec::new() };
    let now = Instant::now();
    let mut busy: HashSet<String> = HashSet::new();
    let mut found = Vec::new();
    for update in &mut bot.pending {
        let first = busy.insert(update.queue.clone());
        if !first || update.in_flight || update.not_before.is_some_and(|at| at > now) {
            continue;
        }
        if running + found.len() >= hook.max_connections {
            break;
        }
        update.in_flight = true;
        update.attempt += 1;
        found.push((hook.clone(), update.clone()));
    }
    found
}

async fn deliver(shared: Shared, token: String, hook: Webhook, update: Update) {
    let mut request = shared.http.post(&hook.url).timeout(ANSWER_LIMIT).json(&update.body);
    if let Some(secret) = &hook.secret {
        request = request.header("X-Telegram-Bot-Api-Secret-Token", secret);
    }
    let answer = request.send().await;
    let (status, asked_wait) = match &answer {
        Ok(answer) => {
            let wait =
                answer.headers().get(header::RETRY_AFTER).and_then(|v| v.to_str().ok()).and_then(|v| v.parse().ok());
            (Some(answer.status().as_u16()), wait)
        }
        Err(_) => (None, None),
    };
    let mut world = shared.world();
    let unit = world.options.retry_unit;
    let Some(bot) = world.bots.get_mut(&token) else { return };
    bot.note_delivery(Delivery { url: hook.url.clone(), update_id: update.id, attempt: update.attempt, status });
    if status.is_some_and(|status| (200..300).contains(&status)) {
        bot.pending.retain(|waiting| waiting.id != update.id);
        bot.changed.notify_waiters();
        return;
    }
    let words = match status {
        Some(status) => format!("Wrong response from the webhook: {status}"),
        None => "Connection refused".to_owned(),
    };
    bot.last_error = Some((chrono::Utc::now().timestamp(), words));
    let doubled = unit * (1 << update.attempt.saturating_sub(1).min(6)).min(MAX_UNITS);
    let pause = asked_wait.map_or(doubled, |seconds: u32| unit * seconds.min(3_600));
    if let Some(waiting) = bot.pending.iter_mut().find(|waiting| waiting.id == update.id) {
        waiting.in_flight = false;
        waiting.not_before = Some(Instant::now() + pause);
    }
    bot.changed.notify_waiters();
}
