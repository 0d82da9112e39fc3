//! `/api/admin/messages`: everybody's messages.

use super::{Asked, id_of, part};
use crate::dto::admin::AdminMessageDto;
use crate::dto::both_casings;
use crate::extract::Admin;
use crate::failure::Result;
use crate::front::Front;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::Uri;
use hub_app::{FindMessages, admin};
use hub_domain::{DeliveryStatus, Direction};
use serde_json::{Value, json};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

const DIRECTIONS: [(&str, Direction); 2] = [("incoming", Direction::Incoming), ("outgoing", Direction::Outgoing)];
const STATUSES: [DeliveryStatus; 7] = [
    DeliveryStatus::Queued,
    DeliveryStatus::Sending,
    DeliveryStatus::Sent,
    DeliveryStatus::Delivered,
    DeliveryStatus::Read,
    DeliveryStatus::Failed,
    DeliveryStatus::Unconfirmed,
];

pub(super) fn routes() -> OpenApiRouter<Front> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(open))
}

/// Messages, the newest first, without their words: those rest sealed and are private. `text` looks for words all the same: the
/// messages that fit every other filter are opened, newest first, up to 5000 of them at a time (`opened` says how many), and those
/// that say the words are shown with them; `next` goes on where it stopped. That leaves a line in the log.
#[utoipa::path(get, path = "/api/admin/messages", operation_id = "adminMessages", tag = "admin", security(("bearer" = [])),
    params(("text" = Option<String>, Query, description = "Words the message says, in any case of letters"),
        ("search" = Option<String>, Query, description = "Words of the sender's name, of the sender's or the message's id at the platform, or an id"),
        ("platform" = Option<String>, Query, description = "Only those of this platform"),
        ("user" = Option<String>, Query, description = "Only those of this user: address or id"),
        ("account" = Option<String>, Query, description = "Only those of this account"),
        ("conversation" = Option<String>, Query, description = "Only those of this conversation"),
        ("direction" = Option<String>, Query, description = "`incoming` or `outgoing`"),
        ("status" = Option<String>, Query, description = "Only outgoing ones that got so far"),
        ("from" = Option<String>, Query, description = "Said at this time or later"),
        ("until" = Option<String>, Query, description = "Said before this time"),
        ("after" = Option<String>, Query, description = "The `next` of the part before"),
        ("limit" = Option<u32>, Query, description = "1 to 100, default 50")),
    responses((status = 200, body = Vec<AdminMessageDto>, description = "In `messages`; `next`, `hasMore`, and `opened` with `text`"),
        (status = 403, description = "Not an administrator")))]
async fn list(State(front): State<Front>, Admin(caller): Admin, uri: Uri) -> Result<Json<Value>> {
    let mut asked = Asked::of(&uri);
    let words = asked.words("text");
    let query = FindMessages {
        search: asked.words("search"),
        platform: asked.platform(),
        user: asked.user(&front).await?,
        account: asked.id("account"),
        conversation: asked.id("conversation"),
        direction: asked.one_of("direction", &DIRECTIONS),
        status: asked.one_of("status", &STATUSES.map(|status| (status.as_str(), status))),
        span: asked.span(),
        after: asked.after(),
        limit: asked.limit(),
    };
    asked.check()?;
    let found = admin::messages::find_messages(&front.app, &caller, &query, words.as_deref()).await?;
    let shown = if words.is_some() { AdminMessageDto::open } else { AdminMessageDto::closed };
    let messages = found.slice.items.iter().map(|file| both_casings(&shown(file))).collect();
    let mut body = part("messages", messages, found.slice.next, query.limit);
    if let Some(opened) = found.opened {
        body["opened"] = opened.into();
    }
    Ok(Json(body))
}

/// One message with what it says. That leaves a line in the log.
#[utoipa::path(get, path = "/api/admin/messages/{id}", operation_id = "adminMessage", tag = "admin", security(("bearer" = [])),
    params(("id" = String, Path, description = "Message")),
    responses((status = 200, body = AdminMessageDto, description = "In `message`"),
        (status = 403, description = "Not an administrator"), (status = 404, description = "Unknown")))]
async fn open(State(front): State<Front>, Admin(caller): Admin, Path(id): Path<String>) -> Result<Json<Value>> {
    let file = admin::messages::open_message(&front.app, &caller, id_of(&id)?).await?;
    Ok(Json(json!({"message": both_casings(&AdminMessageDto::open(&file))})))
}
