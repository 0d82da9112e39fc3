//! A member's own messages, as the data portability product shows them: read only.

use super::super::urn;
use super::super::wire::{elements, instant, number, text};
use super::read_back::beside;
use super::{event, ignored, unreadable};
use aws_lc_rs::digest::{SHA256, digest};
use chrono::{DateTime, NaiveDateTime};
use hub_domain::inbound::{ConversationRef, InboundBody, InboundMessage, Participant};
use hub_domain::{
    Content, ContentKind, Details, Direction, RemoteConversationId, RemoteMessageId, RemoteParticipantId, Timestamp,
};
use hub_platform_kit::alone;
use hub_platform_kit::platform::Parsed;
use serde_json::Value;

/// What the log calls messages.
const MESSAGES: &str = "messages";
/// How threads are named.
const THREAD: &str = "urn:li:messagingThread:";
/// How the dates of old messages are written.
const DATE: &str = "%Y-%m-%d %H:%M:%S UTC";
/// Bytes of a digest that stand in for the id that a row lacks.
const ID_BYTES: usize = 16;
/// Longest id that is believed to be one.
const MAX_ID_BYTES: usize = 200;

/// The latest time among entries; the next question starts there.
pub(in super::super) fn latest_of_log(entries: &[Value]) -> Option<i64> {
    entries.iter().filter_map(|entry| number(entry, "processedAt")).max()
}

/// Reads entries of the log, oldest first.
pub(super) fn log(account: &str, entries: &[Value]) -> Vec<Parsed> {
    entries.iter().map(|entry| alone(|| one(account, entry), |fallen| fallen)).collect()
}

fn one(account: &str, entry: &Value) -> Parsed {
    let id = text(entry, "resourceId").filter(|id| id.len() <= MAX_ID_BYTES).unwrap_or_default();
    let number_of_entry = number(entry, "id").map_or_else(|| id.clone(), |id| id.to_string());
    if text(entry, "resourceName").as_deref() != Some(MESSAGES) {
        return ignored(Some(account), &number_of_entry, "other_resource");
    }
    let failed = entry.get("activityStatus").and_then(Value::as_str) == Some("FAILURE");
    let activity = entry.get("activity").cloned().unwrap_or_default();
    // The words that go with an invitation look like a message and are none.
    let invitation = activity.get("extensionContent").is_some_and(|it| it.to_string().contains("Invitation"));
    if failed || invitation {
        return ignored(Some(account), &number_of_entry, "no_message");
    }
    if id.is_empty() {
        return unreadable("a message without id");
    }
    let thread = text(&activity, "thread").filter(|thread| thread.len() <= MAX_ID_BYTES);
    let processed = instant(entry, "processedAt");
    let method = text(entry, "method").unwrap_or_default();
    if method == "DELETE" {
        // What is gone has no thread; its id is enough to find it.
        let conversation = thread.map(RemoteConversationId::from).unwrap_or_default();
        let messages = vec![RemoteMessageId::from(id.as_str())];
        return event(account, "delete", &id, InboundBody::Deleted { conversation, messages, at: processed });
    }
    let Some(thread) = thread else { return unreadable("a message without thread") };
    let Some(sent_at) = instant(&activity, "createdAt").or(processed) else {
        return unreadable("a message without a time");
    };
    let author = text(&activity, "author").or_else(|| text(entry, "actor"));
    let Some(author) = author.filter(|author| urn::simple(author).is_some()) else {
        return unreadable("a message without an author");
    };
    let own = text(entry, "actor") == text(entry, "owner");
    let mut said = InboundMessage {
        conversation: ConversationRef {
            id: RemoteConversationId::from(thread),
            participant_id: (!own).then(|| RemoteParticipantId::from(author.as_str())),
            ..ConversationRef::default()
        },
        id: RemoteMessageId::from(id.as_str()),
        sequence: None,
        sender: Participant { id: RemoteParticipantId::from(author), name: None, username: None, is_bot: false },
        direction: if own { Direction::Outgoing } else { Direction::Incoming },
        content: words(&activity),
        reply_to: None,
        sent_at,
        edited_at: None,
        client_key: None,
        history: false,
        is_read: false,
    };
    match method.as_str() {
        "UPDATE" | "PARTIAL_UPDATE" => {
            said.edited_at = processed;
            event(account, "edit", &format!("{id}:{number_of_entry}"), InboundBody::Edited(Box::new(said)))
        }
        _ => event(account, "message", &id, InboundBody::Message(Box::new(said))),
    }
}

