//! The intake lane: one task through which everything that arrives is stored. Callers queue up; whatever waits while one
//! transaction is being synced becomes the next transaction (group commit). An idle hub commits a single delivery at once.

use super::ingest;
use crate::App;
use hub_domain::{AccountId, PlatformId, Timestamp, UserId};
use hub_platform_kit::platform::{Parsed, ReadSoFar};
use hub_store::{NewReceipt, StoreError};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};

/// Deliveries waiting at most; beyond it the platform is told to come again.
const WAITING: usize = 4_096;
/// Deliveries in one transaction.
const BATCH: usize = 256;
/// Longest wait for the commit before the platform is told to come again. A commit that succeeds later is harmless: the
/// repeat is recognised.
const COMMIT_LIMIT: Duration = Duration::from_secs(10);
/// Times a transaction is tried again after losing against another one.
const CONFLICT_TRIES: u32 = 5;

/// Something to be stored: the bytes as they came, and what they mean.
#[derive(Debug)]
pub(crate) struct Delivery {
    /// The adapter that read it.
    pub(crate) platform: PlatformId,
    /// The bytes, sealed.
    pub(crate) receipt: NewReceipt,
    /// What they mean.
    pub(crate) parsed: Vec<Parsed>,
    /// The only account it is for: it came over a session of that account's own. `None` = for all that it names.
    pub(crate) only: Option<AccountId>,
    /// How far reading has got, to be stored with it.
    pub(crate) cursor: Option<(AccountId, String)>,
    /// What it does for the reading of an account's past.
    pub(crate) reading: Option<ReadOn>,
    /// True when the platform told it by itself, unasked.
    pub(crate) pushed: bool,
    /// The time of which its messages were missed when they were said: found only now, by reading back.
    pub(crate) missed: Option<(Timestamp, Timestamp)>,
    /// True when it is read again on purpose: its receipt is known and that must not stop it.
    pub(crate) replay: bool,
}

/// What a page does for the reading of an account's past.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ReadOn {
    /// Whose.
    pub(crate) account: AccountId,
    /// The account's owner.
    pub(crate) owner: UserId,
    /// How far it got, where the platform tells.
    pub(crate) progress: Option<ReadSoFar>,
    /// That was all.
    pub(crate) ended: bool,
}

impl Delivery {
    /// Whether it tells an account that it names anything.
    pub(crate) fn is_for(&self, account: AccountId) -> bool {
        self.only.is_none_or(|only| only == account)
    }
}

/// Why a delivery was not stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotStored {
    /// Too much waits, or the database is away: come again.
    Busy,
    /// The database refused it in a way that will not pass.
    Failed,
}

/// What became of a stored delivery.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Stored {
    /// New messages.
    pub(crate) messages: u64,
    /// Events that could not be applied and wait for an operator.
    pub(crate) parked: u64,
    /// True when the same bytes had been stored before.
    pub(crate) known: bool,
}

type Waiting = (Delivery, oneshot::Sender<Result<Stored, NotStored>>);

/// The way into the lane.
#[derive(Debug)]
pub(crate) struct Lane {
    sender: mpsc::Sender<Waiting>,
}

impl Lane {
    pub(crate) fn new() -> (Self, mpsc::Receiver<Waiting>) {
        let (sender, receiver) = mpsc::channel(WAITING);
        (Self { sender }, receiver)
    }

    /// Returns once the delivery is on disk.
    pub(crate) async fn store(&self, delivery: Delivery) -> Result<Stored, NotStored> {
        let (done, outcome) = oneshot::channel();
        self.sender.try_send((delivery, done)).map_err(|_| NotStored::Busy)?;
        match tokio::time::timeout(COMMIT_LIMIT, outcome).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(_)) | Err(_) => Err(NotStored::Busy),
        }
    }
}

/// The lane's task. Ends when the hub stops, after everything that waits is stored.
pub(crate) async fn run(app: App, mut deliveries: mpsc::Receiver<Waiting>) {
    let mut waiting = Vec::with_capacity(BATCH);
    loop {
        let stopping = app.stopping().is_cancelled();
        if stopping {
            deliveries.close();
        }
        tokio::select! {
            received = deliveries.recv_many(&mut waiting, BATCH) => if received == 0 { return },
            () = app.stopping().cancelled(), if !stopping => continue,
        }
        let (batch, callers): (Vec<_>, Vec<_>) = waiting.drain(..).unzip();
        let outcomes = store_batch(&app, &batch).await;
        for (caller, outcome) in callers.into_iter().zip(outcomes) {
            // A caller that gave up waiting has told the platform to come again; the repeat is recognised.
            let _ = caller.send(outcome);
        }
    }
}

async fn store_batch(app: &App, batch: &[Delivery]) -> Vec<Result<Stored, NotStored>> {
    match together(app, batch).await {
        Ok(stored) => stored.into_iter().map(Ok).collect(),
        Err(StoreError::Unavailable(_) | StoreError::Conflict(_)) => vec![Err(NotStored::Busy); batch.len()],
        Err(error @ (StoreError::Invalid(_) | StoreError::Corrupt(_))) => {
            tracing::warn!(%error, deliveries = batch.len(), "a batch did not go through whole; storing its events one by one");
            let mut outcomes = Vec::with_capacity(batch.len());
            for delivery in batch {
                outcomes.push(alone(app, delivery).await);
            }
            outcomes
        }
    }
}

/// All deliveries in one transaction.
async fn together(app: &App, batch: &[Delivery]) -> Result<Vec<Stored>, StoreError> {
    retry_conflicts(|| async {
        let tx = app.store().begin().await?;
        let effects = ingest::apply(app, &tx, batch).await?;
        let wake = effects.enqueued;
        app.bus().publish(tx.commit(effects.events).await?);
        for (account, at) in effects.heard {
            app.signs().arrived(account, at);
        }
        if wake {
            app.bus().wake_workers();
        }
        Ok(effects.stored)
    })
    .await
}

/// One delivery, each event on its own savepoint; a bad one is parked in the receipt and its neighbours stand.
async fn alone(app: &App, delivery: &Delivery) -> Result<Stored, NotStored> {
    let outcome = retry_conflicts(|| async {
        let tx = app.store().begin().await?;
        let effects = ingest::apply_one_by_one(app, &tx, delivery).await?;
        let wake = effects.enqueued;
        app.bus().publish(tx.commit(effects.events).await?);
        for (account, at) in effects.heard {
            app.signs().arrived(account, at);
        }
        if wake {
            app.bus().wake_workers();
        }
        Ok(effects.stored.first().copied().unwrap_or_default())
    })
    .await;
    outcome.map_err(|error| match error {
        StoreError::Unavailable(_) | StoreError::Conflict(_) => NotStored::Busy,
        StoreError::Invalid(_) | StoreError::Corrupt(_) => {
            tracing::error!(%error, "a delivery could not be stored");
            NotStored::Failed
        }
    })
}

async fn retry_conflicts<T, F>(mut work: impl FnMut() -> F) -> Result<T, StoreError>
where
    F: Future<Output = Result<T, StoreError>>,
{
    let mut tries = 0;
    loop {
        match work().await {
            Err(StoreError::Conflict(_)) if tries < CONFLICT_TRIES => tries += 1,
            outcome => return outcome,
        }
    }
}
