//! The queue as a worker sees it: claim, keep, settle. The rules of repeating live here and nowhere else.

use crate::jobs::Outcome;
use crate::{App, Result};
use chrono::TimeDelta;
use hub_domain::JobId;
use hub_store::Job;
use std::time::Duration;

/// How long a claimed job belongs to its worker without a sign of life.
pub const LEASE: Duration = Duration::from_mins(1);
/// The first pause after a failed attempt; it doubles.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// The longest pause between attempts.
const LONGEST_PAUSE: Duration = Duration::from_mins(10);

/// Takes up to `limit` jobs that are due.
pub async fn claim(app: &App, worker: &str, limit: u32) -> Result<Vec<Job>> {
    let tx = app.store().begin().await?;
    let jobs = tx.jobs().claim(worker, limit, app.now(), delta(LEASE)).await?;
    app.commit(tx, Vec::new()).await?;
    Ok(jobs)
}

/// A sign of life: the jobs stay with their worker.
pub async fn keep(app: &App, worker: &str, jobs: &[JobId]) -> Result<()> {
    let tx = app.store().begin().await?;
    tx.jobs().extend(jobs, worker, app.now() + delta(LEASE)).await?;
    app.commit(tx, Vec::new()).await
}

/// Writes down how a job ended. Does nothing when the job meanwhile belongs to another worker.
pub async fn settle(app: &App, worker: &str, job: &Job, outcome: &Outcome) -> Result<()> {
    let now = app.now();
    let tx = app.store().begin().await?;
    match outcome {
        Outcome::Done => tx.jobs().done(job.id, worker, now).await?,
        Outcome::Dead { why } => {
            tracing::error!(job = %job.id, kind = job.kind, why, "a job was given up");
            tx.jobs().dead(job.id, worker, why, now).await?;
        }
        Outcome::Again { counts: true, why, .. } if job.attempts >= job.max_attempts => {
            tracing::error!(job = %job.id, kind = job.kind, attempts = job.attempts, why, "a job was given up");
            tx.jobs().dead(job.id, worker, why, now).await?;
        }
        Outcome::Again { after, counts, why } => {
            let pause = after.unwrap_or_else(|| pause(job.attempts, job.id));
            tracing::debug!(job = %job.id, kind = job.kind, ?pause, why, "a job will be tried again");
            tx.jobs().again(job.id, worker, now + delta(pause), *counts, why).await?;
        }
    }
    app.commit(tx, Vec::new()).await
}

/// Doubles with every attempt, with up to half of it added by the job's own id so that a crowd spreads out.
fn pause(attempts: i32, id: JobId) -> Duration {
    let doubled = FIRST_PAUSE.saturating_mul(1 << attempts.clamp(0, 16)).min(LONGEST_PAUSE);
    let spread = u32::from(id.0.as_bytes()[15]);
    doubled + doubled * spread / 512
}

fn delta(duration: Duration) -> TimeDelta {
    TimeDelta::from_std(duration).unwrap_or(TimeDelta::MAX)
}
