//! What deliveries beyond the recorded ones become.
#![allow(clippy::needless_pass_by_value, reason = "payloads are written where they are used")]

use super::{NUMBER, WABA, parse};
use hub_domain::inbound::{ConversationRef, Inbound, InboundBody, InboundMessage};
use hub_domain::{ContentKind, Direction};
use hub_platform_kit::platform::Parsed;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// A delivery with one change about the number.
pub(crate) fn delivery(field: &str, value: Value) -> Value {
    let mut about = json!({ "messaging_product": "whatsapp",
        "metadata": { "display_phone_number": "15550783881", "phone_number_id": NUMBER } });
    about.as_object_mut().unwrap().append(&mut value.as_object().unwrap().clone());
    let change = json!({ "field": field, "value": about });
    json!({ "object": "whatsapp_business_account", "entry": [{ "id": WABA, "changes": [change] }] })
}

fn parsed(field: &str, value: Value) -> Vec<Parsed> {
    parse(delivery(field, value).to_string().as_bytes())
}

fn events(field: &str, value: Value) -> Vec<Inbound> {
    let read = |one| match one {
        Parsed::Event(event) => event,
        other => panic!("{other:?}"),
    };
    parsed(field, value).into_iter().map(read).collect()
}

fn only(field: &str, value: Value) -> InboundBody {
    let mut events = events(field, value);
    assert_eq!(events.len(), 1, "{events:?}");
    events.remove(0).body
}

fn message(members: Value) -> Value {
    let mut base = json!({ "id": "wamid.1", "from": "491700000001", "timestamp": "1749416383" });
    base.as_object_mut().unwrap().append(&mut members.as_object().unwrap().clone());
    base
}

fn said(members: Value) -> InboundMessage {
    match only("messages", json!({ "messages": [message(members)] })) {
        InboundBody::Message(message) => *message,
        other => panic!("{other:?}"),
    }
}

fn ids(conversation: &ConversationRef) -> Vec<&str> {
    std::iter::once(&conversation.id)
        .chain(&conversation.aliases)
        .map(hub_domain::RemoteConversationId::as_str)
        .collect()
}

#[test]
fn contacts_are_found_by_id_and_not_by_position() {
    let contacts = json!([
        { "profile": { "name": "Ben" }, "wa_id": "2", "user_id": "DE.2" },
        { "profile": { "name": "Anna" }, "wa_id": "1", "user_id": "DE.1", "parent_user_id": "DE.ENT.1" },
    ]);
    let text = |id: &str, from: Value| {
        let mut members = json!({ "id": id, "timestamp": "1", "type": "text", "text": { "body": "x" } });
        members.as_object_mut().unwrap().append(&mut from.as_object().unwrap().clone());
        members
    };
    let messages = json!([
        text("a", json!({ "from": "1" })),
        text("b", json!({ "from_user_id": "DE.2" })),
        text("c", json!({ "from_parent_user_id": "DE.ENT.1" })),
        text("d", json!({ "from": "3" })),
    ]);
    let told: Vec<InboundMessage> = events("messages", json!({ "contacts": contacts, "messages": messages }))
        .into_iter()
        .map(|event| match event.body {
            InboundBody::Message(message) => *message,
            other => panic!("{other:?}"),
        })
        .collect();
    // The number comes first even where only another id was given.
    assert_eq!(ids(&told[0].conversation), ["1", "DE.1", "DE.ENT.1"]);
    assert_eq!(ids(&told[1].conversation), ["2", "DE.2"]);
    assert_eq!(ids(&told[2].conversation), ["1", "DE.1", "DE.ENT.1"]);
    assert_eq!(ids(&told[3].conversation), ["3"]);
    let names: Vec<_> = told.iter().map(|message| message.sender.name.as_deref().unwrap()).collect();
    assert_eq!(names, ["Anna", "Ben", "Anna", "+3"], "without a name: the number");
    assert_eq!(told[3].conversation.name, None, "a number is no name, and must not replace one");
}

