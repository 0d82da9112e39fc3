//! `/_sim/`: people and inboxes over HTTP. Bodies are JSON with `account` and `person`.

use super::super::HostedFile;
use super::super::control::{text, told};
use super::{Act, Inboxes, Made, Person, ProfileAccess, Reach};
use axum::extract::State;
use axum::routing::post;
use axum::{Json, Router};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::time::Duration;

pub(crate) fn routes() -> Router<Inboxes> {
    Router::new()
        .route("/_sim/person", post(person))
        .route("/_sim/say", post(say))
        .route("/_sim/act", post(act))
        .route("/_sim/event", post(event))
        .route("/_sim/inbox", post(inbox))
        .route("/_sim/sent", post(sent))
        .route("/_sim/messages", post(messages))
        .route("/_sim/trickle", post(trickle))
}

/// `{account, person, first_name?, last_name?, username?, profile?: allowed|hidden|absent, reach?: ok|unavailable|refusing}`
async fn person(State(inboxes): State<Inboxes>, Json(body): Json<Value>) -> Json<Value> {
    let own = |name: &str| text(&body, name).to_owned();
    let profile = match text(&body, "profile") {
        "hidden" => ProfileAccess::Hidden,
        "absent" => ProfileAccess::Absent,
        _ => ProfileAccess::Allowed,
    };
    let reach = match text(&body, "reach") {
        "unavailable" => Reach::Unavailable,
        "refusing" => Reach::Refusing,
        _ => Reach::Reachable,
    };
    let (id, first_name, last_name, username) = (own("person"), own("first_name"), own("last_name"), own("username"));
    let person = Person { id, first_name, last_name, username, picture: None, profile, reach };
    inboxes.create_person(text(&body, "account"), person);
    told(true)
}

/// `{account, person, text}`
async fn say(State(inboxes): State<Inboxes>, Json(body): Json<Value>) -> Json<Value> {
    let mid = inboxes.say(text(&body, "account"), text(&body, "person"), text(&body, "text"));
    Json(json!({"message_id": mid}))
}

/// `{account, person, act, …}`: `reply {mid, text}`, `files {files: [{kind, name?, mime?, base64?}]}`, `message {message}`,
/// `quick_reply {text, payload}`, `postback {title, payload}`, `react {mid, emoji}`, `unreact {mid}`, `edit {mid, text}`,
/// `unsend {mid}`, `read`, `referral {ref}`, `story_reply {text}`, `story_mention`, `share`, `unsupported`.
async fn act(State(inboxes): State<Inboxes>, Json(body): Json<Value>) -> Json<Value> {
    let Some(act) = named(&body) else { return told(false) };
    let mid = inboxes.act(text(&body, "account"), text(&body, "person"), act);
    Json(json!({"ok": true, "message_id": mid}))
}

fn named(body: &Value) -> Option<Act> {
    let own = |name: &str| text(body, name).to_owned();
    Some(match text(body, "act") {
        "text" => Act::Text(own("text")),
        "reply" => Act::Reply { mid: own("mid"), text: own("text") },
        "files" => Act::Files(body["files"].as_array()?.iter().map(made).collect()),
        "message" => Act::Message(body["message"].clone()),
        "quick_reply" => Act::QuickReply { text: own("text"), payload: own("payload") },
        "postback" => Act::Postback { title: own("title"), payload: own("payload") },
        "react" => Act::React { mid: own("mid"), emoji: own("emoji") },
        "unreact" => Act::Unreact { mid: own("mid") },
        "edit" => Act::Edit { mid: own("mid"), text: own("text") },
        "unsend" => Act::Unsend { mid: own("mid") },
        "read" => Act::Read,
        "referral" => Act::Referral { reference: own("ref") },
        "story_reply" => Act::StoryReply { text: own("text") },
        "story_mention" => Act::StoryMention,
        "share" => Act::Share,
        "unsupported" => Act::Unsupported,
        _ => return None,
    })
}

fn made(file: &Value) -> Made {
    let kind = text(file, "kind").to_owned();
    let bytes = file["base64"].as_str().and_then(|text| STANDARD.decode(text).ok());
    let file = bytes.map(|bytes| HostedFile {
        name: text(file, "name").to_owned(),
        mime: text(file, "mime").to_owned(),
        bytes: bytes.into(),
    });
    Made { kind, file }
}

/// `{account, event, standby?}`: any event, as it stands in `messaging`.
async fn event(State(inboxes): State<Inboxes>, Json(body): Json<Value>) -> Json<Value> {
    let apps = inboxes.raw_event(text(&body, "account"), &body["event"], body["standby"] == json!(true));
    Json(json!({"apps": apps}))
}

/// `{account, person, text}`: written in the platform's own inbox.
async fn inbox(State(inboxes): State<Inboxes>, Json(body): Json<Value>) -> Json<Value> {
    let mid = inboxes.write_in_inbox(text(&body, "account"), text(&body, "person"), text(&body, "text"));
    Json(json!({"message_id": mid}))
}

/// `{account}`
async fn sent(State(inboxes): State<Inboxes>, Json(body): Json<Value>) -> Json<Value> {
    let sent = inboxes.sent(text(&body, "account")).into_iter().map(|sent| {
        json!({
            "action": sent.action, "person": sent.person, "text": sent.text, "message_id": sent.message_id,
            "body": sent.body,
        })
    });
    Json(sent.collect())
}

/// `{account, person}`
async fn messages(State(inboxes): State<Inboxes>, Json(body): Json<Value>) -> Json<Value> {
    let shown = inboxes.messages(text(&body, "account"), text(&body, "person")).into_iter().map(|message| {
        json!({
            "mid": message.mid, "from_account": message.from_account, "text": message.text,
            "attachments": message.attachments, "reactions": message.reactions, "deleted": message.deleted,
        })
    });
    Json(shown.collect())
}

/// `{account, every_ms}`
async fn trickle(State(inboxes): State<Inboxes>, Json(body): Json<Value>) -> Json<Value> {
    let every = Duration::from_millis(body["every_ms"].as_u64().unwrap_or(5_000).max(10));
    inboxes.trickle(text(&body, "account"), every);
    told(true)
}
