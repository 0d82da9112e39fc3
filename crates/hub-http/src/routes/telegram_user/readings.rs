//! Reading everything once more: beside what is here, or in its place.

use super::{account, failed};
use crate::extract::CurrentUser;
use crate::failure::Result;
use crate::front::Front;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use hub_app::sync::{self, Reread};
use serde_json::{Value, json};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<Front> {
    OpenApiRouter::new().routes(routes!(synchronise)).routes(routes!(reset))
}

/// Reads what was lately said once more. The open line brings news by itself; this finds what it lost. It goes on in the
/// background when it takes longer (`pending`).
#[utoipa::path(post, path = "/api/telegram/{account_id}/sync", operation_id = "telegramSync", tag = "telegram user",
    security(("bearer" = [])), params(("account_id" = String, Path, description = "Account")),
    responses((status = 200, description = "`messageCount` new messages so far"), (status = 404, description = "Not the caller's"),
        (status = 409, description = "The account needs a new sign-in")))]
async fn synchronise(
    State(front): State<Front>,
    CurrentUser(caller): CurrentUser,
    Path(id): Path<String>,
) -> Result<Json<Value>> {
    let account = account(&front, &caller, &id).await?;
    let read = sync::sync_account(&front.app, &caller, account.id).await.map_err(failed)?;
    Ok(Json(answer(read, "Messages synced successfully")))
}

/// Forgets the account's messages and keeps what a new reading brings. Nothing is forgotten before that reading succeeded.
#[utoipa::path(post, path = "/api/telegram/{account_id}/reset", operation_id = "telegramReset", tag = "telegram user",
    security(("bearer" = [])), params(("account_id" = String, Path, description = "Account")),
    responses((status = 200, description = "Done; `messageCount` messages"), (status = 202, description = "It takes longer and goes on (`pending`)"),
        (status = 404, description = "Not the caller's"), (status = 502, description = "The platform failed; nothing was forgotten")))]
async fn reset(
    State(front): State<Front>,
    CurrentUser(caller): CurrentUser,
    Path(id): Path<String>,
) -> Result<(StatusCode, Json<Value>)> {
    let account = account(&front, &caller, &id).await?;
    let read = sync::reset_account(&front.app, &caller, account.id).await.map_err(failed)?;
    Ok(if read.pending {
        (StatusCode::ACCEPTED, Json(answer(read, "Reset is under way")))
    } else {
        (StatusCode::OK, Json(answer(read, "Reset and synced successfully")))
    })
}

fn answer(read: Reread, message: &str) -> Value {
    json!({"success": true, "message": message, "messageCount": read.messages, "pending": read.pending})
}
