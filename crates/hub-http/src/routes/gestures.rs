//! What a person does besides writing: reacting, typing, looking through prepared messages.

use crate::body::members;
use crate::extract::CurrentUser;
use crate::failure::{Named, Result};
use crate::front::Front;
use crate::validate::Problems;
use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use hub_app::outbox;
use serde_json::{Value, json};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<Front> {
    OpenApiRouter::new().routes(routes!(react, take_back)).routes(routes!(typing)).routes(routes!(templates))
}

/// Reacts to a message with `emoji`; an earlier reaction of the account goes.
#[utoipa::path(put, path = "/api/messages/{message_id}/reaction", operation_id = "react", tag = "messages",
    security(("bearer" = [])), params(("message_id" = String, Path, description = "Message")), request_body = Object,
    responses((status = 200, description = "It stands"), (status = 404, description = "Not the caller's"),
        (status = 501, description = "The platform has no reactions")))]
async fn react(
    State(front): State<Front>,
    CurrentUser(caller): CurrentUser,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Value>> {
    let body = members(&headers, body).await?;
    let mut problems = Problems::default();
    let id = problems.id("messageId", &id);
    let emoji = problems.text(&body, "emoji").to_owned();
    problems.check()?;
    let outcome = outbox::react(&front.app, &caller, id, Some(&emoji)).await;
    outcome.or_500("INTERNAL_ERROR", "Failed to react")?;
    Ok(Json(json!({"success": true})))
}

/// Takes the account's reaction to a message back.
#[utoipa::path(delete, path = "/api/messages/{message_id}/reaction", operation_id = "takeReactionBack", tag = "messages",
    security(("bearer" = [])), params(("message_id" = String, Path, description = "Message")),
    responses((status = 200, description = "It is gone"), (status = 404, description = "Not the caller's")))]
async fn take_back(
    State(front): State<Front>,
    CurrentUser(caller): CurrentUser,
    Path(id): Path<String>,
) -> Result<Json<Value>> {
    let mut problems = Problems::default();
    let id = problems.id("messageId", &id);
    problems.check()?;
    let outcome = outbox::react(&front.app, &caller, id, None).await;
    outcome.or_500("INTERNAL_ERROR", "Failed to take the reaction back")?;
    Ok(Json(json!({"success": true})))
}

/// Shows the other person for some seconds that somebody is typing.
#[utoipa::path(post, path = "/api/conversations/{conversation_id}/typing", operation_id = "typing", tag = "conversations",
    security(("bearer" = [])), params(("conversation_id" = String, Path, description = "Conversation")),
    responses((status = 200, description = "Shown"), (status = 501, description = "The platform shows no typing")))]
async fn typing(
    State(front): State<Front>,
    CurrentUser(caller): CurrentUser,
    Path(id): Path<String>,
) -> Result<Json<Value>> {
    let mut problems = Problems::default();
    let id = problems.id("conversationId", &id);
    problems.check()?;
    outbox::typing(&front.app, &caller, id).await.or_500("INTERNAL_ERROR", "Failed to show typing")?;
    Ok(Json(json!({"success": true})))
}

/// The prepared messages of an account, with their slots and whether they may be sent.
#[utoipa::path(get, path = "/api/oauth/accounts/{account_id}/templates", operation_id = "listTemplates", tag = "oauth",
    security(("bearer" = [])), params(("account_id" = String, Path, description = "Account")),
    responses((status = 200, description = "In `templates`"), (status = 404, description = "Not the caller's"),
        (status = 501, description = "The platform has none")))]
async fn templates(
    State(front): State<Front>,
    CurrentUser(caller): CurrentUser,
    Path(id): Path<String>,
) -> Result<Json<Value>> {
    let mut problems = Problems::default();
    let id = problems.id("accountId", &id);
    problems.check()?;
    let listed = outbox::templates(&front.app, &caller, id).await;
    let templates: Vec<Value> = listed
        .or_500("FETCH_FAILED", "Failed to fetch templates")?
        .iter()
        .map(|template| {
            json!({
                "name": template.name, "language": template.language, "category": template.category,
                "status": template.status, "components": template.components,
            })
        })
        .collect();
    Ok(Json(json!({"templates": templates})))
}
