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
    /// Tests only: the pretend Telegram.
    #[cfg(feature = "test-telegram")]
    pub(super) seed: Option<super::Seed>,
}

impl Settings {
    /// Number and secret of the application.
    pub fn new(api_id: Option<i32>, api_hash: Option<Secret>) -> Self {
        #[cfg(feature = "test-telegram")]
        return Self { api_id, api_hash, seed: None };
        #[cfg(not(feature = "test-telegram"))]
        Self { api_id, api_hash }
    }

    /// The same, spoken to a pretend Telegram.
    #[cfg(feature = "test-telegram")]
    #[must_use]
    pub fn with_seed(self, seed: super::Seed) -> Self {
        Self { seed: Some(seed), ..self }
    }

    /// Number and secret; `None` when one of them is missing. A zero is what the originals took for "not set".
    pub(super) fn application(&self) -> Option<(i32, &str)> {
        let id = self.api_id.filter(|id| *id > 0)?;
        let hash = self.api_hash.as_ref().map(|hash| hash.expose_secret().trim()).filter(|hash| !hash.is_empty())?;
        Some((id, hash))
    }
}
