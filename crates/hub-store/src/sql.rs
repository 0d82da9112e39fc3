//! A statement being written, the connection it runs on, and the rows it brings.

use crate::dialect::Engine;
use crate::error::{Result, StoreError};
use crate::nouns::ledger::Notes;
use hub_domain::Timestamp;
use sea_orm::{ConnectionTrait, DatabaseConnection, DatabaseTransaction, QueryResult, Statement, TryGetable, Value};
use std::time::Duration;
use uuid::Uuid;

/// The longest a statement may take before its connection is given up.
pub(crate) const STATEMENT_LIMIT: Duration = Duration::from_secs(15);
/// Parameters in one statement: the smaller limit of the two engines, SQLite's 32,766, with room to spare.
const MAX_PARAMETERS: usize = 30_000;

/// A statement: text with `?` for every parameter, and the parameters in order.
#[derive(Clone, Debug)]
pub(crate) struct Sql {
    engine: Engine,
    text: String,
    values: Vec<Value>,
}

impl Sql {
    pub(crate) fn add(mut self, text: &str) -> Self {
        self.text.push(' ');
        self.text.push_str(text);
        self
    }
    pub(crate) fn bind(mut self, value: impl Into<Value>) -> Self {
        self.values.push(value.into());
        self
    }
    pub(crate) fn time(self, at: Timestamp) -> Self {
        self.maybe_time(Some(at))
    }
    pub(crate) fn maybe_time(mut self, at: Option<Timestamp>) -> Self {
        self.values.push(self.engine.time(at));
        self
    }
    /// A list of parameters in parentheses, for `IN`. An empty list matches nothing.
    pub(crate) fn list<V: Into<Value>>(mut self, values: impl IntoIterator<Item = V>) -> Self {
        let before = self.values.len();
        self.values.extend(values.into_iter().map(Into::into));
        let count = self.values.len() - before;
        let marks = if count == 0 { "NULL".to_owned() } else { vec!["?"; count].join(", ") };
        self.text.push_str(" (");
        self.text.push_str(&marks);
        self.text.push(')');
        self
    }
    /// Rows for `VALUES`; `bind` adds the `width` parameters of one row. Whoever has many rows takes [`chunk`]s of the same
    /// width.
    pub(crate) fn rows<T>(mut self, width: usize, rows: &[T], mut bind: impl FnMut(Self, &T) -> Self) -> Self {
        let marks = vec!["?"; width].join(", ");
        for (number, row) in rows.iter().enumerate() {
            let before = self.values.len();
            self = bind(self, row);
            // A wrong width would show only in a batch too large for one statement.
            debug_assert_eq!(self.values.len() - before, width, "parameters of a row");
            self.text.push_str(if number == 0 { " (" } else { ", (" });
            self.text.push_str(&marks);
            self.text.push(')');
        }
        self
    }
    fn statement(self) -> Statement {
        Statement::from_sql_and_values(self.engine.backend(), self.engine.translate(&self.text), self.values)
    }
}

/// Rows of `width` parameters that fit into one statement.
pub(crate) fn chunk(width: usize) -> usize {
    MAX_PARAMETERS / width.max(1)
}

/// Where statements run: a pool, or a transaction.
#[derive(Clone, Copy)]
pub(crate) enum Link<'a> {
    Pool(&'a DatabaseConnection),
    Tx(&'a DatabaseTransaction),
}

/// A link and the engine behind it.
#[derive(Clone, Copy)]
pub(crate) struct Conn<'a> {
    pub(crate) link: Link<'a>,
    pub(crate) engine: Engine,
    /// What the transaction has to write into the books.
    pub(crate) notes: Option<&'a Notes>,
}

