//! Messages as both activity APIs write them.

use super::content::Said;
use super::{Scene, Unreadable};
use crate::twitter::ids;
use crate::twitter::wire::{id, millis, words};
use hub_domain::inbound::{ConversationRef, Inbound, InboundBody, InboundMessage};
use hub_domain::{Direction, RemoteMessageId};
use serde_json::Value;

/// One of `direct_message_events`.
pub(super) fn read(scene: &Scene, event: &Value) -> Result<Inbound, Unreadable> {
    let id_of_event = id(&event["id"]).filter(|id| ids::number(id).is_some()).ok_or("a message without an id")?;
    if words(&event["type"]).is_some_and(|kind| kind != "message_create") {
        let body = InboundBody::Ignored { reason: "unknown_kind".to_owned() };
        return Ok(scene.event(scene.key("ignored", &[&id_of_event]), body));
    }
    let create = &event["message_create"];
    let sender = id(&create["sender_id"]).ok_or("a message without a sender")?;
    let sent_at = millis(&event["created_timestamp"]).or_else(|| ids::moment(&id_of_event));
    let message = InboundMessage {
        conversation: conversation(scene, &create["target"], &sender)?,
        sequence: ids::sequence(&id_of_event),
        sender: scene.participant(&sender),
        direction: direction(scene, &sender),
        content: Said::in_delivery(&create["message_data"]).content(scene.unescape),
        reply_to: None,
        sent_at: sent_at.ok_or("a message without a time")?,
        edited_at: None,
        client_key: None,
        history: false,
        is_read: false,
        id: RemoteMessageId::from(id_of_event.as_str()),
    };
    Ok(message_event(scene, message))
}

/// The key is the same whichever way a message comes: through either API, once more, or read back.
pub(super) fn message_event(scene: &Scene, message: InboundMessage) -> Inbound {
    scene.event(scene.key("message", &[message.id.as_str()]), InboundBody::Message(Box::new(message)))
}

/// What the account wrote is told like everything else.
pub(super) fn direction(scene: &Scene, sender: &str) -> Direction {
    if sender == scene.account { Direction::Outgoing } else { Direction::Incoming }
}

/// Where something was said or done. Two people's conversation is not named: it follows from both ends.
pub(super) fn conversation(scene: &Scene, target: &Value, sender: &str) -> Result<ConversationRef, Unreadable> {
    if let Some(named) = id(&target["conversation_id"]) {
        return scene.named(&named).ok_or("a conversation of others");
    }
    let recipient = id(&target["recipient_id"]).ok_or("a message to nobody")?;
    let other = match (sender == scene.account, recipient == scene.account) {
        (true, _) => recipient,
        (false, true) => sender.to_owned(),
        (false, false) => return Err("a message between others"),
    };
    scene.with(&other).ok_or("a person without a number")
}
