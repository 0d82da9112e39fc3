//! X calls: one address of the app for all accounts, proven by the app's consumer secret.

use super::hooks::{Hook, Subscribed, says};
use super::{Twitter, inspection, mapping};
use async_trait::async_trait;
use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use chrono::TimeDelta;
use hub_domain::RemoteAccountId;
use hub_platform_kit::platform::{Parsed, Webhook};
use hub_platform_kit::webhook::{
    Callback, Greeting, Inquiry, Inspection, Keys, Previous, Refusal, Subscription, Verified, WebhookRequest,
};
use hub_platform_kit::{ErrorKind, Grant, PlatformError, Result, Secret};
use serde_json::value::RawValue;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Carries the signature.
const SIGNATURE_HEADER: &str = "x-twitter-webhooks-signature";
/// What stands before it, and before the answer to a challenge.
const SCHEME: &str = "sha256=";
/// The parameter of a challenge.
const CHALLENGE: &str = "crc_token";
/// Longest challenge that is answered.
const MAX_CHALLENGE_BYTES: usize = 1024;
/// The contract's words.
const NO_CHALLENGE: &str = "Missing crc_token";
const NO_OBJECT: &str = "Invalid payload structure";
/// Events without which an account is deaf.
pub(super) const NEEDED: [&str; 2] = ["dm.received", "dm.sent"];
/// Events that are good to have, of one person.
const WANTED: [&str; 4] = ["dm.read", "dm.indicate_typing", "chat.received", "chat.sent"];
/// The event of all the app's people.
const REVOKED: &str = "oauth.revoke";
/// The platform gives up an address that does not answer, so what stands there is looked at this often.
const LOOK_AGAIN: TimeDelta = TimeDelta::hours(6);

#[async_trait]
impl Webhook for Twitter {
    /// The answer to a challenge is made like a signature. So a challenge that could be a delivery is not answered: else
    /// anybody could have deliveries of their own signed here.
    fn greet(&self, request: &WebhookRequest, _keys: &Keys) -> Result<Option<Greeting>, Refusal> {
        if !request.method.eq_ignore_ascii_case("GET") {
            return Ok(None);
        }
        let challenge = request.query.get(CHALLENGE).filter(|challenge| !challenge.is_empty());
        let challenge = challenge.ok_or(Refusal::Malformed(NO_CHALLENGE))?;
        let secret = self.settings.consumer_secret().filter(|_| harmless(challenge)).ok_or(Refusal::BadVerifyToken)?;
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
        let token = format!("{SCHEME}{}", BASE64.encode(hmac::sign(&key, challenge.as_bytes())));
        let body = json!({ "response_token": token }).to_string();
        Ok(Some(Greeting { status: 200, content_type: "application/json", body }))
    }

    /// The header is a signature, not a secret.
    fn shown_secret_digest(&self, _request: &WebhookRequest) -> Option<[u8; 32]> {
        None
    }

    fn verify(&self, request: &WebhookRequest, _keys: &Keys) -> Result<Verified, Refusal> {
        let shown = request.header(SIGNATURE_HEADER).and_then(|value| value.strip_prefix(SCHEME));
        let shown = shown.and_then(|digest| BASE64.decode(digest).ok()).ok_or(Refusal::BadSignature)?;
        let mut proven = false;
        for secret in self.settings.signing_secrets() {
            let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
            proven |= hmac::verify(&key, &request.body, &shown).is_ok();
        }
        if !proven {
            return Err(Refusal::BadSignature);
        }
        match serde_json::from_slice::<BTreeMap<String, &RawValue>>(&request.body) {
            Ok(_) => Ok(Verified { body: request.body.clone(), account: None }),
            Err(_) => Err(Refusal::Malformed(NO_OBJECT)),
        }
    }

    fn parse(&self, delivery: &Verified) -> Result<Vec<Parsed>> {
        Ok(mapping::delivery(&delivery.body, self.settings.unescape_text))
    }

