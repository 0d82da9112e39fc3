//! Reads one page of what happened at a platform and stores it together with how far reading has got.

use crate::accounts::grants::{call_with, open_grant};
use crate::channels::{heal, wants_reading};
use crate::inbox::lane::{Delivery, NotStored, ReadOn};
use crate::inbox::receive_webhook::receipt;
use crate::inbox::settle;
use crate::{App, AppError, Result};
use hub_domain::{Account, AccountHealth, AccountId, Timestamp};
use hub_platform_kit::card::Pull;
use hub_platform_kit::platform::{HistoryPage, ReadSoFar};
use hub_platform_kit::webhook::Verified;
use hub_platform_kit::{ErrorKind, Grant, PlatformError};
use std::time::Duration;

/// Accounts looked at in one query.
const PAGE: u32 = 500;
/// A line on which nothing more comes for so long has told everything that was missed.
const CAUGHT_UP_AFTER: Duration = Duration::from_secs(10);

/// What one reading brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pulled {
    /// New messages.
    pub messages: u64,
    /// There is more to read now.
    pub more: bool,
}

/// The active accounts that a line is held for: always, or because the hub has no public address.
pub async fn pulled_accounts(app: &App) -> Result<Vec<Account>> {
    let wants_line = |pull: Pull| match pull {
        Pull::Line => true,
        Pull::LongPollWithoutWebhook => app.settings().public_url.is_none(),
        Pull::No | Pull::Every(_) | Pull::Backfill => false,
    };
    if !app.platforms().iter().any(|handle| wants_line(handle.card().intake.pull)) {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    let mut after: Option<AccountId> = None;
    loop {
        let page = app.store().read().accounts().all_active(after, PAGE).await?;
        after = page.last().map(|a| a.id);
        let full = page.len() as u64 == u64::from(PAGE);
        found.extend(page.into_iter().filter(|account| {
            account.health == AccountHealth::Ok
                && app.handle_of(account).is_ok_and(|handle| wants_line(handle.card().intake.pull))
        }));
        if !full {
            return Ok(found);
        }
    }
}

/// Makes asking possible: some platforms allow only one way in.
pub async fn prepare_pull(app: &App, id: AccountId) -> Result<()> {
    let (account, grant) = open_grant(app, id).await?;
    let handle = app.handle_of(&account)?;
    let prepare = |grant: Grant| async move { handle.prepare_pull(&grant).await };
    match call_with(app, &account, &grant, "prepare_reading", prepare).await {
        Ok(()) => Ok(()),
        Err(error) => Err(refused(account, error)),
    }
}

/// Reads on, waiting up to `wait` for something to happen. The cursor moves in the transaction that stores the events.
pub async fn pull_account(app: &App, id: AccountId, wait: Duration) -> Result<Pulled> {
    let (account, grant) = open_grant(app, id).await?;
    let began = app.now();
    let behind = heal::behind(app, &account, &grant).await?;
    let wait = if behind.is_empty() { wait } else { wait.min(CAUGHT_UP_AFTER) };
    let pulled = read_page(app, &account, &grant, wait, heal::missed(&behind)).await?;
    if !pulled.more {
        for channel in &behind {
            heal::all_read(app, channel, began).await?;
        }
    }
    Ok(pulled)
}

/// Reads and stores one page. What was said within `missed` was missed.
async fn read_page(
    app: &App,
    account: &Account,
    grant: &Grant,
    wait: Duration,
    missed: Option<(Timestamp, Timestamp)>,
) -> Result<Pulled> {
    let id = account.id;
    let handle = app.handle_of(account)?;
    let cursor = app.store().read().cursors().get(id).await?;
    let from = cursor.as_deref();
    let pull = |grant: Grant| async move { handle.pull(&grant, from, wait).await };
    let page = match call_with(app, account, grant, "read_messages", pull).await {
        Ok(page) => page,
        Err(error) => return Err(refused(account.clone(), error)),
    };
    let reading = reading(app, account, from, &page);
    if page.events.is_empty() && page.next.is_none() {
        if let Some(reading) = reading {
            let tx = app.store().begin().await?;
            let told = settle::read_on(&tx, reading, 0, app.now()).await?;
            app.commit(tx, told.into_iter().collect()).await?;
        }
        return Ok(Pulled { messages: 0, more: page.more });
    }
    let reader = handle.subscriber(grant).unwrap_or_else(|| account.remote_id.clone());
    let verified = Verified { body: page.raw, account: Some(reader) };
    let delivery = Delivery {
        platform: handle.card().id.clone(),
        receipt: receipt(app, handle, &verified, Some(id), page.events.len(), app.now()),
        parsed: page.events,
        only: handle.card().own_sessions.then_some(id),
        cursor: page.next.map(|next| (id, next)),
        reading,
        replay: false,
        missed,
        pushed: false,
    };
    match app.intake().store(delivery).await {
        Ok(stored) => Ok(Pulled { messages: stored.messages, more: page.more }),
        Err(NotStored::Busy) => Err(AppError::Unavailable),
        Err(NotStored::Failed) => Err(AppError::Internal("a page could not be stored".to_owned())),
    }
}

/// What a page does for the reading of the account's past, if that is under way, or begins with the first page of all.
fn reading(app: &App, account: &Account, from: Option<&str>, page: &HistoryPage) -> Option<ReadOn> {
    let holds_a_line = !wants_reading(app, account);
    let goes_on = match page.progress {
        Some(ReadSoFar { left, .. }) => left != Some(0),
        None => page.more && !holds_a_line,
    };
    let begins = from.is_none() || holds_a_line;
    let ended = account.reading.is_some() && !goes_on;
    let counts = ended || (goes_on && (begins || account.reading.is_some()));
    counts.then_some(ReadOn { account: account.id, owner: account.user_id, progress: page.progress, ended })
}

/// The reading of an account's past is given up: nobody is to wait for it.
pub(super) async fn give_up_reading(app: &App, id: AccountId) -> Result<()> {
    let tx = app.store().begin().await?;
    let mut events = Vec::new();
    if let Some(account) = tx.accounts().get(id).await?.filter(|account| account.reading.is_some()) {
        let reading = ReadOn { account: id, owner: account.user_id, progress: None, ended: true };
        events.extend(settle::read_on(&tx, reading, 0, app.now()).await?);
    }
    app.commit(tx, events).await
}

/// What a refusal means for whoever asked; what it means for the account is written down already.
pub(super) fn refused(account: Account, error: PlatformError) -> AppError {
    match error.kind {
        ErrorKind::ReauthRequired => AppError::AccountNeedsReauth,
        _ => AppError::Platform { platform: account.platform_name, error },
    }
}
