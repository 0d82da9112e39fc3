//! Deliveries as they came: the proof of what was said, and what can be read again after a fix.

use crate::error::Result;
use crate::sql::{Conn, Row, chunk};
use hub_domain::{ReceiptId, RemoteAccountId, Timestamp};

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
}

impl ReceiptState {
    fn as_str(self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::Applied => "applied",
            Self::Parked => "parked",
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
    /// Why it waits.
    pub reason: Option<String>,
    /// When it came.
    pub received_at: Timestamp,
}

/// Statements about deliveries.
pub struct Receipts<'a>(pub(crate) Conn<'a>);

const SELECT: &str = "SELECT id, platform, digest, account, body, reason, ts(received_at) FROM hub_receipts";
/// Parameters of one delivery.
const WIDTH: usize = 7;
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
    })
}

impl Receipts<'_> {
    /// Stores deliveries; gives the ids of those that are new.
    pub async fn insert_many(&self, receipts: &[NewReceipt]) -> Result<Vec<ReceiptId>> {
        let mut new = Vec::with_capacity(receipts.len());
        for some in receipts.chunks(chunk(WIDTH)) {
            let sql = self
                .0
                .sql("INSERT INTO hub_receipts (id, platform, digest, account, body, state, received_at) VALUES")
                .rows(WIDTH, some, |sql, receipt| {
                    sql.bind(receipt.id.0)
                        .bind(receipt.platform.as_str())
                        .bind(receipt.digest.as_str())
                        .bind(receipt.account.as_ref().map(|id| id.as_str().to_owned()))
                        .bind(receipt.body.as_str())
                        .bind(ReceiptState::Received.as_str())
                        .time(receipt.received_at)
                })
                .add("ON CONFLICT DO NOTHING RETURNING id");
            new.extend(self.0.read(sql, |row| row.id::<ReceiptId>(0)).await?);
        }
        Ok(new)
    }

    /// Notes how a delivery ended.
    pub async fn set_state(&self, id: ReceiptId, state: ReceiptState, reason: Option<&str>) -> Result<()> {
        let reason = reason.map(|reason| reason.chars().take(MAX_REASON_CHARS).collect::<String>());
        let sql = self.0.sql("UPDATE hub_receipts SET state = ?, reason = ? WHERE id = ?");
        self.0.run(sql.bind(state.as_str()).bind(reason).bind(id.0)).await.map(|_| ())
    }

    /// Notes that everything in these was applied.
    pub async fn set_applied_many(&self, ids: &[ReceiptId]) -> Result<()> {
        for some in ids.chunks(chunk(1)) {
            let sql = self.0.sql("UPDATE hub_receipts SET state = 'applied', reason = NULL WHERE id IN");
            self.0.run(sql.list(some.iter().map(|id| id.0))).await?;
        }
        Ok(())
    }

    /// By id.
    pub async fn get(&self, id: ReceiptId) -> Result<Option<Receipt>> {
        self.0.read_one(self.0.sql(SELECT).add("WHERE id = ?").bind(id.0), read).await
    }

    /// Those that wait for an operator, oldest first.
    pub async fn list_parked(&self, limit: u32) -> Result<Vec<Receipt>> {
        let sql = self.0.sql(SELECT).add("WHERE state = 'parked' ORDER BY received_at, id LIMIT ?");
        self.0.read(sql.bind(i64::from(limit)), read).await
    }

    /// Deletes up to `limit` deliveries older than `before`; those that wait stay.
    pub async fn purge(&self, before: Timestamp, limit: u32) -> Result<u64> {
        let sql = self
            .0
            .sql("DELETE FROM hub_receipts WHERE id IN (SELECT id FROM hub_receipts WHERE state IN ('applied', 'received')")
            .add("AND received_at < ? LIMIT ?)")
            .time(before)
            .bind(i64::from(limit));
        self.0.run(sql).await
    }
}
