//! Every recorded delivery, with its outcome.

use super::fixtures::{self, Fixture};
use super::offline;
use crate::support::expect::Expected;
use hub_domain::inbound::{InboundBody, InboundMessage, UpTo};
use hub_domain::{Content, ContentKind, Direction, Inbound, RemoteAccountId};
use hub_platform_kit::platform::Parsed;
use hub_platform_kit::webhook::{Keys, Refusal, Verified, WebhookRequest};
use serde_json::{Value, json};

/// The request as the platform makes it.
pub(crate) fn request(fixture: &Fixture) -> WebhookRequest {
    WebhookRequest {
        method: fixture.http.method.clone(),
        path_key: None,
        query: fixture.http.query.clone(),
        headers: fixture.http.headers.iter().map(|(name, value)| (name.clone(), value.clone())).collect(),
        body: fixture.payload().into(),
    }
}

#[test]
fn every_recorded_challenge_is_answered() {
    let challenges = fixtures::of_kind("webhook-handshake");
    assert!(!challenges.is_empty());
    for fixture in challenges {
        let request = WebhookRequest { body: Vec::new().into(), ..request(&fixture) };
        let greeting = offline().greet(&request, &Keys::default()).unwrap().unwrap();
        let mut expected = Expected::new(&fixture.expect, &fixture.id);
        let mut http = Expected::of(&expected.take("http"), "http");
        assert_eq!(json!([greeting.status]), http.take("status_in"));
        http.equal("content_type", greeting.content_type);
        let answered: Value = serde_json::from_str(&greeting.body).unwrap();
        assert_eq!(http.take("body_json_equals_file"), true);
        assert_eq!(answered, serde_json::from_slice::<Value>(&fixture.payload()).unwrap());
        assert_eq!(expected.take("process"), false);
        http.done();
        expected.done();
    }
}

#[test]
fn every_recorded_delivery_has_its_outcome() {
    let deliveries = fixtures::of_kind("webhook");
    assert_eq!(deliveries.len(), 14);
    for fixture in deliveries {
        let mut expected = Expected::new(&fixture.expect, &fixture.id);
        let status = expected.take("http")["status_in"].as_array().unwrap().clone();
        let outcome = offline().verify(&request(&fixture), &Keys::default());
        if expected.take("process") == false {
            assert!(matches!(outcome, Err(Refusal::BadSignature)), "{}", fixture.id);
            assert!(status.contains(&json!(401)));
            continue;
        }
        assert!(status.contains(&json!(offline().accepted().0)), "{}", fixture.id);
        check(&fixture, &outcome.unwrap(), expected);
    }
}

fn check(fixture: &Fixture, verified: &Verified, mut expected: Expected) {
    let parsed = offline().parse(verified).unwrap();
    let mut events: Vec<Inbound> = Vec::new();
    let mut asks = 0;
    for one in parsed {
        match one {
            Parsed::Event(event) => events.push(event),
            Parsed::ReadBack { account, .. } => {
                assert_eq!(account.as_str(), fixture.account());
                asks += 1;
            }
            other => panic!("{}: {other:?}", fixture.id),
        }
    }
    let messages = expected.list("messages");
    let statuses = expected.list("statuses");
    let activities = expected.list("activities");
    let account_events = expected.list("account_events");
    expected.done();
    let wanted = messages.len() + statuses.len() + activities.len() + account_events.len();
    assert_eq!(events.len(), wanted, "{}: {events:?}", fixture.id);
    assert_eq!(asks, account_events.iter().filter(|one| one["kind"] == "authorization_revoked").count());
    for message in messages {
        let found = events.iter().find(|event| of_account(event, fixture));
        let Some(InboundBody::Message(said)) = found.map(|event| &event.body) else { panic!("{}", fixture.id) };
        message_is(said, Expected::of(&message, &fixture.id));
    }
    for status in statuses {
        status_is(&events[0], Expected::of(&status, &fixture.id), fixture);
    }
    for activity in activities {
        activity_is(&events[0], Expected::of(&activity, &fixture.id));
    }
    for event in account_events {
        account_event_is(&events[0], Expected::of(&event, &fixture.id));
    }
}

fn of_account(event: &Inbound, fixture: &Fixture) -> bool {
    event.accounts.iter().map(RemoteAccountId::as_str).eq([fixture.account().as_str()])
}

/// Compares a message with what is expected of it.
pub(crate) fn message_is(said: &InboundMessage, mut expected: Expected) {
    assert_eq!(expected.take("op"), "create", "{}", expected.whose());
    expected.equal("platform_conversation_id", said.conversation.id.as_str());
    let is_group = said.conversation.address == Some(json!({ "group": true }));
    expected.equal("conversation_type", if is_group { "group" } else { "direct" });
    expected.equal("platform_message_id", said.id.as_str());
    assert_eq!(said.sequence.map(|place| place.to_string()).as_deref(), Some(said.id.as_str()));
    expected.equal("sender_id", said.sender.id.as_str());
    expected.equal("sender_name", said.sender.name.clone());
    expected.equal("sender_username", said.sender.username.clone());
    let incoming = said.direction == Direction::Incoming;
    expected.equal("direction", if incoming { "inbound" } else { "outbound" });
    expected.equal("type", said.content.kind.as_str());
    expected.equal("text", said.content.text.clone().unwrap_or_default());
    expected.take("text_also_ok");
    expected.instant("sent_at", Some(said.sent_at));
    media_is(&said.content, &expected.list("media"), expected.whose());
    expected.done();
}

