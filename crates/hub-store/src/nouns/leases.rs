//! Who does what only one may do, and how far reading has got.

use crate::error::Result;
use crate::sql::Conn;
use hub_domain::{AccountId, Timestamp};

/// Statements about leases.
pub struct Leases<'a>(pub(crate) Conn<'a>);

impl Leases<'_> {
    /// Takes or keeps a lease until `until`; false while another holder's has not ended.
    pub async fn acquire(&self, name: &str, holder: &str, now: Timestamp, until: Timestamp) -> Result<bool> {
        let sql = self
            .0
            .sql("INSERT INTO hub_leases (name, holder, until_at) VALUES (?, ?, ?)")
            .add("ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until_at = excluded.until_at")
            .add("WHERE hub_leases.until_at <= ? OR hub_leases.holder = excluded.holder RETURNING name")
            .bind(name)
            .bind(holder)
            .time(until)
            .time(now);
        Ok(self.0.one(sql).await?.is_some())
    }

    /// Gives a lease back.
    pub async fn release(&self, name: &str, holder: &str) -> Result<()> {
        let sql = self.0.sql("DELETE FROM hub_leases WHERE name = ? AND holder = ?").bind(name).bind(holder);
        self.0.run(sql).await.map(|_| ())
    }
}

/// Statements about cursors.
pub struct Cursors<'a>(pub(crate) Conn<'a>);

impl Cursors<'_> {
    /// Where reading stopped.
    pub async fn get(&self, account: AccountId) -> Result<Option<String>> {
        let sql = self.0.sql("SELECT value FROM hub_cursors WHERE account_id = ?").bind(account.0);
        self.0.read_one(sql, |row| row.get(0)).await
    }

    /// Goes on from here next time.
    pub async fn set(&self, account: AccountId, value: &str, now: Timestamp) -> Result<()> {
        let sql = self
            .0
            .sql("INSERT INTO hub_cursors (account_id, value, at) VALUES (?, ?, ?)")
            .add("ON CONFLICT (account_id) DO UPDATE SET value = excluded.value, at = excluded.at")
            .bind(account.0)
            .bind(value)
            .time(now);
        self.0.run(sql).await.map(|_| ())
    }
}
