//! WhatsApp Cloud API.

mod calls;
mod deliveries;
mod expected;
mod files;
mod fixtures;
mod linking;
mod mutations;
mod receiving;
mod refusals;
mod sending;
mod spec;
mod told;

use crate::support::stand_in::Asked;
use hub_domain::{AccountId, RemoteAccountId};
use hub_platform_kit::platform::Parsed;
use hub_platform_kit::transport::Transport;
use hub_platform_kit::webhook::Verified;
use hub_platform_kit::{Grant, Platform, PlatformHandle, Secret};
use hub_platforms::PlatformSettings;
use hub_platforms::meta::App;
use hub_platforms::whatsapp::Settings;
use serde_json::{Value, json};
use std::sync::{Arc, OnceLock};

/// The app of the fixtures.
pub(crate) const APP_ID: &str = "670843887433847";
pub(crate) const APP_SECRET: &str = "hub-fixture-app-secret-0001";
pub(crate) const VERIFY_TOKEN: &str = "hub-fixture-verify-token";
/// The number and its business account.
pub(crate) const NUMBER: &str = "106540352242922";
pub(crate) const WABA: &str = "102290129340398";
/// The token of the account.
pub(crate) const TOKEN: &str = "EAAAFixtureBusinessToken";

/// The operator's settings of the fixtures, calling `base`.
pub(crate) fn settings(base: &str) -> Settings {
    Settings {
        app: App {
            id: Some(APP_ID.to_owned()),
            secret: Some(Secret::from(APP_SECRET)),
            verify_token: Some(Secret::from(VERIFY_TOKEN)),
            graph_base_url: base.to_owned(),
            loopback_media: true,
            ..App::default()
        },
        ..Settings::default()
    }
}

pub(crate) fn adapter(settings: Settings) -> Arc<dyn Platform> {
    let settings = PlatformSettings { whatsapp: settings, ..PlatformSettings::default() };
    let platforms = hub_platforms::all(&settings, Transport::new().unwrap());
    platforms.into_iter().find(|platform| platform.card().id.as_str() == "whatsapp").unwrap()
}

pub(crate) fn handle(settings: Settings) -> PlatformHandle {
    PlatformHandle::new(adapter(settings))
}

/// An adapter that nobody may call out with.
pub(crate) fn offline() -> PlatformHandle {
    handle(settings("http://127.0.0.1:9"))
}

pub(crate) fn parse(body: &[u8]) -> Vec<Parsed> {
    static PLATFORM: OnceLock<PlatformHandle> = OnceLock::new();
    let platform = PLATFORM.get_or_init(offline);
    platform.parse(&Verified { body: body.to_vec().into(), account: None }).unwrap()
}

pub(crate) fn grant() -> Grant {
    Grant {
        account_id: AccountId(uuid::Uuid::nil()),
        remote_id: RemoteAccountId::from(NUMBER),
        access_token: Secret::from(TOKEN),
        refresh_token: None,
        expires_at: None,
        facts: json!({ "waba_id": WABA, "display_phone_number": "15550783881", "linked_by": "facebook_login" }),
    }
}

/// The proof that goes along with a token.
pub(crate) fn proof(token: &str) -> String {
    let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, APP_SECRET.as_bytes());
    hex::encode(aws_lc_rs::hmac::sign(&key, token.as_bytes()))
}

/// Everything about a call but its body: the method, the path below the version, and that token and proof went along.
pub(crate) fn check_head(asked: &Asked, method: &str, path: &str, token: &str) {
    assert_eq!((asked.method.as_str(), asked.path.as_str()), (method, format!("/v25.0/{path}").as_str()));
    assert_eq!(asked.token.as_deref(), Some(token), "{path}");
    assert_eq!(asked.query.get("appsecret_proof"), Some(&proof(token)), "{path}");
    assert!(!asked.query.values().any(|value| value == token), "no token in an address");
}

/// What `debug_token` says of a token that may do everything.
pub(crate) fn token_facts(wabas: &[&str]) -> Value {
    let scopes = ["whatsapp_business_messaging", "whatsapp_business_management"];
    let granular: Vec<Value> = scopes.iter().map(|scope| json!({ "scope": scope, "target_ids": wabas })).collect();
    json!({ "data": { "app_id": APP_ID, "user_id": "1001", "is_valid": true, "expires_at": 0,
        "scopes": scopes, "granular_scopes": granular } })
}
