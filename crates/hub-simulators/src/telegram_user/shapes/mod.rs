//! The API's large types, which have dozens of members and no defaults.

mod chat;
mod config;
mod full;
mod message;
mod user;

pub(super) use chat::{ChatParts, basic_group, channel, notify};
pub(super) use config::config;
pub(super) use full::user_full;
pub(super) use message::{message, reply, service};
pub(super) use user::{UserParts, user};
