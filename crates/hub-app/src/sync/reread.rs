//! Reading what was lately said once more: beside what is here (a synchronisation), or in its place (a reset). The work is a job,
//! because only the process that holds the account's line can read; whoever asked waits a while for its end.

use super::pull_account::refused;
use crate::accounts::grants::{call_with, open_grant};
use crate::clock::new_id;
use crate::inbox::ingest;
use crate::inbox::lane::{Delivery, NotStored};
use crate::inbox::receive_webhook::receipt;
use crate::jobs::{self, Outcome};
use crate::{App, AppError, Caller, Result};
use chrono::TimeDelta;
use hub_domain::{Account, AccountHealth, AccountId, EventBody, JobId, Timestamp};
use hub_platform_kit::card::Pull;
use hub_platform_kit::platform::HistoryPage;
use hub_platform_kit::webhook::Verified;
use hub_platform_kit::{ErrorKind, Grant, PlatformError};
use hub_store::{JobEnd, NewEvent, NewJob, Remembered, Tx};
use std::collections::HashSet;
use std::time::Duration;
use uuid::Uuid;

/// Pages of one reading.
const MAX_PAGES: usize = 200;
/// Pause before a reading is tried again.
const PAUSE: Duration = Duration::from_secs(1);
/// A synchronisation within this time after another one reads nothing: the line brings news by itself.
const SYNC_EVERY: Duration = Duration::from_mins(10);
/// How long whoever asked waits for a synchronisation: pages wait for it before they show anything.
const SYNC_WAIT: Duration = Duration::from_secs(2);
/// How long whoever asked waits for a reset.
const RESET_WAIT: Duration = Duration::from_secs(90);
/// How often the job is looked at meanwhile.
const LOOK: Duration = Duration::from_millis(200);

/// What a reading brought.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reread {
    /// Messages stored since it was asked for.
    pub messages: u64,
    /// It goes on in the background.
    pub pending: bool,
}

/// Reads once more beside what is here. Where no line is held, the platform is asked as usual, or calls by itself.
pub async fn sync_account(app: &App, caller: &Caller, id: AccountId) -> Result<Reread> {
    let account = usable(app, caller, id).await?;
    if app.handle_of(&account)?.card().intake.pull != Pull::Line {
        let messages = if super::poll::can_ask(app, &account) { super::poll::ask(app, id).await? } else { 0 };
        return Ok(Reread { messages, pending: false });
    }
    let job = jobs::reread(id, app.now());
    let holder = job.id.to_string();
    let until = app.now() + TimeDelta::from_std(SYNC_EVERY).unwrap_or_default();
    let tx = app.store().begin().await?;
    if !tx.leases().acquire(&turn(id), &holder, app.now(), until).await? {
        tx.rollback().await?;
        return Ok(Reread::default());
    }
    tx.jobs().enqueue_many(std::slice::from_ref(&job)).await?;
    app.commit(tx, Vec::new()).await?;
    app.bus().wake_workers();
    wait(app, &account, &job, SYNC_WAIT).await
}

/// Reads once more in the place of what is here.
pub async fn reset_account(app: &App, caller: &Caller, id: AccountId) -> Result<Reread> {
    let account = usable(app, caller, id).await?;
    let handle = app.handle_of(&account)?;
    if handle.card().intake.pull != Pull::Line {
        let error = PlatformError::unsupported("reading back once more");
        return Err(AppError::Platform { platform: account.platform_name, error });
    }
    if let Some(why) = handle.not_configured() {
        tracing::debug!(why, "a reset of an account whose platform is not set up");
        return Err(AppError::NotConfigured(account.platform_name));
    }
    let tx = app.store().begin().await?;
    let job = jobs::reset(id, app.now());
    tx.jobs().enqueue_many(std::slice::from_ref(&job)).await?;
    app.commit(tx, Vec::new()).await?;
    app.bus().wake_workers();
    wait(app, &account, &job, RESET_WAIT).await
}

