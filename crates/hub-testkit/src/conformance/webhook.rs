//! What deliveries bring: all of it, in order, whatever comes between.

use super::Stage;
use super::stage::text;
use super::subject::{Act, Subject};
use crate::{Engine, Pushes, eventually};
use chrono::{TimeDelta, Utc};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use std::path::Path;

/// Messages in a row.
const ROW: usize = 25;
/// A large delivery, in bytes.
const LARGE: usize = 1024 * 1024;
/// Larger than any platform's.
const TOO_LARGE: usize = 4 * LARGE;

/// The value with a member nobody knows in every object.
fn with_unknown_members(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let known = members.into_iter().map(|(name, value)| (name, with_unknown_members(value)));
            let unknown = ("member_of_tomorrow".to_owned(), json!({"deep": [1, null, "x"]}));
            known.chain([unknown]).collect()
        }
        Value::Array(items) => items.into_iter().map(with_unknown_members).collect(),
        other => other,
    }
}

/// Cut JSON, other JSON, unknown kinds and members, large bodies, accounts of nobody, an unreadable event among good ones: the
/// hub answers, keeps what can be read, and goes on.
pub async fn survives_everything<S: Subject>(binary: &Path, engine: Engine) {
    let stage = Stage::<S>::open(binary, engine).await;
    if !stage.offers("webhook") {
        return stage.finish().await;
    }
    let (account, nobodys) = (stage.subject.account(0), stage.subject.account(1));
    let delivery = |events| stage.subject.deliveries(&account, events);
    let refused_or_taken = |status: StatusCode| status == StatusCode::BAD_REQUEST || status == Stage::<S>::taken();
    let one = |number, words: &str| delivery(vec![stage.event(number, 1, words, Utc::now())])[0].clone();

    // Where every account has an address of its own, there is none yet.
    if stage.subject.address(&account).is_none() {
        let early = one(900_001, "before the account was linked");
        let status = stage.deliver(early.to_string().as_bytes()).await;
        assert_eq!(status, Stage::<S>::taken(), "an account nobody linked is no error");
        assert!(stage.user.all_messages().await.is_empty());
    }
    stage.link().await;
    let said =
        super::subject::Said { number: 900_002, person: &stage.subject.person(1), words: "elsewhere", at: Utc::now() };
    let foreign = stage.subject.event(&nobodys, &said);
    if let Some(foreign) = stage.subject.deliveries(&nobodys, vec![foreign]).first()
        && *foreign != one(900_002, "elsewhere")
    {
        assert_eq!(stage.deliver(foreign.to_string().as_bytes()).await, Stage::<S>::taken(), "an account of nobody");
        assert!(stage.find("elsewhere").await.is_none());
    }

    let whole = one(900_003, "cut").to_string();
    for length in [0, 1, whole.len() / 2, whole.len() - 1] {
        let status = stage.deliver(&whole.as_bytes()[..length]).await;
        assert!(refused_or_taken(status), "cut at {length}: {status}");
    }
    let invalid: &[u8] = b"{\"entry\": \"\xff\xfe\"}";
    for odd in
        [b"null".as_slice(), b"[]", b"{}", b"\"text\"", b"12", b"{\"entry\": 7}", b"{\"entry\": [null, 3]}", invalid]
    {
        let status = stage.deliver(odd).await;
        assert!(refused_or_taken(status), "{}: {status}", String::from_utf8_lossy(odd));
    }
    let nested = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let status = stage.deliver(nested.as_bytes()).await;
    assert!(refused_or_taken(status), "deeply nested: {status}");
    assert!(stage.find("cut").await.is_none());

    for strange in stage.subject.strange(&account) {
        let status = stage.deliver(strange.to_string().as_bytes()).await;
        assert_eq!(status, Stage::<S>::taken(), "a kind of tomorrow: {strange}");
    }
    assert!(stage.user.all_messages().await.is_empty(), "nothing is made of them");

    let unknown = with_unknown_members(one(900_004, "with members of tomorrow"));
    assert_eq!(stage.deliver(unknown.to_string().as_bytes()).await, Stage::<S>::taken());
    stage.message("with members of tomorrow").await;

    let mut large = one(900_005, "in a large delivery");
    large["padding"] = "x".repeat(LARGE).into();
    assert_eq!(stage.deliver(large.to_string().as_bytes()).await, Stage::<S>::taken(), "one megabyte");
    stage.message("in a large delivery").await;
    let request = stage.hub.client().request(Method::POST, &stage.address());
    // The hub answers and hangs up; who is still sending may not hear the answer.
    if let Ok(answer) = request.body(vec![b' '; TOO_LARGE]).send().await {
        assert_eq!(answer.status(), StatusCode::PAYLOAD_TOO_LARGE, "a body without measure");
    }

    let person = stage.subject.person(1);
    let bad = super::subject::Said { number: 900_007, person: &person, words: "unreadable", at: Utc::now() };
    let batch = vec![
        stage.event(900_006, 1, "before the bad one", Utc::now()),
        stage.subject.unreadable(&account, &bad),
        stage.event(900_008, 1, "behind the bad one", Utc::now()),
    ];
    for part in delivery(batch) {
        assert_eq!(stage.deliver(part.to_string().as_bytes()).await, Stage::<S>::taken());
    }
    stage.message("before the bad one").await;
    stage.message("behind the bad one").await;
    let parked = stage.database.texts("SELECT state FROM hub_receipts WHERE state = 'parked'").await;
    assert!(!parked.is_empty(), "what could not be read waits for a repair");
    stage.hear(2, "and the platform goes on").await;
    stage.finish().await;
}

