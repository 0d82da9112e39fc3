//! `/_sim/`: working the simulator over HTTP, for tests in other languages and for the curious. Bodies are JSON.

use super::app::{App, Member, Organization, Role};
use super::dialog::DialogMode;
use super::faults::Fault;
use super::handle::Platform;
use super::limits::Limit;
use super::log::LoggedRequest;
use super::sign::Signing;
use axum::extract::State;
use axum::routing::post;
use axum::{Json, Router};
use serde_json::{Value, json};

pub(super) fn routes() -> Router<Platform> {
    Router::new()
        .route("/_sim/app", post(app))
        .route("/_sim/member", post(member))
        .route("/_sim/organization", post(organization))
        .route("/_sim/role", post(role))
        .route("/_sim/dialog", post(dialog))
        .route("/_sim/token", post(token))
        .route("/_sim/remove_app", post(remove_app))
        .route("/_sim/webhook", post(webhook))
        .route("/_sim/queue", post(queue))
        .route("/_sim/raw", post(raw))
        .route("/_sim/fault", post(fault))
        .route("/_sim/limit", post(limit))
        .route("/_sim/versions", post(versions))
        .route("/_sim/advance", post(advance))
        .route("/_sim/requests", post(requests))
        .route("/_sim/deliveries", post(deliveries))
}

pub(super) fn text<'a>(body: &'a Value, member: &str) -> &'a str {
    body[member].as_str().unwrap_or_default()
}

