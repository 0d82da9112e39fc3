//! Asking platforms again and again, as often as the settings want and their budgets bear.

use super::backfill::backfill;
use crate::jobs::{self, Outcome};
use crate::{App, Result};
use hub_domain::{Account, AccountHealth, AccountId};
use hub_platform_kit::PlatformHandle;
use hub_platform_kit::card::Pull;
use hub_platform_kit::throttle::Spending;
use std::time::Duration;

/// Accounts looked at in one query.
const PAGE: u32 = 500;
/// So many times rarer while the platform calls: asking then only finds what a call lost.
const WHILE_CALLED: u32 = 10;
/// Pause after a failure that may pass.
const AFTER_FAILURE: Duration = Duration::from_mins(2);

/// The job of one account. It ends only when there is nobody to ask any more.
pub async fn regularly(app: &App, id: AccountId) -> Outcome {
    match backfill(app, id, false).await {
        Outcome::Done => {}
        Outcome::Again { after, why, .. } => {
            return Outcome::Again { after: after.or(Some(AFTER_FAILURE)), counts: false, why };
        }
        // A page that cannot be read today may be readable tomorrow; giving up would be silence.
        Outcome::Dead { why } => return Outcome::Again { after: Some(AFTER_FAILURE), counts: false, why },
    }
    match rest(app, id).await {
        Ok(Some(after)) => {
            Outcome::Again { after: Some(after), counts: false, why: "until the next reading".to_owned() }
        }
        Ok(None) => Outcome::Done,
        Err(error) => jobs::again(&error),
    }
}

/// Sees to it that every account that must be asked has its job.
pub async fn start_readings(app: &App) -> Result<()> {
    let mut after = None;
    loop {
        let page = app.store().read().accounts().all_active(after, PAGE).await?;
        after = page.last().map(|account| account.id);
        let full = page.len() as u64 == u64::from(PAGE);
        let asked = |account: &&Account| is_asked(account) && every(app, account).is_some();
        let work: Vec<_> = page.iter().filter(asked).map(|account| jobs::poll(account.id, app.now())).collect();
        if !work.is_empty() {
            let tx = app.store().begin().await?;
            tx.jobs().enqueue_many(&work).await?;
            app.commit(tx, Vec::new()).await?;
        }
        if !full {
            app.bus().wake_workers();
            return Ok(());
        }
    }
}

fn is_asked(account: &Account) -> bool {
    account.is_active && account.health == AccountHealth::Ok
}

/// How often an account's platform may be asked at most; `None` when it is not asked regularly.
fn every<'a>(app: &'a App, account: &Account) -> Option<(&'a PlatformHandle, Duration)> {
    let handle = app.handle_of(account).ok()?;
    match handle.card().intake.pull {
        Pull::Every(least) => Some((handle, least)),
        Pull::No | Pull::LongPollWithoutWebhook | Pull::Line | Pull::Backfill => None,
    }
}

/// Until the next reading; `None` when the account is not to be asked any more.
async fn rest(app: &App, id: AccountId) -> Result<Option<Duration>> {
    let session = app.store().read();
    let Some(account) = session.accounts().get(id).await?.filter(is_asked) else { return Ok(None) };
    let Some((handle, least)) = every(app, &account) else { return Ok(None) };
    let mut pause = app.settings().poll_interval.max(least);
    if app.settings().public_url.is_some() && session.subscriptions().is_active(id).await? {
        pause = pause.saturating_mul(WHILE_CALLED);
    }
    // What is left of the budget is spread over its window, so that there is always some left for what is urgent.
    for budget in handle.budgets(id).iter().filter(|budget| budget.spending == Spending::Pulls) {
        let spread = budget.window.per.checked_div(budget.left).unwrap_or(budget.whole_in);
        pause = pause.max(spread);
    }
    Ok(Some(pause))
}
