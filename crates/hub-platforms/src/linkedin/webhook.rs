//! LinkedIn calls: one secret answers the challenges and signs every delivery. All pages share the one address that is
//! registered with the app.

use super::errors::misconfigured;
use super::urn::encode;
use super::{LinkedIn, PERSON_FACT, api, is_page, mapping};
use async_trait::async_trait;
use aws_lc_rs::{constant_time, hmac};
use hub_domain::{RemoteAccountId, Timestamp};
use hub_platform_kit::platform::{Parsed, Webhook};
use hub_platform_kit::webhook::{
    Callback, Greeting, Inquiry, Inspection, Keys, Previous, Refusal, Subscription, Verified, WebhookRequest,
};
use hub_platform_kit::{ErrorKind, Grant, PlatformError, Result, Secret};
use serde_json::value::RawValue;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Carries the signature.
const SIGNATURE_HEADER: &str = "x-li-signature";
/// What is signed before the body; some send it before the digits too.
const SCHEME: &str = "hmacsha256=";
/// Hexadecimal digits of a signature.
const DIGITS: usize = 64;
/// Longest challenge that is given back.
const MAX_CHALLENGE_BYTES: usize = 128;
/// The contract's word for an authentic body that is no object.
const NO_OBJECT: &str = "Invalid payload structure";
/// A subscription ends without a word when its member loses the role or takes the app away, so it is looked after daily.
const LOOK_AFTER: chrono::Duration = chrono::Duration::hours(24);

#[async_trait]
impl Webhook for LinkedIn {
    fn greet(&self, request: &WebhookRequest, _keys: &Keys) -> Result<Option<Greeting>, Refusal> {
        if !request.method.eq_ignore_ascii_case("GET") {
            return Ok(None);
        }
        let code = request.query.get("challengeCode").filter(|code| harmless(code));
        let (Some(code), Some(secret)) = (code, self.settings.client_secret()) else {
            return Err(Refusal::BadVerifyToken);
        };
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
        let response = hex::encode(hmac::sign(&key, code.as_bytes()));
        let body = json!({ "challengeCode": code, "challengeResponse": response }).to_string();
        Ok(Some(Greeting { status: 200, content_type: "application/json", body }))
    }

    /// The header is a signature, not a secret.
    fn shown_secret_digest(&self, _request: &WebhookRequest) -> Option<[u8; 32]> {
        None
    }

    fn verify(&self, request: &WebhookRequest, _keys: &Keys) -> Result<Verified, Refusal> {
        let shown = shown(request).ok_or(Refusal::BadSignature)?;
        let mut proven = false;
        for secret in self.settings.signing_secrets() {
            let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
            let mut signed = hmac::Context::with_key(&key);
            signed.update(SCHEME.as_bytes());
            signed.update(&request.body);
            proven |= constant_time::verify_slices_are_equal(signed.sign().as_ref(), &shown).is_ok();
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
        Ok(mapping::delivery(&delivery.body))
    }

    fn accepted(&self) -> (u16, &'static str) {
        (200, r#"{"ok":true}"#)
    }

    fn subscriber(&self, grant: &Grant) -> RemoteAccountId {
        grant.remote_id.clone()
    }

    /// Looks after the subscription, and makes it where it is missing.
    async fn subscribe(&self, grant: &Grant, callback: &Callback) -> Result<Subscription> {
        if !is_page(grant) {
            // Nothing calls for a member: LinkedIn has no such notification.
            return Ok(confirmed(None));
        }
        let key = self.key(grant)?;
        let url = callback.url.as_str();
        if self.api.subscribed(grant, &key).await?.as_deref() != Some(url) {
            self.api.subscribe(grant, &key, url).await.map_err(|error| unregistered(error, url))?;
        }
        Ok(confirmed(callback.now.checked_add_signed(LOOK_AFTER)))
    }

    async fn unsubscribe(&self, grant: &Grant, _previous: Option<&Previous>) -> Result<()> {
        if !is_page(grant) {
            return Ok(());
        }
        let key = self.key(grant)?;
        self.api.unsubscribe(grant, &key).await
    }

    /// For a member nothing calls, so there is nothing to ask about: what the account may is seen whenever it is read.
    async fn inspect(&self, grant: &Grant, inquiry: &Inquiry) -> Result<Inspection> {
        if !is_page(grant) {
            return Ok(Inspection::Unknown);
        }
        let key = self.key(grant)?;
        Ok(match self.api.subscribed(grant, &key).await? {
            Some(url) => inquiry.judge(&url),
            None => Inspection::Gone { why: "LinkedIn does not know it any more" },
        })
    }

    /// LinkedIn challenges the one address of the app with the app's secret.
    fn fixed_callback_secret(&self, _grant: &Grant) -> Option<Secret> {
        self.settings.client_secret().map(|secret| Secret::from(secret.to_owned()))
    }
}

impl LinkedIn {
    /// What makes a subscription one: the app, who subscribes, the page.
    fn key(&self, grant: &Grant) -> Result<String> {
        let application = self.settings.application_id().ok_or_else(|| {
            misconfigured(
                "LINKEDIN_APPLICATION_ID is not set, so LinkedIn cannot be asked to notify the hub. Comments are read every \
                 now and then all the same.",
            )
        })?;
        let person = grant
            .fact(PERSON_FACT)
            .ok_or_else(|| PlatformError::bad_input("Nobody knows who linked this page. Please connect it again."))?;
        let application = encode(&format!("urn:li:developerApplication:{application}"));
        let (person, page) = (encode(person), encode(grant.remote_id.as_str()));
        Ok(format!("(developerApplication:{application},user:{person},entity:{page},eventType:{})", api::EVENT))
    }
}

/// The signature the request shows, if it shows exactly one and it is well-formed.
fn shown(request: &WebhookRequest) -> Option<Vec<u8>> {
    let value = request.header(SIGNATURE_HEADER)?;
    let digits = value.strip_prefix(SCHEME).unwrap_or(value);
    let lower = |digit: u8| digit.is_ascii_digit() || (b'a'..=b'f').contains(&digit);
    if digits.len() != DIGITS || !digits.bytes().all(lower) {
        return None;
    }
    hex::decode(digits).ok()
}

/// What is given back must not be able to say anything to a browser.
fn harmless(code: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"._~-".contains(&b);
    (1..=MAX_CHALLENGE_BYTES).contains(&code.len()) && code.bytes().all(plain)
}

/// Only the app's owner can make an address known.
fn unregistered(error: PlatformError, url: &str) -> PlatformError {
    if error.kind != ErrorKind::BadInput {
        return error;
    }
    let message = format!(
        "LinkedIn does not call {url}: register the address under Webhooks on the app's page there, then link the page again. \
         {}",
        error.message
    );
    PlatformError { kind: ErrorKind::Misconfigured, message, ..error }
}

fn confirmed(renew_at: Option<Timestamp>) -> Subscription {
    Subscription { renew_at, remote_id: None, memory: Value::Null }
}
