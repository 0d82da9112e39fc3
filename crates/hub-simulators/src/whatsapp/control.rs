//! `/_sim/whatsapp/`: working the simulator over HTTP, for tests in other languages and for the curious. Bodies are JSON; `number`
//! is a phone number id, `who` any id of a person.

use super::calls::Desk;
use super::fields;
use super::inbound::Inbound;
use super::media::Attachment;
use super::person::Person;
use super::statuses::{Status, StatusScript};
use axum::extract::State;
use axum::routing::post;
use axum::{Json, Router};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

pub(super) fn routes() -> Router<Desk> {
    Router::new()
        .route("/_sim/whatsapp/number", post(number))
        .route("/_sim/whatsapp/person", post(person))
        .route("/_sim/whatsapp/signup", post(signup))
        .route("/_sim/whatsapp/say", post(say))
        .route("/_sim/whatsapp/write", post(write))
        .route("/_sim/whatsapp/attach", post(attach))
        .route("/_sim/whatsapp/echo", post(echo))
        .route("/_sim/whatsapp/change", post(change))
        .route("/_sim/whatsapp/statuses", post(statuses))
        .route("/_sim/whatsapp/status", post(status))
        .route("/_sim/whatsapp/chat", post(chat))
        .route("/_sim/whatsapp/refuse", post(refuse))
        .route("/_sim/whatsapp/template_status", post(template_status))
        .route("/_sim/whatsapp/tell", post(tell))
        .route("/_sim/whatsapp/sent", post(sent))
}

fn text<'a>(body: &'a Value, member: &str) -> &'a str {
    body[member].as_str().unwrap_or_default()
}

fn told(ok: bool) -> Json<Value> {
    Json(json!({ "ok": ok }))
}

/// The message's id; `null` = no such number.
fn written(id: Option<String>) -> Json<Value> {
    Json(json!({"message_id": id.map_or(Value::Null, Value::String)}))
}

/// `{kind, content, reply_to?, extra?, at?}`
fn message(body: &Value) -> Inbound {
    let mut message = Inbound::new(text(body, "kind"), body["content"].clone());
    message.reply_to = body["reply_to"].as_str().map(str::to_owned);
    message.extra = body["extra"].clone();
    message.at = body["at"].as_i64();
    message
}

/// `{account, id, display, name, registered?, pin?}`
async fn number(State(desk): State<Desk>, Json(body): Json<Value>) -> Json<Value> {
    let mut world = desk.world();
    let id = text(&body, "id");
    world.add_number(text(&body, "account"), id, text(&body, "display"), text(&body, "name"));
    if let Some(line) = world.numbers.get_mut(id) {
        line.registered = body["registered"].as_bool().unwrap_or(line.registered);
        line.pin = body["pin"].as_str().map(str::to_owned).or(line.pin.take());
    }
    told(true)
}

/// `{name, wa_id?, user_id?, parent_user_id?, username?, also_dialled?}`
async fn person(State(desk): State<Desk>, Json(body): Json<Value>) -> Json<Value> {
    let person = Person::read(&body);
    let ok = person.is_some();
    if let Some(person) = person {
        desk.world().put_person(person);
    }
    told(ok)
}

/// `{app, account}`
async fn signup(State(desk): State<Desk>, Json(body): Json<Value>) -> Json<Value> {
    Json(json!({"code": desk.embedded_signup(text(&body, "app"), text(&body, "account"))}))
}

/// `{number, who, text}`
async fn say(State(desk): State<Desk>, Json(body): Json<Value>) -> Json<Value> {
    written(desk.write(text(&body, "number"), text(&body, "who"), &Inbound::text(text(&body, "text"))))
}

/// `{number, who, kind, content, reply_to?, extra?, at?}`
async fn write(State(desk): State<Desk>, Json(body): Json<Value>) -> Json<Value> {
    written(desk.write(text(&body, "number"), text(&body, "who"), &message(&body)))
}

/// `{number, who, kind, mime, base64, caption?, filename?, voice?, animated?}`
async fn attach(State(desk): State<Desk>, Json(body): Json<Value>) -> Json<Value> {
    let bytes = STANDARD.decode(text(&body, "base64")).unwrap_or_default();
    let mut file = Attachment::new(text(&body, "kind"), text(&body, "mime"), bytes);
    file.caption = body["caption"].as_str().map(str::to_owned);
    file.filename = body["filename"].as_str().map(str::to_owned);
    file.voice = body["voice"] == json!(true);
    file.animated = body["animated"] == json!(true);
    written(desk.attach(text(&body, "number"), text(&body, "who"), &file))
}

