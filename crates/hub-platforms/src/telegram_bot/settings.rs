//! What the operator sets for Telegram bots.

use hub_platform_kit::Secret;
use secrecy::ExposeSecret;

/// The Bot API of Telegram itself.
pub const DEFAULT_API_BASE_URL: &str = "https://api.telegram.org";

/// Settings of the bot adapter. Bots that people link bring their own token; only the log-in widget needs one from here.
#[derive(Clone, Debug)]
pub struct Settings {
    /// `TELEGRAM_API_BASE_URL`: address of the Bot API, Telegram's own or a private server's.
    pub api_base_url: String,
    /// `TELEGRAM_BOT_TOKEN`: the bot of the log-in widget.
    pub bot_token: Option<Secret>,
    /// `TELEGRAM_BOT_USERNAME`: its name, without `@`; asked of Telegram when missing.
    pub bot_username: Option<String>,
    /// `TELEGRAM_WEBHOOK_SECRET`: the secret that bot's deliveries show at the shared address.
    pub webhook_secret: Option<Secret>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            api_base_url: DEFAULT_API_BASE_URL.to_owned(),
            bot_token: None,
            bot_username: None,
            webhook_secret: None,
        }
    }
}

impl Settings {
    /// The operator's bot token; an empty setting is no setting.
    pub(super) fn token(&self) -> Option<&str> {
        filled(self.bot_token.as_ref())
    }

    /// The operator's webhook secret; an empty one would let everybody in.
    pub(super) fn fixed_secret(&self) -> Option<&str> {
        filled(self.webhook_secret.as_ref())
    }

    /// The bot's name without `@`.
    pub(super) fn username(&self) -> Option<&str> {
        self.bot_username.as_deref().map(|name| name.trim().trim_start_matches('@')).filter(|name| !name.is_empty())
    }
}

fn filled(secret: Option<&Secret>) -> Option<&str> {
    secret.map(|secret| secret.expose_secret().trim()).filter(|text| !text.is_empty())
}
