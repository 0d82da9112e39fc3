//! Calling on while a limit is used up prolongs the block, so the hub stops by itself until the stated time.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// Accounts remembered at most; further ones are not held back.
const MAX_ACCOUNTS: usize = 10_000;

/// Accounts that must not be called for, by their id at the platform.
#[derive(Debug, Default)]
pub(crate) struct Brake {
    until: Mutex<HashMap<String, Instant>>,
}

impl Brake {
    /// How long the account still has to wait.
    pub(crate) fn wait(&self, account: &str) -> Option<Duration> {
        let until = *self.until.lock().unwrap_or_else(PoisonError::into_inner).get(account)?;
        until.checked_duration_since(Instant::now()).filter(|left| !left.is_zero())
    }

    /// Holds the account's calls back for so long.
    pub(crate) fn hold(&self, account: &str, wait: Duration) {
        let now = Instant::now();
        let mut held = self.until.lock().unwrap_or_else(PoisonError::into_inner);
        if held.len() >= MAX_ACCOUNTS {
            held.retain(|_, until| *until > now);
        }
        if held.len() < MAX_ACCOUNTS || held.contains_key(account) {
            held.insert(account.to_owned(), now + wait);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Brake;
    use std::time::Duration;

    #[tokio::test(start_paused = true)]
    async fn a_hold_ends_by_itself() {
        let brake = Brake::default();
        brake.hold("1", Duration::from_mins(5));
        assert_eq!(brake.wait("1"), Some(Duration::from_mins(5)));
        assert_eq!(brake.wait("2"), None);
        tokio::time::advance(Duration::from_mins(5)).await;
        assert_eq!(brake.wait("1"), None);
    }
}
