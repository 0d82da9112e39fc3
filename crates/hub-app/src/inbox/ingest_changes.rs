//! Applies everything that is not a new message: edits, deletions, reactions, statuses, notices, moves.

use super::ingest::{Effects, appeared, new_message, own_files, remote_key, sender_name};
use super::{early, echo, seal};
use crate::clock::new_id;
use crate::outbox::reports;
use crate::{App, jobs};
use hub_domain::inbound::{ConversationRef, Inbound, InboundBody, InboundMessage, UpTo};
use hub_domain::{
    Account, ConversationId, Direction, EventBody, MessageId, ReceiptId, RemoteConversationId, RemoteMessageId,
    Timestamp, Verdict, text,
};
use hub_store::{Bump, MessageEdit, NewEvent, NewJob, NewNotice, Point, Report, StoreError, Tx, UpsertConversation};

/// One event for one account, and the delivery that brought it.
pub(crate) struct Change<'a> {
    pub(crate) account: &'a Account,
    pub(crate) event: &'a Inbound,
    pub(crate) receipt: ReceiptId,
}

/// Applies one event for one account; says what became of it.
pub(crate) async fn apply(
    app: &App,
    tx: &Tx,
    change: &Change<'_>,
    now: Timestamp,
    effects: &mut Effects,
) -> Result<Verdict, StoreError> {
    let Change { account, event, receipt } = *change;
    let mut say = |body: EventBody| effects.events.push(NewEvent { user_id: account.user_id, at: now, body });
    let news = match &event.body {
        InboundBody::Message(_) | InboundBody::Ignored { .. } => return Ok(Verdict::Ignored),
        InboundBody::Edited(message) => return edited(app, tx, account, message, now, effects).await,
        InboundBody::Restored { message, at } => {
            let known = find(app, tx, account, Some(&message.conversation.id), &message.id).await?;
            let mut news = false;
            if let Some((conversation_id, message_id)) = known
                && tx.messages().restore(message_id, *at).await?
            {
                say(EventBody::MessageUpdated { message_id, conversation_id });
                news = true;
            }
            if known.is_none() || message.edited_at.is_some() {
                let verdict = edited(app, tx, account, message, now, effects).await?;
                return Ok(if news { Verdict::Applied } else { verdict });
            }
            news
        }
        InboundBody::Deleted { conversation, messages, at } => {
            let mut all = Verdict::Ignored;
            for message in messages {
                let verdict = match find(app, tx, account, Some(conversation), message).await? {
                    Some((conversation_id, message_id)) => {
                        if tx.messages().delete(message_id, at.unwrap_or(now)).await? {
                            say(EventBody::MessageUpdated { message_id, conversation_id });
                            Verdict::Applied
                        } else {
                            Verdict::Known
                        }
                    }
                    None => early::note(tx, account.id, message, receipt, now).await?,
                };
                all = all.or_for_another(verdict);
            }
            return Ok(all);
        }
        InboundBody::DeletedSomewhere { messages, at } => {
            let Ok(handle) = app.handle_of(account) else { return Ok(Verdict::Ignored) };
            let mut all = Verdict::Ignored;
            for message in messages {
                // One that is not known was said before anybody listened: there is nothing to wait for.
                for (conversation, conversation_id, message_id) in
                    tx.messages().all_in_account(account.id, message).await?
                {
                    if handle.counts_apart(&conversation) {
                        continue;
                    }
                    let verdict = if tx.messages().delete(message_id, at.unwrap_or(now)).await? {
                        say(EventBody::MessageUpdated { message_id, conversation_id });
                        Verdict::Applied
                    } else {
                        Verdict::Known
                    };
                    all = all.or_for_another(verdict);
                }
            }
            return Ok(all);
        }
        InboundBody::Reacted { conversation, message, actor, added, removed, replaces, at } => {
            let Some((conversation_id, message_id)) = find(app, tx, account, Some(conversation), message).await? else {
                return early::note(tx, account.id, message, receipt, now).await;
            };
            if *replaces && tx.messages().reacted_after(message_id, actor, *at).await? {
                return Ok(Verdict::Known);
            }
            let mut changed = *replaces && tx.messages().clear_reactions(message_id, actor, added, *at).await?;
            for (emoji, standing) in removed.iter().map(|e| (e, false)).chain(added.iter().map(|e| (e, true))) {
                changed |= tx.messages().react(message_id, actor, emoji, standing, *at).await?;
            }
            if changed {
                say(EventBody::MessageUpdated { message_id, conversation_id });
            }
            if actor.as_str() != account.remote_id.as_str() {
                acted(tx, conversation_id, *at, now).await?;
            }
            changed
        }
        InboundBody::Reactions { conversation, message, standing, at } => {
            let Some((conversation_id, message_id)) = find(app, tx, account, Some(conversation), message).await? else {
                return early::note(tx, account.id, message, receipt, now).await;
            };
            let changed = tx.messages().set_reactions(message_id, standing, *at).await?;
            if changed {
                say(EventBody::MessageUpdated { message_id, conversation_id });
            }
            changed
        }
        InboundBody::ReadElsewhere { conversation, up_to, at: _ } => {
            let Some(found) = tx.conversations().by_remote_any(account.id, conversation).await? else {
                return Ok(Verdict::Ignored);
            };
            let read = if let UpTo::Number(number) = up_to {
                tx.conversations().read_to_number(found.id, *number, now).await?
            } else {
                let Some(point) = point(tx, found.id, up_to).await? else {
                    return early::note_point(tx, account.id, up_to, receipt, now).await;
                };
                tx.conversations().read_up_to(found.id, point, now).await?
            };
            if read {
                say(EventBody::ConversationUpdated { conversation_id: found.id });
            }
            read
        }
        InboundBody::Status { conversation, message, client_key, status, reason, at } => {
            let own = match client_key.as_deref().and_then(echo::own_key) {
                Some((id, part)) => tx.messages().place(id).await?.map(|place| (id, part, place)),
                None => None,
            };
            // Whatever the news is, the platform has it: a failure as well is one of what was taken.
            let mut evident = false;
            if let Some((id, part, (owner, conversation_id))) = own
                && owner == account.id
            {
                evident = true;
                let evidence = echo::Evidence { part, remote: message, sent_at: None, sequence: None };
                echo::settle(app, tx, account, (id, conversation_id), &evidence, now, effects).await?;
            }
            let Some((conversation_id, message_id)) = find(app, tx, account, conversation.as_ref(), message).await?
            else {
                return early::note(tx, account.id, message, receipt, now).await;
            };
            let from = reports::replaceable_by(*status);
            let moved = tx.messages().set_status(message_id, &from, *status, reason.as_deref(), *at).await?;
            if moved {
                let body = EventBody::StatusChanged { message_id, conversation_id };
                effects.events.push(NewEvent { user_id: account.user_id, at: now, body });
            }
            moved || evident
        }
        InboundBody::StatusUpTo { conversation, up_to, status, at } => {
            let found = tx.conversations().by_remote_any(account.id, conversation).await?;
            let known = match found {
                Some(found) => point(tx, found.id, up_to).await?.map(|up_to| (found, up_to)),
                None => None,
            };
            let Some((found, up_to)) = known else {
                // The message it names, or the one that opens the conversation, may be under way.
                return early::note_point(tx, account.id, up_to, receipt, now).await;
            };
            let report = Report { status: *status, up_to, at: *at };
            // It is kept for messages whose time comes to light later, so it did something even if none changed now.
            for message_id in reports::apply(tx, found.id, report).await? {
                say(EventBody::StatusChanged { message_id, conversation_id: found.id });
            }
            true
        }
        InboundBody::Reidentified { from, to, at } => {
            if !to.iter().all(RemoteConversationId::fits) {
                return Ok(Verdict::Ignored);
            }
            let known = tx.conversations().reidentify(account.id, from, to, *at).await?;
            if let Some(conversation_id) = known {
                say(EventBody::ConversationUpdated { conversation_id });
            }
            known.is_some()
        }
        InboundBody::Contact { conversation } => {
            let Some(found) = tx.conversations().by_remote_any(account.id, &conversation.id).await? else {
                return Ok(Verdict::Ignored);
            };
            rename(tx, account, conversation, now).await?;
            say(EventBody::ConversationUpdated { conversation_id: found.id });
            true
        }
        InboundBody::Notice { conversation, kind, actor, data, opens_window, at } => {
            let conversation_id =
                tx.conversations().by_remote_any(account.id, &conversation.id).await?.map(|found| found.id);
            let mut data = data.clone();
            if let Some(members) = data.as_object_mut() {
                members.insert("conversation".to_owned(), conversation.id.as_str().into());
            }
            let notice = NewNotice {
                id: new_id(),
                account_id: account.id,
                conversation_id,
                event_key: event.event_key.clone(),
                kind: kind.clone(),
                actor: actor.clone(),
                data: data.to_string(),
                at: at.unwrap_or(now),
            };
            let new = tx.notices().insert(&notice).await?;
            if new {
                if let Some(conversation_id) = conversation_id {
                    say(EventBody::Notice { conversation_id, notice: notice.id });
                    if *opens_window {
                        acted(tx, conversation_id, notice.at, now).await?;
                    }
                    rename(tx, account, conversation, now).await?;
                }
                effects.jobs.extend(answer(app, account, &notice, now));
            }
            new
        }
        InboundBody::Moved { from, to, at } => {
            let known = tx.conversations().move_remote(account.id, from, to, *at).await?;
            if let Some(conversation_id) = known {
                say(EventBody::ConversationUpdated { conversation_id });
            }
            known.is_some()
        }
        InboundBody::AccountNotice { kind, data, at } => {
            let notice = NewNotice {
                id: new_id(),
                account_id: account.id,
                conversation_id: None,
                event_key: event.event_key.clone(),
                kind: kind.clone(),
                actor: None,
                data: data.to_string(),
                at: at.unwrap_or(now),
            };
            let new = tx.notices().insert(&notice).await?;
            if new {
                say(EventBody::AccountChanged { account_id: account.id });
                effects.jobs.extend(answer(app, account, &notice, now));
            }
            new
        }
    };
    Ok(if news { Verdict::Applied } else { Verdict::Known })
}

