//! `/_sim/`: what people do. `account` is whose chats it happens in, `chat` names one of them, `from` who acts.

use super::account::Account;
use super::chats::Place;
use super::control::{number, text};
use super::files::{FileKind, NewFile};
use super::handle::Shared;
use super::people::NewPerson;
use axum::extract::{DefaultBodyLimit, State};
use axum::routing::post;
use axum::{Json, Router};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use grammers_tl_types::enums;
use serde_json::{Value, json};

/// A body at most; files come in it.
const MAX_BODY: usize = 64 * 1_024 * 1_024;

pub(super) fn routes() -> Router<Shared> {
    Router::new()
        .route("/_sim/person", post(person))
        .route("/_sim/group", post(group))
        .route("/_sim/say", post(say))
        .route("/_sim/file", post(file))
        .route("/_sim/edit", post(edit))
        .route("/_sim/delete", post(delete))
        .route("/_sim/react", post(react))
        .route("/_sim/read", post(read))
        .route("/_sim/typing", post(typing))
        .route("/_sim/lose", post(lose))
        .route("/_sim/messages", post(messages))
        .layer(DefaultBodyLimit::max(MAX_BODY))
}

fn place(body: &Value) -> Place {
    Place::from_id(number(body, "chat"))
}

fn id(body: &Value, member: &str) -> i32 {
    i32::try_from(number(body, member)).unwrap_or_default()
}

/// Who acts: the one named, else whoever the private chat is with.
fn from(body: &Value) -> i64 {
    body["from"].as_i64().unwrap_or_else(|| number(body, "chat"))
}

/// `{account, id, first_name, last_name?, username?, phone?, bot?, photo?}`; the photo in base64.
async fn person(State(shared): State<Shared>, Json(body): Json<Value>) -> Json<Value> {
    let (account, id) = (number(&body, "account"), number(&body, "id"));
    let given = |member: &str| body[member].as_str().map(str::to_owned);
    let person = NewPerson {
        id,
        first_name: text(&body, "first_name").to_owned(),
        last_name: given("last_name"),
        username: given("username"),
        phone: given("phone"),
        bot: body["bot"].as_bool().unwrap_or_default(),
        about: given("about"),
    };
    let known = shared.quietly(account, |owner| owner.meet(person)).is_some();
    if let Ok(photo) = STANDARD.decode(text(&body, "photo"))
        && !photo.is_empty()
    {
        shared.put_photo(account, id, &photo);
    }
    Json(json!({"ok": known}))
}

/// `{account, chat, title, broadcast?, members?}`
async fn group(State(shared): State<Shared>, Json(body): Json<Value>) -> Json<Value> {
    let members: Vec<i64> = body["members"].as_array().into_iter().flatten().filter_map(Value::as_i64).collect();
    let broadcast = body["broadcast"].as_bool().unwrap_or_default();
    shared.create_chat(number(&body, "account"), place(&body), text(&body, "title"), broadcast, &members);
    Json(json!({"ok": true}))
}

/// `{account, chat, from?, text}`
async fn say(State(shared): State<Shared>, Json(body): Json<Value>) -> Json<Value> {
    let id = shared.say(number(&body, "account"), place(&body), from(&body), text(&body, "text"));
    Json(json!({"id": id}))
}

/// `{account, chat, from?, kind?, name, mime_type, content, dc?, caption?}`; the content in base64.
async fn file(State(shared): State<Shared>, Json(body): Json<Value>) -> Json<Value> {
    let Ok(bytes) = STANDARD.decode(text(&body, "content")) else { return Json(json!({"id": null})) };
    let mut file = NewFile::document(text(&body, "name"), text(&body, "mime_type"), &bytes);
    file.kind = FileKind::named(text(&body, "kind")).unwrap_or(FileKind::Document);
    text(&body, "caption").clone_into(&mut file.caption);
    if body["dc"].is_i64() {
        file.dc = id(&body, "dc");
    }
    Json(json!({"id": shared.send_file(number(&body, "account"), place(&body), from(&body), file)}))
}

/// `{account, chat, id, text}`
async fn edit(State(shared): State<Shared>, Json(body): Json<Value>) -> Json<Value> {
    let done = shared.edit(number(&body, "account"), place(&body), id(&body, "id"), text(&body, "text"));
    Json(json!({"ok": done}))
}

/// `{account, chat, ids}`
async fn delete(State(shared): State<Shared>, Json(body): Json<Value>) -> Json<Value> {
    let ids = body["ids"].as_array().into_iter().flatten().filter_map(Value::as_i64);
    let ids: Vec<i32> = ids.filter_map(|id| i32::try_from(id).ok()).collect();
    let done = shared.act(number(&body, "account"), |owner| Some(((), owner.delete(place(&body), &ids)?)));
    Json(json!({"ok": done.is_some()}))
}

/// `{account, chat, id, from?, emoji?}`; no emoji takes the reaction away.
async fn react(State(shared): State<Shared>, Json(body): Json<Value>) -> Json<Value> {
    let (account, id) = (number(&body, "account"), id(&body, "id"));
    let done = shared.react(account, place(&body), id, from(&body), body["emoji"].as_str());
    Json(json!({"ok": done}))
}

/// `{account, chat, up_to, own?}`: the other side has read, or the account itself elsewhere.
async fn read(State(shared): State<Shared>, Json(body): Json<Value>) -> Json<Value> {
    let up_to = id(&body, "up_to");
    let done = shared.act(number(&body, "account"), |owner| {
        let own = body["own"].as_bool().unwrap_or_default();
        let update = if own { owner.read_inbox(place(&body), up_to) } else { owner.read_outbox(place(&body), up_to) };
        Some(((), update?))
    });
    Json(json!({"ok": done.is_some()}))
}

/// `{account, chat, from?}`
async fn typing(State(shared): State<Shared>, Json(body): Json<Value>) -> Json<Value> {
    let done = shared.act(number(&body, "account"), |owner| {
        owner.chat(place(&body)).map(|_| ((), Account::typing(place(&body), from(&body))))
    });
    Json(json!({"ok": done.is_some()}))
}

/// `{account, count}`
async fn lose(State(shared): State<Shared>, Json(body): Json<Value>) -> Json<Value> {
    let count = usize::try_from(number(&body, "count")).unwrap_or_default();
    let done = shared.quietly(number(&body, "account"), |owner| owner.lost = count);
    Json(json!({"ok": done.is_some()}))
}

/// `{account, chat}`
async fn messages(State(shared): State<Shared>, Json(body): Json<Value>) -> Json<Value> {
    let chat = shared.quietly(number(&body, "account"), |owner| owner.chats.get(&place(&body)).cloned()).flatten();
    let messages = chat.iter().flat_map(|chat| chat.messages.values()).map(|message| {
        let (text, media) = match message {
            enums::Message::Message(message) => (message.message.as_str(), message.media.is_some()),
            enums::Message::Service(_) | enums::Message::Empty(_) => ("", false),
        };
        json!({"id": message.id(), "out": super::chats::is_out(message), "text": text, "file": media})
    });
    Json(Value::Array(messages.collect()))
}
