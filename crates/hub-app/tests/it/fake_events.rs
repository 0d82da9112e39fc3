//! How the platform of the tests writes its events: one JSON object each, times in seconds of the test's day.

use hub_domain::inbound::{ConversationRef, Inbound, InboundBody, InboundMessage, Participant, UpTo};
use hub_domain::{
    Attachment, AttachmentId, AttachmentState, Content, ContentKind, DeliveryStatus, Direction, RemoteAccountId,
    RemoteConversationId, RemoteMessageId, Timestamp,
};
use serde_json::Value;

/// A moment of the test's day.
pub(crate) fn at(seconds: i64) -> Timestamp {
    let midnight: Timestamp = "2026-01-01T00:00:00Z".parse().expect("a time");
    midnight + chrono::TimeDelta::seconds(seconds)
}

/// Reads one event. Without a kind it is a message.
pub(crate) fn read(event: &Value) -> Inbound {
    let account = event["account"].as_str().unwrap_or(super::fake::ACCOUNT);
    Inbound { accounts: vec![RemoteAccountId::new(account)], event_key: event.to_string(), body: body(event) }
}

fn body(event: &Value) -> InboundBody {
    let conversation = || RemoteConversationId::new(event["conversation"].as_str().unwrap_or("c1"));
    let named = || event["conversation"].as_str().map(RemoteConversationId::new);
    let message = || RemoteMessageId::new(word(event, "message"));
    let at = at(event["at"].as_i64().unwrap_or_default());
    let status = || DeliveryStatus::from_stored(&word(event, "status")).expect("a status");
    match event["kind"].as_str().unwrap_or("message") {
        "message" => InboundBody::Message(Box::new(said(event))),
        "edited" => InboundBody::Edited(Box::new(said(event))),
        "deleted" => InboundBody::Deleted { conversation: conversation(), messages: vec![message()], at: Some(at) },
        "reacted" => InboundBody::Reacted {
            conversation: conversation(),
            message: message(),
            actor: event["actor"].as_str().unwrap_or("ada").into(),
            added: words(event, "added"),
            removed: words(event, "removed"),
            replaces: event["replaces"] == true,
            at,
        },
        "status" => InboundBody::Status {
            conversation: named(),
            message: message(),
            client_key: event["key"].as_str().map(str::to_owned),
            status: status(),
            reason: event["reason"].as_str().map(str::to_owned),
            at,
        },
        "up_to" => InboundBody::StatusUpTo {
            conversation: conversation(),
            up_to: event["time"].as_i64().map_or_else(|| UpTo::Message(message()), |time| UpTo::Time(self::at(time))),
            status: status(),
            at,
        },
        "restored" => InboundBody::Restored { message: Box::new(said(event)), at },
        "reactions" => InboundBody::Reactions {
            conversation: conversation(),
            message: message(),
            standing: words(event, "standing").into_iter().map(|emoji| ("ada".into(), emoji, at)).collect(),
            at,
        },
        "read_elsewhere" => InboundBody::ReadElsewhere {
            conversation: conversation(),
            up_to: event["time"].as_i64().map_or_else(|| UpTo::Message(message()), |time| UpTo::Time(self::at(time))),
            at,
        },
        "reidentified" => InboundBody::Reidentified { from: ids(event, "from"), to: ids(event, "to"), at },
        "contact" => InboundBody::Contact { conversation: whom(event) },
        "notice" => InboundBody::Notice {
            conversation: ConversationRef { name: None, ..whom(event) },
            kind: "button_pressed".to_owned(),
            actor: Some("ada".into()),
            data: serde_json::json!({}),
            opens_window: event["opens"] == true,
            at: Some(at),
        },
        other => panic!("no such kind of event: {other}"),
    }
}

fn whom(event: &Value) -> ConversationRef {
    ConversationRef {
        id: RemoteConversationId::new(event["conversation"].as_str().unwrap_or("c1")),
        aliases: ids(event, "aliases"),
        name: event.get("name").map_or(Some("Ada"), Value::as_str).map(str::to_owned),
        ..ConversationRef::default()
    }
}

fn said(event: &Value) -> InboundMessage {
    let mut content = Content::text(word(event, "text"));
    for file in words(event, "files").into_iter().chain(event["file"].as_str().map(str::to_owned)) {
        content.kind = ContentKind::File;
        content.attachments.push(attachment(&file, event["remote"] == true));
    }
    content.text = content.text.filter(|text| !text.is_empty());
    let outgoing = event["out"] == true;
    InboundMessage {
        conversation: whom(event),
        id: RemoteMessageId::new(word(event, "id")),
        sequence: event["sequence"].as_i64(),
        sender: Participant { id: "ada".into(), name: Some("Ada".to_owned()), username: None, is_bot: false },
        direction: if outgoing { Direction::Outgoing } else { Direction::Incoming },
        content,
        reply_to: None,
        sent_at: at(event["at"].as_i64().unwrap_or_default()),
        edited_at: event["edited"].as_i64().map(at),
        client_key: event["key"].as_str().map(str::to_owned),
        history: event["history"] == true,
        is_read: event["is_read"].as_bool().unwrap_or(event["history"] == true),
    }
}

fn attachment(remote_ref: &str, remote: bool) -> Attachment {
    Attachment {
        id: hub_app::clock::new_id::<AttachmentId>(),
        kind: ContentKind::File,
        remote_ref: remote_ref.to_owned(),
        remote_unique_ref: None,
        mime_type: None,
        file_name: None,
        size: None,
        width: None,
        height: None,
        duration_s: None,
        flavour: None,
        state: if remote { AttachmentState::Remote } else { AttachmentState::Pending },
    }
}

fn word(event: &Value, member: &str) -> String {
    event[member].as_str().unwrap_or_default().to_owned()
}

fn words(event: &Value, member: &str) -> Vec<String> {
    event[member].as_array().into_iter().flatten().filter_map(|v| v.as_str().map(str::to_owned)).collect()
}

fn ids(event: &Value, member: &str) -> Vec<RemoteConversationId> {
    words(event, member).into_iter().map(RemoteConversationId::new).collect()
}
