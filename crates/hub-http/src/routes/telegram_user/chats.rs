//! Chats and messages as the contract shows them: from the hub's own database, which the open line keeps fresh.

use super::{account, failed, text};
use crate::body::members;
use crate::dto::both_casings;
use crate::dto::message::MessageDto;
use crate::extract::CurrentUser;
use crate::failure::{Failure, Result};
use crate::front::Front;
use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use hub_app::outbox::{self, SendMessage};
use hub_app::{ListConversations, ListMessages, inbox};
use hub_domain::{Account, Conversation, Direction, Message, RemoteConversationId};
use serde_json::{Value, json};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Most dialogs in the list, and most messages of one (contract).
const MOST: u32 = 50;
/// Longest text, in characters; the platform's card may split or refuse less.
const MAX_TEXT: usize = 10_000;

pub(super) fn routes() -> OpenApiRouter<Front> {
    OpenApiRouter::new().routes(routes!(dialogs)).routes(routes!(messages)).routes(routes!(send))
}

/// The newest dialogs, at most 50.
#[utoipa::path(get, path = "/api/telegram/{account_id}/dialogs", operation_id = "telegramDialogs", tag = "telegram user",
    security(("bearer" = [])), params(("account_id" = String, Path, description = "Account")),
    responses((status = 200, description = "In `dialogs`; `date` in Unix seconds"), (status = 404, description = "Not the caller's")))]
async fn dialogs(
    State(front): State<Front>,
    CurrentUser(caller): CurrentUser,
    Path(id): Path<String>,
) -> Result<Json<Value>> {
    let account = account(&front, &caller, &id).await?;
    let query = ListConversations { limit: MOST, account: Some(account.id), ..ListConversations::default() };
    let page = inbox::list_conversations(&front.app, &caller, &query).await.map_err(failed)?;
    let addresses = inbox::addresses(&front.app, &page.items).await.map_err(failed)?;
    let is_broadcast = |chat: &Conversation| addresses.get(&chat.id).is_some_and(|at| at["broadcast"] == true);
    let dialogs: Vec<Value> = page.items.iter().map(|chat| dialog(chat, is_broadcast(chat))).collect();
    Ok(Json(json!({"dialogs": dialogs})))
}

/// As the originals told people, groups and channels apart: a channel in which only its owners write is no group.
fn dialog(conversation: &Conversation, is_broadcast: bool) -> Value {
    let id = conversation.remote_id.as_str();
    // Ids of people count up, those of groups and channels down.
    let is_user = !id.starts_with('-');
    json!({
        "id": id, "name": conversation.participant_name.as_deref().unwrap_or("Unknown"), "isUser": is_user,
        "isGroup": !is_user && !is_broadcast, "isChannel": is_broadcast, "unreadCount": conversation.unread_count,
        "date": conversation.last_message_at.unwrap_or(conversation.created_at).timestamp(),
    })
}

/// The newest messages of a dialog, at most 50, newest first.
#[utoipa::path(get, path = "/api/telegram/{account_id}/messages/{chat_id}", operation_id = "telegramMessages",
    tag = "telegram user", security(("bearer" = [])),
    params(("account_id" = String, Path, description = "Account"), ("chat_id" = String, Path, description = "`id` of a dialog")),
    responses((status = 200, description = "In `messages`; `date` in Unix seconds"), (status = 404, description = "Not the caller's")))]
async fn messages(
    State(front): State<Front>,
    CurrentUser(caller): CurrentUser,
    Path((id, chat)): Path<(String, String)>,
) -> Result<Json<Value>> {
    let account = account(&front, &caller, &id).await?;
    let chat = chat_of(&front, &caller, &account, chat).await?;
    let query = ListMessages { limit: MOST, ..ListMessages::default() };
    let page = inbox::list_messages(&front.app, &caller, chat.id, &query).await.map_err(failed)?;
    let messages: Vec<Value> = page.items.iter().filter_map(|view| message(&view.message, &account)).collect();
    Ok(Json(json!({"messages": messages})))
}

/// A message that the platform has; what waits here or failed has no number there.
fn message(message: &Message, account: &Account) -> Option<Value> {
    let number: i64 = message.remote_id.as_str().rsplit(':').next()?.parse().ok()?;
    if message.deleted_at.is_some() {
        return None;
    }
    let out = message.direction == Direction::Outgoing;
    let sender = if out { account.remote_id.as_str() } else { message.sender_id.as_str() };
    let text = message.content.text.clone().or_else(|| message.content.summary()).unwrap_or_default();
    Some(json!({"id": number, "text": text, "senderId": sender, "date": message.sent_at.timestamp(), "out": out}))
}

/// Sends `text` to a dialog, through the same door as every other message.
#[utoipa::path(post, path = "/api/telegram/{account_id}/send/{chat_id}", operation_id = "telegramSend", tag = "telegram user",
    security(("bearer" = [])),
    params(("account_id" = String, Path, description = "Account"), ("chat_id" = String, Path, description = "`id` of a dialog"),
        ("Idempotency-Key" = Option<String>, Header, description = "The client's own key; the same key sends once")),
    request_body = Object,
    responses((status = 200, body = MessageDto, description = "In `message`, as it then stands"),
        (status = 400, description = "Cannot be sent"), (status = 404, description = "Not the caller's"),
        (status = 502, description = "The platform refused it; the message is kept as failed")))]
async fn send(
    State(front): State<Front>,
    CurrentUser(caller): CurrentUser,
    Path((id, chat)): Path<(String, String)>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Value>> {
    let account = account(&front, &caller, &id).await?;
    let body = members(&headers, body).await?;
    let content = text(&body, "text");
    if content.trim().is_empty() {
        return Err(Failure::validation("Text required"));
    }
    if content.chars().count() > MAX_TEXT {
        return Err(Failure::validation(format!("Text must have at most {MAX_TEXT} characters")));
    }
    let key = headers.get("idempotency-key").map(|value| value.to_str().map(str::to_owned));
    let idempotency_key = key.transpose().map_err(|_| Failure::validation("Idempotency-Key must be plain text"))?;
    let chat = chat_of(&front, &caller, &account, chat).await?;
    let input = SendMessage { idempotency_key, ..SendMessage::words(chat.id, content) };
    let sent = outbox::send_message(&front.app, &caller, input).await.map_err(failed)?;
    Ok(Json(json!({"success": true, "message": both_casings(&MessageDto::from(&sent))})))
}

async fn chat_of(front: &Front, caller: &hub_app::Caller, account: &Account, chat: String) -> Result<Conversation> {
    let chat = RemoteConversationId::new(chat);
    inbox::conversation_of(&front.app, caller, account.id, &chat).await.map_err(failed)
}
