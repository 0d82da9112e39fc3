//! Linking under way, and proofs that were used.

use crate::error::Result;
use crate::sql::{Conn, Row};
use hub_domain::{Timestamp, UserId};

/// An attempt to link an account.
#[derive(Clone, Debug)]
pub struct ConnectAttempt {
    /// Digest of its key.
    pub state_digest: String,
    /// Who.
    pub user_id: UserId,
    /// Published platform name.
    pub platform_name: String,
    /// Which way of linking.
    pub method: String,
    /// What the adapter must remember, sealed.
    pub memory: String,
    /// Digest of the browser's value.
    pub browser: Option<String>,
    /// Where the platform was told to send the browser.
    pub redirect_uri: Option<String>,
    /// When it ends.
    pub expires_at: Timestamp,
    /// When it began.
    pub at: Timestamp,
}

/// Statements about attempts.
pub struct ConnectAttempts<'a>(pub(crate) Conn<'a>);

const COLUMNS: &str = "state_digest, user_id, platform, method, memory, browser, redirect_uri, ts(expires_at), ts(at)";

fn read(row: &Row) -> Result<ConnectAttempt> {
    Ok(ConnectAttempt {
        state_digest: row.get(0)?,
        user_id: row.id(1)?,
        platform_name: row.get(2)?,
        method: row.get(3)?,
        memory: row.get(4)?,
        browser: row.get(5)?,
        redirect_uri: row.get(6)?,
        expires_at: row.time(7)?,
        at: row.time(8)?,
    })
}

impl ConnectAttempts<'_> {
    /// Stores an attempt.
    pub async fn insert(&self, attempt: &ConnectAttempt) -> Result<()> {
        let sql = self
            .0
            .sql("INSERT INTO hub_connect_attempts (state_digest, user_id, platform, method, memory, browser,")
            .add("redirect_uri, expires_at, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)")
            .bind(attempt.state_digest.as_str())
            .bind(attempt.user_id.0)
            .bind(attempt.platform_name.as_str())
            .bind(attempt.method.as_str())
            .bind(attempt.memory.as_str())
            .bind(attempt.browser.clone())
            .bind(attempt.redirect_uri.clone())
            .time(attempt.expires_at)
            .time(attempt.at);
        self.0.run(sql).await.map(|_| ())
    }

    /// Takes an attempt; it is gone then. `None` = unknown, used or over.
    pub async fn take(&self, state_digest: &str, now: Timestamp) -> Result<Option<ConnectAttempt>> {
        let sql = self.0.sql("DELETE FROM hub_connect_attempts WHERE state_digest = ? RETURNING").add(COLUMNS);
        let taken = self.0.read_one(sql.bind(state_digest), read).await?;
        Ok(taken.filter(|attempt| attempt.expires_at > now))
    }

    /// Looks at an attempt. `None` = unknown, used or over.
    pub async fn find(&self, state_digest: &str, now: Timestamp) -> Result<Option<ConnectAttempt>> {
        let sql = self.0.sql("SELECT").add(COLUMNS).add("FROM hub_connect_attempts WHERE state_digest = ?");
        let found = self.0.read_one(sql.bind(state_digest), read).await?;
        Ok(found.filter(|attempt| attempt.expires_at > now))
    }

    /// Deletes a user's attempts.
    pub async fn drop_of(&self, user: UserId) -> Result<u64> {
        self.0.run(self.0.sql("DELETE FROM hub_connect_attempts WHERE user_id = ?").bind(user.0)).await
    }

    /// Deletes attempts that are over.
    pub async fn purge(&self, now: Timestamp) -> Result<u64> {
        self.0.run(self.0.sql("DELETE FROM hub_connect_attempts WHERE expires_at <= ?").time(now)).await
    }
}

/// Statements about used proofs.
pub struct UsedProofs<'a>(pub(crate) Conn<'a>);

impl UsedProofs<'_> {
    /// Notes that a proof was used, until `until`; false when it had been before.
    pub async fn insert(&self, digest: &str, until: Timestamp) -> Result<bool> {
        let sql = self.0.sql("INSERT INTO hub_used_proofs (digest, until_at) VALUES (?, ?) ON CONFLICT DO NOTHING");
        Ok(self.0.run(sql.bind(digest).time(until)).await? > 0)
    }

    /// Takes what may be used once until `until`; false when it is taken. What was taken is free again when its time is over.
    pub async fn take(&self, digest: &str, now: Timestamp, until: Timestamp) -> Result<bool> {
        let sql = self
            .0
            .sql("INSERT INTO hub_used_proofs (digest, until_at) VALUES (?, ?)")
            .add("ON CONFLICT (digest) DO UPDATE SET until_at = excluded.until_at")
            .add("WHERE hub_used_proofs.until_at <= ? RETURNING digest")
            .bind(digest)
            .time(until)
            .time(now);
        Ok(self.0.one(sql).await?.is_some())
    }

    /// When the first of these will be free again.
    pub async fn soonest(&self, digests: &[String]) -> Result<Option<Timestamp>> {
        let sql = self.0.sql("SELECT ts(until_at) FROM hub_used_proofs WHERE digest IN");
        let sql = sql.list(digests.iter().map(String::as_str)).add("ORDER BY until_at LIMIT 1");
        self.0.read_one(sql, |row| row.time(0)).await
    }

    /// Forgets proofs that nobody accepts any more.
    pub async fn purge(&self, now: Timestamp) -> Result<u64> {
        self.0.run(self.0.sql("DELETE FROM hub_used_proofs WHERE until_at <= ?").time(now)).await
    }
}
