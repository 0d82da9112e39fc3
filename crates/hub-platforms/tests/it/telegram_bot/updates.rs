//! What updates beyond the recorded ones become.
#![allow(clippy::needless_pass_by_value, reason = "payloads are written where they are used")]

use super::{BOT, offline};
use hub_domain::inbound::{Inbound, InboundBody, InboundMessage};
use hub_domain::{ContentKind, Direction};
use hub_platform_kit::PlatformHandle;
use hub_platform_kit::platform::Parsed;
use hub_platform_kit::webhook::Verified;
use serde_json::{Value, json};
use std::sync::OnceLock;

pub(crate) fn parse(body: &[u8]) -> Vec<Parsed> {
    static PLATFORM: OnceLock<PlatformHandle> = OnceLock::new();
    let platform = PLATFORM.get_or_init(offline);
    platform.parse(&Verified { body: body.to_vec().into(), account: Some(BOT.into()) }).unwrap()
}

fn event(update: &Value) -> Inbound {
    match parse(update.to_string().as_bytes()).as_slice() {
        [Parsed::Event(event)] => event.clone(),
        other => panic!("{other:?}"),
    }
}

fn message(members: &Value) -> Value {
    let mut base = json!({
        "message_id": 5, "date": 1_790_000_000,
        "chat": { "id": 5_012_345_678_i64, "type": "private", "first_name": "Anna", "last_name": "Petrova" },
        "from": { "id": 5_012_345_678_i64, "is_bot": false, "first_name": "Anna" },
    });
    base.as_object_mut().unwrap().append(&mut members.as_object().unwrap().clone());
    base
}

fn said(kind: &str, members: Value) -> (Inbound, InboundMessage) {
    let event = event(&json!({ "update_id": 9, kind: message(&members) }));
    match event.body.clone() {
        InboundBody::Message(message) | InboundBody::Edited(message) => (event, *message),
        other => panic!("{other:?}"),
    }
}

fn notice(members: Value) -> (String, Value) {
    match event(&json!({ "update_id": 9, "message": message(&members) })).body {
        InboundBody::Notice { kind, data, .. } => (kind, data),
        other => panic!("{other:?}"),
    }
}

fn supergroup() -> Value {
    json!({ "id": -1_002_099_999_999_i64, "type": "supergroup", "title": "Team" })
}

#[test]
fn keys_and_accounts() {
    let (private, message) = said("message", json!({ "text": "x" }));
    assert_eq!(private.event_key, "6123456789:9");
    let accounts: Vec<&str> = private.accounts.iter().map(hub_domain::RemoteAccountId::as_str).collect();
    assert_eq!(accounts, ["6123456789", "5012345678"]);
    assert_eq!(message.sequence, Some(5));
    assert_eq!(message.sender.name.as_deref(), Some("Anna"), "without a handle: the first name");
    assert_eq!(message.conversation.name.as_deref(), Some("Anna Petrova"));
}

/// A customer's chat with a business has the number of their own chat with the bot; neither words nor accounts may mix.
#[test]
fn business_chats_stand_apart() {
    let scoped = |from: i64, more: Value| {
        let mut members =
            json!({ "text": "x", "business_connection_id": "conn", "from": { "id": from, "first_name": "B" } });
        members.as_object_mut().unwrap().append(&mut more.as_object().unwrap().clone());
        said("business_message", members)
    };
    let (event, customer) = scoped(5_012_345_678, json!({}));
    assert_eq!(customer.conversation.id.as_str(), "5012345678:business:conn");
    assert_eq!(customer.conversation.address, Some(json!({ "business_connection_id": "conn" })));
    assert_eq!(customer.direction, Direction::Incoming);
    assert_eq!(event.accounts.len(), 1, "the customer's own account must not see the owner's chat");
    assert_eq!(scoped(8_100_200_300, json!({})).1.direction, Direction::Outgoing, "the owner wrote");
    let by_bot = json!({ "sender_business_bot": { "id": 7, "is_bot": true } });
    assert_eq!(scoped(5_012_345_678, by_bot).1.direction, Direction::Outgoing, "a bot wrote for the owner");

    let deleted = json!({ "update_id": 10, "deleted_business_messages": {
        "business_connection_id": "conn", "chat": { "id": 5_012_345_678_i64, "type": "private" }, "message_ids": [5, 6] } });
    let InboundBody::Deleted { conversation, messages, at } = self::event(&deleted).body else { panic!() };
    assert_eq!(conversation, customer.conversation.id);
    assert_eq!((messages.len(), messages[0].clone(), at), (2, customer.id, None));
}

