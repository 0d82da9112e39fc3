//! What happens to messages: taken away, read, reacted to.

use super::messages::said_at;
use super::{Scene, conversation_id, instant, message_id, participant_id};
use crate::telegram_user::cursor::Unread;
use crate::telegram_user::peers;
use grammers_tl_types as tl;
use hub_domain::inbound::{InboundBody, UpTo};
use hub_domain::{DeliveryStatus, Timestamp};
use hub_platform_kit::platform::Parsed;
use serde_json::json;
use tl::enums::{Message, MessagePeerReaction, MessageReactions, Reaction};

/// Characters of a service notification that are kept.
const MAX_NOTIFICATION: usize = 2_000;

/// Taken away outside channels: Telegram does not say where; the ids count once in the whole account.
pub(super) fn deleted(messages: &[i32], pts: i32, scene: &Scene<'_>) -> Parsed {
    let messages = messages.iter().copied().map(message_id).collect();
    scene.event(&format!("deleted:{pts}"), InboundBody::DeletedSomewhere { messages, at: None })
}

/// Taken away in a chat. The update has no time of its own.
pub(super) fn deleted_in(chat: i64, messages: &[i32], pts: i32, scene: &Scene<'_>) -> Parsed {
    let body = InboundBody::Deleted {
        conversation: conversation_id(chat),
        messages: messages.iter().copied().map(message_id).collect(),
        at: None,
    };
    scene.event(&format!("{chat}:deleted:{pts}"), body)
}

/// The account read on another device of its own, or here.
pub(super) fn read_here(chat: i64, up_to: i32, scene: &Scene<'_>) -> Parsed {
    let key = format!("{chat}:in:{up_to}");
    let Some(at) = instant(scene.date) else { return undated("a reading") };
    scene.event(&key, read_by_me(chat, up_to, at))
}

/// What was read last may be none that is kept, such as somebody's joining.
fn read_by_me(chat: i64, up_to: i32, at: Timestamp) -> InboundBody {
    let up_to = UpTo::Number(i64::from(up_to));
    InboundBody::ReadElsewhere { conversation: conversation_id(chat), up_to, at }
}

/// Up to where both sides have read a chat, as Telegram lists it beside these messages of it, newest first.
pub(in crate::telegram_user) fn read_up_to(messages: &[Message], scene: &Scene<'_>, listed: &Unread) -> Vec<Parsed> {
    let Some(at) = messages.iter().find_map(said_at) else { return Vec::new() };
    let chat = listed.chat;
    let mut events = Vec::new();
    if let Some(up_to) = listed.read_by_me.filter(|up_to| *up_to > 0) {
        events.push(scene.event(&format!("{chat}:in:{up_to}"), read_by_me(chat, up_to, at)));
    }
    let ours = messages.iter().filter_map(|message| match message {
        Message::Message(said) if said.out && said.id <= listed.read_by_them => Some(said.id),
        _ => None,
    });
    if let Some(last) = ours.max() {
        let (conversation, up_to) = (conversation_id(chat), UpTo::Message(message_id(last)));
        let body = InboundBody::StatusUpTo { conversation, up_to, status: DeliveryStatus::Read, at };
        events.push(scene.event(&format!("{chat}:out:{last}"), body));
    }
    events
}

/// The other side has read.
pub(super) fn read_there(chat: i64, up_to: i32, scene: &Scene<'_>) -> Parsed {
    let key = format!("{chat}:out:{up_to}");
    let Some(at) = instant(scene.date) else { return undated("a receipt") };
    let (conversation, up_to) = (conversation_id(chat), UpTo::Message(message_id(up_to)));
    scene.event(&key, InboundBody::StatusUpTo { conversation, up_to, status: DeliveryStatus::Read, at })
}

/// All reactions that stand at a message; `None` when there are some and Telegram does not say whose.
pub(super) fn reactions(chat: i64, message: i32, told: &MessageReactions, scene: &Scene<'_>) -> Option<Parsed> {
    let MessageReactions::Reactions(told) = told;
    let each = told.recent_reactions.as_deref().unwrap_or_default();
    if each.is_empty() && !told.results.is_empty() {
        return None;
    }
    let mut standing = Vec::new();
    let mut key = format!("{chat}:{message}:reactions:{}", scene.date);
    for MessagePeerReaction::Reaction(one) in each {
        let (Reaction::Emoji(emoji), Some(at)) = (&one.reaction, instant(one.date)) else { continue };
        let who = peers::peer_id(&one.peer_id);
        key.extend([":", &who.to_string(), &emoji.emoticon]);
        standing.push((participant_id(who), emoji.emoticon.clone(), at));
    }
    let at = instant(scene.date)?;
    let body =
        InboundBody::Reactions { conversation: conversation_id(chat), message: message_id(message), standing, at };
    Some(scene.event(&shortened(&key), body))
}

/// Telegram itself has something to say to the person, such as why something was refused.
pub(super) fn notification(notice: &tl::types::UpdateServiceNotification, scene: &Scene<'_>) -> Parsed {
    let words: String = notice.message.chars().take(MAX_NOTIFICATION).collect();
    let key = shortened(&format!("notification:{}:{}:{words}", notice.r#type, notice.inbox_date.unwrap_or(scene.date)));
    let body = InboundBody::AccountNotice {
        kind: "service_notification".to_owned(),
        data: json!({ "type": notice.r#type, "text": words }),
        at: instant(notice.inbox_date.unwrap_or(scene.date)),
    };
    scene.event(&key, body)
}

/// A key of any length as a short one.
fn shortened(key: &str) -> String {
    use aws_lc_rs::digest;
    hex::encode(digest::digest(&digest::SHA256, key.as_bytes()))
}

fn undated(what: &str) -> Parsed {
    Parsed::Unreadable(format!("{what} without a usable date"))
}
