//! What the account says comes back from the platform as an echo. An echo of a message that was sent from here meets its own
//! row: it is evidence, never a second message.

use super::early;
use super::ingest::Effects;
use super::seal;
use crate::{App, jobs, outbox};
use chrono::TimeDelta;
use hub_domain::inbound::InboundMessage;
use hub_domain::{
    Account, ConversationId, DeliveryStatus, Direction, EventBody, Message, MessageId, RemoteMessageId, Timestamp,
};
use hub_store::{NewEvent, StoreError, Tx};
use std::time::Duration;

/// A message whose fate nobody knows is recognised by its words for this long.
const RECOGNISED_FOR: Duration = Duration::from_hours(24);

/// How far a platform's clock may be from ours.
const SKEW: Duration = Duration::from_mins(2);
/// How long one message may be leaving, with all its parts.
const LONGEST_SEND: Duration = Duration::from_mins(10);

/// What an echo proves.
pub(crate) struct Evidence<'a> {
    /// Which part of the message the platform took.
    pub(crate) part: usize,
    /// Its id there.
    pub(crate) remote: &'a RemoteMessageId,
    /// When it was said, by the platform's clock.
    pub(crate) sent_at: Option<Timestamp>,
    /// Orders messages of one instant.
    pub(crate) sequence: Option<i64>,
}

/// The message and the part that a key of ours names (`<message id>:<part>`).
pub(crate) fn own_key(key: &str) -> Option<(MessageId, usize)> {
    let (id, part) = key.split_once(':')?;
    Some((MessageId(id.parse().ok()?), part.parse().ok()?))
}

/// True when the message is an echo of one that was sent from here; it is settled then.
pub(crate) async fn meet(
    app: &App,
    tx: &Tx,
    account: &Account,
    message: &InboundMessage,
    now: Timestamp,
    effects: &mut Effects,
) -> Result<bool, StoreError> {
    if message.direction != Direction::Outgoing {
        return Ok(false);
    }
    // What lies further back than anything that may be open needs no looking.
    if message.history && message.sent_at < now - delta(RECOGNISED_FOR) - delta(SKEW) {
        return Ok(false);
    }
    let Some((id, conversation, part)) = recognise(app, tx, account, message, now).await? else { return Ok(false) };
    let evidence = Evidence { part, remote: &message.id, sent_at: Some(message.sent_at), sequence: message.sequence };
    settle(app, tx, account, (id, conversation), &evidence, now, effects).await?;
    Ok(true)
}

/// By our own key, where the platform hands it back; else by what it says, among the messages whose fate is open.
async fn recognise(
    app: &App,
    tx: &Tx,
    account: &Account,
    message: &InboundMessage,
    now: Timestamp,
) -> Result<Option<(MessageId, ConversationId, usize)>, StoreError> {
    if let Some((id, part)) = message.client_key.as_deref().and_then(own_key) {
        let place = tx.messages().place(id).await?;
        return Ok(place.filter(|(owner, _)| *owner == account.id).map(|(_, conversation)| (id, conversation, part)));
    }
    if message.client_key.is_some() {
        return Ok(None);
    }
    let Ok(card) = app.handle_of(account).map(hub_platform_kit::PlatformHandle::card) else { return Ok(None) };
    let mut found = None;
    for id in std::iter::once(&message.conversation.id).chain(&message.conversation.aliases) {
        found = tx.conversations().by_remote_any(account.id, id).await?;
        if found.is_some() {
            break;
        }
    }
    let Some(conversation) = found else { return Ok(None) };
    // One that is known by its id needs no guessing.
    if tx.messages().id_of(conversation.id, &message.id).await?.is_some() {
        return Ok(None);
    }
    let open = tx.messages().undecided(conversation.id, now - delta(RECOGNISED_FOR)).await?;
    if open.is_empty() {
        return Ok(None);
    }
    let tried = tx.messages().tried(&open.iter().map(|stored| stored.id).collect::<Vec<_>>()).await?;
    let mut best: Option<(TimeDelta, (MessageId, ConversationId, usize))> = None;
    for stored in open {
        let open = seal::open(app.sealer(), stored);
        let left = tried.get(&open.id).copied().unwrap_or(open.created_at);
        let away = message.sent_at - left;
        // A list tells of everything that was ever said in these words; only what was said when this one left is this one.
        if message.history && !(-delta(SKEW)..=delta(SKEW + LONGEST_SEND)).contains(&away) {
            continue;
        }
        let taken = tx.messages().parts_taken(open.id).await?;
        let parts = outbox::parts::of_message(card, &open);
        let same = |part: &&outbox::parts::Part| {
            part.text.as_deref().unwrap_or_default() == message.content.text.as_deref().unwrap_or_default()
                && part.files.len() == message.content.attachments.len()
        };
        if let Some(part) = parts.iter().skip(taken).position(|part| same(&part)) {
            // Of two in the same words it is the one that left when this was said.
            let distance = away.abs();
            if best.is_none_or(|(least, _)| distance < least) {
                best = Some((distance, (open.id, conversation.id, taken + part)));
            }
        }
    }
    Ok(best.map(|(_, found)| found))
}

