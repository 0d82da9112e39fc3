//! The platforms of this hub: one folder each, with the same rooms. This file is the register.

pub mod facebook;
pub mod instagram;
pub mod linkedin;
pub mod meta;
pub mod teams;
pub mod telegram_bot;
pub mod telegram_user;
pub mod twitter;
mod values;
pub mod whatsapp;

use hub_platform_kit::Platform;
use hub_platform_kit::transport::Transport;
use std::sync::Arc;

/// What the operator set for the platforms.
#[derive(Clone, Debug, Default)]
pub struct PlatformSettings {
    /// Telegram bots and the Telegram log-in widget.
    pub telegram_bot: telegram_bot::Settings,
    /// Telegram accounts of people.
    pub telegram_user: telegram_user::Settings,
    /// Facebook pages.
    pub facebook: facebook::Settings,
    /// Instagram's professional accounts.
    pub instagram: instagram::Settings,
    /// LinkedIn: pages, and what it lets out of private messages.
    pub linkedin: linkedin::Settings,
    /// WhatsApp Cloud API.
    pub whatsapp: whatsapp::Settings,
    /// X (Twitter).
    pub twitter: twitter::Settings,
    /// Microsoft Teams.
    pub teams: teams::Settings,
}

/// All platforms, in the order in which adapters that share a published name are asked.
pub fn all(settings: &PlatformSettings, transport: Transport) -> Vec<Arc<dyn Platform>> {
    vec![
        Arc::new(telegram_bot::TelegramBot::new(settings.telegram_bot.clone(), transport.clone())),
        Arc::new(telegram_user::TelegramUser::new(settings.telegram_user.clone())),
        Arc::new(facebook::Facebook::new(settings.facebook.clone(), transport.clone())),
        Arc::new(instagram::Instagram::new(settings.instagram.clone(), transport.clone())),
        Arc::new(linkedin::LinkedIn::new(settings.linkedin.clone(), transport.clone())),
        Arc::new(whatsapp::WhatsApp::new(settings.whatsapp.clone(), transport.clone())),
        Arc::new(twitter::Twitter::new(settings.twitter.clone(), transport.clone())),
        Arc::new(teams::Teams::new(settings.teams.clone(), transport)),
    ]
}
