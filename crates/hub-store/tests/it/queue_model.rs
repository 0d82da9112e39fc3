//! The queue against a model of it: whatever several workers do in whichever order, on both engines.

use crate::support::{TestStore, at, new, on_both};
use chrono::TimeDelta;
use hub_domain::JobId;
use hub_store::{Job, NewJob, POOL_SHARE, Tx};
use proptest::prelude::*;
use proptest::sample::Index;
use std::collections::HashMap;

const LEASE_SECONDS: i64 = 10;
const WORKERS: u8 = 3;

/// A job as the model sees it.
#[derive(Clone, Debug)]
struct Entry {
    job: NewJob,
    run_at: i64,
    attempts: i32,
    state: State,
    finished: i64,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum State {
    Ready,
    /// Held by the claim of this number.
    Running {
        claim: usize,
        until: i64,
    },
    Done,
    Dead,
    Purged,
}

/// Somebody took a job; who that was, and which.
#[derive(Clone, Debug)]
struct Claim {
    worker: u8,
    job: Job,
}

#[derive(Clone, Debug)]
enum Step {
    Leave {
        lane: Option<u8>,
        pool: Option<u8>,
        dedupe: Option<u8>,
        priority: i32,
        wait: i64,
    },
    Claim {
        worker: u8,
        limit: u32,
    },
    /// From here on: of any claim there ever was, also one that was lost long ago.
    Extend {
        claim: Index,
    },
    Done {
        claim: Index,
    },
    Dead {
        claim: Index,
    },
    Again {
        claim: Index,
        wait: i64,
        counts: bool,
    },
    HandBack {
        worker: u8,
    },
    FreeAll,
    Revive {
        entry: Index,
    },
    Purge {
        age: i64,
    },
    Pass {
        seconds: i64,
    },
}

fn step() -> impl Strategy<Value = Step> {
    let key = || proptest::option::of(0..2_u8);
    let claim = any::<Index>;
    prop_oneof![
        8 => (key(), key(), key(), 0..2, 0..15_i64)
            .prop_map(|(lane, pool, dedupe, priority, wait)| Step::Leave { lane, pool, dedupe, priority, wait }),
        8 => (0..WORKERS, 1..8_u32).prop_map(|(worker, limit)| Step::Claim { worker, limit }),
        2 => claim().prop_map(|claim| Step::Extend { claim }),
        5 => claim().prop_map(|claim| Step::Done { claim }),
        1 => claim().prop_map(|claim| Step::Dead { claim }),
        4 => (claim(), 0..15_i64, any::<bool>()).prop_map(|(claim, wait, counts)| Step::Again { claim, wait, counts }),
        1 => (0..WORKERS).prop_map(|worker| Step::HandBack { worker }),
        1 => Just(Step::FreeAll),
        1 => any::<Index>().prop_map(|entry| Step::Revive { entry }),
        1 => (0..20_i64).prop_map(|age| Step::Purge { age }),
        4 => (1..12_i64).prop_map(|seconds| Step::Pass { seconds }),
    ]
}

#[derive(Default)]
struct Model {
    /// In the order in which they came.
    entries: Vec<Entry>,
    claims: Vec<Claim>,
    now: i64,
}

impl Model {
    fn open(&self, at: usize) -> bool {
        matches!(self.entries[at].state, State::Ready | State::Running { .. })
    }

    /// Runs, and its worker gave a sign of life in time.
    fn live(&self, at: usize) -> bool {
        matches!(self.entries[at].state, State::Running { until, .. } if until > self.now)
    }

    fn key_is_open(&self, job: &NewJob) -> bool {
        job.dedupe.is_some()
            && (0..self.entries.len()).any(|at| self.open(at) && self.entries[at].job.dedupe == job.dedupe)
    }

    fn leave(&mut self, job: &NewJob, run_at: i64) {
        if !self.key_is_open(job) {
            let entry = Entry { job: job.clone(), run_at, attempts: 0, state: State::Ready, finished: 0 };
            self.entries.push(entry);
        }
    }

    fn due(&self, at: usize) -> bool {
        let entry = &self.entries[at];
        let ready = match entry.state {
            State::Ready => entry.run_at <= self.now,
            State::Running { until, .. } => until <= self.now,
            State::Done | State::Dead | State::Purged => false,
        };
        let lane = &entry.job.lane;
        let same = |other: &usize| lane.is_some() && self.entries[*other].job.lane == *lane;
        let earlier = (0..at).filter(same).any(|other| self.open(other));
        let later = (at + 1..self.entries.len()).filter(same).any(|other| self.live(other));
        ready && !earlier && !later
    }

