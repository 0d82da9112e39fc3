//! Writes down what evidence makes of a channel: the row, the history, the work that follows, and one word to the clients.

use super::{is_pushed, is_readable, wants_reading};
use crate::clock::new_id;
use crate::{App, Result, jobs};
use chrono::TimeDelta;
use hub_domain::channel::{may_change, next};
use hub_domain::{Account, ChannelState, EventBody, Evidence, EvidenceKind, Hole, Standing, Timestamp, time};
use hub_store::{Channel, NewEvent, NewJob, NewNotice, StoreError, Tx};
use serde_json::json;

/// The notice of every change, among those of the account.
pub(crate) const CHANGED: &str = "channel_state";
/// Trouble that lasted for less lost nothing: platforms repeat what they could not deliver for longer.
const HEAL_AFTER: TimeDelta = TimeDelta::minutes(1);

/// What a change leaves to be said and done after its commit.
#[derive(Debug, Default)]
pub(crate) struct Followed {
    /// To be told to clients: one word per change.
    pub(crate) events: Vec<NewEvent>,
    /// True once there is work.
    pub(crate) enqueued: bool,
}

/// Takes evidence in, in a transaction of its own. Costs nothing when it can change nothing.
pub(crate) async fn witness(app: &App, account: &Account, evidence: Evidence) -> Result<()> {
    if !may_change(account.state, evidence.kind) {
        return Ok(());
    }
    let tx = app.store().begin().await?;
    let followed = apply(app, &tx, account, &evidence).await?;
    app.commit(tx, followed.events).await?;
    if followed.enqueued {
        app.bus().wake_workers();
    }
    Ok(())
}

/// Takes evidence in as part of `tx`.
pub(crate) async fn apply(app: &App, tx: &Tx, account: &Account, evidence: &Evidence) -> Result<Followed, StoreError> {
    reading_from(app, tx, account, evidence, None).await
}

/// The same; reading back that begins with it begins at `from`.
pub(super) async fn reading_from(
    app: &App,
    tx: &Tx,
    account: &Account,
    evidence: &Evidence,
    from: Option<Timestamp>,
) -> Result<Followed, StoreError> {
    let now = app.now();
    let known = tx.channels().lock(account.id).await?;
    let current = known.as_ref().map(|channel| channel.standing.clone()).unwrap_or_default();
    let Some(mut standing) = next(&current, evidence, now) else {
        if known.is_none() {
            let first = Standing { since: now, evidence: evidence.clone(), ..Standing::default() };
            tx.channels().set(account.id, &first, None, now).await?;
        }
        return Ok(Followed::default());
    };
    let mut work: Vec<NewJob> = Vec::new();
    let mut missed_from = from;
    // What is not pushed is read all the time anyway, and the next reading misses nothing.
    if standing.state == ChannelState::Ok && is_pushed(app, account) && loses(&current, evidence, now) {
        let begun = known.as_ref().map_or(current.since, begun);
        if is_readable(app, account) {
            let words = "It works again; what was missed meanwhile is being read back.";
            standing.state = ChannelState::CatchingUp;
            standing.evidence = Evidence::new(EvidenceKind::ReadingBack, words, evidence.seen_at);
            missed_from = Some(begun);
        } else if let Some(why) = lost(app, account, &current) {
            let hole = Hole { from: begun, until: now, why };
            tx.channels().add_hole(new_id(), account.id, &hole).await?;
        }
    }
    if standing.state == ChannelState::CatchingUp && wants_reading(app, account) {
        work.push(jobs::read_on(account.id, now));
    }
    // Trouble in the middle of reading back does not forget from when on.
    if matches!(standing.state, ChannelState::Transient | ChannelState::Suspect | ChannelState::TakenOver) {
        missed_from = known.as_ref().and_then(|channel| channel.missed_from);
    }
    // Where nothing ever arrived a line may have been dead since the platform last answered.
    let never_heard = known.as_ref().filter(|channel| channel.last_event_at.is_none());
    if let Some(channel) = never_heard
        && matches!(standing.state, ChannelState::Suspect | ChannelState::TakenOver)
    {
        missed_from = missed_from.or(Some(channel.last_success_at.unwrap_or(current.since).max(current.since)));
    }
    // What somebody took was missed from then on, also once they have let go.
    if current.state == ChannelState::TakenOver && standing.state == ChannelState::Suspect {
        missed_from = Some(current.since);
    }
    if evidence.kind == EvidenceKind::PushDead {
        work.push(jobs::resubscribe(account.id, now));
    }
    tx.channels().set(account.id, &standing, missed_from, now).await?;
    tell_history(tx, account, &current, &standing, now).await?;
    if !work.is_empty() {
        tx.jobs().enqueue_many(&work).await?;
    }
    let body = EventBody::AccountChanged { account_id: account.id };
    let events = vec![NewEvent { user_id: account.user_id, at: now, body }];
    Ok(Followed { events, enqueued: !work.is_empty() })
}

