//! Who speaks, and where.

use super::super::wire::{Chat, DirectMessagesTopic, Message, User};
use hub_domain::inbound::{ConversationRef, Participant};
use hub_domain::{RemoteConversationId, RemoteMessageId, RemoteParticipantId};
use serde_json::json;

/// The conversation of a message. A chat is one conversation, with two exceptions: what a business account's customers write
/// (another person's chat may have the same number), and the direct messages of a channel (one topic per person).
pub(super) fn conversation(message: &Message) -> ConversationRef {
    if let Some(connection) = &message.business_connection_id {
        return business(&message.chat, connection);
    }
    if let Some(topic) = &message.direct_messages_topic {
        return topic_of_channel(&message.chat, topic);
    }
    let address = match message.message_thread_id {
        Some(thread) if message.is_topic_message => Some(json!({ "message_thread_id": thread })),
        // Said outside all topics: an answer must not land in the topic that was used before.
        _ if message.chat.is_forum => Some(json!({})),
        _ => None,
    };
    ConversationRef { address, ..chat(&message.chat) }
}

/// A chat as its own conversation.
pub(super) fn chat(chat: &Chat) -> ConversationRef {
    ConversationRef {
        id: RemoteConversationId::new(chat.id.to_string()),
        aliases: Vec::new(),
        handle: None,
        name: chat_name(chat),
        participant_id: Some(participant_id(chat.id)),
        avatar_url: None,
        address: None,
    }
}

/// A customer's chat with a business account. The scope is the connection, because updates do not name its owner.
pub(super) fn business(place: &Chat, connection: &str) -> ConversationRef {
    ConversationRef {
        id: RemoteConversationId::new(format!("{}:business:{connection}", place.id)),
        aliases: Vec::new(),
        handle: None,
        address: Some(json!({ "business_connection_id": connection })),
        ..chat(place)
    }
}

fn topic_of_channel(place: &Chat, topic: &DirectMessagesTopic) -> ConversationRef {
    let known = chat(place);
    ConversationRef {
        id: RemoteConversationId::new(format!("{}:topic:{}", place.id, topic.topic_id)),
        aliases: Vec::new(),
        handle: None,
        name: topic.user.as_ref().and_then(full_name).or(known.name),
        participant_id: topic.user.as_ref().map(|user| participant_id(user.id)).or(known.participant_id),
        avatar_url: None,
        address: Some(json!({ "direct_messages_topic_id": topic.topic_id })),
    }
}

/// The id of a message: its number, which counts per chat.
pub(in crate::telegram_bot) fn message_id(number: i64) -> RemoteMessageId {
    RemoteMessageId::new(number.to_string())
}

/// The other person of a private chat with the bot.
pub(super) fn private_person(message: &Message) -> Option<i64> {
    if message.business_connection_id.is_some() { None } else { private_chat(&message.chat) }
}

/// The other person of a private chat.
pub(super) fn private_chat(chat: &Chat) -> Option<i64> {
    (chat.kind.as_deref() == Some("private")).then_some(chat.id)
}

/// Who said it: the chat that speaks, else the person, else the chat it was said in. `from` is a stand-in while a chat speaks.
pub(super) fn sender(message: &Message) -> Participant {
    match (&message.sender_chat, &message.from) {
        (Some(chat), _) => speaking_chat(chat),
        (None, Some(user)) => person(user),
        (None, None) => speaking_chat(&message.chat),
    }
}

/// Named as the contract names senders: handle, else first name.
fn person(user: &User) -> Participant {
    let name = filled(user.username.as_deref()).or_else(|| filled(user.first_name.as_deref()));
    Participant {
        id: participant_id(user.id),
        name: Some(name.unwrap_or("Unknown").to_owned()),
        username: user.username.clone(),
        is_bot: user.is_bot,
    }
}

fn speaking_chat(chat: &Chat) -> Participant {
    Participant {
        id: participant_id(chat.id),
        name: Some(chat_name(chat).unwrap_or_else(|| "Unknown".to_owned())),
        username: chat.username.clone(),
        is_bot: false,
    }
}

/// First and last name.
pub(super) fn full_name(user: &User) -> Option<String> {
    joined(user.first_name.as_deref(), user.last_name.as_deref()).or_else(|| user.username.clone())
}

/// A group's title, or the person's name.
pub(super) fn chat_name(chat: &Chat) -> Option<String> {
    filled(chat.title.as_deref())
        .map(str::to_owned)
        .or_else(|| joined(chat.first_name.as_deref(), chat.last_name.as_deref()))
        .or_else(|| chat.username.clone())
}

/// Two names as one; `None` when both are missing.
pub(super) fn joined(first: Option<&str>, last: Option<&str>) -> Option<String> {
    let names: Vec<&str> = [first, last].into_iter().filter_map(filled).collect();
    (!names.is_empty()).then(|| names.join(" "))
}

fn filled(text: Option<&str>) -> Option<&str> {
    text.filter(|text| !text.trim().is_empty())
}

fn participant_id(id: i64) -> RemoteParticipantId {
    RemoteParticipantId::new(id.to_string())
}
