//! What the operator sets for Telegram accounts of people.

use hub_platform_kit::Secret;
use secrecy::ExposeSecret;

/// Settings of the adapter: the application that Telegram gave the operator at my.telegram.org.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// `TELEGRAM_API_ID`: the application's number.
    pub api_id: Option<i32>,
    /// `TELEGRAM_API_HASH`: its secret.
    pub api_hash: Option<Secret>,
}

impl Settings {
    /// Number and secret; `None` when one of them is missing. A zero is what the originals took for "not set".
    pub(super) fn application(&self) -> Option<(i32, &str)> {
        let id = self.api_id.filter(|id| *id > 0)?;
        let hash = self.api_hash.as_ref().map(|hash| hash.expose_secret().trim()).filter(|hash| !hash.is_empty())?;
        Some((id, hash))
    }
}
