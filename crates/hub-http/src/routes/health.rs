//! `/health`, and the double-submit token.

use crate::failure::{Failure, Result};
use crate::front::Front;
use crate::layers::edge::CsrfToken;
use axum::extract::State;
use axum::http::StatusCode;
use axum::{Extension, Json};
use hub_app::health;
use hub_domain::time;
use serde_json::{Value, json};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<Front> {
    OpenApiRouter::new().routes(routes!(healthy)).routes(routes!(csrf_token))
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