fn media_is(content: &Content, expected: &[Value], whose: &str) {
    assert_eq!(content.attachments.len(), expected.len(), "{whose}");
    for (file, wanted) in content.attachments.iter().zip(expected) {
        let mut wanted = Expected::of(wanted, whose);
        let kind = match (file.kind, file.flavour.as_deref()) {
            (ContentKind::Video, Some("animated")) => "gif",
            (kind, _) => kind.as_str(),
        };
        wanted.equal("kind", kind);
        wanted.equal("url", file.remote_ref.clone());
        wanted.equal("platform_media_id", file.remote_unique_ref.clone());
        // Every file is fetched with the account's token; no link leaves the hub.
        assert_ne!(wanted.take("needs_auth"), false);
        wanted.done();
    }
}

fn status_is(event: &Inbound, mut expected: Expected, fixture: &Fixture) {
    assert!(of_account(event, fixture));
    let kind = expected.take("kind");
    let whose = expected.whose().to_owned();
    match (kind.as_str().unwrap(), &event.body) {
        // Over before anybody could look: the hub shows none.
        ("typing", InboundBody::Ignored { reason }) => {
            assert_eq!(reason, "typing", "{whose}");
            for member in ["platform_conversation_id", "user_id", "at"] {
                let _ = expected.take(member);
            }
        }
        ("read", InboundBody::StatusUpTo { conversation, up_to, status, at }) => {
            expected.equal("platform_conversation_id", conversation.as_str());
            expected.take("user_id");
            expected.instant("at", Some(*at));
            assert_eq!(status.as_str(), "read");
            // Every id is a moment: 963085315333238788 >> 22, counted from the platform's first one.
            let up_to_id = expected.take("up_to_message_id");
            let moment = (up_to_id.as_str().unwrap().parse::<i64>().unwrap() >> 22) + 1_288_834_974_657;
            assert!(matches!(up_to, UpTo::Time(time) if time.timestamp_millis() == moment), "{up_to:?}");
        }
        (kind, body) => panic!("{whose}: {kind} is {body:?}"),
    }
    expected.done();
}

fn activity_is(event: &Inbound, mut expected: Expected) {
    let kind = expected.take("kind");
    match (kind.as_str().unwrap(), &event.body) {
        ("favorite", InboundBody::Ignored { reason }) => assert_eq!(reason, "favorite"),
        // Nobody can read it, and nobody overlooks it; none of its signs are kept.
        ("encrypted_message", InboundBody::Message(said)) => {
            assert_eq!(expected.take("conversation"), "2222222222222222222:1111111111111111111");
            assert_eq!(said.conversation.id.as_str(), "1111111111111111111-2222222222222222222");
            expected.equal("sender_id", said.sender.id.as_str());
            expected.instant("at", Some(said.sent_at));
            let unsupported = said.content.details.unsupported.as_deref();
            assert_eq!((said.content.kind, unsupported), (ContentKind::Unsupported, Some("encrypted_message")));
            assert_eq!((&said.content.text, said.content.attachments.len()), (&None, 0));
        }
        (kind, body) => panic!("{kind} is {body:?}"),
    }
    expected.done();
}

fn account_event_is(event: &Inbound, mut expected: Expected) {
    let wanted = expected.take("kind");
    match (wanted.as_str().unwrap(), &event.body) {
        ("authorization_revoked", InboundBody::AccountNotice { kind, at, .. }) => {
            assert_eq!(kind, "authorization_revoked");
            expected.equal("user_id", event.accounts[0].as_str());
            expected.instant("at", *at);
        }
        ("replay_finished", InboundBody::Ignored { reason }) => {
            assert_eq!((reason.as_str(), expected.take("complete")), ("replay_incomplete", json!(false)));
        }
        (kind, body) => panic!("{kind} is {body:?}"),
    }
    expected.done();
}

/// One message through both APIs, and read back, is one event.
#[test]
fn a_message_has_one_key_whichever_way_it_comes() {
    let key = |body: Value| match super::parse(body.to_string().as_bytes()).remove(0) {
        Parsed::Event(event) => event.event_key,
        other => panic!("{other:?}"),
    };
    let message = super::message("954491830116155396", &json!({ "text": "hi" }));
    let old = key(super::delivery(&message));
    let new = json!({ "data": { "event_uuid": "1", "filter": { "user_id": super::ME }, "event_type": "dm.received",
        "payload": { "direct_message_events": [message] } } });
    let mut again = new.clone();
    again["data"]["event_uuid"] = "2".into();
    assert_eq!((key(new), key(again)), (old.clone(), old.clone()));
    let page = json!({ "data": [{ "id": "954491830116155396", "event_type": "MessageCreate", "text": "hi",
        "sender_id": super::PERSON, "dm_conversation_id": super::BOTH, "created_at": "2018-01-19T23:12:40.000Z" }] });
    assert_eq!(key(json!({ "hub_read_back": { "account": super::ME, "since": null, "page": page } })), old);
}
