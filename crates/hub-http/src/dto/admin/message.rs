//! Messages of everybody.

use hub_app::admin::messages::MessageFile;
use hub_domain::{Attachment, Direction, time};
use serde::Serialize;
use utoipa::ToSchema;

/// A message and whose it is.
#[derive(Serialize, ToSchema)]
#[schema(as = AdminMessage)]
pub(crate) struct AdminMessageDto {
    id: String,
    conversation_id: String,
    user_id: String,
    user_email: String,
    account_id: String,
    platform: String,
    participant_name: Option<String>,
    platform_message_id: String,
    sender_id: String,
    sender_name: Option<String>,
    is_outgoing: bool,
    is_read: bool,
    /// The finer type, such as `audio`, `sticker` or `location`.
    kind: &'static str,
    /// How far an outgoing message has got: `queued`, `sending`, `sent`, `delivered`, `read`, `failed`, `unconfirmed`.
    status: Option<&'static str>,
    /// Why it failed, in words for a person.
    failure: Option<String>,
    /// What it says. Null in lists: only who opens one message, or looks for words, is shown words.
    content: Option<String>,
    /// A stand-in for content without words, such as `[Photo]`.
    summary: Option<String>,
    attachments: Vec<AdminAttachmentDto>,
    sent_at: String,
    delivered_at: Option<String>,
    edited_at: Option<String>,
    deleted_at: Option<String>,
    created_at: String,
    /// True when it was missed when it was said, and found by reading back.
    recovered: bool,
}

/// A file of a message; its bytes are its owner's.
#[derive(Serialize, ToSchema)]
#[schema(as = AdminAttachment)]
pub(crate) struct AdminAttachmentDto {
    id: String,
    kind: &'static str,
    mime_type: Option<String>,
    filename: Option<String>,
    /// Bytes.
    size: Option<i64>,
    state: &'static str,
}

impl AdminMessageDto {
    /// With what it says, and the names of its files.
    pub(crate) fn open(file: &MessageFile) -> Self {
        let content = &file.message.content;
        Self {
            content: Some(content.text.clone().unwrap_or_default()),
            summary: content.summary(),
            attachments: content.attachments.iter().map(AdminAttachmentDto::from).collect(),
            ..Self::closed(file)
        }
    }

    /// Without.
    pub(crate) fn closed(file: &MessageFile) -> Self {
        let MessageFile { message, conversation, user_id, owner } = file;
        Self {
            id: message.id.to_string(),
            conversation_id: message.conversation_id.to_string(),
            user_id: user_id.to_string(),
            user_email: owner.clone(),
            account_id: conversation.account_id.to_string(),
            platform: conversation.platform_name.clone(),
            participant_name: conversation.participant_name.clone(),
            platform_message_id: message.remote_id.to_string(),
            sender_id: message.sender_id.to_string(),
            sender_name: message.sender_name.clone(),
            is_outgoing: message.direction == Direction::Outgoing,
            is_read: message.is_read,
            kind: message.content.kind.as_str(),
            status: message.status.map(hub_domain::DeliveryStatus::as_str),
            failure: message.failure.clone(),
            content: None,
            summary: None,
            attachments: Vec::new(),
            sent_at: time::to_contract(message.sent_at),
            delivered_at: message.delivered_at.map(time::to_contract),
            edited_at: message.edited_at.map(time::to_contract),
            deleted_at: message.deleted_at.map(time::to_contract),
            created_at: time::to_contract(message.created_at),
            recovered: message.recovered,
        }
    }
}

impl From<&Attachment> for AdminAttachmentDto {
    fn from(file: &Attachment) -> Self {
        Self {
            id: file.id.to_string(),
            kind: file.kind.as_str(),
            mime_type: file.mime_type.clone(),
            filename: file.file_name.clone(),
            size: file.size,
            state: file.state.as_str(),
        }
    }
}
