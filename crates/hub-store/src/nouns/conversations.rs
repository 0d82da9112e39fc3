//! Threads and their counters.

use super::PUBLISHED;
use super::reports::{self, Point};
use crate::error::Result;
use crate::sql::{Conn, Row, Sql, chunk};
use hub_domain::{
    AccountId, Conversation, ConversationId, MessageId, RemoteConversationId, RemoteParticipantId, Timestamp, UserId,
};
use std::collections::BTreeMap;

/// A page of a list.
#[derive(Clone, Debug, PartialEq)]
pub struct Page<T> {
    /// What is on it.
    pub items: Vec<T>,
    /// How many there are in all.
    pub total: i64,
}

/// Which conversations.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListConversations {
    /// Most on a page.
    pub limit: u32,
    /// How many to pass over.
    pub offset: u32,
    /// Of one platform only.
    pub platform: Option<String>,
    /// Of one account only.
    pub account: Option<AccountId>,
}

/// A conversation as an event names it. What is `None` overwrites nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpsertConversation {
    /// Id of the row, if it is new.
    pub id: ConversationId,
    /// Account.
    pub account_id: AccountId,
    /// Id at the platform.
    pub remote_id: RemoteConversationId,
    /// Further ids of the same conversation: any of them finds it.
    pub aliases: Vec<RemoteConversationId>,
    /// Name.
    pub name: Option<String>,
    /// Stands in while no name is known.
    pub handle: Option<String>,
    /// The other person.
    pub participant_id: Option<RemoteParticipantId>,
    /// Picture.
    pub avatar_url: Option<String>,
    /// What an answer must carry, as JSON.
    pub address: Option<String>,
    /// Now.
    pub at: Timestamp,
}

/// Who the other person of a conversation is, as far as it is known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OtherPerson {
    /// Id at the platform.
    pub participant_id: Option<RemoteParticipantId>,
    /// Name.
    pub name: Option<String>,
}

/// The row of a conversation that was asked for by its id at the platform.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConversationKey {
    /// Account.
    pub account_id: AccountId,
    /// Id at the platform, as it was asked for.
    pub remote_id: RemoteConversationId,
    /// The row.
    pub found: Located,
    /// Who the other person is.
    pub other: OtherPerson,
}

/// Where a conversation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Located {
    /// The row.
    pub id: ConversationId,
    /// True when the conversation moved and was asked for by an old id: message ids of that time begin with the old id,
    /// because platforms count anew after a move.
    pub moved: bool,
}

/// What new messages do to their conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bump {
    /// Which.
    pub id: ConversationId,
    /// Added to the unread count.
    pub unread: i32,
    /// Time of the newest message; an older one changes nothing.
    pub last_message_at: Option<Timestamp>,
    /// When the other person last did something that lets the account write; an older time changes nothing.
    pub customer_at: Option<Timestamp>,
}

/// Parameters of one bump.
const BUMP_WIDTH: usize = 4;

/// Statements about conversations.
pub struct Conversations<'a>(pub(crate) Conn<'a>);

pub(super) const COLUMNS: &str = "c.id, c.account_id, a.platform, a.platform_username, a.is_active, c.platform_conversation_id, \
    c.participant_name, c.participant_id, c.participant_avatar_url, ts(c.last_message_at), c.unread_count, \
    ts(c.created_at), ts(c.updated_at), a.user_id, p.blob_key";
/// How many columns these are.
pub(super) const WIDTH: usize = 15;
const FROM: &str = "FROM conversations c JOIN connected_accounts a ON a.id = c.account_id \
    LEFT JOIN hub_pictures p ON p.conversation_id = c.id WHERE a.user_id IS NOT NULL";

pub(super) fn read(row: &Row) -> Result<(Conversation, UserId)> {
    let created_at = row.maybe_time(11)?.unwrap_or_default();
    let conversation = Conversation {
        id: row.id(0)?,
        account_id: row.id(1)?,
        platform_name: row.get(2)?,
        account_username: row.get(3)?,
        account_active: row.flag(4, true)?,
        remote_id: row.text(5)?,
        participant_name: row.get(6)?,
        participant_id: row.maybe_text(7)?,
        participant_avatar_url: row.get(8)?,
        last_message_at: row.maybe_time(9)?,
        unread_count: row.get::<Option<i32>>(10)?.unwrap_or_default(),
        created_at,
        updated_at: row.maybe_time(12)?.unwrap_or(created_at),
        picture_key: row.get(14)?,
    };
    Ok((conversation, row.id(13)?))
}

