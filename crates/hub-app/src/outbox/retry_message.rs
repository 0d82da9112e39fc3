//! Sends a message anew that failed, or one whose fate nobody knows if a person decides so. The row stays the same; what
//! becomes of it only the platform's answer says.

use super::check::window;
use super::send_message::{KEY_MAX_CHARS, TAG, wait};
use crate::inbox::messages::view;
use crate::inbox::{MessageView, seal};
use crate::{App, AppError, Caller, Result, jobs};
use chrono::TimeDelta;
use hub_domain::{AccountHealth, DeliveryStatus, EventBody, MessageId};
use hub_store::NewEvent;
use serde_json::Value;
use std::time::Duration;

/// A key of the client's is remembered for this long.
const KEY_KEPT: Duration = Duration::from_hours(24);

/// What to send anew.
#[derive(Clone, Debug)]
pub struct RetryMessage {
    /// Which message.
    pub message_id: MessageId,
    /// Also when nobody knows whether it arrived: it may arrive twice then.
    pub force: bool,
    /// The client's own key: the same key tries once.
    pub idempotency_key: Option<String>,
}

/// Tries anew and answers as sending does. One that is on its way already, or with a key that was used, is only waited for.
pub async fn retry_message(app: &App, caller: &Caller, input: RetryMessage) -> Result<MessageView> {
    let id = input.message_id;
    let session = app.store().read();
    let stored = session.messages().find(caller.user_id, id).await?.ok_or(AppError::NotFound("Message"))?;
    let found = session.conversations().find(caller.user_id, stored.conversation_id).await?;
    let conversation = found.ok_or(AppError::NotFound("Message"))?;
    let account = session.accounts().find(caller.user_id, conversation.account_id).await?;
    let account = account.ok_or(AppError::NotFound("Message"))?;
    let message = seal::open(app.sealer(), stored.clone());
    let from = match message.status {
        Some(DeliveryStatus::Queued | DeliveryStatus::Sending) => {
            return wait(app, caller, &account, view(app, caller.user_id, stored), app.outcomes().wait_for(id)).await;
        }
        Some(DeliveryStatus::Failed) => DeliveryStatus::Failed,
        Some(DeliveryStatus::Unconfirmed) if input.force => DeliveryStatus::Unconfirmed,
        Some(DeliveryStatus::Unconfirmed) => {
            let words =
                "This message may have arrived. It is sent again only with \"force\", and may arrive twice then.";
            return Err(AppError::Invalid(words.to_owned()));
        }
        Some(DeliveryStatus::Sent | DeliveryStatus::Delivered | DeliveryStatus::Read) | None => {
            return Err(AppError::Invalid("Only a message that failed can be sent again.".to_owned()));
        }
    };
    if message.deleted_at.is_some() {
        return Err(AppError::Invalid("This message was taken back.".to_owned()));
    }
    if !account.is_active {
        return Err(AppError::AccountInactive);
    }
    if account.health == AccountHealth::NeedsReauth {
        return Err(AppError::AccountNeedsReauth);
    }
    let acted = session.conversations().customer_at(conversation.id).await?;
    let extra = &message.content.details.extra;
    let tag = extra.get(TAG).and_then(Value::as_str);
    window(app.handle_of(&account)?.card(), acted, app.now(), tag, extra.contains_key("template"))?;

    let now = app.now();
    let waiting = app.outcomes().wait_for(id);
    let tx = app.store().begin().await?;
    if let Some(key) = &input.idempotency_key {
        if key.is_empty() || key.chars().count() > KEY_MAX_CHARS {
            return Err(AppError::Invalid(format!("Idempotency-Key must have 1 to {KEY_MAX_CHARS} characters")));
        }
        let until = now + TimeDelta::from_std(KEY_KEPT).unwrap_or_default();
        if !tx.used_proofs().insert(&proof(id, key), until).await? {
            drop(tx);
            return Ok(view(app, caller.user_id, reread(app, caller, id).await?));
        }
    }
    let mut events = Vec::new();
    // One of several at the same moment; the others wait for the same outcome.
    if tx.messages().set_status(id, &[from], DeliveryStatus::Queued, None, now).await? {
        tx.jobs().enqueue_many(&[jobs::deliver_message(account.id, conversation.id, id, now, now)]).await?;
        let body = EventBody::StatusChanged { message_id: id, conversation_id: conversation.id };
        events.push(NewEvent { user_id: caller.user_id, at: now, body });
    }
    let accepted = tx.messages().find(caller.user_id, id).await?.ok_or(AppError::NotFound("Message"))?;
    app.commit(tx, events).await?;
    app.bus().wake_workers();
    wait(app, caller, &account, view(app, caller.user_id, accepted), waiting).await
}

/// A client's key of any length, as one that was used.
fn proof(id: MessageId, key: &str) -> String {
    let named = format!("retry:{id}:{key}");
    hex::encode(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, named.as_bytes()))
}

async fn reread(app: &App, caller: &Caller, id: MessageId) -> Result<hub_store::StoredMessage> {
    let stored = app.store().read().messages().find(caller.user_id, id).await?;
    stored.ok_or(AppError::NotFound("Message"))
}
