//! The platforms as the hub sees them: payloads in, events out; calls out, answers in.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::disallowed_methods, missing_docs)]

mod facebook;
mod inspections;
mod instagram;
mod linkedin;
mod meta;
mod support;
mod teams;
mod telegram_bot;
mod telegram_user;
mod twitter;
mod whatsapp;