/// A message by its ids at the platform. Where those of messages are unique, the conversation only helps to find it.
async fn find(
    app: &App,
    tx: &Tx,
    account: &Account,
    conversation: Option<&RemoteConversationId>,
    message: &RemoteMessageId,
) -> Result<Option<(ConversationId, MessageId)>, StoreError> {
    if let Some(conversation) = conversation
        && let Some(found) = tx.conversations().by_remote_any(account.id, conversation).await?
    {
        let key = remote_key(found, conversation, message);
        if let Some(id) = tx.messages().id_of(found.id, &key).await? {
            return Ok(Some((found.id, id)));
        }
    }
    if app.handle_of(account).is_ok_and(|handle| handle.card().unique_message_ids) {
        return tx.messages().in_account(account.id, message).await;
    }
    Ok(None)
}

/// A point of a conversation; `None` when its message is not known yet.
async fn point(tx: &Tx, conversation: ConversationId, up_to: &UpTo) -> Result<Option<Point>, StoreError> {
    match up_to {
        UpTo::Time(time) => Ok(Some(Point::from(*time))),
        UpTo::Number(number) => tx.messages().point_of(conversation, *number).await,
        UpTo::Message(message) => match tx.messages().id_of(conversation, message).await? {
            Some(id) => tx.messages().point(id).await,
            None => Ok(None),
        },
    }
}

