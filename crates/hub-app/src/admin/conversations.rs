//! Everybody's conversations: who talks with whom, and how much. What is said is under [`super::messages`].

use crate::{App, AppError, Result};
use hub_domain::ConversationId;
use hub_store::{FindConversations, OwnedConversation, Slice};

/// A part of the conversations, those with the newest message first.
pub async fn find_conversations(app: &App, query: &FindConversations) -> Result<Slice<OwnedConversation>> {
    Ok(app.store().read().admin().conversations(query).await?)
}

/// One of them, and how many messages are in it.
pub async fn open_conversation(app: &App, id: ConversationId) -> Result<(OwnedConversation, i64)> {
    let session = app.store().read();
    let found = session.admin().conversation(id).await?.ok_or(AppError::NotFound("Conversation"))?;
    Ok((found, session.admin().count_messages(id).await?))
}
