//! Deliveries as they came: the proof of what was said, and what can be read again after a fix.

use super::ledger::Ledger;
use crate::error::Result;
use crate::sql::{Conn, Row, chunk};
use hub_domain::{Counter, ReceiptId, RemoteAccountId, Timestamp, Verdict, Verdicts};
use std::collections::BTreeMap;

/// A new delivery.
#[derive(Clone, Debug)]
pub struct NewReceipt {
    /// Id.
    pub id: ReceiptId,
    /// The adapter that reads it.
    pub platform: String,
    /// Recognises a repeat.
    pub digest: String,
    /// Whose it is, where that was proven.
    pub account: Option<RemoteAccountId>,
    /// The bytes, sealed.
    pub body: String,
    /// How many things it says, as it was read.
    pub items: usize,
    /// Now.
    pub received_at: Timestamp,
}

/// How far a delivery has got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReceiptState {
    /// Stored.
    Received,
    /// Everything in it was applied.
    Applied,
    /// Something in it waits for an operator.
    Parked,
    /// What waited was put aside by an operator.
    Dismissed,
}

impl ReceiptState {
    /// As stored and shown.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::Applied => "applied",
            Self::Parked => "parked",
            Self::Dismissed => "dismissed",
        }
    }
}

/// A stored delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// Id.
    pub id: ReceiptId,
    /// The adapter that reads it.
    pub platform: String,
    /// Recognises a repeat.
    pub digest: String,
    /// Whose it is.
    pub account: Option<RemoteAccountId>,
    /// The bytes, sealed.
    pub body: String,
    /// How far it has got.
    pub state: ReceiptState,
    /// Why it waits.
    pub reason: Option<String>,
    /// What became of what it says.
    pub verdicts: Verdicts,
    /// When it came.
    pub received_at: Timestamp,
}

/// What is known of a delivery that is about to be read again. Its row is held until the transaction ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// Which.
    pub id: ReceiptId,
    /// How many things it said, as it was read before; those of an older version of the hub are not known.
    pub items: usize,
    /// What became of them.
    pub verdicts: Verdicts,
}

/// How a delivery was read.
#[derive(Clone, Debug)]
pub struct Reading {
    /// Which.
    pub id: ReceiptId,
    /// The adapter that read it.
    pub platform: String,
    /// What had become of what it says before.
    pub before: Verdicts,
    /// And what has now.
    pub after: Verdicts,
    /// Why something of it waits for an operator.
    pub reason: Option<String>,
}

/// Which parked deliveries.
#[derive(Clone, Debug, Default)]
pub struct ListParked {
    /// Only those of these adapters; none = of all.
    pub platforms: Vec<String>,
    /// Only those that wait for this reason.
    pub reason: Option<String>,
    /// Only those that came after this one.
    pub after: Option<ReceiptId>,
    /// So many at most.
    pub limit: u32,
}

/// A delivery that waits for an operator, without its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parked {
    /// Id.
    pub id: ReceiptId,
    /// The adapter that reads it.
    pub platform: String,
    /// Whose it is.
    pub account: Option<RemoteAccountId>,
    /// Why it waits.
    pub reason: Option<String>,
    /// What became of what it says.
    pub verdicts: Verdicts,
    /// When it came.
    pub received_at: Timestamp,
}

/// Statements about deliveries.
pub struct Receipts<'a>(pub(crate) Conn<'a>);

const SELECT: &str =
    "SELECT id, platform, digest, account, body, reason, ts(received_at), state, verdicts FROM hub_receipts";
/// Parameters of one delivery.
const WIDTH: usize = 8;
/// Longest reason that is kept, in characters.
const MAX_REASON_CHARS: usize = 500;

fn read(row: &Row) -> Result<Receipt> {
    Ok(Receipt {
        id: row.id(0)?,
        platform: row.get(1)?,
        digest: row.get(2)?,
        account: row.maybe_text(3)?,
        body: row.get(4)?,
        reason: row.get(5)?,
        received_at: row.time(6)?,
        state: match row.get::<String>(7)?.as_str() {
            "applied" => ReceiptState::Applied,
            "parked" => ReceiptState::Parked,
            "dismissed" => ReceiptState::Dismissed,
            _ => ReceiptState::Received,
        },
        verdicts: verdicts(row, 8)?,
    })
}

