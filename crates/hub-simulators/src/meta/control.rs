//! `/_sim/`: working the shared half over HTTP. Bodies are JSON.

use super::{App, Asset, DialogMode, Expiry, Fault, HostedFile, Meta, TokenKind, User};
use axum::extract::State;
use axum::routing::post;
use axum::{Json, Router};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::time::Duration;

pub(super) fn routes() -> Router<Meta> {
    Router::new()
        .route("/_sim/app", post(app))
        .route("/_sim/user", post(user))
        .route("/_sim/dialog", post(dialog))
        .route("/_sim/fault", post(fault))
        .route("/_sim/usage", post(usage))
        .route("/_sim/advance", post(advance))
        .route("/_sim/webhook", post(webhook))
        .route("/_sim/queue", post(queue))
        .route("/_sim/raw", post(raw))
        .route("/_sim/token", post(token))
        .route("/_sim/kill_token", post(kill_token))
        .route("/_sim/remove_app", post(remove_app))
        .route("/_sim/file", post(file))
        .route("/_sim/requests", post(requests))
        .route("/_sim/deliveries", post(deliveries))
}

pub(crate) fn text<'a>(body: &'a Value, member: &str) -> &'a str {
    body[member].as_str().unwrap_or_default()
}

pub(crate) fn texts<'a>(body: &'a Value, member: &str) -> Vec<&'a str> {
    body[member].as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

pub(crate) fn told(ok: bool) -> Json<Value> {
    Json(json!({ "ok": ok }))
}

/// `{id, secret, name?, require_proof?, redirect_uris?, webhook_secret?, deauthorize_url?, data_deletion_url?}`
async fn app(State(meta): State<Meta>, Json(body): Json<Value>) -> Json<Value> {
    let mut app = App::new(text(&body, "id"), text(&body, "secret"));
    if let Some(name) = body["name"].as_str() {
        name.clone_into(&mut app.name);
    }
    app.require_proof = body["require_proof"] == json!(true);
    app.redirect_uris = texts(&body, "redirect_uris").into_iter().map(str::to_owned).collect();
    app.webhook_secret = body["webhook_secret"].as_str().map(str::to_owned);
    app.deauthorize_url = body["deauthorize_url"].as_str().map(str::to_owned);
    app.data_deletion_url = body["data_deletion_url"].as_str().map(str::to_owned);
    meta.create_app(app);
    told(true)
}

/// `{id, name, assets: [{id, name}]}`
async fn user(State(meta): State<Meta>, Json(body): Json<Value>) -> Json<Value> {
    let assets = body["assets"].as_array().into_iter().flatten();
    let assets = assets.map(|asset| Asset { id: text(asset, "id").to_owned(), name: text(asset, "name").to_owned() });
    let assets = assets.collect();
    meta.create_user(User { id: text(&body, "id").to_owned(), name: text(&body, "name").to_owned(), assets });
    told(true)
}

/// `{mode: ask|accept|refuse, user?}`
async fn dialog(State(meta): State<Meta>, Json(body): Json<Value>) -> Json<Value> {
    let mode = DialogMode::named(text(&body, "mode"));
    if let Some(mode) = mode {
        meta.dialog_mode(mode, body["user"].as_str());
    }
    told(mode.is_some())
}

/// `{endpoint, fault, …}`, see [`Fault::read`].
async fn fault(State(meta): State<Meta>, Json(body): Json<Value>) -> Json<Value> {
    let fault = Fault::read(&body);
    let known = fault.is_some();
    if let Some(fault) = fault {
        meta.fault(text(&body, "endpoint"), fault);
    }
    told(known)
}

/// `{app?, business?}`: the contents of the two headers.
async fn usage(State(meta): State<Meta>, Json(body): Json<Value>) -> Json<Value> {
    let given = |name: &str| body.get(name).filter(|value| !value.is_null()).cloned();
    meta.usage(given("app"), given("business"));
    told(true)
}