    fn accepted(&self) -> (u16, &'static str) {
        (200, r#"{"ok":true}"#)
    }

    fn subscriber(&self, grant: &Grant) -> RemoteAccountId {
        grant.remote_id.clone()
    }

    async fn subscribe(&self, grant: &Grant, callback: &Callback) -> Result<Subscription> {
        let subscribed = self.subscribed(grant, callback).await;
        // What was seen before says nothing of what stands now.
        self.looks.forget().await;
        subscribed
    }

    /// The app's address stays: other accounts are called there. So does what leads elsewhere, where it is known which is ours.
    async fn unsubscribe(&self, grant: &Grant, previous: Option<&Previous>) -> Result<()> {
        let user = grant.remote_id.as_str();
        let ours = previous.and_then(|previous| previous.remote_id.as_deref());
        let is_ours = |hook: Option<&str>| ours.is_none() || hook.is_none() || hook == ours;
        for one in self.api.subscriptions().await? {
            if one.user.as_deref() == Some(user) && is_ours(one.webhook.as_deref()) {
                self.api.end_subscription(&one.id).await?;
            }
        }
        for hook in self.api.hooks().await?.into_iter().filter(|hook| is_ours(Some(&hook.id))) {
            match self.api.end_account(user, &hook.id).await {
                Err(error) if passes(&error) => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }

    async fn inspect(&self, grant: &Grant, inquiry: &Inquiry) -> Result<Inspection> {
        inspection::inspect(self, grant, inquiry).await
    }

    /// The app has one address, and its secret is the operator's.
    fn fixed_callback_secret(&self, _grant: &Grant) -> Option<Secret> {
        self.settings.consumer_secret().map(|secret| Secret::from(secret.to_owned()))
    }
}

impl Twitter {
    /// Does what is missing and nothing else, so that it can be done again and again: the app's address is there and works,
    /// and the account's events lead to it.
    async fn subscribed(&self, grant: &Grant, callback: &Callback) -> Result<Subscription> {
        let hook = self.address(callback.url.as_str()).await?;
        let known = self.api.subscriptions().await?;
        if let Err(error) = self.listen(grant, &known, &hook.id).await {
            if !matters_to_the_new_way(&error) {
                return Err(error);
            }
            // An app may have the older way alone; what it says about the new one is worth more than the old one's no.
            tracing::warn!(%error, "the activity API takes no subscription; the older one is asked");
            self.api
                .subscribe_account(grant.token(), &hook.id)
                .await
                .map_err(|old| if passes(&old) { old } else { error })?;
        }
        Ok(Subscription {
            renew_at: callback.now.checked_add_signed(LOOK_AGAIN),
            remote_id: Some(hook.id),
            memory: Value::Null,
        })
    }

    /// The app's address at the platform, made or healed where that is needed.
    async fn address(&self, url: &str) -> Result<Hook> {
        let hook = match self.api.hooks().await?.into_iter().find(|hook| hook.url == url) {
            Some(hook) => hook,
            None => match self.api.create_hook(url).await {
                Ok(hook) => hook,
                Err(error) if passes(&error) => return Err(error),
                // Somebody else here may have made it meanwhile.
                Err(error) => {
                    let made = self.api.hooks().await?.into_iter().find(|hook| hook.url == url);
                    made.ok_or_else(|| explained(error))?
                }
            },
        };
        if hook.valid || self.api.challenge_hook(&hook.id).await? { Ok(hook) } else { Err(unreachable_hub()) }
    }

    /// Subscribes to what is not subscribed to yet.
    async fn listen(&self, grant: &Grant, known: &[Subscribed], hook: &str) -> Result<()> {
        let user = grant.remote_id.as_str();
        for kind in NEEDED {
            self.listen_to(kind, Some((user, grant.token())), known, hook).await?;
        }
        for (kind, person) in
            WANTED.map(|kind| (kind, Some((user, grant.token())))).into_iter().chain([(REVOKED, None)])
        {
            match self.listen_to(kind, person, known, hook).await {
                Err(error) if passes(&error) => return Err(error),
                Err(error) => tracing::info!(kind, %error, "the platform does not tell of one kind of event"),
                Ok(()) => {}
            }
        }
        Ok(())
    }

    async fn listen_to(
        &self,
        kind: &str,
        person: Option<(&str, &str)>,
        known: &[Subscribed],
        hook: &str,
    ) -> Result<()> {
        let user = person.map(|(user, _)| user);
        let same = known.iter().filter(|one| one.event_type == kind && one.user.as_deref() == user);
        let mut elsewhere = None;
        for one in same {
            if one.webhook.as_deref() == Some(hook) {
                return Ok(());
            }
            elsewhere = Some(&one.id);
        }
        match elsewhere {
            Some(one) => self.api.lead(one, hook).await,
            None => self.api.subscribe(kind, person, hook).await,
        }
    }
}

/// Signs of a challenge as the platform makes them; never those of an object, which every delivery is.
fn harmless(challenge: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_graphic() && !b"{}\"<>".contains(&byte);
    challenge.len() <= MAX_CHALLENGE_BYTES && challenge.bytes().all(plain)
}

/// True when it is worth asking again: not a no, but trouble or a dead sign-in.
fn passes(error: &PlatformError) -> bool {
    matches!(
        error.kind,
        ErrorKind::Transient { .. }
            | ErrorKind::RateLimited { .. }
            | ErrorKind::ReauthRequired
            | ErrorKind::UnexpectedReply
    )
}

/// True for a no of the activity API itself, after which the older API may still say yes.
fn matters_to_the_new_way(error: &PlatformError) -> bool {
    !passes(error)
}

/// Why an address was not taken, in words for whoever can do something about it.
fn explained(error: PlatformError) -> PlatformError {
    if says(&error, "crcvalidationfailed") {
        return PlatformError { message: unreachable_hub().message, kind: unreachable_hub().kind, ..error };
    }
    let words = if says(&error, "webhooklimitexceeded") {
        "X knows another address of this app and allows no second one. An administrator must remove it at X."
    } else if says(&error, "urlvalidationfailed") {
        "X does not take the hub's address: it must be https, public, without a port, and short."
    } else {
        return error;
    };
    PlatformError { kind: ErrorKind::Misconfigured, message: words.to_owned(), ..error }
}

fn unreachable_hub() -> PlatformError {
    PlatformError::new(
        ErrorKind::Transient { maybe_applied: false },
        "X could not check the hub's address: it must be reachable, and TWITTER_CONSUMER_SECRET must be the app's.",
    )
}