#[test]
fn direct_messages_of_a_channel_are_one_conversation_per_person() {
    let members = json!({
        "text": "x", "chat": { "id": -1_005_i64, "type": "supergroup", "title": "Shop", "is_direct_messages": true },
        "direct_messages_topic": { "topic_id": 99, "user": { "id": 7, "first_name": "Ben" } },
    });
    let (event, message) = said("message", members);
    assert_eq!(message.conversation.id.as_str(), "-1005:topic:99");
    assert_eq!(message.conversation.name.as_deref(), Some("Ben"));
    assert_eq!(message.conversation.participant_id.unwrap().as_str(), "7");
    assert_eq!(message.conversation.address, Some(json!({ "direct_messages_topic_id": 99 })));
    assert_eq!(event.accounts.len(), 1);
}

#[test]
fn an_answer_in_a_forum_returns_to_the_topic_spoken_in_last() {
    let forum = json!({ "id": -1_005_i64, "type": "supergroup", "title": "Forum", "is_forum": true });
    let (_, topic) =
        said("message", json!({ "chat": forum, "text": "x", "message_thread_id": 12, "is_topic_message": true }));
    assert_eq!(topic.conversation.address, Some(json!({ "message_thread_id": 12 })));
    let (_, general) = said("message", json!({ "chat": forum, "text": "x" }));
    assert_eq!(general.conversation.address, Some(json!({})), "an older topic must not stay");
    // Outside forums a thread is only a chain of answers.
    let (_, group) = said("message", json!({ "chat": supergroup(), "text": "x", "message_thread_id": 12 }));
    assert_eq!((group.conversation.address, group.content.details.thread_id), (None, None));
}

/// Both chats tell of a migration, in any order, and say the same.
#[test]
fn a_migration_is_a_move() {
    let group = json!({ "id": -4_012_345_678_i64, "type": "group", "title": "Team" });
    let (_, before) = said("message", json!({ "chat": group, "text": "before" }));
    let (_, after) = said("message", json!({ "chat": supergroup(), "text": "after" }));
    let moved = |members: Value| event(&json!({ "update_id": 9, "message": message(&members) })).body;
    let told_by_old = moved(json!({ "chat": group, "migrate_to_chat_id": -1_002_099_999_999_i64 }));
    let told_by_new = moved(json!({ "chat": supergroup(), "migrate_from_chat_id": -4_012_345_678_i64 }));
    assert_eq!(told_by_old, told_by_new);
    let InboundBody::Moved { from, to, .. } = told_by_old else { panic!() };
    assert_eq!((from, to), (before.conversation.id, after.conversation.id));
}

#[test]
fn stand_ins_never_become_people() {
    let anonymous = json!({
        "chat": supergroup(), "sender_chat": supergroup(), "text": "x",
        "from": { "id": 1_087_968_824, "is_bot": true, "first_name": "Group", "username": "GroupAnonymousBot" },
    });
    let (_, message) = said("message", anonymous);
    assert_eq!(message.sender.id.as_str(), "-1002099999999");
    assert_eq!((message.sender.name.as_deref(), message.sender.is_bot), (Some("Team"), false));
    let (_, nameless) = said("message", json!({ "from": { "id": 7 }, "text": "x" }));
    assert_eq!(nameless.sender.name.as_deref(), Some("Unknown"));
}

#[test]
fn every_member_of_an_album_is_a_message_of_its_own() {
    let photo =
        json!([{ "file_id": "small", "width": 90, "height": 90 }, { "file_id": "large", "width": 900, "height": 900 }]);
    let (_, message) = said("message", json!({ "photo": photo, "media_group_id": "14000000000000000001" }));
    assert_eq!(message.content.details.album_id.as_deref(), Some("14000000000000000001"));
    assert_eq!(message.content.attachments.len(), 1);
    assert_eq!(message.content.attachments[0].remote_ref, "large");
    let again = said("message", json!({ "photo": [{ "file_id": "large" }] })).1;
    assert_ne!(message.content.attachments[0].id, again.content.attachments[0].id);
}

#[test]
fn what_fills_two_members_is_one_file() {
    let file = json!({ "file_id": "f", "width": 1, "height": 1 });
    let (_, live) =
        said("message", json!({ "live_photo": file, "photo": [{ "file_id": "p", "width": 2, "height": 2 }] }));
    assert_eq!((live.content.kind, live.content.attachments.len()), (ContentKind::Image, 1));
    let (_, sticker) = said("message", json!({ "sticker": { "file_id": "s", "is_animated": true } }));
    assert_eq!(sticker.content.attachments[0].mime_type.as_deref(), Some("application/x-tgsticker"));
}

