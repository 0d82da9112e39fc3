//! Conversations, and what happens in them besides messages.

use hub_app::Notice;
use hub_domain::{Conversation, time};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// A conversation.
#[derive(Serialize, ToSchema)]
#[schema(as = Conversation)]
pub(crate) struct ConversationDto {
    id: String,
    account_id: String,
    /// Published name of the account's platform.
    platform: String,
    /// The account's name at its platform.
    platform_username: Option<String>,
    /// False when the account was disconnected.
    account_active: bool,
    platform_conversation_id: String,
    participant_name: Option<String>,
    participant_id: Option<String>,
    participant_avatar_url: Option<String>,
    last_message_at: Option<String>,
    unread_count: i32,
    has_unread: bool,
    created_at: String,
    updated_at: String,
}

impl From<&Conversation> for ConversationDto {
    fn from(conversation: &Conversation) -> Self {
        Self {
            id: conversation.id.to_string(),
            account_id: conversation.account_id.to_string(),
            platform: conversation.platform_name.clone(),
            platform_username: conversation.account_username.clone(),
            account_active: conversation.account_active,
            platform_conversation_id: conversation.remote_id.to_string(),
            participant_name: conversation.participant_name.clone(),
            participant_id: conversation.participant_id.as_ref().map(ToString::to_string),
            participant_avatar_url: conversation.participant_avatar_url.clone(),
            last_message_at: conversation.last_message_at.map(time::to_contract),
            unread_count: conversation.unread_count,
            has_unread: conversation.unread_count > 0,
            created_at: time::to_contract(conversation.created_at),
            updated_at: time::to_contract(conversation.updated_at),
        }
    }
}

/// Something that happened in a conversation and is not a message, such as somebody joining.
#[derive(Serialize, ToSchema)]
#[schema(as = Notice)]
pub(crate) struct NoticeDto {
    id: String,
    conversation_id: Option<String>,
    /// Its name, such as `member_joined`.
    kind: String,
    actor_id: Option<String>,
    /// Further members, by kind.
    #[schema(value_type = Object)]
    data: Value,
    at: String,
}

impl From<&Notice> for NoticeDto {
    fn from(notice: &Notice) -> Self {
        Self {
            id: notice.id.to_string(),
            conversation_id: notice.conversation_id.map(|id| id.to_string()),
            kind: notice.kind.clone(),
            actor_id: notice.actor.as_ref().map(ToString::to_string),
            data: serde_json::from_str(&notice.data).unwrap_or_default(),
            at: time::to_contract(notice.at),
        }
    }
}
