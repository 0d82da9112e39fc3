//! Work left for later. A job commits with its cause; a worker claims it with a lease; what is due, and in which order,
//! stands in the row.

use crate::error::Result;
use crate::sql::{Conn, Row, Sql, chunk};
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
    /// Of the jobs of one pool only some run at once, however many are due: what they share may be slow or away.
    pub pool: Option<String>,
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
    /// Tells this claim from every other of the same job, also of the same worker.
    pub claim: i64,
}

/// A job that was given up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadJob {
    /// Id.
    pub id: JobId,
    /// Which work.
    pub kind: String,
    /// Ids it needs, as JSON.
    pub payload: String,
    /// How often it was tried.
    pub attempts: i32,
    /// Why it was given up.
    pub why: Option<String>,
    /// When.
    pub finished_at: Timestamp,
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
const WIDTH: usize = 12;
/// Jobs of one pool that run at once.
pub const POOL_SHARE: i64 = 4;
/// Longest reason that is kept, in characters.
const MAX_WHY_CHARS: usize = 500;

impl Jobs<'_> {
    /// Leaves jobs, in this order. One whose dedupe key is open already is dropped.
    pub async fn enqueue_many(&self, jobs: &[NewJob]) -> Result<()> {
        for some in jobs.chunks(chunk(WIDTH)) {
            let sql = self
                .0
                .sql("INSERT INTO hub_jobs (id, kind, payload, lane, pool, dedupe, priority, run_at, max_attempts, at,")
                .add("state, attempts) VALUES")
                .rows(WIDTH, some, |sql, job| {
                    sql.bind(job.id.0)
                        .bind(job.kind.as_str())
                        .bind(job.payload.as_str())
                        .bind(job.lane.clone())
                        .bind(job.pool.clone())
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
    /// after it. Of a pool no more are taken than may run at once; whoever gets any should ask again for the rest.
    pub async fn claim(&self, worker: &str, limit: u32, now: Timestamp, lease: TimeDelta) -> Result<Vec<Job>> {
        let sql = self
            .0
            .sql("WITH busy AS MATERIALIZED (SELECT pool, COUNT(*) AS running FROM hub_jobs WHERE pool IS NOT NULL")
            .add("AND state = 'running' AND lease_until > ? GROUP BY pool),")
            // Chosen once, before anything is changed: the limit of a subquery in `WHERE` may be applied again for each row.
            .add("due AS MATERIALIZED (SELECT j.place, j.pool, j.priority, j.run_at FROM hub_jobs j")
            .add("WHERE j.state IN ('ready', 'running')")
            .add("AND ((j.state = 'ready' AND j.run_at <= ?) OR (j.state = 'running' AND j.lease_until <= ?))")
            .add("AND (j.lane IS NULL OR NOT EXISTS (SELECT 1 FROM hub_jobs e WHERE e.lane = j.lane")
            .add("AND e.state IN ('ready', 'running') AND (e.place < j.place")
            .add("OR (e.place > j.place AND e.state = 'running' AND e.lease_until > ?))))")
            .add("AND (j.pool IS NULL OR j.pool NOT IN (SELECT pool FROM busy WHERE running >= ?))")
            .add("ORDER BY j.priority, j.run_at, j.place LIMIT ? {FOR UPDATE SKIP LOCKED}),")
            .add("placed AS (SELECT d.place, d.pool,")
            .add("ROW_NUMBER() OVER (PARTITION BY d.pool ORDER BY d.priority, d.run_at, d.place)")
            .add("+ COALESCE((SELECT running FROM busy b WHERE b.pool = d.pool), 0) AS nth FROM due d)")
            .add("UPDATE hub_jobs SET state = 'running', attempts = attempts + 1, claims = claims + 1,")
            .add("worker = ?, lease_until = ?")
            .add("WHERE place IN (SELECT place FROM placed WHERE pool IS NULL OR nth <= ?)")
            .add("RETURNING id, kind, payload, attempts, max_attempts, claims, priority, place")
            .time(now)
            .time(now)
            .time(now)
            .time(now)
            .bind(POOL_SHARE)
            .bind(i64::from(limit))
            .bind(worker)
            .time(now + lease)
            .bind(POOL_SHARE);
        let read = |row: &Row| {
            let job = Job {
                id: row.id(0)?,
                kind: row.get(1)?,
                payload: row.get(2)?,
                attempts: row.get(3)?,
                max_attempts: row.get(4)?,
                claim: row.get(5)?,
            };
            Ok(((row.get::<i32>(6)?, row.get::<i64>(7)?), job))
        };
        let mut claimed = self.0.read(sql, read).await?;
        claimed.sort_by_key(|(order, _)| *order);
        Ok(claimed.into_iter().map(|(_, job)| job).collect())
    }

    /// A sign of life; false when the job is not this claim's any more. Here and below: what was taken over meanwhile, be it by
    /// the same worker, is left alone.
    pub async fn extend(&self, job: &Job, worker: &str, until: Timestamp) -> Result<bool> {
        let sql = self.0.sql("UPDATE hub_jobs SET lease_until = ?").time(until);
        self.of_holder(sql, job, worker).await
    }

    /// Settled.
    pub async fn done(&self, job: &Job, worker: &str, now: Timestamp) -> Result<bool> {
        self.finish(job, worker, "done", None, now).await
    }

    /// Given up.
    pub async fn dead(&self, job: &Job, worker: &str, why: &str, now: Timestamp) -> Result<bool> {
        self.finish(job, worker, "dead", Some(why), now).await
    }

    async fn finish(&self, job: &Job, worker: &str, state: &str, why: Option<&str>, now: Timestamp) -> Result<bool> {
        let sql = self
            .0
            .sql("UPDATE hub_jobs SET state = ?, why = ?, finished_at = ?, worker = NULL, lease_until = NULL")
            .bind(state)
            .bind(why.map(shortened))
            .time(now);
        self.of_holder(sql, job, worker).await
    }

    /// Again, not before `run_at`; `counts` = it was an attempt.
    pub async fn again(&self, job: &Job, worker: &str, run_at: Timestamp, counts: bool, why: &str) -> Result<bool> {
        let sql = self
            .0
            .sql("UPDATE hub_jobs SET state = 'ready', run_at = ?, attempts = attempts - ?, why = ?, worker = NULL,")
            .add("lease_until = NULL")
            .time(run_at)
            .bind(i32::from(!counts))
            .bind(shortened(why));
        self.of_holder(sql, job, worker).await
    }

    /// Changes a job if this claim still holds it.
    async fn of_holder(&self, sql: Sql, job: &Job, worker: &str) -> Result<bool> {
        let sql = sql.add("WHERE id = ? AND worker = ? AND claims = ? AND state = 'running'");
        Ok(self.0.run(sql.bind(job.id.0).bind(worker).bind(job.claim)).await? > 0)
    }

    /// Hands back whatever a worker holds that stops now; being stopped was no attempt. Gives how many.
    pub async fn hand_back(&self, worker: &str, now: Timestamp) -> Result<u64> {
        let sql = self
            .0
            .sql("UPDATE hub_jobs SET state = 'ready', run_at = ?, attempts = attempts - 1, worker = NULL,")
            .add("lease_until = NULL WHERE worker = ? AND state = 'running'")
            .time(now)
            .bind(worker);
        self.0.run(sql).await
    }

    /// Frees every job that runs, for whoever knows that nobody does: their workers died. It was an attempt. Gives how many.
    pub async fn free_all(&self, now: Timestamp) -> Result<u64> {
        let sql = self
            .0
            .sql("UPDATE hub_jobs SET state = 'ready', run_at = ?, worker = NULL, lease_until = NULL")
            .add("WHERE state = 'running'")
            .time(now);
        self.0.run(sql).await
    }

    /// The jobs that were given up, newest first.
    pub async fn dead_letters(&self, limit: u32) -> Result<Vec<DeadJob>> {
        let sql = self
            .0
            .sql("SELECT id, kind, payload, attempts, why, ts(finished_at) FROM hub_jobs WHERE state = 'dead'")
            .add("ORDER BY finished_at DESC, place DESC LIMIT ?")
            .bind(i64::from(limit));
        let read = |row: &Row| {
            Ok(DeadJob {
                id: row.id(0)?,
                kind: row.get(1)?,
                payload: row.get(2)?,
                attempts: row.get(3)?,
                why: row.get(4)?,
                finished_at: row.time(5)?,
            })
        };
        self.0.read(sql, read).await
    }

    /// Gives a job that was given up its attempts back; false when it is not one. One whose key is open again stays.
    pub async fn revive(&self, id: JobId, now: Timestamp) -> Result<bool> {
        let sql = self
            .0
            .sql("UPDATE hub_jobs SET state = 'ready', run_at = ?, attempts = 0, finished_at = NULL")
            .add("WHERE id = ? AND state = 'dead' AND (dedupe IS NULL OR NOT EXISTS (SELECT 1 FROM hub_jobs o")
            .add("WHERE o.kind = hub_jobs.kind AND o.dedupe = hub_jobs.dedupe AND o.state IN ('ready', 'running')))")
            .time(now)
            .bind(id.0);
        Ok(self.0.run(sql).await? > 0)
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