fn texts(body: &Value, member: &str) -> Vec<String> {
    body[member].as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

pub(super) fn told(ok: bool) -> Json<Value> {
    Json(json!({ "ok": ok }))
}

/// `{client_id, client_secret, id?, name?, redirect_urls?, scopes?, refresh_tokens?, messages?, development?, child?,
/// portability?}`
async fn app(State(platform): State<Platform>, Json(body): Json<Value>) -> Json<Value> {
    let mut app = App::new(text(&body, "client_id"), text(&body, "client_secret"));
    if body["portability"] == json!(true) {
        app = app.with_portability();
    }
    if let Some(id) = body["id"].as_str() {
        id.clone_into(&mut app.id);
    }
    if let Some(name) = body["name"].as_str() {
        name.clone_into(&mut app.name);
    }
    if body["scopes"].is_array() {
        app.scopes = texts(&body, "scopes");
    }
    app.redirect_urls = texts(&body, "redirect_urls");
    for (name, switch) in [
        ("refresh_tokens", &mut app.refresh_tokens),
        ("messages", &mut app.messages),
        ("development", &mut app.development),
        ("child", &mut app.child),
    ] {
        *switch = body[name] == json!(true);
    }
    platform.state().apps.insert(app.client_id.clone(), app);
    told(true)
}

/// `{id, given_name, family_name, email?, picture?, eea?}`; `picture: null` = none.
async fn member(State(platform): State<Platform>, Json(body): Json<Value>) -> Json<Value> {
    let mut member = Member::new(text(&body, "id"), text(&body, "given_name"), text(&body, "family_name"));
    member.email = body["email"].as_str().map(str::to_owned);
    if let Some(picture) = body.get("picture") {
        member.picture = picture.as_str().map(str::to_owned);
    }
    member.eea = body["eea"] != json!(false);
    platform.state().members.insert(member.id.clone(), member);
    told(true)
}

/// `{id, name}`
async fn organization(State(platform): State<Platform>, Json(body): Json<Value>) -> Json<Value> {
    let organization = Organization::new(text(&body, "id"), text(&body, "name"));
    platform.state().organizations.insert(organization.id.clone(), organization);
    told(true)
}

/// `{member, organization, role, state?}`; an empty role takes it away.
async fn role(State(platform): State<Platform>, Json(body): Json<Value>) -> Json<Value> {
    platform.set_role(Role {
        member: text(&body, "member").to_owned(),
        organization: text(&body, "organization").to_owned(),
        role: text(&body, "role").to_owned(),
        state: body["state"].as_str().unwrap_or("APPROVED").to_owned(),
    });
    told(true)
}

/// `{mode: ask|accept|refuse|cancel_login, member?}`
async fn dialog(State(platform): State<Platform>, Json(body): Json<Value>) -> Json<Value> {
    let mode = DialogMode::named(text(&body, "mode"));
    if let Some(mode) = mode {
        let mut state = platform.state();
        state.dialog = mode;
        state.dialog_member = body["member"].as_str().map(str::to_owned);
    }
    told(mode.is_some())
}

/// `{client_id, member, scopes: []}`
async fn token(State(platform): State<Platform>, Json(body): Json<Value>) -> Json<Value> {
    let scopes = texts(&body, "scopes");
    let scopes: Vec<&str> = scopes.iter().map(String::as_str).collect();
    let token = platform.token_for(text(&body, "client_id"), text(&body, "member"), &scopes);
    Json(json!({"access_token": token}))
}

/// `{client_id, member}`: the member takes everything back.
async fn remove_app(State(platform): State<Platform>, Json(body): Json<Value>) -> Json<Value> {
    platform.state().tokens.revoke_all(text(&body, "client_id"), text(&body, "member"));
    platform.note_change();
    told(true)
}

/// `{client_id, url}`: registers an address, or starts a blocked one again.
async fn webhook(State(platform): State<Platform>, Json(body): Json<Value>) -> Json<Value> {
    match platform.register(text(&body, "client_id"), text(&body, "url")).await {
        Ok(()) => told(true),
        Err(why) => Json(json!({"ok": false, "why": why})),
    }
}

/// `{hold?: true, release?: "alone"|"together", backwards?: bool, duplicate?: bool, decorate?: bool}`
async fn queue(State(platform): State<Platform>, Json(body): Json<Value>) -> Json<Value> {
    let mut state = platform.state();
    if body["hold"] == json!(true) {
        state.hold = true;
    }
    if let Some(on) = body["duplicate"].as_bool() {
        state.duplicate = on;
    }
    if let Some(on) = body["decorate"].as_bool() {
        state.decorate = on;
    }
    if let Some(how) = body["release"].as_str() {
        state.release(how == "together", body["backwards"] == json!(true));
    }
    let pending = state.queue.len() + state.held.len();
    drop(state);
    platform.note_change();
    Json(json!({"pending": pending}))
}

/// `{client_id, url, body, signing?: right|body_alone|base64|wrong_secret|missing}`
async fn raw(State(platform): State<Platform>, Json(body): Json<Value>) -> Json<Value> {
    let signing = Signing::named(text(&body, "signing"));
    if let Some(signing) = signing {
        let bytes = body["body"].to_string().into();
        platform.state().send_bytes(text(&body, "client_id"), text(&body, "url"), bytes, signing);
        platform.note_change();
    }
    told(signing.is_some())
}

/// `{endpoint, fault, …}`, see [`Fault::read`].
async fn fault(State(platform): State<Platform>, Json(body): Json<Value>) -> Json<Value> {
    let fault = Fault::read(&body);
    let known = fault.is_some();
    if let Some(fault) = fault {
        platform.state().faults.entry(text(&body, "endpoint").to_owned()).or_default().push_back(fault);
    }
    told(known)
}

/// `{endpoint, app?, member?}`: calls a day.
async fn limit(State(platform): State<Platform>, Json(body): Json<Value>) -> Json<Value> {
    let limit = Limit { app: body["app"].as_u64(), member: body["member"].as_u64() };
    platform.state().limits.set.insert(text(&body, "endpoint").to_owned(), limit);
    told(true)
}

/// `{active: []|null}`
async fn versions(State(platform): State<Platform>, Json(body): Json<Value>) -> Json<Value> {
    platform.state().versions = body["active"].is_array().then(|| texts(&body, "active"));
    told(true)
}

/// `{seconds}`
async fn advance(State(platform): State<Platform>, Json(body): Json<Value>) -> Json<Value> {
    let mut state = platform.state();
    state.moved_ms += body["seconds"].as_i64().unwrap_or_default().clamp(0, 1_000_000_000) * 1_000;
    let now = state.now_ms();
    drop(state);
    platform.note_change();
    Json(json!({"now_ms": now}))
}

async fn requests(State(platform): State<Platform>) -> Json<Value> {
    Json(platform.state().log.iter().map(LoggedRequest::shown).collect())
}

async fn deliveries(State(platform): State<Platform>) -> Json<Value> {
    let state = platform.state();
    let shown = state.deliveries.iter().map(|tried| {
        json!({
            "client_id": tried.client_id, "url": tried.url, "post": tried.post, "attempt": tried.attempt,
            "status": tried.status, "signature": tried.signature, "body": String::from_utf8_lossy(&tried.body),
        })
    });
    Json(shown.collect())
}