/// The other person did something: the account may write again.
async fn acted(tx: &Tx, id: ConversationId, at: Timestamp, now: Timestamp) -> Result<(), StoreError> {
    let bump = Bump { id, unread: 0, last_message_at: None, customer_at: Some(at) };
    tx.conversations().bump_many(&[bump], now).await
}

/// The job that answers a notice, where the platform wants an answer.
fn answer(app: &App, account: &Account, notice: &NewNotice, now: Timestamp) -> Option<NewJob> {
    let wanted = app.handle_of(account).is_ok_and(|handle| handle.card().acknowledges.contains(&notice.kind.as_str()));
    wanted.then(|| jobs::acknowledge(account.id, notice.id, now))
}

/// A notice may carry the conversation's new name.
async fn rename(tx: &Tx, account: &Account, known: &ConversationRef, now: Timestamp) -> Result<(), StoreError> {
    if known.name.is_some() {
        tx.conversations().upsert_many(&[upsert(account, known, now)]).await?;
    }
    Ok(())
}

fn upsert(account: &Account, known: &ConversationRef, now: Timestamp) -> UpsertConversation {
    UpsertConversation {
        id: new_id(),
        account_id: account.id,
        remote_id: known.id.clone(),
        aliases: known.aliases.iter().filter(|id| id.fits()).cloned().collect(),
        name: known.name.as_deref().map(text::fit_name),
        handle: known.handle.as_deref().map(text::fit_name),
        participant_id: known.participant_id.clone(),
        avatar_url: known.avatar_url.clone(),
        address: known.address.as_ref().map(ToString::to_string),
        at: now,
    }
}

