//! Finds out that the hub was away, has what was missed read back, and names what cannot be.

use super::witness::{self, reading_from};
use super::{is_pushed, is_readable, probe, wants_reading};
use crate::clock::new_id;
use crate::{App, Result, jobs};
use chrono::{SubsecRound, TimeDelta};
use hub_domain::{Account, AccountHealth, AccountId, ChannelState, EventBody, Evidence, EvidenceKind, Hole, Timestamp};
use hub_platform_kit::Grant;
use hub_store::{Channel, NewEvent, Tx};
use std::time::Duration;

/// Accounts looked at in one transaction.
const ACCOUNTS_PER_PAGE: u32 = 200;
/// So many signs of life must be missing before the hub counts as having been away.
const MISSING_SIGNS: u32 = 3;
/// It was never away for less than this: a busy machine is late now and then.
const SHORTEST_ABSENCE: Duration = Duration::from_secs(5);
/// Reading back that never came to its end is given up after this long.
pub(super) const CATCH_UP_LIMIT: TimeDelta = TimeDelta::minutes(30);

/// The hub's own sign of life. When the ones before are missing it was away, and everything missed meanwhile is seen to, once
/// however many processes come back.
pub async fn beat(app: &App) -> Result<()> {
    let now = app.now();
    let tx = app.store().begin().await?;
    let before = tx.channels().beat(now).await?;
    app.commit(tx, Vec::new()).await?;
    let longer_than = |before: Timestamp, most: Duration| now - before > TimeDelta::from_std(most).unwrap_or_default();
    let tick = probe::tick(app);
    match before {
        Some(before) if longer_than(before, (tick * MISSING_SIGNS).max(SHORTEST_ABSENCE)) => {
            came_back(app, before, now).await
        }
        Some(before) if longer_than(before, tick + SHORTEST_ABSENCE) => look_for_missed(app).await,
        _ => Ok(()),
    }
}

/// A process starts. Whether the hub was away, its signs of life tell; for how short a time they cannot.
pub async fn started(app: &App) -> Result<()> {
    look_for_missed(app).await
}

/// Has read, without a word, what may have been missed in an absence too short to be noticed: where platforms repeat nothing.
async fn look_for_missed(app: &App) -> Result<()> {
    let repeats_nothing = |account: &&Account| {
        let keeps = app.handle_of(account).map(|handle| handle.card().intake.keeps);
        account.health == AccountHealth::Ok && keeps.is_ok_and(|keeps| keeps.is_zero())
    };
    let mut after = None;
    loop {
        let page = app.store().read().accounts().all_active(after, ACCOUNTS_PER_PAGE).await?;
        after = page.last().map(|account| account.id);
        let full = page.len() as u64 == u64::from(ACCOUNTS_PER_PAGE);
        let pushed = page.iter().filter(|account| is_pushed(app, account) && wants_reading(app, account));
        let work: Vec<_> = pushed.filter(repeats_nothing).map(|account| jobs::read_on(account.id, app.now())).collect();
        if !work.is_empty() {
            let tx = app.store().begin().await?;
            tx.jobs().enqueue_many(&work).await?;
            app.commit(tx, Vec::new()).await?;
            app.bus().wake_workers();
        }
        if !full {
            return Ok(());
        }
    }
}

/// The hub was away between the two.
async fn came_back(app: &App, from: Timestamp, until: Timestamp) -> Result<()> {
    tracing::info!(away_s = (until - from).num_seconds(), "the hub was away; what was missed is being read back");
    let mut after = None;
    loop {
        let page = app.store().read().accounts().all_active(after, ACCOUNTS_PER_PAGE).await?;
        after = page.last().map(|account| account.id);
        let full = page.len() as u64 == u64::from(ACCOUNTS_PER_PAGE);
        let tx = app.store().begin().await?;
        let mut events = Vec::new();
        for account in &page {
            events.extend(catch_up(app, &tx, account, from, until).await?);
        }
        app.commit(tx, events).await?;
        app.bus().wake_workers();
        if !full {
            return Ok(());
        }
    }
}

async fn catch_up(app: &App, tx: &Tx, account: &Account, from: Timestamp, until: Timestamp) -> Result<Vec<NewEvent>> {
    // What was linked while the hub was away missed nothing before.
    let from = from.max(account.created_at);
    if is_readable(app, account) {
        let words = "The hub was away; what was missed meanwhile is being read back.";
        let evidence = Evidence::new(EvidenceKind::ReadingBack, words, until);
        return Ok(reading_from(app, tx, account, &evidence, Some(from)).await?.events);
    }
    let keeps = app.handle_of(account).map(|handle| handle.card().intake.keeps).unwrap_or_default();
    let kept_from = until - TimeDelta::from_std(keeps).unwrap_or_default();
    if kept_from <= from {
        return Ok(Vec::new());
    }
    let why = match keeps.as_secs() / 3_600 {
        0 => "The hub was away, and the platform neither repeats what it could not deliver nor lets it be read back."
            .to_owned(),
        hours => format!("The hub was away for longer than the {hours} hours for which the platform keeps messages."),
    };
    let is_news = tx.channels().add_hole(new_id(), account.id, &Hole { from, until: kept_from, why }).await?;
    let body = EventBody::AccountChanged { account_id: account.id };
    Ok(is_news.then_some(NewEvent { user_id: account.user_id, at: until, body }).into_iter().collect())
}

