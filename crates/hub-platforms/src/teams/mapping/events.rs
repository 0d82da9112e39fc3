//! What happened in a chat and nobody said: names, members, calls.

use super::super::wire::{ChatMessage, identity, list};
use super::{Scene, people};
use crate::values::{id as id_of, words};
use hub_domain::RemoteParticipantId;
use hub_domain::inbound::InboundBody;
use hub_platform_kit::platform::Parsed;
use serde_json::{Map, Value, json};

/// Events with a name of the hub's own; all others keep the platform's.
const RENAMED: &[(&str, &str)] = &[
    ("chatRenamed", "title_changed"),
    ("membersAdded", "member_joined"),
    ("membersJoined", "member_joined"),
    ("membersDeleted", "member_left"),
    ("membersLeft", "member_left"),
];
/// What stands around the name of an event.
const AROUND: (&str, &str) = ("#microsoft.graph.", "EventMessageDetail");
/// Characters of a name that is told on.
const MAX_NAME_CHARS: usize = 64;

/// True for words of somebody. A reader that did not ask for the newer kinds is told of them as unknown ones.
pub(super) fn is_message(message: ChatMessage<'_>) -> bool {
    match message.kind() {
        "message" => message.event().is_none(),
        "unknownFutureValue" => message.event().is_none() && message.from().is_some(),
        _ => false,
    }
}

/// An event as a notice, or as nothing for an inbox.
pub(super) fn event(scene: &Scene<'_>, chat: &str, id: &str, message: ChatMessage<'_>) -> Parsed {
    let Some(detail) = message.event() else {
        let reason = if message.kind() == "typing" { "typing" } else { "chat_event" };
        return scene.event("ignored", &[chat, id, reason], InboundBody::Ignored { reason: reason.to_owned() });
    };
    let name = name_of(detail);
    let mut conversation = people::conversation(scene, chat, None);
    let actor = detail.get("initiator").and_then(identity);
    let mut data = Map::new();
    data.insert("event".to_owned(), name.clone().into());
    if let Some(title) = words(detail.get("chatDisplayName")) {
        data.insert("title".to_owned(), title.clone().into());
        conversation.name = Some(title);
    }
    let members: Vec<String> = list(detail, "members").filter_map(|member| member.get("id").and_then(id_of)).collect();
    if !members.is_empty() {
        data.insert("member_ids".to_owned(), json!(members));
    }
    for (name, as_name) in [("messageId", "message_id"), ("callId", "call_id"), ("callDuration", "duration")] {
        if let Some(value) = detail.get(name).filter(|value| value.is_string()) {
            data.insert(as_name.to_owned(), value.clone());
        }
    }
    let kind =
        RENAMED.iter().find(|(theirs, _)| *theirs == name).map_or_else(|| snake(&name), |(_, o)| (*o).to_owned());
    let body = InboundBody::Notice {
        conversation,
        kind,
        actor: actor.map(|actor| RemoteParticipantId::from(actor.id)),
        data: Value::Object(data),
        opens_window: false,
        at: message.created(),
    };
    scene.event("event", &[chat, id, &message.version()], body)
}

/// `chatRenamed` of `#microsoft.graph.chatRenamedEventMessageDetail`.
fn name_of(detail: &Value) -> String {
    let kind = words(detail.get("@odata.type")).unwrap_or_default();
    let name = kind.rsplit('.').next().unwrap_or_default();
    let name = kind.strip_prefix(AROUND.0).unwrap_or(name);
    let name = name.strip_suffix(AROUND.1).unwrap_or(name);
    let name: String = name.chars().filter(char::is_ascii_alphanumeric).take(MAX_NAME_CHARS).collect();
    if name.is_empty() { "system_event".to_owned() } else { name }
}

fn snake(name: &str) -> String {
    let mut snake = String::new();
    for c in name.chars() {
        if c.is_ascii_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.push(c.to_ascii_lowercase());
    }
    snake
}
