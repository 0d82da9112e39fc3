//! Service messages: things that happened in a chat and that nobody said.

use super::super::wire::Message;
use super::notice;
use hub_domain::inbound::{ConversationRef, InboundBody};
use hub_domain::{RemoteConversationId, Timestamp};
use serde_json::{Map, Value, json};

/// Service members with a name of the hub's own; the first that is there counts.
const RENAMED: &[(&str, &str)] = &[
    ("new_chat_members", "member_joined"),
    ("left_chat_member", "member_left"),
    ("new_chat_title", "title_changed"),
    ("new_chat_photo", "photo_changed"),
    ("delete_chat_photo", "photo_removed"),
    ("group_chat_created", "chat_created"),
    ("supergroup_chat_created", "chat_created"),
    ("channel_chat_created", "chat_created"),
    ("pinned_message", "message_pinned"),
    ("message_auto_delete_timer_changed", "auto_delete_changed"),
];
/// Service members whose own name says it.
const NAMED: &[&str] = &[
    "boost_added",
    "chat_background_set",
    "chat_owner_changed",
    "chat_owner_left",
    "chat_shared",
    "checklist_tasks_added",
    "checklist_tasks_done",
    "connected_website",
    "direct_message_price_changed",
    "gift",
    "gift_upgrade_sent",
    "giveaway_completed",
    "giveaway_created",
    "managed_bot_created",
    "paid_message_price_changed",
    "poll_option_added",
    "poll_option_deleted",
    "proximity_alert_triggered",
    "refunded_payment",
    "successful_payment",
    "unique_gift",
    "users_shared",
    "web_app_data",
    "write_access_allowed",
];
/// Families of service members that still grow.
const FAMILIES: &[&str] = &["forum_topic_", "general_forum_topic_", "video_chat_", "suggested_post_"];
/// Not a service member, though its name fits a family.
const NOT_AN_EVENT: &str = "suggested_post_info";
/// Members listed per event.
const MAX_MEMBERS: usize = 200;

/// Whether the message is an event and no words.
pub(super) fn is_service(message: &Message) -> bool {
    message.rest.contains_key("migrate_to_chat_id")
        || message.rest.contains_key("migrate_from_chat_id")
        || kind(&message.rest).is_some()
}

/// What happened.
pub(super) fn event(message: &Message, conversation: ConversationRef, at: Timestamp) -> InboundBody {
    let rest = &message.rest;
    let here = message.chat.id;
    let moved = |from: i64, to: i64| InboundBody::Moved {
        from: RemoteConversationId::new(from.to_string()),
        to: RemoteConversationId::new(to.to_string()),
        at,
    };
    // Both chats tell of a migration, in any order; telling twice changes nothing.
    if let Some(to) = rest.get("migrate_to_chat_id").and_then(Value::as_i64) {
        return moved(here, to);
    }
    if let Some(from) = rest.get("migrate_from_chat_id").and_then(Value::as_i64) {
        return moved(from, here);
    }
    let actor = message.sender_chat.as_ref().map(|chat| chat.id).or(message.from.as_ref().map(|user| user.id));
    let name = kind(rest).unwrap_or("service_message");
    let (data, conversation) = details(message, conversation);
    notice(conversation, name, actor, data, Some(at))
}

fn kind(rest: &Map<String, Value>) -> Option<&str> {
    let own = || NAMED.iter().find(|name| rest.contains_key(**name)).copied();
    let family = || {
        let member = |name: &&String| FAMILIES.iter().any(|start| name.starts_with(start)) && *name != NOT_AN_EVENT;
        rest.keys().find(member).map(String::as_str)
    };
    RENAMED.iter().find(|(member, _)| rest.contains_key(*member)).map(|(_, name)| *name).or_else(own).or_else(family)
}

/// What is worth telling of the event.
fn details(message: &Message, mut conversation: ConversationRef) -> (Value, ConversationRef) {
    let rest = &message.rest;
    let id = |user: &Value| user.get("id").and_then(Value::as_i64).map(|id| id.to_string());
    if let Some(joined) = rest.get("new_chat_members").and_then(Value::as_array) {
        let members: Vec<String> = joined.iter().take(MAX_MEMBERS).filter_map(id).collect();
        return (json!({ "member_ids": members }), conversation);
    }
    if let Some(left) = rest.get("left_chat_member") {
        return (json!({ "member_ids": id(left).into_iter().collect::<Vec<_>>() }), conversation);
    }
    if let Some(title) = rest.get("new_chat_title").and_then(Value::as_str) {
        conversation.name = Some(title.to_owned());
        return (json!({ "title": title }), conversation);
    }
    if let Some(number) = rest.get("pinned_message").and_then(|pinned| pinned.get("message_id")).and_then(Value::as_i64)
    {
        let pinned = super::message_id(number);
        return (json!({ "message_id": pinned.as_str() }), conversation);
    }
    (json!({}), conversation)
}
