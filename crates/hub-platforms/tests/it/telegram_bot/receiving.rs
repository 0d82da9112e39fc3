//! Who may deliver, and for which bot.

use super::{BOT, SECRET, TOKEN, grant, handle, offline, settings};
use hub_platform_kit::webhook::{Keys, Refusal, SubscriptionKey, WebhookRequest};
use hub_platform_kit::{PlatformHandle, Registry, Secret};
use hub_platforms::telegram_bot::Settings;
use secrecy::ExposeSecret;

const HEADER: &str = "x-telegram-bot-api-secret-token";

fn request(path_key: Option<&str>, shown: &[&str]) -> WebhookRequest {
    WebhookRequest {
        method: "POST".to_owned(),
        path_key: path_key.map(str::to_owned),
        query: std::collections::BTreeMap::default(),
        headers: shown.iter().map(|secret| (HEADER.to_owned(), (*secret).to_owned())).collect(),
        body: b"{}".as_slice().into(),
    }
}

fn keys(secret: &str) -> Keys {
    Keys {
        subscriptions: vec![SubscriptionKey {
            remote_id: "777".into(),
            secret: Secret::from(secret),
            subscription: None,
            memory: serde_json::Value::Null,
        }],
    }
}

fn account(platform: &PlatformHandle, request: &WebhookRequest, keys: &Keys) -> Result<Option<String>, Refusal> {
    platform.verify(request, keys).map(|v| v.account.map(|a| a.as_str().to_owned()))
}

#[test]
fn the_operators_secret_opens_the_shared_address_only() {
    let platform = offline();
    let none = Keys::default();
    assert_eq!(account(&platform, &request(None, &[SECRET]), &none), Ok(Some(BOT.to_owned())));
    let refused = Err(Refusal::BadSignature);
    assert_eq!(account(&platform, &request(Some("k"), &[SECRET]), &none), refused);
    for shown in ["", "x", &SECRET[1..], &SECRET[..SECRET.len() - 1], &format!("{SECRET}x"), &SECRET.to_lowercase()] {
        assert_eq!(account(&platform, &request(None, &[shown]), &none), refused, "{shown}");
    }
    assert_eq!(account(&platform, &request(None, &[]), &none), refused, "a missing header");
    assert_eq!(account(&platform, &request(None, &[SECRET, SECRET]), &none), refused, "a repeated header");
}

#[test]
fn a_subscriptions_secret_names_its_bot() {
    let platform = offline();
    for path_key in [None, Some("k")] {
        let shown = request(path_key, &["fresh"]);
        assert_eq!(account(&platform, &shown, &keys("fresh")), Ok(Some("777".to_owned())));
        assert_eq!(account(&platform, &shown, &keys("other")), Err(Refusal::BadSignature));
    }
}

#[test]
fn an_empty_setting_is_no_secret() {
    for webhook_secret in [None, Some(Secret::from(""))] {
        let platform = handle(Settings { webhook_secret, ..settings("http://127.0.0.1:9") });
        for shown in [vec![""], vec![], vec!["x"]] {
            let outcome = account(&platform, &request(None, &shown), &keys(""));
            assert_eq!(outcome, Err(Refusal::BadSignature));
        }
        assert!(platform.fixed_callback_secret(&grant(TOKEN)).is_none());
    }
}

#[test]
fn the_secret_is_found_by_its_digest() {
    let platform = offline();
    let digest = platform.shown_secret_digest(&request(None, &["abc"])).unwrap();
    assert_eq!(hex::encode(digest), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert!(platform.shown_secret_digest(&request(None, &[])).is_none());
    assert!(platform.shown_secret_digest(&request(None, &[""])).is_none());
    assert!(platform.shown_secret_digest(&request(None, &["a", "a"])).is_none());
}

#[test]
fn every_account_behind_a_token_shares_the_bots_deliveries() {
    let platform = offline();
    let mut person = grant(TOKEN);
    person.remote_id = "5012345678".into();
    assert_eq!(platform.subscriber(&person).unwrap().as_str(), BOT);
    assert_eq!(platform.fixed_callback_secret(&person).unwrap().expose_secret(), SECRET);
    assert!(platform.fixed_callback_secret(&grant("99:other")).is_none(), "another bot gets a secret of its own");
}

/// Telegram would execute a member `method` of our answer as a call.
#[test]
fn the_answer_is_the_contracts_and_no_call() {
    let platform = offline();
    assert_eq!(platform.accepted(), (200, r#"{"ok":true}"#));
    assert_eq!(platform.greet(&request(None, &[]), &Keys::default()), Ok(None));
}

#[test]
fn the_card_agrees_with_its_facets() {
    let registry = Registry::new(vec![super::adapter(settings("http://127.0.0.1:9"))]).unwrap();
    let (found, method) = registry.for_linking("telegram", None).unwrap();
    assert_eq!((found.card().id.as_str(), method), ("telegram_bot", "login_widget"));
    assert!(registry.of_account("telegram", Some("bot")).is_some());
}

#[test]
fn no_secret_is_printed() {
    let all = format!("{:?}", settings("http://127.0.0.1:9"));
    assert!(!all.contains("AAFixtureToken") && !all.contains(SECRET), "{all}");
}
