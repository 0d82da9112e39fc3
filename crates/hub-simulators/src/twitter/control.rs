//! `/_sim/`: working the simulator over HTTP. Bodies are JSON.

use super::faults::Fault;
use super::handle::Shared;
use super::limits::{Bucket, Span};
use super::page::Consent;
use super::spending::Spending;
use super::trickle;
use super::world::{App, User};
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::time::Duration;

type Told = Result<Json<Value>, (StatusCode, &'static str)>;

pub(super) fn routes() -> Router<Shared> {
    Router::new()
        .route("/_sim/app", post(app))
        .route("/_sim/user", post(user))
        .route("/_sim/act", post(act))
        .route("/_sim/set", post(set))
        .route("/_sim/fault", post(fault))
        .route("/_sim/limit", post(limit))
        .route("/_sim/trickle", post(start_trickle))
        .route("/_sim/log", get(log))
        .route("/_sim/deliveries", get(deliveries))
}

fn wrong<T>(words: &'static str) -> Result<T, (StatusCode, &'static str)> {
    Err((StatusCode::BAD_REQUEST, words))
}

fn text<'a>(body: &'a Value, name: &str) -> &'a str {
    body[name].as_str().unwrap_or_default()
}

fn texts(body: &Value, name: &str) -> Vec<String> {
    body[name].as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// `client_id`, `client_secret` (absent = public), `consumer_secret`, `redirect_uris`; tells the app-only token.
async fn app(State(shared): State<Shared>, Json(body): Json<Value>) -> Told {
    let mut app = App::new(text(&body, "client_id"), text(&body, "client_secret"), text(&body, "consumer_secret"));
    if app.client_id.is_empty() || app.consumer_secret.is_empty() {
        return wrong("client_id and consumer_secret are needed");
    }
    app.client_secret = body["client_secret"].as_str().map(str::to_owned);
    app.redirect_uris = texts(&body, "redirect_uris");
    let told = json!({"bearer": app.bearer, "consumer_key": app.consumer_key});
    shared.world().apps.insert(app.client_id.clone(), app);
    Ok(Json(told))
}

/// `id`, `username`, `name`, `takes_dms`.
async fn user(State(shared): State<Shared>, Json(body): Json<Value>) -> Told {
    let mut user = User::new(text(&body, "id"), text(&body, "username"), text(&body, "name"));
    user.takes_dms = body["takes_dms"].as_bool().unwrap_or(true);
    if !super::ids::is_id(&user.id) {
        return wrong("id must be digits");
    }
    shared.world().put_user(user);
    Ok(Json(json!({})))
}

/// `kind`: say, media, group, join, leave, delete, typing, read, encrypted, revoke; with `from`, `to` and what the kind needs.
async fn act(State(shared): State<Shared>, Json(body): Json<Value>) -> Told {
    let (from, to) = (text(&body, "from"), text(&body, "to"));
    let told = shared.act(|world| {
        Some(match text(&body, "kind") {
            "say" => json!({"id": world.say(from, to, text(&body, "text")).id.to_string()}),
            "media" => {
                let bytes = STANDARD.decode(text(&body, "bytes")).ok()?;
                let kind = (text(&body, "category"), text(&body, "content_type"));
                json!({"id": world.attach(from, to, text(&body, "text"), kind, &bytes).id.to_string()})
            }
            "group" => json!({"id": world.new_group(from, texts(&body, "others"))}),
            kind @ ("join" | "leave") => json!({"done": world.walk(to, from, from, kind == "join")}),
            "delete" => json!({"done": world.forget(text(&body, "event"))}),
            "typing" => {
                world.types(from, to);
                json!({})
            }
            "read" => {
                world.reads(from, to, text(&body, "event"));
                json!({})
            }
            "encrypted" => {
                world.say_encrypted(from, to);
                json!({})
            }
            "revoke" => {
                world.revoke_app(from);
                json!({})
            }
            _ => return None,
        })
    });
    told.map_or_else(|| wrong("no such deed"), |told| Ok(Json(told)))
}

/// Any of `consent` and `user`, `spending` and `reset_date`, `legacy_429`, `duplicate`, `hold`, `advance_ms`.
async fn set(State(shared): State<Shared>, Json(body): Json<Value>) -> Told {
    let consent = match body["consent"].as_str() {
        None => None,
        Some("ask") => Some(Consent::Ask),
        Some("accept") => Some(Consent::Accept),
        Some("refuse") => Some(Consent::Refuse),
        Some(_) => return wrong("no such consent"),
    };
    let spending = match body["spending"].as_str() {
        None => None,
        Some("fine") => Some(Spending::Fine),
        Some("credits_depleted") => Some(Spending::CreditsDepleted),
        Some("cap_reached") => Some(Spending::CapReached { reset_date: text(&body, "reset_date").to_owned() }),
        Some("usage_capped") => Some(Spending::UsageCapped),
        Some(_) => return wrong("no such spending"),
    };
    shared.act(|world| {
        if let Some(consent) = consent {
            world.consent = consent;
            world.consenting = body["user"].as_str().map(str::to_owned);
        }
        world.spending = spending.unwrap_or_else(|| world.spending.clone());
        world.legacy_429 = body["legacy_429"].as_bool().unwrap_or(world.legacy_429);
        world.duplicate = body["duplicate"].as_bool().unwrap_or(world.duplicate);
        world.hold = body["hold"].as_bool().unwrap_or(world.hold);
        world.moved_ms += body["advance_ms"].as_i64().unwrap_or_default();
    });
    Ok(Json(json!({})))
}

/// `endpoint` (or `*`), and `kind` with what it needs.
async fn fault(State(shared): State<Shared>, Json(body): Json<Value>) -> Told {
    let Some(fault) = Fault::named(&body) else { return wrong("no such fault") };
    let endpoint = text(&body, "endpoint");
    if endpoint != "*" && Bucket::named(endpoint).is_none() {
        return wrong("no such endpoint");
    }
    shared.world().faults.entry(endpoint.to_owned()).or_default().push_back(fault);
    Ok(Json(json!({})))
}

/// `endpoint`, `span` (`quarter`, `user_day`, `app_day`), `limit`.
async fn limit(State(shared): State<Shared>, Json(body): Json<Value>) -> Told {
    let limit = body["limit"].as_u64().and_then(|limit| u32::try_from(limit).ok());
    let named = (Bucket::named(text(&body, "endpoint")), Span::named(text(&body, "span")), limit);
    let (Some(bucket), Some(span), Some(limit)) = named else { return wrong("no such limit") };
    shared.world().limits.insert((bucket, span), limit);
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
            "status": one.status})
    }).collect())
}

async fn deliveries(State(shared): State<Shared>) -> Json<Value> {
    let world = shared.world();
    Json(
        world
            .deliveries
            .iter()
            .map(|one| {
                json!({"webhook": one.webhook, "attempt": one.attempt, "status": one.status, "signature": one.signature,
            "body": String::from_utf8_lossy(&one.body)})
            })
            .collect(),
    )
}
