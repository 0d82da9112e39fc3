//! `/_sim/`: setting the simulator up over HTTP, and asking what happened. Bodies are JSON.

use super::chats::model::ChatKind;
use super::endpoint::Endpoint;
use super::faults::Fault;
use super::handle::Shared;
use super::login::page::Consent;
use super::login::tokens::Trouble;
use super::notices::item::Deletes;
use super::trickle;
use super::world::{App, Photo, User};
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::time::Duration;

pub(super) type Told = Result<Json<Value>, (StatusCode, &'static str)>;

/// Faults that one call of the control API makes at most.
const MAX_STORM: u64 = 1_000;

pub(super) fn routes() -> Router<Shared> {
    Router::new()
        .route("/_sim/app", post(app))
        .route("/_sim/user", post(user))
        .route("/_sim/chat", post(chat))
        .route("/_sim/set", post(set))
        .route("/_sim/fault", post(fault))
        .route("/_sim/limit", post(limit))
        .route("/_sim/trickle", post(start_trickle))
        .route("/_sim/log", get(log))
        .route("/_sim/deliveries", get(deliveries))
        .route("/_sim/subscriptions", get(subscriptions))
        .route("/_sim/sent", get(sent))
}

pub(super) fn wrong<T>(words: &'static str) -> Result<T, (StatusCode, &'static str)> {
    Err((StatusCode::BAD_REQUEST, words))
}

pub(super) fn text<'a>(body: &'a Value, name: &str) -> &'a str {
    body[name].as_str().unwrap_or_default()
}