#[test]
fn nobody_without_an_id_is_somebody() {
    for from in [json!({}), json!({ "from": "" }), json!({ "from": null, "from_user_id": {} })] {
        let mut members = json!({ "id": "a", "timestamp": "1", "type": "text", "text": { "body": "x" } });
        members.as_object_mut().unwrap().append(&mut from.as_object().unwrap().clone());
        assert!(matches!(parsed("messages", json!({ "messages": [members] })).as_slice(), [Parsed::Unreadable(_)]));
    }
    for spoiled in [json!({ "id": "" }), json!({ "id": "x".repeat(256) }), json!({ "timestamp": "soon" })] {
        let messages = json!({ "messages": [message(spoiled)] });
        assert!(matches!(parsed("messages", messages).as_slice(), [Parsed::Unreadable(_)]));
    }
}

#[test]
fn a_group_is_one_conversation_and_its_members_only_speak() {
    let group = said(json!({ "type": "text", "text": { "body": "x" }, "group_id": "Y2FwaV9ncm91cDox" }));
    assert_eq!(ids(&group.conversation), ["Y2FwaV9ncm91cDox"]);
    assert_eq!(group.conversation.participant_id.unwrap().as_str(), "Y2FwaV9ncm91cDox");
    assert_eq!(group.sender.id.as_str(), "491700000001");
    let reaction = json!({ "type": "reaction", "reaction": { "message_id": "m", "emoji": "👍" }, "group_id": "G" });
    let contacts = json!([{ "profile": { "name": "Anna" }, "wa_id": "491700000001" }]);
    let InboundBody::Reacted { conversation, actor, .. } =
        only("messages", json!({ "contacts": contacts, "messages": [message(reaction)] }))
    else {
        panic!("the name of a member is no news about the group")
    };
    assert_eq!((conversation.as_str(), actor.as_str()), ("G", "491700000001"));
}

#[test]
fn a_reaction_is_taken_away_in_two_spellings() {
    for emoji in [json!({ "message_id": "m" }), json!({ "message_id": "m", "emoji": "" })] {
        let body = only("messages", json!({ "messages": [message(json!({ "type": "reaction", "reaction": emoji }))] }));
        let InboundBody::Reacted { added, removed, replaces, .. } = body else { panic!() };
        assert_eq!((added.len(), removed.len(), replaces), (0, 0, true));
    }
}

#[test]
fn what_is_not_known_is_shown_by_name() {
    let named = |members: Value| {
        let message = said(members);
        assert_eq!(message.content.kind, ContentKind::Unsupported);
        assert_eq!(message.content.text, None);
        message.content.details.unsupported.unwrap()
    };
    assert_eq!(named(json!({ "type": "hologram", "hologram": {} })), "hologram");
    assert_eq!(named(json!({})), "unknown");
    assert_eq!(named(json!({ "type": "unknown", "errors": [{ "code": 131_051 }] })), "unknown");
    assert_eq!(named(json!({ "type": "image", "image": { "mime_type": "image/jpeg" } })), "image");
    assert_eq!(named(json!({ "type": "contacts", "contacts": [] })), "contacts");
    assert_eq!(named(json!({ "type": "location", "location": { "latitude": 1.0 } })), "location");
    let permission = json!({ "type": "interactive",
        "interactive": { "type": "call_permission_reply", "call_permission_reply": { "response": "accept" } } });
    assert_eq!(named(permission), "call_permission_reply");
    // Only the name of an unknown kind is kept, and not at any length.
    assert_eq!(named(json!({ "type": "x".repeat(10_000) })).len(), 64);
}

