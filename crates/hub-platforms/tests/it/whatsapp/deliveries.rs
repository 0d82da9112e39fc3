//! Every recorded delivery becomes exactly the events its index entry names.

use super::expected::Outcome;
use super::fixtures::{self, Fixture};
use super::{offline, parse};
use crate::support::expect::Expected;
use hub_platform_kit::platform::Parsed;
use hub_platform_kit::webhook::{Keys, WebhookRequest};

pub(crate) fn request(fixture: &Fixture) -> WebhookRequest {
    WebhookRequest {
        method: "POST".to_owned(),
        path_key: None,
        query: std::collections::BTreeMap::default(),
        headers: fixture.headers.iter().map(|(k, v)| (k.to_lowercase(), v.clone())).collect(),
        body: fixtures::payload(&fixture.file).into(),
    }
}

#[test]
fn every_recorded_delivery_becomes_what_it_must() {
    let platform = offline();
    let mut seen = 0;
    for fixture in fixtures::deliveries() {
        let verified = platform.verify(&request(&fixture), &Keys::default()).unwrap();
        let outcome = Outcome::of(platform.parse(&verified).unwrap());
        outcome.check(Expected::new(&fixture.expect, fixture.file.clone()));
        seen += 1;
    }
    assert_eq!(seen, 47);
}

/// A delivery that comes again, and one that comes inside a larger batch, have the keys of the first.
#[test]
fn keys_are_the_same_every_time() {
    let keys = |parsed: Vec<Parsed>| -> Vec<String> {
        parsed
            .into_iter()
            .map(|one| match one {
                Parsed::Event(event) => event.event_key,
                other => panic!("{other:?}"),
            })
            .collect()
    };
    let mut all = Vec::new();
    let mut entries = Vec::new();
    for fixture in fixtures::deliveries() {
        let body = fixtures::payload(&fixture.file);
        let once = keys(parse(&body));
        assert_eq!(once, keys(parse(&body)), "{}", fixture.file);
        all.extend(once);
        let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
        entries.extend(body["entry"].as_array().unwrap().clone());
    }
    let batch = serde_json::json!({ "object": "whatsapp_business_account", "entry": entries });
    assert_eq!(keys(parse(batch.to_string().as_bytes())), all);
    let distinct: std::collections::HashSet<&String> = all.iter().collect();
    // The recipient of one message is told with every status of it, under one key; two payloads repeat a status.
    let repeats = all.len() - distinct.len();
    assert!(distinct.iter().all(|key| key.len() < 100), "keys stay short");
    assert!(repeats < 12, "{repeats}");
}
