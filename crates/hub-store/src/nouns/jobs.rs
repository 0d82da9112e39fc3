//! Work left for later. A job commits with its cause; a worker claims it with a lease; what is due, and in which order,
//! stands in the row.

use crate::error::Result;
use crate::sql::{Conn, Row, chunk};
use chrono::TimeDelta;
use hub_domain::{JobId, Timestamp};

/// A new job.
#[derive(Clone, Debug)]
pub struct NewJob {
    /// Id.
    pub id: JobId,
    /// Which work.
    pub kind: String,
    /// Ids it needs, as JSON.
    pub payload: String,
    /// Jobs of one lane run one after the other, in the order in which they came.
    pub lane: Option<String>,
    /// No second open job of this kind with the same key.
    pub dedupe: Option<String>,
    /// Smaller goes first.
    pub priority: i32,
    /// Not before.
    pub run_at: Timestamp,
    /// After so many attempts it is given up.
    pub max_attempts: i32,
    /// Now.
    pub at: Timestamp,
}

/// A claimed job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// Id.
    pub id: JobId,
    /// Which work.
    pub kind: String,
    /// Ids it needs, as JSON.
    pub payload: String,
    /// Attempts with this one.
    pub attempts: i32,
    /// After so many it is given up.
    pub max_attempts: i32,
}

/// How a job ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobEnd {
    /// Why it was given up; `None` when it was done.
    pub dead: Option<String>,
}

/// How many jobs there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct JobCounts {
    /// Due.
    pub waiting: i64,
    /// Running.
    pub active: i64,
    /// Done and not yet deleted.
    pub completed: i64,
    /// Given up and not yet deleted.
    pub failed: i64,
    /// Due later.
    pub delayed: i64,
}

/// Statements about jobs.
pub struct Jobs<'a>(pub(crate) Conn<'a>);

/// Parameters of one job.
const WIDTH: usize = 11;
/// Longest reason that is kept, in characters.
const MAX_WHY_CHARS: usize = 500;

