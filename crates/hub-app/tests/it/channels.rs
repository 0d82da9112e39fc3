//! How channels stand: evidence from calls, questions and silence, and what follows from it.

mod absences;
mod taking;

use crate::fake::page;
use crate::fake_events::at;
use crate::talk::{Talk, link};
use hub_app::channels::{self, ChannelView};
use hub_app::{ErrorKind, PlatformError, accounts, housekeeping};
use hub_domain::channel::{Action, ChannelState};
use hub_domain::{AccountHealth, AccountId, EventBody, EvidenceKind, Pace, Timestamp};
use hub_platform_kit::card::{Card, Pull};
use hub_platform_kit::webhook::{Inspection, Report};
use hub_testkit::Engine;
use hub_testkit::database::engines;
use serde_json::json;
use std::time::Duration;

const HOUR: u64 = 3_600;

impl Talk {
    async fn channel(&self) -> ChannelView {
        channels::channels(self.app(), &self.caller).await.expect("listed").remove(0)
    }

    async fn state(&self) -> ChannelState {
        self.channel().await.standing.state
    }

    async fn account_id(&self) -> AccountId {
        accounts::list(self.app(), &self.caller).await.expect("listed")[0].id
    }

    /// The states it went through, oldest first.
    async fn history(&self) -> Vec<String> {
        let id = self.account_id().await;
        let told = accounts::notices(self.app(), &self.caller, id, 100).await.expect("listed");
        let to = |data: &str| serde_json::from_str::<serde_json::Value>(data).expect("JSON")["to"].clone();
        let changes = told.iter().rev().filter(|notice| notice.kind == "channel_state");
        changes.map(|notice| to(&notice.data).as_str().expect("a state").to_owned()).collect()
    }

    /// How often clients were told of the account.
    async fn told_of_account(&self) -> usize {
        self.heard().await.iter().filter(|body| matches!(body, EventBody::AccountChanged { .. })).count()
    }

    /// Lets so much time pass and goes round the channels.
    async fn round(&self, seconds: u64) {
        self.test.clock.advance(Duration::from_secs(seconds));
        channels::probe_due(self.app()).await.expect("looked");
    }

    /// A linked account that the platform calls.
    async fn called(engine: Engine, change: impl FnOnce(&mut Card)) -> Self {
        let talk = Self::public(engine, change).await;
        link(talk.app(), &talk.caller).await;
        talk.work().await;
        talk
    }

    fn subscriptions(&self) -> usize {
        self.test.fake.callbacks.lock().unwrap().len()
    }
}

fn readable(card: &mut Card) {
    card.intake.pull = Pull::Backfill;
}

fn wrong(kind: ErrorKind, status: u16) -> PlatformError {
    PlatformError::new(kind, "a sentence of the platform").with_status(status).with_code("17")
}

const AWAY: ErrorKind = ErrorKind::Transient { maybe_applied: false };

