//! Who may deliver.

use super::deliveries::request;
use super::{CONSUMER_SECRET, fixtures, grant, handle, message, offline, settings, signature};
use hub_platform_kit::webhook::{Keys, Refusal, WebhookRequest};
use hub_platform_kit::{PlatformHandle, Registry, Secret};
use hub_platforms::twitter::Settings;
use proptest::prelude::{any, proptest};
use proptest::sample::Index;
use serde_json::{Value, json};

const HEADER: &str = "x-twitter-webhooks-signature";

fn verify(platform: &PlatformHandle, request: &WebhookRequest) -> Result<(), Refusal> {
    platform.verify(request, &Keys::default()).map(|_| ())
}

fn text() -> WebhookRequest {
    request(&fixtures::named("aaa_dm_received_text"))
}

fn signed(secret: &str, body: &str) -> WebhookRequest {
    let headers = vec![(HEADER.to_owned(), signature(secret, body.as_bytes()))];
    WebhookRequest { headers, body: body.as_bytes().to_vec().into(), ..text() }
}

fn challenge(platform: &PlatformHandle, token: &str) -> Result<Option<String>, Refusal> {
    let query = [("crc_token".to_owned(), token.to_owned()), ("nonce".to_owned(), "x".to_owned())].into();
    let request = WebhookRequest { method: "GET".to_owned(), query, headers: Vec::new(), ..text() };
    platform.greet(&request, &Keys::default()).map(|greeting| greeting.map(|greeting| greeting.body))
}

/// The bytes are signed, not what they say; and by the consumer secret, not by the client's.
#[test]
fn the_bytes_as_they_came_are_signed() {
    let escaped = r#"{"text":"\u00e4 \/ \ud83d\ude00"}"#;
    let good = signed(CONSUMER_SECRET, escaped);
    assert_eq!(verify(offline(), &good), Ok(()));
    let plain = serde_json::from_str::<Value>(escaped).unwrap().to_string();
    let changed = WebhookRequest { body: plain.into_bytes().into(), ..good };
    assert_eq!(verify(offline(), &changed), Err(Refusal::BadSignature));
    assert_eq!(verify(offline(), &signed(super::CLIENT_SECRET, escaped)), Err(Refusal::BadSignature));
}

#[test]
fn what_is_authentic_and_no_object_is_malformed() {
    for body in ["[]", "1", "not json", "", r#"{"a":1"#] {
        let outcome = verify(offline(), &signed(CONSUMER_SECRET, body));
        assert_eq!(outcome, Err(Refusal::Malformed("Invalid payload structure")), "{body}");
    }
}

#[test]
fn a_header_must_be_there_once_and_well_formed() {
    let good = text().header(HEADER).unwrap().to_owned();
    let with = |shown: &[&str]| {
        let headers = shown.iter().map(|value| (HEADER.to_owned(), (*value).to_owned())).collect();
        verify(offline(), &WebhookRequest { headers, ..text() })
    };
    assert_eq!(with(&[&good]), Ok(()));
    let digest = &good["sha256=".len()..];
    let hexed = hex::encode(base64::Engine::decode(&base64::engine::general_purpose::STANDARD, digest).unwrap());
    let spoiled = [
        "",
        "sha256=",
        digest,
        &good[..good.len() - 1],
        &format!("{good}="),
        &format!("{good} "),
        &good.replace("sha256", "sha1"),
        &format!("sha256={hexed}"),
    ];
    for shown in spoiled {
        assert_eq!(with(&[shown]), Err(Refusal::BadSignature), "{shown}");
    }
    assert_eq!(with(&[]), Err(Refusal::BadSignature));
    assert_eq!(with(&[&good, &good]), Err(Refusal::BadSignature));
}

#[test]
fn a_secret_can_be_replaced_without_losing_deliveries() {
    let mut changing = settings("http://127.0.0.1:9");
    changing.consumer_secret = Some(Secret::from("the-new-secret"));
    changing.further_consumer_secrets = vec![Secret::from(""), Secret::from(CONSUMER_SECRET)];
    let changing = handle(changing);
    assert_eq!(verify(&changing, &text()), Ok(()));
    assert_eq!(verify(&changing, &signed("", "{}")), Err(Refusal::BadSignature), "an empty secret is none");
    let answer = challenge(&changing, "abc").unwrap().unwrap();
    assert!(answer.contains(&signature("the-new-secret", b"abc")), "only the new one answers challenges");
}

