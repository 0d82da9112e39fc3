//! `/api/platforms`: what can be linked here, and what each platform allows.

use crate::dto::both_casings;
use crate::dto::platform::PlatformDto;
use crate::extract::CurrentUser;
use crate::front::Front;
use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<Front> {
    OpenApiRouter::new().routes(routes!(list))
}

/// The platforms of this hub.
#[utoipa::path(get, path = "/api/platforms", operation_id = "listPlatforms", tag = "platforms", security(("bearer" = [])),
    responses((status = 200, body = Vec<PlatformDto>, description = "In `platforms`")))]
async fn list(State(front): State<Front>, _caller: CurrentUser) -> Json<Value> {
    let platforms: Vec<Value> = front
        .app
        .platforms()
        .iter()
        .map(|handle| both_casings(&PlatformDto::new(handle.card(), handle.not_configured())))
        .collect();
    Json(json!({"platforms": platforms}))
}
