//! Fresh databases: a file of its own on SQLite, a database of its own on the PostgreSQL server the test runner names.

use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, Row, SqliteConnection};
use tempfile::TempDir;

/// Names a PostgreSQL server (an administrator's URL) that tests may make databases on.
pub const POSTGRES_VARIABLE: &str = "HUB_TEST_POSTGRES_URL";
/// Set by the test runner: a suite that cannot run is a failure.
pub const REQUIRE_ALL_VARIABLE: &str = "HUB_TEST_REQUIRE_ALL";

/// Which engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// A file.
    Sqlite,
    /// A server.
    Postgres,
}

/// A fresh database; gone when dropped (a PostgreSQL one with its server).
#[derive(Debug)]
pub struct Database {
    /// Which engine.
    pub engine: Engine,
    /// Its URL.
    pub url: String,
    /// A folder for whatever else the test keeps.
    pub folder: TempDir,
}

/// The engines that can be tested here. Without a PostgreSQL server that is SQLite alone, said out loud; where everything
/// is required, it is a failure.
pub fn engines() -> Vec<Engine> {
    if std::env::var(POSTGRES_VARIABLE).is_ok() {
        return vec![Engine::Sqlite, Engine::Postgres];
    }
    assert!(std::env::var(REQUIRE_ALL_VARIABLE).is_err(), "{POSTGRES_VARIABLE} is not set, but everything is required");
    eprintln!("not run on PostgreSQL: {POSTGRES_VARIABLE} is not set");
    vec![Engine::Sqlite]
}

impl Database {
    /// Makes one.
    pub async fn fresh(engine: Engine) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let url = match engine {
            Engine::Sqlite => format!("sqlite://{}", folder.path().join("hub.db").display()),
            Engine::Postgres => {
                let admin = std::env::var(POSTGRES_VARIABLE).expect("a PostgreSQL server");
                let name = format!("hub_test_{}", uuid::Uuid::new_v4().simple());
                let mut connection = PgConnection::connect(&admin).await.expect("the PostgreSQL server answers");
                connection
                    .execute(sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}")))
                    .await
                    .expect("a database can be made");
                let mut url = url::Url::parse(&admin).expect("a URL");
                url.set_path(&name);
                url.to_string()
            }
        };
        Self { engine, url, folder }
    }

    /// Changes what no door changes, such as a time; gives the number of rows.
    pub async fn change(&self, statement: impl Into<String>) -> u64 {
        let statement = AssertSqlSafe(statement.into());
        match self.engine {
            Engine::Sqlite => self.file().await.execute(statement).await.expect("a statement").rows_affected(),
            Engine::Postgres => self.server().await.execute(statement).await.expect("a statement").rows_affected(),
        }
    }

    /// Makes a user an administrator, as `hub user` would.
    pub async fn make_admin(&self, email: &str) {
        let statement = "INSERT INTO hub_roles (user_id, role, at) SELECT id, 'admin', '2026-01-01T00:00:00.000000Z'";
        assert_eq!(self.change(format!("{statement} FROM users WHERE email = '{email}'")).await, 1, "there is a user");
    }

    /// The first column of every row, as text.
    pub async fn texts(&self, query: impl Into<String>) -> Vec<Option<String>> {
        let query = AssertSqlSafe(query.into());
        match self.engine {
            Engine::Sqlite => {
                let rows = self.file().await.fetch_all(query).await.expect("a query");
                rows.iter().map(|row| row.get(0)).collect()
            }
            Engine::Postgres => {
                let rows = self.server().await.fetch_all(query).await.expect("a query");
                rows.iter().map(|row| row.get(0)).collect()
            }
        }
    }

    /// Locks a table of a PostgreSQL database against everybody until [`Held::release`].
    pub async fn hold(&self, table: &str) -> Held {
        let mut connection = self.server().await;
        let lock = AssertSqlSafe(format!("BEGIN; LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE"));
        connection.execute(lock).await.expect("locked");
        Held(connection)
    }

    async fn file(&self) -> SqliteConnection {
        SqliteConnection::connect(&self.url).await.expect("the file opens")
    }

    async fn server(&self) -> PgConnection {
        PgConnection::connect(&self.url).await.expect("the server answers")
    }
}

/// A locked table.
#[derive(Debug)]
pub struct Held(PgConnection);

impl Held {
    /// Lets go.
    pub async fn release(self) {
        self.0.close().await.expect("closed");
    }
}
