//! Every recorded delivery becomes exactly the events its index entry names.

use super::expected::Outcome;
use super::fixtures::{self, Fixture};
use super::{PAGE, offline, parse};
use crate::support::expect::Expected;
use hub_platform_kit::platform::Parsed;
use hub_platform_kit::webhook::{Keys, Refusal, WebhookRequest};
use serde_json::{Value, json};

pub(crate) fn request(fixture: &Fixture) -> WebhookRequest {
    WebhookRequest {
        method: fixture.http.method.clone(),
        path_key: None,
        query: fixture.http.query.clone(),
        headers: fixture.http.headers.iter().map(|(k, v)| (k.to_lowercase(), v.clone())).collect(),
        body: fixtures::payload(&fixture.file).into(),
    }
}

#[test]
fn every_recorded_delivery_becomes_what_it_must() {
    let platform = offline();
    let mut seen = Vec::new();
    for fixture in fixtures::of_kind("webhook") {
        let verified = platform.verify(&request(&fixture), &Keys::default());
        if fixture.expect["process"] == false {
            assert_eq!(verified.unwrap_err(), Refusal::BadSignature, "{}", fixture.id);
            seen.push(fixture.id);
            continue;
        }
        let mut expect = fixture.expect.clone();
        if fixture.id == "duplicate_notification" {
            // A repeat is known by its keys, not by its looks.
            assert_eq!(keys(&fixtures::payload(&fixture.file)), keys(&fixtures::payload("org_comment.json")));
            expect = fixtures::all().into_iter().find(|one| one.id == "org_comment").unwrap().expect;
        }
        let outcome = Outcome::of(platform.parse(&verified.unwrap()).unwrap());
        outcome.check(PAGE, Expected::new(&expect, fixture.id.clone()));
        seen.push(fixture.id);
    }
    assert_eq!(seen.len(), 5, "{seen:?}");
}

fn keys(body: &[u8]) -> Vec<String> {
    let key = |one| match one {
        Parsed::Event(event) => event.event_key,
        other => panic!("{other:?}"),
    };
    parse(body).into_iter().map(key).collect()
}

/// A notification that comes again in another batch has the key it had.
#[test]
fn keys_are_the_same_in_every_batch() {
    let files = ["org_comment.json", "org_batch.json", "org_comment_edit_and_delete.json"];
    let mut all: Vec<String> = files.iter().flat_map(|file| keys(&fixtures::payload(file))).collect();
    let mut notifications: Vec<Value> = Vec::new();
    for file in files {
        notifications.extend(fixtures::value(file)["notifications"].as_array().unwrap().clone());
    }
    let batch = json!({ "type": "ORGANIZATION_SOCIAL_ACTION_NOTIFICATIONS", "notifications": notifications });
    assert_eq!(keys(batch.to_string().as_bytes()), all);
    let count = all.len();
    all.sort();
    all.dedup();
    assert_eq!(all.len(), count, "no two share one");
}

/// Both spellings of a comment's name are one message, with and without the words beside it.
#[test]
fn a_comment_has_one_id() {
    let mut told = fixtures::value("org_comment.json");
    let long = keys(told.to_string().as_bytes());
    let comment = &mut told["notifications"][0]["decoratedGeneratedActivity"]["comment"];
    comment["entity"] = "urn:li:comment:(activity:7456975906406400003,7457003195848458241)".into();
    assert_eq!(keys(told.to_string().as_bytes()), long);
}

/// What a notification keeps to itself is read back, never stored as an empty message.
#[test]
fn words_that_are_missing_are_read_back() {
    let spoil = |change: fn(&mut Value)| {
        let mut told = fixtures::value("org_comment.json");
        change(&mut told["notifications"][0]);
        parse(told.to_string().as_bytes())
    };
    let spoils: [fn(&mut Value); 4] = [
        |told| {
            told.as_object_mut().unwrap().remove("decoratedGeneratedActivity");
        },
        |told| told["decoratedGeneratedActivity"] = json!({}),
        |told| told["decoratedGeneratedActivity"]["comment"]["text"] = "".into(),
        |told| told["decoratedGeneratedActivity"]["comment"]["owner"] = Value::Null,
    ];
    for change in spoils {
        let parsed = spoil(change);
        assert!(
            matches!(parsed.as_slice(), [Parsed::ReadBack { account, .. }] if account.as_str() == PAGE),
            "{parsed:?}"
        );
    }
    // Nothing at all names the comment: there is nothing to read back.
    let parsed = spoil(|told| {
        told["decoratedGeneratedActivity"] = Value::Null;
        told["generatedActivity"] = Value::Null;
    });
    assert!(matches!(parsed.as_slice(), [Parsed::Unreadable(_)]), "{parsed:?}");
}

/// Leads come to the same address; they are nothing for an inbox.
#[test]
fn other_events_are_taken_and_left() {
    for body in [
        json!({ "type": "LEAD_ACTION", "leadGenFormResponse": "urn:li:leadGenFormResponse:1" }),
        json!({ "type": "ORGANIZATION_SOCIAL_ACTION_NOTIFICATIONS", "notifications": [] }),
        json!({}),
    ] {
        let parsed = parse(body.to_string().as_bytes());
        let [Parsed::Event(event)] = parsed.as_slice() else { panic!("{parsed:?}") };
        assert!(matches!(event.body, hub_domain::InboundBody::Ignored { .. }), "{event:?}");
    }
}
