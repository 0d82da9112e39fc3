//! Finding and mending unread counts that do not agree with their messages: what a foreign hand, or a mistake of ours, left.

use super::conversations::Conversations;
use crate::error::Result;
use crate::sql::Row;
use hub_domain::{ConversationId, Timestamp, UserId};

/// What is unread in conversation `c`, counted.
const COUNTED: &str = "(SELECT COUNT(*) FROM messages m WHERE m.conversation_id = c.id \
    AND (m.is_read = FALSE OR m.is_read IS NULL) AND (m.is_outgoing = FALSE OR m.is_outgoing IS NULL))";

/// A page of conversations that were looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Looked {
    /// Those whose count does not agree, as of now: one that is being written may be among them.
    pub wrong: Vec<ConversationId>,
    /// The last one of the page; `None` = there are no more.
    pub last: Option<ConversationId>,
}

impl Conversations<'_> {
    /// Looks at up to `limit` conversations after `after`, in the order of their ids.
    pub async fn look_at_counts(&self, after: Option<ConversationId>, limit: u32) -> Result<Looked> {
        let mut sql =
            self.0.sql(&format!("SELECT c.id, COALESCE(c.unread_count, 0) <> {COUNTED} FROM conversations c"));
        if let Some(after) = after {
            sql = sql.add("WHERE c.id > ?").bind(after.0);
        }
        let sql = sql.add("ORDER BY c.id LIMIT ?").bind(i64::from(limit));
        let page = self.0.read(sql, |row| Ok((row.id::<ConversationId>(0)?, row.flag(1, false)?))).await?;
        let full = u32::try_from(page.len()).is_ok_and(|count| count == limit);
        Ok(Looked {
            last: page.last().map(|(id, _)| *id).filter(|_| full),
            wrong: page.into_iter().filter_map(|(id, wrong)| wrong.then_some(id)).collect(),
        })
    }

    /// Counts these anew, while nobody else does; gives those that changed, with their owners.
    pub async fn mend_counts(&self, ids: &[ConversationId], now: Timestamp) -> Result<Vec<(ConversationId, UserId)>> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        // In the order of their ids, as the intake holds them. What was counted before that may be over.
        let hold = self.0.sql("SELECT id FROM conversations WHERE id IN").list(ids.iter().map(|id| id.0));
        self.0.all(hold.add("ORDER BY id {FOR UPDATE}")).await?;
        let sql = self
            .0
            .sql(&format!("UPDATE conversations AS c SET unread_count = {COUNTED}, updated_at = ? WHERE c.id IN"))
            .time(now)
            .list(ids.iter().map(|id| id.0))
            .add(&format!("AND COALESCE(c.unread_count, 0) <> {COUNTED} RETURNING id"));
        let changed: Vec<ConversationId> = self.0.read(sql, |row| row.id(0)).await?;
        let owners = self
            .0
            .sql("SELECT c.id, a.user_id FROM conversations c JOIN connected_accounts a ON a.id = c.account_id")
            .add("WHERE a.user_id IS NOT NULL AND c.id IN")
            .list(changed.iter().map(|id| id.0))
            .add("ORDER BY c.id");
        self.0.read(owners, |row: &Row| Ok((row.id(0)?, row.id(1)?))).await
    }
}
