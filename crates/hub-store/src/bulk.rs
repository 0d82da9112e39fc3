//! Storing a great many messages at once. Each row belongs into several indexes at places far apart, so that a million of them
//! rewrite every page of every index hundreds of times. Without the indexes they are appended, and the indexes are made
//! anew at the end, each in one go. What is set aside is noted, so that it comes back even when the process is killed.

use crate::connect::Store;
use crate::dialect::Engine;
use crate::error::Result;
use crate::sql::{Conn, Link, limited};
use sea_orm::DatabaseTransaction;

/// What the writer of a SQLite file may keep in memory meanwhile, in KiB: the pages of one commit.
const CACHE_KIB: u32 = 32_768;
/// Pages of a SQLite journal before they are carried over into the file: carried over rarely, a page is written once for many
/// changes.
const JOURNAL_PAGES: u32 = 16_384;

impl Store {
    /// Takes the indexes of messages away that only make reading fast, for an import that begins in an empty table or goes on.
    /// Elsewhere it does nothing: an index of many rows is not worth making anew for a few.
    pub async fn set_indexes_aside(&self, goes_on: bool) -> Result<()> {
        let transaction = self.begin().await?.into_transaction();
        let conn = self.within(&transaction);
        let is_empty = conn.all(conn.sql("SELECT 1 FROM messages LIMIT 1")).await?.is_empty();
        if !is_empty && !goes_on {
            return limited(transaction.rollback()).await;
        }
        let indexes = match self.engine() {
            Engine::Sqlite => {
                "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = 'messages' AND sql LIKE 'CREATE INDEX %'"
            }
            Engine::Postgres => {
                "SELECT CAST(indexname AS text), indexdef FROM pg_indexes WHERE schemaname = current_schema() \
                 AND tablename = 'messages' AND indexdef LIKE 'CREATE INDEX %'"
            }
        };
        let indexes = conn.read(conn.sql(indexes), |row| Ok((row.get::<String>(0)?, row.get::<String>(1)?))).await?;
        for (name, definition) in indexes {
            let note =
                conn.sql("INSERT INTO hub_indexes_aside (name, definition) VALUES (?, ?) ON CONFLICT DO NOTHING");
            conn.run(note.bind(name.as_str()).bind(definition)).await?;
            conn.run_unhurried(conn.sql(&format!("DROP INDEX \"{name}\""))).await?;
        }
        limited(transaction.commit()).await?;
        if self.engine() == Engine::Sqlite {
            for pragma in
                [format!("PRAGMA cache_size = -{CACHE_KIB}"), format!("PRAGMA wal_autocheckpoint = {JOURNAL_PAGES}")]
            {
                self.writing(&pragma).await?;
            }
        }
        Ok(())
    }

    /// Makes the indexes anew that were set aside, one by one. Harmless when there are none, and when another process does the
    /// same.
    pub async fn restore_indexes(&self) -> Result<()> {
        loop {
            let transaction = self.begin().await?.into_transaction();
            let conn = self.within(&transaction);
            let next = conn.sql("SELECT name, definition FROM hub_indexes_aside ORDER BY name LIMIT 1 {FOR UPDATE}");
            let next = conn.read_one(next, |row| Ok((row.get::<String>(0)?, row.get::<String>(1)?))).await?;
            let Some((name, definition)) = next else { return limited(transaction.rollback()).await };
            if self.engine() == Engine::Postgres {
                conn.run(conn.sql("SET LOCAL statement_timeout = 0")).await?;
            }
            tracing::info!(index = name, "an index is made anew");
            // Both engines keep the definition without the words that let it be there already.
            let again = definition.replacen("CREATE INDEX ", "CREATE INDEX IF NOT EXISTS ", 1);
            conn.run_unhurried(conn.sql(&again)).await?;
            conn.run(conn.sql("DELETE FROM hub_indexes_aside WHERE name = ?").bind(name)).await?;
            limited(transaction.commit()).await?;
        }
    }

    fn within<'a>(&self, transaction: &'a DatabaseTransaction) -> Conn<'a> {
        Conn { link: Link::Tx(transaction), engine: self.engine(), notes: None }
    }
}
