//! Linked accounts: linking, listing, renewing, disconnecting.

pub mod begin_connect;
pub mod disconnect;
pub mod grants;
mod link;
pub mod list;
pub mod resume_connect;
pub mod subscribe_webhook;

pub use begin_connect::{BeginConnect, ConnectProgress, Connecting, begin_connect};
pub use disconnect::{disconnect, revoke_grant};
pub use grants::refresh_grant;
pub use list::{RateLimit, list, rate_limits};
pub use resume_connect::{ResumeConnect, resume_connect};
pub use subscribe_webhook::subscribe_webhook;
