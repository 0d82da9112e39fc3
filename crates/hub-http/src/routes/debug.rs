//! `/api/debug`: asking now, and the numbers of the queue. Outside production every signed-in user has them, as the contract says; in
//! production they are off, and for administrators only where the settings switch them on.

use crate::extract::CurrentUser;
use crate::failure::{Failure, Named, Result};
use crate::front::Front;
use crate::validate::Problems;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use hub_app::{Caller, auth, sync};
use serde_json::{Value, json};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Stands for a value that is set.
const MASKED: &str = "****";
/// Stands for one that is not.
const NOT_SET: &str = "NOT SET";

pub(super) fn routes() -> OpenApiRouter<Front> {
    OpenApiRouter::new().routes(routes!(stats)).routes(routes!(poll)).routes(routes!(instagram_config))
}

/// Asks an account's platform now.
#[utoipa::path(post, path = "/api/debug/polling/{account_id}", operation_id = "triggerPolling", tag = "debug",
    security(("bearer" = [])), params(("account_id" = String, Path, description = "Account")),
    responses((status = 200, description = "Asked"), (status = 400, description = "This platform calls by itself"),
        (status = 404, description = "Not the caller's, or inactive; or these routes are off")))]
async fn poll(
    State(front): State<Front>,
    CurrentUser(caller): CurrentUser,
    Path(id): Path<String>,
) -> Result<Json<Value>> {
    admit(&front, &caller).await?;
    let mut problems = Problems::default();
    let account = problems.id("accountId", &id);
    problems.check()?;
    sync::trigger_poll(&front.app, &caller, account).await.or_500("INTERNAL_ERROR", "Failed to trigger polling")?;
    Ok(Json(json!({"success": true, "message": format!("Polling triggered for account {account}")})))
}

/// Numbers of the queue.
#[utoipa::path(get, path = "/api/debug/polling/stats", operation_id = "pollingStats", tag = "debug",
    security(("bearer" = [])), responses((status = 200, description = "In `stats`")))]
async fn stats(State(front): State<Front>, CurrentUser(caller): CurrentUser) -> Result<Json<Value>> {
    admit(&front, &caller).await?;
    let stats = sync::poll_stats(&front.app).await.or_500("INTERNAL_ERROR", "Failed to read polling stats")?;
    Ok(Json(json!({"success": true, "stats": {
        "waiting": stats.waiting, "active": stats.active, "completed": stats.completed, "failed": stats.failed,
        "delayed": stats.delayed,
    }})))
}

/// Whether one platform is configured, in the members the contract names. Nothing of a secret is in them, not even its length.
#[utoipa::path(get, path = "/api/debug/instagram-config", operation_id = "instagramConfig", tag = "debug",
    security(("bearer" = [])), responses((status = 200, description = "In `config`; lengths are 0 and values masked")))]
async fn instagram_config(State(front): State<Front>, CurrentUser(caller): CurrentUser) -> Result<Json<Value>> {
    admit(&front, &caller).await?;
    let handle = front.app.platforms().published("instagram").into_iter().next();
    let configured = handle.is_some_and(|handle| handle.not_configured().is_none());
    let masked = if configured { MASKED } else { NOT_SET };
    let base = front.settings.public_url.as_deref();
    let redirect = base.zip(handle).map(|(base, handle)| format!("{base}{}", handle.card().callback_path));
    Ok(Json(json!({"success": true, "config": {
        "appIdConfigured": configured, "appIdLength": 0, "appIdFirstChars": masked,
        "appSecretConfigured": configured, "appSecretLength": 0,
        "webhookBaseUrl": base.unwrap_or(NOT_SET), "redirectUri": redirect.as_deref().unwrap_or(NOT_SET), "authUrl": masked,
    }})))
}

/// Whether these routes are there for the caller.
async fn admit(front: &Front, caller: &Caller) -> Result<()> {
    if !front.settings.debug_routes {
        return Err(super::not_found().await);
    }
    if front.settings.production && !auth::is_admin(&front.app, caller).await? {
        return Err(Failure::new(StatusCode::FORBIDDEN, "FORBIDDEN", "Administrators only"));
    }
    Ok(())
}
