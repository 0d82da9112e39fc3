//! What the operator sets for X.

use hub_platform_kit::Secret;
use secrecy::ExposeSecret;
use std::time::Duration;

/// The API.
pub const DEFAULT_API_BASE_URL: &str = "https://api.x.com";
/// Where people sign in.
pub const DEFAULT_AUTHORIZE_BASE_URL: &str = "https://x.com";

/// Putting a file there and waiting for it may take this long, so that sending has time left.
pub const DEFAULT_UPLOAD_PATIENCE: Duration = Duration::from_mins(1);

/// An access token is renewed when it has this long to live.
pub const DEFAULT_RENEWAL_GRACE: Duration = Duration::from_mins(5);

/// Settings of the adapter: the app as it is registered at X. An empty setting is no setting.
#[derive(Clone, Debug)]
pub struct Settings {
    /// `TWITTER_CLIENT_ID`: the app's OAuth 2 client.
    pub client_id: Option<String>,
    /// `TWITTER_CLIENT_SECRET`: its secret; none for a public client.
    pub client_secret: Option<Secret>,
    /// `TWITTER_CONSUMER_KEY`: the app's API key. With its secret it gets the app-only token where none is set.
    pub consumer_key: Option<String>,
    /// `TWITTER_CONSUMER_SECRET`: the API key's secret; signs deliveries and answers challenges. Another thing than the
    /// client's secret.
    pub consumer_secret: Option<Secret>,
    /// Further secrets that may have signed a delivery: an old one while it is replaced.
    pub further_consumer_secrets: Vec<Secret>,
    /// `TWITTER_BEARER_TOKEN`: the app-only token, for webhooks and their subscriptions.
    pub bearer_token: Option<Secret>,
    /// `TWITTER_API_BASE_URL`: address of the API.
    pub api_base_url: String,
    /// `TWITTER_AUTHORIZE_BASE_URL`: address of the sign-in page.
    pub authorize_base_url: String,
    /// `TWITTER_UNESCAPE_TEXT`: `&amp;`, `&lt;` and `&gt;` in texts stand for the signs.
    pub unescape_text: bool,
    /// What the platform allows; it changed more than once.
    pub budgets: Budgets,
    /// How long one try to send waits until a file is there and the platform is through with it.
    pub upload_patience: Duration,
    /// How long an account works on after the answer to a renewal was lost.
    pub renewal_grace: Duration,
    /// Files may be fetched from this machine, without TLS: for simulators only.
    pub loopback_media: bool,
}

/// Calls that the platform allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budgets {
    /// `TWITTER_SENDS_PER_QUARTER`: messages of one account in 15 minutes.
    pub sends_per_quarter: u32,
    /// `TWITTER_SENDS_PER_DAY`: messages in 24 hours, of one account as of the whole app.
    pub sends_per_day: u32,
    /// `TWITTER_READS_PER_QUARTER`: readings of one account in 15 minutes.
    pub reads_per_quarter: u32,
}

impl Default for Budgets {
    fn default() -> Self {
        Self { sends_per_quarter: 15, sends_per_day: 1_440, reads_per_quarter: 15 }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            client_id: None,
            client_secret: None,
            consumer_key: None,
            consumer_secret: None,
            further_consumer_secrets: Vec::new(),
            bearer_token: None,
            api_base_url: DEFAULT_API_BASE_URL.to_owned(),
            authorize_base_url: DEFAULT_AUTHORIZE_BASE_URL.to_owned(),
            unescape_text: false,
            budgets: Budgets::default(),
            upload_patience: DEFAULT_UPLOAD_PATIENCE,
            renewal_grace: DEFAULT_RENEWAL_GRACE,
            loopback_media: false,
        }
    }
}

impl Settings {
    pub(super) fn client_id(&self) -> Option<&str> {
        filled(self.client_id.as_deref())
    }

    pub(super) fn client_secret(&self) -> Option<&str> {
        secret(self.client_secret.as_ref())
    }

    pub(super) fn consumer_key(&self) -> Option<&str> {
        filled(self.consumer_key.as_deref())
    }

    /// What answers challenges; an empty one would let everybody in.
    pub(super) fn consumer_secret(&self) -> Option<&str> {
        secret(self.consumer_secret.as_ref())
    }

    /// Every secret that may have signed a delivery.
    pub(super) fn signing_secrets(&self) -> impl Iterator<Item = &str> {
        self.consumer_secret()
            .into_iter()
            .chain(self.further_consumer_secrets.iter().filter_map(|one| secret(Some(one))))
    }

    pub(super) fn bearer_token(&self) -> Option<&str> {
        secret(self.bearer_token.as_ref())
    }
}

fn filled(text: Option<&str>) -> Option<&str> {
    text.map(str::trim).filter(|text| !text.is_empty())
}

fn secret(secret: Option<&Secret>) -> Option<&str> {
    filled(secret.map(ExposeSecret::expose_secret))
}
