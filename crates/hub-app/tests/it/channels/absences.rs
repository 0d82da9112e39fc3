//! Absences too short to be shown.

use super::readable;
use crate::fake::page;
use crate::talk::Talk;
use hub_app::channels;
use hub_domain::ChannelState;
use hub_platform_kit::card::Card;
use hub_testkit::database::engines;
use serde_json::json;
use std::time::Duration;

/// A platform that can be read and repeats nothing.
fn forgetful(card: &mut Card) {
    readable(card);
    card.intake.keeps = Duration::ZERO;
}

/// What a platform that repeats nothing said while no process was there, or all of them stood still, is read without a word.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_said_in_a_short_absence_is_read_where_nothing_is_repeated() {
    for engine in engines() {
        for repeats in [false, true] {
            let talk = Talk::called(engine, if repeats { readable } else { forgetful }).await;
            channels::beat(talk.app()).await.expect("alive");
            let mut read = talk.test.fake.count("pull");
            let mut misses = async |by_starting: bool| {
                talk.test.clock.advance(Duration::from_secs(if by_starting { 20 } else { 60 }));
                let said = json!([{"id": read.to_string(), "text": "said to nobody", "at": read}]);
                talk.test.fake.pages.then(Ok(page(&said, &read.to_string(), false)));
                if by_starting {
                    channels::started(talk.app()).await.expect("started");
                }
                channels::beat(talk.app()).await.expect("alive");
                talk.later(2).await;
                let before = std::mem::replace(&mut read, talk.test.fake.count("pull"));
                read > before
            };
            assert_eq!((misses(true).await, misses(false).await), (!repeats, !repeats));
            assert_eq!(talk.unread().await, if repeats { 0 } else { 2 }, "it is news");
            assert_eq!(
                (talk.state().await, talk.history().await.len()),
                (ChannelState::Ok, 0),
                "nothing is made of it"
            );
        }
    }
}
