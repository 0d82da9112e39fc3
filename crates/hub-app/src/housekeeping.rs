//! What must be done from time to time so that nothing grows for ever and nothing is stuck.

use crate::{App, Result, accounts, jobs};
use chrono::TimeDelta;
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
    let rows = app.store().read().messages().many(&stuck).await?;
    let work: Vec<_> = rows.iter().map(|m| jobs::deliver_message(m.id, m.conversation_id, now)).collect();
    let tx = app.store().begin().await?;
    tx.jobs().enqueue_many(&work).await?;
    app.commit(tx, Vec::new()).await?;
    app.bus().wake_workers();
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

/// Renews grants that end soon.
pub async fn renew_grants(app: &App) -> Result<()> {
    accounts::grants::renew_due(app).await
}

/// Asks every platform again to call us: the public address may be new, or somebody may have taken the webhook away.
pub async fn renew_webhooks(app: &App) -> Result<()> {
    accounts::subscribe_webhook::subscribe_all(app).await
}
