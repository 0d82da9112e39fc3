//! A database of the originals, only read, in any of its shapes (schema contract, section 1): page by page, by id, so that a
//! large one takes no more memory than a small one.

mod rows;

use crate::connect::{Store, StoreSettings};
use crate::dialect::Engine;
use crate::error::{Result, StoreError};
use crate::sql::{Conn, Link, Sql};
pub(crate) use rows::{ACCOUNT, ACCOUNT_FURTHER, CONVERSATION, MESSAGE, TOKEN, USAGE, USER};
pub use rows::{
    AccountIdentity, ConversationIdentity, OriginalAccount, OriginalConversation, OriginalMessage, OriginalToken,
    OriginalUsage, OriginalUser,
};
use std::collections::HashSet;
use uuid::Uuid;

/// Connections to the original's server.
const CONNECTIONS: u32 = 2;
/// Tables without which it is no database of an original.
const NEEDED: [&str; 4] = ["users", "connected_accounts", "conversations", "messages"];
/// Our own bookkeeping: a database of the hub is not imported.
const OURS: &str = "hub_migrations";

/// A database of the originals.
#[derive(Clone, Debug)]
pub struct Original {
    store: Store,
    /// `table.column` of everything that is there.
    columns: HashSet<String>,
}

/// How many rows there are, those without an owner included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OriginalCounts {
    /// People.
    pub users: i64,
    /// Linked accounts.
    pub accounts: i64,
    /// Log-ins.
    pub refresh_tokens: i64,
    /// Threads.
    pub conversations: i64,
    /// Messages.
    pub messages: i64,
    /// Calls that were noted.
    pub usage: i64,
}

/// Whoever owns an account.
const OWNED: &str = "JOIN users u ON u.id = a.user_id";

impl Original {
    /// Opens it and looks what is there. Nothing is ever written: the server is told to refuse it.
    pub async fn open(url: &str, time_zone: &str) -> Result<Self> {
        let settings =
            StoreSettings { url: url.to_owned(), max_connections: CONNECTIONS, time_zone: time_zone.to_owned() };
        let store = Store::connect_reading(&settings).await?;
        let mut original = Self { store, columns: HashSet::new() };
        let sql = original
            .conn()
            .sql("SELECT CAST(table_name AS text), CAST(column_name AS text) FROM information_schema.columns")
            .add("WHERE table_schema = current_schema()");
        let found = original.conn().read(sql, |row| Ok((row.get::<String>(0)?, row.get::<String>(1)?))).await?;
        let tables: HashSet<&str> = found.iter().map(|(table, _)| table.as_str()).collect();
        if let Some(missing) = NEEDED.iter().find(|table| !tables.contains(**table)) {
            return Err(StoreError::Invalid(format!("this is no database of an original: it has no table {missing}")));
        }
        if tables.contains(OURS) {
            let words = "this database is the hub's own already: name it in DATABASE_URL instead of importing it";
            return Err(StoreError::Invalid(words.to_owned()));
        }
        original.columns = found.iter().map(|(table, column)| format!("{table}.{column}")).collect();
        Ok(original)
    }

    /// Closes it.
    pub async fn close(&self) {
        self.store.close().await;
    }

