//! What Facebook pages and Instagram have in common.

pub(crate) mod calls;
mod deliveries;
mod limits;
mod mutations;
mod proof;
mod reading_back;

use crate::support::fixtures::{self, Fixture};
use hub_domain::{AccountId, RemoteAccountId};
use hub_platform_kit::transport::Transport;
use hub_platform_kit::webhook::{Keys, WebhookRequest};
use hub_platform_kit::{Grant, PlatformHandle, Secret};
use hub_platforms::PlatformSettings;
use hub_platforms::meta::App;
use hub_platforms::{facebook, instagram};
use serde_json::{Value, json};

pub(crate) use deliveries::{check_deliveries, check_message, state};

/// The secret of the fixtures.
pub(crate) const APP_SECRET: &str = "hub-fixture-app-secret-0001";
pub(crate) const VERIFY_TOKEN: &str = "hub-fixture-verify-token";
pub(crate) const APP_ID: &str = "138483919580948";
pub(crate) const IG_APP_ID: &str = "990602627938098";
pub(crate) const PAGE: &str = "682498302938465";
pub(crate) const PAGE_TOKEN: &str = "EAABkWcjFixturePageToken1";
/// The proof for that token, from the vector.
pub(crate) const PAGE_PROOF: &str = "d7a12988916a1151c23f08efd0ec7fd4ead46a53772b0e4aa9f57a0d5145bd91";
pub(crate) const PERSON: &str = "1254459154682919";
pub(crate) const IG_ACCOUNT: &str = "17841405822304914";
pub(crate) const IG_PERSON: &str = "819898670256713";
pub(crate) const IG_TOKEN: &str = "IGAAFixtureLong";

/// An app whose hosts are all `base`.
pub(crate) fn app(id: &str, base: &str) -> App {
    App {
        id: Some(id.to_owned()),
        secret: Some(Secret::from(APP_SECRET)),
        verify_token: Some(Secret::from(VERIFY_TOKEN)),
        graph_base_url: base.to_owned(),
        dialog_base_url: base.to_owned(),
        loopback_media: true,
        ..App::default()
    }
}

pub(crate) fn settings(base: &str) -> PlatformSettings {
    PlatformSettings {
        facebook: facebook::Settings { app: app(APP_ID, base) },
        instagram: instagram::Settings {
            app: app(IG_APP_ID, base),
            token_base_url: base.to_owned(),
            page_app: app(APP_ID, base),
            ..instagram::Settings::default()
        },
        ..PlatformSettings::default()
    }
}

pub(crate) fn handle(platform: &str, settings: &PlatformSettings) -> PlatformHandle {
    let platforms = hub_platforms::all(settings, Transport::new().unwrap());
    let found = platforms.into_iter().find(|one| one.card().id.as_str() == platform);
    PlatformHandle::new(found.unwrap_or_else(|| panic!("no platform {platform}")))
}

/// An adapter that calls `base`.
pub(crate) fn at(platform: &str, base: &str) -> PlatformHandle {
    handle(platform, &settings(base))
}

/// An adapter that nobody may call out with.
pub(crate) fn offline(platform: &str) -> PlatformHandle {
    at(platform, "http://127.0.0.1:9")
}

fn grant(remote_id: &str, token: &str, facts: Value) -> Grant {
    Grant {
        account_id: AccountId(uuid::Uuid::nil()),
        remote_id: RemoteAccountId::from(remote_id),
        access_token: Secret::from(token.to_owned()),
        refresh_token: None,
        expires_at: None,
        facts,
    }
}

/// The page of the fixtures.
pub(crate) fn page() -> Grant {
    grant(PAGE, PAGE_TOKEN, json!({ "page_id": PAGE }))
}

/// The Instagram account of the fixtures, through its own door.
pub(crate) fn account() -> Grant {
    grant(IG_ACCOUNT, IG_TOKEN, json!({ "door": "instagram" }))
}

/// The same through its page's.
pub(crate) fn account_behind_page() -> Grant {
    grant(IG_ACCOUNT, PAGE_TOKEN, json!({ "door": "page", "page_id": PAGE }))
}

/// A recorded delivery as a request.
pub(crate) fn request(platform: &str, fixture: &Fixture) -> WebhookRequest {
    let headers = fixture.headers.iter().map(|(name, value)| (name.to_ascii_lowercase(), value.clone()));
    WebhookRequest {
        method: "POST".to_owned(),
        path_key: None,
        query: std::collections::BTreeMap::default(),
        headers: headers.collect(),
        body: fixtures::payload(platform, &fixture.file).into(),
    }
}

/// Nobody's keys: the app's secret proves everything.
pub(crate) fn no_keys() -> Keys {
    Keys::default()
}
