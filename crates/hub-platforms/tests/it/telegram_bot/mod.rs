//! Telegram bots.

mod calls;
mod deliveries;
mod errors;
mod fixtures;
mod linking;
mod mutations;
mod receiving;
mod sending;
mod spec;
mod updates;

pub(crate) use crate::support::block_on;

use hub_domain::{AccountId, RemoteAccountId};
use hub_platform_kit::transport::Transport;
use hub_platform_kit::{Grant, Platform, PlatformHandle, Secret};
use hub_platforms::PlatformSettings;
use hub_platforms::telegram_bot::Settings;
use std::sync::Arc;

/// The bot of the fixtures.
pub(crate) const TOKEN: &str = "6123456789:AAFixtureTokenForTestsOnly-000000000001";
pub(crate) const BOT: &str = "6123456789";
pub(crate) const SECRET: &str = "hub_fixture_secret-0001_ABCdef";

/// The operator's settings of the fixtures, calling `base`.
pub(crate) fn settings(base: &str) -> Settings {
    Settings {
        api_base_url: base.to_owned(),
        bot_token: Some(Secret::from(TOKEN)),
        bot_username: Some("hub_fixture_bot".to_owned()),
        webhook_secret: Some(Secret::from(SECRET)),
    }
}

pub(crate) fn adapter(settings: Settings) -> Arc<dyn Platform> {
    let platforms = hub_platforms::all(
        &PlatformSettings { telegram_bot: settings, ..PlatformSettings::default() },
        Transport::new().unwrap(),
    );
    platforms.into_iter().find(|platform| platform.card().id.as_str() == "telegram_bot").unwrap()
}

pub(crate) fn handle(settings: Settings) -> PlatformHandle {
    PlatformHandle::new(adapter(settings))
}

/// An adapter that nobody may call out with.
pub(crate) fn offline() -> PlatformHandle {
    handle(settings("http://127.0.0.1:9"))
}

pub(crate) fn grant(token: &str) -> Grant {
    Grant {
        account_id: AccountId(uuid::Uuid::nil()),
        remote_id: RemoteAccountId::from(BOT),
        access_token: Secret::from(token.to_owned()),
        refresh_token: None,
        expires_at: None,
        facts: serde_json::Value::Null,
    }
}
