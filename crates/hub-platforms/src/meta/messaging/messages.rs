//! What was said: messages, pressed buttons that speak, edits, taking back.

use super::super::envelope::Unreadable;
use super::{Told, attachments, member_id};
use crate::values::{key, number, words};
use hub_domain::inbound::{Inbound, InboundBody, InboundMessage};
use hub_domain::{Content, ContentKind, Details, Direction, RemoteMessageId};
use serde_json::{Map, Value, json};

/// Members of a referral that are kept.
const REFERRAL: &[&str] = &["ref", "source", "type", "ad_id", "referer_uri", "ads_context_data"];
/// Longest key of the hub's own that comes back in an echo.
const MAX_CLIENT_KEY_CHARS: usize = 64;

/// A message, its echo, or its taking back.
pub(super) fn message(told: &Told, message: &Map<String, Value>) -> Result<Inbound, Unreadable> {
    let mid = member_id(message, "mid").ok_or("a message without mid")?;
    let flag = |name: &str| message.get(name).and_then(Value::as_bool).unwrap_or(false);
    if flag("is_deleted") {
        let body = InboundBody::Deleted {
            conversation: told.conversation()?.id,
            messages: vec![RemoteMessageId::from(mid.as_str())],
            at: told.at,
        };
        return Ok(told.happened("deleted", &[&mid], body));
    }
    let mut content = attachments::content(message, told.dialect);
    let extra = &mut content.details.extra;
    if let Some(payload) = message.get("quick_reply").and_then(|reply| words(reply.get("payload"))) {
        extra.insert("quick_reply_payload".to_owned(), payload.into());
    }
    if let Some(commands) = message.get("commands").filter(|commands| commands.is_array()) {
        extra.insert("commands".to_owned(), commands.clone());
    }
    if let Some(referral) = message.get("referral").and_then(referral) {
        extra.insert("referral".to_owned(), referral);
    }
    // Only echoes tell who sent them, and only they may name a message of ours.
    let metadata = words(message.get("metadata")).filter(|_| told.by_account);
    if let Some(metadata) = &metadata {
        extra.insert("metadata".to_owned(), metadata.as_str().into());
    }
    if let Some(app) = member_id(message, "app_id") {
        extra.insert("source_app_id".to_owned(), app.into());
    }
    let reply_to = message.get("reply_to").and_then(Value::as_object).and_then(|reply| member_id(reply, "mid"));
    let said = InboundMessage {
        reply_to: reply_to.map(RemoteMessageId::from),
        client_key: metadata.filter(|key| key.chars().count() <= MAX_CLIENT_KEY_CHARS),
        ..said(told, &mid, content)?
    };
    Ok(told.happened("message", &[&mid], InboundBody::Message(Box::new(said))))
}

/// A pressed button: its words are the message. Older versions give it no id, so it gets one that is the same each time.
pub(super) fn postback(told: &Told, press: &Map<String, Value>) -> Result<Inbound, Unreadable> {
    let payload = words(press.get("payload"));
    let mid = if let Some(mid) = member_id(press, "mid") {
        mid
    } else {
        let customer = told.customer.as_deref().unwrap_or_default();
        let at = told.at()?.timestamp_millis().to_string();
        key("postback", &at, &[customer, payload.as_deref().unwrap_or_default()])
    };
    let mut details = Details::default();
    if let Some(payload) = payload {
        details.extra.insert("postback_payload".to_owned(), payload.into());
    }
    if let Some(referral) = press.get("referral").and_then(referral) {
        details.extra.insert("referral".to_owned(), referral);
    }
    let content =
        Content { kind: ContentKind::Postback, text: words(press.get("title")), attachments: Vec::new(), details };
    let said = said(told, &mid, content)?;
    Ok(told.happened("message", &[&mid], InboundBody::Message(Box::new(said))))
}

/// The new words of a message. When it was first said is not told; the edit's time stands in for a message nobody has.
pub(super) fn edit(told: &Told, edit: &Map<String, Value>) -> Result<Inbound, Unreadable> {
    let mid = member_id(edit, "mid").ok_or("an edit without mid")?;
    let text = words(edit.get("text")).ok_or("an edit without words")?;
    let count = edit.get("num_edit").and_then(number);
    let mut content = Content::text(text);
    if let Some(count) = count {
        content.details.extra.insert("edit_count".to_owned(), count.into());
    }
    let at = told.at()?;
    let said = InboundMessage { edited_at: Some(at), ..said(told, &mid, content)? };
    let parts = [mid.as_str(), &count.unwrap_or_default().to_string(), &at.timestamp_millis().to_string()];
    Ok(told.happened("edit", &parts, InboundBody::Edited(Box::new(said))))
}

fn said(told: &Told, mid: &str, mut content: Content) -> Result<InboundMessage, Unreadable> {
    if told.standby {
        content.details.extra.insert("standby".to_owned(), true.into());
    }
    Ok(InboundMessage {
        conversation: told.conversation()?,
        id: RemoteMessageId::from(mid),
        sequence: None,
        sender: told.actor()?,
        direction: if told.by_account { Direction::Outgoing } else { Direction::Incoming },
        content,
        reply_to: None,
        sent_at: told.at()?,
        edited_at: None,
        client_key: None,
        history: false,
        is_read: false,
    })
}

/// Where somebody came from: a link or an advertisement.
pub(super) fn referral(value: &Value) -> Option<Value> {
    let members = value.as_object()?;
    let kept = REFERRAL.iter().filter_map(|name| Some(((*name).to_owned(), members.get(*name)?.clone())));
    let kept: Map<String, Value> = kept.collect();
    (!kept.is_empty()).then(|| json!(kept))
}