#[test]
fn what_cannot_be_shown_is_named_and_keeps_its_words() {
    for (members, name, text) in [
        (json!({ "dice": { "emoji": "x", "value": 3 } }), "dice", None),
        (json!({ "paid_media": { "star_count": 1 }, "caption": "look" }), "paid_media", Some("look")),
        (json!({ "something_new": {} }), "unknown", None),
        (json!({ "rich_message": { "blocks": [{ "type": "divider" }] } }), "rich_message", None),
    ] {
        let (_, message) = said("message", members);
        assert_eq!(message.content.kind, ContentKind::Unsupported);
        assert_eq!(message.content.details.unsupported.as_deref(), Some(name));
        assert_eq!(message.content.text.as_deref(), text);
    }
}

#[test]
fn a_rich_message_is_read_as_its_words() {
    let bold = json!({ "type": "bold", "text": ["two ", { "type": "italic", "text": "three" }] });
    let rich = json!({ "blocks": [
        { "type": "section_heading", "text": "Title" },
        { "type": "paragraph", "text": ["one ", bold] },
        { "type": "list", "items": [{ "label": "1. ", "blocks": [{ "type": "paragraph", "text": "four" }] },
                                    { "label": "2. ", "blocks": [{ "type": "paragraph", "text": "five" }] }] },
    ] });
    let (_, message) = said("message", json!({ "rich_message": rich }));
    assert_eq!(message.content.text.as_deref(), Some("Title\none two three\n1. four\n2. five"));
    let deep = (0..100).fold(json!("x"), |inner, _| json!([inner]));
    let (_, message) =
        said("message", json!({ "rich_message": { "blocks": [{ "type": "paragraph", "text": deep }] } }));
    assert_eq!(message.content.kind, ContentKind::Unsupported, "too deep to be read");
}

#[test]
fn formatting_is_kept_as_far_as_it_can_be_drawn() {
    let spans = json!([{ "type": "text_link", "offset": 0, "length": 2, "url": "https://x.example", "user": { "id": 1 } },
                       { "type": "bold", "offset": -1, "length": 2 }, "odd"]);
    let (_, message) = said("message", json!({ "text": "hi", "entities": spans }));
    let expected = json!({ "type": "text_link", "offset": 0, "length": 2, "url": "https://x.example" });
    assert_eq!(message.content.details.entities, [expected]);
}

#[test]
fn service_messages_are_events() {
    assert_eq!(notice(json!({ "video_chat_started": {} })).0, "video_chat_started");
    assert_eq!(notice(json!({ "forum_topic_something_new": {} })).0, "forum_topic_something_new");
    assert_eq!(notice(json!({ "delete_chat_photo": true })).0, "photo_removed");
    let pinned =
        json!({ "chat": supergroup(), "pinned_message": { "message_id": 3, "date": 0, "chat": supergroup() } });
    assert_eq!(notice(pinned), ("message_pinned".to_owned(), json!({ "message_id": "3" })));
    let edited = event(&json!({ "update_id": 9, "edited_message": message(&json!({ "boost_added": {} })) }));
    assert!(matches!(edited.body, InboundBody::Ignored { .. }));
    // A suggested post is content with a note, not an event.
    let (_, post) = said("message", json!({ "text": "x", "suggested_post_info": { "state": "pending" } }));
    assert_eq!(post.content.kind, ContentKind::Text);
}

#[test]
fn an_edit_may_change_the_kind_and_carries_both_times() {
    let (_, edit) = said(
        "edited_business_message",
        json!({
        "photo": [{ "file_id": "p" }], "edit_date": 1_790_000_009, "business_connection_id": "c" }),
    );
    assert_eq!(edit.content.kind, ContentKind::Image);
    assert_eq!((edit.edited_at.unwrap() - edit.sent_at).num_seconds(), 9);
}

#[test]
fn membership_is_told_by_the_change() {
    let change = |chat: Value, old: Value, new: Value| {
        let update = json!({ "update_id": 9, "my_chat_member": {
            "chat": chat, "from": { "id": 7 }, "date": 1_790_000_000, "old_chat_member": old, "new_chat_member": new } });
        let InboundBody::Notice { kind, .. } = event(&update).body else { panic!() };
        kind
    };
    let status = |status: &str| json!({ "status": status });
    let private = json!({ "id": 7, "type": "private" });
    assert_eq!(change(private, status("kicked"), status("member")), "bot_unblocked");
    let group = supergroup;
    assert_eq!(change(group(), status("member"), status("left")), "bot_removed");
    assert_eq!(change(group(), status("member"), status("administrator")), "bot_promoted");
    assert_eq!(change(group(), status("administrator"), status("member")), "bot_demoted");
    let restricted = |is_member: bool| json!({ "status": "restricted", "is_member": is_member });
    assert_eq!(change(group(), status("member"), restricted(true)), "bot_restricted");
    assert_eq!(change(group(), status("member"), restricted(false)), "bot_removed");
    assert_eq!(change(group(), status("left"), restricted(true)), "bot_added");
}

