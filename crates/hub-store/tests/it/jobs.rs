use crate::support::{A_WHILE, at, new, on_both};
use chrono::TimeDelta;
use hub_domain::JobId;
use hub_store::{Job, NewJob};
use std::collections::HashSet;
use std::sync::Arc;

fn lease() -> TimeDelta {
    TimeDelta::from_std(A_WHILE).unwrap()
}

fn job(lane: Option<&str>, run_at: i64) -> NewJob {
    NewJob {
        id: new(),
        kind: "work".into(),
        payload: "{}".into(),
        lane: lane.map(str::to_owned),
        pool: None,
        dedupe: None,
        priority: 0,
        run_at: at(run_at),
        max_attempts: 3,
        at: at(0),
    }
}

impl crate::support::TestStore {
    async fn leave(&self, jobs: &[NewJob]) {
        let tx = self.store.begin().await.unwrap();
        tx.jobs().enqueue_many(jobs).await.unwrap();
        let _ = tx.commit(Vec::new()).await.unwrap();
    }

    async fn claim(&self, worker: &str, limit: u32, now: i64) -> Vec<Job> {
        let tx = self.store.begin().await.unwrap();
        let jobs = tx.jobs().claim(worker, limit, at(now), lease()).await.unwrap();
        let _ = tx.commit(Vec::new()).await.unwrap();
        jobs
    }

    async fn done(&self, worker: &str, job: &Job) {
        let tx = self.store.begin().await.unwrap();
        tx.jobs().done(job, worker, at(1)).await.unwrap();
        let _ = tx.commit(Vec::new()).await.unwrap();
    }

    async fn again(&self, worker: &str, job: &Job, run_at: i64, counts: bool) {
        let tx = self.store.begin().await.unwrap();
        tx.jobs().again(job, worker, at(run_at), counts, "why").await.unwrap();
        let _ = tx.commit(Vec::new()).await.unwrap();
    }
}

