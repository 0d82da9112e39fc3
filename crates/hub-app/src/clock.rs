//! The one place where time is read and ids and secrets are made, so that tests can move the one and nothing else invents
//! the others.

use hub_domain::{Timestamp, time::to_micros};
use std::fmt;
use uuid::Uuid;

/// Reads the time.
pub trait Clock: Send + Sync + fmt::Debug {
    /// Now, in microseconds.
    fn now(&self) -> Timestamp;
}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the clock")]
    fn now(&self) -> Timestamp {
        to_micros(chrono::Utc::now())
    }
}

/// A new id that sorts by the time it was made.
#[expect(clippy::disallowed_methods, reason = "this is where ids are made")]
pub fn new_id<T: From<Uuid>>() -> T {
    T::from(Uuid::now_v7())
}

/// 32 random bytes as 64 hex digits; `None` when the machine has no randomness.
pub fn random_hex() -> Option<String> {
    let mut bytes = [0_u8; 32];
    aws_lc_rs::rand::fill(&mut bytes).ok()?;
    Some(hex::encode(bytes))
}
