//! X (Twitter).

mod answers;
mod deliveries;
mod files;
mod fixtures;
mod linking;
mod mutations;
mod reading_back;
mod receiving;
mod refusals;
mod renewing;
mod sending;
mod spec;
mod subscribing;
mod told;

pub(crate) use crate::support::block_on;

use base64::Engine;
use hub_domain::{AccountId, RemoteAccountId};
use hub_platform_kit::platform::Parsed;
use hub_platform_kit::transport::Transport;
use hub_platform_kit::webhook::Verified;
use hub_platform_kit::{Grant, Platform, PlatformHandle, Secret};
use hub_platforms::PlatformSettings;
use hub_platforms::twitter::Settings;
use serde_json::{Value, json};
use std::sync::{Arc, OnceLock};

/// The app of the fixtures.
pub(crate) const CLIENT_ID: &str = "TstClientIdM1M5R3BMVy13QmpScXk6MTpjaQ";
pub(crate) const CLIENT_SECRET: &str = "tst-client-secret-91aB";
pub(crate) const CONSUMER_SECRET: &str = "tst-consumer-secret-3f9QxV";
pub(crate) const BEARER: &str = "AAAATestsAppOnlyToken";
/// The account, and its tokens.
pub(crate) const ME: &str = "4337869213";
pub(crate) const PERSON: &str = "3001969357";
pub(crate) const BOTH: &str = "3001969357-4337869213";
pub(crate) const TOKEN: &str = "tests-access-token-of-the-account-0001";
pub(crate) const REFRESH: &str = "tests-refresh-token-of-the-account-01";

/// The operator's settings of the fixtures, calling `base`.
pub(crate) fn settings(base: &str) -> Settings {
    Settings {
        client_id: Some(CLIENT_ID.to_owned()),
        client_secret: Some(Secret::from(CLIENT_SECRET)),
        consumer_secret: Some(Secret::from(CONSUMER_SECRET)),
        bearer_token: Some(Secret::from(BEARER)),
        api_base_url: base.to_owned(),
        authorize_base_url: "https://x.example".to_owned(),
        loopback_media: true,
        ..Settings::default()
    }
}

pub(crate) fn adapter(settings: Settings) -> Arc<dyn Platform> {
    let settings = PlatformSettings { twitter: settings, ..PlatformSettings::default() };
    let platforms = hub_platforms::all(&settings, Transport::new().unwrap());
    platforms.into_iter().find(|platform| platform.card().id.as_str() == "twitter").unwrap()
}

pub(crate) fn handle(settings: Settings) -> PlatformHandle {
    PlatformHandle::new(adapter(settings))
}

/// An adapter that nobody may call out with.
pub(crate) fn offline() -> &'static PlatformHandle {
    static PLATFORM: OnceLock<PlatformHandle> = OnceLock::new();
    PLATFORM.get_or_init(|| handle(settings("http://127.0.0.1:9")))
}

pub(crate) fn parse(body: &[u8]) -> Vec<Parsed> {
    offline().parse(&Verified { body: body.to_vec().into(), account: None }).unwrap()
}

pub(crate) fn grant() -> Grant {
    grant_of(ME)
}

pub(crate) fn grant_of(account: &str) -> Grant {
    let scopes = ["dm.read", "dm.write", "tweet.read", "users.read", "offline.access", "media.write"];
    Grant {
        account_id: AccountId(uuid::Uuid::nil()),
        remote_id: RemoteAccountId::from(account),
        access_token: Secret::from(TOKEN),
        refresh_token: Some(Secret::from(REFRESH)),
        expires_at: Some("2026-02-11T10:00:00Z".parse().unwrap()),
        facts: json!({ "scopes": scopes }),
    }
}

/// `sha256=` and the digest of these bytes.
pub(crate) fn signature(secret: &str, body: &[u8]) -> String {
    let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, secret.as_bytes());
    let digest = aws_lc_rs::hmac::sign(&key, body);
    format!("sha256={}", base64::engine::general_purpose::STANDARD.encode(digest))
}

/// A delivery of the older API with one message.
pub(crate) fn delivery(message: &Value) -> Value {
    json!({ "for_user_id": ME, "direct_message_events": [message] })
}

/// A message of a person in such a delivery.
pub(crate) fn message(id: &str, data: &Value) -> Value {
    json!({ "type": "message_create", "id": id, "created_timestamp": "1516403560557",
        "message_create": { "target": { "recipient_id": ME }, "sender_id": PERSON, "message_data": data } })
}
