//! LinkedIn.

mod answers;
mod calls;
mod deliveries;
mod expected;
mod fixtures;
mod linking;
mod mutations;
mod reading;
mod receiving;
mod sending;

use crate::support::stand_in::{Asked, Reply};
use hub_domain::{AccountId, RemoteAccountId};
use hub_platform_kit::platform::Parsed;
use hub_platform_kit::transport::Transport;
use hub_platform_kit::webhook::Verified;
use hub_platform_kit::{Grant, Platform, PlatformHandle, Secret};
use hub_platforms::PlatformSettings;
use hub_platforms::linkedin::Settings;
use serde_json::{Value, json};
use std::sync::{Arc, OnceLock};

/// The app of the fixtures.
pub(crate) const CLIENT_ID: &str = "77tstclientid0";
pub(crate) const CLIENT_SECRET: &str = "tst-linkedin-client-secret-Wq8";
/// The page, who linked it, and a post of it.
pub(crate) const PAGE: &str = "urn:li:organization:2414183";
pub(crate) const ADMIN: &str = "urn:li:person:TstAdm1n0A";
pub(crate) const THREAD: &str = "urn:li:activity:7456975906406400003";
/// The token of the account.
pub(crate) const TOKEN: &str = "AQXfixtureToken";

/// The operator's settings of the fixtures, calling `base`.
pub(crate) fn settings(base: &str) -> Settings {
    Settings {
        client_id: Some(CLIENT_ID.to_owned()),
        client_secret: Some(Secret::from(CLIENT_SECRET)),
        application_id: Some("123456".to_owned()),
        api_base_url: base.to_owned(),
        auth_base_url: base.to_owned(),
        loopback_media: true,
        ..Settings::default()
    }
}

pub(crate) fn adapter(settings: Settings) -> Arc<dyn Platform> {
    let settings = PlatformSettings { linkedin: settings, ..PlatformSettings::default() };
    let platforms = hub_platforms::all(&settings, Transport::new().unwrap());
    platforms.into_iter().find(|platform| platform.card().id.as_str() == "linkedin").unwrap()
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

/// The grant of the page.
pub(crate) fn page() -> Grant {
    grant(PAGE, json!({ "person": ADMIN }))
}

/// The grant of a member who let their messages be read.
pub(crate) fn member() -> Grant {
    grant(ADMIN, json!({ "person": ADMIN, "person_name": "Dana Doe", "reads_messages": true }))
}

fn grant(remote_id: &str, facts: Value) -> Grant {
    Grant {
        account_id: AccountId(uuid::Uuid::nil()),
        remote_id: RemoteAccountId::from(remote_id),
        access_token: Secret::from(TOKEN),
        refresh_token: None,
        expires_at: None,
        facts,
    }
}

pub(crate) fn ok(body: &Value) -> Reply {
    Reply::json(200, body.to_string())
}

/// A refusal as LinkedIn words it, at this time.
pub(crate) fn refused(status: u16, message: &str) -> Reply {
    let mut reply = Reply::json(status, json!({ "status": status, "message": message }).to_string());
    reply.headers.push(("date".to_owned(), "Mon, 04 May 2026 12:00:00 GMT".to_owned()));
    reply
}

/// What every call of the REST API carries.
pub(crate) fn check_head(asked: &Asked, method: &str, path: &str) {
    assert_eq!((asked.method.as_str(), asked.path.as_str()), (method, path));
    assert_eq!(asked.token.as_deref(), Some(TOKEN), "{path}");
    assert_eq!(asked.headers.get("linkedin-version").map(String::as_str), Some("202607"), "{path}");
    assert_eq!(asked.headers.get("x-restli-protocol-version").map(String::as_str), Some("2.0.0"), "{path}");
}

/// A name as it stands in an address.
pub(crate) fn encoded(urn: &str) -> String {
    [(":", "%3A"), ("(", "%28"), (")", "%29"), (",", "%2C")]
        .iter()
        .fold(urn.to_owned(), |urn, (c, e)| urn.replace(c, e))
}
