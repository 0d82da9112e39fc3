//! Marking as read: flags and counters change together; the platform is told where it wants to know.

use crate::{App, AppError, Caller, Result, jobs};
use hub_domain::{ConversationId, EventBody, MessageId};
use hub_store::NewEvent;

/// Marks one message as read. Doing it twice changes nothing more.
pub async fn mark_message_read(app: &App, caller: &Caller, id: MessageId) -> Result<()> {
    let now = app.now();
    let tx = app.store().begin().await?;
    let Some(marked) = tx.messages().mark_read(caller.user_id, id, now).await? else {
        return Err(AppError::NotFound("Message"));
    };
    let mut events = Vec::new();
    if marked.changed {
        let conversation_id = marked.conversation_id;
        let body = EventBody::MessageRead { message_id: id, conversation_id };
        events.push(NewEvent { user_id: caller.user_id, at: now, body });
        tx.jobs().enqueue_many(&[jobs::mark_read(conversation_id, id, now)]).await?;
    }
    app.commit(tx, events).await
}

/// Marks everything in a conversation as read.
pub async fn mark_conversation_read(app: &App, caller: &Caller, id: ConversationId) -> Result<()> {
    let now = app.now();
    let tx = app.store().begin().await?;
    let Some(read) = tx.conversations().mark_read(caller.user_id, id, now).await? else {
        return Err(AppError::ConversationForbidden);
    };
    let body = EventBody::ConversationUpdated { conversation_id: id };
    if let Some(newest) = read.first() {
        tx.jobs().enqueue_many(&[jobs::mark_read(id, *newest, now)]).await?;
    }
    app.commit(tx, vec![NewEvent { user_id: caller.user_id, at: now, body }]).await
}
