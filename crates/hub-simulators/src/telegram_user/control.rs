//! `/_sim/`: working the simulator over HTTP, for tests in other languages and for the curious. Bodies are JSON. Chats are named as
//! in the Bot API: `7` a person, `-7` a small group, `-1000000000007` a supergroup or channel.

use super::account::{CodeKind, NewAccount};
use super::calls::Refusal;
use super::control_acts;
use super::faults::Fault;
use super::handle::Shared;
use super::world::Device;
use axum::extract::State;
use axum::routing::post;
use axum::{Json, Router};
use serde_json::{Value, json};
use tokio::net::TcpListener;

pub(super) fn serve(listener: TcpListener, shared: &Shared) {
    let router = Router::new()
        .route("/_sim/account", post(account))
        .route("/_sim/device", post(device))
        .route("/_sim/expire_code", post(expire_code))
        .route("/_sim/revoke", post(revoke))
        .route("/_sim/cut", post(cut))
        .route("/_sim/fault", post(fault))
        .route("/_sim/calls", post(calls))
        .merge(control_acts::routes())
        .with_state(shared.clone());
    let stop = shared.stop.clone();
    shared.tasks.spawn(async move {
        let serving = async { axum::serve(listener, router).await };
        tokio::select! {
            outcome = serving => if let Err(error) = outcome { tracing::error!(%error, "the simulator stopped") },
            () = stop.cancelled() => {}
        }
    });
}

pub(super) fn text<'a>(body: &'a Value, member: &str) -> &'a str {
    body[member].as_str().unwrap_or_default()
}

pub(super) fn number(body: &Value, member: &str) -> i64 {
    body[member].as_i64().unwrap_or_default()
}

/// `{id, phone, first_name, last_name?, username?, password?, hint?, dc?, code?, code_kind?}`
async fn account(State(shared): State<Shared>, Json(body): Json<Value>) -> Json<Value> {
    let mut account = NewAccount::new(number(&body, "id"), text(&body, "phone"), text(&body, "first_name"));
    let given = |member: &str| body[member].as_str().map(str::to_owned);
    account.person.last_name = given("last_name");
    account.person.username = given("username");
    account.password = given("password");
    account.hint = given("hint");
    if let Some(dc) = body["dc"].as_i64().and_then(|dc| i32::try_from(dc).ok()) {
        account.dc = dc;
    }
    if let Some(code) = given("code") {
        account.code = code;
    }
    if let Some(kind) = CodeKind::named(text(&body, "code_kind")) {
        account.code_kind = kind;
    }
    Json(json!({"id": shared.create_account(account)}))
}

fn shown(device: &Device) -> Value {
    let keys: Vec<Value> = device.keys.iter().map(|(dc, key)| json!({"dc": dc, "key": hex::encode(key)})).collect();
    json!({"id": device.id, "address": device.address.to_string(), "home_dc": device.home_dc, "keys": keys})
}

/// `{account?, dc?}`: a device that is signed in, or one that is not and begins with a data centre.
async fn device(State(shared): State<Shared>, Json(body): Json<Value>) -> Json<Value> {
    let device = match body["account"].as_i64() {
        Some(account) => shared.signed_in_device(account),
        None => shared.device(body["dc"].as_i64().and_then(|dc| i32::try_from(dc).ok()).unwrap_or(2)),
    };
    Json(device.map_or_else(|error| json!({"error": error.to_string()}), |device| shown(&device)))
}

/// `{phone}`
async fn expire_code(State(shared): State<Shared>, Json(body): Json<Value>) -> Json<Value> {
    shared.expire_code(text(&body, "phone"));
    Json(json!({"ok": true}))
}

/// `{account, code?, name?}`
async fn revoke(State(shared): State<Shared>, Json(body): Json<Value>) -> Json<Value> {
    let code = body["code"].as_i64().and_then(|code| i32::try_from(code).ok()).unwrap_or(401);
    let name = body["name"].as_str().unwrap_or("AUTH_KEY_UNREGISTERED");
    shared.revoke(number(&body, "account"), &Refusal::new(code, name));
    Json(json!({"ok": true}))
}

/// `{account?}`
async fn cut(State(shared): State<Shared>, Json(body): Json<Value>) -> Json<Value> {
    shared.world().cut(body["account"].as_i64());
    Json(json!({"ok": true}))
}

/// `{method, fault, value?, account?, always?}`; without a fault, none waits any longer.
async fn fault(State(shared): State<Shared>, Json(body): Json<Value>) -> Json<Value> {
    if body["fault"].is_null() {
        shared.world().faults.clear();
        return Json(json!({"ok": true}));
    }
    let fault = Fault::named(text(&body, "fault"), body["value"].as_u64().unwrap_or_default());
    let known = fault.is_some();
    if let Some(fault) = fault {
        let always = body["always"].as_bool().unwrap_or_default();
        shared.world().faults.add(body["account"].as_i64(), text(&body, "method"), fault, always);
    }
    Json(json!({"ok": known}))
}

/// `{}`
async fn calls(State(shared): State<Shared>, Json(_): Json<Value>) -> Json<Value> {
    let world = shared.world();
    let calls = world.calls.iter().map(|call| {
        json!({"method": call.method, "account": call.account, "dc": call.dc, "device": call.device, "refused": call.refused})
    });
    Json(Value::Array(calls.collect()))
}
