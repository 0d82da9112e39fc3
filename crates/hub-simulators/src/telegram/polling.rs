//! `getUpdates`: asking with an offset confirms everything below it; only one may ask, and only without a webhook.

use super::answer::{Outcome, Refusal};
use super::handle::Shared;
use super::params::Params;
use serde_json::Value;
use std::time::Duration;
use tokio::time::Instant;

/// Longest wait the server allows, in seconds.
const MAX_TIMEOUT: i64 = 50;

pub(super) async fn get_updates(shared: &Shared, token: &str, params: &Params) -> Outcome {
    let limit = usize::try_from(params.number("limit").unwrap_or(100).clamp(1, 100)).unwrap_or(100);
    let timeout = params.number("timeout").unwrap_or(0).clamp(0, MAX_TIMEOUT);
    let deadline = Instant::now() + Duration::from_secs(u64::try_from(timeout).unwrap_or_default());
    let (mine, changed) = {
        let mut world = shared.world();
        let bot = world.bots.get_mut(token).ok_or_else(|| Refusal::new(401, "Unauthorized"))?;
        if let Some(offset) = params.number("offset") {
            bot.pending.retain(|update| update.id >= offset);
        }
        bot.poll += 1;
        bot.asked_from = params.number("offset");
        bot.changed.notify_waiters();
        (bot.poll, bot.changed.clone())
    };
    loop {
        let waited = changed.notified();
        tokio::pin!(waited);
        waited.as_mut().enable();
        {
            let world = shared.world();
            let bot = world.bots.get(token).ok_or_else(|| Refusal::new(401, "Unauthorized"))?;
            if bot.webhook.is_some() {
                let words = "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first";
                return Err(Refusal::new(409, words));
            }
            if bot.poll != mine {
                let words =
                    "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running";
                return Err(Refusal::new(409, words));
            }
            let found: Vec<Value> = bot.pending.iter().take(limit).map(|update| update.body.clone()).collect();
            if !found.is_empty() || Instant::now() >= deadline {
                return Ok(found.into());
            }
        }
        tokio::select! {
            () = waited => {}
            () = tokio::time::sleep_until(deadline) => {}
            () = shared.stop.cancelled() => return Ok(Value::Array(Vec::new())),
        }
    }
}
