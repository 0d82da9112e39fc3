//! Sealed values, row by row, for sealing them anew while the hub works: what changed meanwhile is left as it is.

use crate::error::Result;
use crate::sql::{Conn, chunk};
use uuid::Uuid;

/// The sealed columns of one row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedRow {
    /// Id of the row.
    pub id: Uuid,
    /// The first value and its seal: a message's words, an account's access token.
    pub first: (String, Option<String>),
    /// An account's refresh token and its seal.
    pub second: (Option<String>, Option<String>),
    /// Sealed as one value: a message's extras, a subscription's memory.
    pub wrapped: Option<String>,
}

/// A row as it was read, and as it shall be.
#[derive(Clone, Debug)]
pub struct Resealed {
    /// As it was read: it is only replaced while it is so.
    pub before: SealedRow,
    /// As it shall be.
    pub after: SealedRow,
}

/// Which rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SealedTable {
    /// Words and extras.
    Messages,
    /// Tokens.
    Accounts,
    /// Secrets, and what adapters remember.
    Subscriptions,
}

/// Parameters of one message.
const MESSAGE_WIDTH: usize = 5;

/// Statements about sealed values.
pub struct Seals<'a>(pub(crate) Conn<'a>);

impl Seals<'_> {
    /// Up to `limit` rows after `after`, by id, that hold a value whose seal does not begin with `seal`, or whose wrapping does
    /// not begin with `wrap`.
    pub async fn page(
        &self,
        table: SealedTable,
        (seal, wrap): (&str, &str),
        after: Option<Uuid>,
        limit: u32,
    ) -> Result<Vec<SealedRow>> {
        let (seal, wrap) = (format!("{seal}%"), format!("{wrap}%"));
        let sql = match table {
            SealedTable::Messages => self
                .0
                .sql("SELECT id, content, content_seal, NULL, NULL, details FROM messages")
                .add("WHERE (content_seal IS NULL OR content_seal NOT LIKE ? OR details NOT LIKE ?)")
                .bind(seal)
                .bind(wrap),
            SealedTable::Accounts => self
                .0
                .sql("SELECT id, access_token, access_token_seal, refresh_token, refresh_token_seal, NULL")
                // Rows without an owner are orphans of the originals.
                .add("FROM connected_accounts WHERE user_id IS NOT NULL AND ((access_token <> ''")
                .add("AND (access_token_seal IS NULL OR access_token_seal NOT LIKE ?))")
                .add("OR (refresh_token <> '' AND (refresh_token_seal IS NULL OR refresh_token_seal NOT LIKE ?)))")
                .bind(seal.clone())
                .bind(seal),
            SealedTable::Subscriptions => self
                .0
                .sql("SELECT id, secret, NULL, NULL, NULL, memory FROM hub_subscriptions")
                .add("WHERE (secret NOT LIKE ? OR memory NOT LIKE ?)")
                .bind(wrap.clone())
                .bind(wrap),
        };
        let sql = match after {
            Some(after) => sql.add("AND id > ?").bind(after),
            None => sql,
        };
        let sql = sql.add("ORDER BY id LIMIT ?").bind(i64::from(limit));
        let read = |row: &crate::sql::Row| {
            Ok(SealedRow {
                id: row.get(0)?,
                first: (row.get(1)?, row.get(2)?),
                second: (row.get(3)?, row.get(4)?),
                wrapped: row.get(5)?,
            })
        };
        self.0.read(sql, read).await
    }

    /// How many rows a table has.
    pub async fn count(&self, table: SealedTable) -> Result<i64> {
        let text = match table {
            SealedTable::Messages => "SELECT COUNT(*) FROM messages",
            SealedTable::Accounts => "SELECT COUNT(*) FROM connected_accounts",
            SealedTable::Subscriptions => "SELECT COUNT(*) FROM hub_subscriptions",
        };
        Ok(self.0.read_one(self.0.sql(text), |row| row.get(0)).await?.unwrap_or_default())
    }

    /// Replaces rows that are still as they were read; gives how many were.
    pub async fn replace(&self, table: SealedTable, rows: &[Resealed]) -> Result<u64> {
        match table {
            SealedTable::Messages => self.replace_messages(rows).await,
            SealedTable::Accounts => self.replace_accounts(rows).await,
            SealedTable::Subscriptions => self.replace_subscriptions(rows).await,
        }
    }

    async fn replace_messages(&self, rows: &[Resealed]) -> Result<u64> {
        let mut replaced = 0;
        for some in rows.chunks(chunk(MESSAGE_WIDTH)) {
            let sql = self
                .0
                .sql("WITH v (id, was, content, seal, details) AS (VALUES")
                .rows(MESSAGE_WIDTH, some, |sql, row| {
                    sql.bind(row.before.id)
                        .bind(row.before.first.0.as_str())
                        .bind(row.after.first.0.as_str())
                        .bind(row.after.first.1.clone())
                        .bind(row.after.wrapped.clone())
                })
                .add(") UPDATE messages SET content = v.content, content_seal = v.seal, details = v.details FROM v")
                // Every change of the words or the extras writes new words, sealed under another random beginning.
                .add("WHERE messages.id = v.id AND messages.content = v.was");
            replaced += self.0.run(sql).await?;
        }
        Ok(replaced)
    }

    async fn replace_accounts(&self, rows: &[Resealed]) -> Result<u64> {
        let mut replaced = 0;
        for row in rows {
            let sql = self
                .0
                .sql("UPDATE connected_accounts SET access_token = ?, access_token_seal = ?, refresh_token = ?,")
                .add("refresh_token_seal = ? WHERE id = ? AND access_token = ? AND COALESCE(refresh_token, '') = ?")
                .bind(row.after.first.0.as_str())
                .bind(row.after.first.1.clone())
                .bind(row.after.second.0.clone())
                .bind(row.after.second.1.clone())
                .bind(row.before.id)
                .bind(row.before.first.0.as_str())
                .bind(row.before.second.0.as_deref().unwrap_or_default());
            replaced += self.0.run(sql).await?;
        }
        Ok(replaced)
    }

    async fn replace_subscriptions(&self, rows: &[Resealed]) -> Result<u64> {
        let mut replaced = 0;
        for row in rows {
            let sql = self
                .0
                .sql("UPDATE hub_subscriptions SET secret = ?, memory = ?")
                .add("WHERE id = ? AND secret = ? AND COALESCE(memory, '') = ?")
                .bind(row.after.first.0.as_str())
                .bind(row.after.wrapped.clone())
                .bind(row.before.id)
                .bind(row.before.first.0.as_str())
                .bind(row.before.wrapped.as_deref().unwrap_or_default());
            replaced += self.0.run(sql).await?;
        }
        Ok(replaced)
    }

    /// Takes the seals of all tokens away, for an original that will write tokens and knows no seals.
    pub async fn remove_of_tokens(&self) -> Result<u64> {
        let sql = self
            .0
            .sql("UPDATE connected_accounts SET access_token_seal = NULL, refresh_token_seal = NULL")
            .add("WHERE access_token_seal IS NOT NULL OR refresh_token_seal IS NOT NULL");
        self.0.run(sql).await
    }
}