/// `{number, who, kind, content}`
async fn echo(State(desk): State<Desk>, Json(body): Json<Value>) -> Json<Value> {
    written(desk.echo(text(&body, "number"), text(&body, "who"), &message(&body)))
}

/// `{number, who, new_number? | new_user_id? | new_identity?}`
async fn change(State(desk): State<Desk>, Json(body): Json<Value>) -> Json<Value> {
    let (number, who) = (text(&body, "number"), text(&body, "who"));
    let id = match (body["new_number"].as_str(), body["new_user_id"].as_str()) {
        (Some(new), _) => desk.number_changed(number, who, new),
        (None, Some(new)) => desk.user_id_changed(number, who, new),
        (None, None) => body["new_identity"].as_str().and_then(|hash| desk.identity_changed(number, who, hash)),
    };
    written(id)
}

/// `{next?: bool, order?: [], pause_ms?, before_answer?, failure?, conversation?, contacts_as_seen?}`
async fn statuses(State(desk): State<Desk>, Json(body): Json<Value>) -> Json<Value> {
    let Some(script) = StatusScript::read(&body) else { return told(false) };
    let mut world = desk.world();
    if body["next"] == json!(true) {
        world.next_statuses.push_back(script);
    } else {
        world.statuses = script;
    }
    told(true)
}

/// `{message_id, status}`
async fn status(State(desk): State<Desk>, Json(body): Json<Value>) -> Json<Value> {
    let fate = desk.world().fate(text(&body, "message_id"));
    let (Some(fate), Some(status)) = (fate, Status::named(text(&body, "status"))) else { return told(false) };
    desk.tell_status(&fate, status);
    told(true)
}

/// `{number, who, blocked?, too_fast?}`
async fn chat(State(desk): State<Desk>, Json(body): Json<Value>) -> Json<Value> {
    let mut world = desk.world();
    let person = world.somebody(text(&body, "who"));
    let chat = world.chat(text(&body, "number"), person);
    chat.blocked = body["blocked"].as_bool().unwrap_or(chat.blocked);
    if let Some(times) = body["too_fast"].as_u64() {
        chat.too_fast = u32::try_from(times).unwrap_or(u32::MAX);
    }
    told(true)
}

/// `{endpoint, code, times?}`
async fn refuse(State(desk): State<Desk>, Json(body): Json<Value>) -> Json<Value> {
    /// Scripted refusals of one call at most.
    const MOST: u64 = 1_000;
    let times = usize::try_from(body["times"].as_u64().unwrap_or(1).min(MOST)).unwrap_or(1);
    let Some(code) = body["code"].as_i64() else { return told(false) };
    desk.refuse_next(text(&body, "endpoint"), code, times);
    told(true)
}

/// `{account, name, language, status, reason?}`
async fn template_status(State(desk): State<Desk>, Json(body): Json<Value>) -> Json<Value> {
    let reason = body["reason"].as_str().unwrap_or("NONE");
    let named = (text(&body, "account"), text(&body, "name"), text(&body, "language"));
    told(desk.template_status(named.0, named.1, named.2, text(&body, "status"), reason))
}

/// `{account, field, value}`: any value of a field.
async fn tell(State(desk): State<Desk>, Json(body): Json<Value>) -> Json<Value> {
    let Some(field) = fields::named(text(&body, "field")) else { return told(false) };
    Json(json!({"ok": true, "apps": desk.tell(text(&body, "account"), field, &body["value"])}))
}

/// `{number}`
async fn sent(State(desk): State<Desk>, Json(body): Json<Value>) -> Json<Value> {
    let number = text(&body, "number");
    let world = desk.world();
    let mine = world.sent.iter().filter(|sent| sent.phone_number_id == number);
    mine.map(|sent| {
        json!({
            "to": sent.to, "kind": sent.kind, "text": sent.text, "body": sent.body, "message_id": sent.message_id,
            "reply_to": sent.reply_to,
        })
    })
    .collect::<Value>()
    .into()
}
