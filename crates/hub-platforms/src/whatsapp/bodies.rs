//! What is sent, as the platform wants it written. Pure.

use super::api::product;
use hub_domain::content::{Location, SharedContact};
use hub_domain::{ContentKind, RemoteConversationId, RemoteMessageId};
use hub_platform_kit::platform::OutboundMessage;
use hub_platform_kit::{PlatformError, Result};
use serde_json::{Map, Value, json};

/// Address-book entries of one message.
pub(super) const MAX_CONTACTS: usize = 5;
/// What the API hands through and this platform can send.
const EXTRAS: &[&str] = &["template", "interactive"];
/// The platform renders a template in exactly the language that was asked for.
const LANGUAGE_POLICY: &str = "deterministic";

/// Whom it goes to: a telephone number, an id that is scoped to the business, or a group.
pub(super) fn addressed(conversation: &RemoteConversationId) -> Result<Value> {
    let id = conversation.as_str();
    let digits = id.strip_prefix('+').unwrap_or(id);
    if id.is_empty() {
        return Err(PlatformError::bad_input("there is nobody to write to"));
    }
    let mut body = product();
    let is_number = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    body["recipient_type"] = if is_number || is_scoped(id) { "individual" } else { "group" }.into();
    if is_number {
        body["to"] = format!("+{digits}").into();
    } else if is_scoped(id) {
        body["recipient"] = id.into();
    } else {
        body["to"] = id.into();
    }
    Ok(body)
}

/// An id that is scoped to the business: a country's two letters, a dot, and the rest.
fn is_scoped(id: &str) -> bool {
    matches!(id.as_bytes(), [a, b, b'.', _, ..] if a.is_ascii_uppercase() && b.is_ascii_uppercase())
}

/// Writes the message's own key down; the platform hands it back with every status.
pub(super) fn keyed(mut body: Value, message: &OutboundMessage) -> Value {
    if !message.client_key.is_empty() {
        body["biz_opaque_callback_data"] = message.client_key.as_str().into();
    }
    body
}

/// Makes it an answer. The platform overlooks ids it does not know.
pub(super) fn answering(mut body: Value, to: Option<&RemoteMessageId>) -> Value {
    if let Some(to) = to {
        body["context"] = json!({ "message_id": to.as_str() });
    }
    body
}

/// Puts content into an addressed body.
pub(super) fn with(mut body: Value, kind: &'static str, content: Value) -> Value {
    body["type"] = kind.into();
    body[kind] = content;
    body
}

pub(super) fn text(words: &str) -> Value {
    json!({ "preview_url": false, "body": words })
}

/// The platform's word for a kind of file, and whether it can carry a caption.
pub(super) fn media_kind(kind: ContentKind) -> (&'static str, bool) {
    match kind {
        ContentKind::Image => ("image", true),
        ContentKind::Video => ("video", true),
        ContentKind::Audio => ("audio", false),
        ContentKind::Sticker => ("sticker", false),
        _ => ("document", true),
    }
}

/// A file that was put there before.
pub(super) fn media(kind: &str, id: &str, file_name: &str, caption: Option<&str>) -> Value {
    let mut media = json!({ "id": id });
    if kind == "document" && !file_name.is_empty() {
        media["filename"] = file_name.into();
    }
    if let Some(caption) = caption {
        media["caption"] = caption.into();
    }
    media
}

pub(super) fn location(place: &Location) -> Value {
    let mut body = json!({ "latitude": place.latitude.to_string(), "longitude": place.longitude.to_string() });
    for (name, words) in [("name", &place.name), ("address", &place.address)] {
        if let Some(words) = words {
            body[name] = words.as_str().into();
        }
    }
    body
}

/// A name needs a second part beside the whole of it.
pub(super) fn contacts(people: &[SharedContact]) -> Value {
    let entry = |person: &SharedContact| {
        let mut entry = json!({ "name": { "formatted_name": person.name, "first_name": person.name } });
        if let Some(phone) = &person.phone {
            entry["phones"] = json!([{ "phone": phone }]);
            if let Some(id) = &person.user_id {
                entry["phones"][0]["wa_id"] = id.as_str().into();
            }
        }
        entry
    };
    people.iter().map(entry).collect()
}

pub(super) fn reaction(message: &RemoteMessageId, emoji: Option<&str>) -> Value {
    json!({ "message_id": message.as_str(), "emoji": emoji.unwrap_or_default() })
}

/// Tells that a message, and all before it, was read; with `typing` also that somebody writes.
pub(super) fn read(message: &RemoteMessageId, typing: bool) -> Value {
    let mut body = product();
    body["status"] = "read".into();
    body["message_id"] = message.as_str().into();
    if typing {
        body["typing_indicator"] = json!({ "type": "text" });
    }
    body
}

/// The template or the interactive message that the API handed through; `None` when there is neither.
pub(super) fn extra(message: &OutboundMessage) -> Result<Option<(&'static str, Value)>> {
    if let Some(name) = message.extra.keys().find(|name| !EXTRAS.contains(&name.as_str())) {
        return Err(PlatformError::bad_input(format!("{name} cannot be sent on WhatsApp")));
    }
    match (message.extra.get("template"), message.extra.get("interactive")) {
        (Some(_), Some(_)) => Err(PlatformError::bad_input("a template and buttons cannot leave in one message")),
        (Some(_), None) if message.text.is_some() => {
            Err(PlatformError::bad_input("a template has words of its own; no others can leave with it"))
        }
        (Some(template), None) => Ok(Some(("template", template_body(template)?))),
        (None, Some(interactive)) => Ok(Some(("interactive", interactive_body(interactive, message.text.as_deref())?))),
        (None, None) => Ok(None),
    }
}

fn template_body(template: &Value) -> Result<Value> {
    let wrong = |what: &str| PlatformError::bad_input(format!("the template needs {what}"));
    let template = template.as_object().ok_or_else(|| wrong("to be an object"))?;
    let name = template.get("name").and_then(Value::as_str).filter(|name| !name.is_empty());
    let language = match template.get("language") {
        Some(Value::Object(language)) => language.get("code").and_then(Value::as_str),
        Some(language) => language.as_str(),
        None => None,
    };
    let language = language.filter(|code| !code.is_empty()).ok_or_else(|| wrong("a language"))?;
    let mut body = json!({
        "name": name.ok_or_else(|| wrong("a name"))?,
        "language": { "policy": LANGUAGE_POLICY, "code": language },
    });
    match template.get("components") {
        None | Some(Value::Null) => {}
        Some(components @ Value::Array(list)) if list.iter().all(Value::is_object) => {
            body["components"] = components.clone();
        }
        Some(_) => return Err(wrong("its components as a list of objects")),
    }
    Ok(body)
}

/// The platform's object as it is; words of the message become its body when it has none.
fn interactive_body(interactive: &Value, words: Option<&str>) -> Result<Value> {
    let wrong = |what: &str| PlatformError::bad_input(format!("the interactive message {what}"));
    let mut body: Map<String, Value> = interactive.as_object().ok_or_else(|| wrong("is no object"))?.clone();
    if !body.get("type").is_some_and(Value::is_string) {
        return Err(wrong("has no type"));
    }
    if !body.get("action").is_some_and(Value::is_object) {
        return Err(wrong("has no action"));
    }
    match (body.contains_key("body"), words) {
        (true, Some(_)) => return Err(wrong("has words of its own; no others can leave with it")),
        (false, Some(words)) => {
            body.insert("body".to_owned(), json!({ "text": words }));
        }
        (_, None) => {}
    }
    Ok(Value::Object(body))
}
