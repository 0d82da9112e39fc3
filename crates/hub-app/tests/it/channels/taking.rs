//! Channels that several accounts share, that were taken and let go, and that need no watching.

use super::{AWAY, HOUR, readable, silent, taken, wrong};
use crate::fake::page;
use crate::talk::{Talk, link};
use hub_app::{ErrorKind, channels, sync};
use hub_domain::EvidenceKind;
use hub_domain::channel::ChannelState;
use hub_platform_kit::card::Pull;
use hub_platform_kit::webhook::Inspection;
use hub_testkit::database::engines;
use serde_json::json;
use std::time::Duration;

#[tokio::test(flavor = "multi_thread")]
async fn accounts_that_share_a_line_are_read_up_by_whoever_reads_it() {
    for engine in engines() {
        let talk = Talk::start(engine, |card| card.intake.pull = Pull::LongPollWithoutWebhook).await;
        let other = crate::talk::register(talk.app(), "grace@example.com").await;
        link(talk.app(), &other).await;
        channels::beat(talk.app()).await.expect("alive");
        talk.test.clock.advance(Duration::from_secs(2 * HOUR));
        channels::beat(talk.app()).await.expect("alive");
        let both = async || {
            let mut both = Vec::new();
            for caller in [&talk.caller, &other] {
                both.push(channels::channels(talk.app(), caller).await.expect("listed").remove(0));
            }
            both
        };
        assert!(both().await.iter().all(|channel| channel.standing.state == ChannelState::CatchingUp));
        let lines = sync::wanted_lines(talk.app()).await.expect("listed");
        assert_eq!(lines.len(), 1, "platforms allow one reader");
        let missed = json!([{"id": "1", "text": "missed", "at": 3_600}]);
        talk.test.fake.pages.then(Ok(page(&missed, "1", true))).then(Ok(page(&json!([]), "1", false)));
        for more in [true, false] {
            assert!(both().await.iter().all(|channel| channel.standing.state == ChannelState::CatchingUp));
            let pulled = sync::pull_account(talk.app(), lines[0].account, Duration::ZERO).await.expect("read");
            assert_eq!(pulled.more, more);
        }
        talk.round(HOUR).await;
        for channel in both().await {
            assert_eq!((channel.standing.state, channel.holes), (ChannelState::Ok, Vec::new()));
        }
        assert!(talk.messages().await[0].recovered);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn linking_takes_a_channel_back_whether_or_not_its_loss_was_seen() {
    for engine in engines() {
        for seen in [false, true] {
            let talk = Talk::called(engine, |_| {}).await;
            let subscribed = talk.subscriptions();
            if seen {
                talk.test.fake.inspections.then(Ok(taken()));
                talk.round(400).await;
                assert_eq!(talk.state().await, ChannelState::TakenOver);
            }
            talk.test.fake.inspections.then(Ok(taken())).then(Ok(taken()));
            link(talk.app(), &talk.caller).await;
            talk.later(2).await;
            assert_eq!((talk.state().await, talk.subscriptions()), (ChannelState::Ok, subscribed + 1), "{seen}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_has_any_more_is_taken_again_and_read_from_when_it_was_taken() {
    for engine in engines() {
        let talk = Talk::called(engine, readable).await;
        let subscribed = talk.subscriptions();
        talk.test.fake.inspections.then(Ok(taken())).then(Ok(Inspection::Gone { why: "nobody is called" }));
        talk.round(400).await;
        talk.round(HOUR).await;
        assert_eq!((talk.state().await, talk.subscriptions()), (ChannelState::Suspect, subscribed));
        talk.test.fake.pages.then(Ok(page(&json!([{"id": "1", "text": "untold", "at": 1_800}]), "1", false)));
        for _ in 0..3 {
            talk.later(2).await;
        }
        assert_eq!(talk.history().await, ["taken_over", "suspect", "catching_up", "ok"]);
        assert_eq!(talk.subscriptions(), subscribed + 1);
        assert!(talk.messages().await[0].recovered, "it was said while somebody else was called");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_read_all_the_time_is_neither_read_back_nor_found_silent() {
    for engine in engines() {
        let talk = Talk::start(engine, |card| card.intake.pull = Pull::LongPollWithoutWebhook).await;
        silent(&talk).await;
        talk.test.fake.sends.then(Err(wrong(AWAY, 503)));
        talk.say("answer").await;
        talk.later(120).await;
        assert_eq!(talk.history().await, ["transient", "ok"]);
        talk.round(90 * 60).await;
        assert_eq!(talk.history().await, ["transient", "ok"]);
    }
}

/// What looked like mere silence has its reason, and the subscription is made anew until that works, however often it fails.
#[tokio::test(flavor = "multi_thread")]
async fn a_silence_whose_reason_is_found_is_healed() {
    for engine in engines() {
        let talk = Talk::called(engine, |_| {}).await;
        silent(&talk).await;
        let subscribed = talk.subscriptions();
        let gone = || talk.test.fake.inspections.then(Ok(Inspection::Gone { why: "it has ended" }));
        gone();
        talk.test.fake.subscriptions.then(Err(wrong(ErrorKind::Rejected, 403)));
        talk.round(90 * 60).await;
        let channel = talk.channel().await;
        let evidence = &channel.standing.evidence;
        assert_eq!((channel.standing.state, evidence.kind), (ChannelState::Suspect, EvidenceKind::SubscriptionGone));
        talk.later(2).await;
        assert_eq!((talk.state().await, talk.subscriptions()), (ChannelState::Suspect, subscribed + 1), "refused");
        gone();
        talk.round(400).await;
        talk.work().await;
        assert_eq!((talk.state().await, talk.subscriptions()), (ChannelState::Ok, subscribed + 2));
        assert_eq!(talk.channel().await.holes.len(), 1, "what was said meanwhile is lost");
        assert_eq!(talk.history().await, ["suspect", "suspect", "ok"]);
    }
}

/// A renewal that failed waits for its next try, which may be far; a subscription that is found gone meanwhile does not wait for it.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_gone_is_made_anew_at_once_though_a_renewal_waits() {
    const FAILURES: usize = 6;
    for engine in engines() {
        let talk = Talk::called(engine, |_| {}).await;
        let subscribed = talk.subscriptions();
        hub_app::housekeeping::renew_webhooks(talk.app()).await.expect("asked");
        // Its next try is minutes away in the end.
        for _ in 0..FAILURES {
            talk.test.fake.subscriptions.then(Err(wrong(AWAY, 503)));
            talk.later(HOUR).await;
        }
        assert_eq!(talk.subscriptions(), subscribed + FAILURES);
        talk.test.fake.inspections.then(Ok(Inspection::Gone { why: "it has ended" }));
        talk.round(1).await;
        talk.later(2).await;
        assert_eq!((talk.state().await, talk.subscriptions()), (ChannelState::Ok, subscribed + FAILURES + 1));
    }
}
