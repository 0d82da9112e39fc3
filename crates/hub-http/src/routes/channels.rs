//! How the caller's accounts stand, and taking one back.

use crate::dto::both_casings;
use crate::dto::channel::ChannelDto;
use crate::extract::CurrentUser;
use crate::failure::{Named, Result};
use crate::front::Front;
use crate::validate::Problems;
use axum::Json;
use axum::extract::{Path, State};
use hub_app::channels;
use serde_json::{Value, json};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<Front> {
    OpenApiRouter::new().routes(routes!(of_accounts)).routes(routes!(reclaim))
}

/// How each of the caller's accounts stands, since when, why, and what can be done, newest account first. An `account_update`
/// is pushed at every change.
#[utoipa::path(get, path = "/api/health/accounts", operation_id = "accountHealth", tag = "oauth", security(("bearer" = [])),
    responses((status = 200, body = Vec<ChannelDto>, description = "In `accounts`")))]
async fn of_accounts(State(front): State<Front>, CurrentUser(caller): CurrentUser) -> Result<Json<Value>> {
    let known = channels::channels(&front.app, &caller).await;
    let known = known.or_500("FETCH_FAILED", "Failed to retrieve the state of the accounts")?;
    let shown: Vec<Value> = known.iter().map(|channel| both_casings(&ChannelDto::from(channel))).collect();
    Ok(Json(json!({"accounts": shown})))
}

/// Has the platform call this hub again after somebody else took the account's webhook, and reads back what was missed. Never
/// done without being asked.
#[utoipa::path(post, path = "/api/oauth/accounts/{account_id}/reclaim", operation_id = "reclaimAccount", tag = "oauth",
    security(("bearer" = [])), params(("account_id" = String, Path, description = "Account")),
    responses((status = 200, body = ChannelDto, description = "In `account`"),
        (status = 400, description = "The platform does not call the hub for this account"),
        (status = 404, description = "Not the caller's"), (status = 502, description = "The platform refused")))]
async fn reclaim(
    State(front): State<Front>,
    CurrentUser(caller): CurrentUser,
    Path(id): Path<String>,
) -> Result<Json<Value>> {
    let mut problems = Problems::default();
    let id = problems.id("accountId", &id);
    problems.check()?;
    let channel = channels::reclaim(&front.app, &caller, id).await;
    let channel = channel.or_500("RECLAIM_FAILED", "Failed to take the account back")?;
    Ok(Json(json!({"success": true, "account": both_casings(&ChannelDto::from(&channel))})))
}