/// Those of an older version of the hub are not known.
fn verdicts(row: &Row, at: usize) -> Result<Verdicts> {
    Ok(row.get::<Option<String>>(at)?.as_deref().map(Verdicts::from_stored).unwrap_or_default())
}

fn count(items: usize) -> i32 {
    i32::try_from(items).unwrap_or(i32::MAX)
}

impl Receipts<'_> {
    /// Stores deliveries; gives the ids of those that are new. What they say counts as received, a repeat as well.
    pub async fn insert_many(&self, receipts: &[NewReceipt]) -> Result<Vec<ReceiptId>> {
        let mut new = Vec::with_capacity(receipts.len());
        for some in receipts.chunks(chunk(WIDTH)) {
            let sql = self
                .0
                .sql("INSERT INTO hub_receipts (id, platform, digest, account, body, state, items, received_at) VALUES")
                .rows(WIDTH, some, |sql, receipt| {
                    sql.bind(receipt.id.0)
                        .bind(receipt.platform.as_str())
                        .bind(receipt.digest.as_str())
                        .bind(receipt.account.as_ref().map(|id| id.as_str().to_owned()))
                        .bind(receipt.body.as_str())
                        .bind(ReceiptState::Received.as_str())
                        .bind(count(receipt.items))
                        .time(receipt.received_at)
                })
                .add("ON CONFLICT DO NOTHING RETURNING id");
            new.extend(self.0.read(sql, |row| row.id::<ReceiptId>(0)).await?);
        }
        for receipt in receipts {
            self.books().note(&receipt.platform, Counter::Received, i64::from(count(receipt.items)));
        }
        Ok(new)
    }

    fn books(&self) -> Ledger<'_> {
        Ledger(self.0)
    }

    /// Holds deliveries that are to be read again, in the order of their ids, so that two transactions never wait for each
    /// other. One that is gone is left out.
    pub async fn hold(&self, ids: &[ReceiptId]) -> Result<Vec<Held>> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let sql = self
            .0
            .sql("SELECT id, items, verdicts FROM hub_receipts WHERE id IN")
            .list(ids.iter().map(|id| id.0))
            .add("ORDER BY id {FOR UPDATE}");
        let read = |row: &Row| {
            let items = row.get::<Option<i32>>(1)?.unwrap_or_default();
            Ok(Held { id: row.id(0)?, items: usize::try_from(items).unwrap_or_default(), verdicts: verdicts(row, 2)? })
        };
        self.0.read(sql, read).await
    }

    /// Notes that a delivery that is read again says so many things; it counted as so many before.
    pub async fn count_again(&self, held: &Held, platform: &str, items: usize) -> Result<()> {
        if held.items == items {
            return Ok(());
        }
        self.books().note(platform, Counter::Received, i64::from(count(items)) - i64::from(count(held.items)));
        let sql = self.0.sql("UPDATE hub_receipts SET items = ? WHERE id = ?").bind(count(items)).bind(held.id.0);
        self.0.run(sql).await.map(|_| ())
    }

    /// Writes down how deliveries were read, here and in the books. Those that ended alike share a statement.
    pub async fn settle(&self, readings: &[Reading]) -> Result<()> {
        let mut alike: BTreeMap<(String, Option<String>), Vec<ReceiptId>> = BTreeMap::new();
        for reading in readings {
            for (counter, by) in reading.after.changes_from(&reading.before) {
                self.books().note(&reading.platform, counter, by);
            }
            let waits = reading.after.count(Verdict::Parked) > 0;
            let reason = waits.then(|| reading.reason.as_deref().unwrap_or_default());
            let reason = reason.map(|reason| reason.chars().take(MAX_REASON_CHARS).collect::<String>());
            alike.entry((reading.after.to_stored(), reason)).or_default().push(reading.id);
        }
        for ((verdicts, reason), ids) in alike {
            let state = if reason.is_some() { ReceiptState::Parked } else { ReceiptState::Applied };
            self.set(state, &verdicts, reason.as_deref(), &ids).await?;
        }
        Ok(())
    }

    /// Puts aside what waits for an operator in a delivery; the rest of it stands. False when nothing waited.
    pub async fn dismiss(&self, id: ReceiptId) -> Result<bool> {
        let sql = self.0.sql(SELECT).add("WHERE id = ? AND state = 'parked' {FOR UPDATE}").bind(id.0);
        let Some(receipt) = self.0.read_one(sql, read).await? else { return Ok(false) };
        let after = receipt.verdicts.moved(Verdict::Parked, Verdict::Dismissed);
        for (counter, by) in after.changes_from(&receipt.verdicts) {
            self.books().note(&receipt.platform, counter, by);
        }
        self.set(ReceiptState::Dismissed, &after.to_stored(), receipt.reason.as_deref(), &[id]).await?;
        Ok(true)
    }

    async fn set(&self, state: ReceiptState, verdicts: &str, reason: Option<&str>, ids: &[ReceiptId]) -> Result<()> {
        for some in ids.chunks(chunk(1)) {
            let sql = self
                .0
                .sql("UPDATE hub_receipts SET state = ?, reason = ?, verdicts = ? WHERE id IN")
                .bind(state.as_str())
                .bind(reason.map(str::to_owned))
                .bind(verdicts)
                .list(some.iter().map(|id| id.0));
            self.0.run(sql).await?;
        }
        Ok(())
    }

    /// By id.
    pub async fn get(&self, id: ReceiptId) -> Result<Option<Receipt>> {
        self.0.read_one(self.0.sql(SELECT).add("WHERE id = ?").bind(id.0), read).await
    }

    /// Those that wait for an operator, oldest first.
    pub async fn list_parked(&self, query: &ListParked) -> Result<Vec<Parked>> {
        let mut sql = self.0.sql(
            "SELECT id, platform, account, reason, verdicts, ts(received_at) FROM hub_receipts WHERE state = 'parked'",
        );
        if !query.platforms.is_empty() {
            sql = sql.add("AND platform IN").list(query.platforms.iter().map(String::as_str));
        }
        if let Some(reason) = &query.reason {
            sql = sql.add("AND reason = ?").bind(reason.as_str());
        }
        if let Some(after) = query.after {
            sql = sql.add("AND id > ?").bind(after.0);
        }
        let sql = sql.add("ORDER BY id LIMIT ?").bind(i64::from(query.limit));
        let read = |row: &Row| {
            Ok(Parked {
                id: row.id(0)?,
                platform: row.get(1)?,
                account: row.maybe_text(2)?,
                reason: row.get(3)?,
                verdicts: verdicts(row, 4)?,
                received_at: row.time(5)?,
            })
        };
        self.0.read(sql, read).await
    }

    /// How many wait for an operator.
    pub async fn count_parked(&self) -> Result<i64> {
        let sql = self.0.sql("SELECT COUNT(*) FROM hub_receipts WHERE state = 'parked'");
        Ok(self.0.read_one(sql, |row| row.get(0)).await?.unwrap_or_default())
    }

    /// Deletes up to `limit` deliveries older than `before`; those that wait for an operator stay. What still waited for a
    /// message that never came counts as ignored from then on.
    pub async fn purge(&self, before: Timestamp, limit: u32) -> Result<u64> {
        let sql = self
            .0
            .sql("DELETE FROM hub_receipts WHERE id IN")
            .add("(SELECT id FROM hub_receipts WHERE state IN ('applied', 'received', 'dismissed')")
            .add("AND received_at < ? LIMIT ?) RETURNING platform, verdicts")
            .time(before)
            .bind(i64::from(limit));
        let gone = self.0.read(sql, |row| Ok((row.get::<String>(0)?, verdicts(row, 1)?))).await?;
        for (platform, verdicts) in &gone {
            for (counter, by) in verdicts.moved(Verdict::Waiting, Verdict::Ignored).changes_from(verdicts) {
                self.books().note(platform, counter, by);
            }
        }
        Ok(gone.len() as u64)
    }
}