impl Jobs<'_> {
    /// Leaves jobs, in this order. One whose dedupe key is open already is dropped.
    pub async fn enqueue_many(&self, jobs: &[NewJob]) -> Result<()> {
        for some in jobs.chunks(chunk(WIDTH)) {
            let sql = self
                .0
                .sql(
                    "INSERT INTO hub_jobs (id, kind, payload, lane, dedupe, priority, run_at, max_attempts, at, state,",
                )
                .add("attempts) VALUES")
                .rows(WIDTH, some, |sql, job| {
                    sql.bind(job.id.0)
                        .bind(job.kind.as_str())
                        .bind(job.payload.as_str())
                        .bind(job.lane.clone())
                        .bind(job.dedupe.clone())
                        .bind(job.priority)
                        .time(job.run_at)
                        .bind(job.max_attempts)
                        .time(job.at)
                        .bind("ready")
                        .bind(0)
                })
                .add("ON CONFLICT DO NOTHING");
            self.0.run(sql).await?;
        }
        Ok(())
    }

    /// Takes up to `limit` jobs that are due, or whose worker gave no sign of life until the end of its lease. A lane's next
    /// job is due only when no earlier one is open, and no later one runs: a job may be committed after one that was left
    /// after it.
    pub async fn claim(&self, worker: &str, limit: u32, now: Timestamp, lease: TimeDelta) -> Result<Vec<Job>> {
        let sql = self
            .0
            // Chosen once, before anything is changed: the limit of a subquery in `WHERE` may be applied again for each row.
            .sql("WITH due AS MATERIALIZED (SELECT j.place FROM hub_jobs j WHERE j.state IN ('ready', 'running')")
            .add("AND ((j.state = 'ready' AND j.run_at <= ?) OR (j.state = 'running' AND j.lease_until <= ?))")
            .add("AND (j.lane IS NULL OR NOT EXISTS (SELECT 1 FROM hub_jobs e WHERE e.lane = j.lane")
            .add("AND e.state IN ('ready', 'running') AND (e.place < j.place")
            .add("OR (e.place > j.place AND e.state = 'running' AND e.lease_until > ?))))")
            .add("ORDER BY j.priority, j.run_at, j.place LIMIT ? {FOR UPDATE SKIP LOCKED})")
            .add("UPDATE hub_jobs SET state = 'running', attempts = attempts + 1, worker = ?, lease_until = ?")
            .add("WHERE place IN (SELECT place FROM due)")
            .add("RETURNING id, kind, payload, attempts, max_attempts, priority, place")
            .time(now)
            .time(now)
            .time(now)
            .bind(i64::from(limit))
            .bind(worker)
            .time(now + lease);
        let read = |row: &Row| {
            let job = Job {
                id: row.id(0)?,
                kind: row.get(1)?,
                payload: row.get(2)?,
                attempts: row.get(3)?,
                max_attempts: row.get(4)?,
            };
            Ok(((row.get::<i32>(5)?, row.get::<i64>(6)?), job))
        };
        let mut claimed = self.0.read(sql, read).await?;
        claimed.sort_by_key(|(order, _)| *order);
        Ok(claimed.into_iter().map(|(_, job)| job).collect())
    }

    /// A sign of life.
    pub async fn extend(&self, ids: &[JobId], worker: &str, until: Timestamp) -> Result<()> {
        let sql = self.0.sql("UPDATE hub_jobs SET lease_until = ? WHERE worker = ? AND state = 'running' AND id IN");
        self.0.run(sql.time(until).bind(worker).list(ids.iter().map(|id| id.0))).await.map(|_| ())
    }

    /// Settled. Here and below: nothing happens when the job meanwhile belongs to another worker.
    pub async fn done(&self, id: JobId, worker: &str, now: Timestamp) -> Result<()> {
        self.finish(id, worker, "done", None, now).await
    }

    /// Given up.
    pub async fn dead(&self, id: JobId, worker: &str, why: &str, now: Timestamp) -> Result<()> {
        self.finish(id, worker, "dead", Some(why), now).await
    }

    async fn finish(&self, id: JobId, worker: &str, state: &str, why: Option<&str>, now: Timestamp) -> Result<()> {
        let sql = self
            .0
            .sql("UPDATE hub_jobs SET state = ?, why = ?, finished_at = ?, worker = NULL, lease_until = NULL")
            .add("WHERE id = ? AND worker = ? AND state = 'running'")
            .bind(state)
            .bind(why.map(shortened))
            .time(now)
            .bind(id.0)
            .bind(worker);
        self.0.run(sql).await.map(|_| ())
    }

    /// Again, not before `run_at`; `counts` = it was an attempt.
    pub async fn again(&self, id: JobId, worker: &str, run_at: Timestamp, counts: bool, why: &str) -> Result<()> {
        let sql = self
            .0
            .sql("UPDATE hub_jobs SET state = 'ready', run_at = ?, attempts = attempts - ?, why = ?, worker = NULL,")
            .add("lease_until = NULL WHERE id = ? AND worker = ? AND state = 'running'")
            .time(run_at)
            .bind(i32::from(!counts))
            .bind(shortened(why))
            .bind(id.0)
            .bind(worker);
        self.0.run(sql).await.map(|_| ())
    }

    /// The newest job of a kind with a dedupe key, whether it is open or settled.
    pub async fn newest(&self, kind: &str, dedupe: &str) -> Result<Option<JobId>> {
        let sql = self.0.sql("SELECT id FROM hub_jobs WHERE kind = ? AND dedupe = ? ORDER BY place DESC LIMIT 1");
        self.0.read_one(sql.bind(kind).bind(dedupe), |row| row.id(0)).await
    }

    /// How a job ended; `None` while it is open.
    pub async fn end(&self, id: JobId) -> Result<Option<JobEnd>> {
        let sql = self.0.sql("SELECT state, why FROM hub_jobs WHERE id = ? AND state IN ('done', 'dead')").bind(id.0);
        let read = |row: &Row| {
            let why = row.get::<Option<String>>(1)?.unwrap_or_default();
            Ok(JobEnd { dead: (row.get::<String>(0)? == "dead").then_some(why) })
        };
        self.0.read_one(sql, read).await
    }

    /// How many jobs there are.
    pub async fn counts(&self, now: Timestamp) -> Result<JobCounts> {
        let sql = self
            .0
            .sql("SELECT CASE WHEN state = 'ready' AND run_at > ? THEN 'delayed' ELSE state END AS stage, COUNT(*)")
            .add("FROM hub_jobs GROUP BY 1")
            .time(now);
        let mut counts = JobCounts::default();
        for (stage, count) in self.0.read(sql, |row| Ok((row.get::<String>(0)?, row.get::<i64>(1)?))).await? {
            match stage.as_str() {
                "ready" => counts.waiting = count,
                "running" => counts.active = count,
                "done" => counts.completed = count,
                "dead" => counts.failed = count,
                _ => counts.delayed = count,
            }
        }
        Ok(counts)
    }

    /// Since when the job has been due that is due longest and has not begun.
    pub async fn oldest_due(&self, now: Timestamp) -> Result<Option<Timestamp>> {
        let sql = self
            .0
            .sql("SELECT ts(run_at) FROM hub_jobs WHERE state = 'ready' AND run_at <= ? ORDER BY run_at LIMIT 1")
            .time(now);
        self.0.read_one(sql, |row| row.time(0)).await
    }

    /// Deletes up to `limit` settled jobs older than `before`.
    pub async fn purge(&self, before: Timestamp, limit: u32) -> Result<u64> {
        let sql = self
            .0
            .sql("DELETE FROM hub_jobs WHERE place IN")
            .add("(SELECT place FROM hub_jobs WHERE finished_at < ? ORDER BY finished_at LIMIT ?)")
            .time(before)
            .bind(i64::from(limit));
        self.0.run(sql).await
    }
}

fn shortened(why: &str) -> String {
    why.chars().take(MAX_WHY_CHARS).collect()
}
