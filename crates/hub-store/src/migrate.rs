//! Brings the schema up to date: numbered SQL files per engine, each in one transaction, written down in a table of our own
//! so that the bookkeeping of the originals stays untouched.

use crate::connect::Store;
use crate::dialect::Engine;
use crate::error::{Result, StoreError};
use crate::nouns::counters;
use crate::sql::{Conn, Link, limited};
use sea_orm::{DatabaseTransaction, TransactionTrait};

/// What was done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MigrationReport {
    /// Names of the files that were applied now, in order.
    pub applied: Vec<&'static str>,
}

struct Migration {
    name: &'static str,
    sqlite: &'static str,
    postgres: &'static str,
}

macro_rules! migrations {
    ($($name:literal),+ $(,)?) => {
        &[$(Migration {
            name: $name,
            sqlite: include_str!(concat!("../migrations/sqlite/", $name, ".sql")),
            postgres: include_str!(concat!("../migrations/postgres/", $name, ".sql")),
        }),+]
    };
}

const MIGRATIONS: &[Migration] = migrations![
    "0001_baseline",
    "0002_hub",
    "0003_people",
    "0004_subscriptions",
    "0005_imports",
    "0006_channels",
    "0007_outbox",
    "0008_ledger",
    "0009_admin",
    "0010_reading",
    "0011_indexes_aside"
];

/// The first of them: it meets a new database, or one of the originals.
const BASELINE: &str = "0001_baseline";
/// Marks a statement that may be refused (an index on a table of another owner, say) without harm.
const OPTIONAL: &str = "-- optional";
/// Key of the lock that lets one process migrate at a time: any number, as long as it stays.
const LOCK: i64 = 0x6875_625f_6d69;

pub(crate) async fn run(store: &Store) -> Result<MigrationReport> {
    let tx = store.begin().await?;
    let transaction = tx.into_transaction();
    let conn = Conn { link: Link::Tx(&transaction), engine: store.engine(), notes: None };
    if store.engine() == Engine::Postgres {
        // An index on a large table takes its time, and so does waiting for another process that builds it.
        conn.run(conn.sql("SET LOCAL statement_timeout = 0")).await?;
        conn.run_unhurried(conn.sql("SELECT CAST(pg_advisory_xact_lock(?) AS text)").bind(LOCK)).await?;
    }
    conn.run(conn.sql("CREATE TABLE IF NOT EXISTS hub_migrations (name TEXT PRIMARY KEY)")).await?;
    let known: Vec<String> = conn.read(conn.sql("SELECT name FROM hub_migrations"), |row| row.get(0)).await?;
    if let Some(newer) = known.iter().find(|name| !MIGRATIONS.iter().any(|m| m.name == name.as_str())) {
        return Err(StoreError::Invalid(format!("this database was made by a newer version ({newer})")));
    }
    let mut report = MigrationReport::default();
    for migration in MIGRATIONS.iter().filter(|m| !known.iter().any(|name| name == m.name)) {
        let text = match store.engine() {
            Engine::Sqlite => migration.sqlite,
            Engine::Postgres => migration.postgres,
        };
        for statement in text.split(";\n").map(str::trim).filter(|statement| !statement.is_empty()) {
            apply(&transaction, conn, statement).await?;
        }
        conn.run(conn.sql("INSERT INTO hub_migrations (name) VALUES (?)").bind(migration.name)).await?;
        report.applied.push(migration.name);
    }
    if report.applied.contains(&BASELINE) {
        // What an original counted wrongly is set right once, with everything else or not at all.
        counters::repair(conn).await?;
    }
    limited(transaction.commit()).await?;
    // An import that was killed left them aside.
    store.restore_indexes().await?;
    Ok(report)
}

async fn apply(transaction: &DatabaseTransaction, conn: Conn<'_>, statement: &str) -> Result<()> {
    if !statement.contains(OPTIONAL) {
        return conn.run_unhurried(conn.sql(statement)).await;
    }
    let savepoint = limited(transaction.begin()).await?;
    let inner = Conn { link: Link::Tx(&savepoint), engine: conn.engine, notes: None };
    match inner.run_unhurried(inner.sql(statement)).await {
        Ok(()) => limited(savepoint.commit()).await,
        Err(error @ StoreError::Unavailable(_)) => Err(error),
        Err(error) => {
            let statement = statement.trim_start_matches(OPTIONAL).trim();
            tracing::warn!(%error, statement, "an addition to the database was refused; the hub goes on without it");
            limited(savepoint.rollback()).await
        }
    }
}
