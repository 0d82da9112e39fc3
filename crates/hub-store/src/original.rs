//! A database of the originals, only read, in any of its shapes (schema contract, section 1): page by page, by id, so that a
//! large one takes no more memory than a small one.

use crate::connect::{Store, StoreSettings};
use crate::dialect::Engine;
use crate::error::{Result, StoreError};
use crate::sql::{Conn, Link, Row, Sql};
use hub_domain::Timestamp;
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
}

/// A person.
#[derive(Clone, Debug)]
pub struct OriginalUser {
    /// Id of the row.
    pub id: Uuid,
    /// Address, with capitals where an original took them.
    pub email: String,
    /// bcrypt.
    pub password_hash: String,
    /// When the row was made.
    pub created_at: Option<Timestamp>,
    /// When it was changed.
    pub updated_at: Option<Timestamp>,
}

/// What tells an account from all others, whichever id its row has.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct AccountIdentity {
    /// Id of the row.
    pub id: Uuid,
    /// Whose.
    pub user_id: Uuid,
    /// Published platform name, or one of a later state.
    pub platform: String,
    /// Id at the platform.
    pub remote_id: String,
}

/// A linked account.
#[derive(Clone, Debug)]
pub struct OriginalAccount {
    /// Which.
    pub identity: AccountIdentity,
    /// Name at the platform.
    pub username: Option<String>,
    /// As it is stored.
    pub access_token: String,
    /// As it is stored.
    pub refresh_token: Option<String>,
    /// When the access token ends.
    pub token_expires_at: Option<Timestamp>,
    /// Connected.
    pub is_active: bool,
    /// When the row was made.
    pub created_at: Option<Timestamp>,
    /// When it was changed.
    pub updated_at: Option<Timestamp>,
}

/// What renews a log-in.
#[derive(Clone, Debug)]
pub struct OriginalToken {
    /// Id of the row.
    pub id: Uuid,
    /// Whose.
    pub user_id: Uuid,
    /// The complete token, in clear text.
    pub token: String,
    /// When it ends.
    pub expires_at: Timestamp,
    /// When the row was made.
    pub created_at: Option<Timestamp>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
}

/// What tells a conversation from all others, whichever id its row has.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ConversationIdentity {
    /// Id of the row.
    pub id: Uuid,
    /// Its account.
    pub account: AccountIdentity,
    /// Id at the platform; empty for the threads into which an original put everything it could not place.
    pub remote_id: String,
}

/// A thread.
#[derive(Clone, Debug)]
pub struct OriginalConversation {
    /// Which.
    pub identity: ConversationIdentity,
    /// The other person's name.
    pub participant_name: Option<String>,
    /// The other person.
    pub participant_id: Option<String>,
    /// Picture.
    pub participant_avatar_url: Option<String>,
    /// Time of the newest message.
    pub last_message_at: Option<Timestamp>,
    /// When the row was made.
    pub created_at: Option<Timestamp>,
    /// When it was changed.
    pub updated_at: Option<Timestamp>,
}

/// A message.
#[derive(Clone, Debug)]
pub struct OriginalMessage {
    /// Id of the row.
    pub id: Uuid,
    /// Its thread.
    pub conversation: ConversationIdentity,
    /// Id at the platform.
    pub remote_id: String,
    /// Who said it.
    pub sender_id: String,
    /// Their name.
    pub sender_name: Option<String>,
    /// As it is stored.
    pub content: String,
    /// One of the contract's types, or another.
    pub message_type: Option<String>,
    /// The platform's handle of a file.
    pub media_url: Option<String>,
    /// Ours.
    pub is_outgoing: bool,
    /// Read.
    pub is_read: bool,
    /// When it was said.
    pub sent_at: Timestamp,
    /// When it arrived.
    pub delivered_at: Option<Timestamp>,
    /// When the row was made.
    pub created_at: Option<Timestamp>,
}

const ACCOUNT: &str = "a.id, a.user_id, a.platform, a.platform_user_id";
const OWNED: &str = "JOIN users u ON u.id = a.user_id";

fn account(row: &Row) -> Result<AccountIdentity> {
    Ok(AccountIdentity { id: row.get(0)?, user_id: row.get(1)?, platform: row.get(2)?, remote_id: row.get(3)? })
}