/// Messages keep the order in which they were said, one by one and in a batch of one instant.
pub async fn keeps_order<S: Subject>(binary: &Path, engine: Engine) {
    let stage = Stage::<S>::linked(binary, engine).await;
    stage.past_is_read_back().await;
    let (account, person) = (stage.subject.account(0), stage.subject.person(1));
    for number in 0..ROW {
        stage.subject.say(&account, &person, &format!("said {number}"));
    }
    let (last, _) = stage.hear(1, "the last one").await;
    let conversation = text(&last["conversation_id"]);
    let listed = async || {
        let (_, page) = stage.user.get(&format!("/api/messages/{conversation}?limit=100")).await;
        let mut words: Vec<String> =
            page["messages"].as_array().expect("a list").iter().map(|m| text(&m["content"])).collect();
        words.reverse();
        words
    };
    let expected: Vec<String> =
        (0..ROW).map(|number| format!("said {number}")).chain(["the last one".to_owned()]).collect();
    assert_eq!(listed().await, expected, "oldest first");
    assert_eq!(stage.unread().await, i64::try_from(ROW + 1).expect("small"));

    if !stage.offers("webhook") {
        return stage.finish().await;
    }
    let mut pushes = Pushes::open(&stage.user).await;
    let later = Utc::now() + TimeDelta::seconds(5);
    let first = 910_000;
    let batch: Vec<Value> = (0..ROW)
        .map(|number| {
            stage.event(first + i64::try_from(number).expect("small"), 1, &format!("batched {number}"), later)
        })
        .collect();
    stage.deliver_events(batch).await;
    let batched: Vec<String> = (0..ROW).map(|number| format!("batched {number}")).collect();
    let seen = pushes.up_to_message(&batched[ROW - 1]).await;
    let told = seen.iter().filter(|(name, _)| name == "new_message").map(|(_, data)| text(&data["message"]["content"]));
    assert_eq!(told.collect::<Vec<_>>(), batched, "as told to an open client");
    let expected: Vec<String> = expected.into_iter().chain(batched).collect();
    eventually("the batch", async || (listed().await.len() == expected.len()).then_some(())).await;
    assert_eq!(listed().await, expected, "one instant keeps the order of the delivery");
    stage.finish().await;
}

/// Answers, reactions, edits and deletions of people show at the message they are about; what was taken back is gone.
pub async fn follows_what_people_do<S: Subject>(binary: &Path, engine: Engine) {
    let stage = Stage::<S>::linked(binary, engine).await;
    let (account, person) = (stage.subject.account(0), stage.subject.person(1));
    let (message, there) = stage.hear(1, "a message to work with").await;
    let id = text(&message["id"]);
    let shown = async || {
        let all = stage.user.all_messages().await;
        all.into_iter().find(|message| message["id"] == id.as_str()).expect("the message is listed")
    };
    let act = |act: &Act<'_>| stage.subject.act(&account, &person, act);
    if act(&Act::Reply(&there, "an answer to it")) {
        let answer = stage.message("an answer to it").await;
        assert_eq!(answer["reply_to_message_id"], id.as_str(), "it names what it answers");
    }
    if act(&Act::React(&there, "👍")) {
        let put = async || {
            shown().await["reactions"][0]["emoji"].as_str().is_some_and(|it| it.starts_with('👍')).then_some(())
        };
        eventually("a reaction", put).await;
        assert!(act(&Act::Unreact(&there)));
        let gone = async || shown().await["reactions"].as_array().is_some_and(Vec::is_empty).then_some(());
        eventually("the reaction is gone", gone).await;
    }
    if act(&Act::Edit(&there, "a message that was changed")) {
        let changed = eventually("an edit", async || {
            Some(shown().await).filter(|message| message["content"] == "a message that was changed")
        })
        .await;
        assert!(changed["edited_at"].is_string(), "{changed}");
        assert_eq!(stage.all("a message to work with").await.len(), 0, "the old words are gone");
    }
    let (_, doomed) = stage.hear(1, "to be taken back").await;
    if act(&Act::Delete(&doomed)) {
        let all = async || stage.user.all_messages().await;
        let gone =
            eventually("a deletion", async || all().await.into_iter().find(|m| m["deleted_at"].is_string())).await;
        assert!(gone["is_outgoing"] == false, "{gone}");
    }
    stage.finish().await;
}
