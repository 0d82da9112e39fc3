//! What a message says.

use super::super::wire::{Contact, FileRef, Message, MessageOrigin};
use super::people::{chat_name, full_name, joined};
use super::{instant, message_id, service};
use hub_domain::content::{ForwardOrigin, Location, SharedContact};
use hub_domain::{Attachment, AttachmentId, AttachmentState, Content, ContentKind, Details};
use serde_json::{Value, json};

/// Spans of formatting kept per message; Telegram itself allows fewer.
const MAX_ENTITIES: usize = 200;
/// How deep the words of a rich message may lie.
const MAX_RICH_DEPTH: usize = 32;
/// Bytes of text kept of a rich message.
const MAX_RICH_BYTES: usize = 64 * 1024;
/// Members of a rich message that hold words, in reading order.
const RICH_WORDS: &[&str] =
    &["label", "title", "summary", "header", "text", "expression", "blocks", "items", "cells", "caption", "credit"];
/// Content the hub shows by name.
const SHOWN_BY_NAME: &[&str] =
    &["dice", "game", "story", "paid_media", "checklist", "invoice", "giveaway", "giveaway_winners", "passport_data"];

/// What the message says; `None` for a service message.
pub(super) fn content(message: &Message) -> Option<Content> {
    let mut details = Details {
        forwarded_from: message.forward_origin.as_ref().map(origin),
        album_id: message.media_group_id.clone(),
        thread_id: message.message_thread_id.filter(|_| message.is_topic_message).map(|id| id.to_string()),
        entities: entities(message),
        ..Details::default()
    };
    let caption = message.caption.clone();
    let (kind, text, attachments) = if let Some(text) = &message.text {
        (ContentKind::Text, Some(text.clone()), Vec::new())
    } else if let Some(file) = file(message) {
        details.emoji = message.sticker.as_ref().and_then(|sticker| sticker.emoji.clone());
        (file.kind, caption, vec![file])
    } else if let Some(place) = place(message) {
        details.location = Some(place);
        (ContentKind::Location, caption, Vec::new())
    } else if let Some(entry) = &message.contact {
        details.shared_contacts = vec![shared_contact(entry)];
        (ContentKind::Contacts, caption, Vec::new())
    } else if let Some(poll) = &message.poll {
        details.unsupported = Some("poll".to_owned());
        (ContentKind::Unsupported, poll.question.clone().or(caption), Vec::new())
    } else if let Some(words) = message.rich_message.as_ref().and_then(rich_words) {
        (ContentKind::Text, Some(words), Vec::new())
    } else {
        if service::is_service(message) {
            return None;
        }
        let name = SHOWN_BY_NAME.iter().find(|name| message.rest.contains_key(**name));
        let name = if message.rich_message.is_some() { "rich_message" } else { name.unwrap_or(&"unknown") };
        details.unsupported = Some(name.to_owned());
        (ContentKind::Unsupported, caption, Vec::new())
    };
    Some(Content { kind, text: text.filter(|text| !text.is_empty()), attachments, details })
}

/// The one file of a message. Some kinds also fill the member of an older kind, so the order matters.
fn file(message: &Message) -> Option<Attachment> {
    let picture = || message.photo.iter().max_by_key(|size| area(size));
    let found = if let Some(animation) = &message.animation {
        attachment(animation, ContentKind::Video, Some("animation"), Some("video/mp4"))
    } else if let Some(live) = &message.live_photo {
        attachment(picture().unwrap_or(live), ContentKind::Image, Some("live"), Some("image/jpeg"))
    } else if let Some(photo) = picture() {
        attachment(photo, ContentKind::Image, None, Some("image/jpeg"))
    } else if let Some(video) = &message.video {
        attachment(video, ContentKind::Video, None, None)
    } else if let Some(note) = &message.video_note {
        attachment(note, ContentKind::Video, Some("round"), Some("video/mp4"))
    } else if let Some(voice) = &message.voice {
        attachment(voice, ContentKind::Audio, Some("voice"), Some("audio/ogg"))
    } else if let Some(audio) = &message.audio {
        attachment(audio, ContentKind::Audio, None, None)
    } else if let Some(sticker) = &message.sticker {
        let (flavour, mime) = match (sticker.is_animated, sticker.is_video) {
            (true, _) => (Some("animated"), "application/x-tgsticker"),
            (_, true) => (Some("video"), "video/webm"),
            _ => (None, "image/webp"),
        };
        attachment(sticker, ContentKind::Sticker, flavour, Some(mime))
    } else if let Some(document) = &message.document {
        attachment(document, ContentKind::File, None, None)
    } else {
        return None;
    };
    Some(found)
}

