//! Instagram messaging by Instagram Login over HTTP: the dialog, tokens and their renewal, subscriptions, sending, history,
//! profiles, webhooks. People are made and act through [`InstagramHandle`] or over HTTP at `/_sim/`.

mod accounts;
mod control;
mod handle;
mod server;
mod tokens;

pub use crate::meta::MetaOptions as InstagramOptions;
pub use accounts::Account;
pub use handle::{InstagramHandle, start};
