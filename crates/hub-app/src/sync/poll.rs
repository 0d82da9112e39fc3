//! Asking now, because somebody wants to know.

use super::pull_account::pull_account;
use crate::{App, AppError, Caller, Result, accounts};
use futures_util::future::join_all;
use hub_domain::{Account, AccountId};
use hub_platform_kit::card::Pull;
use std::time::Duration;
use tokio::time::Instant;

/// Pages read in one go at most.
const MAX_PAGES: usize = 20;
/// Accounts asked at the same time.
const SIDE_BY_SIDE: usize = 8;
/// The longest one account may take of the time of a person who waits; what was read by then is stored.
const LONGEST: Duration = Duration::from_secs(20);
/// The longest the whole may take: the request that waits has a limit.
const LONGEST_OF_ALL: Duration = Duration::from_mins(1);

/// What asking one account brought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountSync {
    /// The account.
    pub account_id: AccountId,
    /// Published platform name.
    pub platform: String,
    /// New messages.
    pub message_count: u64,
    /// What went wrong, in words.
    pub error: Option<String>,
}

/// Numbers of the queue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PollStats {
    /// Due and not started.
    pub waiting: i64,
    /// Running.
    pub active: i64,
    /// Done, as long as they are kept.
    pub completed: i64,
    /// Given up.
    pub failed: i64,
    /// Due later.
    pub delayed: i64,
}

/// Asks one of the caller's accounts now.
pub async fn trigger_poll(app: &App, caller: &Caller, id: AccountId) -> Result<()> {
    let account = app.store().read().accounts().find(caller.user_id, id).await?.ok_or(AppError::AccountNotFound)?;
    if !account.is_active {
        return Err(AppError::AccountNotFound);
    }
    if !can_ask(app, &account) {
        return Err(AppError::Invalid(format!("Platform {} uses webhooks, polling not needed", account.platform_name)));
    }
    ask(app, id).await.map(|_| ())
}

/// Asks all of the caller's active accounts now. One that fails does not stop the others.
pub async fn sync_all(app: &App, caller: &Caller) -> Result<Vec<AccountSync>> {
    let active: Vec<_> = accounts::list(app, caller).await?.into_iter().filter(|a| a.is_active).collect();
    let mut results = Vec::with_capacity(active.len());
    let end = Instant::now() + LONGEST_OF_ALL;
    for some in active.chunks(SIDE_BY_SIDE) {
        let asked = some.iter().map(|account| {
            let (app, account) = (app.clone(), account.clone());
            async move { sync_one(&app, account, end.min(Instant::now() + LONGEST)).await }
        });
        results.extend(join_all(asked.collect::<Vec<_>>()).await);
    }
    Ok(results)
}

async fn sync_one(app: &App, account: Account, end: Instant) -> AccountSync {
    let outcome = if can_ask(app, &account) {
        tokio::time::timeout_at(end, ask(app, account.id)).await.map_err(|_| "no answer in time".to_owned())
    } else {
        Ok(Ok(0))
    };
    let (message_count, error) = match outcome {
        Ok(Ok(count)) => (count, None),
        Ok(Err(error)) => (0, Some(error.to_string())),
        Err(late) => (0, Some(late)),
    };
    AccountSync { account_id: account.id, platform: account.platform_name, message_count, error }
}

/// Numbers of the queue.
pub async fn poll_stats(app: &App) -> Result<PollStats> {
    let counts = app.store().read().jobs().counts(app.now()).await?;
    Ok(PollStats {
        waiting: counts.waiting,
        active: counts.active,
        completed: counts.completed,
        failed: counts.failed,
        delayed: counts.delayed,
    })
}

/// A platform that calls us is not asked as well: some allow only one way in.
pub(super) fn can_ask(app: &App, account: &Account) -> bool {
    app.handle_of(account).is_ok_and(|handle| match handle.card().intake.pull {
        // Whoever holds the line has it already.
        Pull::No | Pull::Line => false,
        Pull::Every(_) | Pull::Backfill => true,
        Pull::LongPollWithoutWebhook => app.settings().public_url.is_none(),
    })
}

/// Asks now; gives how many new messages that brought.
pub(super) async fn ask(app: &App, id: AccountId) -> Result<u64> {
    let mut messages = 0;
    for _ in 0..MAX_PAGES {
        let pulled = pull_account(app, id, Duration::ZERO).await?;
        messages += pulled.messages;
        if !pulled.more {
            break;
        }
    }
    Ok(messages)
}
