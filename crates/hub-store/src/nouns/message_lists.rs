//! Pages of messages.

use super::PUBLISHED;
use super::conversations::Page;
use super::message_rows::{COLUMNS, StoredMessage, read_whole};
use super::messages::Messages;
use crate::error::Result;
use crate::sql::{Sql, chunk};
use hub_domain::{AccountId, ConversationId, MessageId, Timestamp, UserId};
use std::collections::{HashMap, HashSet};

/// Which messages.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListMessages {
    /// Most on a page.
    pub limit: u32,
    /// How many to pass over.
    pub offset: u32,
    /// Said at this time or later.
    pub since: Option<Timestamp>,
    /// Older than this message: the next page at the cost of the first, however deep.
    pub before: Option<MessageId>,
}

/// Newest first; messages of one instant in the platform's order, then in ours.
const ORDER: &str = "ORDER BY m.sent_at DESC, COALESCE(m.sequence, -1) DESC, m.id DESC";
const OF_USER: &str =
    "JOIN conversations c ON c.id = m.conversation_id JOIN connected_accounts a ON a.id = c.account_id";
/// The same for whoever has many: SQLite keeps the order in which `CROSS JOIN` names tables, so that messages are walked in the order
/// of time until a page is full, where otherwise all of the user's are sorted for each page.
const OF_USER_IN_TIME: &str = "CROSS JOIN conversations c CROSS JOIN connected_accounts a";
/// More messages than this are many. Few are sorted faster than they are found among everybody's.
const MANY: i64 = 5_000;

