//! A real worker: what it does about work that panics, hangs, or is cut off, and whom it serves meanwhile.

use crate::fake::{linked, tokens};
use crate::support::TestApp;
use crate::talk::{Talk, link, words};
use hub_app::{App, PlatformError, sync, work};
use hub_domain::DeliveryStatus;
use hub_store::POOL_SHARE;
use hub_testkit::database::engines;
use hub_testkit::{Engine, eventually};
use serde_json::json;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// A worker that ends with the test, or when told.
struct Worker {
    stop: CancellationToken,
    running: tokio::task::JoinHandle<()>,
}

impl Worker {
    fn start(app: &App) -> Self {
        let stop = CancellationToken::new();
        Self { running: tokio::spawn(hub_worker::run(app.clone(), stop.clone())), stop }
    }

    async fn stop(self) {
        self.stop.cancel();
        self.running.await.expect("it ends");
    }
}

async fn talk(engine: Engine) -> Talk {
    let talk = Talk::start(engine, |_| {}).await;
    talk.told(json!([{"id": "in", "text": "hello"}])).await;
    talk.work().await;
    talk
}

async fn left(test: &TestApp, count: usize) {
    eventually("it leaves", async || (test.fake.left().len() == count).then_some(())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn work_that_panics_was_an_attempt_and_the_worker_goes_on() {
    for engine in engines() {
        let talk = talk(engine).await;
        let worker = Worker::start(talk.app());
        talk.test.fake.meanwhile(async { panic!("a bug in an adapter, made by the test") });
        let id = talk.accept("answer").await;
        let delayed = async || (sync::poll_stats(talk.app()).await.unwrap().delayed > 0).then_some(());
        eventually("the attempt failed", delayed).await;
        talk.test.clock.advance(Duration::from_secs(10));
        talk.app().bus().wake_workers();
        // It was being handed over when the adapter broke: nobody knows, so it does not leave again.
        let settled = async || (talk.message(id).await.status == Some(DeliveryStatus::Unconfirmed)).then_some(());
        eventually("it is settled", settled).await;
        let next = talk.accept("another").await;
        let sent = async || (talk.message(next).await.status == Some(DeliveryStatus::Sent)).then_some(());
        eventually("the next one leaves", sent).await;
        assert_eq!(talk.test.fake.left(), ["answer", "another"]);
        worker.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_stops_hands_back_what_it_could_not_finish() {
    for engine in engines() {
        let talk = talk(engine).await;
        let worker = Worker::start(talk.app());
        talk.test.fake.meanwhile(std::future::pending());
        let id = talk.accept("answer").await;
        left(&talk.test, 1).await;
        worker.stop().await;
        let stats = sync::poll_stats(talk.app()).await.unwrap();
        assert_eq!((stats.active, stats.waiting), (0, 1), "free for the next one, at once");
        // The clock stands: no lease has ended.
        let claimed = work::claim(talk.app(), "next", 10).await.unwrap();
        assert_eq!((claimed.len(), claimed[0].attempts), (1, 1), "being stopped was no attempt");
        let outcome = hub_app::jobs::run(talk.app(), &claimed[0]).await;
        work::settle(talk.app(), "next", &claimed[0], &outcome).await.unwrap();
        assert_eq!(talk.message(id).await.status, Some(DeliveryStatus::Unconfirmed), "cut off in the middle");
        assert_eq!(talk.test.fake.left().len(), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_dead_process_left_is_taken_up_at_once_by_one_that_is_alone() {
    for engine in engines() {
        let talk = talk(engine).await;
        let id = talk.accept("answer").await;
        // A worker that dies between taking and finishing leaves exactly this.
        assert_eq!(work::claim(talk.app(), "dead", 10).await.unwrap().len(), 1);
        let worker = Worker::start(talk.app());
        if engine == Engine::Postgres {
            // Other processes may be at work there: its lease decides.
            let active = async || (sync::poll_stats(talk.app()).await.unwrap().active == 1).then_some(());
            eventually("it is still the dead one's", active).await;
            assert!(talk.test.fake.left().is_empty());
            talk.test.clock.advance(work::LEASE);
            talk.app().bus().wake_workers();
        }
        let sent = async || (talk.message(id).await.status == Some(DeliveryStatus::Sent)).then_some(());
        eventually("it is taken up", sent).await;
        assert_eq!(talk.test.fake.left(), ["answer"]);
        worker.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_whose_platform_is_silent_leaves_room_for_the_others() {
    for engine in engines() {
        let talk = Talk::start(engine, |_| {}).await;
        talk.test.fake.begins.then(Ok(linked("other", tokens("another token", None, None))));
        link(talk.app(), &talk.caller).await;
        let of_many: Vec<_> = (0..20)
            .map(|n| json!({"id": format!("in{n}"), "text": "hello", "conversation": format!("c{n}")}))
            .collect();
        talk.told(json!(of_many)).await;
        talk.told(json!([{"id": "x", "text": "hello", "conversation": "x", "account": "other"}])).await;
        talk.work().await;
        *talk.test.fake.silent_to.lock().unwrap() = Some(crate::fake::ACCOUNT.to_owned());
        let (mut silent, mut other) = (Vec::new(), None);
        for conversation in talk.conversations().await {
            if conversation.remote_id.as_str() == "x" {
                other = Some(conversation.id);
            } else {
                silent.push(conversation.id);
            }
        }
        assert_eq!(silent.len(), 20);
        for to in silent {
            talk.try_send(words(to, "into silence")).await.expect("accepted");
        }
        let worker = Worker::start(talk.app());
        let share = usize::try_from(POOL_SHARE).unwrap();
        left(&talk.test, share).await;
        let id = talk.try_send(words(other.unwrap(), "to somebody else")).await.expect("accepted");
        let sent = async || (talk.message(id).await.status == Some(DeliveryStatus::Sent)).then_some(());
        eventually("it leaves though twenty wait before it", sent).await;
        assert_eq!(talk.test.fake.left().len(), share + 1, "the silent one has its share and no more");
        worker.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_given_up_is_listed_with_its_reason_and_can_be_tried_anew() {
    for engine in engines() {
        let talk = Talk::start(engine, |card| card.profiles = true).await;
        for _ in 0..4 {
            let kind = hub_app::ErrorKind::Transient { maybe_applied: false };
            talk.test.fake.profiles.then(Err(PlatformError::new(kind, "away")));
        }
        talk.told(json!([{"id": "in", "text": "hello", "conversation": "c1"}])).await;
        for _ in 0..5 {
            talk.later(700).await;
        }
        let letters = work::dead_letters(talk.app(), 10).await.unwrap();
        assert_eq!(letters.len(), 1, "{letters:?}");
        assert_eq!((letters[0].kind.as_str(), letters[0].attempts), ("refresh_profile", 4));
        assert!(letters[0].why.as_deref().unwrap().contains("away"));
        assert!(work::revive(talk.app(), letters[0].id).await.unwrap());
        talk.work().await;
        assert!(work::dead_letters(talk.app(), 10).await.unwrap().is_empty());
        assert_eq!(talk.test.fake.count("profile"), 5);
    }
}
