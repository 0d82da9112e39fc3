//! What was said before: it comes once, quietly, ends, and agrees with what the platform tells by itself.

use super::Stage;
use super::subject::Subject;
use crate::{Engine, Pushes, eventually};
use std::collections::BTreeMap;
use std::path::Path;

/// People who wrote before, and what each said.
const PEOPLE: usize = 23;
const WORDS: usize = 3;

/// How the hub asks for what was said, by the card.
fn asks<S: Subject>(stage: &Stage<S>) -> String {
    stage.card["history"].as_str().expect("a word").to_owned()
}

/// People write, and the account answers half of them elsewhere; gives the number of messages.
fn say_before<S: Subject>(stage: &Stage<S>) -> usize {
    let account = stage.subject.account(0);
    let mut said = PEOPLE * WORDS;
    for person in 0..PEOPLE {
        let id = stage.subject.person(person);
        for number in 0..WORDS {
            stage.subject.say(&account, &id, &format!("person {person} said {number}"));
        }
        if is_answered(person) && stage.subject.elsewhere(&account, &id, &format!("person {person} was answered")) {
            said += 1;
        }
    }
    said
}

/// Whom the account answered: what was said before it is read there.
fn is_answered(person: usize) -> bool {
    person.is_multiple_of(2)
}

/// Every message with how often it stands there.
async fn counted<S: Subject>(stage: &Stage<S>) -> BTreeMap<String, usize> {
    let mut counted = BTreeMap::new();
    for message in stage.user.all_messages().await {
        *counted.entry(message["content"].as_str().unwrap_or_default().to_owned()).or_default() += 1;
    }
    counted
}

/// All of it is there, each once, and nothing is asked for any more.
async fn whole<S: Subject>(stage: &Stage<S>, expected: usize) {
    eventually("all that was said before", async || (counted(stage).await.len() >= expected).then_some(())).await;
    stage.past_is_read_back().await;
    let counted = counted(stage).await;
    assert_eq!(counted.len(), expected);
    assert!(counted.values().all(|count| *count == 1), "each once: {counted:?}");
}

/// What was said before linking comes once and rings no bell; linking again brings nothing twice, neither of the past nor of what
/// the platform told by itself meanwhile. Where the hub asks instead of being called, nothing is lost and nothing comes twice.
pub async fn comes_once_and_quietly<S: Subject>(binary: &Path, engine: Engine) {
    let stage = Stage::<S>::open(binary, engine).await;
    match asks(&stage).as_str() {
        "backfill" | "regularly" | "line" => {}
        "without_webhook" => {
            let stage = Stage::<S>::open_with(binary, engine, &[("WEBHOOK_BASE_URL", "")]).await;
            let before = say_before(&stage);
            stage.link().await;
            whole(&stage, before).await;
            stage.hear(1, "said later").await;
            whole(&stage, before + 1).await;
            return stage.finish().await;
        }
        "never" => {
            // What the platform does not keep does not come, and linking does not wait for it.
            stage.link().await;
            stage.hear(1, "the first").await;
            assert_eq!(counted(&stage).await.len(), 1);
            return stage.finish().await;
        }
        other => panic!("the suite knows no history of the sort {other}"),
    }
    let before = say_before(&stage);
    let mut pushes = Pushes::open(&stage.user).await;
    stage.link().await;
    whole(&stage, before).await;
    let all = stage.user.all_messages().await;
    let of = |person: usize| {
        let start = format!("person {person} said");
        all.iter().filter(move |message| message["content"].as_str().is_some_and(|words| words.starts_with(&start)))
    };
    // What nobody has read there waits here as well; all else is read.
    let account = stage.subject.account(0);
    for person in 0..PEOPLE {
        let waits = of(person).filter(|message| message["is_read"] == false).count();
        let there = stage.subject.unread(&account, &stage.subject.person(person));
        assert!(there.is_none_or(|there| there == waits), "person {person}: {waits} unread here, {there:?} there");
    }
    let unread = all.iter().filter(|message| message["is_outgoing"] == false && message["is_read"] == false).count();
    assert_eq!(stage.unread().await, i64::try_from(unread).expect("few"));
    for person in (0..PEOPLE).filter(|person| is_answered(*person)) {
        assert!(of(person).all(|message| message["is_read"] == true), "the past is read");
    }
    let mut words: Vec<&str> = of(7).filter_map(|message| message["content"].as_str()).collect();
    words.reverse();
    assert_eq!(words, ["person 7 said 0", "person 7 said 1", "person 7 said 2"], "in order");

    stage.hear(1, "a mark").await;
    let seen = pushes.up_to_message("a mark").await;
    let bells = seen.iter().filter(|(name, _)| name == "new_message").count();
    // Where an open line tells the past from the news, nothing of the past rings, be it read or not.
    let may_ring = if asks(&stage) == "line" { 0 } else { unread };
    assert!(bells <= may_ring + 1, "the past rings no bell: {bells} of {unread} unread");
    assert_eq!(stage.unread().await, i64::try_from(unread + 1).expect("few"));

    // What was told by itself is read back as well, and is the same message.
    for number in 0..WORDS {
        stage.hear(2, &format!("told {number}")).await;
    }
    stage.link().await;
    whole(&stage, before + 1 + WORDS).await;
    assert_eq!(stage.unread().await, i64::try_from(unread + 1 + WORDS).expect("few"), "what is unread stays so");
    stage.finish().await;
}

/// Killed in the middle, the hub goes on where it was; nothing is missing and nothing comes twice.
pub async fn goes_on_after_a_kill<S: Subject>(binary: &Path, engine: Engine) {
    let further: &[(&str, &str)] = &[("WEBHOOK_BASE_URL", "")];
    let mut stage = Stage::<S>::open(binary, engine).await;
    match asks(&stage).as_str() {
        "backfill" | "regularly" | "line" => {
            let before = say_before(&stage);
            stage.link_only(&stage.user, S::METHOD, &stage.subject.account(0)).await;
            stage.restart().await;
            stage.restart().await;
            whole(&stage, before).await;
        }
        "without_webhook" => {
            stage = Stage::<S>::open_with(binary, engine, further).await;
            let before = say_before(&stage);
            stage.link().await;
            stage.restart().await;
            stage.subject.say(&stage.subject.account(0), &stage.subject.person(1), "while it was away");
            stage.restart().await;
            whole(&stage, before + 1).await;
        }
        _ => {}
    }
    stage.finish().await;
}
