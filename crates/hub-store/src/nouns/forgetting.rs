//! Forgetting what an account's conversations hold, when a new reading takes its place.

use super::conversations::Conversations;
use crate::error::Result;
use hub_domain::{AccountId, Timestamp};

impl Conversations<'_> {
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
