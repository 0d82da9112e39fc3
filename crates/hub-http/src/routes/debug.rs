//! `/api/debug`: asking now, the numbers of the queue, and how an app is set up.

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

/// Stands for what is set and not shown, and for what is not set.
const MASK: &str = "****";
const NOT_SET: &str = "NOT SET";

pub(super) fn routes() -> OpenApiRouter<Front> {
    OpenApiRouter::new().routes(routes!(stats)).routes(routes!(poll)).routes(routes!(app_on_show))
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

/// How Instagram is set up: the originals' members, with nothing in them that must not be seen.
#[utoipa::path(get, path = "/api/debug/instagram-config", operation_id = "instagramConfig", tag = "debug",
    security(("bearer" = [])), responses((status = 200, description = "In `config`")))]
async fn app_on_show(State(front): State<Front>, _caller: CurrentUser) -> Json<Value> {
    let app = &front.settings.shown_app;
    let shown = |is_set: bool, text: String| if is_set { text } else { NOT_SET.to_owned() };
    let base = front.settings.public_url.as_deref();
    let redirect = base.map(|base| format!("{base}/api/auth/callback/instagram")).unwrap_or(NOT_SET.to_owned());
    Json(json!({"success": true, "config": {
        "appIdConfigured": app.id_length > 0,
        "appIdLength": app.id_length,
        "appIdFirstChars": shown(app.id_length > 0, MASK.to_owned()),
        "appSecretConfigured": app.has_secret,
        "appSecretLength": 0,
        "webhookBaseUrl": base.unwrap_or(NOT_SET),
        "redirectUri": redirect,
        "authUrl": shown(app.id_length > 0, format!("{}/oauth/authorize?client_id={MASK}", app.dialog_url)),
    }}))
}