fn texts(body: &Value, name: &str) -> Vec<String> {
    body[name].as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// `client_id`, `client_secret`, `redirect_uris`, `name`, `secret_expired`.
async fn app(State(shared): State<Shared>, Json(body): Json<Value>) -> Told {
    let mut app = App::new(text(&body, "client_id"), text(&body, "client_secret"));
    if app.client_id.is_empty() || app.client_secret.is_empty() {
        return wrong("client_id and client_secret are needed");
    }
    app.redirect_uris = texts(&body, "redirect_uris");
    app.secret_expired = body["secret_expired"].as_bool().unwrap_or_default();
    app.name = body["name"].as_str().map_or(app.name, str::to_owned);
    shared.world().apps.insert(app.client_id.clone(), app);
    Ok(Json(json!({})))
}

/// `id`, `tenant_id`, `name`, `login`, `mail`, `guest`, `signs_in`, `photo` in base64 with `photo_type`.
async fn user(State(shared): State<Shared>, Json(body): Json<Value>) -> Told {
    let mut user = User::new(text(&body, "id"), text(&body, "tenant_id"), text(&body, "name"));
    if user.id.is_empty() || user.tenant_id.is_empty() {
        return wrong("id and tenant_id are needed");
    }
    user.user_principal_name = body["login"].as_str().map_or(user.user_principal_name, str::to_owned);
    user.mail = body["mail"].as_str().map(str::to_owned);
    user.guest = body["guest"].as_bool().unwrap_or_default();
    user.signs_in = body["signs_in"].as_bool().unwrap_or(true);
    if let Some(photo) = body["photo"].as_str() {
        let Ok(bytes) = STANDARD.decode(photo) else { return wrong("photo is not base64") };
        let content_type = body["photo_type"].as_str().unwrap_or("image/jpeg").to_owned();
        user.photo = Some(Photo { content_type, bytes: bytes.into() });
    }
    shared.world().users.insert(user.id.clone(), user);
    Ok(Json(json!({})))
}

/// `kind` (`oneOnOne`, `group`, `meeting`), `topic`, `people`; tells the id.
async fn chat(State(shared): State<Shared>, Json(body): Json<Value>) -> Told {
    let Some(kind) = ChatKind::named(text(&body, "kind")) else { return wrong("no such kind of chat") };
    let people = texts(&body, "people");
    let id = shared.act(|world| world.make_chat(kind, body["topic"].as_str(), &people));
    Ok(Json(json!({"id": id})))
}

/// Any of `consent` and `user`; `trouble` (`revoked`, `consent_withdrawn`, `interaction` with `claims`, `none`) of `user`;
/// `challenge` (claims, or null) of `user`; `expire_tokens_of`, `duplicate`, `hold`, `slashes`, `deletes`, `empty_pages`,
/// `advance_ms`.
async fn set(State(shared): State<Shared>, Json(body): Json<Value>) -> Told {
    let consent = match body["consent"].as_str() {
        None => None,
        Some("ask") => Some(Consent::Ask),
        Some("accept") => Some(Consent::Accept),
        Some("refuse") => Some(Consent::Refuse),
        Some("admin_needed") => Some(Consent::AdminNeeded),
        Some(_) => return wrong("no such consent"),
    };
    let trouble = match body["trouble"].as_str() {
        None | Some("none") => None,
        Some("revoked") => Some(Trouble::Revoked),
        Some("consent_withdrawn") => Some(Trouble::ConsentWithdrawn),
        Some("interaction") => Some(Trouble::Interaction { claims: body["claims"].as_str().map(str::to_owned) }),
        Some(_) => return wrong("no such trouble"),
    };
    let deletes = match body["deletes"].as_str() {
        None => None,
        Some("deleted") => Some(Deletes::Deleted),
        Some("updated") => Some(Deletes::Updated),
        Some("both") => Some(Deletes::Both),
        Some(_) => return wrong("no such way of telling deletions"),
    };
    let user = text(&body, "user").to_owned();
    shared.act(|world| {
        if let Some(consent) = consent {
            world.consent = consent;
            world.consenting = body["user"].as_str().map(str::to_owned);
        }
        if body["trouble"].is_string() {
            world.troubles.remove(&user);
            world.troubles.extend(trouble.map(|trouble| (user.clone(), trouble)));
        }
        if let Some(claims) = body.get("challenge") {
            world.challenged.remove(&user);
            world.challenged.extend(claims.as_str().map(|claims| (user.clone(), claims.to_owned())));
        }
        let expired = text(&body, "expire_tokens_of");
        for access in world.access.values_mut().filter(|access| access.grant.user == expired) {
            access.expires_ms = 0;
        }
        world.duplicate = body["duplicate"].as_bool().unwrap_or(world.duplicate);
        world.hold = body["hold"].as_bool().unwrap_or(world.hold);
        world.slashes = body["slashes"].as_bool().unwrap_or(world.slashes);
        world.deletes = deletes.unwrap_or(world.deletes);
        let pages = body["empty_pages"].as_u64().and_then(|pages| u32::try_from(pages).ok());
        world.empty_pages = pages.unwrap_or(world.empty_pages);
        world.moved_ms += body["advance_ms"].as_i64().unwrap_or_default();
    });
    Ok(Json(json!({})))
}

/// `endpoint` (or `*`), `kind` with what it needs, and `times` for a storm of them.
async fn fault(State(shared): State<Shared>, Json(body): Json<Value>) -> Told {
    let Some(fault) = Fault::named(&body) else { return wrong("no such fault") };
    let endpoint = text(&body, "endpoint");
    if endpoint != "*" && Endpoint::named(endpoint).is_none() {
        return wrong("no such endpoint");
    }
    let times = body["times"].as_u64().unwrap_or(1).min(MAX_STORM);
    let mut world = shared.world();
    let queue = world.faults.entry(endpoint.to_owned()).or_default();
    queue.extend((0..times).map(|_| fault.clone()));
    Ok(Json(json!({})))
}

/// `endpoint`, `per_second`.
async fn limit(State(shared): State<Shared>, Json(body): Json<Value>) -> Told {
    let limit = body["per_second"].as_u64().and_then(|limit| u32::try_from(limit).ok());
    let named = (Endpoint::named(text(&body, "endpoint")), limit);
    let (Some(endpoint), Some(limit)) = named else { return wrong("no such limit") };
    shared.world().limits.insert(endpoint, limit);
    Ok(Json(json!({})))
}

/// `user`, `every_ms`.
async fn start_trickle(State(shared): State<Shared>, Json(body): Json<Value>) -> Told {
    let Some(every) = body["every_ms"].as_u64().filter(|every| *every > 0) else { return wrong("every_ms is needed") };
    trickle::start(&shared, text(&body, "user"), Duration::from_millis(every));
    Ok(Json(json!({})))
}

async fn log(State(shared): State<Shared>) -> Json<Value> {
    let world = shared.world();
    Json(world.log.iter().map(|one| {
        json!({"method": one.method, "path": one.path, "endpoint": one.endpoint, "query": one.query, "body": one.body,
            "prefer": one.prefer, "status": one.status})
    }).collect())
}

async fn deliveries(State(shared): State<Shared>) -> Json<Value> {
    let world = shared.world();
    let told = world.deliveries.iter().map(|one| {
        json!({"url": one.url, "attempt": one.attempt, "status": one.status, "items": one.items,
            "body": String::from_utf8_lossy(&one.body)})
    });
    Json(told.collect())
}

async fn subscriptions(State(shared): State<Shared>) -> Json<Value> {
    let mut world = shared.world();
    world.expire_subscriptions();
    let told = world.subscriptions.iter().map(|one| {
        json!({"id": one.id, "app": one.app, "user": one.user, "resource": one.resource, "expires_ms": one.expires_ms,
            "change_types": one.change_types, "paused": one.paused, "notification_url": one.notification_url,
            "lifecycle_url": one.lifecycle_url,
            "certificate": one.certificate.as_ref().map(|certificate| certificate.id.as_str())})
    });
    Json(told.collect())
}

/// Messages that were sent through the API, as the API tells of them.
async fn sent(State(shared): State<Shared>) -> Json<Value> {
    let world = shared.world();
    let told = world.sent().filter_map(|(chat, id)| {
        let message = world.chats.get(chat)?.message(id)?;
        Some(world.message_shown(message, true))
    });
    Json(told.collect())
}