/// The words: beside their formatted form, or in it.
fn words(activity: &Value) -> Content {
    let content = activity.get("content").cloned().unwrap_or_default();
    let inner = content.get("content").and_then(|inner| inner.get("string").or(Some(inner))).and_then(Value::as_str);
    let said = text(&content, "fallback").or_else(|| inner.map(str::to_owned)).or_else(|| text(activity, "body"));
    if let Some(said) = said {
        return Content::text(said);
    }
    let files = !elements(activity, "attachments").is_empty();
    let unsupported = Some(if files { "attachment" } else { "empty" }.to_owned());
    let details = Details { unsupported, ..Details::default() };
    Content { kind: ContentKind::Unsupported, text: None, attachments: Vec::new(), details }
}

/// Reads rows of old messages, oldest first. They have no ids, so one is made of what they say; it is the same every time.
pub(super) fn old_messages(account: &str, rows: &[Value], own_name: Option<&str>) -> Vec<Parsed> {
    let mut read: Vec<(Option<Timestamp>, Parsed)> =
        rows.iter().map(|row| beside(|| row_of(account, row, own_name))).collect();
    read.reverse();
    read.sort_by_key(|(at, _)| *at);
    read.into_iter().map(|(_, event)| event).collect()
}

fn row_of(account: &str, row: &Value, own_name: Option<&str>) -> (Option<Timestamp>, Parsed) {
    let date = text(row, "DATE").and_then(|date| NaiveDateTime::parse_from_str(&date, DATE).ok());
    let at = date.map(|date| DateTime::from_naive_utc_and_offset(date, chrono::Utc));
    let thread = text(row, "CONVERSATION ID").filter(|id| id.len() <= MAX_ID_BYTES);
    let (Some(sent_at), Some(thread), Some(said)) = (at, thread, text(row, "CONTENT")) else {
        return (at, unreadable("a row without conversation, date or words"));
    };
    let from = text(row, "FROM").unwrap_or_default();
    let profile = text(row, "SENDER PROFILE URL").filter(|url| url.len() <= MAX_ID_BYTES);
    let sender = profile.unwrap_or_else(|| from.clone());
    let id = made_up(&[&thread, &sender, &sent_at.timestamp().to_string(), &said]);
    let own = own_name.is_some_and(|own| own == from);
    let name = text(row, "CONVERSATION TITLE").or_else(|| if own { text(row, "TO") } else { Some(from.clone()) });
    let thread = if thread.starts_with(THREAD) { thread } else { format!("{THREAD}{thread}") };
    let message = InboundMessage {
        conversation: ConversationRef {
            id: RemoteConversationId::from(thread),
            name: name.filter(|name| !name.is_empty()),
            ..ConversationRef::default()
        },
        id: RemoteMessageId::from(id.as_str()),
        sequence: None,
        sender: Participant {
            id: RemoteParticipantId::from(if own { account.to_owned() } else { sender }),
            name: (!own && !from.is_empty()).then_some(from),
            username: None,
            is_bot: false,
        },
        direction: if own { Direction::Outgoing } else { Direction::Incoming },
        content: Content::text(said),
        reply_to: None,
        sent_at,
        edited_at: None,
        client_key: None,
        history: true,
        is_read: true,
    };
    (at, event(account, "message", &id, InboundBody::Message(Box::new(message))))
}

/// An id made of what a row says.
fn made_up(parts: &[&str]) -> String {
    let mut whole = Vec::new();
    for part in parts {
        // The length before each part: no two rows look alike.
        whole.extend_from_slice(&(part.len() as u64).to_be_bytes());
        whole.extend_from_slice(part.as_bytes());
    }
    format!("row-{}", hex::encode(&digest(&SHA256, &whole).as_ref()[..ID_BYTES]))
}
