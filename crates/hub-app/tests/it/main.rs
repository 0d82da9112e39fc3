//! Use cases against real databases, with a clock that tests move.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::disallowed_methods, missing_docs)]

mod aliases;
mod channels;
mod early;
mod echoes;
mod fake;
mod fake_events;
mod intake;
mod leaving;
mod linking;
mod people;
mod reading;
mod renewal;
mod retrying;
mod sealing;
mod sign_in;
mod statuses;
mod step_up;
mod support;
mod talk;
mod working;
