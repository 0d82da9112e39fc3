//! What leaves: everything the card offers, in its lengths and windows, once, and with its fate.

use super::stage::{Stage, text, told};
use super::subject::{Subject, What};
use crate::{Engine, eventually};
use chrono::{Duration, Utc};
use reqwest::StatusCode;
use serde_json::{Value, json};
use std::path::Path;

/// Characters that count differently in every unit; enough of them to fill any text.
const LETTERS: [char; 4] = ['a', 'é', '中', '👋'];

/// Words, answers, gestures and whatever else the card offers reach the person; what it does not offer is refused in words.
pub async fn says_what_it_may<S: Subject>(binary: &Path, engine: Engine) {
    let stage = Stage::<S>::linked(binary, engine).await;
    let (heard, there) = stage.hear(1, "what do you offer?").await;
    let (conversation, id) = (text(&heard["conversation_id"]), text(&heard["id"]));
    let (status, sent) = stage.send_words(&conversation, "Grüße 👋 <b>not markup</b> & \"quotes\"").await;
    assert_eq!(status, StatusCode::CREATED, "{sent}");
    let got = stage.got_words("Grüße 👋 <b>not markup</b> & \"quotes\"");
    assert_eq!(got.len(), 1, "once");
    assert_eq!((&got[0].what, got[0].person.as_str()), (&What::Text, stage.subject.person(1).as_str()));

    let (status, answered) = stage.send(&conversation, &json!({"content": "an answer", "reply_to": id})).await;
    if stage.may("replies") {
        assert_eq!(status, StatusCode::CREATED, "{answered}");
        let got = stage.got_words("an answer");
        assert_eq!(got[0].reply_to.as_deref(), Some(there.as_str()), "{got:?}");
    } else {
        refused(status, &answered);
    }

    let reaction = format!("/api/messages/{id}/reaction");
    let (status, reacted) = stage.user.put(&reaction, &json!({"emoji": "❤"})).await;
    if stage.may("reactions") {
        assert!(status.is_success(), "{status} {reacted}");
        assert_eq!(stage.user.delete(&reaction).await.0, StatusCode::OK);
        let got = stage.got().into_iter().filter_map(|got| match got.what {
            What::Reaction(emoji) => Some((emoji.is_some(), got.message)),
            _ => None,
        });
        assert_eq!(got.collect::<Vec<_>>(), [(true, Some(there.clone())), (false, Some(there.clone()))]);
    } else {
        refused(status, &reacted);
    }

    let typing = format!("/api/conversations/{conversation}/typing");
    let (status, typed) = stage.user.post(&typing, &json!({})).await;
    if stage.may("typing") {
        assert!(status.is_success(), "{status} {typed}");
        assert!(stage.got().iter().any(|got| got.what == What::Typing), "{:?}", stage.got());
    } else {
        refused(status, &typed);
    }

    let (status, _) = stage.user.patch(&format!("/api/messages/conversation/{conversation}/read")).await;
    assert_eq!(status, StatusCode::OK);
    if stage.may("mark_read") {
        eventually("they are shown that it was read", async || {
            stage.got().iter().any(|got| got.what == What::Read).then_some(())
        })
        .await;
    }
    further_kinds(&stage, &conversation).await;
    stage.finish().await;
}

/// Places, address-book entries and prepared messages.
async fn further_kinds<S: Subject>(stage: &Stage<S>, conversation: &str) {
    let sends: Vec<&str> = stage.card["sends"].as_array().expect("a list").iter().filter_map(Value::as_str).collect();
    let place = json!({"latitude": 48.2082, "longitude": 16.3738, "name": "Stephansplatz"});
    let contact = json!([{"name": "Grace Hopper", "phones": ["+15550100001"]}]);
    for (kind, body, what) in [
        ("location", json!({ "location": place }), What::Location),
        ("contacts", json!({ "contacts": contact }), What::Contacts),
    ] {
        let (status, answer) = stage.send(conversation, &body).await;
        if sends.contains(&kind) {
            assert_eq!(status, StatusCode::CREATED, "{kind}: {answer}");
            assert!(stage.got().iter().any(|got| got.what == what), "{kind}: {:?}", stage.got());
        } else {
            refused(status, &answer);
        }
    }
    let template = stage.subject.template();
    let asked = template.clone().unwrap_or_else(|| json!({"name": "none", "language": "en"}));
    let (status, answer) = stage.send(conversation, &json!({ "template": asked })).await;
    if template.is_some() {
        assert_eq!(status, StatusCode::CREATED, "{answer}");
        assert!(stage.got().iter().any(|got| got.what == What::Template));
    } else {
        refused(status, &answer);
    }
}

