//! The queue against a model of it, and lanes that are filled from two sides.

use crate::support::{TestStore, at, new, on_both, postgres};
use chrono::TimeDelta;
use hub_domain::JobId;
use hub_store::NewJob;
use proptest::prelude::*;

const LEASE_SECONDS: i64 = 10;

fn job(lane: Option<u8>, dedupe: Option<u8>, priority: i32, run_at: i64) -> NewJob {
    NewJob {
        id: new(),
        kind: "work".into(),
        payload: "{}".into(),
        lane: lane.map(|lane| lane.to_string()),
        dedupe: dedupe.map(|key| key.to_string()),
        priority,
        run_at: at(run_at),
        max_attempts: 3,
        at: at(0),
    }
}

async fn claim(test: &TestStore, worker: &str, limit: u32, now: i64) -> Vec<(JobId, i32)> {
    let tx = test.store.begin().await.unwrap();
    let jobs = tx.jobs().claim(worker, limit, at(now), TimeDelta::seconds(LEASE_SECONDS)).await.unwrap();
    let _ = tx.commit(Vec::new()).await.unwrap();
    jobs.into_iter().map(|job| (job.id, job.attempts)).collect()
}

/// Two transactions leave jobs of one lane; the one that asked first commits last, when the other's job runs already.
#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_is_committed_late_waits_for_the_one_of_its_lane_that_runs() {
    // SQLite has one writer: there this cannot be.
    let Some(test) = postgres().await else { return };
    let (slow, quick) = (job(Some(1), None, 0, 0), job(Some(1), None, 0, 0));
    let late = test.store.begin().await.unwrap();
    late.jobs().enqueue_many(std::slice::from_ref(&slow)).await.unwrap();
    let tx = test.store.begin().await.unwrap();
    tx.jobs().enqueue_many(std::slice::from_ref(&quick)).await.unwrap();
    let _ = tx.commit(Vec::new()).await.unwrap();
    assert_eq!(claim(&test, "a", 9, 0).await, [(quick.id, 1)]);
    let _ = late.commit(Vec::new()).await.unwrap();
    assert_eq!(claim(&test, "b", 9, 1).await, [], "one of a lane at a time");
    // The running one's worker dies: the lane goes on, and in its order.
    assert_eq!(claim(&test, "b", 9, LEASE_SECONDS).await, [(slow.id, 1)]);
    assert_eq!(claim(&test, "c", 9, LEASE_SECONDS + 1).await, []);
    let tx = test.store.begin().await.unwrap();
    tx.jobs().done(slow.id, "b", at(12)).await.unwrap();
    let _ = tx.commit(Vec::new()).await.unwrap();
    assert_eq!(claim(&test, "c", 9, 12).await, [(quick.id, 2)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_of_life_keeps_a_job_and_a_stranger_changes_nothing_of_it() {
    on_both(async |test| {
        let only = job(None, None, 0, 0);
        let tx = test.store.begin().await.unwrap();
        tx.jobs().enqueue_many(std::slice::from_ref(&only)).await.unwrap();
        let _ = tx.commit(Vec::new()).await.unwrap();
        claim(&test, "a", 1, 0).await;
        let tx = test.store.begin().await.unwrap();
        tx.jobs().extend(&[only.id], "stranger", at(99)).await.unwrap();
        tx.jobs().again(only.id, "stranger", at(0), true, "no").await.unwrap();
        tx.jobs().dead(only.id, "stranger", "no", at(0)).await.unwrap();
        tx.jobs().done(only.id, "stranger", at(0)).await.unwrap();
        tx.jobs().extend(&[only.id], "a", at(20)).await.unwrap();
        let _ = tx.commit(Vec::new()).await.unwrap();
        assert_eq!(claim(&test, "b", 1, 19).await, []);
        assert_eq!(claim(&test, "b", 1, 20).await, [(only.id, 2)]);
        let tx = test.store.begin().await.unwrap();
        tx.jobs().dead(only.id, "b", &"é".repeat(2_000), at(21)).await.unwrap();
        assert_eq!(tx.jobs().counts(at(21)).await.unwrap().failed, 1);
        assert_eq!(tx.jobs().purge(at(21), 9).await.unwrap(), 0);
        assert_eq!(tx.jobs().purge(at(22), 9).await.unwrap(), 1);
        let _ = tx.commit(Vec::new()).await.unwrap();
    })
    .await;
}

/// A job as the model sees it.
#[derive(Clone, Debug)]
struct Entry {
    job: NewJob,
    run_at: i64,
    attempts: i32,
    state: State,
}

#[derive(Clone, Debug, PartialEq)]
enum State {
    Ready,
    Running { worker: u8, until: i64 },
    Settled,
}

#[derive(Clone, Debug)]
enum Step {
    Leave { lane: Option<u8>, dedupe: Option<u8>, priority: i32, wait: i64 },
    Claim { worker: u8, limit: u32 },
    Done { entry: usize, worker: u8 },
    Again { entry: usize, worker: u8, wait: i64, counts: bool },
    Pass { seconds: i64 },
}

fn step() -> impl Strategy<Value = Step> {
    let key = || proptest::option::of(0..2_u8);
    prop_oneof![
        4 => (key(), key(), 0..2, 0..15_i64).prop_map(|(lane, dedupe, priority, wait)| Step::Leave { lane, dedupe, priority, wait }),
        4 => (0..2_u8, 1..4_u32).prop_map(|(worker, limit)| Step::Claim { worker, limit }),
        3 => (any::<proptest::sample::Index>(), 0..2_u8).prop_map(|(entry, worker)| Step::Done { entry: entry.index(1 << 16), worker }),
        2 => (any::<proptest::sample::Index>(), 0..2_u8, 0..15_i64, any::<bool>())
            .prop_map(|(entry, worker, wait, counts)| Step::Again { entry: entry.index(1 << 16), worker, wait, counts }),
        2 => (1..12_i64).prop_map(|seconds| Step::Pass { seconds }),
    ]
}

#[derive(Default)]
struct Model {
    /// In the order in which they came.
    entries: Vec<Entry>,
    now: i64,
}

impl Model {
    fn leave(&mut self, job: &NewJob, run_at: i64) {
        let open = |e: &Entry| e.state != State::Settled && e.job.dedupe == job.dedupe;
        if job.dedupe.is_none() || !self.entries.iter().any(open) {
            self.entries.push(Entry { job: job.clone(), run_at, attempts: 0, state: State::Ready });
        }
    }

    fn claim(&mut self, by: u8, limit: u32) -> Vec<(JobId, i32)> {
        let now = self.now;
        let mut due: Vec<usize> = (0..self.entries.len())
            .filter(|&at| match self.entries[at].state {
                State::Ready => self.entries[at].run_at <= now,
                State::Running { until, .. } => until <= now,
                State::Settled => false,
            })
            .filter(|&at| {
                let lane = &self.entries[at].job.lane;
                lane.is_none() || !self.entries[..at].iter().any(|e| e.job.lane == *lane && e.state != State::Settled)
            })
            .collect();
        due.sort_by_key(|&at| (self.entries[at].job.priority, self.entries[at].run_at, at));
        due.truncate(limit as usize);
        // They are handed over by priority, then in the order in which they came.
        due.sort_by_key(|&at| (self.entries[at].job.priority, at));
        due.into_iter()
            .map(|at| {
                let entry = &mut self.entries[at];
                entry.attempts += 1;
                entry.state = State::Running { worker: by, until: now + LEASE_SECONDS };
                (entry.job.id, entry.attempts)
            })
            .collect()
    }

    /// The entry, if `worker` may settle it.
    fn held(&mut self, entry: usize, by: u8) -> Option<&mut Entry> {
        let count = self.entries.len();
        let entry = self.entries.get_mut(entry % count.max(1))?;
        matches!(entry.state, State::Running { worker, .. } if worker == by).then_some(entry)
    }

    fn id(&self, entry: usize) -> Option<JobId> {
        self.entries.get(entry % self.entries.len().max(1)).map(|entry| entry.job.id)
    }
}

async fn follow(test: &TestStore, steps: &[Step]) {
    let mut model = Model::default();
    for step in steps {
        let now = model.now;
        match *step {
            Step::Leave { lane, dedupe, priority, wait } => {
                let job = job(lane, dedupe, priority, now + wait);
                model.leave(&job, now + wait);
                let tx = test.store.begin().await.unwrap();
                tx.jobs().enqueue_many(&[job]).await.unwrap();
                let _ = tx.commit(Vec::new()).await.unwrap();
            }
            Step::Claim { worker, limit } => {
                let expected = model.claim(worker, limit);
                assert_eq!(claim(test, &worker.to_string(), limit, now).await, expected, "{steps:?}");
            }
            Step::Done { entry, worker } => {
                let Some(id) = model.id(entry) else { continue };
                if let Some(held) = model.held(entry, worker) {
                    held.state = State::Settled;
                }
                let tx = test.store.begin().await.unwrap();
                tx.jobs().done(id, &worker.to_string(), at(now)).await.unwrap();
                let _ = tx.commit(Vec::new()).await.unwrap();
            }
            Step::Again { entry, worker, wait, counts } => {
                let Some(id) = model.id(entry) else { continue };
                if let Some(held) = model.held(entry, worker) {
                    held.state = State::Ready;
                    held.run_at = now + wait;
                    held.attempts -= i32::from(!counts);
                }
                let tx = test.store.begin().await.unwrap();
                tx.jobs().again(id, &worker.to_string(), at(now + wait), counts, "why").await.unwrap();
                let _ = tx.commit(Vec::new()).await.unwrap();
            }
            Step::Pass { seconds } => model.now += seconds,
        }
    }
    let counts = test.store.read().jobs().counts(at(model.now)).await.unwrap();
    let count = |wanted: &dyn Fn(&Entry) -> bool| model.entries.iter().filter(|e| wanted(e)).count() as i64;
    assert_eq!(counts.completed, count(&|e| e.state == State::Settled));
    assert_eq!(counts.active, count(&|e| matches!(e.state, State::Running { .. })));
    assert_eq!(counts.waiting, count(&|e| e.state == State::Ready && e.run_at <= model.now));
    assert_eq!(counts.delayed, count(&|e| e.state == State::Ready && e.run_at > model.now));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, max_shrink_iters: 200, ..ProptestConfig::default() })]
    #[test]
    fn the_queue_does_what_its_model_does(steps in proptest::collection::vec(step(), 1..60)) {
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        runtime.block_on(on_both(async |test| follow(&test, &steps).await));
    }
}
