//! X (Twitter) direct messages over HTTP: OAuth 2 with PKCE, DM endpoints, media, webhooks with their challenge, the activity API and
//! the older account activity shape, budgets that are counted, spending caps. Apps and people are made by whoever runs it, through
//! [`TwitterHandle`] or over HTTP at `/_sim/`.

mod access;
mod account_activity;
mod activity;
mod authorize;
mod call;
mod chunks;
mod control;
mod deliver;
mod events;
mod faults;
mod handle;
mod history;
mod ids;
mod limits;
mod media;
mod page;
mod people;
mod problem;
mod replay;
mod sending;
mod server;
mod shapes;
mod spending;
mod tokens;
mod trickle;
mod users;
mod webhooks;
mod world;

pub use call::LoggedRequest;
pub use deliver::Delivery;
pub use events::{DmEvent, EventKind};
pub use faults::Fault;
pub use handle::{TwitterHandle, start};
pub use limits::{Bucket, Span};
pub use page::Consent;
pub use spending::Spending;
pub use world::{App, User};

use std::time::Duration;

/// How the simulator runs.
#[derive(Clone, Debug)]
pub struct TwitterOptions {
    /// Port on loopback; 0 = a free one.
    pub port: u16,
    /// The first pause before a failed delivery is repeated; it doubles.
    pub retry_unit: Duration,
    /// Tries of one delivery before it is only to be had by replay.
    pub attempts: u32,
    /// The longest a webhook may take.
    pub answer_limit: Duration,
    /// Addresses of webhooks must be https and without a port, as on the real platform; off, so that tests stay on loopback.
    pub strict_urls: bool,
    /// Webhooks of an app at most.
    pub max_webhooks: usize,
    /// Account activity subscriptions of an app at most.
    pub max_account_subscriptions: usize,
    /// Whether webhooks tell of groups, which the manual leaves open.
    pub groups_in_webhooks: bool,
    /// How often a webhook is challenged again, on the platform's clock.
    pub challenge_every: Duration,
    /// Where addresses of DM media begin; `None` = the real platform's.
    pub media_base: Option<String>,
    /// People's pictures are the simulator's own; off, their addresses are the real platform's.
    pub own_pictures: bool,
}

impl Default for TwitterOptions {
    fn default() -> Self {
        Self {
            port: 0,
            retry_unit: Duration::from_secs(1),
            attempts: 3,
            answer_limit: Duration::from_secs(10),
            strict_urls: false,
            max_webhooks: 1,
            max_account_subscriptions: 3,
            groups_in_webhooks: false,
            challenge_every: Duration::from_hours(1),
            media_base: None,
            own_pictures: false,
        }
    }
}
