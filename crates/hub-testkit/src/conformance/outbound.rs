//! What leaves: everything the card offers, within its limits, inside its window; and what comes back of it.

use super::Stage;
use super::stage::{text, told};
use super::subject::{Subject, What};
use crate::{Engine, Pushes, eventually};
use chrono::{TimeDelta, Utc};
use reqwest::StatusCode;
use serde_json::{Value, json};
use std::path::Path;

/// Longest text the hub's own door takes, in characters.
const DOOR: usize = 10_000;

/// A text of exactly so many units of the card, with letters that units differ about.
fn exactly(units: usize, unit: &str) -> String {
    let start = "Ж👋 ";
    let used = match unit {
        "utf16" => start.encode_utf16().count(),
        "bytes" => start.len(),
        _ => start.chars().count(),
    };
    format!("{start}{}", "x".repeat(units - used))
}

/// Words, answers, reactions, typing, reading, places, contacts, prepared messages: what the card offers reaches the platform,
/// and what it does not offer is refused before any network.
pub async fn says_what_it_may<S: Subject>(binary: &Path, engine: Engine) {
    let stage = Stage::<S>::linked(binary, engine).await;
    let (heard, there) = stage.hear(1, "a question").await;
    let (conversation, id) = (text(&heard["conversation_id"]), text(&heard["id"]));
    let person = stage.subject.person(1);
    let (status, sent) = stage.send(&conversation, &json!({"content": "Grüße 👋 <b>not markup</b> & *neither*"})).await;
    assert_eq!(status, StatusCode::CREATED, "{sent}");
    let got = stage.got_words("Grüße 👋 <b>not markup</b> & *neither*").pop().expect("it arrived as it is");
    assert_eq!((&got.what, &got.person), (&What::Text, &person));
    assert_eq!(sent["message"]["platform_message_id"], got.message.as_deref().expect("an id"));
    assert!(sent["message"]["is_outgoing"] == true && sent["message"]["failure"].is_null(), "{sent}");

    let before = stage.got().len();
    let refused = |(status, body): (StatusCode, Value), what: &str| {
        assert!(matches!(status.as_u16(), 400 | 501), "{what} is not offered: {status} {body}");
        assert!(told(&body).len() > 10, "a sentence: {body}");
    };
    let answer = stage.send(&conversation, &json!({"content": "an answer", "reply_to": id})).await;
    if stage.may("replies") {
        assert_eq!(answer.0, StatusCode::CREATED, "{}", answer.1);
        // A platform may want a pause between two messages to one person.
        stage.settled("an answer").await;
        let got = stage.got_words("an answer").pop().expect("it arrived");
        assert_eq!(got.reply_to.as_deref(), Some(there.as_str()), "it names what it answers");
    } else {
        refused(answer, "answering");
    }
    let place = json!({"latitude": 48.2, "longitude": 16.37, "name": "A café", "address": "Somewhere 1"});
    let cards = json!([{"name": "Bea Sample", "phones": ["+15550100001"]}]);
    let further = [
        ("location", json!({"location": place}), stage.card["sends"].to_string().contains("location"), What::Location),
        ("contacts", json!({"contacts": cards}), stage.card["sends"].to_string().contains("contacts"), What::Contacts),
    ];
    for (name, body, offered, what) in further {
        let before = stage.got().len();
        let answer = stage.send(&conversation, &body).await;
        if offered {
            assert_eq!(answer.0, StatusCode::CREATED, "{}", answer.1);
            assert_eq!(stage.got().last().map(|got| &got.what), Some(&what), "{name}");
        } else {
            refused(answer, name);
            assert_eq!(stage.got().len(), before, "nothing left");
        }
    }
    let account = text(&stage.accounts(&stage.user).await[0]["id"]);
    let listed = stage.user.get(&format!("/api/oauth/accounts/{account}/templates")).await;
    if let Some(template) = stage.subject.template() {
        let all = listed.1["templates"].as_array().expect("a list");
        assert!(all.iter().any(|one| one["name"] == template["name"]), "{all:?}");
        let (status, sent) = stage.send(&conversation, &json!({"template": template})).await;
        assert_eq!(status, StatusCode::CREATED, "{sent}");
        assert_eq!(stage.got().last().map(|got| got.what.clone()), Some(What::Template));
    } else {
        refused(listed, "listing prepared messages");
        refused(
            stage.send(&conversation, &json!({"template": {"name": "hello", "language": "en"}})).await,
            "a template",
        );
    }

    let reaction = format!("/api/messages/{id}/reaction");
    let put = stage.user.put(&reaction, &json!({"emoji": "👍"})).await;
    if stage.may("reactions") {
        assert_eq!(put.0, StatusCode::OK, "{}", put.1);
        let got = stage.got().pop().expect("it arrived");
        assert_eq!((got.what, got.message.as_deref()), (What::Reaction(Some("👍".to_owned())), Some(there.as_str())));
        assert_eq!(stage.message("a question").await["reactions"][0]["emoji"], "👍");
        assert_eq!(stage.user.delete(&reaction).await.0, StatusCode::OK);
        assert_eq!(stage.got().last().map(|got| got.what.clone()), Some(What::Reaction(None)));
        assert_eq!(stage.message("a question").await["reactions"], json!([]));
    } else {
        refused(put, "reacting");
    }
    // Somebody types in answer to something new.
    stage.hear(1, "another question").await;
    let typing = stage.user.post(&format!("/api/conversations/{conversation}/typing"), &json!({})).await;
    if stage.may("typing") {
        assert_eq!(typing.0, StatusCode::OK, "{}", typing.1);
        assert!(stage.got().iter().any(|got| got.what == What::Typing && got.person == person), "{:?}", stage.got());
    } else {
        refused(typing, "typing");
    }
    stage.hear(1, "a third one").await;
    let reads = || stage.got().iter().filter(|got| got.what == What::Read && got.person == person).count();
    let seen = reads();
    assert_eq!(stage.user.patch(&format!("/api/messages/conversation/{conversation}/read")).await.0, StatusCode::OK);
    assert_eq!(stage.unread().await, 0);
    if stage.may("mark_read") {
        eventually("the person sees that it was read", async || (reads() > seen).then_some(())).await;
    }
    assert!(stage.got().len() >= before);
    stage.finish().await;
}

