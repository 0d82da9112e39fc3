//! Sending: JSON for words, a form for files.

use crate::body::{MAX_UPLOAD, media_type, members, read, too_large};
use crate::dto::both_casings;
use crate::dto::message::MessageDto;
use crate::extract::CurrentUser;
use crate::failure::{Failure, Named, Result};
use crate::front::Front;
use crate::validate::Problems;
use axum::Json;
use axum::body::Body;
use axum::extract::{FromRequest, Multipart, Path, Request, State};
use axum::http::{HeaderMap, StatusCode};
use hub_app::OutboundFile;
use hub_app::outbox::{self, RetryMessage, SendMessage, Special};
use hub_domain::content::{Location, SharedContact};
use hub_domain::{ContentKind, ConversationId, MessageId};
use serde_json::{Map, Value, json};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Longest text, in characters.
const MAX_CONTENT: usize = 10_000;
/// Most files in one request; the platform's card may allow fewer.
const MAX_FILES: usize = 20;
/// Most address-book entries in one message.
const MAX_CONTACTS: usize = 20;
/// Longest file name that is kept, in characters.
const MAX_FILE_NAME: usize = 255;

pub(super) fn routes() -> OpenApiRouter<Front> {
    OpenApiRouter::new().routes(routes!(send)).routes(routes!(retry))
}

/// Sends a message: `content` as JSON, or a form with `content` and `files`; `reply_to` names the message it answers. Instead
/// of words: `location` {latitude, longitude, name?, address?}, `contacts` [{name, phone?}], `template` {name, language,
/// components?} or `interactive`, where the platform's card offers it. `tag` asks for the longer window of the card. The
/// message is stored before it leaves; the answer is the message as it then stands, `queued` when the platform takes longer.
/// With an `Idempotency-Key`, a repeat gives the same message again.
#[utoipa::path(post, path = "/api/messages/{conversation_id}/send", operation_id = "sendMessage", tag = "messages",
    security(("bearer" = [])),
    params(("conversation_id" = String, Path, description = "Conversation"),
        ("Idempotency-Key" = Option<String>, Header, description = "The client's own key; the same key sends once")),
    request_body = Object,
    responses((status = 201, body = MessageDto, description = "In `message`"), (status = 400, description = "Cannot be sent"),
        (status = 403, description = "Not the caller's"), (status = 409, description = "The account cannot send"),
        (status = 422, description = "The other person was silent for too long"),
        (status = 502, description = "The platform refused it; the message is kept as failed")))]
async fn send(
    State(front): State<Front>,
    CurrentUser(caller): CurrentUser,
    Path(id): Path<String>,
    request: Request,
) -> Result<(StatusCode, Json<Value>)> {
    let mut problems = Problems::default();
    let conversation_id: ConversationId = problems.id("conversationId", &id);
    let idempotency_key = client_key(request.headers())?;
    let (parts, body) = request.into_parts();
    let asked = if media_type(&parts.headers) == "multipart/form-data" {
        form(&parts.headers, body, &mut problems).await?
    } else {
        let body = members(&parts.headers, body).await?;
        let special = special(&body, &mut problems);
        // Words may stand beside a prepared message, but need not.
        let content = if special == Special::None || body.contains_key("content") {
            problems.text(&body, "content").to_owned()
        } else {
            String::new()
        };
        let tag = problems.maybe_text(&body, "tag");
        Asked { content, reply_to: reply_to(&body, &mut problems), attachments: Vec::new(), special, tag }
    };
    let Asked { content, reply_to, attachments, special, tag } = asked;
    if content.chars().count() > MAX_CONTENT {
        problems.add("content", &format!("length must be less than or equal to {MAX_CONTENT} characters long"));
    }
    problems.check()?;
    if content.trim().is_empty() && attachments.is_empty() && special == Special::None {
        return Err(Failure::validation("Message content is required"));
    }
    let input = SendMessage { conversation_id, content, reply_to, attachments, special, tag, idempotency_key };
    let sent = outbox::send_message(&front.app, &caller, input).await;
    let sent = sent.or_500("INTERNAL_ERROR", "Failed to send message")?;
    let message = both_casings(&MessageDto::from(&sent));
    Ok((StatusCode::CREATED, Json(json!({"message": message, "success": true}))))
}

fn client_key(headers: &HeaderMap) -> Result<Option<String>> {
    let key = headers.get("idempotency-key").map(|value| {
        value.to_str().map(str::to_owned).map_err(|_| Failure::validation("Idempotency-Key must be plain text"))
    });
    key.transpose()
}

/// Sends a message anew that failed. With `force: true` also one that is `unconfirmed`: it may arrive twice then. The answer is
/// that of sending. One that is on its way already is only waited for; with an `Idempotency-Key`, a repeat tries nothing anew.
#[utoipa::path(post, path = "/api/messages/{message_id}/retry", operation_id = "retryMessage", tag = "messages",
    security(("bearer" = [])),
    params(("message_id" = String, Path, description = "Message"),
        ("Idempotency-Key" = Option<String>, Header, description = "The client's own key; the same key tries once")),
    request_body(content = Object, description = "`force`: also when nobody knows whether it arrived"),
    responses((status = 200, body = MessageDto, description = "In `message`"),
        (status = 400, description = "It did not fail"), (status = 404, description = "Not the caller's"),
        (status = 409, description = "The account cannot send"),
        (status = 422, description = "The other person was silent for too long"),
        (status = 502, description = "The platform refused it again")))]
