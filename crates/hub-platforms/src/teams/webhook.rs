//! Graph calls: the handshake, deliveries that prove themselves item by item, and the subscription.

use super::delivery::{self, Checker, Keyring, Known, Shell};
use super::{Teams, subscribing};
use async_trait::async_trait;
use hub_domain::RemoteAccountId;
use hub_platform_kit::platform::{Parsed, Webhook};
use hub_platform_kit::webhook::{
    Callback, Greeting, Inquiry, Inspection, Keys, Previous, Refusal, Subscription, SubscriptionKey, Verified,
    WebhookRequest,
};
use hub_platform_kit::{Grant, Result, Secret};
use secrecy::ExposeSecret;

/// What the platform shows when it checks the address.
const HANDSHAKE: &str = "validationToken";
/// Longest text that is shown back, in characters.
const MAX_HANDSHAKE_CHARS: usize = 1024;
/// The contract's word for a body that is no object.
const NO_OBJECT: &str = "Invalid payload structure";
/// The contract's word for a handshake that shows something else.
const BAD_HANDSHAKE: &str = "Invalid token";
#[async_trait]
impl Webhook for Teams {
    async fn warm(&self, request: &WebhookRequest) {
        if let Some(shell) = Shell::read(&request.body) {
            self.keys.warm(&self.api.graph.transport, &self.settings, &shell.tokens).await;
        }
    }

    fn subscription_ids(&self, request: &WebhookRequest) -> Vec<String> {
        Shell::read(&request.body).map(|shell| shell.subscriptions()).unwrap_or_default()
    }

    /// The platform checks the address with a question that anybody may ask; what is shown back can do no harm.
    fn greet(&self, request: &WebhookRequest, _keys: &Keys) -> Result<Option<Greeting>, Refusal> {
        let Some(token) = request.query.get(HANDSHAKE).filter(|_| request.method == "POST") else { return Ok(None) };
        let plain = |c: char| (c == ' ' || c.is_ascii_graphic()) && !matches!(c, '<' | '>' | '&' | '"' | '\'');
        if token.is_empty() || token.len() > MAX_HANDSHAKE_CHARS || !token.chars().all(plain) {
            return Err(Refusal::Malformed(BAD_HANDSHAKE));
        }
        Ok(Some(Greeting { status: 200, content_type: "text/plain; charset=utf-8", body: token.clone() }))
    }

    /// No header shows anything.
    fn shown_secret_digest(&self, _request: &WebhookRequest) -> Option<[u8; 32]> {
        None
    }

    /// Whatever fell is not told: the platform would only repeat it, and a stranger learns nothing.
    fn verify(&self, request: &WebhookRequest, keys: &Keys) -> Result<Verified, Refusal> {
        let shell = Shell::read(&request.body).ok_or(Refusal::Malformed(NO_OBJECT))?;
        let known: Vec<Known> = keys.subscriptions.iter().map(known).collect();
        let (body, account) = Checker { settings: &self.settings, keys: &self.keys, known: &known }.open(&shell);
        Ok(Verified { body: body.into(), account: account.map(RemoteAccountId::from) })
    }

    fn parse(&self, delivery: &Verified) -> Result<Vec<Parsed>> {
        Ok(delivery::parse(&delivery.body))
    }

    fn accepted(&self) -> (u16, &'static str) {
        (202, r#"{"ok":true}"#)
    }

    fn subscriber(&self, grant: &Grant) -> RemoteAccountId {
        grant.remote_id.clone()
    }

    async fn subscribe(&self, grant: &Grant, callback: &Callback) -> Result<Subscription> {
        subscribing::subscribe(&self.api, grant, callback).await
    }

    async fn unsubscribe(&self, grant: &Grant, previous: Option<&Previous>) -> Result<()> {
        match previous.and_then(|previous| previous.remote_id.as_deref()) {
            Some(id) => self.api.unsubscribe(grant.token(), id).await,
            None => Ok(()),
        }
    }

    async fn inspect(&self, grant: &Grant, inquiry: &Inquiry) -> Result<Inspection> {
        subscribing::inspect(&self.api, grant, inquiry).await
    }

    fn fixed_callback_secret(&self, _grant: &Grant) -> Option<Secret> {
        None
    }
}

/// A subscription as far as checking needs it. While it is being made nothing is remembered of it yet.
fn known(key: &SubscriptionKey) -> Known {
    let ring = Keyring::of(&key.memory);
    Known {
        id: key.subscription.clone(),
        account: key.remote_id.as_str().to_owned(),
        certificates: ring.as_ref().map(Keyring::certificates).unwrap_or_default(),
        client_state: ring.map_or_else(|| key.secret.expose_secret().to_owned(), |ring| ring.client_state),
    }
}
