//! Linked accounts: linking, listing, renewing, disconnecting.

pub mod active;
pub(crate) mod adopt;
pub mod asked;
pub mod attempt;
pub mod begin_connect;
pub mod decide_connect;
pub mod disconnect;
pub mod grants;
mod link;
pub mod list;
pub mod profiles;
mod reach;
pub mod resume_connect;
pub mod subscribe_webhook;

pub use active::active;
pub use adopt::adopt;
pub use asked::asked;
pub use begin_connect::{BeginConnect, ConnectProgress, Connecting, begin_connect};
pub use decide_connect::{About, Decision, Question, decide, give_up, question};
pub(crate) use disconnect::disconnect_for;
pub use disconnect::{disconnect, revoke_grant};
pub use grants::refresh_grant;
pub use list::{RateLimit, list, notices, rate_limits};
pub use profiles::refresh_profile;
pub use resume_connect::{Arrival, ResumeConnect, abandon, resume_connect};
pub use subscribe_webhook::subscribe_webhook;
