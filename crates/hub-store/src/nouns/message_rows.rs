//! Messages as they rest, and how their rows are read.

use crate::error::Result;
use crate::sql::{Conn, Row, chunk};
use hub_domain::message::Reaction;
use hub_domain::{
    Attachment, AttachmentState, ContentKind, ConversationId, DeliveryStatus, Direction, MessageId, RemoteMessageId,
    RemoteParticipantId, Timestamp,
};
use std::collections::HashMap;

/// A message as it rests: what it says is sealed.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredMessage {
    /// Id.
    pub id: MessageId,
    /// Thread.
    pub conversation_id: ConversationId,
    /// Id at the platform, or `hub:<id>`.
    pub remote_id: RemoteMessageId,
    /// Who said it.
    pub sender_id: RemoteParticipantId,
    /// Their name.
    pub sender_name: Option<String>,
    /// The contract's column.
    pub content: String,
    /// The seal beside it.
    pub content_seal: Option<String>,
    /// Structured extras, sealed.
    pub details: Option<String>,
    /// What it is.
    pub kind: ContentKind,
    /// Its files, in order.
    pub attachments: Vec<Attachment>,
    /// Who said it: they or we.
    pub direction: Direction,
    /// Read here.
    pub is_read: bool,
    /// How far it got.
    pub status: Option<DeliveryStatus>,
    /// Why not further.
    pub failure: Option<String>,
    /// Id at the platform of the message it answers.
    pub reply_to: Option<RemoteMessageId>,
    /// The same as a row here, if it is known.
    pub reply_to_id: Option<MessageId>,
    /// Reactions.
    pub reactions: Vec<Reaction>,
    /// When it was said.
    pub sent_at: Timestamp,
    /// When it arrived.
    pub delivered_at: Option<Timestamp>,
    /// When it was changed.
    pub edited_at: Option<Timestamp>,
    /// When it was taken back.
    pub deleted_at: Option<Timestamp>,
    /// When the row was made.
    pub created_at: Timestamp,
    /// Missed when it was said, and found by reading back.
    pub recovered: bool,
}

/// What [`read`] reads, of `messages m`. Few messages answer one; for the others the look-up is not even begun, because before
/// its first statistics PostgreSQL may read the whole conversation for each.
pub(super) const COLUMNS: &str = "m.id, m.conversation_id, m.platform_message_id, m.sender_id, m.sender_name, m.content, \
    m.content_seal, m.details, m.kind, m.message_type, m.media_url, m.is_outgoing, m.is_read, m.status, m.failure, \
    m.reply_to, ts(m.sent_at), ts(m.delivered_at), ts(m.edited_at), ts(m.deleted_at), ts(m.created_at), \
    CASE WHEN m.reply_to IS NOT NULL THEN (SELECT r.id FROM messages r \
    WHERE r.conversation_id = m.conversation_id AND r.platform_message_id = m.reply_to) END, m.recovered";

fn read(row: &Row) -> Result<StoredMessage> {
    let has_media = row.get::<Option<String>>(10)?.is_some_and(|reference| !reference.is_empty());
    let kind = match row.get::<Option<String>>(8)? {
        Some(kind) => ContentKind::from_stored(&kind, has_media),
        // A row of an original.
        None => ContentKind::from_original(&row.get::<Option<String>>(9)?.unwrap_or_default(), has_media),
    };
    let sent_at = row.time(16)?;
    Ok(StoredMessage {
        id: row.id(0)?,
        conversation_id: row.id(1)?,
        remote_id: row.text(2)?,
        sender_id: row.text(3)?,
        sender_name: row.get(4)?,
        content: row.get(5)?,
        content_seal: row.get(6)?,
        details: row.get(7)?,
        kind,
        attachments: Vec::new(),
        direction: if row.flag(11, false)? { Direction::Outgoing } else { Direction::Incoming },
        is_read: row.flag(12, false)?,
        status: row.get::<Option<String>>(13)?.as_deref().and_then(DeliveryStatus::from_stored),
        failure: row.get(14)?,
        reply_to: row.maybe_text(15)?,
        reply_to_id: row.maybe_id(21)?,
        reactions: Vec::new(),
        sent_at,
        delivered_at: row.maybe_time(17)?,
        edited_at: row.maybe_time(18)?,
        deleted_at: row.maybe_time(19)?,
        created_at: row.maybe_time(20)?.unwrap_or(sent_at),
        recovered: row.flag(22, false)?,
    })
}

/// Reads messages with their files and reactions: three statements for any number of messages.
pub(super) async fn read_whole(conn: Conn<'_>, sql: crate::sql::Sql) -> Result<Vec<StoredMessage>> {
    let mut messages = conn.read(sql, read).await?;
    let ids: Vec<MessageId> = messages.iter().map(|message| message.id).collect();
    let mut files: HashMap<MessageId, Vec<Attachment>> = HashMap::new();
    let mut reactions: HashMap<MessageId, Vec<Reaction>> = HashMap::new();
    for some in ids.chunks(chunk(1)) {
        let sql = conn
            .sql(&format!("SELECT {ATTACHMENT_COLUMNS} FROM hub_attachments f WHERE f.message_id IN"))
            .list(some.iter().map(|id| id.0))
            .add("ORDER BY f.place");
        for (message, file) in conn.read(sql, |row| Ok((row.id(0)?, read_attachment(row)?))).await? {
            files.entry(message).or_default().push(file);
        }
        let sql = conn
            .sql(
                "SELECT message_id, actor_id, emoji, ts(at) FROM hub_reactions WHERE standing = TRUE AND message_id IN",
            )
            .list(some.iter().map(|id| id.0))
            .add("ORDER BY at, actor_id, emoji");
        let read =
            |row: &Row| Ok((row.id(0)?, Reaction { actor_id: row.text(1)?, emoji: row.get(2)?, at: row.time(3)? }));
        for (message, reaction) in conn.read(sql, read).await? {
            reactions.entry(message).or_default().push(reaction);
        }
    }
    for message in &mut messages {
        message.attachments = files.remove(&message.id).unwrap_or_default();
        message.reactions = reactions.remove(&message.id).unwrap_or_default();
    }
    Ok(messages)
}

/// What [`read_attachment`] reads, of `hub_attachments f`.
pub(super) const ATTACHMENT_COLUMNS: &str = "f.message_id, f.id, f.kind, f.remote_ref, f.remote_unique_ref, f.mime_type, \
    f.file_name, f.size, f.width, f.height, f.duration_s, f.flavour, f.state";

pub(super) fn read_attachment(row: &Row) -> Result<Attachment> {
    Ok(Attachment {
        id: row.id(1)?,
        kind: ContentKind::from_stored(&row.get::<String>(2)?, true),
        remote_ref: row.get(3)?,
        remote_unique_ref: row.get(4)?,
        mime_type: row.get(5)?,
        file_name: row.get(6)?,
        size: row.get(7)?,
        width: row.get(8)?,
        height: row.get(9)?,
        duration_s: row.get(10)?,
        flavour: row.get(11)?,
        state: AttachmentState::from_stored(&row.get::<String>(12)?),
    })
}