#[test]
fn an_address_book_entry_with_two_numbers_is_two() {
    let entry = json!({ "name": { "first_name": "Lu", "last_name": "Go" },
        "phones": [{ "phone": "+1" }, { "phone": "+2", "wa_id": "2" }] });
    let message = said(json!({ "type": "contacts", "contacts": [entry, { "phones": [{ "phone": "+3" }] }, {}] }));
    let shared: Vec<_> =
        message.content.details.shared_contacts.iter().map(|one| (one.name.as_str(), one.phone.as_deref())).collect();
    assert_eq!(shared, [("Lu Go", Some("+1")), ("Lu Go", Some("+2")), ("+3", Some("+3")), ("Unknown", None)]);
}

#[test]
fn a_filled_form_is_kept_as_data() {
    let form = json!({ "type": "interactive", "interactive": { "type": "nfm_reply",
        "nfm_reply": { "body": "Sent", "response_json": "{\"size\":\"XL\"}" } } });
    assert_eq!(said(form).content.details.extra["form"], json!({ "size": "XL" }));
    let broken = json!({ "type": "interactive", "interactive": { "type": "nfm_reply",
        "nfm_reply": { "body": "Sent", "response_json": "{" } } });
    let content = said(broken).content;
    assert_eq!((content.text.as_deref(), content.details.extra.get("form")), (Some("Sent"), None));
}

/// Numbers where texts are usual, and the other way round.
#[test]
fn loose_values_are_read() {
    let members =
        json!({ "type": "text", "text": { "body": "x" }, "from": 491_700_000_001_i64, "timestamp": 1_749_416_383 });
    let message = said(members);
    assert_eq!(message.conversation.id.as_str(), "491700000001");
    assert_eq!(message.sent_at.timestamp(), 1_749_416_383);
    assert_eq!(
        said(json!({ "type": "text", "text": { "body": "x" }, "from": "+491700000001" })).conversation.id.as_str(),
        "491700000001"
    );
    let place = json!({ "type": "location", "location": { "latitude": "1.5", "longitude": "2" } });
    assert!((said(place).content.details.location.unwrap().longitude - 2.0).abs() < 1e-9);
    // An odd detail hides nothing around it.
    let odd = json!({ "type": "text", "text": { "body": "x" }, "context": 5, "referral": [1], "errors": "none", "image": [] });
    assert_eq!(said(odd).content.text.as_deref(), Some("x"));
}

#[test]
fn one_spoiled_message_hides_no_neighbour() {
    let good = |id: &str| message(json!({ "id": id, "type": "text", "text": { "body": "x" } }));
    let messages = json!([good("a"), 7, good("b"), { "id": "c" }, null, [], good("d")]);
    let statuses =
        json!([{ "id": "e", "status": "read", "timestamp": "1", "recipient_id": "2" }, { "status": "read" }]);
    let outcome = parsed("messages", json!({ "messages": messages, "statuses": statuses }));
    let readable = outcome.iter().filter(|one| matches!(one, Parsed::Event(_))).count();
    assert_eq!((outcome.len(), readable), (9, 4));
}

#[test]
fn a_change_without_its_number_goes_to_nobody_elses() {
    let value = json!({ "messages": [message(json!({ "type": "text", "text": { "body": "x" } }))] });
    let body = json!({ "object": "whatsapp_business_account",
        "entry": [{ "id": WABA, "changes": [{ "field": "messages", "value": value }] }] });
    assert!(matches!(parse(body.to_string().as_bytes()).as_slice(), [Parsed::Unreadable(_)]));
}