/// Columns 0 to 3 are the account's.
fn conversation(row: &Row) -> Result<ConversationIdentity> {
    Ok(ConversationIdentity { account: account(row)?, id: row.get(4)?, remote_id: row.get(5)? })
}

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
        let text = "SELECT u.id, u.email, u.password_hash, ts(u.created_at), ts(u.updated_at) FROM users u";
        let read = |row: &Row| {
            Ok(OriginalUser {
                id: row.get(0)?,
                email: row.get(1)?,
                password_hash: row.get(2)?,
                created_at: row.maybe_time(3)?,
                updated_at: row.maybe_time(4)?,
            })
        };
        self.conn().read(self.page(text, "u.id", after, limit), read).await
    }

    /// A page of accounts that somebody owns.
    pub async fn accounts(&self, after: Option<Uuid>, limit: u32) -> Result<Vec<OriginalAccount>> {
        let text = format!(
            "SELECT {ACCOUNT}, a.platform_username, a.access_token, a.refresh_token, ts(a.token_expires_at), \
             a.is_active, ts(a.created_at), ts(a.updated_at) FROM connected_accounts a {OWNED}"
        );
        let read = |row: &Row| {
            Ok(OriginalAccount {
                identity: account(row)?,
                username: row.get(4)?,
                access_token: row.get(5)?,
                refresh_token: row.get(6)?,
                token_expires_at: row.maybe_time(7)?,
                is_active: row.flag(8, true)?,
                created_at: row.maybe_time(9)?,
                updated_at: row.maybe_time(10)?,
            })
        };
        self.conn().read(self.page(&text, "a.id", after, limit), read).await
    }

    /// A page of log-ins that somebody owns.
    pub async fn refresh_tokens(&self, after: Option<Uuid>, limit: u32) -> Result<Vec<OriginalToken>> {
        if !self.has("refresh_tokens.token") {
            return Ok(Vec::new());
        }
        let revoked =
            if self.has("refresh_tokens.revoked_at") { "ts(t.revoked_at)" } else { "CAST(NULL AS timestamptz)" };
        let text = format!(
            "SELECT t.id, t.user_id, t.token, ts(t.expires_at), ts(t.created_at), {revoked} FROM refresh_tokens t \
             JOIN users u ON u.id = t.user_id"
        );
        let read = |row: &Row| {
            Ok(OriginalToken {
                id: row.get(0)?,
                user_id: row.get(1)?,
                token: row.get(2)?,
                expires_at: row.time(3)?,
                created_at: row.maybe_time(4)?,
                revoked_at: row.maybe_time(5)?,
            })
        };
        self.conn().read(self.page(&text, "t.id", after, limit), read).await
    }

    /// A page of conversations that somebody owns.
    pub async fn conversations(&self, after: Option<Uuid>, limit: u32) -> Result<Vec<OriginalConversation>> {
        let text = format!(
            "SELECT {ACCOUNT}, c.id, c.platform_conversation_id, c.participant_name, c.participant_id, \
             c.participant_avatar_url, ts(c.last_message_at), ts(c.created_at), ts(c.updated_at) \
             FROM conversations c JOIN connected_accounts a ON a.id = c.account_id {OWNED}"
        );
        let read = |row: &Row| {
            Ok(OriginalConversation {
                identity: conversation(row)?,
                participant_name: row.get(6)?,
                participant_id: row.get(7)?,
                participant_avatar_url: row.get(8)?,
                last_message_at: row.maybe_time(9)?,
                created_at: row.maybe_time(10)?,
                updated_at: row.maybe_time(11)?,
            })
        };
        self.conn().read(self.page(&text, "c.id", after, limit), read).await
    }

    /// A page of messages that somebody owns.
    pub async fn messages(&self, after: Option<Uuid>, limit: u32) -> Result<Vec<OriginalMessage>> {
        let text = format!(
            "SELECT {ACCOUNT}, c.id, c.platform_conversation_id, m.id, m.platform_message_id, m.sender_id, \
             m.sender_name, m.content, m.message_type, m.media_url, m.is_outgoing, m.is_read, ts(m.sent_at), \
             ts(m.delivered_at), ts(m.created_at) FROM messages m JOIN conversations c ON c.id = m.conversation_id \
             JOIN connected_accounts a ON a.id = c.account_id {OWNED}"
        );
        let read = |row: &Row| {
            Ok(OriginalMessage {
                conversation: conversation(row)?,
                id: row.get(6)?,
                remote_id: row.get(7)?,
                sender_id: row.get(8)?,
                sender_name: row.get(9)?,
                content: row.get(10)?,
                message_type: row.get(11)?,
                media_url: row.get(12)?,
                is_outgoing: row.flag(13, false)?,
                is_read: row.flag(14, false)?,
                sent_at: row.time(15)?,
                delivered_at: row.maybe_time(16)?,
                created_at: row.maybe_time(17)?,
            })
        };
        self.conn().read(self.page(&text, "m.id", after, limit), read).await
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
