//! The usage log: one row per successful signed-in request, and one per account, kind of call and hour for calls to platforms,
//! whose count grows. Written in the background; failures are counted, not raised.

use crate::App;
use crate::clock::new_id;
use chrono::{DurationRound, TimeDelta};
use hub_domain::{Account, AccountId, Timestamp, UserId};
use hub_store::Usage;
use std::collections::HashMap;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::Instant;
use uuid::Uuid;

/// Notes waiting to be written; more are dropped and said so.
const WAITING: usize = 4_096;
/// Notes taken together.
const BATCH: usize = 256;
/// Pause between two writes, so that a busy hub writes few, large batches.
const PAUSE: Duration = Duration::from_secs(1);
/// Pause between two writes of counts: an account that works must not cost a write per call.
const CALLS_PAUSE: Duration = Duration::from_secs(5);
/// Calls of so long a time are one row: a poll a minute would otherwise be half a million rows a year for every account.
const TOGETHER: TimeDelta = TimeDelta::hours(1);

/// One request.
#[derive(Clone, Debug)]
pub struct UsageRecord {
    /// Who.
    pub user_id: UserId,
    /// Method and route pattern.
    pub endpoint: String,
}

/// What waits to be written.
#[derive(Debug)]
pub(crate) enum Note {
    Request(Usage),
    Call { user: UserId, account: AccountId, platform: String, endpoint: &'static str, at: Timestamp },
}

/// The way to the background task.
#[derive(Debug)]
pub(crate) struct UsageLog {
    sender: mpsc::Sender<Note>,
}

impl UsageLog {
    pub(crate) fn new() -> (Self, mpsc::Receiver<Note>) {
        let (sender, receiver) = mpsc::channel(WAITING);
        (Self { sender }, receiver)
    }

    /// Never waits.
    fn note(&self, note: Note) {
        if self.sender.try_send(note).is_err() {
            tracing::debug!("the usage log is full; one note was dropped");
        }
    }
}

/// Notes a request.
pub fn record(app: &App, record: &UsageRecord) {
    app.usage_log().note(Note::Request(Usage {
        id: new_id(),
        user_id: Some(record.user_id),
        account_id: None,
        platform: hub_store::REQUESTS.to_owned(),
        endpoint: record.endpoint.chars().take(255).collect(),
        count: 1,
        at: app.now(),
    }));
}

/// Notes a call to a platform.
pub(crate) fn record_call(app: &App, account: &Account, endpoint: &'static str) {
    app.usage_log().note(Note::Call {
        user: account.user_id,
        account: account.id,
        platform: account.platform_name.clone(),
        endpoint,
        at: app.now(),
    });
}

/// The rows of calls that may still grow, and those that grew since they were written.
#[derive(Default)]
struct Tally {
    rows: HashMap<(AccountId, &'static str), Usage>,
    grown: HashMap<Uuid, Usage>,
}

impl Tally {
    /// Counts the calls among `notes`; gives the requests.
    fn take(&mut self, notes: impl Iterator<Item = Note>) -> Vec<Usage> {
        let mut requests = Vec::new();
        for note in notes {
            match note {
                Note::Request(usage) => requests.push(usage),
                Note::Call { user, account, platform, endpoint, at } => self.count(
                    Usage {
                        id: new_id(),
                        user_id: Some(user),
                        account_id: Some(account),
                        platform,
                        endpoint: endpoint.to_owned(),
                        count: 1,
                        at,
                    },
                    (account, endpoint),
                ),
            }
        }
        requests
    }

    fn count(&mut self, call: Usage, of: (AccountId, &'static str)) {
        let row = match self.rows.get_mut(&of) {
            Some(row) if hour(row.at) == hour(call.at) => {
                row.count = row.count.saturating_add(1);
                row.clone()
            }
            _ => {
                self.rows.insert(of, call.clone());
                call
            }
        };
        self.grown.insert(row.id, row);
    }

    /// What is to be written now. What cannot grow any more is forgotten.
    fn grown(&mut self, now: Timestamp) -> Vec<Usage> {
        self.rows.retain(|_, row| hour(row.at) == hour(now));
        std::mem::take(&mut self.grown).into_values().collect()
    }
}

fn hour(at: Timestamp) -> Timestamp {
    at.duration_trunc(TOGETHER).unwrap_or(at)
}

/// The background task.
pub(crate) async fn run(app: App, mut notes: mpsc::Receiver<Note>) {
    let mut batch = Vec::with_capacity(BATCH);
    let mut tally = Tally::default();
    let mut calls_at = Instant::now() + CALLS_PAUSE;
    loop {
        let stopping = app.stopping().is_cancelled();
        if stopping {
            notes.close();
        }
        let ended = tokio::select! {
            received = notes.recv_many(&mut batch, BATCH) => received == 0,
            () = app.stopping().cancelled(), if !stopping => continue,
            () = tokio::time::sleep_until(calls_at), if !tally.grown.is_empty() => false,
        };
        let requests = tally.take(batch.drain(..));
        let mut calls = Vec::new();
        if ended || calls_at <= Instant::now() {
            calls = tally.grown(app.now());
            calls_at = Instant::now() + CALLS_PAUSE;
        }
        if !(requests.is_empty() && calls.is_empty())
            && let Err(error) = write(&app, &requests, &calls).await
        {
            tracing::warn!(%error, rows = requests.len() + calls.len(), "usage rows were not written");
        }
        if ended {
            return;
        }
        if !stopping {
            tokio::select! {
                () = tokio::time::sleep(PAUSE) => {}
                () = app.stopping().cancelled() => {}
            }
        }
    }
}

async fn write(app: &App, requests: &[Usage], calls: &[Usage]) -> crate::Result<()> {
    let tx = app.store().begin().await?;
    tx.usage().insert_many(requests).await?;
    for call in calls {
        tx.usage().count(call).await?;
    }
    app.commit(tx, Vec::new()).await
}
