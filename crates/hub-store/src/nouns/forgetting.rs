//! Forgetting what an account's conversations hold, when a new reading takes its place.

use super::conversations::Conversations;
use crate::error::Result;
use crate::sql::chunk;
use hub_domain::{AccountId, ConversationId, RemoteMessageId, Timestamp};

/// Messages remembered over a reset.
const MAX_REMEMBERED: u32 = 10_000;
/// Parameters of one of them.
const WIDTH: usize = 2;

/// What a reset must not change about a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remembered {
    /// Its thread.
    pub conversation: ConversationId,
    /// Its id at the platform.
    pub remote: RemoteMessageId,
    /// Read here.
    pub is_read: bool,
}

impl Conversations<'_> {
    /// The newest 10 000 of an account's messages that were stored before `before`.
    pub async fn remembered(&self, account: AccountId, before: Timestamp) -> Result<Vec<Remembered>> {
        let sql = self
            .0
            .sql("SELECT m.conversation_id, m.platform_message_id, m.is_read FROM messages m")
            .add("JOIN conversations c ON c.id = m.conversation_id WHERE c.account_id = ?")
            .add("AND (m.created_at IS NULL OR m.created_at < ?)")
            .add("ORDER BY m.sent_at DESC LIMIT ?")
            .bind(account.0)
            .time(before)
            .bind(i64::from(MAX_REMEMBERED));
        let read = |row: &crate::sql::Row| {
            let (conversation, remote) = (row.id(0)?, row.text(1)?);
            Ok(Remembered { conversation, remote, is_read: row.flag(2, false)? })
        };
        self.0.read(sql, read).await
    }

    /// Marks messages that were stored again since `since` as read if they were read before; whether the others are the platform
    /// told.
    pub async fn recall(&self, remembered: &[Remembered], since: Timestamp) -> Result<()> {
        let read: Vec<&Remembered> = remembered.iter().filter(|one| one.is_read).collect();
        for some in read.chunks(chunk(WIDTH) - WIDTH) {
            let sql = self
                .0
                .sql("UPDATE messages SET is_read = TRUE WHERE created_at >= ?")
                .add("AND (is_outgoing = FALSE OR is_outgoing IS NULL)")
                .add("AND (conversation_id, platform_message_id) IN (VALUES")
                .time(since)
                .rows(WIDTH, some, |sql, one| sql.bind(one.conversation.0).bind(one.remote.as_str()))
                .add(")");
            self.0.run(sql).await?;
        }
        Ok(())
    }

    /// Deletes an account's messages that were stored before `before`. What is leaving, or may have left, stays: it stands nowhere
    /// else.
    pub async fn forget_messages(&self, account: AccountId, before: Timestamp) -> Result<()> {
        let sql = self
            .0
            .sql("DELETE FROM messages WHERE conversation_id IN (SELECT id FROM conversations WHERE account_id = ?)")
            .add("AND (created_at IS NULL OR created_at < ?)")
            .add("AND (status IS NULL OR status NOT IN ('queued', 'sending', 'unconfirmed'))")
            .bind(account.0)
            .time(before);
        self.0.run(sql).await.map(|_| ())
    }

    /// Deletes an account's conversations of before `before` that hold no message any more, and counts the others anew.
    pub async fn settle_forgotten(&self, account: AccountId, before: Timestamp, now: Timestamp) -> Result<()> {
        let sql = self
            .0
            .sql("DELETE FROM conversations WHERE account_id = ? AND (created_at IS NULL OR created_at < ?)")
            .add("AND NOT EXISTS (SELECT 1 FROM messages m WHERE m.conversation_id = conversations.id)")
            .bind(account.0)
            .time(before);
        self.0.run(sql).await?;
        let sql = self
            .0
            .sql("UPDATE conversations SET unread_count = (SELECT COUNT(*) FROM messages m")
            .add("WHERE m.conversation_id = conversations.id AND (m.is_read = FALSE OR m.is_read IS NULL)")
            .add("AND (m.is_outgoing = FALSE OR m.is_outgoing IS NULL)),")
            .add(
                "last_message_at = (SELECT MAX(m.sent_at) FROM messages m WHERE m.conversation_id = conversations.id),",
            )
            .add("updated_at = ? WHERE account_id = ?")
            .time(now)
            .bind(account.0);
        self.0.run(sql).await.map(|_| ())
    }
}