    /// What the queue must hand out now, in order.
    fn claim(&mut self, worker: u8, limit: u32) -> Vec<(JobId, i32)> {
        let mut share: HashMap<String, i64> = HashMap::new();
        for at in (0..self.entries.len()).filter(|at| self.live(*at)) {
            if let Some(pool) = self.entries[at].job.pool.clone() {
                *share.entry(pool).or_default() += 1;
            }
        }
        let full = |share: &HashMap<String, i64>, pool: &Option<String>| {
            pool.as_ref().is_some_and(|pool| share.get(pool).copied().unwrap_or_default() >= POOL_SHARE)
        };
        let mut due: Vec<usize> =
            (0..self.entries.len()).filter(|at| self.due(*at) && !full(&share, &self.entries[*at].job.pool)).collect();
        due.sort_by_key(|&at| (self.entries[at].job.priority, self.entries[at].run_at, at));
        due.truncate(limit as usize);
        due.retain(|&at| {
            let pool = self.entries[at].job.pool.clone();
            let fits = !full(&share, &pool);
            if let (Some(pool), true) = (pool, fits) {
                *share.entry(pool).or_default() += 1;
            }
            fits
        });
        // They are handed over by priority, then in the order in which they came.
        due.sort_by_key(|&at| (self.entries[at].job.priority, at));
        let mut taken = Vec::new();
        for at in due {
            let (claim, until) = (self.claims.len() + taken.len(), self.now + LEASE_SECONDS);
            let entry = &mut self.entries[at];
            entry.attempts += 1;
            entry.state = State::Running { claim, until };
            taken.push((entry.job.id, entry.attempts, worker));
        }
        taken.into_iter().map(|(id, attempts, _)| (id, attempts)).collect()
    }

    /// Where the claim's job stands, if it still is the claim's.
    fn held(&mut self, number: usize) -> Option<&mut Entry> {
        self.entries.iter_mut().find(|entry| matches!(entry.state, State::Running { claim, .. } if claim == number))
    }

