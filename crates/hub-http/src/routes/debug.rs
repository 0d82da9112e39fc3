//! `/api/debug`: asking now, and the numbers of the queue.

use crate::extract::CurrentUser;
use crate::failure::{Named, Result};
use crate::front::Front;
use crate::validate::Problems;
use axum::Json;
use axum::extract::{Path, State};
use hub_app::sync;
use serde_json::{Value, json};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<Front> {
    OpenApiRouter::new().routes(routes!(stats)).routes(routes!(poll))
}

/// Asks an account's platform now.
#[utoipa::path(post, path = "/api/debug/polling/{account_id}", operation_id = "triggerPolling", tag = "debug",
    security(("bearer" = [])), params(("account_id" = String, Path, description = "Account")),
    responses((status = 200, description = "Asked"), (status = 400, description = "This platform calls by itself"),
        (status = 404, description = "Not the caller's, or inactive")))]
async fn poll(
    State(front): State<Front>,
    CurrentUser(caller): CurrentUser,
    Path(id): Path<String>,
) -> Result<Json<Value>> {
    let mut problems = Problems::default();
    let account = problems.id("accountId", &id);
    problems.check()?;
    sync::trigger_poll(&front.app, &caller, account).await.or_500("INTERNAL_ERROR", "Failed to trigger polling")?;
    Ok(Json(json!({"success": true, "message": format!("Polling triggered for account {account}")})))
}

/// Numbers of the queue.
#[utoipa::path(get, path = "/api/debug/polling/stats", operation_id = "pollingStats", tag = "debug",
    security(("bearer" = [])), responses((status = 200, description = "In `stats`")))]
async fn stats(State(front): State<Front>, _caller: CurrentUser) -> Result<Json<Value>> {
    let stats = sync::poll_stats(&front.app).await.or_500("INTERNAL_ERROR", "Failed to read polling stats")?;
    Ok(Json(json!({"success": true, "stats": {
        "waiting": stats.waiting, "active": stats.active, "completed": stats.completed, "failed": stats.failed,
        "delayed": stats.delayed,
    }})))
}
