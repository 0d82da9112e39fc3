//! What happened besides messages: in a conversation, or to an account.

use super::conversations::{conversation_id, not_the_callers};
use crate::dto::both_casings;
use crate::dto::conversation::NoticeDto;
use crate::extract::CurrentUser;
use crate::failure::{Named, Result};
use crate::front::Front;
use crate::validate::{Problems, Query};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::Uri;
use hub_app::{Notice, accounts, inbox};
use serde_json::{Value, json};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Notices on one page.
const MAX_NOTICES: u32 = 100;

pub(super) fn routes() -> OpenApiRouter<Front> {
    OpenApiRouter::new().routes(routes!(of_conversation)).routes(routes!(of_account))
}

/// What happened in a conversation besides messages, newest first.
#[utoipa::path(get, path = "/api/conversations/{conversation_id}/notices", operation_id = "listNotices",
    tag = "conversations", security(("bearer" = [])),
    params(("conversation_id" = String, Path, description = "Conversation"),
        ("limit" = Option<u32>, Query, description = "1 to 100, default 50")),
    responses((status = 200, body = Vec<NoticeDto>, description = "In `notices`")))]
async fn of_conversation(
    State(front): State<Front>,
    CurrentUser(caller): CurrentUser,
    Path(id): Path<String>,
    uri: Uri,
) -> Result<Json<Value>> {
    let id = conversation_id(&id)?;
    let notices = inbox::notices(&front.app, &caller, id, limit(&uri)?).await;
    Ok(shown(&notices.or_500("INTERNAL_ERROR", "Failed to fetch notices").map_err(not_the_callers)?))
}

/// What happened to an account, newest first, such as `sign_in_ends` with `ends_at`.
#[utoipa::path(get, path = "/api/oauth/accounts/{account_id}/notices", operation_id = "listAccountNotices", tag = "oauth",
    security(("bearer" = [])),
    params(("account_id" = String, Path, description = "Account"),
        ("limit" = Option<u32>, Query, description = "1 to 100, default 50")),
    responses((status = 200, body = Vec<NoticeDto>, description = "In `notices`"),
        (status = 404, description = "Not the caller's")))]
async fn of_account(
    State(front): State<Front>,
    CurrentUser(caller): CurrentUser,
    Path(id): Path<String>,
    uri: Uri,
) -> Result<Json<Value>> {
    let mut problems = Problems::default();
    let id = problems.id("accountId", &id);
    problems.check()?;
    let notices = accounts::notices(&front.app, &caller, id, limit(&uri)?).await;
    Ok(shown(&notices.or_500("INTERNAL_ERROR", "Failed to fetch notices")?))
}

fn limit(uri: &Uri) -> Result<u32> {
    let mut problems = Problems::default();
    let limit = problems.number("limit", Query::of(uri).get("limit"), 1, MAX_NOTICES, 50);
    problems.check()?;
    Ok(limit)
}

fn shown(notices: &[Notice]) -> Json<Value> {
    let notices: Vec<Value> = notices.iter().map(|notice| both_casings(&NoticeDto::from(notice))).collect();
    Json(json!({"notices": notices}))
}
