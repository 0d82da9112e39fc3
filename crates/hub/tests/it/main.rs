//! The binary as its users run it, and the rules of the house.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr, clippy::disallowed_methods)]
#![allow(missing_docs)]

mod adoption;
#[cfg(feature = "demo")]
mod browser;
mod channels;
mod conformance;
mod contract;
mod crash;
mod fixtures;
#[cfg(feature = "demo")]
mod front_end;
mod house_rules;
mod ledger;
mod outage;
mod prove;
mod retry;
mod support;
#[cfg(feature = "demo")]
mod telegram_lines;
#[cfg(feature = "demo")]
mod telegram_login;
#[cfg(feature = "demo")]
mod telegram_past;
#[cfg(feature = "demo")]
mod telegram_proof;
#[cfg(feature = "demo")]
mod telegram_rows;
#[cfg(feature = "demo")]
mod telegram_world;
mod thread;
