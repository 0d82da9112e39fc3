//! Conversations of everybody.

use hub_app::OwnedConversation;
use hub_domain::time;
use serde::Serialize;
use utoipa::ToSchema;

/// A conversation and whose it is.
#[derive(Serialize, ToSchema)]
#[schema(as = AdminConversation)]
pub(crate) struct AdminConversationDto {
    id: String,
    user_id: String,
    user_email: String,
    account_id: String,
    platform: String,
    /// The account's name at its platform.
    platform_username: Option<String>,
    /// False when the account was disconnected.
    account_active: bool,
    platform_conversation_id: String,
    participant_name: Option<String>,
    participant_id: Option<String>,
    last_message_at: Option<String>,
    unread_count: i32,
    created_at: String,
    updated_at: String,
}

impl From<&OwnedConversation> for AdminConversationDto {
    fn from(owned: &OwnedConversation) -> Self {
        let conversation = &owned.conversation;
        Self {
            id: conversation.id.to_string(),
            user_id: owned.user_id.to_string(),
            user_email: owned.owner.clone(),
            account_id: conversation.account_id.to_string(),
            platform: conversation.platform_name.clone(),
            platform_username: conversation.account_username.clone(),
            account_active: conversation.account_active,
            platform_conversation_id: conversation.remote_id.to_string(),
            participant_name: conversation.participant_name.clone(),
            participant_id: conversation.participant_id.as_ref().map(ToString::to_string),
            last_message_at: conversation.last_message_at.map(time::to_contract),
            unread_count: conversation.unread_count,
            created_at: time::to_contract(conversation.created_at),
            updated_at: time::to_contract(conversation.updated_at),
        }
    }
}