    fn conn(&self) -> Conn<'_> {
        self.store.reading()
    }

    fn has(&self, column: &str) -> bool {
        self.columns.contains(column)
    }

    /// What kind of original wrote it, in words for the operator.
    pub fn shape(&self) -> &'static str {
        let django = self.has("django_migrations.app");
        let node = self.has("schema_migrations.migration_name");
        match (django, node) {
            (true, true) => "both originals, one after the other",
            (true, false) if self.has("api_usage_logs.id") => "both originals, one after the other",
            (true, false) => "the Django original",
            (false, true) => "the Node original, made by its migrations",
            (false, false) if self.has("refresh_tokens.revoked_at") => "the Node original, mended by hand",
            (false, false) => "the Node original, made at its start",
        }
    }

    /// Counts everything.
    pub async fn counts(&self) -> Result<OriginalCounts> {
        Ok(OriginalCounts {
            users: self.count("SELECT COUNT(*) FROM users").await?,
            accounts: self.count("SELECT COUNT(*) FROM connected_accounts").await?,
            refresh_tokens: if self.has("refresh_tokens.token") {
                self.count("SELECT COUNT(*) FROM refresh_tokens").await?
            } else {
                0
            },
            conversations: self.count("SELECT COUNT(*) FROM conversations").await?,
            messages: self.count("SELECT COUNT(*) FROM messages").await?,
            usage: if self.has("api_usage_logs.id") {
                self.count("SELECT COUNT(*) FROM api_usage_logs").await?
            } else {
                0
            },
        })
    }

    async fn count(&self, text: &str) -> Result<i64> {
        Ok(self.conn().read_one(self.conn().sql(text), |row| row.get(0)).await?.unwrap_or_default())
    }

    fn page(&self, text: &str, id: &str, after: Option<Uuid>, limit: u32) -> Sql {
        let sql = self.conn().sql(text);
        let sql = match after {
            Some(after) => sql.add(&format!("WHERE {id} > ?")).bind(after),
            None => sql,
        };
        sql.add(&format!("ORDER BY {id} LIMIT ?")).bind(i64::from(limit))
    }

    /// A page of users.
    pub async fn users(&self, after: Option<Uuid>, limit: u32) -> Result<Vec<OriginalUser>> {
        let text = format!("SELECT {USER} FROM users u");
        self.conn().read(self.page(&text, "u.id", after, limit), OriginalUser::read).await
    }

    /// A page of accounts that somebody owns.
    pub async fn accounts(&self, after: Option<Uuid>, limit: u32) -> Result<Vec<OriginalAccount>> {
        let text = format!("SELECT {ACCOUNT}, {ACCOUNT_FURTHER} FROM connected_accounts a {OWNED}");
        self.conn().read(self.page(&text, "a.id", after, limit), OriginalAccount::read).await
    }

    /// A page of log-ins that somebody owns.
    pub async fn refresh_tokens(&self, after: Option<Uuid>, limit: u32) -> Result<Vec<OriginalToken>> {
        if !self.has("refresh_tokens.token") {
            return Ok(Vec::new());
        }
        let revoked =
            if self.has("refresh_tokens.revoked_at") { "ts(t.revoked_at)" } else { "CAST(NULL AS timestamptz)" };
        let text = format!("SELECT {TOKEN}, {revoked} FROM refresh_tokens t JOIN users u ON u.id = t.user_id");
        self.conn().read(self.page(&text, "t.id", after, limit), OriginalToken::read).await
    }

    /// A page of conversations that somebody owns.
    pub async fn conversations(&self, after: Option<Uuid>, limit: u32) -> Result<Vec<OriginalConversation>> {
        let text = format!(
            "SELECT {ACCOUNT}, {CONVERSATION} FROM conversations c JOIN connected_accounts a ON a.id = c.account_id {OWNED}"
        );
        self.conn().read(self.page(&text, "c.id", after, limit), OriginalConversation::read).await
    }

    /// A page of messages that somebody owns.
    pub async fn messages(&self, after: Option<Uuid>, limit: u32) -> Result<Vec<OriginalMessage>> {
        let text = format!(
            "SELECT {ACCOUNT}, {MESSAGE} FROM messages m JOIN conversations c ON c.id = m.conversation_id \
             JOIN connected_accounts a ON a.id = c.account_id {OWNED}"
        );
        self.conn().read(self.page(&text, "m.id", after, limit), OriginalMessage::read).await
    }

    /// A page of noted calls that somebody owns, through an account or by themselves.
    pub async fn usage(&self, after: Option<Uuid>, limit: u32) -> Result<Vec<OriginalUsage>> {
        if !self.has("api_usage_logs.id") {
            return Ok(Vec::new());
        }
        let user = if self.has("api_usage_logs.user_id") { "l.user_id" } else { "CAST(NULL AS uuid)" };
        let text = format!(
            "SELECT {ACCOUNT}, {USAGE}, {user} FROM api_usage_logs l LEFT JOIN (connected_accounts a {OWNED}) \
             ON a.id = l.account_id WHERE (a.id IS NOT NULL OR (l.account_id IS NULL AND {user} IS NOT NULL))"
        );
        let sql = self.conn().sql(&text);
        let sql = match after {
            Some(after) => sql.add("AND l.id > ?").bind(after),
            None => sql,
        };
        let sql = sql.add("ORDER BY l.id LIMIT ?").bind(i64::from(limit));
        self.conn().read(sql, OriginalUsage::read).await
    }
}

impl Store {
    /// Opens a server for reading only.
    async fn connect_reading(settings: &StoreSettings) -> Result<Self> {
        if !settings.url.starts_with("postgres") {
            let words = "the address of an original begins with postgres://; they know no other database";
            return Err(StoreError::Invalid(words.to_owned()));
        }
        Self::postgres(settings, &[("default_transaction_read_only", "on")]).await
    }

    fn reading(&self) -> Conn<'_> {
        Conn { link: Link::Pool(self.reader()), engine: Engine::Postgres, notes: None }
    }
}
