//! Spends the card's quota and obeys "slow down" answers. Nothing sleeps here: waiting is the job queue's business.

use crate::card::{Card, Window};
use crate::error::{ErrorKind, PlatformError, Result};
use crate::guards::{Call, Operation};
use hub_domain::AccountId;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// Buckets kept at most; those at rest are dropped first.
const MAX_BUCKETS: usize = 20_000;
/// Into how many slots a window is cut for counting. The slot that has just slid out of it half still counts, so that no
/// stretch of the window's length ever holds more calls than are allowed; the price is 1/16 of its speed.
const SLOTS: usize = 16;

/// So many calls in a row that fail for trouble are an outage: what the account sends, or reads, rests then.
const OUTAGE: u32 = 3;
/// The first rest, which doubles as long as the trouble lasts, and the longest.
const FIRST_REST: Duration = Duration::from_secs(2);
const LONGEST_REST: Duration = Duration::from_mins(1);

/// The budgets of one platform.
#[derive(Debug)]
pub struct Throttle {
    /// Time is counted from here.
    start: Instant,
    buckets: Mutex<HashMap<Scope, Bucket>>,
}

impl Default for Throttle {
    fn default() -> Self {
        Self { start: Instant::now(), buckets: Mutex::default() }
    }
}

/// What a budget is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spending {
    /// Calls of any kind of the account.
    Calls,
    /// Messages the account sends.
    Sends,
    /// Messages all accounts of the app send.
    AppSends,
    /// Readings of the account.
    Pulls,
}

impl Spending {
    /// As the API shows it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Calls => "calls",
            Self::Sends => "sends",
            Self::AppSends => "app_sends",
            Self::Pulls => "pulls",
        }
    }
}

/// How one budget stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// What it is for.
    pub spending: Spending,
    /// So many in so much time.
    pub window: Window,
    /// Left now.
    pub left: u32,
    /// Until all of it is back.
    pub whole_in: Duration,
}

/// Whose budget.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Scope {
    Account(AccountId),
    Sends(AccountId),
    AppSends,
    Conversation(AccountId, String),
    Pulls(AccountId),
}

#[derive(Debug, Default)]
struct Bucket {
    /// One count per window of the card.
    counts: Vec<Count>,
    /// No call before this, because the platform said so or is in trouble.
    paused_until: Option<Instant>,
    /// Calls in a row that failed for trouble.
    failures: u32,
}

/// Calls of one window, by slot.
#[derive(Clone, Copy, Debug, Default)]
struct Count {
    /// Number of the newest slot since the start.
    newest: u128,
    /// The slots by their number modulo their count.
    slots: [u32; SLOTS + 1],
}

impl Throttle {
    /// Lets the call pass, or says how long to wait.
    pub fn admit(&self, card: &Card, call: &Call) -> Result<()> {
        let Some(account) = call.account else { return Ok(()) };
        let now = Instant::now();
        let since = now - self.start;
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() > MAX_BUCKETS {
            buckets.retain(|scope, bucket| !bucket.rests(now, since, windows(card, scope)));
        }
        let scopes = scopes(account, call);
        for scope in &scopes {
            let Some(bucket) = buckets.get(scope) else { continue };
            if let Some(wait) = bucket.paused(now) {
                return Err(if bucket.failures >= OUTAGE { in_trouble(card, wait) } else { reached(card, wait) });
            }
        }
        if !call.operation.spends() {
            return Ok(());
        }
        let waits = scopes.iter().filter_map(|scope| buckets.get(scope)?.wait(since, windows(card, scope))).max();
        if let Some(wait) = waits {
            return Err(reached(card, wait));
        }
        for scope in scopes {
            let windows = windows(card, &scope);
            if !windows.is_empty() {
                buckets.entry(scope).or_default().spend(since, windows);
            }
        }
        Ok(())
    }

    /// How an account's budgets stand.
    pub fn budgets(&self, card: &Card, account: AccountId) -> Vec<Budget> {
        let now = Instant::now();
        let since = now - self.start;
        let buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let paused = |scope: &Scope| buckets.get(scope).and_then(|bucket| bucket.paused(now));
        let known = [
            (Spending::Calls, Scope::Account(account)),
            (Spending::Sends, Scope::Sends(account)),
            (Spending::AppSends, Scope::AppSends),
            (Spending::Pulls, Scope::Pulls(account)),
        ];
        let mut budgets = Vec::new();
        for (spending, scope) in known {
            let paused = paused(&Scope::Account(account)).max(paused(&scope));
            let counts = buckets.get(&scope).map_or(&[][..], |bucket| &bucket.counts);
            for (position, window) in windows(card, &scope).iter().enumerate() {
                let count = counts.get(position).copied().unwrap_or_default();
                let left = if paused.is_some() { 0 } else { window.calls.saturating_sub(count.spent(since, *window)) };
                let whole_in = count.whole_in(since, *window).max(paused.unwrap_or_default());
                budgets.push(Budget { spending, window: *window, left, whole_in });
            }
        }
        budgets
    }

    /// Remembers a "slow down": of the conversation for a call bound to one, of the account's sending or reading where the card
    /// counts that apart, else of the account.
    pub fn learn(&self, card: &Card, call: &Call, retry_after: Duration, whole_account: bool) {
        let Some(account) = call.account else { return };
        let bound = call.operation.is_send() && !whole_account;
        let scope = match &call.conversation {
            Some(conversation) if bound => Scope::Conversation(account, conversation.clone()),
            _ if call.operation.is_send() && !card.quota.sends.is_empty() => Scope::Sends(account),
            // What is said about reading must not hold up sending.
            _ if call.operation == Operation::Pull && !whole_account => Scope::Pulls(account),
            _ => Scope::Account(account),
        };
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        buckets.entry(scope).or_default().paused_until = Some(Instant::now() + retry_after);
    }
}