async fn usable(app: &App, caller: &Caller, id: AccountId) -> Result<Account> {
    let account = app.store().read().accounts().find(caller.user_id, id).await?;
    let account = account.filter(|account| account.is_active).ok_or(AppError::AccountNotFound)?;
    if account.health == AccountHealth::NeedsReauth {
        return Err(AppError::AccountNeedsReauth);
    }
    Ok(account)
}

/// The lease that keeps synchronisations of an account apart.
fn turn(id: AccountId) -> String {
    format!("sync:{id}")
}

/// Waits for the end of the job, or of the one that was open already.
async fn wait(app: &App, account: &Account, job: &NewJob, limit: Duration) -> Result<Reread> {
    let newest = app.store().read().jobs().newest(&job.kind, &account.id.to_string()).await?;
    let Some(id) = newest else { return Err(AppError::Internal("a job vanished".to_owned())) };
    let deadline = tokio::time::Instant::now() + limit;
    loop {
        let end = app.store().read().jobs().end(id).await?;
        let pending = end.is_none();
        if let Some(JobEnd { dead: Some(why) }) = end {
            return Err(failure(app, account, why).await?);
        }
        if !pending || tokio::time::Instant::now() >= deadline {
            let messages = app.store().read().messages().count_since(account.id, job.at).await?;
            return Ok(Reread { messages, pending });
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// Why the job was given up.
async fn failure(app: &App, account: &Account, why: String) -> Result<AppError> {
    let now = app.store().read().accounts().get(account.id).await?;
    Ok(match now {
        Some(now) if now.is_active && now.health == AccountHealth::NeedsReauth => AppError::AccountNeedsReauth,
        Some(now) if now.is_active => {
            let error = PlatformError::new(ErrorKind::Transient { maybe_applied: false }, why);
            AppError::Platform { platform: account.platform_name.clone(), error }
        }
        _ => AppError::AccountNotFound,
    })
}

/// The job of a synchronisation. One that fails gives the turn back.
pub(crate) async fn reread(app: &App, id: AccountId, job: JobId, last: bool) -> Outcome {
    let outcome = match read_all(app, id).await {
        Ok((_, pages)) => match store(app, pages).await {
            Ok(()) => return Outcome::Done,
            Err(error) => jobs::again(&error),
        },
        Err(error) => again(&error),
    };
    if last || matches!(outcome, Outcome::Dead { .. }) {
        let released = async {
            let tx = app.store().begin().await?;
            tx.leases().release(&turn(id), &job.to_string()).await?;
            app.commit(tx, Vec::new()).await
        };
        if let Err(error) = released.await {
            tracing::debug!(%error, "the turn of a synchronisation could not be given back; it will end");
        }
    }
    outcome
}

/// The job of a reset: everything is read first, then what was here before is forgotten and the new stored, together.
pub(crate) async fn reset(app: &App, id: AccountId) -> Outcome {
    let started = app.now();
    match read_all(app, id).await {
        Ok((account, pages)) => match replace(app, &account, started, &pages).await {
            Ok(()) => Outcome::Done,
            Err(error) => jobs::again(&error),
        },
        Err(error) => again(&error),
    }
}

/// What passes is tried again soon: the line may be held by another process, or be about to be opened.
fn again(error: &AppError) -> Outcome {
    match error {
        AppError::Platform { error, .. }
            if matches!(error.kind, ErrorKind::Transient { .. } | ErrorKind::NotHere { .. })
                || (error.status.is_none() && matches!(error.kind, ErrorKind::RateLimited { .. })) =>
        {
            Outcome::Again { after: Some(PAUSE), counts: true, why: error.message.clone() }
        }
        AppError::Platform { error, .. } => Outcome::Dead { why: error.message.clone() },
        AppError::AccountInactive | AppError::AccountNotFound | AppError::AccountNeedsReauth => {
            Outcome::Dead { why: error.to_string() }
        }
        error => jobs::again(error),
    }
}

/// All pages of a reading.
async fn read_all(app: &App, id: AccountId) -> Result<(Account, Vec<Delivery>)> {
    let (account, grant) = open_grant(app, id).await?;
    let handle = app.handle_of(&account)?;
    let mut deliveries = Vec::new();
    let mut from: Option<String> = None;
    for _ in 0..MAX_PAGES {
        let place = from.as_deref();
        let lately = |grant: Grant| async move { handle.lately(&grant, place).await };
        let HistoryPage { events, raw, next, .. } =
            match call_with(app, &account, &grant, "read_messages", lately).await {
                Ok(page) => page,
                Err(error) => return Err(refused(account, error)),
            };
        if !events.is_empty() {
            // The same bytes may have come before, and are to be applied all the same.
            let body = [raw.as_ref(), new_id::<Uuid>().as_bytes()].concat();
            let verified = Verified { body: body.into(), account: Some(account.remote_id.clone()) };
            deliveries.push(Delivery {
                platform: handle.card().id.clone(),
                receipt: receipt(app, handle, &verified, Some(id), events.len(), app.now()),
                parsed: events,
                only: handle.card().own_sessions.then_some(id),
                cursor: None,
                reading: None,
                missed: None,
                pushed: false,
                replay: false,
            });
        }
        from = next;
        if from.is_none() {
            return Ok((account, deliveries));
        }
    }
    Ok((account, deliveries))
}

async fn store(app: &App, deliveries: Vec<Delivery>) -> Result<()> {
    for delivery in deliveries {
        match app.intake().store(delivery).await {
            Ok(_) => {}
            Err(NotStored::Busy) => return Err(AppError::Unavailable),
            Err(NotStored::Failed) => return Err(AppError::Internal("a page could not be stored".to_owned())),
        }
    }
    Ok(())
}

/// Says of messages that were here before only that their conversation changed: nobody shall be told of them as of news.
async fn without_old_news(tx: &Tx, known: &[Remembered], events: Vec<NewEvent>) -> Result<Vec<NewEvent>> {
    let known: HashSet<_> = known.iter().map(|one| (one.conversation, &one.remote)).collect();
    let ids: Vec<_> = events.iter().filter_map(|event| event.body.message_id()).collect();
    let stored = tx.messages().many(&ids).await?;
    let old = stored.iter().filter(|message| known.contains(&(message.conversation_id, &message.remote_id)));
    let old: HashSet<_> = old.map(|message| message.id).collect();
    let mut changed = HashSet::new();
    let mut told = Vec::with_capacity(events.len());
    for mut event in events {
        let is_old = event.body.message_id().is_some_and(|id| old.contains(&id));
        if let Some(conversation_id) = event.body.conversation_id().filter(|_| is_old) {
            event.body = EventBody::ConversationUpdated { conversation_id };
        }
        // Once for each.
        if let EventBody::ConversationUpdated { conversation_id } = event.body
            && !changed.insert(conversation_id)
        {
            continue;
        }
        told.push(event);
    }
    Ok(told)
}

/// Forgets what was stored before the reading began and stores what it brought; what came meanwhile, and what is leaving, stays.
/// What was read stays read; of the rest the platform says what is.
async fn replace(app: &App, account: &Account, started: Timestamp, pages: &[Delivery]) -> Result<()> {
    let now = app.now();
    let tx = app.store().begin().await?;
    let known = tx.conversations().remembered(account.id, started).await?;
    tx.conversations().forget_messages(account.id, started).await?;
    let effects = ingest::apply(app, &tx, pages).await?;
    tx.conversations().recall(&known, started).await?;
    tx.conversations().settle_forgotten(account.id, started, now).await?;
    let mut events = without_old_news(&tx, &known, effects.events).await?;
    let body = EventBody::AccountChanged { account_id: account.id };
    events.push(NewEvent { user_id: account.user_id, at: now, body });
    app.commit(tx, events).await?;
    if effects.enqueued {
        app.bus().wake_workers();
    }
    Ok(())
}