fn delta(duration: Duration) -> TimeDelta {
    TimeDelta::from_std(duration).unwrap_or_default()
}

/// Writes down that the platform took a part of a message of ours.
pub(crate) async fn settle(
    app: &App,
    tx: &Tx,
    account: &Account,
    (id, conversation_id): (MessageId, ConversationId),
    evidence: &Evidence<'_>,
    now: Timestamp,
    effects: &mut Effects,
) -> Result<(), StoreError> {
    let Some(stored) = tx.messages().many(&[id]).await?.into_iter().next() else { return Ok(()) };
    let message: Message = seal::open(app.sealer(), stored);
    let Ok(card) = app.handle_of(account).map(hub_platform_kit::PlatformHandle::card) else { return Ok(()) };
    let all = outbox::parts::of_message(card, &message).len();
    let before = tx.messages().parts_taken(id).await?;
    let news = tx.messages().add_part(id, (evidence.part, 0), evidence.remote).await?;
    let taken = tx.messages().parts_taken(id).await?;
    let whole = taken >= all;
    let mut changed = false;
    match message.status {
        // The worker that hands it over is not done; it will find the part written down.
        Some(DeliveryStatus::Sending) if !whole => {}
        // The part whose fate nobody knew was taken, and those after it never left: it goes on from there.
        Some(DeliveryStatus::Unconfirmed) if !whole && taken > before => {
            tx.messages().set_status(id, &[DeliveryStatus::Unconfirmed], DeliveryStatus::Queued, None, now).await?;
            effects.jobs.push(jobs::deliver_message(account.id, conversation_id, id, now, now));
            changed = true;
        }
        // What we gave up was taken all the same; what the platform itself gave up later stays so.
        Some(DeliveryStatus::Failed) if !(whole && news) => {}
        Some(
            DeliveryStatus::Queued | DeliveryStatus::Sending | DeliveryStatus::Unconfirmed | DeliveryStatus::Failed,
        ) if whole => {
            tx.messages().set_status(id, &[DeliveryStatus::Failed], DeliveryStatus::Queued, None, now).await?;
            let first = tx.messages().first_part(id).await?;
            let remote = first.as_ref().unwrap_or(evidence.remote);
            tx.messages()
                .mark_sent(id, remote, evidence.sequence, evidence.sent_at, card.taken_is_delivered, now)
                .await?;
            changed = true;
        }
        _ => {
            // Their clock orders the conversation, not ours.
            if let (0, Some(sent_at)) = (evidence.part, evidence.sent_at) {
                tx.messages().set_sent_at(id, sent_at).await?;
            }
        }
    }
    let reported = outbox::reports::catch_up(tx, conversation_id).await?;
    for message_id in changed.then_some(id).into_iter().chain(reported) {
        let body = EventBody::StatusChanged { message_id, conversation_id };
        effects.events.push(NewEvent { user_id: account.user_id, at: now, body });
    }
    effects.jobs.extend(early::recall(tx, &[(account.id, evidence.remote)], now).await?);
    Ok(())
}
