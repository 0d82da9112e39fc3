//! What the operator sets for X (Twitter).

use super::{is_here, listed, without_slash};
use confique::Config;
use hub_platform_kit::Secret;
use hub_platforms::twitter;

/// X (Twitter).
#[derive(Config)]
pub(crate) struct Twitter {
    /// OAuth 2 client of the app at X.
    #[config(env = "TWITTER_CLIENT_ID")]
    client_id: Option<String>,
    /// Its secret; none for a public client.
    #[config(env = "TWITTER_CLIENT_SECRET")]
    client_secret: Option<Secret>,
    /// The app's API key; with its secret it gets the app-only token where none is set.
    #[config(env = "TWITTER_CONSUMER_KEY")]
    consumer_key: Option<String>,
    /// The API key's secret: signs deliveries and answers challenges. Another thing than the client's secret.
    #[config(env = "TWITTER_CONSUMER_SECRET")]
    consumer_secret: Option<Secret>,
    /// Further secrets that may sign deliveries, separated by commas: an old one while it is replaced.
    #[config(env = "TWITTER_CONSUMER_SECRETS_OLD")]
    consumer_secrets_old: Option<Secret>,
    /// The app-only token, with which the hub asks X to call it.
    #[config(env = "TWITTER_BEARER_TOKEN")]
    bearer_token: Option<Secret>,
    /// `&amp;`, `&lt;` and `&gt;` in messages stand for the signs; the publisher does not say whether they do.
    #[config(env = "TWITTER_UNESCAPE_TEXT", default = false)]
    unescape_text: bool,
    /// Messages of one account in 15 minutes, as X allows them.
    #[config(env = "TWITTER_SENDS_PER_QUARTER", default = 15)]
    sends_per_quarter: u32,
    /// Messages in 24 hours, of one account as of the whole app, as X allows them.
    #[config(env = "TWITTER_SENDS_PER_DAY", default = 1440)]
    sends_per_day: u32,
    /// Readings of one account in 15 minutes, as X allows them.
    #[config(env = "TWITTER_READS_PER_QUARTER", default = 15)]
    reads_per_quarter: u32,
    /// Address of the API.
    #[config(env = "TWITTER_API_BASE_URL", default = "https://api.x.com")]
    api_base_url: String,
    /// Address of the sign-in page.
    #[config(env = "TWITTER_AUTHORIZE_BASE_URL", default = "https://x.com")]
    authorize_base_url: String,
}

impl Twitter {
    /// Points X at its simulator.
    #[cfg(feature = "demo")]
    pub(super) fn use_simulator(&mut self, demo: &super::Simulated) {
        self.client_id = Some(demo.twitter_client_id.clone());
        self.client_secret = Some(demo.app_secret.clone());
        self.consumer_secret = Some(demo.verify_token.clone());
        self.bearer_token = Some(demo.twitter_bearer.clone());
        self.api_base_url.clone_from(&demo.twitter);
        self.authorize_base_url.clone_from(&demo.twitter);
    }

    pub(super) fn settings(&self, production: bool) -> twitter::Settings {
        twitter::Settings {
            client_id: self.client_id.clone(),
            client_secret: self.client_secret.clone(),
            consumer_key: self.consumer_key.clone(),
            consumer_secret: self.consumer_secret.clone(),
            further_consumer_secrets: listed(self.consumer_secrets_old.as_ref()),
            bearer_token: self.bearer_token.clone(),
            api_base_url: without_slash(&self.api_base_url),
            authorize_base_url: without_slash(&self.authorize_base_url),
            unescape_text: self.unescape_text,
            budgets: twitter::Budgets {
                sends_per_quarter: self.sends_per_quarter,
                sends_per_day: self.sends_per_day,
                reads_per_quarter: self.reads_per_quarter,
            },
            upload_patience: twitter::DEFAULT_UPLOAD_PATIENCE,
            renewal_grace: twitter::DEFAULT_RENEWAL_GRACE,
            loopback_media: !production && is_here(&self.api_base_url),
        }
    }
}
