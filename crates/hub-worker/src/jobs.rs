//! Claims jobs and runs them side by side. A hint through the bus makes it quick, a poll makes it certain.

use crate::worker_name;
use futures_util::FutureExt;
use hub_app::jobs::{self, Outcome};
use hub_app::{App, Job, Presence, Signal, work};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// Jobs that run at once in one process.
const SLOTS: usize = 16;
/// How often the queue is looked at when no hint comes.
const POLL: Duration = Duration::from_secs(1);
/// How often a running job gives a sign of life; well within its lease.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// The longest a job may run.
const JOB_LIMIT: Duration = Duration::from_mins(10);
/// Tries to take a place among the workers.
const JOIN_TRIES: u32 = 5;
/// Tries to write down how a job ended, one second apart, before its lease decides.
const SETTLE_TRIES: u32 = 30;

pub(crate) async fn run(app: App, stop: CancellationToken) {
    let worker: Arc<str> = worker_name("worker").into();
    let _presence = join(&app, &stop).await;
    let mut signals = app.bus().subscribe();
    let mut running = JoinSet::new();
    let freed = Arc::new(Notify::new());
    while !stop.is_cancelled() {
        while running.try_join_next().is_some() {}
        let free = SLOTS.saturating_sub(running.len());
        let claimed = if free == 0 { Vec::new() } else { claim(&app, &worker, free).await };
        // Of jobs that share something not all were taken, though others may be due behind them.
        let more = !claimed.is_empty();
        for job in claimed {
            let (app, worker, freed) = (app.clone(), worker.clone(), freed.clone());
            running.spawn(async move {
                work_on(&app, &worker, job).await;
                freed.notify_one();
            });
        }
        if more && running.len() < SLOTS {
            continue;
        }
        wait(&mut signals, &freed, &stop).await;
    }
    let finish = async { while running.join_next().await.is_some() {} };
    if tokio::time::timeout(app.settings().stop_wait, finish).await.is_ok() {
        return;
    }
    // They must have ended before anybody else may have them.
    running.shutdown().await;
    match work::hand_back(&app, &worker).await {
        Ok(count) => tracing::warn!(count, "jobs were cut off and handed back"),
        Err(error) => tracing::warn!(%error, "jobs were cut off; they are taken up again after their lease"),
    }
}

/// Takes a place among the workers. Without one the leases of the dead decide.
async fn join(app: &App, stop: &CancellationToken) -> Option<Presence> {
    for _ in 0..JOIN_TRIES {
        match work::join(app).await {
            Ok(presence) => return Some(presence),
            Err(error) => tracing::warn!(%error, "the place among the workers could not be taken"),
        }
        tokio::select! {
            () = tokio::time::sleep(POLL) => {}
            () = stop.cancelled() => break,
        }
    }
    None
}

async fn claim(app: &App, worker: &str, limit: usize) -> Vec<Job> {
    match work::claim(app, worker, u32::try_from(limit).unwrap_or(u32::MAX)).await {
        Ok(jobs) => jobs,
        Err(error) => {
            tracing::debug!(%error, "the queue could not be read");
            Vec::new()
        }
    }
}

/// Until there may be something to do.
async fn wait(signals: &mut hub_app::Listener, freed: &Notify, stop: &CancellationToken) {
    let hint = async {
        while let Some(signal) = signals.next().await {
            if matches!(*signal, Signal::JobsReady | Signal::CatchUp) {
                return;
            }
        }
        std::future::pending::<()>().await;
    };
    tokio::select! {
        () = hint => {}
        () = freed.notified() => {}
        () = tokio::time::sleep(POLL) => {}
        () = stop.cancelled() => {}
    }
}

async fn work_on(app: &App, worker: &str, job: Job) {
    let outcome = {
        let work = AssertUnwindSafe(jobs::run(app, &job)).catch_unwind();
        tokio::pin!(work);
        let limit = tokio::time::sleep(JOB_LIMIT);
        tokio::pin!(limit);
        loop {
            tokio::select! {
                ended = &mut work => break ended.unwrap_or_else(|_| {
                    tracing::error!(job = %job.id, kind = job.kind, attempts = job.attempts, "a job panicked");
                    again("it panicked")
                }),
                () = &mut limit => break again("it took too long"),
                () = tokio::time::sleep(HEARTBEAT) => match work::keep(app, worker, &job).await {
                    Ok(true) => {}
                    Ok(false) => {
                        tracing::warn!(job = %job.id, kind = job.kind, "a job was taken over by another worker");
                        return;
                    }
                    Err(error) => tracing::warn!(job = %job.id, %error, "a sign of life could not be given"),
                }
            }
        }
    };
    for _ in 0..SETTLE_TRIES {
        match work::settle(app, worker, &job, &outcome).await {
            Ok(()) => return,
            Err(error) => tracing::warn!(job = %job.id, %error, "the end of a job could not be written down"),
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

fn again(why: &str) -> Outcome {
    Outcome::Again { after: None, counts: true, why: why.to_owned() }
}