/// `{seconds}`
async fn advance(State(meta): State<Meta>, Json(body): Json<Value>) -> Json<Value> {
    meta.advance(Duration::from_secs(body["seconds"].as_u64().unwrap_or_default()));
    Json(json!({"now_ms": meta.now_ms()}))
}

/// `{app, object, url, verify_token, fields: []}`
async fn webhook(State(meta): State<Meta>, Json(body): Json<Value>) -> Json<Value> {
    let fields = texts(&body, "fields");
    let (app, object, url) = (text(&body, "app"), text(&body, "object"), text(&body, "url"));
    match meta.subscribe_app(app, object, url, text(&body, "verify_token"), &fields).await {
        Ok(()) => told(true),
        Err(why) => Json(json!({"ok": false, "why": why})),
    }
}

/// `{hold?: true, release?: "alone"|"together", duplicate?: bool, shuffle?: number|null}`
async fn queue(State(meta): State<Meta>, Json(body): Json<Value>) -> Json<Value> {
    if body["hold"] == json!(true) {
        meta.hold();
    }
    if let Some(on) = body["duplicate"].as_bool() {
        meta.duplicate(on);
    }
    if let Some(seed) = body.get("shuffle") {
        meta.shuffle(seed.as_u64());
    }
    if let Some(how) = body["release"].as_str() {
        meta.release(how == "together");
    }
    Json(json!({"pending": meta.pending()}))
}

/// `{app, object, body}`: any body, signed.
async fn raw(State(meta): State<Meta>, Json(body): Json<Value>) -> Json<Value> {
    let bytes = super::sign::escaped(&body["body"]);
    told(meta.send_raw(text(&body, "app"), text(&body, "object"), bytes))
}

/// `{kind: user|system|instagram, app, user, scopes: [], targets: []}`
async fn token(State(meta): State<Meta>, Json(body): Json<Value>) -> Json<Value> {
    let kind = match text(&body, "kind") {
        "system" => TokenKind::System,
        "instagram" => TokenKind::Instagram,
        _ => TokenKind::User,
    };
    let (scopes, targets) = (texts(&body, "scopes"), texts(&body, "targets"));
    let token = meta.token_for(kind, text(&body, "app"), text(&body, "user"), &scopes, &targets);
    Json(json!({"access_token": token.value}))
}

/// `{token, subcode}`
async fn kill_token(State(meta): State<Meta>, Json(body): Json<Value>) -> Json<Value> {
    meta.kill_token(text(&body, "token"), body["subcode"].as_i64().unwrap_or(460));
    told(true)
}

/// `{app, user}`: the person removes the app on the site.
async fn remove_app(State(meta): State<Meta>, Json(body): Json<Value>) -> Json<Value> {
    Json(json!({"status": meta.remove_app(text(&body, "app"), text(&body, "user")).await}))
}

/// `{name, mime, base64, seconds?}`: gives the address it is served at.
async fn file(State(meta): State<Meta>, Json(body): Json<Value>) -> Json<Value> {
    let bytes = STANDARD.decode(text(&body, "base64")).unwrap_or_default().into();
    let mut expiry = Expiry::default();
    if let Some(seconds) = body["seconds"].as_u64() {
        expiry.after = Duration::from_secs(seconds);
    }
    let file = HostedFile { name: text(&body, "name").to_owned(), mime: text(&body, "mime").to_owned(), bytes };
    Json(json!({"url": meta.host_file(file, expiry)}))
}

async fn requests(State(meta): State<Meta>) -> Json<Value> {
    Json(meta.requests().iter().map(super::LoggedRequest::shown).collect())
}

async fn deliveries(State(meta): State<Meta>) -> Json<Value> {
    let shown = meta.deliveries().into_iter().map(|tried| {
        json!({
            "app_id": tried.app_id, "url": tried.url, "post": tried.post, "attempt": tried.attempt,
            "status": tried.status, "signature": tried.signature, "body": String::from_utf8_lossy(&tried.body),
        })
    });
    Json(shown.collect())
}
