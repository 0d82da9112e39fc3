//! `/api/conversations`.

use crate::dto::both_casings;
use crate::dto::conversation::ConversationDto;
use crate::extract::CurrentUser;
use crate::failure::{Failure, Named, Result};
use crate::front::Front;
use crate::validate::{Problems, Query};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::{StatusCode, Uri};
use hub_app::{ListConversations, inbox};
use serde_json::{Value, json};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<Front> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(find))
}

/// The conversations of all accounts, those with the newest message first.
#[utoipa::path(get, path = "/api/conversations", operation_id = "listConversations", tag = "conversations",
    security(("bearer" = [])),
    params(("limit" = Option<u32>, Query, description = "1 to 100, default 50"),
        ("offset" = Option<u32>, Query, description = "How many to pass over"),
        ("platform" = Option<String>, Query, description = "Of one platform only")),
    responses((status = 200, body = Vec<ConversationDto>, description = "In `conversations`, with `total` and `hasMore`")))]
async fn list(State(front): State<Front>, CurrentUser(caller): CurrentUser, uri: Uri) -> Result<Json<Value>> {
    let (query, mut problems) = (Query::of(&uri), Problems::default());
    let limit = problems.number("limit", query.get("limit"), 1, 100, 50);
    let offset = problems.number("offset", query.get("offset"), 0, u32::MAX, 0);
    let platform = query.get("platform").map(|platform| problems.platform("platform", platform));
    problems.check()?;
    let query = ListConversations { limit, offset, platform, account: None };
    let page = inbox::list_conversations(&front.app, &caller, &query).await;
    let page = page.or_500("INTERNAL_ERROR", "Failed to fetch conversations")?;
    let conversations: Vec<Value> = page.items.iter().map(|c| both_casings(&ConversationDto::from(c))).collect();
    let count = conversations.len();
    Ok(Json(json!({
        "conversations": conversations, "total": page.total, "count": count, "limit": limit, "offset": offset,
        "hasMore": i64::from(offset) + i64::try_from(count).unwrap_or(i64::MAX) < page.total,
    })))
}

pub(super) fn conversation_id<T: From<uuid::Uuid>>(text: &str) -> Result<T> {
    let mut problems = Problems::default();
    let id = problems.id("conversationId", text);
    problems.check()?;
    Ok(id)
}

pub(super) fn not_the_callers(mut failure: Failure) -> Failure {
    if failure.status == StatusCode::NOT_FOUND {
        "Conversation not found or access denied".clone_into(&mut failure.message);
    }
    failure
}

/// One conversation.
#[utoipa::path(get, path = "/api/conversations/{conversation_id}", operation_id = "findConversation",
    tag = "conversations", security(("bearer" = [])),
    params(("conversation_id" = String, Path, description = "Conversation")),
    responses((status = 200, body = ConversationDto), (status = 404, description = "Not the caller's")))]
async fn find(
    State(front): State<Front>,
    CurrentUser(caller): CurrentUser,
    Path(id): Path<String>,
) -> Result<Json<Value>> {
    let found = inbox::find_conversation(&front.app, &caller, conversation_id(&id)?).await;
    let found = found.or_500("INTERNAL_ERROR", "Failed to fetch conversation").map_err(not_the_callers)?;
    Ok(Json(both_casings(&ConversationDto::from(&found))))
}
