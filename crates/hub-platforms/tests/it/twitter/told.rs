//! What deliveries tell beside the recorded ones.
#![allow(clippy::needless_pass_by_value, reason = "payloads are written where they are used")]

use super::{BOTH, ME, PERSON, delivery, message, parse};
use hub_domain::inbound::{InboundBody, InboundMessage, UpTo};
use hub_domain::{Direction, Inbound, RemoteConversationId, RemoteParticipantId};
use hub_platform_kit::platform::Parsed;
use serde_json::{Value, json};

const ID: &str = "954491830116155396";

fn events(body: Value) -> Vec<Inbound> {
    let event = |one: Parsed| match one {
        Parsed::Event(event) => event,
        other => panic!("{other:?}"),
    };
    parse(body.to_string().as_bytes()).into_iter().map(event).collect()
}

fn only(body: Value) -> InboundBody {
    let mut events = events(body);
    assert_eq!(events.len(), 1, "{events:?}");
    events.remove(0).body
}

fn said(event: Value) -> InboundMessage {
    match only(delivery(&event)) {
        InboundBody::Message(said) => *said,
        other => panic!("{other:?}"),
    }
}

fn ignored(body: Value) -> String {
    match only(body) {
        InboundBody::Ignored { reason } => reason,
        other => panic!("{other:?}"),
    }
}

fn unreadable(body: &str) -> String {
    match parse(body.as_bytes()).as_slice() {
        [Parsed::Unreadable(why)] => why.clone(),
        other => panic!("{other:?}"),
    }
}

fn activity(kind: &str, payload: Value) -> Value {
    json!({ "data": { "event_uuid": "1", "filter": { "user_id": ME }, "event_type": kind, "payload": payload } })
}

fn between(sender: &str, target: Value) -> Value {
    let mut event = message(ID, &json!({ "text": "x" }));
    event["message_create"]["sender_id"] = sender.into();
    event["message_create"]["target"] = target;
    event
}

#[test]
fn both_ends_and_their_order_make_the_conversation() {
    let here = said(message(ID, &json!({ "text": "x" })));
    assert_eq!((here.conversation.id.as_str(), here.direction), (BOTH, Direction::Incoming));
    // The originals called it by the other person alone.
    assert_eq!(here.conversation.aliases.iter().map(RemoteConversationId::as_str).collect::<Vec<_>>(), [PERSON]);
    let own = said(between(ME, json!({ "recipient_id": PERSON })));
    assert_eq!((own.conversation.id.as_str(), own.direction), (BOTH, Direction::Outgoing));
    assert_eq!(own.conversation.participant_id.as_ref().map(RemoteParticipantId::as_str), Some(PERSON));
    let note = said(between(ME, json!({ "recipient_id": ME })));
    assert_eq!(note.conversation.id.as_str(), format!("{ME}-{ME}"));
    let named = said(between(PERSON, json!({ "conversation_id": format!("{ME}-{PERSON}") })));
    assert_eq!(named.conversation.id.as_str(), BOTH, "whichever way it is written");
}

#[test]
fn a_group_is_named_and_says_that_it_is_one() {
    let group = said(between(PERSON, json!({ "conversation_id": "1578398451921985538" })));
    assert_eq!(group.conversation.id.as_str(), "1578398451921985538");
    assert_eq!(group.conversation.address, Some(json!({ "group": true })));
    assert_eq!((group.conversation.name, group.conversation.aliases.len()), (None, 0));
}