fn ids(jobs: &[Job]) -> Vec<JobId> {
    jobs.iter().map(|job| job.id).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lane_runs_one_job_at_a_time_in_order_and_waits_for_its_first() {
    on_both(async |test| {
        let lane = [job(Some("a"), 0), job(Some("a"), 0), job(Some("b"), 0)];
        test.leave(&lane).await;
        let first = test.claim("w", 10, 1).await;
        assert_eq!(ids(&first), [lane[0].id, lane[2].id], "one of each lane");
        test.done("w", &first[1]).await;
        // The first must wait; the second of its lane waits with it.
        test.again("w", &first[0], 100, false).await;
        assert!(test.claim("w", 10, 50).await.is_empty());
        let later = test.claim("w", 10, 100).await;
        assert_eq!(ids(&later), [lane[0].id]);
        assert_eq!(later[0].attempts, 1, "waiting was no attempt");
        test.done("w", &later[0]).await;
        assert_eq!(ids(&test.claim("w", 10, 100).await), [lane[1].id]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_whose_worker_is_silent_is_taken_over_and_its_old_worker_settles_nothing() {
    on_both(async |test| {
        let only = job(None, 0);
        test.leave(std::slice::from_ref(&only)).await;
        let held = test.claim("dead", 10, 0).await;
        assert_eq!(ids(&held), [only.id]);
        assert!(test.claim("other", 10, 59).await.is_empty(), "within the lease");
        let taken = test.claim("other", 10, 60).await;
        assert_eq!((ids(&taken), taken[0].attempts), (vec![only.id], 2));
        test.done("dead", &held[0]).await;
        assert_eq!(
            test.store.read().jobs().counts(at(60)).await.unwrap().active,
            1,
            "a stranger's word counts nothing"
        );
        test.done("other", &taken[0]).await;
        let counts = test.store.read().jobs().counts(at(60)).await.unwrap();
        assert_eq!((counts.active, counts.completed), (0, 1));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_keeps_a_second_open_job_out_and_a_rollback_leaves_none() {
    on_both(async |test| {
        let keyed = || NewJob { dedupe: Some("key".into()), ..job(None, 0) };
        let first = keyed();
        test.leave(&[first.clone(), keyed()]).await;
        test.leave(&[keyed()]).await;
        let claimed = test.claim("w", 10, 0).await;
        assert_eq!(ids(&claimed), [first.id]);
        test.leave(&[keyed()]).await;
        assert!(test.claim("w", 10, 0).await.is_empty(), "a running one keeps it out as well");
        test.done("w", &claimed[0]).await;
        test.leave(&[keyed()]).await;
        assert_eq!(test.claim("w", 10, 0).await.len(), 1, "a settled one does not");
        let tx = test.store.begin().await.unwrap();
        tx.jobs().enqueue_many(&[job(None, 0)]).await.unwrap();
        tx.rollback().await.unwrap();
        assert!(test.claim("w", 10, 0).await.is_empty());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_workers_never_get_the_same_job() {
    on_both(async |test| {
        let jobs: Vec<_> = (0..60).map(|n| job((n % 3 == 0).then_some("lane"), 0)).collect();
        test.leave(&jobs).await;
        let test = Arc::new(test);
        let mut workers = tokio::task::JoinSet::new();
        for number in 0..4 {
            let test = test.clone();
            workers.spawn(async move {
                let (worker, mut done) = (format!("w{number}"), Vec::new());
                while test.store.read().jobs().counts(at(1)).await.unwrap().completed < 60 {
                    for claimed in test.claim(&worker, 3, 1).await {
                        test.done(&worker, &claimed).await;
                        done.push(claimed.id);
                    }
                }
                done
            });
        }
        let mut all = Vec::new();
        while let Some(done) = workers.join_next().await {
            all.extend(done.unwrap());
        }
        assert_eq!(all.len(), 60);
        assert_eq!(all.into_iter().collect::<HashSet<_>>().len(), 60);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lease_has_one_holder_and_an_attempt_one_taker() {
    on_both(async |test| {
        let tx = test.store.begin().await.unwrap();
        let leases = tx.leases();
        assert!(leases.acquire("line", "a", at(0), at(60)).await.unwrap());
        assert!(!leases.acquire("line", "b", at(59), at(120)).await.unwrap());
        assert!(leases.acquire("line", "a", at(59), at(120)).await.unwrap(), "its holder keeps it");
        assert!(leases.acquire("line", "b", at(120), at(180)).await.unwrap(), "it ended");
        leases.release("line", "a").await.unwrap();
        assert!(!leases.acquire("line", "c", at(121), at(180)).await.unwrap(), "only its holder gives it back");
        assert!(tx.used_proofs().insert("proof", at(60)).await.unwrap());
        assert!(!tx.used_proofs().insert("proof", at(60)).await.unwrap());
        let _ = tx.commit(Vec::new()).await.unwrap();

        let user_id = test.user().await;
        let attempt = hub_store::ConnectAttempt {
            state_digest: "d".into(),
            user_id,
            platform_name: "telegram".into(),
            method: "bot_token".into(),
            memory: "m".into(),
            browser: None,
            redirect_uri: None,
            expires_at: at(600),
            at: at(0),
        };
        let tx = test.store.begin().await.unwrap();
        tx.connect_attempts().insert(&attempt).await.unwrap();
        assert!(tx.connect_attempts().take("d", at(1)).await.unwrap().is_some());
        assert!(tx.connect_attempts().take("d", at(1)).await.unwrap().is_none(), "once");
        tx.connect_attempts().insert(&attempt).await.unwrap();
        assert!(tx.connect_attempts().take("d", at(600)).await.unwrap().is_none(), "over");
        let _ = tx.commit(Vec::new()).await.unwrap();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_works_alone_knows_it_and_nobody_else_does() {
    on_both(async |test| {
        let first = test.store.enter().unwrap();
        assert_eq!(first.is_alone(), test.store.engine() == hub_store::Engine::Sqlite);
        let second = test.store.enter().unwrap();
        assert!(!second.is_alone(), "somebody is there, though not at work yet");
        let first = first.join().unwrap();
        let second = second.join().unwrap();
        drop(first);
        assert!(!test.store.enter().unwrap().is_alone(), "the second is still at work");
        drop(second);
        assert_eq!(test.store.enter().unwrap().is_alone(), test.store.engine() == hub_store::Engine::Sqlite);
    })
    .await;
}
