//! Lanes that are filled from two sides, pools, and who may settle what.

use crate::support::{TestStore, at, new, on_both, postgres};
use chrono::TimeDelta;
use hub_domain::JobId;
use hub_store::{Job, NewJob, POOL_SHARE};

const LEASE_SECONDS: i64 = 10;

fn job(lane: Option<u8>, dedupe: Option<u8>, priority: i32, run_at: i64) -> NewJob {
    NewJob {
        id: new(),
        kind: "work".into(),
        payload: "{}".into(),
        lane: lane.map(|lane| lane.to_string()),
        pool: None,
        dedupe: dedupe.map(|key| key.to_string()),
        priority,
        run_at: at(run_at),
        max_attempts: 3,
        at: at(0),
    }
}

async fn claim_jobs(test: &TestStore, worker: &str, limit: u32, now: i64) -> Vec<Job> {
    let tx = test.store.begin().await.unwrap();
    let jobs = tx.jobs().claim(worker, limit, at(now), TimeDelta::seconds(LEASE_SECONDS)).await.unwrap();
    let _ = tx.commit(Vec::new()).await.unwrap();
    jobs
}

async fn claim(test: &TestStore, worker: &str, limit: u32, now: i64) -> Vec<(JobId, i32)> {
    claim_jobs(test, worker, limit, now).await.into_iter().map(|job| (job.id, job.attempts)).collect()
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
    let taken = claim_jobs(&test, "b", 9, LEASE_SECONDS).await;
    assert_eq!((taken.len(), taken[0].id), (1, slow.id));
    assert_eq!(claim(&test, "c", 9, LEASE_SECONDS + 1).await, []);
    let tx = test.store.begin().await.unwrap();
    assert!(tx.jobs().done(&taken[0], "b", at(12)).await.unwrap());
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
        let held = claim_jobs(&test, "a", 1, 0).await.remove(0);
        let tx = test.store.begin().await.unwrap();
        assert!(!tx.jobs().extend(&held, "stranger", at(99)).await.unwrap());
        assert!(!tx.jobs().again(&held, "stranger", at(0), true, "no").await.unwrap());
        assert!(!tx.jobs().dead(&held, "stranger", "no", at(0)).await.unwrap());
        assert!(!tx.jobs().done(&held, "stranger", at(0)).await.unwrap());
        assert!(tx.jobs().extend(&held, "a", at(20)).await.unwrap());
        let _ = tx.commit(Vec::new()).await.unwrap();
        assert_eq!(claim(&test, "b", 1, 19).await, []);
        // Taken up by the same worker: the claim of before is a stranger all the same.
        let taken = claim_jobs(&test, "a", 1, 20).await.remove(0);
        assert_eq!((taken.id, taken.attempts), (only.id, 2));
        let tx = test.store.begin().await.unwrap();
        assert!(!tx.jobs().extend(&held, "a", at(99)).await.unwrap());
        assert!(!tx.jobs().done(&held, "a", at(20)).await.unwrap());
        assert!(tx.jobs().dead(&taken, "a", &"é".repeat(2_000), at(21)).await.unwrap());
        let letters = tx.jobs().dead_letters(9).await.unwrap();
        assert_eq!((letters.len(), letters[0].id, letters[0].attempts), (1, only.id, 2));
        assert_eq!(letters[0].why.as_deref().map(|why| why.chars().count()), Some(500));
        assert!(tx.jobs().revive(only.id, at(21)).await.unwrap());
        assert!(!tx.jobs().revive(only.id, at(21)).await.unwrap(), "it is open");
        let _ = tx.commit(Vec::new()).await.unwrap();
        let taken = claim_jobs(&test, "b", 1, 21).await.remove(0);
        assert_eq!(taken.attempts, 1, "with all its attempts");
        let tx = test.store.begin().await.unwrap();
        assert!(tx.jobs().dead(&taken, "b", "no", at(21)).await.unwrap());
        assert_eq!(tx.jobs().counts(at(21)).await.unwrap().failed, 1);
        assert_eq!(tx.jobs().purge(at(21), 9).await.unwrap(), 0);
        assert_eq!(tx.jobs().purge(at(22), 9).await.unwrap(), 1);
        let _ = tx.commit(Vec::new()).await.unwrap();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_pool_takes_its_share_of_the_workers_and_leaves_the_rest() {
    on_both(async |test| {
        let slow: Vec<_> = (0..20).map(|_| NewJob { pool: Some("slow".into()), ..job(None, None, 0, 0) }).collect();
        let others = [job(None, None, 1, 0), NewJob { pool: Some("other".into()), ..job(None, None, 1, 0) }];
        let tx = test.store.begin().await.unwrap();
        tx.jobs().enqueue_many(&slow).await.unwrap();
        tx.jobs().enqueue_many(&others).await.unwrap();
        let _ = tx.commit(Vec::new()).await.unwrap();
        let first = claim_jobs(&test, "a", 16, 0).await;
        assert_eq!(first.len(), usize::try_from(POOL_SHARE).unwrap(), "though sixteen are due before all others");
        let rest: Vec<_> = claim(&test, "b", 16, 0).await.into_iter().map(|(id, _)| id).collect();
        assert_eq!(rest, [others[0].id, others[1].id]);
        let tx = test.store.begin().await.unwrap();
        assert!(tx.jobs().done(&first[2], "a", at(0)).await.unwrap());
        let _ = tx.commit(Vec::new()).await.unwrap();
        assert_eq!(claim(&test, "b", 16, 0).await, [(slow[4].id, 1)], "one came free");
        // Those whose worker died count for nothing.
        assert_eq!(claim(&test, "c", 16, LEASE_SECONDS).await.len(), usize::try_from(POOL_SHARE).unwrap());
    })
    .await;
}
