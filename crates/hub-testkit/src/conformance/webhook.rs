//! What may stand in a delivery: everything, without harm, without loss, in order.

use super::stage::{Stage, text};
use super::subject::{Act, Subject};
use crate::{Engine, Pushes, eventually};
use chrono::{Duration, Utc};
use reqwest::Method;
use serde_json::{Value, json};
use std::path::Path;

/// Bytes in a delivery that is large, yet taken.
const LARGE: usize = 1024 * 1024;
/// Events of the batch whose order is looked at.
const BATCH: i64 = 12;

/// Cut bytes, kinds nobody knows, events nobody can read and large bodies: answered, and nobody else's message is lost.
pub async fn survives_everything<S: Subject>(binary: &Path, engine: Engine) {
    let stage = Stage::<S>::linked(binary, engine).await;
    if !stage.offers("webhook") {
        return stage.finish().await;
    }
    let account = stage.subject.account(0);
    let event = stage.event(810_001, 1, "cut off", Utc::now());
    let whole = stage.subject.deliveries(&account, vec![event])[0].to_string();
    let pieces = [&whole[..whole.len() / 2], "", "[]", "null", "7", "\"words\"", "{", "{}", "\u{feff}{}"];
    for body in pieces.iter().map(|piece| piece.as_bytes()).chain([b"\xff\xfe\x00".as_slice()]) {
        let status = stage.deliver(body).await;
        assert!(matches!(status.as_u16(), 200 | 400), "{status}: {}", String::from_utf8_lossy(body));
    }
    for delivery in stage.subject.strange(&account) {
        assert_eq!(stage.deliver(delivery.to_string().as_bytes()).await.as_u16(), 200, "{delivery}");
    }
    let person = stage.subject.person(1);
    let said = super::subject::Said { number: 810_002, person: &person, words: "unreadable", at: Utc::now() };
    let unreadable = stage.subject.unreadable(&account, &said);
    let beside = stage.event(810_003, 1, "beside the unreadable", Utc::now());
    stage.deliver_events(vec![unreadable, beside]).await;
    stage.message("beside the unreadable").await;

    let large = stage.event(810_004, 1, "in a large body", Utc::now());
    for mut delivery in stage.subject.deliveries(&account, vec![large]) {
        delivery["x_padding"] = Value::String("p".repeat(LARGE));
        assert_eq!(stage.deliver(delivery.to_string().as_bytes()).await.as_u16(), 200, "a large body");
    }
    stage.message("in a large body").await;
    let request = stage.hub.client().request(Method::POST, &stage.address());
    // The hub answers and hangs up; who is still sending may not hear the answer.
    if let Ok(answer) = request.body(vec![b' '; 8 * LARGE]).send().await {
        assert_eq!(answer.status().as_u16(), 413, "a body without measure");
    }
    assert!(stage.find("cut off").await.is_none());
    stage.nothing_is_under_way(2, "still well").await;
    assert_eq!(stage.health().await, "ok");
    stage.finish().await;
}

/// A batch within one second keeps its order, in the list and towards open clients.
pub async fn keeps_order<S: Subject>(binary: &Path, engine: Engine) {
    let stage = Stage::<S>::linked(binary, engine).await;
    if !stage.offers("webhook") {
        return stage.finish().await;
    }
    stage.hear(1, "before").await;
    let mut pushes = Pushes::open(&stage.user).await;
    let at = Utc::now();
    let words: Vec<String> = (0..BATCH).map(|number| format!("number {number}")).collect();
    let events = (0..BATCH).map(|number| {
        stage.event(
            820_000 + number,
            1,
            &words[usize::try_from(number).unwrap_or_default()],
            at + Duration::milliseconds(number),
        )
    });
    stage.deliver_events(events.collect()).await;
    let seen = pushes.up_to_message(&words[words.len() - 1]).await;
    let told: Vec<String> = seen
        .iter()
        .filter(|(name, _)| name == "new_message")
        .map(|(_, data)| text(&data["message"]["content"]))
        .collect();
    assert_eq!(told, words, "as told to an open client");
    let mut listed: Vec<String> =
        stage.user.all_messages().await.iter().map(|message| text(&message["content"])).collect();
    listed.reverse();
    assert_eq!(listed[1..], words, "as listed");
    stage.finish().await;
}

/// Reactions, edits, answers and what is taken back are followed.
pub async fn follows_what_people_do<S: Subject>(binary: &Path, engine: Engine) {
    let stage = Stage::<S>::linked(binary, engine).await;
    let (account, person) = (stage.subject.account(0), stage.subject.person(1));
    let (first, there) = stage.hear(1, "the first words").await;
    let id = text(&first["id"]);
    let becomes = async |what: &str, holds: &dyn Fn(&Value) -> bool| {
        eventually(what, async || {
            stage.user.all_messages().await.into_iter().find(|message| message["id"] == id.as_str() && holds(message))
        })
        .await
    };
    if stage.subject.act(&account, &person, &Act::React(&there, "👍")) {
        let reacted = becomes("a reaction", &|message| message["reactions"] != json!([])).await;
        assert!(text(&reacted["reactions"][0]["emoji"]).starts_with('👍'), "{reacted}");
        if stage.subject.act(&account, &person, &Act::Unreact(&there)) {
            becomes("no reaction", &|message| message["reactions"] == json!([])).await;
        }
    }
    if stage.subject.act(&account, &person, &Act::Edit(&there, "better words")) {
        let edited = becomes("an edit", &|message| message["content"] == "better words").await;
        assert!(edited["edited_at"].is_string(), "{edited}");
    }
    if stage.subject.act(&account, &person, &Act::Reply(&there, "an answer to it")) {
        let answer = stage.message("an answer to it").await;
        assert_eq!(answer["reply_to_message_id"], id.as_str(), "{answer}");
    }
    if stage.subject.act(&account, &person, &Act::Delete(&there)) {
        becomes("taken back", &|message| message["deleted_at"].is_string()).await;
    }
    let unread: Vec<Value> = stage.user.all_messages().await;
    assert!(unread.len() <= 2, "nothing of this is a message of its own: {unread:?}");
    stage.finish().await;
}