#[test]
fn reactions_of_every_type_and_actor() {
    let update = json!({ "update_id": 9, "message_reaction": {
        "chat": supergroup(), "message_id": 3, "actor_chat": supergroup(), "date": 1_790_000_000,
        "old_reaction": [{ "type": "emoji", "emoji": "👍" }],
        "new_reaction": [{ "type": "emoji", "emoji": "👍" }, { "type": "custom_emoji", "custom_emoji_id": "53" },
                         { "type": "paid" }, { "type": "brand_new" }] } });
    let InboundBody::Reacted { actor, added, removed, message, .. } = event(&update).body else { panic!() };
    assert_eq!(actor.as_str(), "-1002099999999");
    assert_eq!(message.as_str(), "3");
    assert_eq!((added, removed.len()), (vec!["custom_emoji:53".into(), "paid".into(), "brand_new".into()], 0));
}

#[test]
fn buttons_under_messages_out_of_reach() {
    let press = |message: Value| {
        let mut query = json!({ "id": "77", "from": { "id": 7 }, "data": "go", "chat_instance": "1" });
        query.as_object_mut().unwrap().append(&mut message.as_object().unwrap().clone());
        event(&json!({ "update_id": 9, "callback_query": query }))
    };
    let stub = press(json!({ "message": { "chat": supergroup(), "message_id": 3, "date": 0 } }));
    let InboundBody::Notice { conversation, kind, data, at, .. } = stub.body else { panic!() };
    assert_eq!((kind.as_str(), conversation.id.as_str(), at), ("button_pressed", "-1002099999999", None));
    assert_eq!(data, json!({ "callback_id": "77", "data": "go", "message_id": "3" }));
    let inline = press(json!({ "inline_message_id": "abc" }));
    let InboundBody::AccountNotice { kind, data, .. } = inline.body else { panic!() };
    assert_eq!((kind.as_str(), data["callback_id"].as_str()), ("button_pressed", Some("77")));
}

#[test]
fn a_connection_that_ends_is_told() {
    let update = json!({ "update_id": 9, "business_connection": {
        "id": "c", "user": { "id": 7, "first_name": "B" }, "user_chat_id": 7, "date": 1_790_000_000, "is_enabled": false } });
    let InboundBody::AccountNotice { kind, data, .. } = event(&update).body else { panic!() };
    assert_eq!((kind.as_str(), data["can_reply"].as_bool()), ("business_disconnected", Some(false)));
}

#[test]
fn odd_deliveries_are_parked_without_quoting_them() {
    let odd: &[&[u8]] = &[
        b"",
        b"nonsense secret words",
        b"[]",
        b"17",
        b"null",
        b"{}",
        b"\xff\xfe",
        br#"{"update_id":"9"}"#,
        br#"{"update_id":9,"message":"secret words"}"#,
        br#"{"update_id":9,"message":{"message_id":"secret words","chat":{"id":1},"date":1}}"#,
        br#"{"update_id":9,"message":{"message_id":1,"chat":{"id":1},"text":"secret words"}}"#,
        br#"{"update_id":9,"message":{"message_id":1,"chat":{"id":1},"date":99999999999999999,"text":"secret words"}}"#,
    ];
    for body in odd {
        match parse(body).as_slice() {
            [Parsed::Unreadable(reason)] => assert!(!reason.contains("secret words"), "{reason}"),
            other => panic!("{}: {other:?}", String::from_utf8_lossy(body)),
        }
    }
}

#[test]
fn other_kinds_are_counted_under_a_known_label() {
    let reason = |update: Value| match event(&update).body {
        InboundBody::Ignored { reason } => reason,
        other => panic!("{other:?}"),
    };
    assert_eq!(reason(json!({ "update_id": 9, "chat_boost": {} })), "chat_boost");
    assert_eq!(reason(json!({ "update_id": 9, "invented_tomorrow": {} })), "unknown_kind");
    assert_eq!(reason(json!({ "update_id": 9 })), "unknown_kind");
}