async fn retry(
    State(front): State<Front>,
    CurrentUser(caller): CurrentUser,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Value>> {
    let mut problems = Problems::default();
    let message_id: MessageId = problems.id("messageId", &id);
    let body = members(&headers, body).await?;
    let force = match body.get("force") {
        None | Some(Value::Null | Value::Bool(false)) => false,
        Some(Value::Bool(true)) => true,
        Some(_) => {
            problems.add("force", "must be true or false");
            false
        }
    };
    problems.check()?;
    let input = RetryMessage { message_id, force, idempotency_key: client_key(&headers)? };
    let sent = outbox::retry_message(&front.app, &caller, input).await;
    let sent = sent.or_500("INTERNAL_ERROR", "Failed to send message")?;
    Ok(Json(json!({"message": both_casings(&MessageDto::from(&sent)), "success": true})))
}

fn reply_to(body: &Map<String, Value>, problems: &mut Problems) -> Option<MessageId> {
    let given =
        ["reply_to", "replyTo", "replyToMessageId", "reply_to_message_id"].into_iter().find_map(|key| body.get(key));
    match given {
        None | Some(Value::Null) => None,
        Some(Value::String(text)) => Some(problems.id("reply_to", text)),
        Some(_) => {
            problems.add("reply_to", "must be a string");
            None
        }
    }
}

/// What a request asks to be sent.
struct Asked {
    content: String,
    reply_to: Option<MessageId>,
    attachments: Vec<OutboundFile>,
    special: Special,
    tag: Option<String>,
}

/// A message that is neither words nor files; at most one of them.
fn special(body: &Map<String, Value>, problems: &mut Problems) -> Special {
    let mut found = Vec::new();
    for name in ["location", "contacts", "template", "interactive"] {
        let Some(value) = body.get(name).filter(|value| !value.is_null()) else { continue };
        let read = match name {
            "location" => serde_json::from_value(value.clone()).ok().filter(is_place).map(Special::Location),
            "contacts" => serde_json::from_value(value.clone())
                .ok()
                .filter(|contacts: &Vec<SharedContact>| (1..=MAX_CONTACTS).contains(&contacts.len()))
                .map(Special::Contacts),
            "template" => value["name"].is_string().then(|| Special::Template(value.clone())),
            _ => value.is_object().then(|| Special::Interactive(value.clone())),
        };
        match read {
            Some(special) => found.push(special),
            None => problems.add(name, "has not the form the documentation gives"),
        }
    }
    if found.len() > 1 {
        problems.add("content", "can be only one of location, contacts, template and interactive");
    }
    found.into_iter().next().unwrap_or_default()
}

fn is_place(place: &Location) -> bool {
    (-90.0..=90.0).contains(&place.latitude) && (-180.0..=180.0).contains(&place.longitude)
}

async fn form(headers: &HeaderMap, body: Body, problems: &mut Problems) -> Result<Asked> {
    let bytes = read(headers, body, MAX_UPLOAD).await?;
    let mut request = Request::new(Body::from(bytes));
    *request.headers_mut() = headers.clone();
    let unreadable = |_| Failure::validation("The form could not be read");
    let mut fields =
        Multipart::from_request(request, &()).await.map_err(|_| Failure::validation("The form could not be read"))?;
    let (mut content, mut reply, mut tag, mut files) = (String::new(), None, None, Vec::new());
    while let Some(field) = fields.next_field().await.map_err(unreadable)? {
        let name = field.name().unwrap_or_default().to_owned();
        if let Some(file_name) = field.file_name().map(str::to_owned) {
            if files.len() == MAX_FILES {
                return Err(too_large());
            }
            let mime_type = field.content_type().unwrap_or("application/octet-stream").to_owned();
            let bytes = field.bytes().await.map_err(unreadable)?;
            files.push(file(&file_name, mime_type, bytes));
            continue;
        }
        let text = field.text().await.map_err(unreadable)?;
        match name.as_str() {
            "content" => content = text,
            "tag" if !text.is_empty() => tag = Some(text),
            "reply_to" | "replyTo" if !text.is_empty() => reply = Some(problems.id("reply_to", &text)),
            _ => {}
        }
    }
    Ok(Asked { content, reply_to: reply, attachments: files, special: Special::None, tag })
}

fn file(name: &str, claimed: String, bytes: bytes::Bytes) -> OutboundFile {
    // A browser names the file, not a path; whoever sends one gets its last part.
    let name = name.rsplit(['/', '\\']).next().unwrap_or_default().trim();
    let name: String = name.chars().filter(|c| !c.is_control()).take(MAX_FILE_NAME).collect();
    let mime_type = if claimed == "application/octet-stream" {
        mime_guess::from_path(&name).first_raw().unwrap_or("application/octet-stream").to_owned()
    } else {
        claimed
    };
    let kind = match mime_type.split('/').next() {
        Some("image") if mime_type != "image/svg+xml" => ContentKind::Image,
        Some("video") => ContentKind::Video,
        Some("audio") => ContentKind::Audio,
        _ => ContentKind::File,
    };
    OutboundFile {
        kind,
        file_name: if name.is_empty() { "file".to_owned() } else { name },
        mime_type,
        bytes,
        link: None,
    }
}
