//! Applies everything that is not a new message: edits, deletions, reactions, statuses, notices, moves.

use super::ingest::{Effects, new_message, own_files, remote_key};
use super::seal;
use crate::clock::new_id;
use crate::{App, jobs};
use hub_domain::inbound::{ConversationRef, Inbound, InboundBody, InboundMessage};
use hub_domain::{
    Account, ConversationId, DeliveryStatus, Direction, EventBody, MessageId, RemoteConversationId, RemoteMessageId,
    Timestamp, text,
};
use hub_store::{Bump, MessageEdit, NewEvent, NewJob, NewNotice, StoreError, Tx, UpsertConversation};

/// Statuses that news of a platform may replace, per new status: the stored form of [`DeliveryStatus::advance`].
fn replaceable_by(news: DeliveryStatus) -> Vec<DeliveryStatus> {
    use DeliveryStatus::{Delivered, Failed, Queued, Read, Sending, Sent, Unconfirmed};
    [Queued, Sending, Sent, Delivered, Read, Failed, Unconfirmed]
        .into_iter()
        .filter(|old| *old != news && old.advance(news) == news)
        .collect()
}

/// Applies one event for one account.
pub(crate) async fn apply(
    app: &App,
    tx: &Tx,
    account: &Account,
    event: &Inbound,
    now: Timestamp,
    effects: &mut Effects,
) -> Result<(), StoreError> {
    let mut say = |body: EventBody| effects.events.push(NewEvent { user_id: account.user_id, at: now, body });
    match &event.body {
        InboundBody::Message(_) | InboundBody::Ignored { .. } | InboundBody::Status { conversation: None, .. } => {}
        InboundBody::Edited(message) => return edited(app, tx, account, message, now, effects).await,
        InboundBody::Deleted { conversation, messages, at } => {
            for message in messages {
                if let Some((conversation_id, message_id)) = find(tx, account, conversation, message).await?
                    && tx.messages().delete(message_id, at.unwrap_or(now)).await?
                {
                    say(EventBody::MessageUpdated { message_id, conversation_id });
                }
            }
        }
        InboundBody::Reacted { conversation, message, actor, added, removed, at } => {
            if let Some((conversation_id, message_id)) = find(tx, account, conversation, message).await? {
                let mut changed = false;
                for (emoji, standing) in removed.iter().map(|e| (e, false)).chain(added.iter().map(|e| (e, true))) {
                    changed |= tx.messages().react(message_id, actor, emoji, standing, *at).await?;
                }
                if changed {
                    say(EventBody::MessageUpdated { message_id, conversation_id });
                }
            }
        }
        InboundBody::Status { conversation: Some(conversation), message, status, reason, at } => {
            if let Some((conversation_id, message_id)) = find(tx, account, conversation, message).await?
                && tx
                    .messages()
                    .set_status(message_id, &replaceable_by(*status), *status, reason.as_deref(), *at)
                    .await?
            {
                say(EventBody::StatusChanged { message_id, conversation_id });
            }
        }
        InboundBody::Notice { conversation, kind, actor, data, at } => {
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
            if tx.notices().insert(&notice).await? {
                if let Some(conversation_id) = conversation_id {
                    say(EventBody::Notice { conversation_id, notice: notice.id });
                    rename(tx, account, conversation, now).await?;
                }
                effects.jobs.extend(answer(app, account, &notice, now));
            }
        }
        InboundBody::Moved { from, to, at } => {
            if let Some(conversation_id) = tx.conversations().move_remote(account.id, from, to, *at).await? {
                say(EventBody::ConversationUpdated { conversation_id });
            }
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
            if tx.notices().insert(&notice).await? {
                say(EventBody::AccountChanged { account_id: account.id });
                effects.jobs.extend(answer(app, account, &notice, now));
            }
        }
    }
    Ok(())
}

async fn find(
    tx: &Tx,
    account: &Account,
    conversation: &RemoteConversationId,
    message: &RemoteMessageId,
) -> Result<Option<(ConversationId, MessageId)>, StoreError> {
    let Some(found) = tx.conversations().by_remote_any(account.id, conversation).await? else { return Ok(None) };
    let message = remote_key(found, conversation, message);
    Ok(tx.messages().id_of(found.id, &message).await?.map(|id| (found.id, id)))
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
        name: known.name.as_deref().map(text::fit_name),
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
) -> Result<(), StoreError> {
    if !(message.conversation.id.fits() && message.id.fits() && message.sender.id.fits()) {
        return Err(StoreError::Invalid("an id of the platform is empty or longer than 255 characters".to_owned()));
    }
    let (conversation_id, message_id, files, body) =
        if let Some((conversation_id, message_id)) = find(tx, account, &message.conversation.id, &message.id).await? {
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
                return Ok(());
            }
            (conversation_id, message_id, edit.attachments, EventBody::MessageUpdated { message_id, conversation_id })
        } else {
            let keys = tx.conversations().upsert_many(&[upsert(account, &message.conversation, now)]).await?;
            let Some(key) = keys.first() else {
                return Err(StoreError::Corrupt("a conversation vanished between two statements".to_owned()));
            };
            let conversation = key.found;
            let row = new_message(app, conversation, message, now);
            if tx.messages().insert_many(std::slice::from_ref(&row)).await?.is_empty() {
                return Ok(());
            }
            let incoming = row.direction == Direction::Incoming;
            let bump = Bump { id: conversation.id, unread: i32::from(incoming), last_message_at: Some(row.sent_at) };
            tx.conversations().bump_many(&[bump], now).await?;
            let (message_id, conversation_id) = (row.id, conversation.id);
            let body = if incoming {
                EventBody::MessageReceived { message_id, conversation_id }
            } else {
                EventBody::MessageSent { message_id, conversation_id }
            };
            (conversation_id, message_id, row.attachments, body)
        };
    tracing::debug!(%conversation_id, %message_id, "edit applied");
    effects.events.push(NewEvent { user_id: account.user_id, at: now, body });
    effects.jobs.extend(files.iter().filter(|a| seal::is_copied(a)).map(|a| jobs::fetch_attachment(a.id, now)));
    Ok(())
}
