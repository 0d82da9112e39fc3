//! The platforms' own settings. The one place outside their folders that names them, because the environment names are
//! given.

use confique::Config;
use hub_platform_kit::Secret;

/// Settings of all platforms.
#[derive(Config)]
pub(crate) struct Platforms {
    #[config(nested)]
    telegram: Telegram,
}

/// Telegram: bots, and the log-in widget.
#[derive(Config)]
pub(crate) struct Telegram {
    /// The bot of the log-in widget and of the originals' webhook. Bots that people link need no setting.
    #[config(env = "TELEGRAM_BOT_TOKEN")]
    bot_token: Option<Secret>,
    /// Name of that bot, without `@`.
    #[config(env = "TELEGRAM_BOT_USERNAME")]
    bot_username: Option<String>,
    /// Secret of that bot's webhook at the shared address `/api/webhooks/telegram`.
    #[config(env = "TELEGRAM_WEBHOOK_SECRET")]
    webhook_secret: Option<Secret>,
    /// Address of the Bot API; another one for a server of your own.
    #[config(env = "TELEGRAM_API_BASE_URL", default = "https://api.telegram.org")]
    api_base_url: String,
}

impl Platforms {
    /// Points the platforms at simulators.
    #[cfg(feature = "demo")]
    pub(crate) fn use_simulators(&mut self, telegram: &str) {
        telegram.clone_into(&mut self.telegram.api_base_url);
    }

    /// As the platforms take them.
    pub(crate) fn settings(&self) -> hub_platforms::PlatformSettings {
        let Telegram { bot_token, bot_username, webhook_secret, api_base_url } = &self.telegram;
        hub_platforms::PlatformSettings {
            telegram_bot: hub_platforms::telegram_bot::Settings {
                api_base_url: api_base_url.trim_end_matches('/').to_owned(),
                bot_token: bot_token.clone(),
                bot_username: bot_username.clone(),
                webhook_secret: webhook_secret.clone(),
            },
        }
    }
}
