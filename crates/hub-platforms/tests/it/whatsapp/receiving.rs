//! Who may deliver.

use super::deliveries::request;
use super::{APP_SECRET, VERIFY_TOKEN, WABA, fixtures, grant, handle, offline, settings};
use hub_platform_kit::webhook::{Greeting, Keys, Refusal, WebhookRequest};
use hub_platform_kit::{PlatformHandle, Registry, Secret};
use hub_platforms::meta::App;
use hub_platforms::whatsapp::Settings;
use proptest::prelude::{any, proptest};
use proptest::sample::Index;
use secrecy::ExposeSecret;
use serde_json::Value;
use std::sync::OnceLock;

const HEADER: &str = "x-hub-signature-256";

fn verify(platform: &PlatformHandle, request: &WebhookRequest) -> Result<(), Refusal> {
    platform.verify(request, &Keys::default()).map(|_| ())
}

fn text() -> WebhookRequest {
    request(&fixtures::deliveries().next().unwrap())
}

fn signed(body: &str, signature: &str) -> WebhookRequest {
    let headers = vec![(HEADER.to_owned(), format!("sha256={signature}"))];
    WebhookRequest { headers, body: body.as_bytes().to_vec().into(), ..text() }
}

#[test]
fn every_recorded_delivery_is_proven_and_no_other_secret_proves_it() {
    let (right, wrong) = (offline(), handle(with_secret("another-secret")));
    for fixture in fixtures::deliveries() {
        assert_eq!(verify(&right, &request(&fixture)), Ok(()), "{}", fixture.file);
        assert_eq!(verify(&wrong, &request(&fixture)), Err(Refusal::BadSignature), "{}", fixture.file);
    }
}

fn with_secret(secret: &str) -> Settings {
    let base = settings("http://127.0.0.1:9");
    Settings { app: App { secret: Some(Secret::from(secret)), ..base.app }, ..base }
}

/// The bytes are signed, not what they say.
#[test]
fn the_bytes_as_they_came_are_signed() {
    let signature = "6436bf4722077764882666a7bd0c74452479f3ec8990dc34adbd23c395638a4a";
    let escaped = r#"{"text":"\u00e4\u00f6\u00e5 \/ \ud83d\ude00"}"#;
    assert_eq!(verify(&offline(), &signed(escaped, signature)), Ok(()));
    let plain = serde_json::from_str::<Value>(escaped).unwrap().to_string();
    assert_eq!(verify(&offline(), &signed(&plain, signature)), Err(Refusal::BadSignature));
}

#[test]
fn a_header_must_be_there_once_and_well_formed() {
    let platform = offline();
    let good = text().header(HEADER).unwrap().to_owned();
    let refused = Err(Refusal::BadSignature);
    let with = |shown: &[&str]| {
        let headers = shown.iter().map(|value| (HEADER.to_owned(), (*value).to_owned())).collect();
        verify(&platform, &WebhookRequest { headers, ..text() })
    };
    assert_eq!(with(&[&good]), Ok(()));
    assert_eq!(with(&[]), refused);
    assert_eq!(with(&[&good, &good]), refused);
    for spoiled in [
        "",
        "sha256=",
        &good[7..],
        &good.to_uppercase(),
        &good[..good.len() - 1],
        &format!("{good}0"),
        &good.replace("sha256", "sha1"),
    ] {
        assert_eq!(with(&[spoiled]), refused, "{spoiled}");
    }
}

#[test]
fn a_secret_can_be_replaced_without_losing_deliveries() {
    let mut changing = with_secret("the-new-secret");
    changing.app.further_secrets = vec![Secret::from(""), Secret::from(APP_SECRET)];
    assert_eq!(verify(&handle(changing), &text()), Ok(()));
    for secret in [None, Some(Secret::from(""))] {
        let base = settings("http://127.0.0.1:9");
        let without = handle(Settings { app: App { secret, ..base.app }, ..base });
        assert_eq!(verify(&without, &text()), Err(Refusal::BadSignature));
        assert!(without.not_configured().is_some());
    }
}