#[test]
fn what_is_between_others_is_not_taken() {
    for target in [json!({ "recipient_id": "7" }), json!({ "conversation_id": "7-8" }), json!({}), json!(null)] {
        let body = delivery(&between(PERSON, target)).to_string();
        assert!(!unreadable(&body).is_empty());
    }
    let nobody = json!({ "direct_message_events": [message(ID, &json!({ "text": "x" }))] });
    assert_eq!(unreadable(&nobody.to_string()), "a delivery without the person it is for");
    assert_eq!(unreadable(r#"{"data":{"filter":{},"event_type":"dm.received"}}"#), "an event without its subscriber");
}

#[test]
fn reading_tells_who_has_read() {
    let read = |reader: &str, recipient: &str| {
        let event = json!({ "created_timestamp": "1518452444662", "sender_id": reader,
            "target": { "recipient_id": recipient }, "last_read_event_id": ID });
        only(activity("dm.read", json!({ "direct_message_mark_read_events": [event] })))
    };
    let moment = UpTo::Time("2018-01-19T23:12:40.557Z".parse().unwrap());
    match read(PERSON, ME) {
        InboundBody::StatusUpTo { conversation, up_to, .. } => {
            assert_eq!((conversation.as_str(), up_to), (BOTH, moment.clone()));
        }
        other => panic!("{other:?}"),
    }
    match read(ME, PERSON) {
        InboundBody::ReadElsewhere { conversation, up_to, .. } => {
            assert_eq!((conversation.as_str(), up_to), (BOTH, moment));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_encrypted_group_has_a_place_of_its_own() {
    let payload = |chat: &str| {
        json!({ "id": "e4f4d3fc", "sender_id": PERSON, "conversation_id": chat, "created_at_msec": "1784841183370",
            "encoded_event": "CwABAAAA" })
    };
    let place = |kind: &str, chat: &str| match only(activity(kind, payload(chat))) {
        InboundBody::Message(said) => (said.conversation.id.as_str().to_owned(), said.conversation.address.clone()),
        other => panic!("{other:?}"),
    };
    assert_eq!(place("chat.received", &format!("{PERSON}:{ME}")), (BOTH.to_owned(), None));
    assert_eq!(place("chat.sent", &format!("{ME}:{PERSON}")), (BOTH.to_owned(), None));
    assert_eq!(place("chat.received", "g1:2"), ("g1:2".to_owned(), Some(json!({ "encrypted": true }))));
    assert_eq!(ignored(activity("chat.conversation.join", payload("g1:2"))), "encrypted_chat");
}

#[test]
fn what_is_not_for_an_inbox_is_counted_by_name() {
    for (list, reason) in [
        ("favorite_events", "favorite"),
        ("follow_events", "follow"),
        ("tweet_create_events", "post"),
        ("x", "unknown_list"),
    ] {
        assert_eq!(ignored(json!({ "for_user_id": ME, list: [{}] })), reason);
    }
    assert_eq!(ignored(activity("post.create", json!({}))), "not_a_message");
    assert_eq!(ignored(activity("dm.received", json!({}))), "empty");
    assert_eq!(ignored(json!({})), "empty");
    assert_eq!(ignored(json!({ "replay_job_status": { "job_state": "Complete" } })), "replay_complete");
    assert_eq!(ignored(json!({ "user_event": { "something_new": {} } })), "user_event");
}

/// The publisher shows one event as an object and as a list.
#[test]
fn several_activities_at_once_are_all_read() {
    let one =
        |id: &str| activity("dm.received", json!({ "direct_message_events": [message(id, &json!({ "text": "x" }))] }));
    let both = json!({ "data": [one("954491830116155396")["data"], one("954491830116155397")["data"]] });
    assert_eq!(events(both).len(), 2);
}

/// Text that is no text spoils its own message and no other.
#[test]
fn a_broken_letter_falls_alone() {
    let good = message("954491830116155397", &json!({ "text": "good" }));
    let bad = message(ID, &json!({ "text": "BROKEN" })).to_string().replace("BROKEN", r"\ud800");
    let body = format!(r#"{{"for_user_id":"{ME}","direct_message_events":[{bad},{good}]}}"#);
    let parsed = parse(body.as_bytes());
    assert!(matches!(parsed.as_slice(), [Parsed::Unreadable(_), Parsed::Event(_)]), "{parsed:?}");
}
