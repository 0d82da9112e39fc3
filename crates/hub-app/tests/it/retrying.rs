//! Messages that failed or whose fate nobody knows: what leaves again, and what does not.

use crate::fake::{page, took};
use crate::support::TestApp;
use crate::talk::{Talk, register, words};
use hub_app::accounts;
use hub_app::outbox::{self, RetryMessage};
use hub_app::{AppError, Caller, ErrorKind, PlatformError, Pull};
use hub_domain::{AccountHealth, ChannelState, DeliveryStatus, Evidence, EvidenceKind, MessageId, Standing};
use hub_testkit::Engine;
use hub_testkit::database::engines;
use serde_json::json;
use std::time::Duration;

const HOUR: u64 = 3_600;

fn refused() -> PlatformError {
    PlatformError::new(ErrorKind::Rejected, "the person has blocked you")
}

fn broken() -> PlatformError {
    PlatformError::new(ErrorKind::Transient { maybe_applied: true }, "the line broke")
}

fn away() -> PlatformError {
    PlatformError::new(ErrorKind::Transient { maybe_applied: false }, "away")
}

async fn talk(engine: Engine) -> Talk {
    let talk = Talk::start(engine, |card| card.text.split_longer = true).await;
    talk.told(json!([{"id": "in", "text": "hello"}])).await;
    talk.work().await;
    talk
}

impl Talk {
    async fn retry(&self, id: MessageId, force: bool, key: Option<&str>) -> Result<Option<DeliveryStatus>, AppError> {
        retry(&self.test, &self.caller, id, force, key).await
    }

    async fn status(&self, id: MessageId) -> Option<DeliveryStatus> {
        self.message(id).await.status
    }
}

