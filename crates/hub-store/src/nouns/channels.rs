//! How each account's channel stands, the holes in its past, and the hub's own signs of life.

use crate::error::Result;
use crate::sql::{Conn, Row};
use hub_domain::{AccountId, ChannelState, Hole, MessageId, Standing, Timestamp, UserId};
use uuid::Uuid;

/// Holes shown of one account, newest first.
const HOLES_SHOWN: i64 = 50;
/// The name of the hub's own sign of life.
const HUB: &str = "hub";

/// A channel as it rests.
#[derive(Clone, Debug, PartialEq)]
pub struct Channel {
    /// Whose.
    pub account: AccountId,
    /// How it stands.
    pub standing: Standing,
    /// While it is catching up: from when on things were missed.
    pub missed_from: Option<Timestamp>,
    /// When something last arrived.
    pub last_event_at: Option<Timestamp>,
    /// When a call last worked.
    pub last_success_at: Option<Timestamp>,
    /// When the platform will be asked next.
    pub probe_at: Option<Timestamp>,
    /// What is usual for it, as JSON.
    pub pace: Option<String>,
}

/// What one account showed since the last time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SignsOfLife {
    /// When something last arrived.
    pub event_at: Option<Timestamp>,
    /// When a call last worked.
    pub success_at: Option<Timestamp>,
}

/// What a page did for the reading of an account's past.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReadingStep {
    /// Conversations read to their end; `None` = the platform does not list by conversation.
    pub conversations: Option<i32>,
    /// Conversations that are left; `None` = the platform has not told.
    pub left: Option<i32>,
    /// New messages.
    pub messages: i64,
}

/// Statements about channels.
pub struct Channels<'a>(pub(crate) Conn<'a>);

const COLUMNS: &str = "h.account_id, h.state, ts(h.since), h.evidence, ts(h.missed_from), ts(h.last_event_at), \
    ts(h.last_success_at), ts(h.probe_at), h.pace";

fn read(row: &Row) -> Result<Channel> {
    let evidence: String = row.get(3)?;
    let standing = Standing {
        state: ChannelState::from_stored(row.get::<Option<String>>(1)?.as_deref()),
        since: row.time(2)?,
        // Rows from before there was evidence have none.
        evidence: serde_json::from_str(&evidence).unwrap_or_default(),
    };
    Ok(Channel {
        account: row.id(0)?,
        standing,
        missed_from: row.maybe_time(4)?,
        last_event_at: row.maybe_time(5)?,
        last_success_at: row.maybe_time(6)?,
        probe_at: row.maybe_time(7)?,
        pace: row.get(8)?,
    })
}

