//! Every recorded delivery becomes exactly what its index entry names, in the order they must come in.

use super::expected::Outcome;
use super::{at, delivery, fixtures, keys, warmed};
use crate::support::block_on;
use crate::support::expect::Expected;
use hub_platform_kit::platform::Parsed;
use hub_platform_kit::webhook::{Keys, Refusal, WebhookRequest};
use serde_json::{Value, json};
use std::collections::HashSet;

fn requests() -> Vec<(Value, WebhookRequest)> {
    let recorded = fixtures::of_kind("webhook");
    recorded.into_iter().map(|fixture| (fixture.clone(), delivery(fixtures::body_of(&fixture)))).collect()
}

#[test]
fn every_recorded_delivery_becomes_what_it_must() {
    let recorded = requests();
    assert_eq!(recorded.len(), 14);
    let platform = block_on(warmed(&recorded.iter().map(|(_, request)| request).collect::<Vec<_>>()));
    let (mut known, mut told) = (HashSet::new(), Vec::new());
    for (fixture, request) in &recorded {
        let id = fixture["id"].as_str().unwrap();
        for before in fixture["after"].as_array().into_iter().flatten() {
            assert!(told.contains(&before.as_str().unwrap()), "{id} comes after {before}");
        }
        assert_eq!(platform.subscription_ids(request).len(), 1, "{id}");
        let verified = platform.verify(request, &keys()).unwrap_or_else(|refusal| panic!("{id}: {refusal:?}"));
        let outcome = Outcome::of(platform.parse(&verified).unwrap(), &mut known);
        outcome.check(Expected::of(&fixture["expect"], id));
        told.push(id);
    }
    assert_eq!(platform.accepted(), (202, r#"{"ok":true}"#));
}

/// The platform encrypts a repeat with a fresh key; what the hub keeps is the same.
#[test]
fn what_is_kept_is_the_same_every_time() {
    for (fixture, request) in requests() {
        let platform = block_on(warmed(&[&request]));
        let one = platform.verify(&request, &keys()).unwrap();
        let mut again: Value = serde_json::from_slice(&request.body).unwrap();
        again["extra"] = json!("of the repeat");
        if !again["value"][0]["encryptedContent"].is_null() {
            again["value"][0]["subscriptionExpirationDateTime"] = json!("2026-09-01T00:00:00Z");
        }
        let again = platform.verify(&delivery(again.to_string()), &keys()).unwrap();
        assert_eq!(one.body, again.body, "{}", fixture["id"]);
    }
}

#[test]
fn the_handshake_is_answered_at_once() {
    let fixture = fixtures::named("validation_handshake");
    let platform = at("http://127.0.0.1:9");
    let asked = |method: &str, token: &str| {
        let query = [("validationToken".to_owned(), token.to_owned())].into();
        let request = WebhookRequest { method: method.to_owned(), query, ..delivery("") };
        platform.greet(&request, &Keys::default())
    };
    let token = fixture["http"]["query"]["validationToken"].as_str().unwrap();
    let greeting = asked("POST", token).unwrap().unwrap();
    assert_eq!(greeting.status, 200);
    assert!(greeting.content_type.starts_with(fixture["expect"]["http"]["content_type"].as_str().unwrap()));
    assert_eq!(greeting.body, fixture["expect"]["http"]["body_text"].as_str().unwrap());
    assert_eq!(asked("GET", token), Ok(None), "the platform asks with POST");
    assert_eq!(platform.greet(&delivery("{}"), &Keys::default()), Ok(None));
    let long = "x".repeat(1025);
    for script in ["<script>alert(1)</script>", "a&b", "\"", "'", "", "ü", "a\nb", "\u{7f}", &long] {
        assert!(matches!(asked("POST", script), Err(Refusal::Malformed(_))), "{script:?}");
    }
    assert!(asked("POST", &"x".repeat(1024)).unwrap().is_some());
}

/// One request may hold items of several subscriptions; each stands or falls alone.
#[test]
fn items_are_judged_alone() {
    let text: Value = serde_json::from_slice(&fixtures::payload("rich_created_text.json")).unwrap();
    let own: Value = serde_json::from_slice(&fixtures::payload("rich_created_own_message.json")).unwrap();
    let basic: Value = serde_json::from_slice(&fixtures::payload("basic_created.json")).unwrap();
    let (good, also, told) = (&text["value"][0], &own["value"][0], &basic["value"][0]);
    let (mut stranger, mut liar, mut spoiled) = (good.clone(), good.clone(), good.clone());
    stranger["subscriptionId"] = json!("00000000-0000-4000-8000-000000000000");
    liar["clientState"] = json!("tst-client-state-A-7f3f");
    spoiled["encryptedContent"]["dataSignature"] = json!("AAAA");
    let body = json!({
        "value": [stranger, 7, liar, null, good, spoiled, {}, also, told, [good]],
        "validationTokens": [text["validationTokens"][0], 7],
    });
    let request = delivery(body.to_string());
    let platform = block_on(warmed(&[&request]));
    let verified = platform.verify(&request, &keys()).unwrap();
    let parsed = platform.parse(&verified).unwrap();
    let events = parsed.iter().filter(|one| matches!(one, Parsed::Event(_))).count();
    let reads = parsed.iter().filter(|one| matches!(one, Parsed::ReadBack { .. })).count();
    assert_eq!((events, reads, parsed.len()), (2, 1, 3), "{parsed:?}");
    assert_eq!(platform.subscription_ids(&request).len(), 3);
}

#[test]
fn a_body_that_is_no_object_is_refused_and_an_empty_one_is_fine() {
    let platform = at("http://127.0.0.1:9");
    for odd in ["", "[]", "7", "not json", "{"] {
        let verified = platform.verify(&delivery(odd), &keys());
        assert_eq!(verified.unwrap_err(), Refusal::Malformed("Invalid payload structure"), "{odd}");
    }
    for empty in ["{}", r#"{"value":[]}"#, r#"{"value":7}"#, r#"{"value":null,"validationTokens":{}}"#] {
        let verified = platform.verify(&delivery(empty), &keys()).unwrap();
        assert!(platform.parse(&verified).unwrap().is_empty(), "{empty}");
    }
}
