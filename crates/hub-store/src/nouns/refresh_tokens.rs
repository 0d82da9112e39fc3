//! What renews log-ins. The contract's table knows a token and when it was revoked; which log-in it belongs to, and whether
//! rotation revoked it, stands in a table of our own.

use crate::error::Result;
use crate::sql::{Conn, Row, chunk};
use hub_domain::{Timestamp, UserId};
use uuid::Uuid;

/// A new token.
#[derive(Clone, Debug)]
pub struct NewRefreshToken {
    /// Id of the row.
    pub id: Uuid,
    /// Whose.
    pub user_id: UserId,
    /// As it is stored: hashed.
    pub token: String,
    /// All tokens of one log-in share it.
    pub family: Uuid,
    /// When it ends.
    pub expires_at: Timestamp,
    /// Now.
    pub at: Timestamp,
}

/// A stored token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefreshToken {
    /// Id of the row.
    pub id: Uuid,
    /// Whose.
    pub user_id: UserId,
    /// When it ends.
    pub expires_at: Timestamp,
    /// When it was revoked, for whatever reason.
    pub revoked_at: Option<Timestamp>,
    /// Its log-in; `None` for rows of the originals.
    pub family: Option<Uuid>,
    /// When rotation revoked it.
    pub replaced_at: Option<Timestamp>,
}

/// Statements about refresh tokens.
pub struct RefreshTokens<'a>(pub(crate) Conn<'a>);

const SELECT: &str = "SELECT t.id, t.user_id, ts(t.expires_at), ts(t.revoked_at), f.family, ts(f.replaced_at) \
    FROM refresh_tokens t LEFT JOIN hub_refresh_families f ON f.token_id = t.id WHERE t.user_id IS NOT NULL AND";

fn read(row: &Row) -> Result<RefreshToken> {
    Ok(RefreshToken {
        id: row.get(0)?,
        user_id: row.id(1)?,
        expires_at: row.time(2)?,
        revoked_at: row.maybe_time(3)?,
        family: row.get(4)?,
        replaced_at: row.maybe_time(5)?,
    })
}

impl RefreshTokens<'_> {
    /// Stores a token.
    pub async fn insert(&self, token: &NewRefreshToken) -> Result<()> {
        let sql = self
            .0
            .sql("INSERT INTO refresh_tokens (id, user_id, token, expires_at, created_at) VALUES (?, ?, ?, ?, ?)")
            .bind(token.id)
            .bind(token.user_id.0)
            .bind(token.token.as_str())
            .time(token.expires_at)
            .time(token.at);
        self.0.run(sql).await?;
        self.adopt(token.id, token.family).await
    }

    /// Puts a row of an original into a log-in.
    pub async fn adopt(&self, id: Uuid, family: Uuid) -> Result<()> {
        let sql =
            self.0.sql("INSERT INTO hub_refresh_families (token_id, family) VALUES (?, ?) ON CONFLICT DO NOTHING");
        self.0.run(sql.bind(id).bind(family)).await.map(|_| ())
    }

    /// By any of the forms in which it may be stored. Of several rows (an original allows that) a good one wins.
    pub async fn find(&self, forms: &[&str]) -> Result<Option<RefreshToken>> {
        let sql = self.0.sql(SELECT).add("t.token IN").list(forms.iter().copied());
        let sql = sql.add("ORDER BY CASE WHEN t.revoked_at IS NULL THEN 0 ELSE 1 END, t.id LIMIT 1");
        self.0.read_one(sql, read).await
    }

    /// By the row's id.
    pub async fn by_id(&self, id: Uuid) -> Result<Option<RefreshToken>> {
        self.0.read_one(self.0.sql(SELECT).add("t.id = ?").bind(id), read).await
    }

    /// Revokes by rotation; true for the one caller that did it.
    pub async fn replace(&self, id: Uuid, now: Timestamp) -> Result<bool> {
        let sql = self.0.sql("UPDATE refresh_tokens SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL");
        if self.0.run(sql.time(now).bind(id)).await? == 0 {
            return Ok(false);
        }
        let sql = self.0.sql("UPDATE hub_refresh_families SET replaced_at = ? WHERE token_id = ?");
        self.0.run(sql.time(now).bind(id)).await?;
        Ok(true)
    }

    /// Revokes for good.
    pub async fn revoke(&self, forms: &[&str], now: Timestamp) -> Result<()> {
        let sql =
            self.0.sql("UPDATE refresh_tokens SET revoked_at = ? WHERE revoked_at IS NULL AND token IN").time(now);
        self.0.run(sql.list(forms.iter().copied())).await.map(|_| ())
    }

    /// Deletes up to `limit` tokens whose time is over.
    pub async fn delete_expired(&self, now: Timestamp, limit: u32) -> Result<u64> {
        let sql = self
            .0
            .sql("DELETE FROM refresh_tokens WHERE id IN (SELECT id FROM refresh_tokens WHERE expires_at < ? LIMIT ?)")
            .add("RETURNING id")
            .time(now)
            .bind(i64::from(limit));
        let gone: Vec<Uuid> = self.0.read(sql, |row| row.get(0)).await?;
        for some in gone.chunks(chunk(1)) {
            let sql = self.0.sql("DELETE FROM hub_refresh_families WHERE token_id IN").list(some.iter().copied());
            self.0.run(sql).await?;
        }
        Ok(gone.len() as u64)
    }
}