impl Throttle {
    /// Remembers that a call failed for trouble that passes. In an outage the account's sending, or reading, rests, so that it
    /// neither keeps workers nor leaves one message after the other in the dark.
    pub fn trouble(&self, call: &Call) {
        let Some(scope) = resting(call) else { return };
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let bucket = buckets.entry(scope).or_default();
        bucket.failures = bucket.failures.saturating_add(1);
        if let Some(further) = bucket.failures.checked_sub(OUTAGE) {
            let rest = FIRST_REST.saturating_mul(1 << further.min(16)).min(LONGEST_REST);
            bucket.paused_until = bucket.paused_until.max(Some(Instant::now() + rest));
        }
    }

    /// Remembers that the platform answered.
    pub fn answered(&self, call: &Call) {
        let Some(scope) = resting(call) else { return };
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(bucket) = buckets.get_mut(&scope) {
            bucket.failures = 0;
        }
    }
}

/// What rests in an outage that this call tells of.
fn resting(call: &Call) -> Option<Scope> {
    match call.operation {
        Operation::Send => call.account.map(Scope::Sends),
        Operation::Pull => call.account.map(Scope::Pulls),
        _ => None,
    }
}

/// The budgets a call spends, or is held up by.
fn scopes(account: AccountId, call: &Call) -> Vec<Scope> {
    let mut scopes = vec![Scope::Account(account)];
    if call.operation.is_send() {
        scopes.extend([Scope::Sends(account), Scope::AppSends]);
        scopes.extend(call.conversation.clone().map(|conversation| Scope::Conversation(account, conversation)));
    }
    if call.operation == Operation::Pull {
        scopes.push(Scope::Pulls(account));
    }
    scopes
}

fn windows(card: &Card, scope: &Scope) -> &'static [Window] {
    match scope {
        Scope::Account(_) => card.quota.per_account,
        Scope::Sends(_) => card.quota.sends,
        Scope::AppSends => card.quota.app_sends,
        Scope::Conversation(..) => card.quota.per_conversation,
        Scope::Pulls(_) => card.quota.pulls,
    }
}

fn reached(card: &Card, wait: Duration) -> PlatformError {
    let words = format!("the hub's own limit for {} is reached", card.display_name);
    PlatformError::new(ErrorKind::RateLimited { retry_after: Some(wait) }, words)
}

fn in_trouble(card: &Card, wait: Duration) -> PlatformError {
    let words = format!("{} is in trouble; the hub waits before it asks again", card.display_name);
    PlatformError::new(ErrorKind::RateLimited { retry_after: Some(wait) }, words)
}

impl Bucket {
    fn paused(&self, now: Instant) -> Option<Duration> {
        self.paused_until.filter(|until| *until > now).map(|until| until - now)
    }

    fn rests(&self, now: Instant, since: Duration, windows: &[Window]) -> bool {
        self.paused(now).is_none()
            && self.failures == 0
            && self.counts.iter().zip(windows).all(|(count, w)| count.spent(since, *w) == 0)
    }

    fn wait(&self, since: Duration, windows: &[Window]) -> Option<Duration> {
        self.counts.iter().zip(windows).filter_map(|(count, window)| count.wait(since, *window)).max()
    }

    fn spend(&mut self, since: Duration, windows: &[Window]) {
        self.counts.resize(windows.len(), Count::default());
        for (count, window) in self.counts.iter_mut().zip(windows) {
            count.spend(since, *window);
        }
    }
}

impl Count {
    /// The slots that still count, oldest first, with their numbers.
    fn living(&self, current: u128) -> impl Iterator<Item = (u128, u32)> + '_ {
        let oldest = current.saturating_sub(SLOTS as u128);
        (oldest..=self.newest.min(current)).map(|number| (number, self.slots[place(number)]))
    }

    fn spent(&self, since: Duration, window: Window) -> u32 {
        self.living(slot(since, window)).fold(0, |sum, (_, calls)| sum.saturating_add(calls))
    }

    /// Until one more call fits; `None` = it does now.
    fn wait(&self, since: Duration, window: Window) -> Option<Duration> {
        let mut spent = self.spent(since, window);
        for (number, calls) in self.living(slot(since, window)) {
            if spent < window.calls {
                return None;
            }
            spent = spent.saturating_sub(calls);
            if spent < window.calls {
                return Some(gone(number, window).saturating_sub(since));
            }
        }
        // Nothing was spent and nothing is allowed.
        (window.calls == 0).then_some(window.per)
    }

    fn whole_in(&self, since: Duration, window: Window) -> Duration {
        let newest = self.living(slot(since, window)).filter(|(_, calls)| *calls > 0).last();
        newest.map_or(Duration::ZERO, |(number, _)| gone(number, window).saturating_sub(since))
    }

    fn spend(&mut self, since: Duration, window: Window) {
        let current = slot(since, window);
        let first = (self.newest + 1).max(current.saturating_sub(SLOTS as u128));
        for number in first..=current {
            self.slots[place(number)] = 0;
        }
        self.newest = self.newest.max(current);
        self.slots[place(current)] = self.slots[place(current)].saturating_add(1);
    }
}

/// Length of a slot in nanoseconds.
fn length(window: Window) -> u128 {
    window.per.as_nanos().div_ceil(SLOTS as u128).max(1)
}

fn slot(since: Duration, window: Window) -> u128 {
    since.as_nanos() / length(window)
}

fn place(number: u128) -> usize {
    usize::try_from(number % (SLOTS as u128 + 1)).unwrap_or_default()
}

/// When a slot has slid out whole, since the start.
fn gone(number: u128, window: Window) -> Duration {
    let nanos = (number + SLOTS as u128 + 1) * length(window);
    Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
}