#[test]
fn the_address_is_checked_with_the_verify_token() {
    let ask = |platform: &PlatformHandle, token: &str, challenge: &str| {
        let parameters = [("hub.mode", "subscribe"), ("hub.verify_token", token), ("hub.challenge", challenge)];
        let query = parameters.into_iter().map(|(k, v)| (k.to_owned(), v.to_owned())).collect();
        let request = WebhookRequest { method: "GET".to_owned(), query, ..text() };
        platform.greet(&request, &Keys::default())
    };
    let greeting = |body: &str| {
        Ok(Some(Greeting { status: 200, content_type: "text/plain; charset=utf-8", body: body.to_owned() }))
    };
    assert_eq!(ask(&offline(), VERIFY_TOKEN, "1158201444"), greeting("1158201444"));
    for (token, challenge) in [("wrong", "1"), ("", "1"), (VERIFY_TOKEN, "<script>"), (VERIFY_TOKEN, "")] {
        assert_eq!(ask(&offline(), token, challenge), Err(Refusal::BadVerifyToken), "{token} {challenge}");
    }
    let base = settings("http://127.0.0.1:9");
    let without = handle(Settings { app: App { verify_token: None, ..base.app }, ..base });
    assert_eq!(ask(&without, "", "1"), Err(Refusal::BadVerifyToken));
    assert_eq!(offline().greet(&text(), &Keys::default()), Ok(None), "a delivery is no check");
}

#[test]
fn one_subscription_serves_all_numbers_of_a_business_account() {
    let platform = offline();
    assert_eq!(platform.subscriber(&grant()).unwrap().as_str(), WABA);
    assert_eq!(platform.fixed_callback_secret(&grant()).unwrap().expose_secret(), VERIFY_TOKEN);
    assert!(platform.shown_secret_digest(&text()).is_none());
    assert_eq!(platform.accepted(), (200, r#"{"ok":true}"#));
}

/// Rows of the originals know no business account; the operator's setting names that of the operator's number.
#[test]
fn the_operator_may_name_the_business_account_of_an_old_row() {
    let mut old = grant();
    old.facts = Value::Null;
    let base = settings("http://127.0.0.1:9");
    let named = Settings {
        phone_number_id: Some(old.remote_id.as_str().to_owned()),
        business_account_id: Some(WABA.to_owned()),
        ..base
    };
    assert_eq!(handle(named.clone()).subscriber(&old).unwrap().as_str(), WABA);
    let other = Settings { phone_number_id: Some("another".to_owned()), ..named };
    assert_eq!(handle(other).subscriber(&old).unwrap(), old.remote_id);
}

#[test]
fn the_card_agrees_with_its_facets() {
    let registry = Registry::new(vec![super::adapter(settings("http://127.0.0.1:9"))]).unwrap();
    let (found, method) = registry.for_linking("whatsapp", None).unwrap();
    assert_eq!((found.card().id.as_str(), method), ("whatsapp", "facebook_login"));
    assert!(registry.of_account("whatsapp", None).is_some());
    assert!(!found.card().taken_is_delivered && !found.card().resend_is_safe);
}

#[test]
fn no_secret_is_printed() {
    let mut all = settings("http://127.0.0.1:9");
    all.access_token = Some(Secret::from("system-user-token"));
    let printed = format!("{all:?} {:?}", grant());
    for secret in [APP_SECRET, VERIFY_TOKEN, "system-user-token", super::TOKEN] {
        assert!(!printed.contains(secret), "{printed}");
    }
}

proptest! {
    #[test]
    fn no_changed_delivery_is_proven(at in any::<Index>(), bit in 0_u8..8) {
        static PLATFORM: OnceLock<PlatformHandle> = OnceLock::new();
        let mut changed = text();
        let mut body = changed.body.to_vec();
        let at = at.index(body.len());
        body[at] ^= 1 << bit;
        changed.body = body.into();
        assert_eq!(verify(PLATFORM.get_or_init(offline), &changed), Err(Refusal::BadSignature));
    }
}
