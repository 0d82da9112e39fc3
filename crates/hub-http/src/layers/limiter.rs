//! So many requests per user in a sliding minute (contract, `http.md` 2.6). Kept in memory and bounded; refused requests do
//! not count.

use hub_domain::UserId;
use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// The window.
pub(crate) const WINDOW: Duration = Duration::from_mins(1);
/// Users remembered before those at rest are dropped.
const MAX_USERS: usize = 50_000;

/// Counts requests.
#[derive(Debug)]
pub(crate) struct Limiter {
    limit: usize,
    users: Mutex<HashMap<UserId, VecDeque<Instant>>>,
}

/// What became of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It counts; so many are left.
    Passed { remaining: usize },
    /// Too many; one leaves the window after this long.
    Refused { retry_after: Duration },
}

impl Limiter {
    pub(crate) fn new(per_minute: u32) -> Self {
        Self { limit: usize::try_from(per_minute).unwrap_or(usize::MAX), users: Mutex::default() }
    }

    pub(crate) fn limit(&self) -> usize {
        self.limit
    }

    pub(crate) fn count(&self, user: UserId) -> Verdict {
        let now = Instant::now();
        let mut users = self.users.lock().unwrap_or_else(PoisonError::into_inner);
        let over = |at: &Instant| now.duration_since(*at) >= WINDOW;
        if users.len() >= MAX_USERS {
            users.retain(|_, times| times.back().is_some_and(|at| !over(at)));
        }
        let times = users.entry(user).or_default();
        while times.front().is_some_and(over) {
            times.pop_front();
        }
        if times.len() >= self.limit {
            let oldest = times.front().copied().unwrap_or(now);
            return Verdict::Refused { retry_after: WINDOW.saturating_sub(now.duration_since(oldest)) };
        }
        times.push_back(now);
        Verdict::Passed { remaining: self.limit - times.len() }
    }
}
