//! `/api/admin/conversations`: everybody's conversations.

use super::{Asked, id_of, part};
use crate::dto::admin::AdminConversationDto;
use crate::dto::both_casings;
use crate::extract::Admin;
use crate::failure::Result;
use crate::front::Front;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::Uri;
use hub_app::{FindConversations, admin};
use serde_json::{Value, json};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<Front> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(open))
}

/// Conversations, those with the newest message first.
#[utoipa::path(get, path = "/api/admin/conversations", operation_id = "adminConversations", tag = "admin", security(("bearer" = [])),
    params(("search" = Option<String>, Query, description = "Words of the other person's name or of an id at the platform, or an id"),
        ("platform" = Option<String>, Query, description = "Only those of this platform"),
        ("user" = Option<String>, Query, description = "Only those of this user: address or id"),
        ("account" = Option<String>, Query, description = "Only those of this account"),
        ("unread" = Option<bool>, Query, description = "Only those with unread messages, or without"),
        ("from" = Option<String>, Query, description = "Last written in at this time or later"),
        ("until" = Option<String>, Query, description = "Last written in before this time"),
        ("after" = Option<String>, Query, description = "The `next` of the part before"),
        ("limit" = Option<u32>, Query, description = "1 to 100, default 50")),
    responses((status = 200, body = Vec<AdminConversationDto>, description = "In `conversations`; `next`, `hasMore`"),
        (status = 403, description = "Not an administrator")))]
async fn list(State(front): State<Front>, _admin: Admin, uri: Uri) -> Result<Json<Value>> {
    let mut asked = Asked::of(&uri);
    let query = FindConversations {
        search: asked.words("search"),
        platform: asked.platform(),
        user: asked.user(&front).await?,
        account: asked.id("account"),
        unread: asked.yes_or_no("unread"),
        span: asked.span(),
        after: asked.after(),
        limit: asked.limit(),
    };
    asked.check()?;
    let found = admin::conversations::find_conversations(&front.app, &query).await?;
    let shown = found.items.iter().map(|owned| both_casings(&AdminConversationDto::from(owned))).collect();
    Ok(Json(part("conversations", shown, found.next, query.limit)))
}

/// One conversation, and how many messages are in it.
#[utoipa::path(get, path = "/api/admin/conversations/{id}", operation_id = "adminConversation", tag = "admin",
    security(("bearer" = [])), params(("id" = String, Path, description = "Conversation")),
    responses((status = 200, body = AdminConversationDto, description = "In `conversation`, with `messages`: how many"),
        (status = 403, description = "Not an administrator"), (status = 404, description = "Unknown")))]
async fn open(State(front): State<Front>, _admin: Admin, Path(id): Path<String>) -> Result<Json<Value>> {
    let (owned, messages) = admin::conversations::open_conversation(&front.app, id_of(&id)?).await?;
    Ok(Json(json!({"conversation": both_casings(&AdminConversationDto::from(&owned)), "messages": messages})))
}
