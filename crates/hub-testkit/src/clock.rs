//! A clock that tests move.

use hub_app::Clock;
use hub_domain::Timestamp;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Stands still until it is moved. Clones are the same clock.
#[derive(Clone, Debug)]
pub struct TestClock(Arc<Mutex<Timestamp>>);

impl TestClock {
    /// Stands at `start`.
    pub fn at(start: Timestamp) -> Self {
        Self(Arc::new(Mutex::new(start)))
    }
    /// Stands at the machine's time, for tests that also meet code outside the hub.
    pub fn now_standing() -> Self {
        Self::at(hub_domain::time::to_micros(chrono::Utc::now()))
    }
    /// Moves on.
    pub fn advance(&self, by: Duration) {
        *self.0.lock().unwrap() += by;
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
}
