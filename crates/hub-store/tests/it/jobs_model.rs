//! Random histories of the queue against a model of a few lines.

use crate::support::{TestStore, at, new, postgres, sqlite};
use chrono::TimeDelta;
use hub_domain::JobId;
use hub_store::{Job, JobCounts, NewJob};
use proptest::prelude::*;

const LEASE: i64 = 10;

#[derive(Clone, Debug)]
enum Step {
    Leave {
        lane: Option<u8>,
        dedupe: Option<u8>,
        delay: i64,
        priority: i32,
    },
    Pass(i64),
    Claim {
        worker: u8,
        limit: u32,
    },
    /// The chosen one of a worker's claims, in force or lost: both are tried.
    Done(usize),
    Dead(usize),
    Again {
        which: usize,
        delay: i64,
        counts: bool,
    },
    Extend(usize),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => (proptest::option::of(0..2_u8), proptest::option::weighted(0.3, 0..3_u8), 0..6_i64, 0..3_i32)
            .prop_map(|(lane, dedupe, delay, priority)| Step::Leave { lane, dedupe, delay, priority }),
        2 => (1..8_i64).prop_map(Step::Pass),
        4 => (0..2_u8, 1..4_u32).prop_map(|(worker, limit)| Step::Claim { worker, limit }),
        3 => any::<usize>().prop_map(Step::Done),
        1 => any::<usize>().prop_map(Step::Dead),
        2 => (any::<usize>(), 0..6_i64, any::<bool>())
            .prop_map(|(which, delay, counts)| Step::Again { which, delay, counts }),
        1 => any::<usize>().prop_map(Step::Extend),
    ];
    proptest::collection::vec(step, 1..60)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Ready,
    Running { worker: u8, until: i64 },
    Done,
    Dead,
}

#[derive(Debug)]
struct Row {
    job: NewJob,
    run_at: i64,
    attempts: i32,
    state: State,
}

/// Rows in order of their coming.
#[derive(Debug, Default)]
struct Model {
    rows: Vec<Row>,
    now: i64,
}

impl Model {
    fn open(state: State) -> bool {
        matches!(state, State::Ready | State::Running { .. })
    }

    fn leave(&mut self, job: NewJob, run_at: i64) {
        let known =
            self.rows.iter().any(|r| Self::open(r.state) && r.job.dedupe.is_some() && r.job.dedupe == job.dedupe);
        if !known {
            self.rows.push(Row { job, run_at, attempts: 0, state: State::Ready });
        }
    }

    fn claim(&mut self, worker: u8, limit: u32) -> Vec<(JobId, i32)> {
        let now = self.now;
        let mut due: Vec<usize> = (0..self.rows.len())
            .filter(|&n| match self.rows[n].state {
                State::Ready => self.rows[n].run_at <= now,
                State::Running { until, .. } => until <= now,
                State::Done | State::Dead => false,
            })
            .filter(|&n| {
                let lane = &self.rows[n].job.lane;
                lane.is_none() || !self.rows[..n].iter().any(|r| r.job.lane == *lane && Self::open(r.state))
            })
            .collect();
        due.sort_by_key(|&n| (self.rows[n].job.priority, self.rows[n].run_at, n));
        due.truncate(limit as usize);
        due.sort_by_key(|&n| (self.rows[n].job.priority, n));
        due.into_iter()
            .map(|n| {
                let row = &mut self.rows[n];
                row.state = State::Running { worker, until: now + LEASE };
                row.attempts += 1;
                (row.job.id, row.attempts)
            })
            .collect()
    }

    /// The row, if that worker has it.
    fn held(&mut self, id: JobId, worker: u8) -> Option<&mut Row> {
        let row = self.rows.iter_mut().find(|r| r.job.id == id)?;
        matches!(row.state, State::Running { worker: w, .. } if w == worker).then_some(row)
    }

    fn counts(&self) -> JobCounts {
        let mut counts = JobCounts::default();
        for row in &self.rows {
            *match row.state {
                State::Ready if row.run_at > self.now => &mut counts.delayed,
                State::Ready => &mut counts.waiting,
                State::Running { .. } => &mut counts.active,
                State::Done => &mut counts.completed,
                State::Dead => &mut counts.failed,
            } += 1;
        }
        counts
    }
}

async fn replay(test: &TestStore, steps: &[Step]) {
    let mut model = Model::default();
    let mut claims: Vec<(JobId, u8)> = Vec::new();
    for step in steps {
        let tx = test.store.begin().await.unwrap();
        let jobs = tx.jobs();
        let now = at(model.now);
        let chosen = |which: &usize| (!claims.is_empty()).then(|| claims[which % claims.len()]);
        match step {
            Step::Leave { lane, dedupe, delay, priority } => {
                let job = NewJob {
                    id: new(),
                    kind: "work".into(),
                    payload: "{}".into(),
                    lane: lane.map(|lane| lane.to_string()),
                    dedupe: dedupe.map(|key| key.to_string()),
                    priority: *priority,
                    run_at: at(model.now + delay),
                    max_attempts: 3,
                    at: now,
                };
                jobs.enqueue_many(std::slice::from_ref(&job)).await.unwrap();
                let run_at = model.now + delay;
                model.leave(job, run_at);
            }
            Step::Pass(seconds) => model.now += seconds,
            Step::Claim { worker, limit } => {
                let lease = TimeDelta::seconds(LEASE);
                let claimed: Vec<Job> = jobs.claim(&worker.to_string(), *limit, now, lease).await.unwrap();
                let claimed: Vec<_> = claimed.into_iter().map(|job| (job.id, job.attempts)).collect();
                assert_eq!(claimed, model.claim(*worker, *limit));
                claims.extend(claimed.into_iter().map(|(id, _)| (id, *worker)));
            }
            Step::Done(which) => {
                if let Some((id, worker)) = chosen(which) {
                    jobs.done(id, &worker.to_string(), now).await.unwrap();
                    model.held(id, worker).into_iter().for_each(|row| row.state = State::Done);
                }
            }
            Step::Dead(which) => {
                if let Some((id, worker)) = chosen(which) {
                    jobs.dead(id, &worker.to_string(), "why", now).await.unwrap();
                    model.held(id, worker).into_iter().for_each(|row| row.state = State::Dead);
                }
            }
            Step::Again { which, delay, counts } => {
                if let Some((id, worker)) = chosen(which) {
                    let run_at = model.now + delay;
                    jobs.again(id, &worker.to_string(), at(run_at), *counts, "why").await.unwrap();
                    if let Some(row) = model.held(id, worker) {
                        (row.state, row.run_at) = (State::Ready, run_at);
                        row.attempts -= i32::from(!counts);
                    }
                }
            }
            Step::Extend(which) => {
                if let Some((id, worker)) = chosen(which) {
                    let longer = model.now + 2 * LEASE;
                    jobs.extend(&[id], &worker.to_string(), at(longer)).await.unwrap();
                    model
                        .held(id, worker)
                        .into_iter()
                        .for_each(|row| row.state = State::Running { worker, until: longer });
                }
            }
        }
        let counts = jobs.counts(at(model.now)).await.unwrap();
        let _ = tx.commit(Vec::new()).await.unwrap();
        assert_eq!(counts, model.counts(), "after {step:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]
    #[test]
    fn every_history_goes_as_the_model_says(steps in steps()) {
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        runtime.block_on(async {
            replay(&sqlite().await, &steps).await;
            if let Some(test) = postgres().await {
                replay(&test, &steps).await;
            }
        });
    }
}
