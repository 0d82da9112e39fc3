//! Deliveries of which something waits for an operator: to look at, to read again after a fix, to put aside. They are kept
//! until one of these settles them.

use super::receive_webhook::body_context;
use super::replay_receipt::replay_receipt;
use crate::{App, AppError, Result};
use futures_util::future::join_all;
use hub_domain::{ReceiptId, Verdict};
use hub_store::{ListParked, Parked, Receipt, ReceiptState};
use std::time::Duration;
use tokio::time::Instant;

/// Deliveries read again by one call.
pub const MOST_AT_ONCE: u32 = 500;
/// Deliveries read again at the same time, so that they share transactions.
const SIDE_BY_SIDE: usize = 16;
/// After this long a call begins no further one and says where it stopped: the request that waits has a limit.
const LONGEST: Duration = Duration::from_secs(15);

/// Which ones, as an operator names them.
#[derive(Clone, Debug, Default)]
pub struct WhichParked {
    /// Only those of this published platform.
    pub platform: Option<String>,
    /// Only those that wait for this reason.
    pub reason: Option<String>,
    /// Only those that came after this one.
    pub after: Option<ReceiptId>,
    /// So many at most.
    pub limit: u32,
}

/// What reading many again brought.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReplayedMany {
    /// Read again.
    pub replayed: u64,
    /// Of these: nothing waits any more.
    pub settled: u64,
    /// Of these: something still waits.
    pub parked: u64,
    /// Could not be read again now.
    pub failed: u64,
    /// New messages.
    pub messages: u64,
    /// The last one that was read again; the next call goes on after it. `None` = there are no more.
    pub next: Option<ReceiptId>,
}

/// A page of them, oldest first.
pub async fn list_parked(app: &App, which: &WhichParked) -> Result<Vec<Parked>> {
    let Some(query) = query(app, which) else { return Ok(Vec::new()) };
    Ok(app.store().read().receipts().list_parked(&query).await?)
}

/// How many there are.
pub async fn count_parked(app: &App) -> Result<i64> {
    Ok(app.store().read().receipts().count_parked().await?)
}

/// The published name of the platform whose adapter reads a delivery.
pub fn published_name<'a>(app: &'a App, adapter: &'a str) -> &'a str {
    let found = app.platforms().iter().find(|handle| handle.card().id.as_str() == adapter);
    found.map_or(adapter, |handle| handle.card().published_name)
}

/// One of them with its bytes, opened.
pub async fn open_parked(app: &App, id: ReceiptId) -> Result<(Receipt, Vec<u8>)> {
    let receipt = find(app, id).await?;
    let body = app.sealer().unwrap(&body_context(id), &receipt.body);
    let body = body.ok_or_else(|| AppError::Internal("no key opens this receipt".to_owned()))?;
    Ok((receipt, body))
}

/// Reads one again, however it stands: what is settled stays so.
pub async fn replay_parked(app: &App, id: ReceiptId) -> Result<Receipt> {
    replay_receipt(app, id).await?;
    find(app, id).await
}

/// Reads many again, oldest first.
pub async fn replay_many(app: &App, which: &WhichParked) -> Result<ReplayedMany> {
    let Some(mut query) = query(app, which) else { return Ok(ReplayedMany::default()) };
    query.limit = which.limit.clamp(1, MOST_AT_ONCE);
    let found = app.store().read().receipts().list_parked(&query).await?;
    let full = u32::try_from(found.len()).is_ok_and(|count| count == query.limit);
    let mut brought = ReplayedMany::default();
    let started = Instant::now();
    for some in found.chunks(SIDE_BY_SIDE) {
        if started.elapsed() >= LONGEST {
            return Ok(brought);
        }
        let ids: Vec<ReceiptId> = some.iter().map(|parked| parked.id).collect();
        for outcome in join_all(ids.into_iter().map(|id| replay_receipt(app, id))).await {
            match outcome {
                Ok(replayed) => {
                    brought.replayed += 1;
                    brought.messages += replayed.messages;
                    *(if replayed.parked > 0 { &mut brought.parked } else { &mut brought.settled }) += 1;
                }
                Err(AppError::NotFound(_)) => {}
                Err(error) => {
                    tracing::warn!(%error, "a parked delivery could not be read again");
                    brought.failed += 1;
                }
            }
        }
        brought.next = some.last().map(|parked| parked.id);
    }
    brought.next = brought.next.filter(|_| full);
    Ok(brought)
}

/// Puts aside what waits in one. Twice is fine.
pub async fn dismiss_parked(app: &App, id: ReceiptId) -> Result<Receipt> {
    let tx = app.store().begin().await?;
    tx.receipts().dismiss(id).await?;
    app.commit(tx, Vec::new()).await?;
    find(app, id).await
}

/// How many things in a delivery wait.
pub fn waiting_in(receipt: &Receipt) -> i64 {
    match receipt.state {
        // One that was parked by an older version of the hub is not known by its parts.
        ReceiptState::Parked => receipt.verdicts.count(Verdict::Parked).max(1),
        _ => 0,
    }
}

async fn find(app: &App, id: ReceiptId) -> Result<Receipt> {
    app.store().read().receipts().get(id).await?.ok_or(AppError::NotFound("Delivery"))
}

/// The adapters of a published platform; `None` when there is none.
fn query(app: &App, which: &WhichParked) -> Option<ListParked> {
    let platforms = match &which.platform {
        None => Vec::new(),
        Some(name) => {
            let of = app.platforms().iter().filter(|handle| handle.card().published_name == name.as_str());
            let adapters: Vec<_> = of.map(|handle| handle.card().id.as_str().to_owned()).collect();
            if adapters.is_empty() {
                return None;
            }
            adapters
        }
    };
    Some(ListParked { platforms, reason: which.reason.clone(), after: which.after, limit: which.limit })
}