    /// What must never be, whatever happened.
    fn check(&self) {
        let mut lanes: HashMap<&str, usize> = HashMap::new();
        for at in (0..self.entries.len()).filter(|at| self.live(*at)) {
            if let Some(lane) = &self.entries[at].job.lane {
                *lanes.entry(lane).or_default() += 1;
            }
        }
        assert!(lanes.values().all(|running| *running == 1), "two of one lane run: {lanes:?}");
    }
}

async fn with<T>(test: &TestStore, work: impl AsyncFnOnce(&Tx) -> T) -> T {
    let tx = test.store.begin().await.unwrap();
    let outcome = work(&tx).await;
    let _ = tx.commit(Vec::new()).await.unwrap();
    outcome
}

/// Which claim is meant, of all there ever were.
fn picked(model: &Model, claim: Index) -> Option<(usize, Claim)> {
    if model.claims.is_empty() {
        return None;
    }
    let number = claim.index(model.claims.len());
    Some((number, model.claims[number].clone()))
}

async fn take(test: &TestStore, model: &mut Model, step: &Step) {
    let now = model.now;
    match step {
        Step::Leave { lane, pool, dedupe, priority, wait } => {
            let text = |key: &Option<u8>| key.map(|key| key.to_string());
            let job = NewJob {
                id: new(),
                kind: "work".into(),
                payload: "{}".into(),
                lane: text(lane),
                pool: text(pool),
                dedupe: text(dedupe),
                priority: *priority,
                run_at: at(now + wait),
                max_attempts: 3,
                at: at(now),
            };
            model.leave(&job, now + wait);
            with(test, async |tx| tx.jobs().enqueue_many(&[job]).await.unwrap()).await;
        }
        Step::Claim { worker, limit } => {
            let expected = model.claim(*worker, *limit);
            let lease = TimeDelta::seconds(LEASE_SECONDS);
            let name = worker.to_string();
            let jobs = with(test, async |tx| tx.jobs().claim(&name, *limit, at(now), lease).await.unwrap()).await;
            let got: Vec<_> = jobs.iter().map(|job| (job.id, job.attempts)).collect();
            assert_eq!(got, expected);
            model.claims.extend(jobs.into_iter().map(|job| Claim { worker: *worker, job }));
            model.check();
        }
        Step::Extend { claim } => {
            let Some((number, Claim { worker, job })) = picked(model, *claim) else { return };
            let held = model.held(number).map(|entry| entry.state = State::Running { claim: number, until: now + 15 });
            let name = worker.to_string();
            let kept = with(test, async |tx| tx.jobs().extend(&job, &name, at(now + 15)).await.unwrap()).await;
            assert_eq!(kept, held.is_some());
            model.check();
        }
        Step::Done { claim } | Step::Dead { claim } => {
            let Some((number, Claim { worker, job })) = picked(model, *claim) else { return };
            let done = matches!(step, Step::Done { .. });
            let held = model.held(number).map(|entry| {
                entry.state = if done { State::Done } else { State::Dead };
                entry.finished = now;
            });
            let name = worker.to_string();
            let settled = with(test, async |tx| {
                if done {
                    tx.jobs().done(&job, &name, at(now)).await.unwrap()
                } else {
                    tx.jobs().dead(&job, &name, "why", at(now)).await.unwrap()
                }
            });
            assert_eq!(settled.await, held.is_some(), "settled by its holder only");
        }
        Step::Again { claim, wait, counts } => {
            let Some((number, Claim { worker, job })) = picked(model, *claim) else { return };
            let held = model.held(number).map(|entry| {
                entry.state = State::Ready;
                entry.run_at = now + wait;
                entry.attempts -= i32::from(!counts);
            });
            let name = worker.to_string();
            let again = async |tx: &Tx| tx.jobs().again(&job, &name, at(now + wait), *counts, "why").await.unwrap();
            assert_eq!(with(test, again).await, held.is_some(), "put off by its holder only");
        }
        Step::HandBack { worker } => {
            let of: Vec<usize> =
                (0..model.claims.len()).filter(|claim| model.claims[*claim].worker == *worker).collect();
            let mut back = 0;
            for claim in of {
                if let Some(entry) = model.held(claim) {
                    entry.state = State::Ready;
                    entry.run_at = now;
                    entry.attempts -= 1;
                    back += 1;
                }
            }
            let name = worker.to_string();
            assert_eq!(with(test, async |tx| tx.jobs().hand_back(&name, at(now)).await.unwrap()).await, back);
        }
        Step::FreeAll => {
            let mut freed = 0;
            for entry in model.entries.iter_mut().filter(|entry| matches!(entry.state, State::Running { .. })) {
                entry.state = State::Ready;
                entry.run_at = now;
                freed += 1;
            }
            assert_eq!(with(test, async |tx| tx.jobs().free_all(at(now)).await.unwrap()).await, freed);
        }
        Step::Revive { entry } => {
            if model.entries.is_empty() {
                return;
            }
            let place = entry.index(model.entries.len());
            let job = model.entries[place].job.clone();
            let may = model.entries[place].state == State::Dead && !model.key_is_open(&job);
            if may {
                let entry = &mut model.entries[place];
                (entry.state, entry.run_at, entry.attempts) = (State::Ready, now, 0);
            }
            assert_eq!(with(test, async |tx| tx.jobs().revive(job.id, at(now)).await.unwrap()).await, may);
        }
        Step::Purge { age } => {
            let before = now - age;
            let mut gone = 0;
            for entry in &mut model.entries {
                if matches!(entry.state, State::Done | State::Dead) && entry.finished < before {
                    entry.state = State::Purged;
                    gone += 1;
                }
            }
            assert_eq!(with(test, async |tx| tx.jobs().purge(at(before), 1_000).await.unwrap()).await, gone);
        }
        Step::Pass { seconds } => model.now += seconds,
    }
}

async fn follow(test: &TestStore, steps: &[Step]) {
    let mut model = Model::default();
    for step in steps {
        take(test, &mut model, step).await;
        // Nothing is lost and nothing doubled: every job is in exactly one state, and in the one the model knows.
        let counts = test.store.read().jobs().counts(at(model.now)).await.unwrap();
        let count = |wanted: &dyn Fn(&Entry) -> bool| model.entries.iter().filter(|e| wanted(e)).count() as i64;
        let now = model.now;
        assert_eq!(counts.completed, count(&|e| e.state == State::Done), "{step:?}");
        assert_eq!(counts.failed, count(&|e| e.state == State::Dead), "{step:?}");
        assert_eq!(counts.active, count(&|e| matches!(e.state, State::Running { .. })), "{step:?}");
        assert_eq!(counts.waiting, count(&|e| e.state == State::Ready && e.run_at <= now), "{step:?}");
        assert_eq!(counts.delayed, count(&|e| e.state == State::Ready && e.run_at > now), "{step:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, max_shrink_iters: 300, ..ProptestConfig::default() })]
    #[test]
    fn the_queue_does_what_its_model_does(steps in proptest::collection::vec(step(), 1..80)) {
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        runtime.block_on(on_both(async |test| follow(&test, &steps).await));
    }
}
