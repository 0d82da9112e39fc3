//! What a body must look like before anything is sent.

use super::check_interactive::interactive;
use super::refuse::{invalid, missing, refuse, refuse_with, too_long};
use crate::meta::GraphError;
use serde_json::{Map, Value};

/// Longest text, in characters.
const MAX_TEXT: usize = 4_096;
/// Longest caption, in characters.
const MAX_CAPTION: usize = 1_024;
/// Longest `biz_opaque_callback_data`, in characters.
const MAX_OPAQUE: usize = 512;
/// Characters that one emoji may be made of.
const MAX_EMOJI: usize = 12;
/// Contacts in one message.
const MAX_CONTACTS: usize = 257;

/// Types that can be sent.
const SENDABLE: [&str; 11] = [
    "text",
    "image",
    "audio",
    "video",
    "document",
    "sticker",
    "location",
    "contacts",
    "interactive",
    "template",
    "reaction",
];
/// Types that exist, but that only customers or phones send.
const NOT_SENDABLE: [&str; 8] = ["order", "system", "button", "unsupported", "unknown", "edit", "revoke", "poll"];

/// Types that are files.
pub(super) const FILES: [&str; 5] = ["image", "audio", "video", "document", "sticker"];

type Checked = Result<(), GraphError>;

/// What every call must bring.
pub(super) fn product(body: &Map<String, Value>) -> Checked {
    match body.get("messaging_product").and_then(Value::as_str) {
        Some("whatsapp") => Ok(()),
        None => Err(required("messaging_product")),
        Some(_) => Err(refuse_with(100, "Param messaging_product must be one of {WHATSAPP}")),
    }
}

fn required(name: &str) -> GraphError {
    let words = format!("The parameter {name} is required.");
    GraphError { message: format!("(#100) {words}"), ..refuse_with(100, &words) }
}

/// A message; gives its type.
pub(super) fn message(body: &Map<String, Value>) -> Result<String, GraphError> {
    product(body)?;
    let kind = match body.get("type") {
        None => "text",
        Some(Value::String(kind)) => kind.as_str(),
        Some(_) => return Err(refuse_with(100, "Param type must be a string")),
    };
    if NOT_SENDABLE.contains(&kind) {
        return Err(refuse(131_051));
    }
    if !SENDABLE.contains(&kind) {
        let words = format!("Param type must be one of {{{}}} - got \"{kind}\".", SENDABLE.join(", ").to_uppercase());
        return Err(refuse_with(100, &words));
    }
    match body.get("recipient_type").map(Value::as_str) {
        None | Some(Some("individual")) => {}
        Some(_) => return Err(invalid("recipient_type must be individual: this number is in no group")),
    }
    addressed(body)?;
    opaque(body)?;
    if let Some(context) = body.get("context") {
        context.get("message_id").and_then(Value::as_str).ok_or_else(|| missing("context['message_id']"))?;
    }
    let content = body.get(kind).filter(|content| !content.is_null()).ok_or_else(|| missing(kind))?;
    if kind != "contacts" && !content.is_object() {
        return Err(invalid(&format!("Param {kind} must be a JSON object")));
    }
    match kind {
        "text" => text(content)?,
        "location" => location(content)?,
        "contacts" => contacts(content)?,
        "interactive" => interactive(content)?,
        "reaction" => reaction(content)?,
        "template" => {}
        _ => file(kind, content)?,
    }
    Ok(kind.to_owned())
}

fn addressed(body: &Map<String, Value>) -> Checked {
    let given = |name: &str| body.get(name).is_some_and(|value| value.as_str().is_some_and(|text| !text.is_empty()));
    if given("to") || given("recipient") { Ok(()) } else { Err(required("to")) }
}

fn opaque(body: &Map<String, Value>) -> Checked {
    match body.get("biz_opaque_callback_data") {
        None => Ok(()),
        Some(Value::String(data)) if data.chars().count() <= MAX_OPAQUE => Ok(()),
        Some(Value::String(_)) => Err(too_long("biz_opaque_callback_data", MAX_OPAQUE)),
        Some(_) => Err(invalid("Param biz_opaque_callback_data must be a string")),
    }
}

