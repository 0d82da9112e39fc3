//! Numbers for whoever watches the hub. Names and labels are bounded: platforms, states and outcomes, never an id.

use crate::inbox::{Refused, parked};
use crate::{App, Result, ledger};
use hub_domain::Book;
use hub_store::JobCounts;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// How platforms' calls ended since the process began, by published name and outcome.
#[derive(Debug, Default)]
pub(crate) struct Deliveries(Mutex<BTreeMap<(&'static str, &'static str), u64>>);

impl Deliveries {
    pub(crate) fn count(&self, platform: &'static str, refused: Option<Refused>) {
        let outcome = match refused {
            None => "taken",
            Some(Refused::BadSignature) => "bad_signature",
            Some(Refused::BadVerifyToken | Refused::Malformed(_) | Refused::UnknownPlatform) => "refused",
            Some(Refused::Busy) => "busy",
            Some(Refused::Internal) => "failed",
        };
        *self.0.lock().unwrap_or_else(PoisonError::into_inner).entry((platform, outcome)).or_default() += 1;
    }
}

/// What can be measured.
#[derive(Clone, Debug)]
pub struct Measures {
    /// The books by published platform.
    pub books: BTreeMap<String, Book>,
    /// Jobs by state.
    pub jobs: JobCounts,
    /// How long the job that is due longest has been due; zero when none is.
    pub oldest_job: Duration,
    /// Deliveries that wait for an operator.
    pub parked: i64,
    /// Platforms' calls to this process since it began, by published name and outcome.
    pub deliveries: BTreeMap<(&'static str, &'static str), u64>,
    /// Memory of this process that is really there, in bytes; `None` where the system does not say.
    pub resident_bytes: Option<u64>,
}

/// Measures everything.
pub async fn measure(app: &App) -> Result<Measures> {
    let now = app.now();
    let session = app.store().read();
    let due_since = session.jobs().oldest_due(now).await?;
    Ok(Measures {
        books: ledger::books(app).await?,
        jobs: session.jobs().counts(now).await?,
        oldest_job: due_since.map(|at| (now - at).to_std().unwrap_or_default()).unwrap_or_default(),
        parked: parked::count_parked(app).await?,
        deliveries: app.deliveries().0.lock().unwrap_or_else(PoisonError::into_inner).clone(),
        resident_bytes: resident_bytes(),
    })
}

/// Linux tells it in pages.
fn resident_bytes() -> Option<u64> {
    /// Size of a page; other sizes are rare, and the number is for watching a trend.
    const PAGE: u64 = 4_096;
    let text = std::fs::read_to_string("/proc/self/statm").ok()?;
    text.split_whitespace().nth(1)?.parse::<u64>().ok().map(|pages| pages * PAGE)
}
