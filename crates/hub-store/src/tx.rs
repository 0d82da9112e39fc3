//! Reading, and the unit of work.

use crate::dialect::Engine;
use crate::error::{Result, StoreError};
use crate::nouns::ledger::Notes;
use crate::nouns::{events, ledger};
use crate::sql::{Conn, Link, limited};
use crate::{
    Accounts, Admin, Attachments, Channels, ConnectAttempts, Conversations, Cursors, EarlyNews, Events, Imports, Jobs,
    Leases, Ledger, Messages, NewEvent, Notices, Pictures, Receipts, RefreshTokens, Seals, Subscriptions, UsageLog,
    UsedProofs, Users,
};
use hub_domain::Committed;
use sea_orm::{DatabaseConnection, DatabaseTransaction, SqliteTransactionMode, TransactionOptions, TransactionTrait};
use std::sync::Arc;

/// Reads outside a transaction: every statement sees what was committed when it began.
#[derive(Clone, Debug)]
pub struct Session {
    pub(crate) connection: DatabaseConnection,
    pub(crate) engine: Engine,
}

/// A unit of work. Dropped without [`Tx::commit`], nothing of it stands.
#[derive(Debug)]
pub struct Tx {
    transaction: DatabaseTransaction,
    engine: Engine,
    /// What it has to write into the books.
    notes: Arc<Notes>,
    /// Of a savepoint, which may still fall after its own commit: the notes it adds its own to.
    outer: Option<Arc<Notes>>,
}

macro_rules! nouns {
    ($($(#[$doc:meta])* $method:ident: $noun:ident),+ $(,)?) => {
        impl Session {
            fn conn(&self) -> Conn<'_> {
                Conn { link: Link::Pool(&self.connection), engine: self.engine, notes: None }
            }
            $($(#[$doc])* pub fn $method(&self) -> $noun<'_> { $noun(self.conn()) })+
        }
        impl Tx {
            fn conn(&self) -> Conn<'_> {
                Conn { link: Link::Tx(&self.transaction), engine: self.engine, notes: Some(&self.notes) }
            }
            $($(#[$doc])* pub fn $method(&self) -> $noun<'_> { $noun(self.conn()) })+
        }
    };
}

nouns! {
    /// People who sign in.
    users: Users,
    /// What renews their log-ins.
    refresh_tokens: RefreshTokens,
    /// Linked accounts.
    accounts: Accounts,
    /// How their channels stand.
    channels: Channels,
    /// Threads.
    conversations: Conversations,
    /// What was said.
    messages: Messages,
    /// Files of messages.
    attachments: Attachments,
    /// What happened besides messages.
    notices: Notices,
    /// News about messages that are not known yet.
    early_news: EarlyNews,
    /// Pictures of people.
    pictures: Pictures,
    /// What clients are told.
    events: Events,
    /// Work left for later.
    jobs: Jobs,
    /// Deliveries as they came.
    receipts: Receipts,
    /// Who calls us.
    subscriptions: Subscriptions,
    /// How far reading has got.
    cursors: Cursors,
    /// Who does what only one may do.
    leases: Leases,
    /// What came in and what went out.
    ledger: Ledger,
    /// Linking under way.
    connect_attempts: ConnectAttempts,
    /// Proofs that were used.
    used_proofs: UsedProofs,
    /// Who asked for what.
    usage: UsageLog,
    /// Values to be sealed anew.
    seals: Seals,
    /// Rows of the originals.
    imports: Imports,
    /// Everybody's rows, for administrators.
    admin: Admin,
}

impl Tx {
    pub(crate) async fn begin(connection: &DatabaseConnection, engine: Engine) -> Result<Self> {
        let options = TransactionOptions {
            // A transaction that only later wants to write would be refused at once, whatever the busy timeout says.
            sqlite_transaction_mode: (engine == Engine::Sqlite).then_some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        let transaction = limited(connection.begin_with_options(options)).await?;
        Ok(Self { transaction, engine, notes: Arc::default(), outer: None })
    }

    /// A savepoint: what it holds stands or falls for itself, and only if this transaction commits. It must end before
    /// this transaction goes on.
    pub async fn nested(&self) -> Result<Self> {
        let transaction = limited(self.transaction.begin()).await?;
        Ok(Self { transaction, engine: self.engine, notes: Arc::default(), outer: Some(self.notes.clone()) })
    }

    /// Makes everything stand, with `events` for clients; they get their places in each user's log here, last, so that the
    /// log has no gaps and its locks are short, after the books, for the same reason. A savepoint has no events of its own: they belong to the outermost
    /// transaction, which alone knows whether they became true.
    pub async fn commit(self, events: Vec<NewEvent>) -> Result<Committed> {
        if let Some(outer) = &self.outer {
            if !events.is_empty() {
                return Err(StoreError::Invalid("events of a savepoint".to_owned()));
            }
            limited(self.transaction.commit()).await?;
            outer.add_all(&self.notes);
            return Ok(Committed::default());
        }
        ledger::write(self.conn(), &self.notes).await?;
        let told = events::append(self.conn(), events).await?;
        limited(self.transaction.commit()).await?;
        Ok(Committed::after_commit(told))
    }

    pub(crate) fn into_transaction(self) -> DatabaseTransaction {
        self.transaction
    }

    /// Takes everything back.
    pub async fn rollback(self) -> Result<()> {
        limited(self.transaction.rollback()).await
    }
}
