//! What pages and Instagram accounts have in common under the suite: inboxes, deliveries, signatures, faults.

use aws_lc_rs::hmac;
use hub_simulators::meta::inbox::{Act as Deed, Inboxes, Made, Sent};
use hub_simulators::meta::{Fault as Wrong, HostedFile, Meta};
use hub_testkit::conformance::subject::{Act, Challenge, Decision, Fate, Fault, File, Got, Said, What};
use reqwest::header;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use url::Url;

pub(super) const APP: &str = "1517776481860111";
pub(super) const APP_SECRET: &str = "a-secret-of-the-app-for-tests-only-000";
pub(super) const VERIFY_TOKEN: &str = "a-verify-token-for-tests-only-0000000";
/// The first person.
const FIRST_PERSON: u64 = 5_550_001_230_000;
/// More than the hub fetches, in bytes.
const TOO_LARGE: usize = 51 * 1024 * 1024;

pub(super) fn person(number: usize) -> String {
    (FIRST_PERSON + u64::try_from(number).expect("few people")).to_string()
}

pub(super) fn secrets<'a>(metas: impl IntoIterator<Item = &'a Meta>) -> Vec<String> {
    let tokens = metas.into_iter().flat_map(Meta::tokens).map(|token| token.value);
    tokens.chain([APP_SECRET, VERIFY_TOKEN].map(str::to_owned)).collect()
}

/// Decides on a consent page as `user`, who grants `assets`; gives where the browser is sent.
pub(super) async fn consent(page: &str, user: &str, assets: &[String], decision: Decision<'_>) -> Option<String> {
    let asked: BTreeMap<String, String> = Url::parse(page).expect("an address").query_pairs().into_owned().collect();
    let mut fields = vec![("user", user)];
    if let Decision::Accept(_) = decision {
        fields.push(("decision", "accept"));
        fields.extend(asked["scope"].split(',').map(|scope| ("granted_scope", scope)));
        fields.extend(assets.iter().map(|asset| ("asset", asset.as_str())));
    } else {
        fields.push(("decision", "refuse"));
    }
    let http = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none());
    let answer = http.build().expect("a client").post(page).form(&fields).send().await.expect("an answer");
    let back = answer.headers().get(header::LOCATION).unwrap_or_else(|| panic!("{}", answer.status()));
    Some(back.to_str().expect("text").to_owned())
}

/// A person does something; what nobody is told of is not done. `unsends` = accounts are told of what is taken back.
pub(super) fn act(inboxes: &Inboxes, account: &str, person: &str, act: &Act<'_>, unsends: bool) -> bool {
    let deed = match *act {
        Act::React(id, emoji) => Deed::React { mid: id.to_owned(), emoji: emoji.to_owned() },
        Act::Unreact(id) => Deed::Unreact { mid: id.to_owned() },
        Act::Edit(id, words) => Deed::Edit { mid: id.to_owned(), text: words.to_owned() },
        Act::Reply(id, words) => Deed::Reply { mid: id.to_owned(), text: words.to_owned() },
        Act::Delete(_) if !unsends => return false,
        Act::Delete(id) => Deed::Unsend { mid: id.to_owned() },
    };
    inboxes.act(account, person, deed);
    true
}

/// A person sends a file. Nothing at these platforms says what it must be, so one that was changed cannot be told.
pub(super) fn attach(inboxes: &Inboxes, account: &str, person: &str, file: &File, fate: Fate) -> bool {
    let bytes = match fate {
        Fate::Tampered => return false,
        Fate::Gone => {
            let url = format!("{}/media/nothing/here.png", inboxes.meta().base_url());
            let gone = json!({"attachments": [{"type": file.kind, "payload": {"url": url}}]});
            inboxes.act(account, person, Deed::Message(gone));
            return true;
        }
        Fate::TooLarge => vec![0; TOO_LARGE],
        Fate::Whole => file.bytes.clone(),
    };
    let hosted = HostedFile { name: file.name.to_owned(), mime: file.mime.to_owned(), bytes: bytes.into() };
    inboxes.act(account, person, Deed::Files(vec![Made { kind: file.kind.to_owned(), file: Some(hosted) }]));
    true
}

pub(super) fn proof(body: &[u8]) -> (&'static str, String) {
    let key = hmac::Key::new(hmac::HMAC_SHA256, APP_SECRET.as_bytes());
    ("X-Hub-Signature-256", format!("sha256={}", hex::encode(hmac::sign(&key, body))))
}

pub(super) fn event(account: &str, said: &Said<'_>) -> Value {
    json!({
        "sender": {"id": said.person}, "recipient": {"id": account}, "timestamp": said.at.timestamp_millis(),
        "message": {"mid": format!("m_tests_{}", said.number), "text": said.words},
    })
}

