//! The usage log: one row per successful signed-in request, written in the background. Failures are counted, not raised.

use crate::App;
use hub_domain::UserId;
use hub_store::Usage;
use std::time::Duration;
use tokio::sync::mpsc;

/// Rows waiting to be written; more are dropped and said so.
const WAITING: usize = 4_096;
/// Rows written in one statement.
const BATCH: usize = 256;
/// Pause between two writes, so that a busy hub writes few, large batches.
const PAUSE: Duration = Duration::from_secs(1);

/// One request.
#[derive(Clone, Debug)]
pub struct UsageRecord {
    /// Who.
    pub user_id: UserId,
    /// Method and route pattern.
    pub endpoint: String,
}

/// The way to the background task.
#[derive(Debug)]
pub(crate) struct UsageLog {
    sender: mpsc::Sender<Usage>,
}

impl UsageLog {
    pub(crate) fn new() -> (Self, mpsc::Receiver<Usage>) {
        let (sender, receiver) = mpsc::channel(WAITING);
        (Self { sender }, receiver)
    }
}

/// Notes a request. Never waits.
pub fn record(app: &App, record: &UsageRecord) {
    let usage = Usage {
        id: crate::clock::new_id(),
        user_id: Some(record.user_id),
        account_id: None,
        platform: hub_store::REQUESTS.to_owned(),
        endpoint: record.endpoint.chars().take(255).collect(),
        at: app.now(),
    };
    if app.usage_log().sender.try_send(usage).is_err() {
        tracing::debug!("the usage log is full; one row was dropped");
    }
}

/// The background task.
pub(crate) async fn run(app: App, mut records: mpsc::Receiver<Usage>) {
    let mut batch = Vec::with_capacity(BATCH);
    loop {
        let stopping = app.stopping().is_cancelled();
        if stopping {
            records.close();
        }
        tokio::select! {
            received = records.recv_many(&mut batch, BATCH) => if received == 0 { return },
            () = app.stopping().cancelled(), if !stopping => continue,
        }
        if let Err(error) = write(&app, &batch).await {
            tracing::warn!(%error, rows = batch.len(), "usage rows were not written");
        }
        batch.clear();
        if !stopping {
            tokio::select! {
                () = tokio::time::sleep(PAUSE) => {}
                () = app.stopping().cancelled() => {}
            }
        }
    }
}

async fn write(app: &App, rows: &[Usage]) -> crate::Result<()> {
    let tx = app.store().begin().await?;
    tx.usage().insert_many(rows).await?;
    app.commit(tx, Vec::new()).await
}
