//! The books of what came in and what went out. Whoever changes something notes it; a transaction writes its notes down in one
//! statement just before its commit, in the order of their keys, so that two transactions never wait for each other.

use crate::error::{Result, StoreError};
use crate::sql::{Conn, chunk};
use hub_domain::{Book, Counter, DeliveryStatus, MessageId};
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What a transaction has to write into the books. Held in memory until its commit.
#[derive(Debug, Default)]
pub(crate) struct Notes(Mutex<BTreeMap<(String, Counter), i64>>);

impl Notes {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<(String, Counter), i64>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn add(&self, platform: &str, counter: Counter, by: i64) {
        *self.lock().entry((platform.to_owned(), counter)).or_default() += by;
    }

    /// Takes over what a savepoint noted.
    pub(crate) fn add_all(&self, inner: &Self) {
        for ((platform, counter), by) in std::mem::take(&mut *inner.lock()) {
            self.add(&platform, counter, by);
        }
    }
}

/// Statements about the books.
pub struct Ledger<'a>(pub(crate) Conn<'a>);

/// Parameters of one entry.
const WIDTH: usize = 3;

impl Ledger<'_> {
    /// Notes an entry; it stands once the transaction is committed. Only a transaction has notes.
    pub fn note(&self, platform: &str, counter: Counter, by: i64) {
        debug_assert!(self.0.notes.is_some(), "an entry outside a transaction");
        if let Some(notes) = self.0.notes {
            notes.add(platform, counter, by);
        }
    }

    /// The books by platform: adapters' names for what came in, published ones for what went out. Everything is seen at one
    /// moment, so that a sum comes out while others write.
    pub async fn books(&self) -> Result<BTreeMap<String, Book>> {
        let sql = self
            .0
            .sql("SELECT platform, counter, value FROM hub_ledger")
            .add("UNION ALL SELECT a.platform, 'open', COUNT(*) FROM messages m")
            .add("JOIN conversations c ON c.id = m.conversation_id JOIN connected_accounts a ON a.id = c.account_id")
            .add("WHERE m.status IN ('queued', 'sending') GROUP BY a.platform");
        let read = |row: &crate::sql::Row| Ok((row.get::<String>(0)?, row.get::<String>(1)?, row.get::<i64>(2)?));
        let mut books: BTreeMap<String, Book> = BTreeMap::new();
        for (platform, counter, value) in self.0.read(sql, read).await? {
            let book = books.entry(platform).or_default();
            match Counter::from_stored(&counter) {
                Some(counter) => book.add(counter, value),
                None if counter == "open" => book.open = value,
                None => return Err(StoreError::Corrupt(format!("the books have a column {counter:?}"))),
            }
        }
        Ok(books)
    }
}

/// Writes the notes down.
pub(crate) async fn write(conn: Conn<'_>, notes: &Notes) -> Result<()> {
    let entries: Vec<_> = std::mem::take(&mut *notes.lock()).into_iter().filter(|(_, by)| *by != 0).collect();
    for some in entries.chunks(chunk(WIDTH)) {
        let sql = conn
            .sql("INSERT INTO hub_ledger (platform, counter, value) VALUES")
            .rows(WIDTH, some, |sql, ((platform, counter), by)| {
                sql.bind(platform.as_str()).bind(counter.as_str()).bind(*by)
            })
            .add("ON CONFLICT (platform, counter) DO UPDATE SET value = hub_ledger.value + excluded.value");
        conn.run(sql).await?;
    }
    Ok(())
}

/// Where a message of ours stands, held until the transaction ends: what follows is an entry if it moves to another column.
pub(crate) async fn hold(conn: Conn<'_>, id: MessageId) -> Result<Option<(String, Option<DeliveryStatus>)>> {
    let sql = conn
        .sql("SELECT a.platform, m.status FROM messages m JOIN conversations c ON c.id = m.conversation_id")
        .add("JOIN connected_accounts a ON a.id = c.account_id WHERE m.id = ? {FOR NO KEY UPDATE OF m}")
        .bind(id.0);
    let found = conn.read_one(sql, |row| Ok((row.get::<String>(0)?, row.get::<Option<String>>(1)?))).await?;
    Ok(found.map(|(platform, status)| (platform, status.as_deref().and_then(DeliveryStatus::from_stored))))
}

/// Notes that a message moved from one status to another. One without a status is of the originals and in no book.
pub(crate) fn moved(conn: Conn<'_>, platform: &str, from: Option<DeliveryStatus>, to: DeliveryStatus) {
    let Some(from) = from else { return };
    let (from, to) = (column(from), column(to));
    if let (true, Some(notes)) = (from != to, conn.notes) {
        for (counter, by) in [(from, -1), (to, 1)] {
            if let Some(counter) = counter {
                notes.add(platform, counter, by);
            }
        }
    }
}

/// The counter a status stands in; `None` while the message is under way.
fn column(status: DeliveryStatus) -> Option<Counter> {
    match status {
        DeliveryStatus::Queued | DeliveryStatus::Sending => None,
        DeliveryStatus::Sent | DeliveryStatus::Delivered | DeliveryStatus::Read => Some(Counter::Taken),
        DeliveryStatus::Failed => Some(Counter::Failed),
        DeliveryStatus::Unconfirmed => Some(Counter::Unconfirmed),
    }
}
