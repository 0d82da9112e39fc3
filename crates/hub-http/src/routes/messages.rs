//! `/api/messages`: reading and marking. Sending is in `send.rs`.

use crate::body::members;
use crate::dto::both_casings;
use crate::dto::message::MessageDto;
use crate::extract::CurrentUser;
use crate::failure::{Failure, Named, Result};
use crate::front::Front;
use crate::validate::{Problems, Query};
use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use hub_app::inbox::MessageView;
use hub_app::{ListMessages, Page, inbox, sync};
use serde_json::{Value, json};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<Front> {
    OpenApiRouter::new()
        .routes(routes!(list_all))
        .routes(routes!(unread_count))
        .routes(routes!(list))
        .routes(routes!(mark_read))
        .routes(routes!(mark_conversation_read))
        .routes(routes!(sync_now))
}

fn listed(query: &Query, problems: &mut Problems, default: u32) -> ListMessages {
    ListMessages {
        limit: problems.number("limit", query.get("limit"), 1, 100, default),
        offset: problems.number("offset", query.get("offset"), 0, u32::MAX, 0),
        since: problems.moment("since", query.get("since")),
        before: query.get("before").map(|id| problems.id("before", id)),
    }
}

fn page(page: &Page<MessageView>, query: &ListMessages) -> Value {
    let messages: Vec<Value> = page.items.iter().map(|view| both_casings(&MessageDto::from(view))).collect();
    let count = i64::try_from(messages.len()).unwrap_or(i64::MAX);
    // After a message named by the client, only the size of the page tells whether there is more.
    let more = match query.before {
        Some(_) => count == i64::from(query.limit),
        None => i64::from(query.offset) + count < page.total,
    };
    json!({
        "messages": messages, "count": count, "total": page.total, "hasMore": more, "limit": query.limit,
        "offset": query.offset,
    })
}

/// The newest messages over all active accounts.
#[utoipa::path(get, path = "/api/messages", operation_id = "listAllMessages", tag = "messages", security(("bearer" = [])),
    params(("since" = Option<String>, Query, description = "Said at this time (ISO 8601) or later"),
        ("limit" = Option<u32>, Query, description = "1 to 100, default 100"),
        ("offset" = Option<u32>, Query, description = "How many to pass over"),
        ("before" = Option<String>, Query, description = "Older than this message; the next page at the cost of the first")),
    responses((status = 200, body = Vec<MessageDto>, description = "In `messages`, with `total` and `hasMore`")))]
async fn list_all(State(front): State<Front>, CurrentUser(caller): CurrentUser, uri: Uri) -> Result<Json<Value>> {
    let mut problems = Problems::default();
    let query = listed(&Query::of(&uri), &mut problems, 100);
    problems.check()?;
    let found = inbox::list_all_messages(&front.app, &caller, &query).await;
    Ok(Json(page(&found.or_500("INTERNAL_ERROR", "Failed to fetch messages")?, &query)))
}

/// Unread messages over all active accounts.
#[utoipa::path(get, path = "/api/messages/unread/count", operation_id = "unreadCount", tag = "messages",
    security(("bearer" = [])), responses((status = 200, description = "`total`, and `byPlatform` with zeros")))]
async fn unread_count(State(front): State<Front>, CurrentUser(caller): CurrentUser) -> Result<Json<Value>> {
    let counts = inbox::unread_count(&front.app, &caller).await;
    let counts = counts.or_500("INTERNAL_ERROR", "Failed to fetch unread count")?;
    Ok(Json(json!({"total": counts.total, "byPlatform": counts.by_platform})))
}

/// A conversation's messages, newest first. Reading does not mark as read.
#[utoipa::path(get, path = "/api/messages/{conversation_id}", operation_id = "listMessages", tag = "messages",
    security(("bearer" = [])),
    params(("conversation_id" = String, Path, description = "Conversation"),
        ("since" = Option<String>, Query, description = "Said at this time (ISO 8601) or later"),
        ("limit" = Option<u32>, Query, description = "1 to 100, default 50"),
        ("offset" = Option<u32>, Query, description = "How many to pass over"),
        ("before" = Option<String>, Query, description = "Older than this message; the next page at the cost of the first")),
    responses((status = 200, body = Vec<MessageDto>, description = "In `messages`, with `total` and `hasMore`"),
        (status = 403, description = "Not the caller's")))]