fn taken() -> Inspection {
    Inspection::TakenOver { by_host: "other.example".to_owned() }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_answer_says_is_shown_once_and_a_success_ends_it() {
    let slow = |seconds| ErrorKind::RateLimited { retry_after: seconds };
    for engine in engines() {
        for (kind, status, state, action) in [
            (AWAY, 503, ChannelState::Transient, Action::Wait),
            (slow(Some(Duration::from_millis(1))), 429, ChannelState::RateLimited, Action::Wait),
            (slow(None), 429, ChannelState::RateLimited, Action::Wait),
        ] {
            let talk = Talk::start(engine, |_| {}).await;
            talk.told(json!([{"id": "in", "text": "hello"}])).await;
            talk.work().await;
            let before = talk.told_of_account().await;
            talk.test.fake.sends.then(Err(wrong(kind, status)));
            talk.say("answer").await;
            let channel = talk.channel().await;
            assert_eq!((channel.standing.state, channel.action), (state, action));
            assert_eq!(channel.standing.evidence.words, "a sentence of the platform");
            assert_eq!(channel.standing.evidence.code.as_deref(), Some("17"));
            assert_eq!(talk.told_of_account().await, before + 1);
            let account = accounts::list(talk.app(), &talk.caller).await.expect("listed").remove(0);
            assert_eq!(account.health, AccountHealth::Ok, "no new sign-in for what passes");
            talk.later(120).await;
            assert_eq!(talk.state().await, ChannelState::Ok);
            assert_eq!(talk.told_of_account().await, before + 2, "one word per change");
            assert_eq!(talk.history().await, [state.as_str(), "ok"]);
            assert!(talk.channel().await.last_success_at.is_some());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_storm_asks_for_a_new_sign_in_and_a_dead_grant_does_at_once() {
    for engine in engines() {
        let talk = Talk::start(engine, |_| {}).await;
        talk.told(json!([{"id": "in", "text": "hello"}])).await;
        talk.work().await;
        let kinds =
            [AWAY, ErrorKind::UnexpectedReply, ErrorKind::RateLimited { retry_after: None }, ErrorKind::Rejected];
        for round in 0..24_usize {
            talk.test.fake.sends.then(Err(wrong(kinds[round % kinds.len()], 500)));
        }
        for number in 0..6 {
            talk.say(&format!("words {number}")).await;
            talk.later(700).await;
        }
        let history = talk.history().await;
        assert!(!history.is_empty() && !history.contains(&"needs_reauth".to_owned()), "{history:?}");
        for _ in 0..24 {
            talk.later(700).await;
        }
        let before = talk.told_of_account().await;
        talk.test.fake.honour("other", "tokens");
        talk.say("one more").await;
        let channel = talk.channel().await;
        assert_eq!((channel.standing.state, channel.action), (ChannelState::NeedsReauth, Action::Reconnect));
        assert_eq!(channel.standing.evidence.kind, EvidenceKind::CredentialsRefused);
        assert_eq!(talk.told_of_account().await, before + 1);
        let asked = talk.test.fake.count("inspect");
        talk.round(HOUR).await;
        assert_eq!(talk.test.fake.count("inspect"), asked, "only its owner can change that");
    }
}

/// A send and a subscription are under way side by side; the send is refused, and then the subscription succeeds.
#[tokio::test(flavor = "multi_thread")]
async fn a_success_that_was_under_way_does_not_hide_a_refusal() {
    for engine in engines() {
        let talk = Talk::called(engine, |_| {}).await;
        let id = talk.account_id().await;
        talk.told(json!([{"id": "in", "text": "hello"}])).await;
        talk.work().await;
        let (sending, sent) = tokio::sync::oneshot::channel::<()>();
        let (asking, asked) = tokio::sync::oneshot::channel::<()>();
        let (settling, settled) = tokio::sync::oneshot::channel::<()>();
        let clock = talk.test.clock.clone();
        let answers = clock.clone();
        talk.test.fake.meanwhile(async move {
            clock.advance(Duration::from_secs(1));
            sending.send(()).expect("somebody waits");
            asked.await.expect("it is asked");
            clock.advance(Duration::from_secs(1));
        });
        talk.test.fake.meanwhile(async move {
            asking.send(()).expect("somebody waits");
            settled.await.expect("it is refused");
            answers.advance(Duration::from_secs(1));
        });
        talk.test.fake.sends.then(Err(crate::fake::no_more()));
        let refused = async {
            talk.say("is anybody there?").await;
            assert_eq!(talk.state().await, ChannelState::NeedsReauth);
            settling.send(()).expect("somebody waits");
        };
        let subscribed = async {
            sent.await.expect("it is being sent");
            channels::reclaim(talk.app(), &talk.caller, id).await.expect("the platform calls")
        };
        let ((), channel) = tokio::join!(refused, subscribed);
        assert_eq!(channel.standing.state, ChannelState::NeedsReauth, "it was asked before the refusal came");
        // What begins now tells something new.
        talk.told(json!([{"kind": "resubscribe"}])).await;
        talk.later(2).await;
        assert_eq!(talk.history().await, ["needs_reauth", "ok"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_channel_that_was_taken_is_not_fought_over_and_taken_back_when_its_owner_says_so() {
    for engine in engines() {
        let talk = Talk::called(engine, |_| {}).await;
        let (id, subscribed) = (talk.account_id().await, talk.subscriptions());
        talk.round(301).await;
        assert_eq!(talk.state().await, ChannelState::Ok, "a platform that cannot be asked says nothing");
        let last_answer = talk.app().now();
        talk.test.fake.inspections.then(Ok(taken()));
        talk.round(400).await;
        let channel = talk.channel().await;
        assert_eq!((channel.standing.state, channel.action), (ChannelState::TakenOver, Action::Reclaim));
        assert_eq!(channel.standing.evidence.code.as_deref(), Some("other.example"));
        assert!(channel.standing.evidence.words.contains("other.example"));
        housekeeping::renew_webhooks(talk.app()).await.expect("looked after");
        talk.told(json!([{"kind": "resubscribe"}])).await;
        talk.later(2).await;
        assert_eq!(talk.subscriptions(), subscribed, "the other party is not fought");
        assert_eq!(talk.state().await, ChannelState::TakenOver);

        let stranger = crate::talk::register(talk.app(), "eve@example.com").await;
        assert!(channels::reclaim(talk.app(), &stranger, id).await.is_err());
        talk.test.clock.advance(Duration::from_secs(HOUR));
        let channel = channels::reclaim(talk.app(), &talk.caller, id).await.expect("taken back");
        assert_eq!((channel.standing.state, talk.subscriptions()), (ChannelState::Ok, subscribed + 1));
        let hole = &channel.holes[0];
        // Nothing was ever heard, so it may have been taken since the platform last answered.
        let hole = (hole.from, hole.until);
        assert_eq!(hole, (last_answer, talk.app().now()), "it cannot be read back, and that is said");
        assert_eq!(talk.history().await, ["taken_over", "ok"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_missed_while_it_was_taken_is_read_back() {
    for engine in engines() {
        let talk = Talk::called(engine, readable).await;
        talk.test.fake.inspections.then(Ok(taken()));
        // Platforms tell times in whole seconds.
        talk.test.clock.advance(Duration::from_millis(700));
        talk.told(json!([{"id": "in", "text": "told", "at": 0}])).await;
        // The automatic renewal asks before it subscribes.
        let subscribed = talk.subscriptions();
        housekeeping::renew_webhooks(talk.app()).await.expect("looked after");
        talk.work().await;
        assert_eq!((talk.state().await, talk.subscriptions()), (ChannelState::TakenOver, subscribed));
        talk.test.clock.advance(Duration::from_mins(10));
        let untold =
            json!([{"id": "0", "text": "in that very second", "at": 0}, {"id": "1", "text": "untold", "at": 300}]);
        talk.test.fake.pages.then(Ok(page(&untold, "1", false)));
        let channel = channels::reclaim(talk.app(), &talk.caller, talk.account_id().await).await.expect("taken back");
        assert_eq!((channel.standing.state, channel.holes.len()), (ChannelState::CatchingUp, 0));
        talk.later(2).await;
        assert_eq!(talk.history().await, ["taken_over", "catching_up", "ok"]);
        let mut shown: Vec<_> = talk.messages().await.into_iter().map(|m| (m.recovered, m.content.text)).collect();
        shown.sort();
        let words = |words: &str| Some(words.to_owned());
        let recovered = [(true, words("in that very second")), (true, words("untold"))];
        assert_eq!(shown, [&[(false, words("told"))], recovered.as_slice()].concat());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_said_before_a_death_was_noticed_was_missed_as_well() {
    for engine in engines() {
        // Also where nothing had arrived before.
        let deaths = [Inspection::Gone { why: "it has ended" }, taken()].into_iter().zip([true, false]);
        for (death, heard) in deaths.clone().chain(deaths.map(|(death, heard)| (death, !heard))) {
            let talk = Talk::called(engine, readable).await;
            if heard {
                talk.told(json!([{"id": "in", "text": "told"}])).await;
            }
            talk.round(400).await;
            talk.work().await;
            let taken = matches!(death, Inspection::TakenOver { .. });
            talk.test.fake.inspections.then(Ok(death));
            talk.test.fake.pages.then(Ok(page(&json!([{"id": "1", "text": "untold", "at": 500}]), "1", false)));
            talk.round(400).await;
            if taken {
                channels::reclaim(talk.app(), &talk.caller, talk.account_id().await).await.expect("taken back");
            }
            talk.later(2).await;
            talk.later(2).await;
            assert_eq!(talk.history().await.last().map(String::as_str), Some("ok"));
            let mut shown: Vec<_> = talk.messages().await.into_iter().map(|m| (m.content.text, m.recovered)).collect();
            shown.sort();
            let told = heard.then(|| (Some("told".to_owned()), false));
            assert_eq!(shown, told.into_iter().chain([(Some("untold".to_owned()), true)]).collect::<Vec<_>>());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subscription_that_is_gone_is_made_anew_and_missing_permissions_are_named() {
    for engine in engines() {
        let talk = Talk::called(engine, |_| {}).await;
        let subscribed = talk.subscriptions();
        talk.test.fake.inspections.then(Ok(Inspection::Gone { why: "it has ended" }));
        talk.round(400).await;
        assert_eq!(talk.state().await, ChannelState::Suspect);
        talk.later(2).await;
        assert_eq!((talk.state().await, talk.subscriptions()), (ChannelState::Ok, subscribed + 1));
        talk.test.fake.inspections.then(Ok(Inspection::Lacks { permissions: vec!["read_messages".to_owned()] }));
        talk.round(400).await;
        let channel = talk.channel().await;
        assert_eq!((channel.standing.state, channel.action), (ChannelState::Permissions, Action::FixPermissions));
        assert!(channel.standing.evidence.words.contains("read_messages"));
        talk.test.fake.inspections.then(Ok(Inspection::Standing(Report::default())));
        talk.round(400).await;
        assert_eq!(talk.state().await, ChannelState::Ok);
        let failed = (talk.app().now(), "Connection timed out".to_owned());
        let report = Report { pending: Some(3), last_error: Some(failed) };
        talk.test.clock.advance(Duration::from_mins(1));
        talk.test.fake.inspections.then(Ok(Inspection::Standing(report)));
        talk.round(340).await;
        let channel = talk.channel().await;
        assert_eq!(channel.standing.state, ChannelState::Suspect);
        assert!(channel.standing.evidence.words.contains("Connection timed out"));
        talk.told(json!([{"id": "in", "text": "hello"}])).await;
        assert_eq!(talk.state().await, ChannelState::Ok, "a delivery came");
        assert_eq!(talk.history().await, ["suspect", "ok", "permissions", "ok", "suspect", "ok"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_time_without_a_subscription_is_shown_and_what_the_platform_keeps_is_said() {
    for engine in engines() {
        for (queues, word) in [(false, "keeps nothing"), (true, "for 24 hours and delivers it now")] {
            let talk = Talk::called(engine, |card| card.intake.queues = queues).await;
            talk.test.fake.inspections.then(Ok(Inspection::Gone { why: "it has ended" }));
            talk.round(400).await;
            talk.later(2).await;
            let channel = talk.channel().await;
            assert_eq!((channel.standing.state, channel.holes.len()), (ChannelState::Ok, 1));
            assert!(channel.holes[0].why.contains(word), "{}", channel.holes[0].why);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_ask_once_and_trouble_with_asking_is_evidence_too() {
    for engine in engines() {
        let talk = Talk::called(engine, |_| {}).await;
        talk.test.clock.advance(Duration::from_secs(400));
        let asked = talk.test.fake.count("inspect");
        let rounds = [(); 4].map(|()| channels::probe_due(talk.app()));
        for outcome in futures_util::future::join_all(rounds).await {
            outcome.expect("looked");
        }
        assert_eq!(talk.test.fake.count("inspect"), asked + 1);
        talk.test.fake.inspections.then(Err(wrong(AWAY, 502)));
        talk.round(400).await;
        assert_eq!(talk.state().await, ChannelState::Transient);
        talk.round(400).await;
        assert_eq!(talk.state().await, ChannelState::Ok, "it answers again");
    }
}

/// What is usual for a channel that is heard every quarter of an hour of three weeks.
fn busy(until: Timestamp) -> String {
    let mut pace = Pace::default();
    for quarter in (0..21 * 96).rev() {
        pace.arrived(until - chrono::TimeDelta::minutes(15 * quarter));
    }
    serde_json::to_string(&pace).expect("JSON")
}

async fn silent(talk: &Talk) {
    let id = talk.account_id().await;
    talk.told(json!([{"id": "in", "text": "hello"}])).await;
    let tx = talk.app().store().begin().await.expect("begun");
    tx.channels().set_pace(id, &busy(talk.app().now())).await.expect("kept");
    let _ = tx.commit(Vec::new()).await.expect("committed");
}

#[tokio::test(flavor = "multi_thread")]
async fn unusual_silence_is_read_back_and_what_was_never_pushed_shows_that_the_way_is_dead() {
    for engine in engines() {
        let talk = Talk::called(engine, readable).await;
        silent(&talk).await;
        let subscribed = talk.subscriptions();
        talk.round(30 * 60).await;
        assert_eq!(talk.state().await, ChannelState::Ok, "a pause is no silence");
        talk.test.fake.pages.then(Ok(page(&json!([{"id": "1", "text": "untold", "at": 1_800}]), "1", false)));
        talk.round(60 * 60).await;
        assert_eq!(talk.state().await, ChannelState::CatchingUp);
        for _ in 0..3 {
            talk.later(2).await;
        }
        assert_eq!(talk.history().await, ["suspect", "catching_up", "suspect", "catching_up", "ok"]);
        assert_eq!(talk.subscriptions(), subscribed + 1, "the platform is asked to call anew");
        let recovered: Vec<_> = talk.messages().await.into_iter().filter(|m| m.recovered).collect();
        assert_eq!(recovered.len(), 1);
        assert_eq!(talk.unread().await, 2, "what was missed is new");

        // Nothing to be found: the silence is real, and is not doubted again at once.
        let talk = Talk::called(engine, readable).await;
        silent(&talk).await;
        talk.round(90 * 60).await;
        talk.later(2).await;
        let channel = talk.channel().await;
        assert_eq!(channel.standing.state, ChannelState::Ok);
        assert_eq!(channel.standing.evidence.kind, EvidenceKind::SilenceConfirmed);
        talk.round(400).await;
        assert_eq!(talk.history().await, ["suspect", "catching_up", "ok"]);

        // Where nothing can be read the platform's own word must do.
        let talk = Talk::called(engine, |_| {}).await;
        silent(&talk).await;
        talk.test.fake.inspections.then(Ok(Inspection::Standing(Report::default())));
        talk.round(90 * 60).await;
        assert_eq!(talk.history().await, ["suspect", "ok"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn after_an_absence_everything_is_read_back_and_holes_are_named() {
    for engine in engines() {
        let talk = Talk::called(engine, readable).await;
        channels::beat(talk.app()).await.expect("alive");
        talk.test.clock.advance(Duration::from_secs(30));
        channels::beat(talk.app()).await.expect("alive");
        assert_eq!(talk.history().await, Vec::<String>::new(), "it was here all the time");
        talk.test.clock.advance(Duration::from_secs(2 * HOUR));
        let missed = json!([{"id": "1", "text": "before", "at": 10}, {"id": "2", "text": "missed", "at": 3_600}]);
        let read_on = || Ok(page(&json!([{"id": "3", "text": "after", "at": 7_300}]), "3", false));
        talk.test.fake.pages.then(Ok(page(&missed, "2", true))).then(read_on());
        let twice = futures_util::future::join(channels::beat(talk.app()), channels::beat(talk.app())).await;
        assert!(twice.0.is_ok() && twice.1.is_ok());
        assert_eq!(talk.state().await, ChannelState::CatchingUp);
        talk.later(2).await;
        assert_eq!(talk.history().await, ["catching_up", "ok"], "once, whoever comes back first");
        let recovered: Vec<_> = talk.messages().await.into_iter().map(|m| (m.content.text, m.recovered)).collect();
        let expected = [("before", false), ("missed", true), ("after", false)];
        assert_eq!(recovered, expected.map(|(text, recovered)| (Some(text.to_owned()), recovered)));
        assert!(talk.channel().await.holes.is_empty());

        // A platform that keeps what it could not deliver for a day, and cannot be read.
        let talk = Talk::called(engine, |_| {}).await;
        channels::beat(talk.app()).await.expect("alive");
        talk.test.clock.advance(Duration::from_secs(2 * HOUR));
        channels::beat(talk.app()).await.expect("alive");
        assert!(talk.channel().await.holes.is_empty(), "it comes by itself");
        let late = json!([{"id": "late", "text": "kept", "at": 2 * HOUR - 120}, {"id": "new", "text": "new", "at": 2 * HOUR - 119}]);
        talk.told(late).await;
        let told: Vec<_> = talk.messages().await.into_iter().map(|m| (m.content.text, m.recovered)).collect();
        let expected = [("kept", true), ("new", false)];
        assert_eq!(told, expected.map(|(text, recovered)| (Some(text.to_owned()), recovered)));
        talk.test.clock.advance(Duration::from_secs(30 * HOUR));
        channels::beat(talk.app()).await.expect("alive");
        let channel = talk.channel().await;
        let hour = |hour: i64| at(hour * 3_600);
        assert_eq!(channel.holes.iter().map(|hole| (hole.from, hole.until)).collect::<Vec<_>>(), [(hour(2), hour(8))]);
        assert!(channel.holes[0].why.contains("24 hours"));
        assert_eq!(channel.standing.state, ChannelState::Ok);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_read_back_becomes_a_hole_and_an_outage_of_the_platform_is_read_back() {
    for engine in engines() {
        let talk = Talk::called(engine, readable).await;
        channels::beat(talk.app()).await.expect("alive");
        talk.test.clock.advance(Duration::from_secs(2 * HOUR));
        talk.test.fake.pages.then(Err(wrong(ErrorKind::Rejected, 403)));
        channels::beat(talk.app()).await.expect("alive");
        talk.later(2).await;
        let channel = talk.channel().await;
        assert_eq!((channel.standing.state, channel.holes.len()), (ChannelState::Ok, 1));
        assert!(channel.holes[0].why.contains("a sentence of the platform"));

        talk.test.fake.inspections.then(Err(wrong(AWAY, 500)));
        talk.round(400).await;
        talk.test.fake.pages.then(Ok(page(&json!([{"id": "1", "text": "meanwhile", "at": 7_700}]), "1", false)));
        talk.round(400).await;
        assert_eq!(talk.state().await, ChannelState::CatchingUp, "what came meanwhile may be missing");
        talk.later(2).await;
        assert_eq!(talk.history().await, ["catching_up", "ok", "transient", "catching_up", "ok"]);
        assert!(talk.messages().await[0].recovered);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disconnected_account_is_off_until_it_is_linked_again() {
    for engine in engines() {
        let talk = Talk::start(engine, |_| {}).await;
        let before = talk.told_of_account().await;
        accounts::disconnect(talk.app(), &talk.caller, talk.account_id().await).await.expect("disconnected");
        let channel = talk.channel().await;
        assert_eq!((channel.standing.state, channel.next_probe_at), (ChannelState::Off, None));
        assert_eq!(talk.told_of_account().await, before + 1);
        link(talk.app(), &talk.caller).await;
        assert_eq!(talk.state().await, ChannelState::Ok);
        assert_eq!(talk.told_of_account().await, before + 2);
        assert_eq!(talk.history().await, ["off", "ok"]);
    }
}