impl Channels<'_> {
    /// One channel; `None` = nothing is known of it.
    pub async fn get(&self, account: AccountId) -> Result<Option<Channel>> {
        let sql = self.0.sql(&format!("SELECT {COLUMNS} FROM hub_channels h WHERE h.account_id = ?")).bind(account.0);
        self.0.read_one(sql, read).await
    }

    /// The same, kept from others until this transaction ends.
    pub async fn lock(&self, account: AccountId) -> Result<Option<Channel>> {
        let sql = self.0.sql(&format!("SELECT {COLUMNS} FROM hub_channels h WHERE h.account_id = ? {{FOR UPDATE}}"));
        self.0.read_one(sql.bind(account.0), read).await
    }

    /// The channels of a user's accounts.
    pub async fn list(&self, user: UserId) -> Result<Vec<Channel>> {
        let sql = self
            .0
            .sql(&format!("SELECT {COLUMNS} FROM hub_channels h JOIN connected_accounts a ON a.id = h.account_id"))
            .add("WHERE a.user_id = ?")
            .bind(user.0);
        self.0.read(sql, read).await
    }

    /// Some channels.
    pub async fn many(&self, accounts: &[AccountId]) -> Result<Vec<Channel>> {
        let sql = self.0.sql(&format!("SELECT {COLUMNS} FROM hub_channels h WHERE h.account_id IN"));
        self.0.read(sql.list(accounts.iter().map(|id| id.0)), read).await
    }

    /// Writes down how a channel stands.
    pub async fn set(
        &self,
        account: AccountId,
        standing: &Standing,
        missed_from: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<()> {
        let evidence = serde_json::to_string(&standing.evidence).unwrap_or_default();
        let sql = self
            .0
            .sql("INSERT INTO hub_channels (account_id, state, since, evidence, missed_from, probe_at)")
            .add("VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (account_id) DO UPDATE SET state = excluded.state,")
            .add("since = excluded.since, evidence = excluded.evidence, missed_from = excluded.missed_from")
            .bind(account.0)
            .bind(standing.state.as_str())
            .time(standing.since)
            .bind(evidence)
            .maybe_time(missed_from)
            .time(now);
        self.0.run(sql).await.map(|_| ())
    }

    /// The reading of an account's past begins, or begins anew.
    pub async fn begin_reading(&self, account: AccountId, now: Timestamp) -> Result<()> {
        let sql = self
            .0
            .sql("UPDATE hub_channels SET reading_since = ?, reading_done = NULL, reading_total = NULL,")
            .add("reading_messages = 0 WHERE account_id = ?")
            .time(now)
            .bind(account.0);
        self.0.run(sql).await.map(|_| ())
    }

    /// It got further, and begins with that where it had not begun.
    pub async fn read_on(&self, account: AccountId, step: ReadingStep, now: Timestamp) -> Result<()> {
        let sql = self
            .0
            .sql("UPDATE hub_channels SET reading_since = COALESCE(reading_since, ?),")
            .add("reading_messages = COALESCE(reading_messages, 0) + ?")
            .time(now)
            .bind(step.messages);
        let sql = match (step.conversations, step.left) {
            (Some(read), Some(left)) => sql
                .add(", reading_done = COALESCE(reading_done, 0) + ?, reading_total = COALESCE(reading_done, 0) + ?")
                .bind(read)
                .bind(read.saturating_add(left)),
            (Some(read), None) => {
                sql.add(", reading_done = COALESCE(reading_done, 0) + ?, reading_total = NULL").bind(read)
            }
            (None, _) => sql,
        };
        self.0.run(sql.add("WHERE account_id = ?").bind(account.0)).await.map(|_| ())
    }

    /// It has ended, by being done or by being given up; false when none was under way.
    pub async fn end_reading(&self, account: AccountId) -> Result<bool> {
        let sql = self
            .0
            .sql("UPDATE hub_channels SET reading_since = NULL, reading_done = NULL, reading_total = NULL,")
            .add("reading_messages = NULL WHERE account_id = ? AND reading_since IS NOT NULL")
            .bind(account.0);
        Ok(self.0.run(sql).await? > 0)
    }

    /// Active accounts whose platform is to be asked now, the longest overdue first. Nobody else finds them until the
    /// transaction ends; whoever found them says when they are asked next ([`Channels::postpone`]). Nobody is to be asked later
    /// than `latest`: what is put off further was so under another setting.
    pub async fn due(&self, now: Timestamp, latest: Timestamp, limit: u32) -> Result<Vec<AccountId>> {
        let sql = self
            .0
            .sql("SELECT h.account_id FROM hub_channels h JOIN connected_accounts a ON a.id = h.account_id")
            .add("WHERE (a.is_active = TRUE OR a.is_active IS NULL)")
            .add("AND (h.probe_at IS NULL OR h.probe_at <= ? OR h.probe_at > ?)")
            .time(now)
            .time(latest)
            .add("ORDER BY h.probe_at LIMIT ? {FOR UPDATE OF h SKIP LOCKED}")
            .bind(i64::from(limit));
        self.0.read(sql, |row| row.id(0)).await
    }

    /// Asks next at `at`.
    pub async fn postpone(&self, account: AccountId, at: Timestamp) -> Result<()> {
        let sql = self.0.sql("UPDATE hub_channels SET probe_at = ? WHERE account_id = ?").time(at).bind(account.0);
        self.0.run(sql).await.map(|_| ())
    }

    /// Writes down what an account showed; what is known already and newer stays.
    pub async fn note(&self, account: AccountId, signs: SignsOfLife) -> Result<()> {
        let sql = self
            .0
            .sql("UPDATE hub_channels SET")
            .add("last_event_at = CASE WHEN last_event_at >= ? THEN last_event_at ELSE COALESCE(?, last_event_at) END,")
            .add("last_success_at = CASE WHEN last_success_at >= ? THEN last_success_at")
            .add("ELSE COALESCE(?, last_success_at) END WHERE account_id = ?")
            .maybe_time(signs.event_at)
            .maybe_time(signs.event_at)
            .maybe_time(signs.success_at)
            .maybe_time(signs.success_at)
            .bind(account.0);
        self.0.run(sql).await.map(|_| ())
    }

    /// Keeps what is usual for an account.
    pub async fn set_pace(&self, account: AccountId, pace: &str) -> Result<()> {
        let sql = self.0.sql("UPDATE hub_channels SET pace = ? WHERE account_id = ?").bind(pace).bind(account.0);
        self.0.run(sql).await.map(|_| ())
    }

    /// The hub lives. Gives the sign before this one; the transaction keeps others from giving one meanwhile.
    pub async fn beat(&self, now: Timestamp) -> Result<Option<Timestamp>> {
        let sql = self.0.sql("SELECT ts(at) FROM hub_signs WHERE name = ? {FOR UPDATE}").bind(HUB);
        let before = self.0.read_one(sql, |row| row.time(0)).await?;
        let sql = self.0.sql("INSERT INTO hub_signs (name, at) VALUES (?, ?)").bind(HUB).time(now);
        let sql = sql.add("ON CONFLICT (name) DO UPDATE SET at = excluded.at WHERE hub_signs.at < excluded.at");
        self.0.run(sql).await?;
        Ok(before)
    }

    /// Writes down a time whose messages cannot be had any more. One that begins at the same instant is the same hole.
    pub async fn add_hole(&self, id: Uuid, account: AccountId, hole: &Hole) -> Result<bool> {
        let sql = self
            .0
            .sql("INSERT INTO hub_holes (id, account_id, from_at, until_at, why) VALUES (?, ?, ?, ?, ?)")
            .add("ON CONFLICT DO NOTHING")
            .bind(id)
            .bind(account.0)
            .time(hole.from)
            .time(hole.until)
            .bind(hole.why.as_str());
        Ok(self.0.run(sql).await? > 0)
    }

    /// The newest holes of an account.
    pub async fn holes(&self, account: AccountId) -> Result<Vec<Hole>> {
        let sql = self
            .0
            .sql("SELECT ts(from_at), ts(until_at), why FROM hub_holes WHERE account_id = ?")
            .add("ORDER BY from_at DESC LIMIT ?")
            .bind(account.0)
            .bind(HOLES_SHOWN);
        self.0.read(sql, |row| Ok(Hole { from: row.time(0)?, until: row.time(1)?, why: row.get(2)? })).await
    }

    /// Forgets holes that ended before `before`.
    pub async fn purge_holes(&self, before: Timestamp) -> Result<u64> {
        self.0.run(self.0.sql("DELETE FROM hub_holes WHERE until_at < ?").time(before)).await
    }

    /// Marks messages that were missed and found by reading back.
    pub async fn mark_recovered(&self, messages: &[MessageId]) -> Result<()> {
        for some in messages.chunks(crate::sql::chunk(1)) {
            let sql = self.0.sql("UPDATE messages SET recovered = TRUE WHERE id IN").list(some.iter().map(|id| id.0));
            self.0.run(sql).await?;
        }
        Ok(())
    }

    /// How many such messages of an account were found since `since`.
    pub async fn recovered_since(&self, account: AccountId, since: Timestamp) -> Result<i64> {
        let sql = self
            .0
            .sql("SELECT COUNT(*) FROM messages m JOIN conversations c ON c.id = m.conversation_id")
            .add("WHERE c.account_id = ? AND m.recovered = TRUE AND m.created_at >= ?")
            .bind(account.0)
            .time(since);
        Ok(self.0.read_one(sql, |row| row.get(0)).await?.unwrap_or_default())
    }
}
