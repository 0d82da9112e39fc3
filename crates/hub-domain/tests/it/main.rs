//! Rules, tried with plain values and with sequences nobody thought of.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod channel;
mod pace;
