//! What was said: inserting, changing, and how far it got.

use super::conversations::Conversations;
use super::ledger;
use crate::error::Result;
use crate::sql::{Conn, chunk};
use hub_domain::{
    AccountId, Attachment, ContentKind, ConversationId, DeliveryStatus, Direction, MessageId, RemoteConversationId,
    RemoteMessageId, RemoteParticipantId, Timestamp, UserId,
};
use std::collections::HashSet;

/// A new message.
#[derive(Clone, Debug)]
pub struct NewMessage {
    /// Id.
    pub id: MessageId,
    /// Thread.
    pub conversation_id: ConversationId,
    /// Id at the platform, or `hub:<id>`.
    pub remote_id: RemoteMessageId,
    /// Orders messages of one instant.
    pub sequence: Option<i64>,
    /// Who said it.
    pub sender_id: RemoteParticipantId,
    /// Their name.
    pub sender_name: Option<String>,
    /// The contract's column, sealed.
    pub content: String,
    /// The seal beside it.
    pub content_seal: Option<String>,
    /// Structured extras, sealed.
    pub details: Option<String>,
    /// What it is.
    pub kind: ContentKind,
    /// Whether there are words.
    pub has_text: bool,
    /// The contract's media reference.
    pub media_ref: Option<String>,
    /// Its files.
    pub attachments: Vec<Attachment>,
    /// Who said it: they or we.
    pub direction: Direction,
    /// Read here.
    pub is_read: bool,
    /// How far it got.
    pub status: Option<DeliveryStatus>,
    /// The message it answers.
    pub reply_to: Option<RemoteMessageId>,
    /// When it was said.
    pub sent_at: Timestamp,
    /// When it arrived.
    pub delivered_at: Option<Timestamp>,
    /// When it was changed.
    pub edited_at: Option<Timestamp>,
    /// The client's own key.
    pub client_key: Option<String>,
    /// What the client asked for, as a digest.
    pub request_digest: Option<String>,
    /// Now.
    pub at: Timestamp,
}

/// The whole new state of a changed message.
#[derive(Clone, Debug)]
pub struct MessageEdit {
    /// Which.
    pub id: MessageId,
    /// The contract's column, sealed.
    pub content: String,
    /// The seal beside it.
    pub content_seal: Option<String>,
    /// Structured extras, sealed.
    pub details: Option<String>,
    /// What it is.
    pub kind: ContentKind,
    /// Whether there are words.
    pub has_text: bool,
    /// The contract's media reference.
    pub media_ref: Option<String>,
    /// Its files.
    pub attachments: Vec<Attachment>,
    /// When it was changed; an older change has no effect.
    pub edited_at: Timestamp,
}

/// What marking a message as read did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Marked {
    /// Its thread.
    pub conversation_id: ConversationId,
    /// False when it was read already.
    pub changed: bool,
}

/// Statements about messages. The lists are in `message_lists.rs`, the reactions in `reactions.rs`.
pub struct Messages<'a>(pub(crate) Conn<'a>);

/// Messages of the platform that one part may become; orders them within the message.
const PLACES_PER_PART: i64 = 100;
/// Parameters of one inserted message, and of one attachment.
const MESSAGE_WIDTH: usize = 23;
const ATTACHMENT_WIDTH: usize = 14;