impl Conn<'_> {
    /// Begins a statement.
    pub(crate) fn sql(&self, text: &str) -> Sql {
        Sql { engine: self.engine, text: text.to_owned(), values: Vec::new() }
    }

    /// Runs it; gives the number of rows it changed.
    pub(crate) async fn run(&self, sql: Sql) -> Result<u64> {
        let statement = sql.statement();
        let work = async {
            match self.link {
                Link::Pool(pool) => pool.execute_raw(statement).await,
                Link::Tx(tx) => tx.execute_raw(statement).await,
            }
        };
        Ok(limited(work).await?.rows_affected())
    }

    /// Runs it, however long it takes: for changes of the schema, which may have to go through a large adopted table.
    pub(crate) async fn run_unhurried(&self, sql: Sql) -> Result<()> {
        let statement = sql.statement();
        match self.link {
            Link::Pool(pool) => pool.execute_raw(statement).await?,
            Link::Tx(tx) => tx.execute_raw(statement).await?,
        };
        Ok(())
    }

    /// All rows.
    pub(crate) async fn all(&self, sql: Sql) -> Result<Vec<Row>> {
        let statement = sql.statement();
        let work = async {
            match self.link {
                Link::Pool(pool) => pool.query_all_raw(statement).await,
                Link::Tx(tx) => tx.query_all_raw(statement).await,
            }
        };
        Ok(limited(work).await?.into_iter().map(|row| Row { row, engine: self.engine }).collect())
    }

    /// The first row.
    pub(crate) async fn one(&self, sql: Sql) -> Result<Option<Row>> {
        Ok(self.all(sql).await?.into_iter().next())
    }

    /// All rows, read.
    pub(crate) async fn read<T>(&self, sql: Sql, read: impl Fn(&Row) -> Result<T>) -> Result<Vec<T>> {
        self.all(sql).await?.iter().map(read).collect()
    }

    /// The first row, read.
    pub(crate) async fn read_one<T>(&self, sql: Sql, read: impl Fn(&Row) -> Result<T>) -> Result<Option<T>> {
        self.one(sql).await?.as_ref().map(read).transpose()
    }
}

/// A database that does not answer is away.
pub(crate) async fn limited<T>(work: impl Future<Output = Result<T, sea_orm::DbErr>>) -> Result<T> {
    match tokio::time::timeout(STATEMENT_LIMIT, work).await {
        Ok(outcome) => Ok(outcome?),
        Err(_) => Err(StoreError::Unavailable("no answer in time".to_owned())),
    }
}

/// A row, read by position.
#[derive(Debug)]
pub(crate) struct Row {
    row: QueryResult,
    engine: Engine,
}

impl Row {
    pub(crate) fn get<T: TryGetable>(&self, at: usize) -> Result<T> {
        self.row.try_get_by_index(at).map_err(|error| StoreError::Corrupt(format!("column {at}: {error}")))
    }
    pub(crate) fn id<T: From<Uuid>>(&self, at: usize) -> Result<T> {
        self.get::<Uuid>(at).map(T::from)
    }
    pub(crate) fn maybe_id<T: From<Uuid>>(&self, at: usize) -> Result<Option<T>> {
        Ok(self.get::<Option<Uuid>>(at)?.map(T::from))
    }
    /// A text as one of the id types.
    pub(crate) fn text<T: From<String>>(&self, at: usize) -> Result<T> {
        self.get::<String>(at).map(T::from)
    }
    pub(crate) fn maybe_text<T: From<String>>(&self, at: usize) -> Result<Option<T>> {
        Ok(self.get::<Option<String>>(at)?.map(T::from))
    }
    pub(crate) fn maybe_time(&self, at: usize) -> Result<Option<Timestamp>> {
        match self.engine {
            Engine::Postgres => self.get(at),
            Engine::Sqlite => match self.get::<Option<String>>(at)? {
                None => Ok(None),
                Some(text) => text.parse().map(Some).map_err(|_| StoreError::Corrupt(format!("column {at}: no time"))),
            },
        }
    }
    pub(crate) fn time(&self, at: usize) -> Result<Timestamp> {
        self.maybe_time(at)?.ok_or_else(|| StoreError::Corrupt(format!("column {at}: no time")))
    }
    /// The originals allow null where they mean a default.
    pub(crate) fn flag(&self, at: usize, default: bool) -> Result<bool> {
        Ok(self.get::<Option<bool>>(at)?.unwrap_or(default))
    }
}
