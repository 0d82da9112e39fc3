//! Opens the database.

use crate::certificates;
use crate::dialect::Engine;
use crate::error::{Result, StoreError};
use crate::migrate::{self, MigrationReport};
use crate::nouns::counters;
use crate::sql::{Conn, Link, limited};
use crate::tx::{Session, Tx};
use sea_orm::{DatabaseConnection, SqlxPostgresConnector, SqlxSqliteConnector};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

/// The longest wait for a free connection: a platform that waits for its answer should hear "come again" in time.
const ACQUIRE_LIMIT: Duration = Duration::from_secs(4);
/// How long SQLite waits for another process's lock.
const BUSY_LIMIT: Duration = Duration::from_secs(4);
/// The server's own limit for one statement of ours, in milliseconds; a little less than ours, so that it says why.
const SERVER_LIMIT_MS: &str = "14000";
/// The longest pause within a transaction, in milliseconds: no transaction of ours waits for anything but the database.
const IDLE_LIMIT_MS: &str = "30000";
/// Readers of a SQLite file.
const SQLITE_READERS: u32 = 4;

/// Where the data is.
#[derive(Clone, Debug)]
pub struct StoreSettings {
    /// `sqlite://path`, `postgres://…` or `postgresql://…`, whose `sslmode` and `sslrootcert` say which certificates are trusted.
    pub url: String,
    /// Connections to PostgreSQL at most.
    pub max_connections: u32,
    /// The zone whose clock stands in PostgreSQL's columns without a zone, such as `UTC` or `Europe/Berlin`.
    pub time_zone: String,
}

impl Default for StoreSettings {
    fn default() -> Self {
        Self { url: String::new(), max_connections: 20, time_zone: "UTC".to_owned() }
    }
}

/// The database. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Store {
    engine: Engine,
    reader: DatabaseConnection,
    /// On SQLite the one connection that writes; on PostgreSQL the same pool.
    writer: DatabaseConnection,
    /// The file, on SQLite.
    pub(crate) file: Option<PathBuf>,
}

impl Store {
    /// Opens it. A SQLite file is made when it is missing; a server must answer.
    pub async fn connect(settings: &StoreSettings) -> Result<Self> {
        let url = settings.url.as_str();
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            return Self::postgres(settings, &[]).await;
        }
        match url.strip_prefix("sqlite://").or_else(|| url.strip_prefix("sqlite:")) {
            Some(path) => Self::sqlite(path).await,
            None => Err(StoreError::Invalid("DATABASE_URL must begin with postgres:// or sqlite://".to_owned())),
        }
    }

    pub(crate) async fn postgres(settings: &StoreSettings, further: &[(&str, &str)]) -> Result<Self> {
        let (url, mode) = certificates::split_mode(&settings.url);
        let options = PgConnectOptions::from_str(&url)
            .map_err(|_| StoreError::Invalid("DATABASE_URL is not a PostgreSQL address".to_owned()))?
            .application_name("messaging-hub")
            .options([
                ("statement_timeout", SERVER_LIMIT_MS),
                // A host that vanishes in the middle of a transaction must not hold its rows until TCP gives up.
                ("idle_in_transaction_session_timeout", IDLE_LIMIT_MS),
                // What was answered must survive a power cut, whatever the server's default is.
                ("synchronous_commit", "on"),
            ])
            .options(further.iter().copied());
        let options = certificates::checking(options, mode.as_deref()).await?;
        let zone = settings.time_zone.clone();
        let pool = PgPoolOptions::new()
            // The library asks for UTC when it connects, and what is asked for there wins over options.
            .after_connect(move |connection, _| {
                let zone = zone.clone();
                Box::pin(async move {
                    let set = sqlx::query("SELECT set_config('TimeZone', $1, false)").bind(zone);
                    set.execute(connection).await.map(|_| ())
                })
            })
            .max_connections(settings.max_connections.max(2))
            .min_connections(1)
            .acquire_timeout(ACQUIRE_LIMIT)
            .connect_with(options)
            .await
            .map_err(certificates::told)?;
        let connection = SqlxPostgresConnector::from_sqlx_postgres_pool(pool);
        Ok(Self { engine: Engine::Postgres, reader: connection.clone(), writer: connection, file: None })
    }

    async fn sqlite(path: &str) -> Result<Self> {
        let path = path.split('?').next().unwrap_or_default();
        if path.is_empty() || path == ":memory:" {
            return Err(StoreError::Invalid("SQLite needs a file: what is in memory is lost".to_owned()));
        }
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            // A webhook that was answered must survive a power cut; group commit pays for the sync.
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(BUSY_LIMIT)
            .pragma("cache_size", "-8000");
        let writer = SqlitePoolOptions::new()
            .max_connections(1)
            .acquire_timeout(ACQUIRE_LIMIT)
            .connect_with(options.clone())
            .await?;
        let reader = SqlitePoolOptions::new()
            .max_connections(SQLITE_READERS)
            .min_connections(1)
            .acquire_timeout(ACQUIRE_LIMIT)
            .connect_with(options.pragma("query_only", "ON"))
            .await?;
        Ok(Self {
            engine: Engine::Sqlite,
            reader: SqlxSqliteConnector::from_sqlx_sqlite_pool(reader),
            writer: SqlxSqliteConnector::from_sqlx_sqlite_pool(writer),
            file: Some(PathBuf::from(path)),
        })
    }

    /// Which engine it is.
    pub fn engine(&self) -> Engine {
        self.engine
    }

    /// Brings the schema up to date. Harmless when it is, and when another process does the same.
    pub async fn migrate(&self) -> Result<MigrationReport> {
        migrate::run(self).await
    }

    /// Counts unread messages anew and corrects the counters that are wrong, such as an original's.
    pub async fn repair_counters(&self) -> Result<()> {
        let transaction = self.begin().await?.into_transaction();
        let conn = Conn { link: Link::Tx(&transaction), engine: self.engine, notes: None };
        if self.engine == Engine::Postgres {
            conn.run(conn.sql("SET LOCAL statement_timeout = 0")).await?;
        }
        counters::repair(conn).await?;
        limited(transaction.commit()).await
    }

    /// Asks for a sign of life.
    pub async fn ping(&self) -> Result<()> {
        let conn = Conn { link: Link::Pool(&self.reader), engine: self.engine, notes: None };
        conn.one(conn.sql("SELECT 1")).await.map(|_| ())
    }

    /// Runs a statement on the writer, outside a transaction.
    pub(crate) async fn writing(&self, text: &str) -> Result<()> {
        let conn = Conn { link: Link::Pool(&self.writer), engine: self.engine, notes: None };
        conn.all(conn.sql(text)).await.map(|_| ())
    }

    pub(crate) fn reader(&self) -> &DatabaseConnection {
        &self.reader
    }

    /// Reads outside a transaction.
    pub fn read(&self) -> Session {
        Session { connection: self.reader.clone(), engine: self.engine }
    }

    /// Begins a unit of work.
    pub async fn begin(&self) -> Result<Tx> {
        Tx::begin(&self.writer, self.engine).await
    }

    /// Closes every connection.
    pub async fn close(&self) {
        // Both answer with nothing but errors of connections that are gone already.
        let _ = self.reader.clone().close().await;
        let _ = self.writer.clone().close().await;
    }
}