/// A text of the longest length leaves as one; one unit more leaves as several or is refused, as the card says; blank ones and
/// such as no door takes are refused.
pub async fn keeps_to_lengths<S: Subject>(binary: &Path, engine: Engine) {
    let stage = Stage::<S>::linked(binary, engine).await;
    let conversation = stage.conversation_with(1).await;
    let limit = usize::try_from(stage.card["max_text"].as_u64().expect("a number")).expect("small");
    let unit = text(&stage.card["text_unit"]);
    let longest = exactly(limit, &unit);
    assert!(longest.chars().count() <= DOOR, "the hub's own door is wider");
    let (status, sent) = stage.send(&conversation, &json!({ "content": longest })).await;
    assert_eq!(status, StatusCode::CREATED, "{sent}");
    assert_eq!(stage.got_words(&longest).len(), 1, "one message, as long as may be");

    let before = stage.got().len();
    let longer = format!("{longest}y");
    let (status, sent) = stage.send(&conversation, &json!({ "content": longer })).await;
    if stage.offers("splits_longer_text") {
        assert_eq!(status, StatusCode::CREATED, "{sent}");
        // A platform may want a pause between two messages to one person.
        stage.settled(&longer).await;
        let parts: Vec<String> = stage.got()[before..].iter().filter_map(|got| got.words.clone()).collect();
        assert_eq!(parts.len(), 2, "in two parts");
        assert_eq!(parts.concat(), longer, "nothing is missing, and in order");
        assert_eq!(stage.all(&longer).await.len(), 1, "one message here");
    } else {
        assert_eq!(status, StatusCode::BAD_REQUEST, "{sent}");
        assert!(sent.to_string().contains(&limit.to_string()), "the answer names the limit: {sent}");
        assert_eq!(stage.got().len(), before, "nothing left");
    }
    for blank in ["", " \n\t "] {
        assert_eq!(stage.send(&conversation, &json!({ "content": blank })).await.0, StatusCode::BAD_REQUEST);
    }
    let endless = "x".repeat(DOOR + 1);
    assert_eq!(stage.send(&conversation, &json!({ "content": endless })).await.0, StatusCode::BAD_REQUEST);
    stage.finish().await;
}