async fn list(
    State(front): State<Front>,
    CurrentUser(caller): CurrentUser,
    Path(id): Path<String>,
    uri: Uri,
) -> Result<Json<Value>> {
    let mut problems = Problems::default();
    let id = problems.id("conversationId", &id);
    let query = listed(&Query::of(&uri), &mut problems, 50);
    problems.check()?;
    let found = inbox::list_messages(&front.app, &caller, id, &query).await;
    Ok(Json(page(&found.or_500("INTERNAL_ERROR", "Failed to fetch conversation messages")?, &query)))
}

/// Marks one message as read. Twice is fine.
#[utoipa::path(patch, path = "/api/messages/{message_id}/read", operation_id = "markMessageRead", tag = "messages",
    security(("bearer" = [])), params(("message_id" = String, Path, description = "Message")),
    responses((status = 200, description = "Read"), (status = 404, description = "Not the caller's")))]
async fn mark_read(
    State(front): State<Front>,
    CurrentUser(caller): CurrentUser,
    Path(id): Path<String>,
) -> Result<Json<Value>> {
    let mut problems = Problems::default();
    let id = problems.id("messageId", &id);
    problems.check()?;
    let outcome = inbox::mark_message_read(&front.app, &caller, id).await;
    outcome.or_500("INTERNAL_ERROR", "Failed to mark message as read")?;
    Ok(Json(json!({"success": true, "message": "Message marked as read"})))
}

/// Marks everything in a conversation as read.
#[utoipa::path(patch, path = "/api/messages/conversation/{conversation_id}/read", operation_id = "markConversationRead",
    tag = "messages", security(("bearer" = [])),
    params(("conversation_id" = String, Path, description = "Conversation")),
    responses((status = 200, description = "Read"), (status = 403, description = "Not the caller's")))]
async fn mark_conversation_read(
    State(front): State<Front>,
    CurrentUser(caller): CurrentUser,
    Path(id): Path<String>,
) -> Result<Json<Value>> {
    let mut problems = Problems::default();
    let id = problems.id("conversationId", &id);
    problems.check()?;
    let outcome = inbox::mark_conversation_read(&front.app, &caller, id).await;
    outcome.or_500("INTERNAL_ERROR", "Failed to mark conversation as read").map_err(|mut failure: Failure| {
        if failure.status == StatusCode::FORBIDDEN {
            "Access denied".clone_into(&mut failure.message);
        }
        failure
    })?;
    Ok(Json(json!({"success": true, "message": "All messages marked as read"})))
}

/// Asks all active accounts' platforms now, where they do not call by themselves.
#[utoipa::path(post, path = "/api/messages/sync", operation_id = "sync", tag = "messages", security(("bearer" = [])),
    responses((status = 200, description = "`totalMessages`, and one result per account")))]
async fn sync_now(
    State(front): State<Front>,
    CurrentUser(caller): CurrentUser,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Value>> {
    let body = members(&headers, body).await?;
    let mut problems = Problems::default();
    let _ = problems.moment("since", body.get("since").and_then(Value::as_str));
    problems.check()?;
    let results = sync::sync_all(&front.app, &caller).await.or_500("INTERNAL_ERROR", "Failed to sync messages")?;
    let total: u64 = results.iter().map(|result| result.message_count).sum();
    let results: Vec<Value> = results
        .into_iter()
        .map(|result| {
            let mut shown = json!({
                "accountId": result.account_id, "platform": result.platform, "messageCount": result.message_count,
                "success": result.error.is_none(),
            });
            if let Some(error) = result.error {
                shown["error"] = error.into();
            }
            shown
        })
        .collect();
    Ok(Json(json!({"success": true, "totalMessages": total, "accountResults": results})))
}
