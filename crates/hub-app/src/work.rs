//! The queue as a worker sees it: claim, keep, settle. The rules of repeating live here and nowhere else.

use crate::jobs::Outcome;
use crate::{App, AppError, Result};
use chrono::TimeDelta;
use hub_domain::JobId;
use hub_store::{DeadJob, Job, Presence};
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

/// A sign of life: the job stays with its worker. False when it is not this claim's any more: whoever works on it must stop.
pub async fn keep(app: &App, worker: &str, job: &Job) -> Result<bool> {
    let tx = app.store().begin().await?;
    let held = tx.jobs().extend(job, worker, app.now() + delta(LEASE)).await?;
    app.commit(tx, Vec::new()).await?;
    Ok(held)
}

/// Writes down how a job ended. Does nothing when the job meanwhile belongs to another claim.
pub async fn settle(app: &App, worker: &str, job: &Job, outcome: &Outcome) -> Result<()> {
    let now = app.now();
    let tx = app.store().begin().await?;
    match outcome {
        Outcome::Done => tx.jobs().done(job, worker, now).await?,
        Outcome::Dead { why } => {
            tracing::error!(job = %job.id, kind = job.kind, why, "a job was given up");
            tx.jobs().dead(job, worker, why, now).await?
        }
        Outcome::Again { counts: true, why, .. } if job.attempts >= job.max_attempts => {
            tracing::error!(job = %job.id, kind = job.kind, attempts = job.attempts, why, "a job was given up");
            tx.jobs().dead(job, worker, why, now).await?
        }
        Outcome::Again { after, counts, why } => {
            // What the platform asks for wins over anything of ours.
            let pause = after.unwrap_or_else(|| pause(job.attempts, random()));
            tracing::debug!(job = %job.id, kind = job.kind, ?pause, why, "a job will be tried again");
            tx.jobs().again(job, worker, now + delta(pause), *counts, why).await?
        }
    };
    app.commit(tx, Vec::new()).await
}

/// Hands back what a worker holds that stops now, so that the next one need not wait for the end of its leases.
pub async fn hand_back(app: &App, worker: &str) -> Result<u64> {
    let tx = app.store().begin().await?;
    let count = tx.jobs().hand_back(worker, app.now()).await?;
    app.commit(tx, Vec::new()).await?;
    Ok(count)
}

/// Joins the workers of this database. Whoever finds nobody else there frees what the dead left running, at once instead of
/// after their leases. What is returned must be kept as long as one works.
pub async fn join(app: &App) -> Result<Presence> {
    let store = app.store().clone();
    // Waits for a file's lock, though hardly ever.
    let entered = tokio::task::spawn_blocking(move || store.enter()).await;
    let entrance = entered.map_err(|error| AppError::Internal(error.to_string()))??;
    if entrance.is_alone() {
        let tx = app.store().begin().await?;
        let freed = tx.jobs().free_all(app.now()).await?;
        app.commit(tx, Vec::new()).await?;
        if freed > 0 {
            tracing::warn!(freed, "jobs were left running by a process that died; they are taken up again");
        }
    }
    let joined = tokio::task::spawn_blocking(move || entrance.join()).await;
    Ok(joined.map_err(|error| AppError::Internal(error.to_string()))??)
}

/// The jobs that were given up, newest first.
pub async fn dead_letters(app: &App, limit: u32) -> Result<Vec<DeadJob>> {
    Ok(app.store().read().jobs().dead_letters(limit).await?)
}

/// Tries a job that was given up anew, with all its attempts; false when it is not one, or the same is under way already.
pub async fn revive(app: &App, id: JobId) -> Result<bool> {
    let tx = app.store().begin().await?;
    let revived = tx.jobs().revive(id, app.now()).await?;
    app.commit(tx, Vec::new()).await?;
    app.bus().wake_workers();
    Ok(revived)
}

/// Anywhere between the first pause and one that doubles with every attempt, so that a crowd that failed together does not
/// come again together.
fn pause(attempts: i32, random: u32) -> Duration {
    let doubled = FIRST_PAUSE.saturating_mul(1 << attempts.clamp(1, 16)).min(LONGEST_PAUSE);
    FIRST_PAUSE + doubled.saturating_sub(FIRST_PAUSE).mul_f64(f64::from(random) / f64::from(u32::MAX))
}

fn random() -> u32 {
    let mut bytes = [0_u8; 4];
    // Without randomness there is half the pause.
    aws_lc_rs::rand::fill(&mut bytes).map_or(u32::MAX / 2, |()| u32::from_le_bytes(bytes))
}

fn delta(duration: Duration) -> TimeDelta {
    TimeDelta::from_std(duration).unwrap_or(TimeDelta::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_grows_with_the_attempts_and_is_another_each_time() {
        assert_eq!(pause(1, 0), FIRST_PAUSE);
        assert_eq!(pause(1, u32::MAX), FIRST_PAUSE * 2);
        assert_eq!(pause(5, u32::MAX), FIRST_PAUSE * 32);
        assert_eq!(pause(i32::MAX, u32::MAX), LONGEST_PAUSE);
        assert!(pause(9, 0) == FIRST_PAUSE && pause(0, 0) == FIRST_PAUSE && pause(-1, u32::MAX) <= FIRST_PAUSE * 2);
        let drawn: std::collections::HashSet<_> = (0..64).map(|_| pause(8, random())).collect();
        assert!(drawn.len() > 48, "a crowd spreads out");
    }
}