impl Conversations<'_> {
    fn select(&self) -> Sql {
        self.0.sql(&format!("SELECT {COLUMNS} {FROM}"))
    }

    /// A page of the user's conversations, those with the newest message first.
    pub async fn list(&self, user: UserId, query: &ListConversations) -> Result<Page<Conversation>> {
        let filtered = |sql: Sql| {
            let mut sql = sql.add("AND a.user_id = ?").bind(user.0);
            if let Some(account) = query.account {
                sql = sql.add("AND c.account_id = ?").bind(account.0);
            }
            match &query.platform {
                Some(platform) => sql.add("AND a.platform = ?").bind(platform.as_str()),
                None => sql.add("AND a.platform IN").list(PUBLISHED),
            }
        };
        let total = filtered(self.0.sql(&format!("SELECT COUNT(*) {FROM}")));
        let total = self.0.read_one(total, |row| row.get(0)).await?.unwrap_or_default();
        let page = filtered(self.select())
            .add("ORDER BY c.last_message_at DESC NULLS LAST, c.id DESC LIMIT ? OFFSET ?")
            .bind(i64::from(query.limit))
            .bind(i64::from(query.offset));
        Ok(Page { items: self.0.read(page, |row| read(row).map(|(c, _)| c)).await?, total })
    }

    /// One of the user's conversations.
    pub async fn find(&self, user: UserId, id: ConversationId) -> Result<Option<Conversation>> {
        let sql = self.select().add("AND c.id = ? AND a.user_id = ? AND a.platform IN").bind(id.0).bind(user.0);
        self.0.read_one(sql.list(PUBLISHED), |row| read(row).map(|(c, _)| c)).await
    }

    /// Several conversations with their owners, for work in the background.
    pub async fn many(&self, ids: &[ConversationId]) -> Result<Vec<(Conversation, UserId)>> {
        let mut found = Vec::with_capacity(ids.len());
        for some in ids.chunks(chunk(1)) {
            let sql = self.select().add("AND c.id IN").list(some.iter().map(|id| id.0));
            found.extend(self.0.read(sql, read).await?);
        }
        Ok(found)
    }

    /// What an answer must carry, as JSON.
    pub async fn address(&self, id: ConversationId) -> Result<Option<String>> {
        let sql = self.0.sql("SELECT address FROM conversations WHERE id = ?").bind(id.0);
        Ok(self.0.read_one(sql, |row| row.get(0)).await?.flatten())
    }

    /// The same of many; those without one are left out.
    pub async fn addresses(&self, ids: &[ConversationId]) -> Result<Vec<(ConversationId, String)>> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let sql = self.0.sql("SELECT id, address FROM conversations WHERE address IS NOT NULL AND id IN");
        self.0.read(sql.list(ids.iter().map(|id| id.0)), |row| Ok((row.id(0)?, row.get(1)?))).await
    }

    /// When the other person last did something that lets the account write; `None` when that was never seen.
    pub async fn customer_at(&self, id: ConversationId) -> Result<Option<Timestamp>> {
        let sql = self.0.sql("SELECT ts(customer_at) FROM conversations WHERE id = ?").bind(id.0);
        let noted = self.0.read_one(sql, |row| row.maybe_time(0)).await?.flatten();
        if noted.is_some() {
            return Ok(noted);
        }
        // A row of an original, or of an earlier version.
        let sql = self
            .0
            .sql("SELECT ts(sent_at) FROM messages WHERE conversation_id = ?")
            .add("AND (is_outgoing = FALSE OR is_outgoing IS NULL) ORDER BY sent_at DESC LIMIT 1")
            .bind(id.0);
        self.0.read_one(sql, |row| row.time(0)).await
    }

    /// Unread messages per platform with an active account, zeros included.
    pub async fn unread_by_platform(&self, user: UserId) -> Result<Vec<(String, i64)>> {
        let sql = self
            .0
            .sql("SELECT a.platform, CAST(COALESCE(SUM(c.unread_count), 0) AS bigint) FROM connected_accounts a")
            .add("LEFT JOIN conversations c ON c.account_id = a.id")
            .add("WHERE a.user_id = ? AND (a.is_active = TRUE OR a.is_active IS NULL) AND a.platform IN")
            .bind(user.0)
            .list(PUBLISHED)
            .add("GROUP BY a.platform ORDER BY a.platform");
        self.0.read(sql, |row| Ok((row.get(0)?, row.get(1)?))).await
    }

    /// Raises counters and times after messages were inserted.
    pub async fn bump_many(&self, bumps: &[Bump], now: Timestamp) -> Result<()> {
        // One row takes part in one update once, so several bumps of one conversation are added up first.
        let mut sums: BTreeMap<ConversationId, Bump> = BTreeMap::new();
        for bump in bumps {
            let sum = sums.entry(bump.id).or_insert(Bump { unread: 0, ..*bump });
            sum.unread += bump.unread;
            sum.last_message_at = sum.last_message_at.max(bump.last_message_at);
            sum.customer_at = sum.customer_at.max(bump.customer_at);
        }
        let bumps: Vec<Bump> = sums.into_values().collect();
        for some in bumps.chunks(chunk(BUMP_WIDTH)) {
            let sql = self
                .0
                .sql("WITH v (id, unread, at, customer) AS (VALUES")
                .rows(BUMP_WIDTH, some, |sql, bump| {
                    let sql = sql.bind(bump.id.0).bind(bump.unread);
                    sql.maybe_time(bump.last_message_at).maybe_time(bump.customer_at)
                })
                .add(") UPDATE conversations SET unread_count = COALESCE(unread_count, 0) + v.unread,")
                .add("last_message_at = CASE WHEN v.at IS NULL THEN last_message_at")
                .add("WHEN last_message_at IS NULL OR v.at > last_message_at THEN v.at ELSE last_message_at END,")
                .add("customer_at = CASE WHEN v.customer IS NULL THEN customer_at")
                .add("WHEN customer_at IS NULL OR v.customer > customer_at THEN v.customer ELSE customer_at END,")
                .add("updated_at = ? FROM v WHERE conversations.id = v.id")
                .time(now);
            self.0.run(sql).await?;
        }
        Ok(())
    }

    /// Marks everything in one of the user's conversations as read; gives the messages that were unread, newest first.
    /// `None` = not the user's.
    pub async fn mark_read(&self, user: UserId, id: ConversationId, now: Timestamp) -> Result<Option<Vec<MessageId>>> {
        if !self.lock(user, id).await? {
            return Ok(None);
        }
        let sql = self
            .0
            .sql(
                "UPDATE messages SET is_read = TRUE WHERE conversation_id = ? AND (is_read = FALSE OR is_read IS NULL)",
            )
            .add("AND (is_outgoing = FALSE OR is_outgoing IS NULL) RETURNING id, ts(sent_at), sequence")
            .bind(id.0);
        let mut read =
            self.0.read(sql, |row| Ok((row.time(1)?, row.get::<Option<i64>>(2)?, row.id::<MessageId>(0)?))).await?;
        read.sort_unstable_by(|a, b| b.cmp(a));
        self.recount(id, now).await?;
        Ok(Some(read.into_iter().map(|(_, _, id)| id).collect()))
    }

    /// Marks what others said up to a point as read; false when that changes nothing.
    pub async fn read_up_to(&self, id: ConversationId, up_to: Point, now: Timestamp) -> Result<bool> {
        self.read_where(id, |sql| reports::up_to(sql, up_to), now).await
    }

    /// Marks what others said as read that counts no higher than `number`; what has no number goes by the time of the last that
    /// has one. False when that changes nothing.
    pub async fn read_to_number(&self, id: ConversationId, number: i64, now: Timestamp) -> Result<bool> {
        let last = "SELECT MAX(k.sent_at) FROM messages k WHERE k.conversation_id = ? AND k.sequence <= ?";
        let condition = format!("(sequence <= ? OR (sequence IS NULL AND sent_at < ({last})))");
        self.read_where(id, |sql| sql.add(&condition).bind(number).bind(id.0).bind(number), now).await
    }

    async fn read_where(&self, id: ConversationId, up_to: impl FnOnce(Sql) -> Sql, now: Timestamp) -> Result<bool> {
        self.0.one(self.0.sql("SELECT id FROM conversations WHERE id = ? {FOR UPDATE}").bind(id.0)).await?;
        let sql = self
            .0
            .sql(
                "UPDATE messages SET is_read = TRUE WHERE conversation_id = ? AND (is_read = FALSE OR is_read IS NULL)",
            )
            .add("AND (is_outgoing = FALSE OR is_outgoing IS NULL) AND")
            .bind(id.0);
        if self.0.run(up_to(sql)).await? == 0 {
            return Ok(false);
        }
        self.recount(id, now).await?;
        Ok(true)
    }

    /// Holds the row of one of the user's conversations until the transaction ends, so that nobody counts meanwhile.
    pub(super) async fn lock(&self, user: UserId, id: ConversationId) -> Result<bool> {
        let sql = self
            .0
            .sql("SELECT c.id FROM conversations c JOIN connected_accounts a ON a.id = c.account_id")
            .add("WHERE c.id = ? AND a.user_id = ? {FOR UPDATE OF c}")
            .bind(id.0)
            .bind(user.0);
        Ok(self.0.one(sql).await?.is_some())
    }

    /// Counts what is unread anew.
    pub(super) async fn recount(&self, id: ConversationId, now: Timestamp) -> Result<()> {
        let sql = self
            .0
            .sql("UPDATE conversations SET unread_count = (SELECT COUNT(*) FROM messages m WHERE m.conversation_id = ?")
            .add("AND (m.is_read = FALSE OR m.is_read IS NULL) AND (m.is_outgoing = FALSE OR m.is_outgoing IS NULL)),")
            .add("updated_at = ? WHERE id = ?")
            .bind(id.0)
            .time(now)
            .bind(id.0);
        self.0.run(sql).await.map(|_| ())
    }
}
