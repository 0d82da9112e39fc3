//! Threads and their counters.

use super::PUBLISHED;
use crate::error::Result;
use crate::sql::{Conn, Row, Sql, chunk};
use hub_domain::{
    AccountId, Conversation, ConversationId, MessageId, RemoteConversationId, RemoteParticipantId, Timestamp, UserId,
};
use std::collections::{BTreeMap, HashMap};

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
}

/// A conversation as an event names it. What is `None` overwrites nothing.
#[derive(Clone, Debug)]
pub struct UpsertConversation {
    /// Id of the row, if it is new.
    pub id: ConversationId,
    /// Account.
    pub account_id: AccountId,
    /// Id at the platform.
    pub remote_id: RemoteConversationId,
    /// Name.
    pub name: Option<String>,
    /// The other person.
    pub participant_id: Option<RemoteParticipantId>,
    /// Picture.
    pub avatar_url: Option<String>,
    /// What an answer must carry, as JSON.
    pub address: Option<String>,
    /// Now.
    pub at: Timestamp,
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
}

/// Parameters of one conversation, and of one bump.
const CONVERSATION_WIDTH: usize = 10;
const BUMP_WIDTH: usize = 3;

/// Statements about conversations.
pub struct Conversations<'a>(pub(crate) Conn<'a>);

const COLUMNS: &str = "c.id, c.account_id, a.platform, a.platform_username, a.is_active, c.platform_conversation_id, \
    c.participant_name, c.participant_id, c.participant_avatar_url, ts(c.last_message_at), c.unread_count, \
    ts(c.created_at), ts(c.updated_at), a.user_id";
const FROM: &str = "FROM conversations c JOIN connected_accounts a ON a.id = c.account_id WHERE a.user_id IS NOT NULL";