/// A clear no of the hub's own: a code for programs, a sentence for people.
fn refused(status: StatusCode, answer: &Value) {
    assert!(status.is_client_error() || status == StatusCode::NOT_IMPLEMENTED, "{status} {answer}");
    let code = answer["error"]["code"].as_str().or_else(|| answer["code"].as_str());
    assert!(code.is_some() && told(answer).len() > 10, "{answer}");
}

/// Units of a character.
fn units(letter: char, unit: &str) -> usize {
    match unit {
        "bytes" => letter.len_utf8(),
        "utf16" => letter.len_utf16(),
        _ => 1,
    }
}

/// Words that fill exactly so many units, with letters of every width.
fn filled(units_wanted: usize, unit: &str) -> String {
    let mut filled = String::new();
    let mut used = 0;
    for letter in LETTERS.iter().cycle() {
        let width = units(*letter, unit);
        if used + width > units_wanted {
            break;
        }
        filled.push(*letter);
        used += width;
    }
    filled.extend(std::iter::repeat_n('z', units_wanted - used));
    filled
}

/// The longest text leaves whole; one unit more leaves in parts that say all of it, or not at all.
pub async fn keeps_to_lengths<S: Subject>(binary: &Path, engine: Engine) {
    let stage = Stage::<S>::linked(binary, engine).await;
    let conversation = stage.conversation_with(1).await;
    let unit = text(&stage.card["text_unit"]);
    let most = usize::try_from(stage.card["max_text"].as_u64().expect("a number")).expect("a size");
    let full = filled(most, &unit);
    let (status, sent) = stage.send(&conversation, &json!({ "content": full })).await;
    assert_eq!(status, StatusCode::CREATED, "{sent}");
    assert_eq!(stage.got_words(&full).len(), 1, "whole");

    let before = stage.got().len();
    let longer = format!("{}y", filled(most, &unit));
    let (status, answer) = stage.send(&conversation, &json!({ "content": longer })).await;
    if stage.offers("splits_longer_text") {
        assert_eq!(status, StatusCode::CREATED, "{answer}");
        let parts: Vec<String> = stage.got()[before..].iter().filter_map(|got| got.words.clone()).collect();
        assert!(parts.len() > 1 && parts.concat() == longer, "{} parts", parts.len());
        stage.nothing_is_under_way(1, "after the parts").await;
        assert_eq!(stage.all(&longer).await.len(), 1, "one message here");
    } else {
        refused(status, &answer);
        assert_eq!(stage.got().len(), before, "nothing left");
    }
    stage.finish().await;
}

