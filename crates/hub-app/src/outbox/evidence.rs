//! A message whose fate nobody knows: a platform that lists what the account said can tell. What it lists meets the message in
//! `inbox/echo.rs`.

use crate::{App, Result, jobs};
use chrono::TimeDelta;
use hub_domain::AccountId;
use hub_platform_kit::PlatformHandle;
use hub_platform_kit::card::Pull;
use std::time::Duration;

/// When it is looked: at once, and later for platforms whose lists lag behind, or that were in trouble.
const LOOKS: [Duration; 3] = [Duration::ZERO, Duration::from_secs(30), Duration::from_mins(5)];

/// Reads the account's conversations soon, where that can tell.
pub(super) async fn seek(app: &App, handle: &PlatformHandle, account: AccountId) -> Result<()> {
    match handle.card().intake.pull {
        Pull::Every(_) | Pull::Backfill => {}
        // Whoever holds a line hears of it there; the others list nothing.
        Pull::No | Pull::LongPollWithoutWebhook | Pull::Line => return Ok(()),
    }
    let now = app.now();
    let at = |after: Duration| now + TimeDelta::from_std(after).unwrap_or_default();
    let looks: Vec<_> = LOOKS.into_iter().map(|after| jobs::read_on(account, at(after))).collect();
    let tx = app.store().begin().await?;
    tx.jobs().enqueue_many(&looks).await?;
    app.commit(tx, Vec::new()).await
}
