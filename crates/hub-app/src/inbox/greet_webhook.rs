//! Answers a platform's challenge. Nothing is stored.

use super::receive_webhook::{Refused, keys_for, receiver};
use crate::App;
use hub_platform_kit::webhook::{Greeting, WebhookRequest};

/// Answers a challenge; `Ok(None)` when the request is none.
pub async fn greet_webhook(app: &App, platform: &str, request: &WebhookRequest) -> Result<Option<Greeting>, Refused> {
    let handle = receiver(app, platform)?;
    let keys = keys_for(app, handle, request).await?;
    Ok(handle.greet(request, &keys)?)
}