/// Outside the window nothing leaves but what the card allows there, and the person is told so.
pub async fn keeps_the_window<S: Subject>(binary: &Path, engine: Engine) {
    let stage = Stage::<S>::linked(binary, engine).await;
    let conversation = stage.conversation_with(1).await;
    let Some(free) = stage.card["reply_window_s"].as_i64() else {
        last_heard(&stage, Duration::days(400)).await;
        assert_eq!(stage.send_words(&conversation, "at any time").await.0, StatusCode::CREATED);
        return stage.finish().await;
    };
    last_heard(&stage, Duration::seconds(free - 60)).await;
    assert_eq!(stage.send_words(&conversation, "just in time").await.0, StatusCode::CREATED);
    last_heard(&stage, Duration::seconds(free + 60)).await;
    let before = stage.got().len();
    let (status, late) = stage.send(&conversation, &json!({"content": "too late"})).await;
    assert_eq!((status, &late["error"]["code"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("REPLY_WINDOW_CLOSED")));
    refused(status, &late);
    assert_eq!(stage.got().len(), before, "nothing left");
    assert!(stage.find("too late").await.is_none_or(|message| message["status"] == "failed"));

    if let Some(tag) = stage.card["tagged_window"]["tag"].as_str() {
        let body = json!({"content": "under a tag", "tag": tag});
        let (status, tagged) = stage.send(&conversation, &body).await;
        assert_eq!(status, StatusCode::CREATED, "{tagged}");
        let got = stage.got_words("under a tag");
        assert!(got[0].tag.as_deref().is_some_and(|it| it.eq_ignore_ascii_case(tag)), "{got:?}");
        let within = stage.card["tagged_window"]["within_s"].as_i64().expect("seconds");
        last_heard(&stage, Duration::seconds(within + 60)).await;
        let (status, late) = stage.send(&conversation, &json!({"content": "too late for a tag", "tag": tag})).await;
        refused(status, &late);
        assert!(stage.got_words("too late for a tag").is_empty());
    }
    if let Some(template) = stage.subject.template() {
        let (status, sent) = stage.send(&conversation, &json!({ "template": template })).await;
        assert_eq!(status, StatusCode::CREATED, "{sent}");
    }
    stage.hear(1, "I am back").await;
    assert_eq!(stage.send_words(&conversation, "open again").await.0, StatusCode::CREATED);
    stage.finish().await;
}

/// As if the person had done nothing for so long.
async fn last_heard<S: Subject>(stage: &Stage<S>, ago: Duration) {
    let at = (Utc::now() - ago).format("%Y-%m-%dT%H:%M:%S%.6fZ");
    assert!(stage.database.change(format!("UPDATE conversations SET customer_at = '{at}'")).await > 0);
}

/// What left comes back as an echo and is one message; what was said elsewhere is shown as ours.
pub async fn meets_its_echoes<S: Subject>(binary: &Path, engine: Engine) {
    let stage = Stage::<S>::linked(binary, engine).await;
    let conversation = stage.conversation_with(1).await;
    let (status, sent) = stage.send_words(&conversation, "from here").await;
    assert_eq!((status, &sent["is_outgoing"]), (StatusCode::CREATED, &json!(true)));
    let body = json!({"content": "asked for twice"});
    let path = format!("/api/messages/{conversation}/send");
    let ask = async || {
        let request = stage.user.request(reqwest::Method::POST, &path).header("Idempotency-Key", "one-key").json(&body);
        crate::client::answer(request).await
    };
    let (first, second) = tokio::join!(ask(), ask());
    assert_eq!((first.0, second.0), (StatusCode::CREATED, StatusCode::CREATED), "{first:?} {second:?}");
    assert_eq!(first.1["message"]["id"], second.1["message"]["id"]);
    if stage.subject.elsewhere(&stage.subject.account(0), &stage.subject.person(1), "from the phone") {
        let elsewhere = stage.message("from the phone").await;
        assert_eq!(elsewhere["is_outgoing"], true, "{elsewhere}");
        assert_eq!(elsewhere["conversation_id"], conversation.as_str(), "with the same person");
    }
    stage.nothing_is_under_way(1, "after the echoes").await;
    for words in ["from here", "asked for twice"] {
        assert_eq!((stage.all(words).await.len(), stage.got_words(words).len()), (1, 1), "{words}");
    }
    assert_eq!(stage.unread().await, 2, "what is ours is read");
    stage.finish().await;
}

/// Reports move a message forward, whatever their order.
pub async fn moves_statuses_forward<S: Subject>(binary: &Path, engine: Engine) {
    let stage = Stage::<S>::linked(binary, engine).await;
    let conversation = stage.conversation_with(1).await;
    stage.send_words(&conversation, "how far?").await;
    let furthest = text(&stage.card["furthest_status"]);
    if furthest == "sent" {
        assert_eq!(stage.message("how far?").await["status"], "sent");
        return stage.finish().await;
    }
    let there = stage.got_words("how far?")[0].message.clone().expect("an id");
    let (account, person) = (stage.subject.account(0), stage.subject.person(1));
    assert!(stage.subject.report(&account, &person, &there, &furthest), "the card promises it");
    let what = format!("{furthest} is reported");
    eventually(&what, async || (stage.find("how far?").await?["status"] == furthest.as_str()).then_some(())).await;
    stage.subject.report(&account, &person, &there, "delivered");
    stage.nothing_is_under_way(1, "after the reports").await;
    let message = stage.message("how far?").await;
    assert_eq!(message["status"], furthest.as_str(), "never backwards");
    assert!(message["delivered_at"].is_string(), "{message}");
    stage.finish().await;
}
