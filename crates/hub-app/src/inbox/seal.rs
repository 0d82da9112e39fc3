//! Sealing and opening of what messages say: the words in the contract's column with a seal beside it, the structured
//! extras as one sealed value in a column of our own.

use crate::sealing::{Field, Opened, Sealer};
use hub_domain::{Attachment, AttachmentState, Content, ContentKind, Details, Message, MessageId};
use hub_store::StoredMessage;

/// Shown instead of words that no key opens.
pub(crate) const UNREADABLE: &str = "[unable to decrypt]";

/// Sealed words and extras of one message.
#[derive(Debug)]
pub(crate) struct SealedContent {
    pub(crate) content: String,
    pub(crate) content_seal: Option<String>,
    pub(crate) details: Option<String>,
}

/// The place of a message's words.
pub(crate) fn field(id: MessageId) -> Field<'static> {
    Field { table: "messages", column: "content", row: id.0 }
}

/// The place of a message's extras.
pub(crate) fn details_context(id: MessageId) -> String {
    format!("messages.details.{id}")
}

/// Seals what a message says under its id.
pub(crate) fn seal(sealer: &Sealer, id: MessageId, content: &Content) -> SealedContent {
    let sealed = sealer.seal_text(field(id), content.text.as_deref().unwrap_or_default());
    let details = (!content.details.is_empty())
        .then(|| serde_json::to_vec(&content.details).ok())
        .flatten()
        .map(|json| sealer.wrap(&details_context(id), &json));
    SealedContent { content: sealed.value, content_seal: sealed.seal, details }
}

/// Opens a stored message. A value no key opens becomes a fixed text, so that one bad row never hides a page.
pub(crate) fn open(sealer: &Sealer, stored: StoredMessage) -> Message {
    let text = match sealer.open_text(field(stored.id), &stored.content, stored.content_seal.as_deref()) {
        Opened::Text(text) | Opened::Legacy(text) | Opened::Clear(text) => text,
        Opened::Broken => UNREADABLE.to_owned(),
    };
    let details: Details = stored
        .details
        .as_deref()
        .and_then(|sealed| sealer.unwrap(&details_context(stored.id), sealed))
        .and_then(|json| serde_json::from_slice(&json).ok())
        .unwrap_or_default();
    Message {
        id: stored.id,
        conversation_id: stored.conversation_id,
        remote_id: stored.remote_id,
        sender_id: stored.sender_id,
        sender_name: stored.sender_name,
        content: Content {
            kind: stored.kind,
            text: (!text.is_empty()).then_some(text),
            attachments: stored.attachments,
            details,
        },
        direction: stored.direction,
        is_read: stored.is_read,
        status: stored.status,
        failure: stored.failure,
        reply_to: stored.reply_to,
        reactions: stored.reactions,
        sent_at: stored.sent_at,
        delivered_at: stored.delivered_at,
        edited_at: stored.edited_at,
        deleted_at: stored.deleted_at,
        created_at: stored.created_at,
        recovered: stored.recovered,
    }
}

/// The contract's media reference: the platform's handle of the first file.
pub(crate) fn media_ref(attachments: &[Attachment]) -> Option<String> {
    attachments.first().map(|a| a.remote_ref.clone())
}

/// Kinds whose files the hub copies by itself.
pub(crate) fn is_copied(attachment: &Attachment) -> bool {
    attachment.state == AttachmentState::Pending
        && !matches!(attachment.kind, ContentKind::Text | ContentKind::Location | ContentKind::Contacts)
}
