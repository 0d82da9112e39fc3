//! What was said before the account was linked.

use super::stage::Stage;
use super::subject::Subject;
use crate::{Engine, eventually_within};
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

/// Messages of the past, over several people.
const PAST: usize = 24;
/// What a killed hub had in hand is taken up again when the lease on it has ended, a minute at most.
const AFTER_A_KILL: Duration = Duration::from_secs(90);

async fn with_past<S: Subject>(binary: &Path, engine: Engine) -> Option<Stage<S>> {
    let stage = Stage::<S>::open(binary, engine).await;
    if stage.card["history"] != "backfill" {
        stage.finish().await;
        return None;
    }
    let account = stage.subject.account(0);
    for number in 0..PAST {
        stage.subject.say(&account, &stage.subject.person(number % 3), &format!("past {number}"));
    }
    Some(stage)
}

/// Every message of the past is there, and none twice.
async fn all_once<S: Subject>(stage: &Stage<S>) {
    eventually_within(AFTER_A_KILL, "the past", async || {
        let mut times: BTreeMap<String, usize> = BTreeMap::new();
        for message in stage.user.all_messages().await {
            *times.entry(message["content"].as_str().unwrap_or_default().to_owned()).or_default() += 1;
        }
        assert!(times.values().all(|times| *times == 1), "twice: {times:?}");
        (0..PAST).all(|number| times.contains_key(&format!("past {number}"))).then_some(())
    })
    .await;
}

/// Nobody has to read the past, unless the platform says that nobody has read it there.
async fn unread_there<S: Subject>(stage: &Stage<S>) -> i64 {
    let unread = stage.unread().await;
    assert!(unread == 0 || unread == i64::try_from(PAST).expect("few"), "all of it or none: {unread}");
    unread
}

/// The past comes once and counts as read; what is said now goes on in the same conversations.
pub async fn comes_once_and_quietly<S: Subject>(binary: &Path, engine: Engine) {
    let Some(stage) = with_past::<S>(binary, engine).await else { return };
    stage.link().await;
    all_once(&stage).await;
    let unread = unread_there(&stage).await;
    let (now, _) = stage.hear(1, "and now").await;
    let past = stage.find("past 1").await.expect("the past");
    assert_eq!(now["conversation_id"], past["conversation_id"], "one person, one conversation");
    assert_eq!(stage.unread().await, unread + 1);
    stage.link().await;
    stage.nothing_is_under_way(2, "after linking again").await;
    all_once(&stage).await;
    assert_eq!(stage.unread().await, unread + 2);
    stage.finish().await;
}

/// A power cut in the middle loses nothing and repeats nothing.
pub async fn goes_on_after_a_kill<S: Subject>(binary: &Path, engine: Engine) {
    let Some(mut stage) = with_past::<S>(binary, engine).await else { return };
    stage.link_only(&stage.user, S::METHOD, &stage.subject.account(0)).await;
    for _ in 0..2 {
        stage.restart().await;
    }
    all_once(&stage).await;
    unread_there(&stage).await;
    stage.finish().await;
}