#[test]
fn news_about_a_customer() {
    let system = |system: Value| {
        only("messages", json!({ "messages": [message(json!({ "type": "system", "system": system }))] }))
    };
    let InboundBody::Reidentified { from, to, .. } =
        system(json!({ "type": "user_changed_number", "wa_id": "49999", "user_id": "DE.9" }))
    else {
        panic!()
    };
    assert_eq!((from[0].as_str(), to[0].as_str(), to[1].as_str()), ("491700000001", "49999", "DE.9"));
    let InboundBody::Notice { kind, opens_window, .. } =
        system(json!({ "type": "customer_identity_changed", "body": "b" }))
    else {
        panic!()
    };
    assert_eq!((kind.as_str(), opens_window), ("identity_changed", false));
    let InboundBody::Notice { kind, data, .. } = system(json!({ "type": "something_new", "body": "b" })) else {
        panic!()
    };
    assert_eq!((kind.as_str(), &data["type"]), ("system", &json!("something_new")));
    let nowhere = message(json!({ "type": "system", "system": { "type": "user_changed_number" } }));
    assert!(matches!(parsed("messages", json!({ "messages": [nowhere] })).as_slice(), [Parsed::Unreadable(_)]));
    // The number stays the one to write to.
    let update = json!({ "wa_id": "1", "user_id": { "previous": "DE.1", "current": "DE.2" }, "timestamp": "1" });
    let InboundBody::Reidentified { from, to, .. } = only("user_id_update", json!({ "user_id_update": [update] }))
    else {
        panic!()
    };
    let text =
        |list: &[hub_domain::RemoteConversationId]| list.iter().map(|id| id.as_str().to_owned()).collect::<Vec<_>>();
    assert_eq!((text(&from), text(&to)), (vec!["1".into(), "DE.1".into()], vec!["1".into(), "DE.2".into()]));
}

#[test]
fn the_phones_address_book_names_people() {
    let entries = json!([
        { "type": "contact", "action": "add", "contact": { "full_name": "Pablo M", "first_name": "Pablo", "phone_number": "+1 650-555-1234" } },
        { "type": "contact", "action": "remove", "contact": { "phone_number": "16505551234" } },
    ]);
    let told = events("smb_app_state_sync", json!({ "state_sync": entries }));
    let InboundBody::Contact { conversation } = &told[0].body else { panic!() };
    assert_eq!((ids(conversation), conversation.name.as_deref()), (vec!["16505551234"], Some("Pablo M")));
    assert!(matches!(&told[1].body, InboundBody::Ignored { reason } if reason == "contact_removed"));
}

