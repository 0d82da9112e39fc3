//! Microsoft Teams.

mod answers;
mod deliveries;
mod expected;
mod fixtures;
mod forgeries;
mod linking;
mod mutations;
mod reading_back;
mod sending;
mod spec;
mod subscribing;
mod words;

use crate::support::stand_in::{Reply, StandIn};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use hub_domain::{AccountId, RemoteAccountId, Timestamp};
use hub_platform_kit::transport::Transport;
use hub_platform_kit::webhook::{Keys, SubscriptionKey, WebhookRequest};
use hub_platform_kit::{Grant, PlatformHandle, Secret};
use hub_platforms::PlatformSettings;
use hub_platforms::teams::Settings;
use serde_json::{Value, json};

/// The app, the tenant and the account of the fixtures.
pub(crate) const CLIENT_ID: &str = "8e460676-ae3f-4b1e-8790-ee0fb5d6148f";
pub(crate) const CLIENT_SECRET: &str = "tst-graph-secret~q1";
pub(crate) const TENANT: &str = "2432b57b-0abd-43db-aa7b-16eadd115d34";
pub(crate) const ACCOUNT: &str = "97f62344-57dc-409c-88ad-c4af14158ff5";
pub(crate) const OTHER: &str = "8ea0e38b-efb3-4757-924a-5f94061cf8c2";
/// The token of the account.
pub(crate) const TOKEN: &str = "eyFixtureAccessToken";
pub(crate) const PAIR: &str =
    "19:8ea0e38b-efb3-4757-924a-5f94061cf8c2_97f62344-57dc-409c-88ad-c4af14158ff5@unq.gbl.spaces";
pub(crate) const GROUP: &str = "19:2da4c29f6d7041eca70b638b43d45437@thread.v2";

/// The operator's settings, with everything at `base`.
pub(crate) fn settings(base: &str) -> Settings {
    Settings {
        client_id: Some(CLIENT_ID.to_owned()),
        client_secret: Some(Secret::from(CLIENT_SECRET)),
        tenant: Some("organizations".to_owned()),
        graph_base_url: base.to_owned(),
        login_base_url: base.to_owned(),
        keys_url: Some(format!("{base}/keys")),
        loopback_media: true,
        ..Settings::default()
    }
}

pub(crate) fn handle(settings: Settings) -> PlatformHandle {
    let settings = PlatformSettings { teams: settings, ..PlatformSettings::default() };
    let platforms = hub_platforms::all(&settings, Transport::new().unwrap());
    PlatformHandle::new(platforms.into_iter().find(|platform| platform.card().id.as_str() == "teams").unwrap())
}

pub(crate) fn at(base: &str) -> PlatformHandle {
    handle(settings(base))
}

pub(crate) fn grant() -> Grant {
    Grant {
        account_id: AccountId(uuid::Uuid::nil()),
        remote_id: RemoteAccountId::from(ACCOUNT),
        access_token: Secret::from(TOKEN),
        refresh_token: Some(Secret::from("the refresh token")),
        expires_at: None,
        facts: json!({ "tenant_id": TENANT }),
    }
}

/// What is remembered of the subscriptions of the fixtures.
pub(crate) fn keys() -> Keys {
    let index = fixtures::index();
    let key = String::from_utf8(fixtures::payload("cert-1.key.pem")).unwrap();
    let key: String = key.lines().filter(|line| !line.starts_with('-')).collect();
    assert!(BASE64.decode(&key).is_ok());
    let certificate = &index["crypto"]["certificates"][0];
    let subscriptions = index["subscriptions"].as_array().unwrap().iter().map(|subscription| SubscriptionKey {
        remote_id: RemoteAccountId::from(ACCOUNT),
        secret: Secret::from(subscription["client_state"].as_str().unwrap()),
        subscription: subscription["id"].as_str().map(str::to_owned),
        memory: json!({
            "client_state": subscription["client_state"],
            "url": "https://hub.example/api/webhooks/teams/key",
            "certificates": [{
                "id": certificate["id"], "thumbprint": certificate["thumbprint_sha1"], "key": key,
            }],
        }),
    });
    Keys { subscriptions: subscriptions.collect() }
}

/// An adapter that has read the published keys of the fixtures.
pub(crate) async fn warmed(requests: &[&WebhookRequest]) -> PlatformHandle {
    let stand_in = StandIn::start(vec![Reply::json(200, fixtures::payload("jwks.json"))]).await;
    let platform = at(&stand_in.base);
    for request in requests {
        platform.warm(request).await;
    }
    platform
}

pub(crate) fn delivery(body: impl Into<Vec<u8>>) -> WebhookRequest {
    WebhookRequest {
        method: "POST".to_owned(),
        path_key: None,
        query: std::collections::BTreeMap::default(),
        headers: vec![("content-type".to_owned(), "application/json; charset=utf-8".to_owned())],
        body: body.into().into(),
    }
}

pub(crate) fn instant(text: &str) -> Timestamp {
    chrono::DateTime::parse_from_rfc3339(text).unwrap().into()
}

pub(crate) fn ok(body: &Value) -> Reply {
    Reply::json(200, body.to_string())
}