fn read(row: &Row) -> Result<(Conversation, UserId)> {
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
            let sql = sql.add("AND a.user_id = ?").bind(user.0);
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

    /// By id at the platform, now or before a move.
    pub async fn by_remote_any(&self, account: AccountId, remote: &RemoteConversationId) -> Result<Option<Located>> {
        let sql = self
            .0
            .sql("SELECT id, 0 FROM conversations WHERE account_id = ? AND platform_conversation_id = ?")
            .add("UNION ALL SELECT conversation_id, 1 FROM hub_conversation_aliases WHERE account_id = ? AND remote_id = ?")
            .bind(account.0)
            .bind(remote.as_str())
            .bind(account.0)
            .bind(remote.as_str());
        self.0.read_one(sql, |row| Ok(Located { id: row.id(0)?, moved: row.get::<i32>(1)? == 1 })).await
    }

    /// Finds or makes many conversations. The rows are touched in one order everywhere, so that two transactions never wait
    /// for each other.
    pub async fn upsert_many(&self, rows: &[UpsertConversation]) -> Result<Vec<ConversationKey>> {
        let moved = self.aliases(rows).await?;
        let mut keys = Vec::with_capacity(rows.len());
        let mut fresh: Vec<&UpsertConversation> = Vec::with_capacity(rows.len());
        for row in rows {
            match moved.get(&(row.account_id, row.remote_id.clone())) {
                Some(id) => keys.push(ConversationKey {
                    account_id: row.account_id,
                    remote_id: row.remote_id.clone(),
                    found: Located { id: *id, moved: true },
                }),
                None => fresh.push(row),
            }
        }
        fresh.sort_by(|a, b| (a.account_id, &a.remote_id).cmp(&(b.account_id, &b.remote_id)));
        for some in fresh.chunks(chunk(CONVERSATION_WIDTH)) {
            let sql = self
                .0
                .sql("INSERT INTO conversations (id, account_id, platform_conversation_id, participant_name,")
                .add("participant_id, participant_avatar_url, address, unread_count, created_at, updated_at) VALUES")
                .rows(CONVERSATION_WIDTH, some, |sql, row| {
                    sql.bind(row.id.0)
                        .bind(row.account_id.0)
                        .bind(row.remote_id.as_str())
                        .bind(row.name.clone())
                        .bind(row.participant_id.as_ref().map(|id| id.as_str().to_owned()))
                        .bind(row.avatar_url.clone())
                        .bind(row.address.clone())
                        .bind(0)
                        .time(row.at)
                        .time(row.at)
                })
                .add("ON CONFLICT (account_id, platform_conversation_id) DO UPDATE SET")
                .add("participant_name = COALESCE(excluded.participant_name, conversations.participant_name),")
                .add("participant_id = COALESCE(excluded.participant_id, conversations.participant_id),")
                .add("participant_avatar_url =")
                .add("COALESCE(excluded.participant_avatar_url, conversations.participant_avatar_url),")
                .add("address = COALESCE(excluded.address, conversations.address), updated_at = excluded.updated_at")
                .add("RETURNING id, account_id, platform_conversation_id");
            keys.extend(
                self.0
                    .read(sql, |row| {
                        let found = Located { id: row.id(0)?, moved: false };
                        Ok(ConversationKey { account_id: row.id(1)?, remote_id: row.text(2)?, found })
                    })
                    .await?,
            );
        }
        Ok(keys)
    }

    async fn aliases(
        &self,
        rows: &[UpsertConversation],
    ) -> Result<HashMap<(AccountId, RemoteConversationId), ConversationId>> {
        let mut found = HashMap::new();
        for some in rows.chunks(chunk(1)) {
            let sql = self
                .0
                .sql("SELECT account_id, remote_id, conversation_id FROM hub_conversation_aliases WHERE remote_id IN")
                .list(some.iter().map(|row| row.remote_id.as_str()));
            let known = self.0.read(sql, |row| Ok(((row.id(0)?, row.text(1)?), row.id(2)?))).await?;
            found.extend(known);
        }
        Ok(found)
    }

    /// Raises counters and times after messages were inserted.
    pub async fn bump_many(&self, bumps: &[Bump], now: Timestamp) -> Result<()> {
        // One row takes part in one update once, so several bumps of one conversation are added up first.
        let mut sums: BTreeMap<ConversationId, Bump> = BTreeMap::new();
        for bump in bumps {
            let sum = sums.entry(bump.id).or_insert(Bump { unread: 0, ..*bump });
            sum.unread += bump.unread;
            sum.last_message_at = sum.last_message_at.max(bump.last_message_at);
        }
        let bumps: Vec<Bump> = sums.into_values().collect();
        for some in bumps.chunks(chunk(BUMP_WIDTH)) {
            let sql = self
                .0
                .sql("WITH v (id, unread, at) AS (VALUES")
                .rows(BUMP_WIDTH, some, |sql, bump| {
                    sql.bind(bump.id.0).bind(bump.unread).maybe_time(bump.last_message_at)
                })
                .add(") UPDATE conversations SET unread_count = COALESCE(unread_count, 0) + v.unread,")
                .add("last_message_at = CASE WHEN v.at IS NULL THEN last_message_at")
                .add("WHEN last_message_at IS NULL OR v.at > last_message_at THEN v.at ELSE last_message_at END,")
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

    /// Gives a conversation its new id at the platform. History and future are one: the old id stays known, messages of that
    /// time get the old id before theirs, and a conversation that was already made under the new id is taken in.
    pub async fn move_remote(
        &self,
        account: AccountId,
        from: &RemoteConversationId,
        to: &RemoteConversationId,
        now: Timestamp,
    ) -> Result<Option<ConversationId>> {
        let find = |remote: &RemoteConversationId| {
            let sql = self.0.sql("SELECT id FROM conversations WHERE account_id = ? AND platform_conversation_id = ?");
            self.0.read_one(sql.bind(account.0).bind(remote.as_str().to_owned()), |row| row.id::<ConversationId>(0))
        };
        let Some(id) = find(from).await? else { return Ok(None) };
        if from == to {
            return Ok(None);
        }
        // Ids of that time, answers that point at them, and parts of messages that were or are being sent.
        let prefix = format!("{from}:");
        for (table, column) in
            [("messages", "platform_message_id"), ("messages", "reply_to"), ("hub_message_parts", "remote_id")]
        {
            let sql = self
                .0
                .sql(&format!("UPDATE {table} SET {column} = CAST(? AS text) || {column}"))
                .add(&format!("WHERE conversation_id = ? AND {column} NOT LIKE 'hub:%'"))
                .bind(prefix.as_str())
                .bind(id.0);
            self.0.run(sql).await?;
        }
        if let Some(early) = find(to).await? {
            for table in ["messages", "hub_message_parts", "hub_notices"] {
                let sql = self.0.sql(&format!("UPDATE {table} SET conversation_id = ? WHERE conversation_id = ?"));
                self.0.run(sql.bind(id.0).bind(early.0)).await?;
            }
            self.0.run(self.0.sql("DELETE FROM conversations WHERE id = ?").bind(early.0)).await?;
        }
        let sql =
            self.0.sql("UPDATE conversations SET platform_conversation_id = ?, participant_id = ?, last_message_at =");
        let sql = sql
            .add("(SELECT MAX(m.sent_at) FROM messages m WHERE m.conversation_id = conversations.id) WHERE id = ?")
            .bind(to.as_str())
            .bind(to.as_str())
            .bind(id.0);
        self.0.run(sql).await?;
        let sql = self.0.sql("INSERT INTO hub_conversation_aliases (account_id, remote_id, conversation_id)");
        let sql = sql.add("VALUES (?, ?, ?) ON CONFLICT DO NOTHING").bind(account.0).bind(from.as_str()).bind(id.0);
        self.0.run(sql).await?;
        self.recount(id, now).await?;
        Ok(Some(id))
    }
}
