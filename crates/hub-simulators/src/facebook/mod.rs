//! Facebook Messenger for Pages over HTTP, and the Instagram accounts linked to Pages: login, Page tokens, subscriptions, sending,
//! history, profiles, webhooks. People are made and act through [`FacebookHandle`] or over HTTP at `/_sim/`.

mod accounts;
mod control;
mod handle;
mod nodes;
mod pages;
mod server;

pub use crate::meta::MetaOptions as FacebookOptions;
pub use handle::{FacebookHandle, start};
pub use pages::{LinkedInstagram, Page};