fn text(content: &Value) -> Checked {
    only(content, "text", &["body", "preview_url"])?;
    let body = content.get("body").ok_or_else(|| missing("text['body']"))?;
    let body = body.as_str().ok_or_else(|| invalid("Param text['body'] must be a string"))?;
    if body.trim().is_empty() {
        return Err(missing("text['body']"));
    }
    if body.chars().count() > MAX_TEXT {
        return Err(too_long("text['body']", MAX_TEXT));
    }
    match content.get("preview_url") {
        None | Some(Value::Bool(_)) => Ok(()),
        Some(_) => Err(invalid("Param text['preview_url'] must be a boolean")),
    }
}

/// A file by id or by address, wherever one stands.
pub(super) fn file(kind: &str, content: &Value) -> Checked {
    let members: &[&str] = match kind {
        "audio" => &["id", "link", "voice"],
        "sticker" => &["id", "link"],
        "document" => &["id", "link", "caption", "filename"],
        _ => &["id", "link", "caption"],
    };
    only(content, kind, members)?;
    let (id, link) = (content.get("id"), content.get("link"));
    match (id, link) {
        (Some(_), Some(_)) => return Err(invalid(&format!("Param {kind} must have either id or link, not both"))),
        (None, None) => return Err(missing(&format!("{kind}['id'] or {kind}['link']"))),
        (Some(id), None) => {
            id.as_str()
                .filter(|id| !id.is_empty())
                .ok_or_else(|| invalid(&format!("Param {kind}['id'] must be a string")))?;
        }
        (None, Some(link)) => {
            let address = link.as_str().and_then(|link| url::Url::parse(link).ok());
            if address.is_none_or(|address| !matches!(address.scheme(), "http" | "https")) {
                return Err(refuse_with(100, &format!("Param {kind}['link'] is not a valid URI.")));
            }
        }
    }
    match content.get("caption") {
        Some(Value::String(caption)) if caption.chars().count() > MAX_CAPTION => {
            Err(too_long(&format!("{kind}['caption']"), MAX_CAPTION))
        }
        None | Some(Value::String(_)) => Ok(()),
        Some(_) => Err(invalid(&format!("Param {kind}['caption'] must be a string"))),
    }
}

fn location(content: &Value) -> Checked {
    only(content, "location", &["latitude", "longitude", "name", "address"])?;
    for (name, most) in [("latitude", 90.0), ("longitude", 180.0)] {
        let value = content.get(name).ok_or_else(|| missing(&format!("location['{name}']")))?;
        let degrees = value.as_f64().or_else(|| value.as_str().and_then(|text| text.trim().parse().ok()));
        if degrees.is_none_or(|degrees: f64| !degrees.is_finite() || degrees.abs() > most) {
            return Err(invalid(&format!("Param location['{name}'] must be degrees")));
        }
    }
    Ok(())
}

fn contacts(content: &Value) -> Checked {
    let contacts = content.as_array().ok_or_else(|| invalid("Param contacts must be an array"))?;
    if contacts.is_empty() || contacts.len() > MAX_CONTACTS {
        return Err(invalid(&format!("Param contacts must have 1 to {MAX_CONTACTS} items")));
    }
    for (place, contact) in contacts.iter().enumerate() {
        let name = &contact["name"];
        if name["formatted_name"].as_str().is_none_or(str::is_empty) {
            return Err(missing(&format!("contacts[{place}]['name']['formatted_name']")));
        }
        for list in ["phones", "emails", "addresses", "urls"] {
            if contact.get(list).is_some_and(|list| !list.is_array()) {
                return Err(invalid(&format!("Param contacts[{place}]['{list}'] must be an array")));
            }
        }
    }
    Ok(())
}

fn reaction(content: &Value) -> Checked {
    only(content, "reaction", &["message_id", "emoji"])?;
    content["message_id"].as_str().filter(|id| !id.is_empty()).ok_or_else(|| missing("reaction['message_id']"))?;
    let emoji = content.get("emoji").ok_or_else(|| missing("reaction['emoji']"))?;
    let emoji = emoji.as_str().ok_or_else(|| invalid("Param reaction['emoji'] must be a string"))?;
    let words = emoji.chars().any(|letter| letter.is_ascii_alphabetic());
    if words || emoji.chars().count() > MAX_EMOJI {
        return Err(invalid("Param reaction['emoji'] must be one emoji"));
    }
    Ok(())
}

/// Members that an object must not have.
pub(super) fn only(content: &Value, name: &str, members: &[&str]) -> Checked {
    let odd = content.as_object().and_then(|object| object.keys().find(|key| !members.contains(&key.as_str())));
    match odd {
        Some(key) => Err(refuse_with(100, &format!("Unexpected key \"{key}\" on param \"{name}\"."))),
        None => Ok(()),
    }
}