impl Messages<'_> {
    /// Stores messages; gives the ids of those that are new. A message known by its id at the platform, by the client's key,
    /// or as a part of one we sent, changes nothing.
    pub async fn insert_many(&self, messages: &[NewMessage]) -> Result<Vec<MessageId>> {
        let mut inserted: HashSet<MessageId> = HashSet::with_capacity(messages.len());
        for some in messages.chunks(chunk(MESSAGE_WIDTH)) {
            let sql = self
                .0
                .sql("WITH v (id, conversation_id, platform_message_id, sequence, sender_id, sender_name, content,")
                .add("content_seal, details, message_type, kind, has_text, media_url, is_outgoing, is_read, status,")
                .add("reply_to, sent_at, delivered_at, edited_at, client_key, request_digest, created_at) AS (VALUES")
                .rows(MESSAGE_WIDTH, some, |sql, m| {
                    sql.bind(m.id.0)
                        .bind(m.conversation_id.0)
                        .bind(m.remote_id.as_str())
                        .bind(m.sequence)
                        .bind(m.sender_id.as_str())
                        .bind(m.sender_name.clone())
                        .bind(m.content.as_str())
                        .bind(m.content_seal.clone())
                        .bind(m.details.clone())
                        .bind(m.kind.contract_type())
                        .bind(m.kind.as_str())
                        .bind(m.has_text)
                        .bind(m.media_ref.clone())
                        .bind(m.direction == Direction::Outgoing)
                        .bind(m.is_read)
                        .bind(m.status.map(|status| status.as_str().to_owned()))
                        .bind(m.reply_to.as_ref().map(|id| id.as_str().to_owned()))
                        .time(m.sent_at)
                        .maybe_time(m.delivered_at)
                        .maybe_time(m.edited_at)
                        .bind(m.client_key.clone())
                        .bind(m.request_digest.clone())
                        .time(m.at)
                })
                .add(") INSERT INTO messages (id, conversation_id, platform_message_id, sequence, sender_id, sender_name,")
                .add("content, content_seal, details, message_type, kind, has_text, media_url, is_outgoing, is_read,")
                .add("status, reply_to, sent_at, delivered_at, edited_at, client_key, request_digest, created_at)")
                .add("SELECT * FROM v WHERE NOT EXISTS (SELECT 1 FROM hub_message_parts p")
                .add("WHERE p.conversation_id = v.conversation_id AND p.remote_id = v.platform_message_id)")
                .add("ON CONFLICT DO NOTHING RETURNING id");
            inserted.extend(self.0.read(sql, |row| row.id::<MessageId>(0)).await?);
        }
        let files: Vec<(MessageId, usize, &Attachment)> = messages
            .iter()
            .filter(|message| inserted.contains(&message.id))
            .flat_map(|message| message.attachments.iter().enumerate().map(|(place, file)| (message.id, place, file)))
            .collect();
        self.insert_attachments(&files).await?;
        Ok(messages.iter().map(|message| message.id).filter(|id| inserted.contains(id)).collect())
    }

    async fn insert_attachments(&self, files: &[(MessageId, usize, &Attachment)]) -> Result<()> {
        for some in files.chunks(chunk(ATTACHMENT_WIDTH)) {
            let sql = self
                .0
                .sql("INSERT INTO hub_attachments (id, message_id, place, kind, remote_ref, remote_unique_ref, mime_type,")
                .add("file_name, size, width, height, duration_s, flavour, state) VALUES")
                .rows(ATTACHMENT_WIDTH, some, |sql, (message, place, file)| {
                    sql.bind(file.id.0)
                        .bind(message.0)
                        .bind(i32::try_from(*place).unwrap_or(i32::MAX))
                        .bind(file.kind.as_str())
                        .bind(file.remote_ref.as_str())
                        .bind(file.remote_unique_ref.clone())
                        .bind(file.mime_type.clone())
                        .bind(file.file_name.clone())
                        .bind(file.size)
                        .bind(file.width)
                        .bind(file.height)
                        .bind(file.duration_s)
                        .bind(file.flavour.clone())
                        .bind(file.state.as_str())
                });
            self.0.run(sql).await?;
        }
        Ok(())
    }

    /// By id at the platform, also of a part of a message we sent in several.
    pub async fn id_of(&self, conversation: ConversationId, remote: &RemoteMessageId) -> Result<Option<MessageId>> {
        let sql = self
            .0
            .sql("SELECT id FROM messages WHERE conversation_id = ? AND platform_message_id = ?")
            .add("UNION ALL SELECT message_id FROM hub_message_parts WHERE conversation_id = ? AND remote_id = ?")
            .bind(conversation.0)
            .bind(remote.as_str())
            .bind(conversation.0)
            .bind(remote.as_str());
        self.0.read_one(sql, |row| row.id(0)).await
    }

    /// By id at the platform in any conversation of an account, for platforms whose ids are unique there.
    pub async fn in_account(
        &self,
        account: AccountId,
        remote: &RemoteMessageId,
    ) -> Result<Option<(ConversationId, MessageId)>> {
        let sql = self
            .0
            .sql("SELECT m.conversation_id, m.id FROM messages m JOIN conversations c ON c.id = m.conversation_id")
            .add("WHERE m.platform_message_id = ? AND c.account_id = ? UNION ALL")
            .add("SELECT p.conversation_id, p.message_id FROM hub_message_parts p")
            .add("JOIN conversations c ON c.id = p.conversation_id WHERE p.remote_id = ? AND c.account_id = ?")
            .bind(remote.as_str())
            .bind(account.0)
            .bind(remote.as_str())
            .bind(account.0);
        self.0.read_one(sql, |row| Ok((row.id(0)?, row.id(1)?))).await
    }

    /// Every message of an account with this id at the platform, one per conversation at most, and the conversation's own id there.
    pub async fn all_in_account(
        &self,
        account: AccountId,
        remote: &RemoteMessageId,
    ) -> Result<Vec<(RemoteConversationId, ConversationId, MessageId)>> {
        let sql = self
            .0
            .sql("SELECT c.platform_conversation_id, m.conversation_id, m.id FROM messages m")
            .add("JOIN conversations c ON c.id = m.conversation_id")
            .add("WHERE m.platform_message_id = ? AND c.account_id = ? UNION")
            .add("SELECT c.platform_conversation_id, p.conversation_id, p.message_id FROM hub_message_parts p")
            .add("JOIN conversations c ON c.id = p.conversation_id WHERE p.remote_id = ? AND c.account_id = ?")
            .bind(remote.as_str())
            .bind(account.0)
            .bind(remote.as_str())
            .bind(account.0);
        self.0.read(sql, |row| Ok((row.text(0)?, row.id(1)?, row.id(2)?))).await
    }

    /// The account and conversation of a message.
    pub async fn place(&self, id: MessageId) -> Result<Option<(AccountId, ConversationId)>> {
        let sql = self
            .0
            .sql("SELECT c.account_id, c.id FROM messages m JOIN conversations c ON c.id = m.conversation_id")
            .add("WHERE m.id = ?")
            .bind(id.0);
        self.0.read_one(sql, |row| Ok((row.id(0)?, row.id(1)?))).await
    }

    /// The newest message of the other side that is not taken back, by its id at the platform.
    pub async fn latest_incoming(&self, conversation: ConversationId) -> Result<Option<RemoteMessageId>> {
        let sql = self
            .0
            .sql("SELECT platform_message_id FROM messages WHERE conversation_id = ? AND deleted_at IS NULL")
            .add("AND (is_outgoing = FALSE OR is_outgoing IS NULL)")
            .add("ORDER BY sent_at DESC, COALESCE(sequence, -1) DESC, id DESC LIMIT 1")
            .bind(conversation.0);
        self.0.read_one(sql, |row| row.text(0)).await
    }

    /// The message an earlier request with this key made, and that request's digest.
    pub async fn by_client_key(
        &self,
        conversation: ConversationId,
        key: &str,
    ) -> Result<Option<(MessageId, Option<String>)>> {
        let sql = self.0.sql("SELECT id, request_digest FROM messages WHERE conversation_id = ? AND client_key = ?");
        self.0.read_one(sql.bind(conversation.0).bind(key), |row| Ok((row.id(0)?, row.get(1)?))).await
    }

    /// Replaces what a message says; false when a newer change is known, or the message was taken back.
    pub async fn edit(&self, edit: &MessageEdit) -> Result<bool> {
        let sql = self
            .0
            .sql("UPDATE messages SET content = ?, content_seal = ?, details = ?, message_type = ?, kind = ?,")
            .add("has_text = ?, media_url = ?, edited_at = ?")
            .add("WHERE id = ? AND deleted_at IS NULL AND (edited_at IS NULL OR edited_at <= ?)")
            .bind(edit.content.as_str())
            .bind(edit.content_seal.clone())
            .bind(edit.details.clone())
            .bind(edit.kind.contract_type())
            .bind(edit.kind.as_str())
            .bind(edit.has_text)
            .bind(edit.media_ref.clone())
            .time(edit.edited_at)
            .bind(edit.id.0)
            .time(edit.edited_at);
        if self.0.run(sql).await? == 0 {
            return Ok(false);
        }
        let sql =
            self.0.sql("SELECT remote_ref FROM hub_attachments WHERE message_id = ? ORDER BY place").bind(edit.id.0);
        let known: Vec<String> = self.0.read(sql, |row| row.get(0)).await?;
        if !known.iter().map(String::as_str).eq(edit.attachments.iter().map(|file| file.remote_ref.as_str())) {
            self.0.run(self.0.sql("DELETE FROM hub_attachments WHERE message_id = ?").bind(edit.id.0)).await?;
            let files: Vec<_> =
                edit.attachments.iter().enumerate().map(|(place, file)| (edit.id, place, file)).collect();
            self.insert_attachments(&files).await?;
        }
        Ok(true)
    }

    /// Notes that a message was taken back; false when that is known.
    pub async fn delete(&self, id: MessageId, at: Timestamp) -> Result<bool> {
        let sql = self.0.sql("UPDATE messages SET deleted_at = ? WHERE id = ? AND deleted_at IS NULL");
        Ok(self.0.run(sql.time(at).bind(id.0)).await? > 0)
    }

    /// Notes that a message stands again, unless it was taken back later than `at`; false when that changes nothing.
    pub async fn restore(&self, id: MessageId, at: Timestamp) -> Result<bool> {
        let sql = self.0.sql("UPDATE messages SET deleted_at = NULL WHERE id = ? AND deleted_at <= ?");
        Ok(self.0.run(sql.bind(id.0).time(at)).await? > 0)
    }

    /// Gives what somebody said in a conversation under the name of a stranger their name; gives what changed, a thousand
    /// messages at most.
    pub async fn name_sender(
        &self,
        conversation: ConversationId,
        sender: &RemoteParticipantId,
        stranger: &str,
        name: &str,
    ) -> Result<Vec<MessageId>> {
        let sql = self
            .0
            .sql("UPDATE messages SET sender_name = ? WHERE id IN (SELECT id FROM messages")
            .add("WHERE conversation_id = ? AND sender_id = ? AND sender_name = ? ORDER BY sent_at DESC LIMIT 1000)")
            .add("RETURNING id")
            .bind(name)
            .bind(conversation.0)
            .bind(sender.as_str())
            .bind(stranger);
        self.0.read(sql, |row| row.id(0)).await
    }

    /// Adopts the platform's own time of a message of ours.
    pub async fn set_sent_at(&self, id: MessageId, sent_at: Timestamp) -> Result<()> {
        let sql = self.0.sql("UPDATE messages SET sent_at = ? WHERE id = ?").time(sent_at).bind(id.0);
        self.0.run(sql).await.map(|_| ())
    }

    /// Moves a status on from one of `from`; false when it stands elsewhere.
    pub async fn set_status(
        &self,
        id: MessageId,
        from: &[DeliveryStatus],
        to: DeliveryStatus,
        failure: Option<&str>,
        at: Timestamp,
    ) -> Result<bool> {
        let arrived = matches!(to, DeliveryStatus::Delivered | DeliveryStatus::Read);
        let Some((platform, before)) = ledger::hold(self.0, id).await? else { return Ok(false) };
        let sql = self
            .0
            .sql("UPDATE messages SET status = ?, failure = ?, delivered_at = COALESCE(delivered_at, ?)")
            .add("WHERE id = ? AND is_outgoing = TRUE AND COALESCE(status, 'sent') IN")
            .bind(to.as_str())
            .bind(failure.map(str::to_owned))
            .maybe_time(arrived.then_some(at))
            .bind(id.0)
            .list(from.iter().map(|status| status.as_str()));
        let changed = self.0.run(sql).await? > 0;
        if changed {
            ledger::moved(self.0, &platform, before, to);
        }
        Ok(changed)
    }

    /// Notes what the platform took: the message gets its real id. If the same message was seen from outside before, that
    /// row goes and ours stays, with the reactions to it. What the platform reported meanwhile stands, a failure too.
    pub async fn mark_sent(
        &self,
        id: MessageId,
        remote: &RemoteMessageId,
        sequence: Option<i64>,
        sent_at: Option<Timestamp>,
        delivered: bool,
        now: Timestamp,
    ) -> Result<()> {
        self.take_echo(id, remote).await?;
        let before = ledger::hold(self.0, id).await?;
        let sql = self
            .0
            .sql("UPDATE messages SET platform_message_id = ?, sequence = COALESCE(?, sequence),")
            .add("sent_at = COALESCE(?, sent_at), delivered_at = COALESCE(delivered_at, ?),")
            .add("failure = CASE WHEN status = 'failed' THEN failure ELSE NULL END,")
            .add(
                "status = CASE WHEN status IN ('delivered', 'read', 'failed') THEN status ELSE 'sent' END WHERE id = ?",
            )
            .bind(remote.as_str())
            .bind(sequence)
            .maybe_time(sent_at)
            .maybe_time(delivered.then_some(now))
            .bind(id.0);
        self.0.run(sql).await?;
        if let Some((platform, before)) = before
            && !matches!(before, Some(DeliveryStatus::Failed))
        {
            ledger::moved(self.0, &platform, before, DeliveryStatus::Sent);
        }
        Ok(())
    }

    /// Removes the row of a message that is ours and was seen from outside before the platform's answer was written down; the
    /// reactions to it go to ours.
    async fn take_echo(&self, id: MessageId, remote: &RemoteMessageId) -> Result<()> {
        // The intake holds a conversation's row while it stores its messages. Holding it here as well means: either its row
        // is seen now, or it will see ours.
        let hold = self
            .0
            .sql("SELECT c.id FROM conversations c JOIN messages m ON m.conversation_id = c.id")
            .add("WHERE m.id = ? {FOR NO KEY UPDATE OF c}")
            .bind(id.0);
        self.0.one(hold).await?;
        let reactions = self
            .0
            .sql("INSERT INTO hub_reactions (message_id, actor_id, emoji, at, standing) SELECT o.id, r.actor_id, r.emoji, r.at, r.standing")
            .add("FROM messages o JOIN messages e ON e.conversation_id = o.conversation_id AND e.id <> o.id")
            .add("JOIN hub_reactions r ON r.message_id = e.id WHERE o.id = ? AND e.platform_message_id = ?")
            .add("ON CONFLICT DO NOTHING")
            .bind(id.0)
            .bind(remote.as_str());
        self.0.run(reactions).await?;
        let echo = self
            .0
            .sql("DELETE FROM messages WHERE platform_message_id = ? AND id <> ?")
            .add("AND conversation_id = (SELECT m.conversation_id FROM messages m WHERE m.id = ?)")
            .bind(remote.as_str())
            .bind(id.0)
            .bind(id.0);
        self.0.run(echo).await.map(|_| ())
    }

    /// How many parts of this message the platform already took, counted without a gap from the first.
    pub async fn parts_taken(&self, id: MessageId) -> Result<usize> {
        let sql = self.0.sql("SELECT place FROM hub_message_parts WHERE message_id = ? ORDER BY place").bind(id.0);
        let places: Vec<i64> = self.0.read(sql, |row| row.get(0)).await?;
        let mut taken = 0;
        for place in places {
            let part = usize::try_from(place / PLACES_PER_PART).unwrap_or_default();
            if part == taken {
                taken += 1;
            } else if part > taken {
                break;
            }
        }
        Ok(taken)
    }

    /// The first message of the platform it became.
    pub async fn first_part(&self, id: MessageId) -> Result<Option<RemoteMessageId>> {
        let sql = self.0.sql("SELECT remote_id FROM hub_message_parts WHERE message_id = ? ORDER BY place LIMIT 1");
        self.0.read_one(sql.bind(id.0), |row| row.text(0)).await
    }

    /// Notes one message of the platform it became: the `number`th of its part `part`; false when that is known. If that one
    /// was seen from outside before, its row goes, and the reactions to it come here.
    pub async fn add_part(
        &self,
        id: MessageId,
        (part, number): (usize, usize),
        remote: &RemoteMessageId,
    ) -> Result<bool> {
        self.take_echo(id, remote).await?;
        let number = i64::try_from(number).unwrap_or_default().min(PLACES_PER_PART - 1);
        let place = i64::try_from(part).unwrap_or_default().saturating_mul(PLACES_PER_PART) + number;
        let sql = self
            .0
            // Where the message is now: its conversation may have become one with another while it was leaving.
            .sql("INSERT INTO hub_message_parts (conversation_id, remote_id, message_id, place)")
            .add("SELECT m.conversation_id, CAST(? AS text), m.id, CAST(? AS bigint) FROM messages m WHERE m.id = ?")
            .add("ON CONFLICT DO NOTHING")
            .bind(remote.as_str())
            .bind(place)
            .bind(id.0);
        Ok(self.0.run(sql).await? > 0)
    }

    /// Marks one of the user's messages as read and counts its thread anew. `None` = not the user's.
    pub async fn mark_read(&self, user: UserId, id: MessageId, now: Timestamp) -> Result<Option<Marked>> {
        let sql =
            self.0.sql("SELECT conversation_id FROM messages WHERE id = ? AND conversation_id IS NOT NULL").bind(id.0);
        let Some(conversation_id) = self.0.read_one(sql, |row| row.id::<ConversationId>(0)).await? else {
            return Ok(None);
        };
        let conversations = Conversations(self.0);
        if !conversations.lock(user, conversation_id).await? {
            return Ok(None);
        }
        let sql = self
            .0
            .sql("UPDATE messages SET is_read = TRUE WHERE id = ? AND (is_read = FALSE OR is_read IS NULL)")
            .add("AND (is_outgoing = FALSE OR is_outgoing IS NULL)")
            .bind(id.0);
        let changed = self.0.run(sql).await? > 0;
        if changed {
            conversations.recount(conversation_id, now).await?;
        }
        Ok(Some(Marked { conversation_id, changed }))
    }
}