/// Outside of the window nothing leaves: refused before any network, opened by the card's tag or a prepared message, closed for
/// good behind the tag's own end, and opened by the next word of the person, not by an old one that comes late.
pub async fn keeps_the_window<S: Subject>(binary: &Path, engine: Engine) {
    let stage = Stage::<S>::linked(binary, engine).await;
    let conversation = stage.conversation_with(1).await;
    let Some(free) = stage.card["reply_window_s"].as_i64() else {
        assert_eq!(stage.card["tagged_window"], Value::Null, "what is always open needs no tag");
        last_heard(&stage, TimeDelta::days(400)).await;
        assert_eq!(stage.send_words(&conversation, "at any time").await.0, StatusCode::CREATED);
        return stage.finish().await;
    };
    last_heard(&stage, TimeDelta::seconds(free - 60)).await;
    assert_eq!(stage.send_words(&conversation, "just in time").await.0, StatusCode::CREATED);
    let closed = async |body: &Value| {
        let before = stage.got().len();
        let (status, refused) = stage.send(&conversation, body).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{refused}");
        assert_eq!(refused["error"]["code"], "REPLY_WINDOW_CLOSED");
        assert!(told(&refused).len() > 10, "a sentence: {refused}");
        assert_eq!(stage.got().len(), before, "nothing left");
        assert!(stage.find(body["content"].as_str().expect("words")).await.is_none(), "nothing is stored");
        refused
    };
    last_heard(&stage, TimeDelta::seconds(free + 60)).await;
    let refused = closed(&json!({"content": "too late"})).await;
    let tag = &stage.card["tagged_window"]["tag"];
    assert_eq!(&refused["error"]["details"]["tag"], tag, "the answer names what would help: {refused}");
    // It counts when something was said, not when the hub heard of it.
    let long_ago = Utc::now() - TimeDelta::seconds(free + 60);
    stage.deliver_events(vec![stage.event(830_001, 1, "said long ago", long_ago)]).await;
    stage.message("said long ago").await;
    closed(&json!({"content": "still too late"})).await;
    let made_up = json!({"content": "under a made-up tag", "tag": "NO_SUCH_TAG"});
    assert_eq!(stage.send(&conversation, &made_up).await.0, StatusCode::BAD_REQUEST);
    if let Some(template) = stage.subject.template() {
        let (status, sent) = stage.send(&conversation, &json!({ "template": template })).await;
        assert_eq!(status, StatusCode::CREATED, "a prepared message may always leave: {sent}");
    }
    if let Some(tag) = tag.as_str() {
        let (status, sent) = stage.send(&conversation, &json!({"content": "under the tag", "tag": tag})).await;
        assert_eq!(status, StatusCode::CREATED, "{sent}");
        let got = stage.got_words("under the tag").pop().expect("it arrived");
        assert!(got.tag.as_deref().is_some_and(|it| it.eq_ignore_ascii_case(tag)), "{got:?}");
        let within = stage.card["tagged_window"]["within_s"].as_i64().expect("a number");
        last_heard(&stage, TimeDelta::seconds(within + 60)).await;
        closed(&json!({"content": "too late for the tag", "tag": tag})).await;
    }
    stage.hear(1, "here I am again").await;
    let (status, sent) = stage.send(&conversation, &json!({"content": "welcome back"})).await;
    assert_eq!(status, StatusCode::CREATED, "{sent}");
    assert_eq!(stage.got_words("welcome back").pop().expect("it arrived").tag, None, "no tag is needed");
    stage.finish().await;
}

/// As if nobody had done anything for so long.
async fn last_heard<S: Subject>(stage: &Stage<S>, ago: TimeDelta) {
    let at = (Utc::now() - ago).format("%Y-%m-%dT%H:%M:%S%.6fZ");
    assert!(stage.database.change(format!("UPDATE conversations SET customer_at = '{at}'")).await > 0);
}

