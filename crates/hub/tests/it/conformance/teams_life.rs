//! What is Teams' own: the life of a subscription, deliveries of every sort of forger, and what no notification tells.

use super::teams::Teams;
use hub_simulators::teams::{ChatKind, Deletes, Forgery, Sender};
use hub_testkit::conformance::{Stage, Subject};
use hub_testkit::{Engine, eventually};
use reqwest::StatusCode;
use serde_json::{Value, json};
use std::path::Path;

async fn linked() -> Stage<Teams> {
    let binary = Path::new(env!("CARGO_BIN_EXE_hub"));
    Box::pin(Stage::<Teams>::linked(binary, Engine::Sqlite)).await
}

fn number(id: &str) -> i64 {
    id.parse().expect("a number")
}

/// The first account, the first person and their chat.
fn place(stage: &Stage<Teams>) -> (String, String, String) {
    let (account, person) = (stage.subject.account(0), stage.subject.person(1));
    let chat = stage.subject.chat(&account, &person);
    (account, person, chat)
}

/// Asks for what was missed, as a person would.
async fn sync(stage: &Stage<Teams>) {
    let (status, said) = stage.user.post("/api/messages/sync", &json!({})).await;
    assert_eq!(status, StatusCode::OK, "{said}");
    assert_eq!(said["accountResults"][0]["success"], true, "{said}");
}

/// Every sort of forger gets the same answer, and nothing comes of it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn forgers_learn_nothing() {
    let stage = linked().await;
    let (_, _, chat) = place(&stage);
    stage.hear(1, "something real").await;
    let platform = &stage.subject.platform;
    for forgery in Forgery::all() {
        // Each in a request of its own: a good token proves all of its tenant that comes beside it.
        let before = platform.deliveries().len();
        assert_eq!(platform.forge(&chat, None, forgery), 1, "{}", forgery.name());
        let arrived = async || (platform.deliveries().len() > before).then_some(());
        eventually(forgery.name(), arrived).await;
    }
    stage.nothing_is_under_way(1, "the end").await;
    assert!(stage.all("forged").await.is_empty(), "nothing of it is shown");
    let refused: Vec<_> = platform.deliveries().into_iter().filter(|one| one.status != Some(202)).collect();
    assert!(refused.is_empty(), "{refused:?}");
    assert_eq!(stage.health().await, "ok");
    stage.finish().await;
}

/// The platform repeats itself with fresh keys, twice and in the wrong order, in one request or in many, in either spelling.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn repeats_and_disorder_change_nothing() {
    let stage = linked().await;
    let (_, person, chat) = place(&stage);
    let platform = &stage.subject.platform;
    stage.hear(1, "the first").await;
    platform.duplicate(true);
    platform.slashes(true);
    platform.hold(true, false);
    let said = platform.say(&chat, &person, "held back").expect("a chat").id;
    platform.edit(&chat, said, true, "<p>held <b>back</b> &amp; changed</p>");
    platform.say(&chat, &person, "and another");
    platform.hold(true, true);
    platform.hold(false, false);
    stage.message("held back & changed").await;
    stage.message("and another").await;
    platform.duplicate(false);
    assert!(platform.repeat(10) > 0);
    stage.nothing_is_under_way(1, "a mark").await;
    for words in ["the first", "held back & changed", "and another"] {
        assert_eq!(stage.all(words).await.len(), 1, "{words}");
    }
    assert!(stage.find("held back").await.is_none(), "an older state changes nothing");
    assert_eq!(stage.unread().await, 4);
    stage.finish().await;
}

/// A new key of the platform is read when it is met; within a minute of the last reading what it signed is looked up.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_key_of_the_platform_loses_nothing() {
    let stage = linked().await;
    stage.hear(1, "under the old key").await;
    stage.subject.platform.rotate_key().expect("a key");
    stage.hear(1, "under the new key").await;
    stage.finish().await;
}

/// Access is shown again when the platform asks, and what waited meanwhile comes.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn access_is_shown_again() {
    let stage = linked().await;
    let (account, person, chat) = place(&stage);
    // Not in the middle of being made.
    let states = async || stage.database.texts("SELECT state FROM hub_subscriptions").await;
    eventually("it is confirmed", async || (states().await == [Some("active".to_owned())]).then_some(())).await;
    let before = stage.subject.subscription(&account).expect("a subscription");
    assert!(stage.subject.platform.ask_reauthorization(&before.id));
    stage.subject.platform.say(&chat, &person, "said while nobody was told");
    stage.message("said while nobody was told").await;
    let after = stage.subject.subscription(&account).expect("a subscription");
    assert_eq!((&after.id, &after.client_state), (&before.id, &before.client_state), "the same one");
    assert!(after.expires_ms >= before.expires_ms && !after.paused);
    stage.finish().await;
}