#[test]
fn calls_and_preferences_are_notices() {
    let call = |direction: &str| {
        let call =
            json!({ "id": "c", "from": "1", "to": "2", "event": "connect", "timestamp": "5", "direction": direction });
        match only("calls", json!({ "calls": [call] })) {
            InboundBody::Notice { conversation, kind, opens_window, actor, .. } => {
                assert_eq!(kind, "call");
                (conversation.id.as_str().to_owned(), opens_window, actor.is_some())
            }
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(call("USER_INITIATED"), ("1".to_owned(), true, true));
    assert_eq!(call("BUSINESS_INITIATED"), ("2".to_owned(), false, false));
    let stop = json!({ "wa_id": "1", "category": "marketing_messages", "value": "stop", "timestamp": "5" });
    let InboundBody::Notice { kind, data, .. } = only("user_preferences", json!({ "user_preferences": [stop] })) else {
        panic!()
    };
    assert_eq!((kind.as_str(), &data["value"]), ("preference_changed", &json!("stop")));
}

#[test]
fn echoes_are_the_businesss_own_words() {
    let echo = |members: Value| {
        let mut echo = json!({ "id": "e", "from": "15550783881", "to": "1", "timestamp": "5" });
        echo.as_object_mut().unwrap().append(&mut members.as_object().unwrap().clone());
        events("smb_message_echoes", json!({ "message_echoes": [echo] })).remove(0).body
    };
    let edit = json!({ "type": "edit", "edit": { "original_message_id": "o", "message": { "type": "text", "text": { "body": "y" } } } });
    let InboundBody::Edited(edited) = echo(edit) else { panic!() };
    assert_eq!(
        (edited.id.as_str(), edited.direction, edited.content.text.as_deref()),
        ("o", Direction::Outgoing, Some("y"))
    );
    assert_eq!((edited.sender.id.as_str(), edited.conversation.id.as_str()), (NUMBER, "1"));
    let InboundBody::Reacted { actor, conversation, .. } =
        echo(json!({ "type": "reaction", "reaction": { "message_id": "m", "emoji": "👍" } }))
    else {
        panic!()
    };
    assert_eq!((actor.as_str(), conversation.as_str()), (NUMBER, "1"));
    let InboundBody::Message(to_group) =
        echo(json!({ "to": null, "group_id": "G", "type": "text", "text": { "body": "x" } }))
    else {
        panic!()
    };
    assert_eq!((to_group.conversation.id.as_str(), to_group.direction), ("G", Direction::Outgoing));
}

#[test]
fn statuses() {
    let status = |members: Value| {
        let mut status = json!({ "id": "m", "timestamp": "5", "recipient_id": "1" });
        status.as_object_mut().unwrap().append(&mut members.as_object().unwrap().clone());
        events("messages", json!({ "statuses": [status] }))
    };
    let InboundBody::Status { reason, .. } = &status(json!({ "status": "failed" }))[0].body else { panic!() };
    assert_eq!(reason.as_deref(), Some("WhatsApp gives no reason."));
    let unknown = json!({ "status": "failed", "errors": [{ "code": 999_999, "title": "Odd" }] });
    let InboundBody::Status { reason, .. } = &status(unknown)[0].body else { panic!() };
    assert_eq!(reason.as_deref(), Some("WhatsApp says: Odd (code 999999)"));
    assert!(
        matches!(&status(json!({ "status": "warped" }))[0].body, InboundBody::Ignored { reason } if reason == "unknown_status")
    );
    // Members of a group read one by one, and each is news.
    let member = |who: &str| {
        status(
            json!({ "status": "read", "recipient_type": "group", "recipient_id": "G", "recipient_participant_id": who }),
        )
    };
    let (one, other) = (member("1"), member("2"));
    assert_ne!(one[0].event_key, other[0].event_key);
    let InboundBody::Status { conversation, .. } = &one[0].body else { panic!() };
    assert_eq!(conversation.as_ref().unwrap().as_str(), "G");
    // Who it went to is told beside it: the two ids belong together.
    let both = status(json!({ "status": "sent", "recipient_user_id": "DE.1" }));
    let InboundBody::Contact { conversation } = &both[1].body else { panic!() };
    assert_eq!(ids(conversation), ["1", "DE.1"]);
}

#[test]
fn news_about_the_account() {
    let notice = |field: &str, value: Value| {
        let body = json!({ "object": "whatsapp_business_account",
            "entry": [{ "id": WABA, "time": 1_751_250_234, "changes": [{ "field": field, "value": value }] }] });
        match parse(body.to_string().as_bytes()).remove(0) {
            Parsed::Event(Inbound { accounts, body: InboundBody::AccountNotice { kind, data, at }, .. }) => {
                assert_eq!(accounts[0].as_str(), WABA, "only the business account is named");
                assert_eq!(at.unwrap().timestamp(), 1_751_250_234);
                (kind, data)
            }
            other => panic!("{other:?}"),
        }
    };
    let update = |event: &str| notice("account_update", json!({ "event": event })).0;
    assert_eq!(update("ACCOUNT_RESTRICTION"), "account_restricted");
    assert_eq!(update("ACCOUNT_DELETED"), "account_removed");
    assert_eq!(update("VERIFIED_ACCOUNT"), "account_update");
    let lifted = json!({ "event": "DISABLED_UPDATE", "ban_info": { "waba_ban_state": "REINSTATE" } });
    assert_eq!(notice("account_update", lifted).0, "account_reinstated");
    let (kind, data) = notice("phone_number_quality_update", json!({ "event": "FLAGGED", "current_limit": "TIER_1K" }));
    assert_eq!((kind.as_str(), &data["details"]["current_limit"]), ("phone_quality", &json!("TIER_1K")));
    let (_, data) = notice("account_alerts", json!({ "alert": "x".repeat(100_000) }));
    assert!(data.to_string().len() < 1000, "endless data are left out");
}

#[test]
fn other_things_are_ignored_by_name() {
    let reason = |body: Value| match parse(body.to_string().as_bytes()).as_slice() {
        [Parsed::Event(Inbound { body: InboundBody::Ignored { reason }, .. })] => reason.clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!(reason(json!({ "object": "page", "entry": [] })), "other_object");
    assert_eq!(reason(delivery("flows", json!({}))), "flows");
    assert_eq!(reason(delivery("brand_new", json!({}))), "unknown_field");
    assert_eq!(reason(delivery("messages", json!({}))), "empty");
}

fn past(thread: &Value) -> Vec<InboundMessage> {
    events("history", json!({ "history": [{ "metadata": { "phase": 0 }, "threads": [thread] }] }))
        .into_iter()
        .map(|event| match event.body {
            InboundBody::Message(message) => *message,
            other => panic!("{other:?}"),
        })
        .collect()
}

#[test]
fn the_past_is_told_in_its_direction() {
    let text = |id: &str, from: Value| {
        let mut members = json!({ "id": id, "timestamp": "5", "type": "text", "text": { "body": "x" } });
        members.as_object_mut().unwrap().append(&mut from.as_object().unwrap().clone());
        members
    };
    let thread = json!({ "id": "1", "context": { "user_id": "DE.1" }, "messages": [
        text("a", json!({ "from": "1" })),
        text("b", json!({ "from": "15550783881", "to": "1" })),
        text("c", json!({ "from": "+15550783881" })),
        text("d", json!({ "from_user_id": "DE.1" })),
        text("e", json!({ "to_user_id": "DE.1" })),
    ] });
    let told = past(&thread);
    let directions: Vec<bool> = told.iter().map(|message| message.direction == Direction::Outgoing).collect();
    assert_eq!(directions, [false, true, true, false, true]);
    assert!(told.iter().all(|message| message.history && ids(&message.conversation) == ["1", "DE.1"]));
    let declined =
        json!({ "history": [{ "errors": [{ "code": 2_593_109, "title": "History sharing is turned off" }] }] });
    assert!(matches!(only("history", declined), InboundBody::AccountNotice { kind, .. } if kind == "platform_error"));
}

/// The files of the past come on their own, after the messages they belong to.
#[test]
fn a_file_of_the_past_completes_its_message() {
    let file = message(json!({ "type": "image", "image": { "id": "77", "mime_type": "image/jpeg" } }));
    let InboundBody::Edited(complete) = only("history", json!({ "messages": [file] })) else { panic!() };
    assert!(complete.history && complete.edited_at.is_none());
    assert_eq!(complete.content.attachments[0].remote_ref, "77");
    let placeholder =
        past(&json!({ "id": "491700000001", "messages": [message(json!({ "type": "media_placeholder" }))] }));
    assert_eq!((&placeholder[0].id, &placeholder[0].conversation.id), (&complete.id, &complete.conversation.id));
}

/// Reading must not slow down with the number of messages in a body.
#[test]
fn a_body_full_of_history_is_read_in_linear_time() {
    let read = |count: usize| {
        let messages: Vec<Value> = (0..count)
            .map(|n| json!({ "id": format!("w{n}"), "from": "1", "timestamp": "5", "type": "text", "text": { "body": "x" } }))
            .collect();
        let contacts: Vec<Value> =
            (0..count).map(|n| json!({ "wa_id": n.to_string(), "profile": { "name": "n" } })).collect();
        let value = json!({ "contacts": contacts, "history": [{ "threads": [{ "id": "1", "messages": messages }] }] });
        let body = delivery("history", value).to_string();
        let started = Instant::now();
        assert_eq!(parse(body.as_bytes()).len(), count);
        started.elapsed()
    };
    read(100);
    let (few, many) = (read(500).max(Duration::from_millis(2)), read(10_000));
    assert!(many < few * 200, "twenty times as many took {many:?} instead of {few:?}");
}
