//! LinkedIn over HTTP: OAuth 2, the versioned REST API with Rest.li's manners, pages of organisations with posts and comments,
//! webhooks with LinkedIn's own challenge and signature, daily limits, and what is closed to ordinary apps: member messages.
//! Apps, members, organisations and what people do are made through [`LinkedInHandle`] or over HTTP at `/_sim/`.

mod acts;
mod app;
mod authorise;
mod call;
mod changelog;
mod comment_calls;
mod comments;
mod control;
mod control_acts;
mod deliver;
mod dialog;
mod dialog_html;
mod error;
mod faults;
mod handle;
mod hooks;
mod images;
mod inbox;
mod limits;
mod log;
mod messages;
mod notices;
mod oauth;
mod options;
mod organizations;
mod posts;
mod profile;
mod pull;
mod restli;
mod serve;
mod sign;
mod snapshot;
mod state;
mod subscriptions;
mod token;
mod trickle;
mod urn;
mod versions;

pub use app::{App, Member, Organization, Role};
pub use deliver::Delivery;
pub use dialog::DialogMode;
pub use faults::Fault;
pub use handle::{LinkedInHandle, Written, start};
pub use hooks::Webhook;
pub use images::Image;
pub use limits::Limit;
pub use log::LoggedRequest;
pub use options::LinkedInOptions;
pub use sign::Signing;

/// The event that pages are subscribed to.
pub const EVENT: &str = "ORGANIZATION_SOCIAL_ACTION_NOTIFICATIONS";
