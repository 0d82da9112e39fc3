//! The simulator, seen from outside: by plain HTTP, by the publisher's description of the API, and by a real SDK.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr, clippy::disallowed_methods)]
#![allow(missing_docs)]

mod behaviour;
mod facebook;
mod facebook_history;
mod instagram;
mod linkedin;
mod meta_login;
mod meta_sdk;
mod meta_support;
mod meta_webhooks;
mod sdk;
mod spec;
mod teams;
mod telegram_user;
mod twitter;
mod whatsapp;
