//! `/health`, and the double-submit token.

use crate::extract::CurrentUser;
use crate::failure::{Failure, Named, Result};
use crate::front::Front;
use crate::layers::edge::CsrfToken;
use axum::extract::State;
use axum::http::StatusCode;
use axum::{Extension, Json};
use hub_app::{auth, health};
use hub_domain::{Balance, Book, Counter, time};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<Front> {
    OpenApiRouter::new().routes(routes!(healthy)).routes(routes!(csrf_token)).routes(routes!(ledger))
}

/// Whether the hub can do its work.
#[utoipa::path(get, path = "/health", operation_id = "health", tag = "operations",
    responses((status = 200, description = "It can"), (status = 503, description = "The database does not answer")))]
async fn healthy(State(front): State<Front>) -> (StatusCode, Json<Value>) {
    let timestamp = time::to_contract(front.app.now());
    if health::check(&front.app).await.is_err() {
        let body = json!({"status": "error", "timestamp": timestamp, "error": "Service unavailable"});
        return (StatusCode::SERVICE_UNAVAILABLE, Json(body));
    }
    let (connections, users) = front.live.counts();
    let redis = if front.app.bus().is_linked() { "connected" } else { "disconnected" };
    let body = json!({
        "status": "ok", "timestamp": timestamp,
        "services": {
            "database": "connected", "redis": redis,
            "websocket": {"status": "active", "connections": connections, "authenticatedUsers": users},
        },
    });
    (StatusCode::OK, Json(body))
}

/// The double-submit token of this browser, equal to its cookie.
#[utoipa::path(get, path = "/api/csrf-token", operation_id = "csrfToken", tag = "operations",
    responses((status = 200, description = "In `csrfToken`")))]
async fn csrf_token(token: Option<Extension<CsrfToken>>) -> Result<Json<Value>> {
    let Some(Extension(CsrfToken(token))) = token else {
        let code = "CSRF_TOKEN_GENERATION_FAILED";
        let failure = Failure::new(StatusCode::INTERNAL_SERVER_ERROR, code, "Failed to generate CSRF token");
        return Err(failure.retryable());
    };
    Ok(Json(json!({"csrfToken": token})))
}

/// Whether everything that came in and went out can be accounted for. Everybody who is signed in sees whether the sums come
/// out; how much there is of everybody's together, an administrator sees.
#[utoipa::path(get, path = "/api/health/ledger", operation_id = "ledger", tag = "operations", security(("bearer" = [])),
    responses((status = 200, description = "`balanced`, and by platform in `platforms` what a sum lacks (`missing`; zero is \
        well), for administrators with every counter in `counts`: `received` = `applied` + `known` + `ignored` + `dismissed` \
        + `parked` + `waiting`; `sent` = `taken` + `failed` + `unconfirmed` + `open`")))]
async fn ledger(State(front): State<Front>, CurrentUser(caller): CurrentUser) -> Result<Json<Value>> {
    let books = hub_app::ledger::books(&front.app).await.or_500("INTERNAL_ERROR", "Failed to read the ledger")?;
    let sees_counts = auth::is_admin(&front.app, &caller).await?;
    let (balanced, platforms) = shown_books(&books, sees_counts);
    Ok(Json(json!({"balanced": balanced, "platforms": platforms})))
}

/// Whether all books come out, and each of them, with every counter where `counted`.
pub(super) fn shown_books(books: &BTreeMap<String, Book>, counted: bool) -> (bool, Vec<Value>) {
    let mut balanced = true;
    let platforms: Vec<Value> = books
        .iter()
        .map(|(platform, book)| {
            let balance = book.balance();
            balanced &= balance.is_even();
            let Balance { inbound, outbound } = balance;
            let mut shown = json!({
                "platform": platform, "balanced": balance.is_even(),
                "missing": {"inbound": inbound, "outbound": outbound},
            });
            if counted {
                let counts = Counter::ALL.into_iter().map(|c| (c.as_str().to_owned(), book.count(c).into()));
                let mut counts: Map<String, Value> = counts.collect();
                counts.insert("open".to_owned(), book.open.into());
                shown["counts"] = counts.into();
            }
            shown
        })
        .collect();
    (balanced, platforms)
}
