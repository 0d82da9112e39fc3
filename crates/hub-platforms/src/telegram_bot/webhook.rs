//! Telegram calls: the secret in the header is the whole proof, because the body is not signed.

use super::{TelegramBot, api, mapping};
use async_trait::async_trait;
use aws_lc_rs::{constant_time, digest};
use hub_domain::RemoteAccountId;
use hub_platform_kit::platform::{Parsed, Webhook};
use hub_platform_kit::webhook::{
    Callback, Greeting, Inquiry, Inspection, Keys, Previous, Refusal, Report, Subscription, Verified, WebhookRequest,
};
use hub_platform_kit::{ErrorKind, Grant, PlatformError, Result, Secret};
use secrecy::ExposeSecret;

/// Carries the secret.
const SECRET_HEADER: &str = "x-telegram-bot-api-secret-token";
/// Longest secret Telegram takes.
const MAX_SECRET_CHARS: usize = 256;

#[async_trait]
impl Webhook for TelegramBot {
    /// Telegram sends no challenge.
    fn greet(&self, _request: &WebhookRequest, _keys: &Keys) -> Result<Option<Greeting>, Refusal> {
        Ok(None)
    }

    fn shown_secret_digest(&self, request: &WebhookRequest) -> Option<[u8; 32]> {
        digest::digest(&digest::SHA256, shown(request)?.as_bytes()).as_ref().try_into().ok()
    }

    fn verify(&self, request: &WebhookRequest, keys: &Keys) -> Result<Verified, Refusal> {
        let shown = shown(request).ok_or(Refusal::BadSignature)?;
        let proven = |account: Option<RemoteAccountId>| Ok(Verified { body: request.body.clone(), account });
        for key in &keys.subscriptions {
            if same(key.secret.expose_secret(), shown) {
                return proven(Some(key.remote_id.clone()));
            }
        }
        // The operator's secret belongs to the shared address only; a path names a subscription with a secret of its own.
        match self.settings.fixed_secret() {
            Some(secret) if request.path_key.is_none() && same(secret, shown) => {
                proven(self.settings.token().and_then(api::bot_id).map(RemoteAccountId::from))
            }
            _ => Err(Refusal::BadSignature),
        }
    }

    fn parse(&self, delivery: &Verified) -> Result<Vec<Parsed>> {
        Ok(mapping::delivery(&delivery.body, delivery.account.as_ref().map(RemoteAccountId::as_str)))
    }

    /// The contract's answer. It must never hold a member `method`: Telegram would execute it as a call.
    fn accepted(&self) -> (u16, &'static str) {
        (200, r#"{"ok":true}"#)
    }

    fn subscriber(&self, grant: &Grant) -> RemoteAccountId {
        api::bot_id(grant.token()).map_or_else(|| grant.remote_id.clone(), RemoteAccountId::from)
    }

    async fn subscribe(&self, grant: &Grant, callback: &Callback) -> Result<Subscription> {
        let secret = callback.secret.expose_secret();
        let taken = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        if secret.is_empty() || secret.len() > MAX_SECRET_CHARS || !secret.chars().all(taken) {
            let why = "the webhook secret must be 1 to 256 letters, digits, '_' or '-'";
            return Err(PlatformError::new(ErrorKind::Misconfigured, why));
        }
        self.api.set_webhook(grant.token(), &callback.url, secret).await?;
        Ok(Subscription { renew_at: None, remote_id: None, memory: serde_json::Value::Null })
    }

    async fn unsubscribe(&self, grant: &Grant, _previous: Option<&Previous>) -> Result<()> {
        self.api.delete_webhook(grant.token()).await.map(|_| ())
    }

    async fn inspect(&self, grant: &Grant, inquiry: &Inquiry) -> Result<Inspection> {
        let info = self.api.get_webhook_info(grant.token()).await?;
        if info.url.is_empty() {
            return Ok(Inspection::Gone { why: "Telegram has no address to call" });
        }
        Ok(match inquiry.judge(&info.url) {
            Inspection::Standing(_) => {
                let at = info.last_error_date.and_then(hub_domain::time::from_unix_seconds);
                Inspection::Standing(Report {
                    pending: info.pending_update_count,
                    last_error: at.zip(info.last_error_message),
                })
            }
            other => other,
        })
    }

    fn fixed_callback_secret(&self, grant: &Grant) -> Option<Secret> {
        let own = self.settings.token().is_some_and(|token| same(token, grant.token()));
        self.settings.fixed_secret().filter(|_| own).map(|secret| Secret::from(secret.to_owned()))
    }
}

/// The secret the request shows; a repeated or empty header shows nothing.
fn shown(request: &WebhookRequest) -> Option<&str> {
    request.header(SECRET_HEADER).filter(|secret| !secret.is_empty())
}

/// Equal, in a time that does not tell how much of it is.
fn same(expected: &str, shown: &str) -> bool {
    constant_time::verify_slices_are_equal(expected.as_bytes(), shown.as_bytes()).is_ok()
}