/// Everything there was to read was read. `began` is when this reading began: one from before says nothing.
pub(crate) async fn all_read(app: &App, channel: &Channel, began: Timestamp) -> Result<()> {
    if channel.standing.state != ChannelState::CatchingUp {
        return Ok(());
    }
    let Some(account) = app.store().read().accounts().get(channel.account).await? else { return Ok(()) };
    let standing = &channel.standing;
    let found = app.store().read().channels().recovered_since(account.id, standing.since).await?;
    let evidence = match (standing.evidence.kind, found) {
        (EvidenceKind::CheckingSilence, 0) => {
            let words = "It was unusually silent, and reading showed that there was nothing to be told.";
            Evidence::new(EvidenceKind::SilenceConfirmed, words, began)
        }
        (EvidenceKind::CheckingSilence, found) => {
            let words =
                format!("It was unusually silent; reading found {found} messages the platform never delivered.");
            Evidence::new(EvidenceKind::PushDead, words, began)
        }
        (_, found) => {
            let words = format!("Everything was read back; {found} missed messages were recovered.");
            Evidence::new(EvidenceKind::ReadBack, words, began)
        }
    };
    witness::witness(app, &account, evidence).await
}

/// Reading back failed for good: what was missed stays missing, and that is said.
pub(crate) async fn gave_up(app: &App, id: AccountId, why: &str) -> Result<()> {
    let session = app.store().read();
    let Some(account) = session.accounts().get(id).await? else { return Ok(()) };
    let Some(channel) = session.channels().get(id).await? else { return Ok(()) };
    let Some((from, until)) = witness::missed(&channel) else { return Ok(()) };
    let now = app.now();
    let tx = app.store().begin().await?;
    let hole = Hole { from, until, why: format!("It could not be read back: {why}") };
    tx.channels().add_hole(new_id(), id, &hole).await?;
    let evidence = Evidence::new(EvidenceKind::ReadBack, hole.why.as_str(), now);
    let followed = witness::apply(app, &tx, &account, &evidence).await?;
    app.commit(tx, followed.events).await
}

/// The channel of an account that has something to catch up with, if it has.
pub(crate) async fn catching_up(app: &App, account: &Account) -> Result<Option<Channel>> {
    if !matches!(account.state, ChannelState::CatchingUp | ChannelState::Suspect | ChannelState::TakenOver) {
        return Ok(None);
    }
    let channel = app.store().read().channels().get(account.id).await?;
    Ok(channel.filter(|channel| missed_by(channel).is_some()))
}

/// The time of which an account that catches up recovers messages. Many platforms tell times in whole seconds: what was said in the
/// first one was missed as well, or it would be known.
fn missed_by(channel: &Channel) -> Option<(Timestamp, Timestamp)> {
    let missed = witness::missed(channel).or_else(|| witness::unheard(channel));
    missed.map(|(from, until)| (from.trunc_subsecs(0), until))
}

/// What a reading with this grant catches up with: the account's channel, and where a line is held those of all who share it.
pub(crate) async fn behind(app: &App, account: &Account, grant: &Grant) -> Result<Vec<Channel>> {
    let mut found = Vec::from_iter(catching_up(app, account).await?);
    if wants_reading(app, account) {
        return Ok(found);
    }
    let handle = app.handle_of(account)?;
    let reader = handle.subscriber(grant).unwrap_or_else(|| account.remote_id.clone());
    for other in app.store().read().accounts().active_by_remote(handle.card().published_name, &[reader]).await? {
        let shares = app.handle_of(&other).is_ok_and(|theirs| theirs.card().id == handle.card().id);
        if other.id != account.id && shares {
            found.extend(catching_up(app, &other).await?);
        }
    }
    Ok(found)
}

/// The time of which such a reading recovers messages: from where the first of them is behind to where the last is.
pub(crate) fn missed(behind: &[Channel]) -> Option<(Timestamp, Timestamp)> {
    let times = behind.iter().filter_map(missed_by);
    times.reduce(|(from, until), (other_from, other_until)| (from.min(other_from), until.max(other_until)))
}