impl Messages<'_> {
    /// A page of one of the user's conversations, newest first; `None` = not the user's.
    pub async fn list(
        &self,
        user: UserId,
        conversation: ConversationId,
        query: &ListMessages,
    ) -> Result<Option<Page<StoredMessage>>> {
        let owned = self
            .0
            .sql("SELECT 1 FROM conversations c JOIN connected_accounts a ON a.id = c.account_id")
            .add("WHERE c.id = ? AND a.user_id = ? AND a.platform IN")
            .bind(conversation.0)
            .bind(user.0)
            .list(PUBLISHED);
        if self.0.one(owned).await?.is_none() {
            return Ok(None);
        }
        let from = "FROM messages m WHERE m.conversation_id = ?";
        self.page(from, from, |sql| sql.bind(conversation.0), query).await.map(Some)
    }

    /// A page over all of the user's active accounts, newest first.
    pub async fn list_all(&self, user: UserId, query: &ListMessages) -> Result<Page<StoredMessage>> {
        let whose = "a.user_id = ? AND (a.is_active = TRUE OR a.is_active IS NULL) AND a.platform IN";
        let few = format!("FROM messages m {OF_USER} WHERE {whose}");
        let joins = "c.id = m.conversation_id AND a.id = c.account_id";
        let many = format!("FROM messages m {OF_USER_IN_TIME} WHERE {joins} AND {whose}");
        self.page(&few, &many, |sql| sql.bind(user.0).list(PUBLISHED), query).await
    }

    /// `few` and `many` name the same messages; the second is for more than [`MANY`].
    async fn page(
        &self,
        few: &str,
        many: &str,
        bind: impl Fn(Sql) -> Sql,
        query: &ListMessages,
    ) -> Result<Page<StoredMessage>> {
        let since = |sql: Sql| match query.since {
            Some(since) => sql.add("AND m.sent_at >= ?").time(since),
            None => sql,
        };
        let total = since(bind(self.0.sql(&format!("SELECT COUNT(*) {few}"))));
        let total = self.0.read_one(total, |row| row.get(0)).await?.unwrap_or_default();
        let from = if total > MANY { many } else { few };
        let mut page = since(bind(self.0.sql(&format!("SELECT {COLUMNS} {from}"))));
        if let Some(before) = query.before {
            page = page
                .add("AND (m.sent_at, COALESCE(m.sequence, -1), m.id) <")
                .add("(SELECT b.sent_at, COALESCE(b.sequence, -1), b.id FROM messages b WHERE b.id = ?)")
                .bind(before.0);
        }
        let page = page.add(ORDER).add("LIMIT ? OFFSET ?").bind(i64::from(query.limit)).bind(i64::from(query.offset));
        Ok(Page { items: read_whole(self.0, page).await?, total })
    }

    /// How many messages of an account were stored since `since`.
    pub async fn count_since(&self, account: AccountId, since: Timestamp) -> Result<u64> {
        let sql = self
            .0
            .sql("SELECT COUNT(*) FROM messages m JOIN conversations c ON c.id = m.conversation_id")
            .add("WHERE c.account_id = ? AND m.created_at >= ?")
            .bind(account.0)
            .time(since);
        let count: i64 = self.0.read_one(sql, |row| row.get(0)).await?.unwrap_or_default();
        Ok(u64::try_from(count).unwrap_or_default())
    }

    /// One of the user's messages.
    pub async fn find(&self, user: UserId, id: MessageId) -> Result<Option<StoredMessage>> {
        let sql = self
            .0
            .sql(&format!(
                "SELECT {COLUMNS} FROM messages m {OF_USER} WHERE m.id = ? AND a.user_id = ? AND a.platform IN"
            ))
            .bind(id.0)
            .bind(user.0)
            .list(PUBLISHED);
        Ok(read_whole(self.0, sql).await?.into_iter().next())
    }

    /// Several messages, for work in the background.
    pub async fn many(&self, ids: &[MessageId]) -> Result<Vec<StoredMessage>> {
        let mut found = Vec::with_capacity(ids.len());
        for some in ids.chunks(chunk(1)) {
            let sql = self.0.sql(&format!("SELECT {COLUMNS} FROM messages m WHERE m.conversation_id IS NOT NULL"));
            found.extend(read_whole(self.0, sql.add("AND m.id IN").list(some.iter().map(|id| id.0))).await?);
        }
        Ok(found)
    }

    /// Messages of a conversation whose sending is under way or whose fate nobody knows (those that wait to be sent again among them), made since `since`, oldest first.
    pub async fn undecided(&self, conversation: ConversationId, since: Timestamp) -> Result<Vec<StoredMessage>> {
        let sql = self
            .0
            .sql(&format!("SELECT {COLUMNS} FROM messages m WHERE m.conversation_id = ? AND m.is_outgoing = TRUE"))
            .add("AND (m.status IN ('sending', 'unconfirmed') OR (m.status = 'queued' AND m.failure IS NOT NULL))")
            .add("AND m.created_at >= ? ORDER BY m.created_at, m.id LIMIT 20")
            .bind(conversation.0)
            .time(since);
        read_whole(self.0, sql).await
    }

    /// When messages last began to leave, if they ever did.
    pub async fn tried(&self, ids: &[MessageId]) -> Result<HashMap<MessageId, Timestamp>> {
        let sql = self.0.sql("SELECT id, ts(tried_at) FROM messages WHERE tried_at IS NOT NULL AND id IN");
        let tried = self.0.read(sql.list(ids.iter().map(|id| id.0)), |row| Ok((row.id(0)?, row.time(1)?))).await?;
        Ok(tried.into_iter().collect())
    }

    /// Notes that a message begins to leave.
    pub async fn note_try(&self, id: MessageId, at: Timestamp) -> Result<()> {
        let sql = self.0.sql("UPDATE messages SET tried_at = ? WHERE id = ?").time(at).bind(id.0);
        self.0.run(sql).await.map(|_| ())
    }

    /// Up to `limit` messages that have been waiting or leaving since before `before` and that no open job of `kind` looks
    /// after; such a job's dedupe key is the message's id.
    pub async fn stuck_sending(&self, kind: &str, before: Timestamp, limit: u32) -> Result<Vec<MessageId>> {
        let most = limit as usize;
        let mut stuck: Vec<MessageId> = Vec::new();
        let mut last: Option<MessageId> = None;
        // Many may wait with a job, for a platform that is away; the stuck ones are found behind them as well.
        while stuck.len() < most {
            let mut sql =
                self.0.sql("SELECT id FROM messages WHERE status IN ('queued', 'sending') AND created_at < ?");
            sql = sql.time(before);
            if let Some(last) = last {
                sql = sql.add("AND id > ?").bind(last.0);
            }
            let waiting: Vec<MessageId> =
                self.0.read(sql.add("ORDER BY id LIMIT ?").bind(i64::from(limit)), |row| row.id(0)).await?;
            let sql = self
                .0
                .sql("SELECT dedupe FROM hub_jobs WHERE kind = ? AND state IN ('ready', 'running') AND dedupe IN")
                .bind(kind)
                .list(waiting.iter().map(ToString::to_string));
            let looked_after: HashSet<String> = self.0.read(sql, |row| row.get(0)).await?.into_iter().collect();
            stuck.extend(waiting.iter().filter(|id| !looked_after.contains(&id.to_string())));
            match waiting.last() {
                Some(id) if waiting.len() == most => last = Some(*id),
                _ => break,
            }
        }
        stuck.truncate(most);
        Ok(stuck)
    }
}