/// An edit carries the whole new state; one whose original was never seen becomes the message.
async fn edited(
    app: &App,
    tx: &Tx,
    account: &Account,
    message: &InboundMessage,
    now: Timestamp,
    effects: &mut Effects,
) -> Result<Verdict, StoreError> {
    if !(message.conversation.id.fits() && message.id.fits() && message.sender.id.fits()) {
        return Err(StoreError::Invalid("an id of the platform is empty or longer than 255 characters".to_owned()));
    }
    let (conversation_id, message_id, files, body) = if let Some((conversation_id, message_id)) =
        find(app, tx, account, Some(&message.conversation.id), &message.id).await?
    {
        let sealed = seal::seal(app.sealer(), message_id, &message.content);
        let edit = MessageEdit {
            id: message_id,
            content: sealed.content,
            content_seal: sealed.content_seal,
            details: sealed.details,
            kind: message.content.kind,
            has_text: message.content.text.is_some(),
            media_ref: seal::media_ref(&message.content.attachments),
            attachments: own_files(&message.content.attachments),
            edited_at: message.edited_at.unwrap_or(now),
        };
        if !tx.messages().edit(&edit).await? {
            return Ok(Verdict::Known);
        }
        (conversation_id, message_id, edit.attachments, EventBody::MessageUpdated { message_id, conversation_id })
    } else {
        let keys = tx.conversations().upsert_many(&[upsert(account, &message.conversation, now)]).await?;
        let Some(key) = keys.first() else {
            return Err(StoreError::Corrupt("a conversation vanished between two statements".to_owned()));
        };
        let conversation = key.found;
        let name = sender_name(app, account, message, &key.other);
        let row = new_message(app, conversation, message, name, now);
        if tx.messages().insert_many(std::slice::from_ref(&row)).await?.is_empty() {
            return Ok(Verdict::Known);
        }
        let incoming = row.direction == Direction::Incoming;
        let bump = Bump {
            id: conversation.id,
            unread: i32::from(incoming && !row.is_read),
            last_message_at: Some(row.sent_at),
            customer_at: (incoming && !message.history).then_some(row.sent_at),
        };
        tx.conversations().bump_many(&[bump], now).await?;
        effects.jobs.extend(early::recall(tx, &[(account.id, &row.remote_id)], now).await?);
        let body = appeared(&row, message.history);
        (conversation.id, row.id, row.attachments, body)
    };
    tracing::debug!(%conversation_id, %message_id, "edit applied");
    effects.events.push(NewEvent { user_id: account.user_id, at: now, body });
    effects
        .jobs
        .extend(files.iter().filter(|a| seal::is_copied(a)).map(|a| jobs::fetch_attachment(account.id, a.id, now)));
    Ok(Verdict::Applied)
}
