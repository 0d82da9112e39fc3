//! `setWebhook`, `deleteWebhook`, `getWebhookInfo`.

use super::answer::{Outcome, Refusal};
use super::handle::Shared;
use super::params::Params;
use super::world::Webhook;
use serde_json::{Value, json};

/// Longest secret.
const MAX_SECRET: usize = 256;

pub(super) fn set(shared: &Shared, token: &str, params: &Params) -> Outcome {
    let url = params.text("url").unwrap_or_default();
    if url.is_empty() {
        return delete(shared, token, params);
    }
    // The real server wants HTTPS on four ports; on loopback there is none.
    let parsed = url::Url::parse(&url).map_err(|_| Refusal::bad_request("bad webhook: invalid URL"))?;
    let loopback = matches!(parsed.host_str(), Some("127.0.0.1" | "localhost" | "[::1]"));
    if parsed.scheme() != "https" && !loopback {
        return Err(Refusal::bad_request("bad webhook: An HTTPS URL must be provided for webhook"));
    }
    let secret = params.text("secret_token").filter(|secret| !secret.is_empty());
    let charset = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if secret.as_ref().is_some_and(|secret| secret.len() > MAX_SECRET || !secret.chars().all(charset)) {
        return Err(Refusal::bad_request("secret token contains unallowed characters"));
    }
    let kinds = params.json("allowed_updates").map(|kinds| {
        kinds.as_array().into_iter().flatten().filter_map(|kind| kind.as_str().map(str::to_owned)).collect()
    });
    let max_connections = params.number("max_connections").unwrap_or(40).clamp(1, 100);
    let mut world = shared.world();
    let bot = world.bots.get_mut(token).ok_or_else(|| Refusal::new(401, "Unauthorized"))?;
    // Not given means: as before.
    let allowed = kinds.or_else(|| bot.webhook.as_ref().and_then(|hook| hook.allowed.clone()));
    if params.text("drop_pending_updates").as_deref() == Some("true") {
        bot.pending.clear();
    }
    bot.webhook =
        Some(Webhook { url, secret, max_connections: usize::try_from(max_connections).unwrap_or(40), allowed });
    bot.last_error = None;
    // A waiting poll ends.
    bot.poll += 1;
    bot.changed.notify_waiters();
    Ok(json!(true))
}

pub(super) fn delete(shared: &Shared, token: &str, params: &Params) -> Outcome {
    let mut world = shared.world();
    let bot = world.bots.get_mut(token).ok_or_else(|| Refusal::new(401, "Unauthorized"))?;
    bot.webhook = None;
    if params.text("drop_pending_updates").as_deref() == Some("true") {
        bot.pending.clear();
    }
    bot.changed.notify_waiters();
    Ok(json!(true))
}

pub(super) fn info(shared: &Shared, token: &str) -> Outcome {
    let world = shared.world();
    let bot = world.bots.get(token).ok_or_else(|| Refusal::new(401, "Unauthorized"))?;
    let hook = bot.webhook.as_ref();
    let mut info = json!({
        "url": hook.map(|hook| hook.url.clone()).unwrap_or_default(),
        "has_custom_certificate": false,
        "pending_update_count": bot.pending.len(),
    });
    if let Some(hook) = hook {
        info["max_connections"] = hook.max_connections.into();
        if let Some(allowed) = &hook.allowed {
            info["allowed_updates"] = Value::from(allowed.clone());
        }
    }
    if let Some((at, message)) = &bot.last_error {
        info["last_error_date"] = (*at).into();
        info["last_error_message"] = message.clone().into();
    }
    Ok(info)
}