async fn retry(
    test: &TestApp,
    caller: &Caller,
    message_id: MessageId,
    force: bool,
    key: Option<&str>,
) -> Result<Option<DeliveryStatus>, AppError> {
    let input = RetryMessage { message_id, force, idempotency_key: key.map(str::to_owned) };
    outbox::retry_message(&test.app, caller, input).await.map(|view| view.message.status)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_message_leaves_again_when_asked_and_is_sent_only_when_the_platform_says_so() {
    for engine in engines() {
        let talk = talk(engine).await;
        talk.test.fake.sends.then(Err(refused()));
        let id = talk.say("answer").await;
        let failed = talk.message(id).await;
        assert_eq!(
            (failed.status, failed.failure.as_deref()),
            (Some(DeliveryStatus::Failed), Some("the person has blocked you"))
        );
        let stranger = register(talk.app(), "eve@example.com").await;
        assert!(matches!(retry(&talk.test, &stranger, id, true, None).await, Err(AppError::NotFound(_))));

        talk.test.fake.sends.then(Err(refused()));
        assert_eq!(talk.retry(id, false, None).await.expect("taken up"), Some(DeliveryStatus::Queued));
        assert_eq!(talk.retry(id, false, None).await.expect("under way"), Some(DeliveryStatus::Queued));
        talk.work().await;
        assert_eq!(talk.test.fake.left(), ["answer", "answer"], "asked for twice, tried once");
        assert_eq!(talk.status(id).await, Some(DeliveryStatus::Failed), "the platform refused it again");

        talk.retry(id, false, None).await.expect("taken up");
        talk.work().await;
        let sent = talk.message(id).await;
        assert_eq!((sent.status, sent.failure), (Some(DeliveryStatus::Sent), None));
        assert!(!sent.remote_id.as_str().starts_with("hub:"), "under its id at the platform: {}", sent.remote_id);
        assert!(matches!(talk.retry(id, true, None).await, Err(AppError::Invalid(_))), "what was sent stays sent");
        assert_eq!(talk.test.fake.left().len(), 3);
        assert_eq!(talk.texts().await, ["answer", "hello"], "still one message");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_may_have_arrived_leaves_again_only_when_forced_and_once_per_key() {
    for engine in engines() {
        let talk = talk(engine).await;
        talk.test.fake.sends.then(Err(broken()));
        let id = talk.say("answer").await;
        assert!(matches!(talk.retry(id, false, None).await, Err(AppError::Invalid(_))));
        talk.work().await;
        assert_eq!(talk.test.fake.left().len(), 1);
        talk.test.fake.sends.then(Err(broken()));
        talk.retry(id, true, Some("click")).await.expect("taken up");
        talk.work().await;
        assert_eq!(talk.status(id).await, Some(DeliveryStatus::Unconfirmed));
        // The client heard no answer and asks again with its key.
        assert_eq!(talk.retry(id, true, Some("click")).await.expect("known"), Some(DeliveryStatus::Unconfirmed));
        talk.work().await;
        assert_eq!(talk.test.fake.left().len(), 2, "a key tries once");
        talk.retry(id, true, Some("another click")).await.expect("taken up");
        talk.work().await;
        assert_eq!((talk.status(id).await, talk.test.fake.left().len()), (Some(DeliveryStatus::Sent), 3));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retry_goes_on_from_the_part_that_failed_and_ten_at_once_are_one() {
    for engine in engines() {
        let talk = talk(engine).await;
        let parts: Vec<String> = ["a", "b"].iter().map(|letter| letter.repeat(99)).collect();
        talk.test.fake.sends.then(took("r1")).then(Err(refused()));
        let id = talk.say(&parts.join(" ")).await;
        assert_eq!(talk.status(id).await, Some(DeliveryStatus::Failed));
        let tries = (0..10).map(|_| talk.retry(id, false, None));
        for tried in futures_util::future::join_all(tries).await {
            assert_eq!(tried.expect("taken up or under way"), Some(DeliveryStatus::Queued));
        }
        talk.work().await;
        assert_eq!(talk.status(id).await, Some(DeliveryStatus::Sent));
        assert_eq!(talk.test.fake.left(), [&parts[0], &parts[1], &parts[1]].map(Clone::clone));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn trouble_is_outwaited_until_the_message_expires_and_a_retry_begins_the_time_anew() {
    for engine in engines() {
        let talk = talk(engine).await;
        let id = talk.accept("answer").await;
        let tries = 2;
        for _ in 0..tries {
            talk.test.fake.sends.then(Err(away()));
            talk.later(11 * HOUR).await;
            assert_eq!(talk.status(id).await, Some(DeliveryStatus::Queued));
        }
        talk.later(2 * HOUR + 1).await;
        let failed = talk.message(id).await;
        assert_eq!(failed.status, Some(DeliveryStatus::Failed));
        assert_eq!(failed.failure.as_deref(), Some("It could not be sent within 24 hours."));
        assert_eq!(talk.test.fake.left().len(), tries);
        talk.retry(id, false, None).await.expect("taken up");
        talk.work().await;
        assert_eq!(talk.status(id).await, Some(DeliveryStatus::Sent));
        // An answer that nobody understands is no trouble that passes.
        let odd = talk.accept("odd").await;
        for _ in 0..30 {
            talk.test.fake.sends.then(Err(PlatformError::new(ErrorKind::UnexpectedReply, "an odd answer")));
            talk.later(601).await;
        }
        assert_eq!(talk.status(odd).await, Some(DeliveryStatus::Failed));
        assert_eq!(talk.test.fake.left().iter().filter(|left| *left == "odd").count(), 8);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_finds_no_line_is_tried_ever_more_rarely_and_given_up_in_the_end() {
    const STEP: u64 = 3;
    for engine in engines() {
        let talk = talk(engine).await;
        let id = talk.accept("answer").await;
        let elsewhere =
            || PlatformError::new(ErrorKind::NotHere { retry_after: Duration::from_secs(STEP) }, "not here");
        let mut tries: Vec<u64> = Vec::new();
        // Five minutes.
        for step in 0..100 {
            talk.test.fake.sends.then(Err(elsewhere()));
            talk.later(STEP).await;
            if talk.test.fake.left().len() > tries.len() {
                tries.push(step * STEP);
            }
        }
        let pauses: Vec<u64> = tries.windows(2).map(|two| two[1] - two[0]).collect();
        assert!(pauses.is_sorted(), "{engine:?}: {pauses:?}");
        assert_eq!((pauses.first(), pauses.last()), (Some(&STEP), Some(&30)), "{pauses:?}");
        assert_eq!(talk.status(id).await, Some(DeliveryStatus::Queued));
        talk.later(24 * HOUR).await;
        let failed = talk.message(id).await;
        assert_eq!(failed.status, Some(DeliveryStatus::Failed));
        assert_eq!(failed.failure.as_deref(), Some("It could not be sent within 24 hours."));
        let tried = talk.test.fake.left().len();
        talk.later(HOUR).await;
        assert_eq!(talk.test.fake.left().len(), tried, "it is over");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_leaves_from_an_account_that_was_lost_while_it_waited() {
    for engine in engines() {
        for lost in [AccountHealth::NeedsReauth, AccountHealth::Ok] {
            for between in [false, true] {
                let talk = talk(engine).await;
                let (to, account) = (talk.only().await.id, talk.only().await.account_id);
                let id = talk.accept("answer").await;
                if between {
                    // It is tried, and must wait; meanwhile the account goes.
                    talk.test.fake.sends.then(Err(away()));
                    talk.work().await;
                }
                lose(&talk, account, lost).await;
                talk.later(60).await;
                // What belongs to a disconnected account is not listed.
                let message = talk.app().store().read().messages().many(&[id]).await.unwrap().remove(0);
                assert_eq!(message.status, Some(DeliveryStatus::Failed));
                assert!(message.failure.unwrap().starts_with("The account"), "in words");
                assert_eq!(talk.test.fake.left().len(), usize::from(between), "nothing leaves after that");
                let again = talk.retry(id, false, None).await;
                assert!(matches!(again, Err(AppError::AccountInactive | AppError::AccountNeedsReauth)), "{again:?}");
                assert!(talk.try_send(words(to, "another")).await.is_err(), "nor is anything taken");
            }
        }
    }
}

async fn lose(talk: &Talk, account: hub_domain::AccountId, how: AccountHealth) {
    if how == AccountHealth::Ok {
        return accounts::disconnect(talk.app(), &talk.caller, account).await.expect("disconnected");
    }
    let now = talk.app().now();
    let evidence = Evidence::new(EvidenceKind::CredentialsRefused, "no", now);
    let standing = Standing { state: ChannelState::NeedsReauth, since: now, evidence };
    let tx = talk.app().store().begin().await.unwrap();
    tx.channels().set(account, &standing, None, now).await.unwrap();
    let _ = tx.commit(Vec::new()).await.unwrap();
}

/// What the platform lists: words that were said so many seconds into the test.
fn listed(remote: &str, words: &str, at: u64) -> serde_json::Value {
    json!({"id": remote, "text": words, "out": true, "history": true, "at": at})
}

async fn listing_talk(engine: Engine, pull: Pull) -> Talk {
    let talk = Talk::start(engine, |card| card.intake.pull = pull).await;
    talk.told(json!([{"id": "in", "text": "hello"}])).await;
    talk.work().await;
    talk
}

#[tokio::test(flavor = "multi_thread")]
async fn a_platform_that_lists_what_was_said_is_asked_and_settles_what_nobody_knew() {
    for engine in engines() {
        for pull in [Pull::Backfill, Pull::Every(Duration::from_secs(1))] {
            let talk = listing_talk(engine, pull).await;
            talk.later(10_000).await;
            talk.test.fake.sends.then(Err(broken()));
            // The same words were said long ago, and by somebody else: neither is this one.
            let old = listed("old", "answer", 200);
            let theirs = json!({"id": "theirs", "text": "answer", "history": true, "at": 10_000});
            let asked = talk.test.fake.count("pull");
            let id = talk.say("answer").await;
            assert_eq!(talk.status(id).await, Some(DeliveryStatus::Unconfirmed));
            talk.test.fake.pages.then(Ok(page(&json!([old, theirs]), "1", false)));
            talk.later(1).await;
            assert!(talk.test.fake.count("pull") > asked, "it is looked for evidence");
            assert_eq!(talk.status(id).await, Some(DeliveryStatus::Unconfirmed), "nothing of it was this one");
            talk.test.fake.pages.then(Ok(page(&json!([listed("r1", "answer", 10_003)]), "2", false)));
            talk.later(60).await;
            let settled = talk.message(id).await;
            assert_eq!((settled.status, settled.remote_id.as_str()), (Some(DeliveryStatus::Sent), "r1"));
            assert_eq!(settled.failure, None);
            assert_eq!(talk.texts().await, ["answer", "answer", "answer", "hello"], "the old one, theirs, this one");
            assert_eq!(talk.test.fake.left().len(), 1, "never sent again");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_in_the_same_words_the_one_is_settled_that_left_then() {
    for engine in engines() {
        for (said, first_is_it) in [(1_001, true), (1_301, false)] {
            let talk = listing_talk(engine, Pull::Backfill).await;
            talk.later(1_000).await;
            talk.test.fake.sends.then(Err(broken())).then(Err(broken()));
            let first = talk.say("ok").await;
            talk.later(300).await;
            let second = talk.say("ok").await;
            talk.test.fake.pages.then(Ok(page(&json!([listed("r1", "ok", said)]), "1", false)));
            talk.later(60).await;
            let expected = |is_it| if is_it { DeliveryStatus::Sent } else { DeliveryStatus::Unconfirmed };
            assert_eq!(talk.status(first).await, Some(expected(first_is_it)), "{said}");
            assert_eq!(talk.status(second).await, Some(expected(!first_is_it)), "{said}");
            // The same list again settles nothing more.
            talk.test.fake.pages.then(Ok(page(&json!([listed("r1", "ok", said)]), "2", false)));
            talk.later(600).await;
            assert_eq!(talk.status(second).await, Some(expected(!first_is_it)), "{said}");
        }
    }
}