fn area(size: &FileRef) -> i64 {
    size.width.unwrap_or_default().saturating_mul(size.height.unwrap_or_default())
}

fn attachment(file: &FileRef, kind: ContentKind, flavour: Option<&str>, usual_type: Option<&str>) -> Attachment {
    let small = |number: Option<i64>| number.and_then(|number| i32::try_from(number).ok());
    Attachment {
        id: new_attachment_id(),
        kind,
        remote_ref: file.file_id.clone(),
        remote_unique_ref: file.file_unique_id.clone(),
        mime_type: file.mime_type.clone().or_else(|| usual_type.map(str::to_owned)),
        file_name: file.file_name.clone(),
        size: file.file_size,
        width: small(file.width.or(file.length)),
        height: small(file.height.or(file.length)),
        duration_s: small(file.duration),
        flavour: flavour.map(str::to_owned),
        state: AttachmentState::Pending,
    }
}

/// A fresh id: a link to the file can exist before its bytes do.
#[allow(clippy::disallowed_methods, reason = "the clock of the use cases cannot be reached from here")]
fn new_attachment_id() -> AttachmentId {
    AttachmentId(uuid::Uuid::now_v7())
}

/// A venue also fills `location`; it says more.
fn place(message: &Message) -> Option<Location> {
    if let Some(venue) = &message.venue {
        return Some(Location {
            latitude: venue.location.latitude,
            longitude: venue.location.longitude,
            name: venue.title.clone(),
            address: venue.address.clone(),
        });
    }
    let place = message.location.as_ref()?;
    Some(Location { latitude: place.latitude, longitude: place.longitude, name: None, address: None })
}

fn shared_contact(entry: &Contact) -> SharedContact {
    let name = joined(entry.first_name.as_deref(), entry.last_name.as_deref());
    SharedContact {
        name: name.or_else(|| entry.phone_number.clone()).unwrap_or_else(|| "Unknown".to_owned()),
        phone: entry.phone_number.clone(),
        user_id: entry.user_id.map(|id| id.to_string()),
    }
}

fn origin(origin: &MessageOrigin) -> ForwardOrigin {
    let chat = origin.chat.as_ref().or(origin.sender_chat.as_ref());
    let user = origin.sender_user.as_ref();
    ForwardOrigin {
        kind: origin.kind.clone(),
        name: user.and_then(full_name).or_else(|| origin.sender_user_name.clone()).or_else(|| chat.and_then(chat_name)),
        chat_id: chat.map(|chat| chat.id).or(user.map(|user| user.id)).map(|id| id.to_string()),
        message_id: origin.message_id.map(message_id),
        at: origin.date.and_then(instant),
    }
}

/// Formatting, cut down to what can be drawn.
fn entities(message: &Message) -> Vec<Value> {
    let spans = if message.text.is_some() { &message.entities } else { &message.caption_entities };
    spans.iter().take(MAX_ENTITIES).filter_map(entity).collect()
}

fn entity(span: &Value) -> Option<Value> {
    let kind = span.get("type")?.as_str()?;
    let (offset, length) = (span.get("offset")?.as_u64()?, span.get("length")?.as_u64()?);
    let mut kept = json!({ "type": kind, "offset": offset, "length": length });
    if let Some(url) = span.get("url").and_then(Value::as_str) {
        kept["url"] = url.into();
    }
    Some(kept)
}

/// The words of a rich message, block by block; `None` when it has none.
fn rich_words(rich: &Value) -> Option<String> {
    let mut words = String::new();
    for block in rich.get("blocks")?.as_array()? {
        let before = words.len();
        collect_words(block, MAX_RICH_DEPTH, &mut words);
        if words.len() > before {
            words.push('\n');
        }
    }
    let words = words.trim_end();
    (!words.is_empty()).then(|| words.to_owned())
}

fn collect_words(value: &Value, depth: usize, words: &mut String) {
    if depth == 0 || words.len() > MAX_RICH_BYTES {
        return;
    }
    match value {
        Value::String(text) => words.extend(text.chars().take(MAX_RICH_BYTES)),
        Value::Array(parts) => {
            for part in parts {
                // Blocks, rows and cells stand apart; spans of one line do not.
                if starts_anew(part) && !words.is_empty() && !words.ends_with('\n') {
                    words.push('\n');
                }
                collect_words(part, depth - 1, words);
            }
        }
        Value::Object(members) => {
            for part in RICH_WORDS.iter().filter_map(|name| members.get(*name)) {
                collect_words(part, depth - 1, words);
            }
        }
        _ => {}
    }
}

/// A list item, a table cell or a nested block.
fn starts_anew(part: &Value) -> bool {
    part.is_array() || part.get("blocks").is_some() || part.get("align").is_some()
}