/// A subscription that was removed is made anew, and what was said in between is read; likewise what a missed event names, and what
/// nobody ever told.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_not_told_is_read() {
    let stage = linked().await;
    let (account, person, chat) = place(&stage);
    let platform = &stage.subject.platform;
    let (kept, there) = stage.hear(1, "to be changed unseen").await;
    let (_, doomed) = stage.hear(1, "to be taken back unseen").await;
    stage.past_is_read_back().await;
    let first = stage.subject.subscription(&account).expect("a subscription").id;
    assert!(platform.remove_subscription(&first));
    platform.say(&chat, &person, "said in between");
    stage.message("said in between").await;
    let second = eventually("a new subscription", async || stage.subject.subscription(&account)).await;
    assert_ne!(second.id, first);
    stage.hear(1, "told again").await;

    assert!(platform.kill_subscription(&second.id));
    platform.say(&chat, &person, "told by nobody");
    platform.edit(&chat, number(&there), false, "changed unseen");
    platform.react(&chat, number(&there), &person, "👍", true);
    platform.delete(&chat, number(&doomed));
    let group = platform.create_chat(ChatKind::Group, Some("A group"), &[&account, &person]);
    platform.write(&group, Sender::App { id: "a-bot".to_owned(), name: "Bot".to_owned() }, draft("in a new group"));
    sync(&stage).await;
    stage.message("told by nobody").await;
    let group = stage.message("in a new group").await;
    let shown = async || {
        let all = stage.user.all_messages().await;
        all.into_iter().find(|one| one["id"] == kept["id"]).expect("the message")
    };
    eventually("the changed words", async || (shown().await["content"] == "changed unseen").then_some(())).await;
    eventually("the reaction", async || shown().await["reactions"][0]["emoji"].is_string().then_some(())).await;
    let gone = async || stage.user.all_messages().await.into_iter().find(|one| one["deleted_at"].is_string());
    eventually("the deletion", gone).await;
    let (_, listed) = stage.user.get("/api/conversations").await;
    let named =
        listed["conversations"].as_array().expect("a list").iter().find(|one| one["id"] == group["conversation_id"]);
    assert_eq!(named.expect("the group")["participant_name"], "A group", "{listed}");
    stage.finish().await;
}

fn draft(words: &str) -> hub_simulators::teams::Draft {
    hub_simulators::teams::Draft::text(words)
}

/// Deletions come in two spellings, and can be undone.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deletion_can_be_undone() {
    let stage = linked().await;
    let (_, _, chat) = place(&stage);
    for deletes in [Deletes::Deleted, Deletes::Updated, Deletes::Both] {
        let words = format!("taken back as {deletes:?}");
        let (message, there) = stage.hear(1, &words).await;
        stage.subject.platform.deletes(deletes);
        let deleted = async |is: bool| {
            let all = stage.user.all_messages().await;
            let now = all.into_iter().find(|one| one["id"] == message["id"]).expect("the message");
            (now["deleted_at"].is_string() == is).then_some(now)
        };
        assert!(stage.subject.platform.delete(&chat, number(&there)));
        eventually("the deletion", async || deleted(true).await).await;
        assert!(stage.subject.platform.undo_delete(&chat, number(&there)));
        let back = eventually("its undoing", async || deleted(false).await).await;
        assert_eq!(back["content"], words.as_str(), "{back}");
        assert_eq!(back["edited_at"], Value::Null, "nobody changed it: {back}");
    }
    stage.finish().await;
}

/// Names of a chat, people who come and go, calls: none of it is a message.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_happens_to_a_chat_is_no_message() {
    let stage = linked().await;
    let (account, person, _) = place(&stage);
    let platform = &stage.subject.platform;
    let chat = platform.create_chat(ChatKind::Group, Some("Before"), &[&account, &person]);
    platform.say(&chat, &person, "hello group");
    let message = stage.message("hello group").await;
    platform.rename(&chat, &person, "After");
    platform.join(&chat, &person, &stage.subject.person(2));
    platform.call_starts(&chat, &person);
    let name = async || {
        let (_, listed) = stage.user.get("/api/conversations").await;
        let found = listed["conversations"]
            .as_array()
            .expect("a list")
            .iter()
            .find(|one| one["id"] == message["conversation_id"])
            .cloned();
        (found.expect("the group")["participant_name"] == "After").then_some(())
    };
    eventually("the new name", name).await;
    stage.nothing_is_under_way(1, "a mark").await;
    assert_eq!(stage.user.all_messages().await.len(), 2, "the greeting and the mark");
    stage.finish().await;
}