/// From when on things may have been missed. A line that is dead was so before anybody noticed: it worked when something last
/// arrived, and nobody knows of the time after that.
fn begun(channel: &Channel) -> Timestamp {
    let standing = &channel.standing;
    let last =
        channel.last_event_at.filter(|_| matches!(standing.state, ChannelState::Suspect | ChannelState::TakenOver));
    channel.missed_from.unwrap_or_else(|| last.map_or(standing.since, |last| last.min(standing.since)))
}

/// Whether things may have been missed in the time before a channel was well again.
fn loses(before: &Standing, evidence: &Evidence, now: Timestamp) -> bool {
    use EvidenceKind::{Linked, NotSubscribed, PushDead, ReadBack, SilenceConfirmed, SubscriptionGone};
    match before.state {
        _ if matches!(evidence.kind, Linked | ReadBack | SilenceConfirmed) => false,
        ChannelState::TakenOver => true,
        ChannelState::Suspect => matches!(before.evidence.kind, PushDead | SubscriptionGone),
        ChannelState::Misconfigured => before.evidence.kind == NotSubscribed,
        ChannelState::Transient | ChannelState::NeedsReauth => now - before.since >= HEAL_AFTER,
        _ => false,
    }
}

/// Why what came meanwhile is lost, or may be, where nothing can be read back; `None` = the platform repeats it.
fn lost(app: &App, account: &Account, before: &Standing) -> Option<String> {
    let intake = app.handle_of(account).map(|handle| handle.card().intake).ok();
    match before.state {
        ChannelState::TakenOver => {
            Some("The platform called somebody else meanwhile, and it keeps nothing to be read back.".to_owned())
        }
        ChannelState::Suspect | ChannelState::Misconfigured => Some(match intake.filter(|intake| intake.queues) {
            Some(intake) => format!(
                "The platform had nobody to call meanwhile. It keeps what comes for {} hours and delivers it now, unless another \
                 program has fetched it.",
                intake.keeps.as_secs() / 3_600
            ),
            None => "There was no subscription meanwhile, and the platform keeps nothing to be read back.".to_owned(),
        }),
        _ => None,
    }
}

/// The history of states, for the account's owner and the log.
async fn tell_history(
    tx: &Tx,
    account: &Account,
    before: &Standing,
    after: &Standing,
    now: Timestamp,
) -> Result<(), StoreError> {
    let (from, to, evidence) = (before.state.as_str(), after.state.as_str(), &after.evidence);
    let kind = evidence.kind.as_str();
    tracing::info!(account = %account.id, platform = account.platform_name, from, to, kind, code = evidence.code, "a channel changed");
    let notice = NewNotice {
        id: new_id(),
        account_id: account.id,
        conversation_id: None,
        event_key: format!("{CHANGED}:{}", new_id::<uuid::Uuid>().simple()),
        kind: CHANGED.to_owned(),
        actor: None,
        data: json!({
            "from": from, "to": to, "action": after.state.action().as_str(),
            "evidence": {
                "kind": kind, "words": evidence.words, "code": evidence.code,
                "seen_at": time::to_contract(evidence.seen_at),
            },
        })
        .to_string(),
        at: now,
    };
    tx.notices().insert(&notice).await.map(|_| ())
}

/// The same while the line is known to be dead and is not well yet: whatever is read then was missed.
pub(crate) fn unheard(channel: &Channel) -> Option<(Timestamp, Timestamp)> {
    use EvidenceKind::{PushDead, SubscriptionGone, TakenOver};
    let dead = matches!(channel.standing.evidence.kind, PushDead | SubscriptionGone | TakenOver);
    dead.then(|| (begun(channel), Timestamp::MAX_UTC))
}

/// From when until when messages found by reading count as recovered.
pub(crate) fn missed(channel: &Channel) -> Option<(Timestamp, Timestamp)> {
    let catching_up = channel.standing.state == ChannelState::CatchingUp;
    channel.missed_from.filter(|_| catching_up).map(|from| (from, channel.standing.since))
}
