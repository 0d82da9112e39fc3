//! The list of conversations and its counters.

use crate::media::with_avatar;
use crate::{App, AppError, Caller, Result};
use hub_domain::{AccountId, Conversation, ConversationId, RemoteConversationId};
use hub_store::{ListConversations, Notice, Page};
use serde_json::Value;
use std::collections::{BTreeMap, HashMap};

/// The caller's conversations, newest first.
pub async fn list_conversations(app: &App, caller: &Caller, query: &ListConversations) -> Result<Page<Conversation>> {
    let page = app.store().read().conversations().list(caller.user_id, query).await?;
    let items = page.items.into_iter().map(|c| with_avatar(app, caller.user_id, c)).collect();
    Ok(Page { items, total: page.total })
}

/// One of the caller's conversations.
pub async fn find_conversation(app: &App, caller: &Caller, id: ConversationId) -> Result<Conversation> {
    let found = app.store().read().conversations().find(caller.user_id, id).await?;
    found.map(|c| with_avatar(app, caller.user_id, c)).ok_or(AppError::NotFound("Conversation"))
}

/// The conversation of one of the caller's accounts with this id at the platform.
pub async fn conversation_of(
    app: &App,
    caller: &Caller,
    account: AccountId,
    remote: &RemoteConversationId,
) -> Result<Conversation> {
    let located = app.store().read().conversations().by_remote_any(account, remote).await?;
    let Some(located) = located.filter(|_| !remote.as_str().is_empty()) else { return Err(AppError::NotFound("Chat")) };
    find_conversation(app, caller, located.id).await
}

/// What answers to these conversations must carry beside their ids, where their platform wants something.
pub async fn addresses(app: &App, of: &[Conversation]) -> Result<HashMap<ConversationId, Value>> {
    let ids: Vec<ConversationId> = of.iter().map(|conversation| conversation.id).collect();
    let found = app.store().read().conversations().addresses(&ids).await?;
    Ok(found.into_iter().filter_map(|(id, address)| Some((id, serde_json::from_str(&address).ok()?))).collect())
}

/// What happened in a conversation besides messages, newest first.
pub async fn notices(app: &App, caller: &Caller, id: ConversationId, limit: u32) -> Result<Vec<Notice>> {
    let session = app.store().read();
    if session.conversations().find(caller.user_id, id).await?.is_none() {
        return Err(AppError::NotFound("Conversation"));
    }
    Ok(session.notices().list(caller.user_id, id, limit).await?)
}

/// Unread messages over the caller's active accounts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UnreadCount {
    /// All of them.
    pub total: i64,
    /// Per connected platform, zeros included.
    pub by_platform: BTreeMap<String, i64>,
}

impl UnreadCount {
    pub(crate) fn from_rows(rows: Vec<(String, i64)>) -> Self {
        let by_platform: BTreeMap<String, i64> = rows.into_iter().collect();
        Self { total: by_platform.values().sum(), by_platform }
    }
}

/// Counts the caller's unread messages.
pub async fn unread_count(app: &App, caller: &Caller) -> Result<UnreadCount> {
    let rows = app.store().read().conversations().unread_by_platform(caller.user_id).await?;
    Ok(UnreadCount::from_rows(rows))
}