#[test]
fn without_a_secret_nothing_is_believed() {
    for consumer_secret in [None, Some(Secret::from("")), Some(Secret::from(" "))] {
        let without = handle(Settings { consumer_secret, ..settings("http://127.0.0.1:9") });
        assert_eq!(verify(&without, &text()), Err(Refusal::BadSignature));
        assert_eq!(verify(&without, &signed("", "{}")), Err(Refusal::BadSignature));
        assert_eq!(challenge(&without, "abc"), Err(Refusal::BadVerifyToken));
        assert!(without.not_configured().is_some());
    }
}

#[test]
fn a_challenge_has_its_token() {
    for token in ["MTc2MzgwMTIzNC1jaGFsbGVuZ2Utc3RyaW5n", "+/=a&b", "~._-"] {
        let answer = json!({ "response_token": signature(CONSUMER_SECRET, token.as_bytes()) });
        assert_eq!(challenge(offline(), token), Ok(Some(answer.to_string())), "{token}");
    }
    assert_eq!(challenge(offline(), ""), Err(Refusal::Malformed("Missing crc_token")));
    let bare = WebhookRequest { method: "GET".to_owned(), query: [].into(), ..text() };
    assert_eq!(offline().greet(&bare, &Keys::default()).err(), Some(Refusal::Malformed("Missing crc_token")));
    assert_eq!(offline().greet(&text(), &Keys::default()), Ok(None), "a delivery is no challenge");
}

/// Answers to challenges are made with the key that signs deliveries, and anybody may send a challenge.
#[test]
fn nobody_can_have_a_delivery_signed_by_a_challenge() {
    let forged = super::delivery(&message("1", &json!({ "text": "forged" }))).to_string();
    assert_eq!(challenge(offline(), &forged), Err(Refusal::BadVerifyToken));
    assert_eq!(challenge(offline(), &"a".repeat(5_000)), Err(Refusal::BadVerifyToken));
}

#[test]
fn one_address_serves_all_accounts() {
    assert_eq!(offline().subscriber(&grant()).unwrap().as_str(), super::ME);
    assert!(offline().fixed_callback_secret(&grant()).is_some());
    assert!(offline().shown_secret_digest(&text()).is_none());
    assert_eq!(offline().accepted(), (200, r#"{"ok":true}"#));
}

#[test]
fn the_card_agrees_with_its_facets() {
    let registry = Registry::new(vec![super::adapter(settings("http://127.0.0.1:9"))]).unwrap();
    let (found, method) = registry.for_linking("twitter", None).unwrap();
    assert_eq!((found.card().callback_path, method), ("/api/oauth/callback/twitter", "sign_in"));
    assert!(registry.of_account("twitter", None).is_some());
    assert!(!found.card().resend_is_safe && !found.card().replies && !found.card().mark_read);
}

#[test]
fn no_secret_is_printed() {
    let printed = format!("{:?} {:?}", settings("http://127.0.0.1:9"), grant());
    for secret in [CONSUMER_SECRET, super::CLIENT_SECRET, super::BEARER, super::TOKEN, super::REFRESH] {
        assert!(!printed.contains(secret), "{printed}");
    }
}

proptest! {
    #[test]
    fn no_changed_delivery_is_proven(at in any::<Index>(), bit in 0_u8..8) {
        let mut changed = text();
        let mut body = changed.body.to_vec();
        let at = at.index(body.len());
        body[at] ^= 1 << bit;
        changed.body = body.into();
        assert_eq!(verify(offline(), &changed), Err(Refusal::BadSignature));
    }

    /// Whatever is answered as a challenge is refused as a delivery.
    #[test]
    fn no_answered_challenge_is_a_delivery(token in "[ -~]{1,80}") {
        if let Ok(Some(answer)) = challenge(offline(), &token) {
            let answer: Value = serde_json::from_str(&answer).unwrap();
            let headers = vec![(HEADER.to_owned(), answer["response_token"].as_str().unwrap().to_owned())];
            let request = WebhookRequest { headers, body: token.into_bytes().into(), ..text() };
            assert_eq!(verify(offline(), &request), Err(Refusal::Malformed("Invalid payload structure")));
        }
    }
}
