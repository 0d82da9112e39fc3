//! How the simulator runs.

use std::time::Duration;

/// The app that Graph sends change notices as.
const PUBLISHER: &str = "0bf30f3b-4a52-48df-9a82-234910c4a086";

/// How the simulator runs.
#[derive(Clone, Debug)]
pub struct TeamsOptions {
    /// Port on loopback; 0 = a free one.
    pub port: u16,
    /// Where the addresses in answers begin, without a slash at the end; `None` = the simulator's own.
    pub public_url: Option<String>,
    /// The first pause before a failed delivery is repeated; it doubles.
    pub retry_unit: Duration,
    /// How long a failed delivery is repeated, on the platform's clock.
    pub give_up_after: Duration,
    /// The longest an endpoint may take, for validations and for notices.
    pub answer_limit: Duration,
    /// Notices of one request at most.
    pub max_batch: usize,
    /// Endpoints must be https, as on the real platform; off, so that tests stay on loopback.
    pub strict_urls: bool,
    /// Client id that the tokens beside notices name as their publisher.
    pub publisher: String,
    /// Issuer of version 1 tokens; the tenant and a slash follow.
    pub issuer_v1: String,
    /// Issuer of version 2 tokens; the tenant and `/v2.0` follow.
    pub issuer_v2: String,
    /// Whether the tokens beside notices are of version 2, with `azp` for `appid`.
    pub tokens_v2: bool,
    /// Subscriptions of an app to one chat at most.
    pub max_per_chat: usize,
    /// Subscriptions of an app for one person at most.
    pub max_per_user: usize,
    /// Subscriptions in a tenant at most.
    pub max_per_tenant: usize,
    /// Whether the platform's budgets of calls per second hold; off, because tests are faster than people.
    pub throttle: bool,
}

impl Default for TeamsOptions {
    fn default() -> Self {
        Self {
            port: 0,
            public_url: None,
            retry_unit: Duration::from_secs(1),
            give_up_after: Duration::from_hours(4),
            answer_limit: Duration::from_secs(10),
            max_batch: 20,
            strict_urls: false,
            publisher: PUBLISHER.to_owned(),
            issuer_v1: "https://sts.windows.net/".to_owned(),
            issuer_v2: "https://login.microsoftonline.com/".to_owned(),
            tokens_v2: false,
            max_per_chat: 1,
            max_per_user: 10,
            max_per_tenant: 10_000,
            throttle: false,
        }
    }
}
