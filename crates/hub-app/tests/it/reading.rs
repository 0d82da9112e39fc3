//! Platforms that do not tell everything by themselves: asked regularly and when a delivery says so; subscriptions that end and
//! are prolonged; news that tell a whole state.

use crate::fake::{linked, page, tokens};
use crate::talk::{Talk, link, register};
use hub_app::{ErrorKind, PlatformError, accounts, housekeeping, sync};
use hub_domain::{ChannelState, DeliveryStatus, EventBody};
use hub_platform_kit::card::{Card, Pull, Quota, Window};
use hub_platform_kit::platform::{HistoryPage, ReadSoFar};
use hub_platform_kit::webhook::Subscription;
use hub_testkit::Engine;
use hub_testkit::database::engines;
use serde_json::json;
use std::time::Duration;

const QUARTER: u64 = 15 * 60;
const READINGS: &[Window] = &[Window { calls: 15, per: Duration::from_secs(QUARTER) }];

fn asked(card: &mut Card) {
    card.intake.webhook = false;
    card.intake.pull = Pull::Every(Duration::from_secs(1));
}

fn asked_within_a_budget(card: &mut Card) {
    asked(card);
    card.quota = Quota { pulls: READINGS, ..Quota::NONE };
}

/// An account whose past is read once.
fn kept(card: &mut Card) {
    card.intake.webhook = false;
    card.intake.pull = Pull::Backfill;
}

/// An account that is called and asked.
fn both(card: &mut Card) {
    card.intake.pull = Pull::Every(Duration::from_secs(1));
}

impl Talk {
    fn readings(&self) -> usize {
        self.test.fake.count("pull")
    }

    /// How far the reading of the past has got: conversations, of how many, and messages.
    async fn so_far(&self) -> Option<(Option<i64>, Option<i64>, i64)> {
        let account = accounts::list(self.app(), &self.caller).await.expect("listed").remove(0);
        let reading = account.reading?;
        assert!(account.shown_state() != ChannelState::Ok, "it looks as if it were being read");
        Some((reading.conversations, reading.of, reading.messages))
    }

    /// How often clients were told that an account changed.
    async fn told_of_the_account(&self) -> usize {
        let heard = self.heard().await;
        heard.iter().filter(|body| matches!(body, EventBody::AccountChanged { .. })).count()
    }

    /// A subscription that ends in an hour.
    async fn subscribed(engine: Engine) -> Self {
        let talk = Self::public(engine, both).await;
        talk.test.fake.subscriptions.then(Ok(hourly(&talk, "first", "secret of the first")));
        link(talk.app(), &talk.caller).await;
        talk.work().await;
        talk
    }
}

