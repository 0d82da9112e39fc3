//! `/_sim/`: working the simulator over HTTP, for tests in other languages and for the curious. Bodies are JSON.

use super::faults::Fault;
use super::handle::Shared;
use super::{people, server};
use axum::extract::State;
use axum::routing::post;
use axum::{Json, Router};
use serde_json::{Value, json};

pub(super) fn routes() -> Router<Shared> {
    Router::new()
        .route("/_sim/bot", post(bot))
        .route("/_sim/say", post(say))
        .route("/_sim/update", post(update))
        .route("/_sim/fault", post(fault))
        .route("/_sim/block", post(block))
        .route("/_sim/sent", post(sent))
        .route("/_sim/deliveries", post(deliveries))
}

fn text<'a>(body: &'a Value, member: &str) -> &'a str {
    body[member].as_str().unwrap_or_default()
}

/// `{token, username}`
async fn bot(State(shared): State<Shared>, Json(body): Json<Value>) -> Json<Value> {
    server::create_bot(&shared, text(&body, "token"), text(&body, "username"));
    Json(json!({"ok": true}))
}

/// `{token, person, text}`
async fn say(State(shared): State<Shared>, Json(body): Json<Value>) -> Json<Value> {
    let person = body["person"].as_i64().unwrap_or_default();
    Json(json!({"update_id": people::say(&shared, text(&body, "token"), person, text(&body, "text"))}))
}

/// `{token, kind, content}`
async fn update(State(shared): State<Shared>, Json(body): Json<Value>) -> Json<Value> {
    let id = people::update(&shared, text(&body, "token"), text(&body, "kind"), body["content"].clone());
    Json(json!({"update_id": id}))
}

/// `{method, fault, …}`, see [`Fault::read`].
async fn fault(State(shared): State<Shared>, Json(body): Json<Value>) -> Json<Value> {
    let fault = Fault::read(&body);
    let known = fault.is_some();
    if let Some(fault) = fault {
        let method = text(&body, "method").to_ascii_lowercase();
        shared.world().faults.entry(method).or_default().push_back(fault);
    }
    Json(json!({"ok": known}))
}

/// `{token, person, blocked}`
async fn block(State(shared): State<Shared>, Json(body): Json<Value>) -> Json<Value> {
    let person = body["person"].as_i64().unwrap_or_default();
    let mut world = shared.world();
    if let Some(bot) = world.bots.get_mut(text(&body, "token")) {
        if body["blocked"] == json!(true) {
            bot.blocked.insert(person);
        } else {
            bot.blocked.remove(&person);
        }
    }
    Json(json!({"ok": true}))
}

/// `{token}`
async fn sent(State(shared): State<Shared>, Json(body): Json<Value>) -> Json<Value> {
    let world = shared.world();
    let sent = world.bots.get(text(&body, "token")).map(|bot| bot.sent.as_slice()).unwrap_or_default();
    let sent: Vec<Value> = sent
        .iter()
        .map(|sent| {
            json!({
                "method": sent.method, "chat_id": sent.chat_id, "text": sent.text, "params": sent.params,
                "message_id": sent.message_id,
            })
        })
        .collect();
    Json(sent.into())
}

/// `{token}`
async fn deliveries(State(shared): State<Shared>, Json(body): Json<Value>) -> Json<Value> {
    let world = shared.world();
    let found = world.bots.get(text(&body, "token")).map(|bot| bot.deliveries.as_slice()).unwrap_or_default();
    let found: Vec<Value> = found
        .iter()
        .map(|d| json!({"url": d.url, "update_id": d.update_id, "attempt": d.attempt, "status": d.status}))
        .collect();
    Json(found.into())
}