/// What the platform tells of our own messages meets their rows; what the account says elsewhere is a message of its own.
pub async fn meets_its_echoes<S: Subject>(binary: &Path, engine: Engine) {
    let stage = Stage::<S>::linked(binary, engine).await;
    let conversation = stage.conversation_with(1).await;
    for number in 0..5 {
        let words = format!("echoed {number}");
        let (status, _) = stage.send_words(&conversation, &words).await;
        assert_eq!(status, StatusCode::CREATED);
    }
    // The same words twice are two messages.
    for _ in 0..2 {
        assert_eq!(stage.send(&conversation, &json!({"content": "again"})).await.0, StatusCode::CREATED);
    }
    let path = format!("/api/messages/{conversation}/send");
    let ask = async || {
        let request = stage.user.request(reqwest::Method::POST, &path).header("Idempotency-Key", "one-key");
        crate::client::answer(request.json(&json!({"content": "asked for twice"}))).await
    };
    let (first, second) = tokio::join!(ask(), ask());
    assert_eq!((first.0, second.0), (StatusCode::CREATED, StatusCode::CREATED), "{first:?} {second:?}");
    assert_eq!(first.1["message"]["id"], second.1["message"]["id"]);
    stage.settled("asked for twice").await;
    stage.nothing_is_under_way(1, "the echoes are through").await;
    assert_eq!((stage.all("asked for twice").await.len(), stage.got_words("asked for twice").len()), (1, 1));
    for number in 0..5 {
        assert_eq!(stage.all(&format!("echoed {number}")).await.len(), 1, "one row");
    }
    assert_eq!(stage.all("again").await.len(), 2);
    assert_eq!(stage.got_words("again").len(), 2);

    let mut pushes = Pushes::open(&stage.user).await;
    let before = stage.unread().await;
    if stage.subject.elsewhere(&stage.subject.account(0), &stage.subject.person(1), "written elsewhere") {
        let message = stage.message("written elsewhere").await;
        assert_eq!((&message["is_outgoing"], &message["conversation_id"]), (&json!(true), &json!(conversation)));
        // Whoever writes elsewhere may have read there.
        assert!(stage.unread().await <= before, "nothing to be read");
        stage.nothing_is_under_way(1, "a mark").await;
        let seen = pushes.up_to_message("a mark").await;
        assert_eq!(seen.iter().filter(|(name, _)| name == "new_message").count(), 1, "no bell rings for it: {seen:?}");
    }
    stage.finish().await;
}

/// Reports move a message forward, up to the furthest the card names, and never back.
pub async fn moves_statuses_forward<S: Subject>(binary: &Path, engine: Engine) {
    let stage = Stage::<S>::linked(binary, engine).await;
    let conversation = stage.conversation_with(1).await;
    let (account, person) = (stage.subject.account(0), stage.subject.person(1));
    let furthest = text(&stage.card["furthest_status"]);
    let mut ids = Vec::new();
    for words in ["one", "two"] {
        let (status, sent) = stage.send_words(&conversation, words).await;
        assert_eq!((status, &sent["failure"]), (StatusCode::CREATED, &Value::Null));
        ids.push(stage.got_words(words).pop().expect("it arrived").message.expect("an id"));
    }
    let report = |message: &str, status: &str| stage.subject.report(&account, &person, message, status);
    let reaches = async |words: &str, status: &str| {
        let what = format!("{words} is {status}");
        eventually(&what, async || (stage.message(words).await["status"] == status).then_some(())).await;
    };
    if furthest == "delivered" || furthest == "read" {
        let told = report(&ids[0], "delivered");
        assert!(told || furthest == "read", "the card says that the platform tells");
        if told {
            reaches("one", "delivered").await;
        }
    }
    if furthest == "read" {
        assert!(report(&ids[1], "read"), "the card says that the platform tells");
        reaches("two", "read").await;
        assert!(report(&ids[0], "read"));
        reaches("one", "read").await;
        report(&ids[1], "delivered");
        report(&ids[0], "delivered");
        stage.nothing_is_under_way(1, "the late news are through").await;
        for words in ["one", "two"] {
            let message = stage.message(words).await;
            assert_eq!(message["status"], "read", "late news change nothing");
            assert!(message["delivered_at"].is_string(), "what is read was delivered: {message}");
        }
    } else if furthest == "sent" {
        assert!(!report(&ids[0], "delivered") && !report(&ids[0], "read"), "the card says less than the platform");
        assert_eq!(stage.message("one").await["status"], "sent");
    }
    stage.finish().await;
}