fn hourly(talk: &Talk, id: &str, memory: &str) -> Subscription {
    let renew_at = Some(talk.app().now() + chrono::TimeDelta::hours(1));
    Subscription { renew_at, remote_id: Some(id.to_owned()), memory: json!(memory) }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_told_is_asked_for_again_and_again() {
    for engine in engines() {
        let talk = Talk::start(engine, asked).await;
        talk.test.fake.pages.then(Ok(page(&json!([{"id": "1", "text": "one"}]), "1", true)));
        talk.test.fake.pages.then(Ok(page(&json!([{"id": "2", "text": "two"}]), "2", false)));
        talk.work().await;
        assert_eq!(talk.texts().await, ["one", "two"], "read at once after linking, page by page");
        talk.test.fake.pages.then(Ok(page(&json!([{"id": "3", "text": "three"}]), "3", false)));
        talk.later(59).await;
        assert_eq!(talk.texts().await.len(), 2, "not before its time");
        talk.later(1).await;
        assert_eq!(talk.texts().await.len(), 3);
        let away = PlatformError::new(ErrorKind::Transient { maybe_applied: false }, "away");
        talk.test.fake.pages.then(Err(away));
        talk.later(60).await;
        let failed = talk.readings();
        talk.later(119).await;
        assert_eq!(talk.readings(), failed, "trouble is given time");
        talk.test.fake.pages.then(Ok(page(&json!([{"id": "4", "text": "four"}]), "4", false)));
        talk.later(1).await;
        assert_eq!(talk.texts().await.len(), 4, "and is no reason to stop");
        housekeeping::start_readings(talk.app()).await.expect("looked after");
        let before = talk.readings();
        talk.later(60).await;
        assert_eq!(talk.readings(), before + 1, "one reading per account, however often it is started");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn how_far_the_past_is_read_is_told_page_by_page() {
    const LONGEST_PAUSE: u64 = 601;
    for engine in engines() {
        let talk = Talk::start(engine, kept).await;
        let away = || Err(PlatformError::new(ErrorKind::Transient { maybe_applied: false }, "away"));
        let pages = &talk.test.fake.pages;
        assert_eq!(talk.so_far().await, Some((None, None, 0)), "from the moment of linking on");
        let told = talk.told_of_the_account().await;
        pages.then(Ok(page(&json!([{"id": "1", "text": "one"}, {"id": "2", "text": "two"}]), "1", true))).then(away());
        talk.work().await;
        assert_eq!(talk.so_far().await, Some((None, None, 2)), "a platform that cannot say how much there is");
        assert!(talk.told_of_the_account().await > told);
        let counted = |events, next, more, read, left| {
            let progress = Some(ReadSoFar { read, left });
            Ok(HistoryPage { progress, ..page(&events, next, more) })
        };
        pages.then(counted(json!([{"id": "3", "text": "three"}]), "2", true, 2, None)).then(away());
        talk.later(LONGEST_PAUSE).await;
        assert_eq!(talk.so_far().await, Some((Some(2), None, 3)), "one that lists page by page");
        pages.then(counted(json!([{"id": "3", "text": "three"}]), "3", true, 1, Some(4))).then(away());
        talk.later(LONGEST_PAUSE).await;
        assert_eq!(talk.so_far().await, Some((Some(3), Some(7), 3)), "what was known is nothing new");
        let told = talk.told_of_the_account().await;
        pages.then(counted(json!([]), "4", false, 4, Some(0)));
        talk.later(LONGEST_PAUSE).await;
        assert_eq!(talk.so_far().await, None);
        assert!(talk.told_of_the_account().await > told, "the end is told");
        let account = accounts::list(talk.app(), &talk.caller).await.expect("listed").remove(0);
        assert_eq!(account.shown_state(), ChannelState::Ok);

        // What is given up does not look as if it went on: by the platform's no, or after the last try.
        link(talk.app(), &talk.caller).await;
        assert!(talk.so_far().await.is_some());
        pages.then(Err(PlatformError::new(ErrorKind::Rejected, "no more")));
        talk.work().await;
        assert_eq!(talk.so_far().await, None);
        link(talk.app(), &talk.caller).await;
        let mut tries = 0;
        while talk.so_far().await.is_some() {
            tries += 1;
            assert!(tries < 60, "{engine:?}: it never ends");
            // Trouble that passes would make the account rest, by the machine's clock.
            pages.then(Err(PlatformError::new(ErrorKind::UnexpectedReply, "odd")));
            talk.later(LONGEST_PAUSE).await;
        }
        assert!(tries >= 12, "there were tries left: {tries}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_said_before_is_told_to_everybody_who_links_the_account() {
    for engine in engines() {
        let mut talk = Talk::start(engine, asked).await;
        let before = || Ok(page(&json!([{"id": "1", "text": "said before"}]), "1", false));
        talk.test.fake.pages.then(before());
        talk.work().await;
        assert_eq!(talk.texts().await, ["said before"]);
        let other = register(talk.app(), "bea@example.com").await;
        link(talk.app(), &other).await;
        talk.test.fake.pages.then(before());
        talk.work().await;
        assert_eq!(talk.texts().await, ["said before"], "not twice");
        talk.caller = other;
        assert_eq!(talk.texts().await, ["said before"], "the same bytes are no repeat for somebody else");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn readings_keep_to_their_budget_and_leave_some_of_it() {
    for engine in engines() {
        let talk = Talk::start(engine, asked_within_a_budget).await;
        talk.work().await;
        for _ in 0..90 {
            talk.later(10).await;
        }
        let readings = talk.readings();
        assert!((8..=11).contains(&readings), "{readings} of 15 in a window: the less is left, the rarer they get");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delivery_that_does_not_tell_makes_the_hub_ask_and_a_calling_platform_is_asked_rarely() {
    for engine in engines() {
        let talk = Talk::subscribed(engine).await;
        let before = talk.readings();
        for _ in 0..9 {
            talk.later(60).await;
        }
        assert!(talk.readings() <= before + 1, "it calls");
        talk.test.fake.pages.then(Ok(page(&json!([{"id": "1", "text": "untold"}]), "1", false)));
        talk.told(json!([{"kind": "read_back"}, {"kind": "read_back"}])).await;
        let asked = talk.readings();
        talk.later(1).await;
        assert_eq!(talk.texts().await, ["untold"]);
        assert_eq!(talk.readings(), asked + 1, "what is told together is done once");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subscription_is_prolonged_in_time_with_what_was_remembered_of_it() {
    for engine in engines() {
        let talk = Talk::subscribed(engine).await;
        let look = async || housekeeping::renew_subscriptions(talk.app()).await.expect("looked after");
        let callbacks = || talk.test.fake.callbacks.lock().unwrap().clone();
        talk.test.clock.advance(Duration::from_secs(3_599));
        look().await;
        talk.work().await;
        assert_eq!(callbacks().len(), 1, "not yet");
        talk.test.clock.advance(Duration::from_secs(1));
        talk.test.fake.subscriptions.then(Ok(hourly(&talk, "second", "secret of the second")));
        look().await;
        talk.work().await;
        talk.told(json!([{"kind": "resubscribe"}])).await;
        talk.later(1).await;
        let known: Vec<_> =
            callbacks().into_iter().map(|callback| callback.previous.map(|p| (p.remote_id, p.memory))).collect();
        let first = Some((Some("first".to_owned()), json!("secret of the first")));
        let second = Some((Some("second".to_owned()), json!("secret of the second")));
        assert_eq!(known, [None, first, second], "its end, then the platform's word");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_whole_state_of_reactions_replaces_the_one_before_it() {
    for engine in engines() {
        let talk = Talk::start(engine, |_| {}).await;
        talk.told(json!([{"id": "1", "text": "hello", "at": 1}])).await;
        let standing = async |emoji: &[&str], at: i64| {
            talk.told(json!([{"kind": "reactions", "message": "1", "standing": emoji, "at": at}])).await;
            let reactions = talk.messages().await.remove(0).reactions;
            reactions.into_iter().map(|reaction| reaction.emoji).collect::<Vec<_>>()
        };
        assert_eq!(standing(&["a", "b"], 10).await, ["a", "b"]);
        assert_eq!(standing(&["b"], 20).await, ["b"]);
        assert_eq!(standing(&["a"], 5).await, ["b"], "what came late is not new");
        assert!(standing(&[], 30).await.is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_taken_back_can_stand_again_and_what_is_read_elsewhere_is_read_here() {
    for engine in engines() {
        let talk = Talk::start(engine, |_| {}).await;
        talk.told(json!([{"id": "1", "text": "one", "at": 1}, {"id": "2", "text": "two", "at": 2}])).await;
        talk.told(json!([{"kind": "deleted", "message": "1", "at": 10}])).await;
        talk.told(json!([{"kind": "restored", "id": "1", "text": "one", "at": 5}])).await;
        assert!(talk.messages().await[0].deleted_at.is_some(), "taken back later than that");
        talk.told(json!([{"kind": "restored", "id": "1", "text": "one", "at": 20}])).await;
        let first = talk.messages().await.remove(0);
        assert_eq!((first.deleted_at, first.edited_at), (None, None), "it stands again and was not changed");
        talk.told(json!([{"kind": "restored", "id": "1", "text": "one again", "at": 21, "edited": 21}])).await;
        assert_eq!(talk.messages().await[0].content.text.as_deref(), Some("one again"));
        assert_eq!(talk.unread().await, 2);
        talk.told(json!([{"kind": "read_elsewhere", "message": "1", "at": 30}])).await;
        assert_eq!(talk.unread().await, 1);
        talk.told(json!([{"kind": "read_elsewhere", "message": "3", "at": 31}])).await;
        assert_eq!(talk.unread().await, 1, "that message is still under way");
        talk.told(json!([{"id": "3", "text": "three", "at": 3}])).await;
        talk.work().await;
        assert_eq!(talk.unread().await, 0, "it came, and was read before it came");
        let id = talk.say("ours").await;
        assert_eq!(talk.message(id).await.status, Some(DeliveryStatus::Sent));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn asking_all_accounts_at_once_brings_what_there_is_though_one_fails() {
    for engine in engines() {
        let talk = Talk::start(engine, asked).await;
        talk.test.fake.begins.then(Ok(linked("second shop", tokens("second", None, None))));
        link(talk.app(), &talk.caller).await;
        let both = accounts::list(talk.app(), &talk.caller).await.expect("listed");
        assert_eq!(both.len(), 2);
        // Whichever is asked first.
        talk.test.fake.pages.then(Err(PlatformError::new(ErrorKind::Transient { maybe_applied: false }, "away")));
        talk.test.fake.pages.then(Ok(page(
            &json!([{"id": "1", "text": "one"}, {"id": "2", "text": "two"}]),
            "2",
            false,
        )));
        let results = sync::sync_all(talk.app(), &talk.caller).await.expect("asked");
        let mut accounts: Vec<_> = results.iter().map(|result| result.account_id).collect();
        let mut expected: Vec<_> = both.iter().map(|account| account.id).collect();
        accounts.sort_unstable();
        expected.sort_unstable();
        assert_eq!(accounts, expected, "every active account, once");
        let mut brought: Vec<_> = results.iter().map(|r| (r.message_count, r.error.is_some())).collect();
        brought.sort_unstable();
        assert_eq!(brought, [(0, true), (2, false)]);
        assert_eq!(talk.texts().await, ["one", "two"]);
        accounts::disconnect(talk.app(), &talk.caller, both[0].id).await.expect("disconnected");
        assert_eq!(sync::sync_all(talk.app(), &talk.caller).await.expect("asked").len(), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_unread_count_is_mended_and_told_once() {
    for engine in engines() {
        let talk = Talk::start(engine, |_| {}).await;
        talk.told(json!([{"id": "1", "text": "one"}, {"id": "2", "text": "two"}])).await;
        let heard = talk.heard().await.len();
        housekeeping::mend_unread_counts(talk.app()).await.expect("looked at");
        assert_eq!(talk.heard().await.len(), heard, "what agrees is not told");
        assert_eq!(talk.test.change("UPDATE conversations SET unread_count = 9").await, 1);
        for _ in 0..2 {
            housekeeping::mend_unread_counts(talk.app()).await.expect("mended");
            assert_eq!(talk.unread().await, 2);
            let conversation_id = talk.only().await.id;
            assert_eq!(talk.heard().await[heard..], [EventBody::ConversationUpdated { conversation_id }]);
        }
    }
}
