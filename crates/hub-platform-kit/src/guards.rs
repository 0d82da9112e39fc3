//! What stands before and after every call to a platform.

use crate::card::{Card, Window};
use crate::error::{ErrorKind, PlatformError, Result};
use hub_domain::AccountId;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// What is being called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Operation {
    /// Linking.
    Connect,
    /// Renewing tokens.
    Refresh,
    /// Taking the permission back.
    Revoke,
    /// Sending a message.
    Send,
    /// Telling that messages were read.
    MarkRead,
    /// Answering a notice.
    Acknowledge,
    /// Reacting to a message.
    React,
    /// Showing that somebody is typing.
    Typing,
    /// Asking who somebody is.
    Profile,
    /// Listing prepared messages.
    Templates,
    /// Asking the platform to call us, or to stop.
    Subscribe,
    /// Reading what happened.
    Pull,
    /// Fetching a file.
    Fetch,
}

impl Operation {
    /// A stable word for logs and metrics.
    pub fn label(self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::Refresh => "refresh",
            Self::Revoke => "revoke",
            Self::Send => "send",
            Self::MarkRead => "mark_read",
            Self::Acknowledge => "acknowledge",
            Self::React => "react",
            Self::Typing => "typing",
            Self::Profile => "profile",
            Self::Templates => "templates",
            Self::Subscribe => "subscribe",
            Self::Pull => "pull",
            Self::Fetch => "fetch",
        }
    }

    /// Longest time a call may take before it is cut off.
    pub fn limit(self) -> Duration {
        match self {
            Self::Connect
            | Self::Refresh
            | Self::Revoke
            | Self::Subscribe
            | Self::MarkRead
            | Self::Acknowledge
            | Self::React
            | Self::Typing
            | Self::Profile
            | Self::Templates => Duration::from_secs(30),
            Self::Send | Self::Pull | Self::Fetch => Duration::from_secs(90),
        }
    }

    /// True when the call spends the card's quota. Files, pictures, renewals and the like must not be held up by it.
    pub fn spends(self) -> bool {
        matches!(self, Self::Send | Self::MarkRead | Self::React | Self::Pull | Self::Acknowledge)
    }

    /// True when a cut-off call may have changed something that a repeat would change again.
    pub fn is_send(self) -> bool {
        self == Self::Send
    }
}

/// One call.
#[derive(Clone, Debug)]
pub struct Call {
    /// What.
    pub operation: Operation,
    /// For which account; `None` while linking.
    pub account: Option<AccountId>,
    /// In which conversation, for limits per conversation.
    pub conversation: Option<String>,
}

/// Buckets kept at most; the fullest-rested are dropped first.
const MAX_BUCKETS: usize = 20_000;

/// Spends the card's quota per account and conversation, and obeys "slow down" answers.
#[derive(Debug, Default)]
pub struct Throttle {
    buckets: Mutex<HashMap<(AccountId, Option<String>), Bucket>>,
}

#[derive(Debug)]
struct Bucket {
    /// Theoretical arrival time of the generic cell rate algorithm.
    full_again: Instant,
    /// No call before this, because the platform said so.
    paused_until: Option<Instant>,
}

impl Throttle {
    /// Lets the call pass, or says how long to wait. Nothing sleeps here: waiting is the job queue's business.
    pub fn admit(&self, card: &Card, call: &Call) -> Result<()> {
        let Some(account) = call.account else { return Ok(()) };
        let now = Instant::now();
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() > MAX_BUCKETS {
            buckets.retain(|_, b| b.full_again > now || b.paused_until.is_some_and(|p| p > now));
        }
        if let Some(wait) = buckets.get(&(account, None)).and_then(|b| b.paused(now)) {
            return Err(reached(card, wait));
        }
        if !call.operation.spends() {
            return Ok(());
        }
        let mut windows = vec![((account, None), card.quota.per_account)];
        if let (true, Some(window), Some(conversation)) =
            (call.operation.is_send(), card.quota.per_conversation, call.conversation.clone())
        {
            windows.push(((account, Some(conversation)), window));
        }
        for (key, window) in &windows {
            if let Some(wait) = buckets.get(key).and_then(|b| b.wait(now, *window)) {
                return Err(reached(card, wait));
            }
        }
        for (key, window) in windows {
            buckets.entry(key).or_insert(Bucket { full_again: now, paused_until: None }).spend(now, window);
        }
        Ok(())
    }

    /// Calls left for an account now, and how long until its bucket is full again.
    pub fn budget(&self, card: &Card, account: AccountId) -> (u32, Duration) {
        let now = Instant::now();
        let window = card.quota.per_account;
        let buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(bucket) = buckets.get(&(account, None)) else { return (window.calls, Duration::ZERO) };
        if let Some(paused) = bucket.paused(now) {
            return (0, paused);
        }
        let full_in = bucket.full_again.saturating_duration_since(now);
        let spent = full_in.as_nanos().div_ceil(step(window).as_nanos().max(1));
        (window.calls.saturating_sub(u32::try_from(spent).unwrap_or(u32::MAX)), full_in)
    }

    /// Remembers a "slow down": the conversation's bucket for a call bound to one, else the account's.
    pub fn learn(&self, call: &Call, retry_after: Duration, whole_account: bool) {
        let Some(account) = call.account else { return };
        let now = Instant::now();
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let bound = call.operation.is_send() && !whole_account;
        let conversation = if bound { call.conversation.clone() } else { None };
        let bucket = buckets.entry((account, conversation)).or_insert(Bucket { full_again: now, paused_until: None });
        bucket.paused_until = Some(now + retry_after);
    }
}

fn reached(card: &Card, wait: Duration) -> PlatformError {
    let words = format!("the hub's own limit for {} is reached", card.display_name);
    PlatformError::new(ErrorKind::RateLimited { retry_after: Some(wait) }, words)
}

impl Bucket {
    fn paused(&self, now: Instant) -> Option<Duration> {
        self.paused_until.filter(|until| *until > now).map(|until| until - now)
    }

    fn wait(&self, now: Instant, window: Window) -> Option<Duration> {
        if let Some(paused) = self.paused(now) {
            return Some(paused);
        }
        let ahead = self.full_again.saturating_duration_since(now) + step(window);
        ahead.checked_sub(window.per).filter(|wait| !wait.is_zero())
    }

    fn spend(&mut self, now: Instant, window: Window) {
        self.full_again = self.full_again.max(now) + step(window);
    }
}

fn step(window: Window) -> Duration {
    window.per / window.calls.max(1)
}