pub(super) fn unreadable(account: &str, said: &Said<'_>) -> Value {
    let mut event = event(account, said);
    event["message"] = json!(7);
    event
}

/// Everything in one entry.
pub(super) fn delivery(object: &str, account: &str, events: &[Value]) -> Value {
    let time = events.first().map_or(json!(1_767_225_600_000_i64), |event| event["timestamp"].clone());
    json!({"object": object, "entry": [{"id": account, "time": time, "messaging": events}]})
}

pub(super) fn strange(object: &str, account: &str) -> Vec<Value> {
    let about = |key: &str| {
        let mut event =
            json!({"sender": {"id": person(0)}, "recipient": {"id": account}, "timestamp": 1_767_225_600_000_i64});
        event[key] = json!({"thought": "of something new"});
        event
    };
    vec![
        delivery(object, account, &[about("telepathy")]),
        json!({"object": object, "entry": [{"id": account, "time": 1_767_225_600_000_i64, "thoughts": []}]}),
        json!({"object": object, "entry": [{"id": account, "changes": [{"field": "telepathy", "value": {}}]}]}),
        delivery("telepathic_account", account, &[about("message")]),
    ]
}

pub(super) fn challenge() -> Challenge {
    let query = |mode: &str, token: &str| format!("hub.mode={mode}&hub.challenge=1158201444&hub.verify_token={token}");
    Challenge {
        right: query("subscribe", VERIFY_TOKEN),
        answer: "1158201444".to_owned(),
        wrong: vec![
            query("subscribe", "another-token"),
            query("subscribe", ""),
            query("unsubscribe", VERIFY_TOKEN),
            "hub.mode=subscribe&hub.challenge=1158201444".to_owned(),
        ],
    }
}

/// The next send goes wrong.
pub(super) fn fault(meta: &Meta, fault: Fault) {
    let graph = |status: u16, code: i64, subcode: Option<i64>, message: &str| Wrong::Graph {
        status,
        code,
        subcode,
        message: message.to_owned(),
    };
    let wrong = match fault {
        Fault::Reauth => graph(400, 190, Some(463), "Error validating access token: Session has expired"),
        Fault::Refused => graph(400, 551, Some(1_545_041), "This person isn't available right now."),
        Fault::Missing => graph(400, 100, Some(2_018_001), "No matching user found"),
        Fault::SlowDown(pause) => Wrong::SlowDown { code: 613, pause },
        Fault::Trouble => graph(500, 2, None, "Service temporarily unavailable"),
        Fault::Gateway => Wrong::Html502,
        Fault::Garbage => Wrong::Garbage,
        Fault::Hang(pause) => Wrong::Hang(pause),
        Fault::CutBefore => Wrong::CutBefore,
        Fault::CutAfter => Wrong::CutAfter,
    };
    meta.fault("messages", wrong);
}

/// People are shown to have read. `delivers` = that a message arrived is told with the send already; else it is not told.
pub(super) fn report(inboxes: &Inboxes, account: &str, person: &str, status: &str, delivers: bool) -> bool {
    if status == "read" {
        inboxes.act(account, person, Deed::Read);
        return true;
    }
    delivers && status == "delivered"
}

pub(super) fn got(inboxes: &Inboxes, account: &str) -> Vec<Got> {
    inboxes.sent(account).iter().flat_map(got_of).collect()
}

/// What one call was: a gesture, words, or files, of which one message may have several.
fn got_of(sent: &Sent) -> Vec<Got> {
    let got = |what: What, message: Option<String>| Got {
        what,
        person: sent.person.clone(),
        words: sent.text.clone(),
        message,
        reply_to: sent.member("reply_to")["mid"].as_str().map(str::to_owned),
        tag: sent.body["tag"].as_str().map(str::to_owned),
    };
    if let Some(action) = &sent.action {
        let payload = sent.member("payload");
        let about = payload["message_id"].as_str().map(str::to_owned);
        let what = match action.as_str() {
            "react" => What::Reaction(payload["reaction"].as_str().map(str::to_owned)),
            "unreact" => What::Reaction(None),
            "typing_on" => What::Typing,
            "mark_seen" => What::Read,
            _ => What::Other,
        };
        return vec![got(what, about)];
    }
    let message = sent.member("message");
    let several = message["attachments"].as_array().cloned().unwrap_or_default();
    let one = message.get("attachment").filter(|one| one.is_object()).cloned();
    let files: Vec<Value> = one.into_iter().chain(several).collect();
    if files.is_empty() {
        return vec![got(What::Text, sent.message_id.clone())];
    }
    let kind = |file: &Value| file["type"].as_str().unwrap_or_default().to_owned();
    files.iter().map(|file| got(What::File(kind(file), None), sent.message_id.clone())).collect()
}
