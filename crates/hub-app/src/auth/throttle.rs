//! Slows guessing down: so many tries a minute per address and operation, and growing pauses per e-mail address and network
//! after failures. Strangers elsewhere cannot lock a person out. Kept in memory, bounded.

use crate::{AppError, Clock, Result};
use hub_domain::Timestamp;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// The window of the limit per address, in seconds.
const WINDOW_SECONDS: i64 = 60;
/// Failures in a row before the pauses begin.
const FREE_FAILURES: u32 = 5;
/// The longest pause after failures, in seconds.
const MAX_PAUSE_SECONDS: i64 = 60;
/// Failures older than this are forgotten, in seconds.
const FORGET_SECONDS: i64 = 900;
/// Entries kept per table; beyond it the settled ones are dropped.
const MAX_ENTRIES: usize = 20_000;

/// What is limited.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Attempt {
    Register,
    Login,
    Refresh,
}

#[derive(Debug)]
pub(crate) struct Throttle {
    limit: u32,
    clock: Arc<dyn Clock>,
    tables: Mutex<Tables>,
}

#[derive(Debug, Default)]
struct Tables {
    tries: HashMap<(Attempt, Network), Tries>,
    failures: HashMap<(String, Network), Failures>,
}

#[derive(Debug)]
struct Tries {
    since: Timestamp,
    count: u32,
}

#[derive(Debug)]
struct Failures {
    count: u32,
    last: Timestamp,
}

/// An IPv4 address, or the /64 of an IPv6 one: whoever has one address there has all of them.
type Network = Option<IpAddr>;

fn network(address: Option<IpAddr>) -> Network {
    address.map(|address| match address.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6((u128::from(v6) & !u128::from(u64::MAX)).into()),
        v4 @ IpAddr::V4(_) => v4,
    })
}

impl Throttle {
    pub(super) fn new(limit: u32, clock: Arc<dyn Clock>) -> Self {
        Self { limit, clock, tables: Mutex::default() }
    }

    /// Counts a try, or refuses it.
    pub(super) fn admit(&self, attempt: Attempt, address: Option<IpAddr>) -> Result<()> {
        let now = self.clock.now();
        let mut tables = self.tables.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = |tries: &Tries| (now - tries.since).num_seconds() < WINDOW_SECONDS;
        if tables.tries.len() >= MAX_ENTRIES {
            tables.tries.retain(|_, tries| fresh(tries));
        }
        let tries = tables.tries.entry((attempt, network(address))).or_insert(Tries { since: now, count: 0 });
        if !fresh(tries) {
            *tries = Tries { since: now, count: 0 };
        }
        if tries.count >= self.limit {
            return Err(self.refusal(WINDOW_SECONDS - (now - tries.since).num_seconds()));
        }
        tries.count += 1;
        Ok(())
    }

    /// Refuses while a pause after failures lasts.
    pub(super) fn may_try(&self, email: &str, address: Option<IpAddr>) -> Result<()> {
        let now = self.clock.now();
        let tables = self.tables.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(failures) = tables.failures.get(&(email.to_owned(), network(address))) else { return Ok(()) };
        let beyond = failures.count.saturating_sub(FREE_FAILURES);
        let pause = if beyond == 0 { 0 } else { (1_i64 << beyond.min(16)).min(MAX_PAUSE_SECONDS) };
        let left = pause - (now - failures.last).num_seconds();
        if left > 0 { Err(self.refusal(left)) } else { Ok(()) }
    }

    /// Remembers how a try ended.
    pub(super) fn settle(&self, email: &str, address: Option<IpAddr>, succeeded: bool) {
        let now = self.clock.now();
        let key = (email.to_owned(), network(address));
        let mut tables = self.tables.lock().unwrap_or_else(PoisonError::into_inner);
        let remembered = |failures: &Failures| (now - failures.last).num_seconds() < FORGET_SECONDS;
        if succeeded {
            tables.failures.remove(&key);
            return;
        }
        if tables.failures.len() >= MAX_ENTRIES {
            tables.failures.retain(|_, failures| remembered(failures));
        }
        let failures = tables.failures.entry(key).or_insert(Failures { count: 0, last: now });
        if !remembered(failures) {
            failures.count = 0;
        }
        failures.count = failures.count.saturating_add(1);
        failures.last = now;
    }

    fn refusal(&self, seconds: i64) -> AppError {
        let retry_after = Duration::from_secs(u64::try_from(seconds).unwrap_or_default().max(1));
        AppError::Throttled { retry_after, limit: self.limit }
    }
}
