//! What the pretend Meta platforms share: apps, people who log in and the pages they consent on, tokens, the Graph API's manners
//! and errors, signed webhooks, media with expiring addresses, faults on command, and a clock that can be moved.

mod app;
mod authorise;
mod call;
mod control;
mod deliver;
mod dialog;
mod dialog_html;
mod error;
mod faults;
mod fields;
mod handle;
mod hooks;
pub mod inbox;
mod log;
mod media;
mod oauth;
mod paging;
mod permissions;
mod post;
mod serve;
mod sign;
mod state;
mod subscribed;
mod token;

pub use app::{App, Asset, DialogMode, User};
pub use faults::Fault;
pub use handle::Meta;
pub use log::LoggedRequest;
pub use media::{Expiry, HostedFile};
pub use post::Delivery;
pub use token::{Token, TokenKind};

pub(crate) use call::{Call, Upload};
pub(crate) use control::{text, texts, told};
pub(crate) use dialog::SIGN_UP_CODE_LIFE;
pub(crate) use error::{GraphError, Outcome, answer};
pub(crate) use fields::Fields;
pub(crate) use handle::Manners;
pub(crate) use hooks::Event;
pub(crate) use oauth::{CodeProblem, LONG_LIFE};
pub(crate) use paging::Wanted;
pub(crate) use serve::{Platform, serve};
pub(crate) use token::CodeGrant;

use std::time::Duration;

/// Which login dialog a platform has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Login {
    /// Facebook Login: `/dialog/oauth`, with a choice of what is granted.
    Facebook,
    /// Instagram Login: `/oauth/authorize`, for the account that is logged in.
    Instagram,
}

/// How a pretend Meta platform runs.
#[derive(Clone, Debug)]
pub struct MetaOptions {
    /// Port on loopback; 0 = a free one.
    pub port: u16,
    /// The first pause before a failed delivery is repeated; it doubles up to 64 of it.
    pub retry_unit: Duration,
    /// The longest a receiver of webhooks may take.
    pub answer_limit: Duration,
    /// Failed tries after which a delivery is dropped and the app is unsubscribed from the page or account; `None` = never.
    pub give_up_after: Option<u32>,
    /// The longest a file named by an address may take to fetch.
    pub fetch_limit: Duration,
}

impl Default for MetaOptions {
    fn default() -> Self {
        Self {
            port: 0,
            retry_unit: Duration::from_secs(1),
            answer_limit: Duration::from_secs(10),
            give_up_after: None,
            fetch_limit: Duration::from_secs(10),
        }
    }
}
