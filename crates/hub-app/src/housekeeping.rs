//! What must be done from time to time so that nothing grows for ever and nothing is stuck.

use crate::{App, Result, accounts, jobs};
use chrono::TimeDelta;
use hub_domain::EventBody;
use hub_store::NewEvent;
use std::time::Duration;

/// Rows deleted in one statement.
const BATCH: u32 = 1_000;
/// Batches in one sweep; the rest waits for the next one.
const MAX_BATCHES: u32 = 50;
/// Events are kept this long for clients that come back.
const EVENTS_KEPT: Duration = Duration::from_hours(168);
/// Settled jobs are kept this long for the operator.
const JOBS_KEPT: Duration = Duration::from_hours(48);
/// Holes in an account's past are shown for this long.
const HOLES_KEPT: Duration = Duration::from_hours(24 * 90);
/// The history of an account's states is kept this long.
const HISTORY_KEPT: Duration = Duration::from_hours(24 * 30);
/// The usage log is kept this long.
const USAGE_KEPT: Duration = Duration::from_hours(90 * 24);
/// Conversations whose unread counts are looked at in one query.
const COUNTS_PAGE: u32 = 500;
/// Pages looked at in one go: more conversations than a hub has, so that it ends.
const MAX_COUNT_PAGES: u32 = 20_000;
/// A message that has been leaving for this long without a job is looked at again.
const STUCK_AFTER: Duration = Duration::from_mins(5);

/// Deletes what is over.
pub async fn sweep(app: &App) -> Result<()> {
    let now = app.now();
    let before = |kept: Duration| now - TimeDelta::from_std(kept).unwrap_or_default();
    for _ in 0..MAX_BATCHES {
        let tx = app.store().begin().await?;
        let mut gone = tx.receipts().purge(before(app.settings().receipt_retention), BATCH).await?;
        gone += tx.events().purge(before(EVENTS_KEPT), BATCH).await?;
        gone += tx.jobs().purge(before(JOBS_KEPT), BATCH).await?;
        gone += tx.usage().purge(before(USAGE_KEPT), BATCH).await?;
        gone += tx.refresh_tokens().delete_expired(now, BATCH).await?;
        gone += tx.connect_attempts().purge(now).await?;
        gone += tx.used_proofs().purge(now).await?;
        gone += tx.channels().purge_holes(before(HOLES_KEPT)).await?;
        gone += tx.notices().purge(crate::channels::CHANGED, before(HISTORY_KEPT), BATCH).await?;
        app.commit(tx, Vec::new()).await?;
        if gone == 0 {
            break;
        }
    }
    Ok(())
}

/// Messages that were leaving when their worker died get a job that finds out what can be said about them.
pub async fn settle_stuck(app: &App) -> Result<()> {
    let now = app.now();
    let before = now - TimeDelta::from_std(STUCK_AFTER).unwrap_or_default();
    let stuck = app.store().read().messages().stuck_sending(jobs::DELIVER_MESSAGE, before, BATCH).await?;
    if stuck.is_empty() {
        return Ok(());
    }
    let session = app.store().read();
    let rows = session.messages().many(&stuck).await?;
    let mut work = Vec::with_capacity(rows.len());
    for message in rows {
        if let Some((account, conversation)) = session.messages().place(message.id).await? {
            work.push(jobs::deliver_message(account, conversation, message.id, message.created_at, now));
        }
    }
    let tx = app.store().begin().await?;
    tx.jobs().enqueue_many(&work).await?;
    app.commit(tx, Vec::new()).await?;
    app.bus().wake_workers();
    Ok(())
}

/// Mends unread counts that do not agree with their messages. Harmless while messages come and are read: what seems wrong is
/// counted again while nobody else counts, and only what really changed is told.
pub async fn mend_unread_counts(app: &App) -> Result<()> {
    let mut after = None;
    for _ in 0..MAX_COUNT_PAGES {
        let looked = app.store().read().conversations().look_at_counts(after, COUNTS_PAGE).await?;
        if !looked.wrong.is_empty() {
            let now = app.now();
            let tx = app.store().begin().await?;
            let mended = tx.conversations().mend_counts(&looked.wrong, now).await?;
            if !mended.is_empty() {
                tracing::warn!(conversations = mended.len(), "unread counts did not agree with the messages; mended");
            }
            let told = mended.into_iter().map(|(conversation_id, user_id)| NewEvent {
                user_id,
                at: now,
                body: EventBody::ConversationUpdated { conversation_id },
            });
            app.commit(tx, told.collect()).await?;
        }
        after = looked.last;
        if after.is_none() {
            break;
        }
    }
    Ok(())
}

/// Renews subscriptions whose time has come.
pub async fn renew_subscriptions(app: &App) -> Result<()> {
    accounts::subscribe_webhook::renew_due(app).await
}

/// Sees to it that platforms are asked that do not tell everything by themselves.
pub async fn start_readings(app: &App) -> Result<()> {
    crate::sync::start_readings(app).await
}

/// Finds out which adapter serves the rows of the originals.
pub async fn adopt_accounts(app: &App) -> Result<()> {
    accounts::adopt::adopt(app).await
}

/// Renews grants that end soon.
pub async fn renew_grants(app: &App) -> Result<()> {
    accounts::grants::renew_due(app).await
}

/// Asks every platform again to call us: the public address may be new, or somebody may have taken the webhook away.
pub async fn renew_webhooks(app: &App) -> Result<()> {
    accounts::subscribe_webhook::subscribe_all(app).await
}
