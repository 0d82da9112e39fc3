//! Pretend platforms that speak the real ones' wire protocol, for tests and for trying the hub out. Nothing of the hub is
//! imported here: two readings of one manual must not share one mistake.
#![allow(clippy::disallowed_methods, reason = "a platform has a clock and makes ids of its own")]

pub mod facebook;
pub mod instagram;
pub mod linkedin;
pub mod meta;
mod raw;
pub mod teams;
pub mod telegram;
pub mod telegram_user;
pub mod twitter;
pub mod whatsapp;
