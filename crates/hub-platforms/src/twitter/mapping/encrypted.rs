//! Chats that are encrypted from end to end. The hub has no keys, so it says that somebody wrote, and nothing of what.

use super::messages::{direction, message_event};
use super::{ENCRYPTED, Scene, unreadable};
use crate::twitter::ids;
use crate::twitter::wire::{id, millis};
use hub_domain::inbound::{ConversationRef, InboundBody, InboundMessage};
use hub_domain::{Content, ContentKind, Details, RemoteConversationId, RemoteMessageId, RemoteParticipantId};
use hub_platform_kit::platform::Parsed;
use serde_json::{Value, json};

/// What the hub shows such a message as.
const NAME: &str = "encrypted_message";
/// Stands between the people of such a chat.
const BETWEEN: char = ':';

/// An event `chat.*`.
pub(super) fn read(scene: &Scene, kind: &str, payload: &Value) -> Parsed {
    if !matches!(kind, "chat.received" | "chat.sent") {
        let key = scene.key("ignored", &[kind, &payload.to_string()]);
        return Parsed::Event(scene.event(key, InboundBody::Ignored { reason: "encrypted_chat".to_owned() }));
    }
    let (Some(id_of_event), Some(sender), Some(chat)) =
        (id(&payload["id"]), id(&payload["sender_id"]), id(&payload["conversation_id"]))
    else {
        return unreadable("an encrypted message without its surroundings");
    };
    let Some(sent_at) = millis(&payload["created_at_msec"]) else {
        return unreadable("an encrypted message without a time");
    };
    Parsed::Event(message_event(
        scene,
        InboundMessage {
            conversation: conversation(scene, &chat),
            id: RemoteMessageId::from(id_of_event),
            sequence: None,
            sender: scene.participant(&sender),
            direction: direction(scene, &sender),
            content: Content {
                kind: ContentKind::Unsupported,
                text: None,
                attachments: Vec::new(),
                details: Details { unsupported: Some(NAME.to_owned()), ..Details::default() },
            },
            reply_to: None,
            sent_at,
            edited_at: None,
            client_key: None,
            history: false,
            is_read: false,
        },
    ))
}

/// Two people have one conversation, however they write in it. A group of such a chat is one that only their apps reach.
fn conversation(scene: &Scene, chat: &str) -> ConversationRef {
    let both = chat.split_once(BETWEEN).and_then(|(one, other)| ids::between(one, other));
    let known = both.as_deref().and_then(|both| scene.named(both));
    known.unwrap_or_else(|| ConversationRef {
        id: RemoteConversationId::from(chat),
        participant_id: Some(RemoteParticipantId::from(chat)),
        address: Some(json!({ ENCRYPTED: true })),
        ..ConversationRef::default()
    })
}
