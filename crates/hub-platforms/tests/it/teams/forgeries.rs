//! Deliveries that somebody else made, and deliveries of the platform with every part of their proof.
#![allow(clippy::needless_pass_by_value, reason = "payloads are written where they are used")]

use super::expected::only_message;
use super::subscribing::{callback, made};
use super::{ACCOUNT, CLIENT_ID, PAIR, TENANT, at, delivery, fixtures, handle, instant, keys, settings};
use crate::support::block_on;
use crate::support::stand_in::{Reply, StandIn};
use aws_lc_rs::cipher::{AES_256, EncryptionContext, PaddedBlockEncryptingKey, UnboundCipherKey};
use aws_lc_rs::hmac;
use aws_lc_rs::iv::FixedLength;
use aws_lc_rs::rsa::{OAEP_SHA1_MGF1SHA1, OaepPublicEncryptingKey, PrivateDecryptingKey};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use hub_domain::RemoteAccountId;
use hub_platform_kit::platform::Parsed;
use hub_platform_kit::webhook::{Keys, SubscriptionKey, WebhookRequest};
use hub_platform_kit::{PlatformHandle, Secret};
use hub_platforms::teams::Settings;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use rcgen::{KeyPair, PKCS_RSA_SHA256, RsaKeySize};
use serde_json::{Value, json};
use std::sync::OnceLock;

const PUBLISHER: &str = "0bf30f3b-4a52-48df-9a82-234910c4a086";
const SUBSCRIPTION: &str = "10493aa0-4d29-4df5-bc0c-ef742cc6cd7f";
const KID: &str = "the-kid";

fn signer() -> &'static EncodingKey {
    static SIGNER: OnceLock<EncodingKey> = OnceLock::new();
    SIGNER.get_or_init(fresh_signer)
}

fn fresh_signer() -> EncodingKey {
    let key = KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048).unwrap().serialize_der();
    let pem = format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", BASE64.encode(key));
    EncodingKey::from_rsa_pem(pem.as_bytes()).unwrap()
}

fn jwks() -> Reply {
    let mut jwk = Jwk::from_encoding_key(signer(), Algorithm::RS256).unwrap();
    jwk.common.key_id = Some(KID.to_owned());
    super::ok(&json!({ "keys": [jwk, { "kty": "EC", "kid": "other", "crv": "P-256", "x": "AA", "y": "AA" }] }))
}

fn claims(change: Value) -> Value {
    let mut claims = json!({ "aud": CLIENT_ID, "iss": format!("https://sts.windows.net/{TENANT}/"), "appid": PUBLISHER,
        "nbf": 1_700_000_000, "exp": 4_000_000_000_i64, "tid": TENANT });
    claims.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
    claims.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    claims
}

fn token(claims: &Value) -> String {
    let header = Header { kid: Some(KID.to_owned()), ..Header::new(Algorithm::RS256) };
    encode(&header, claims, signer()).unwrap()
}

/// A subscription that the adapter made, as it comes back for checking.
fn subscription() -> &'static SubscriptionKey {
    static MADE: OnceLock<SubscriptionKey> = OnceLock::new();
    MADE.get_or_init(|| SubscriptionKey {
        remote_id: RemoteAccountId::from(ACCOUNT),
        secret: Secret::from("another secret"),
        subscription: Some(SUBSCRIPTION.to_owned()),
        memory: made().0.memory,
    })
}

fn known() -> Keys {
    Keys { subscriptions: vec![subscription().clone()] }
}

fn chat_message() -> Value {
    json!({ "id": "1612289992105", "etag": "1612289992105", "messageType": "message", "chatId": PAIR,
        "createdDateTime": "2021-02-02T18:19:52.105Z", "lastModifiedDateTime": "2021-02-02T18:19:52.105Z",
        "from": { "user": { "id": "u-1", "displayName": "Robin" } }, "body": { "contentType": "text", "content": "hello" } })
}

/// Encrypts as the platform does, for the newest certificate of a subscription.
fn sealed(memory: &Value, plain: &[u8], key: [u8; 32]) -> Value {
    let certificate = &memory["certificates"][0];
    let private = BASE64.decode(certificate["key"].as_str().unwrap()).unwrap();
    let public = PrivateDecryptingKey::from_pkcs8(&private).unwrap().public_key();
    let public = OaepPublicEncryptingKey::new(public).unwrap();
    let mut room = vec![0; public.ciphertext_size()];
    let sealed_key = public.encrypt(&OAEP_SHA1_MGF1SHA1, &key, &mut room, None).unwrap().to_vec();
    let cipher = PaddedBlockEncryptingKey::cbc_pkcs7(UnboundCipherKey::new(&AES_256, &key).unwrap()).unwrap();
    let iv: [u8; 16] = key[..16].try_into().unwrap();
    let mut data = plain.to_vec();
    cipher.less_safe_encrypt(&mut data, EncryptionContext::Iv128(FixedLength::from(iv))).unwrap();
    let signature = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &key), &data);
    json!({ "data": BASE64.encode(&data), "dataSignature": BASE64.encode(signature), "dataKey": BASE64.encode(sealed_key),
        "encryptionCertificateId": certificate["id"], "encryptionCertificateThumbprint": certificate["thumbprint"] })
}

fn item() -> Value {
    let memory = &subscription().memory;
    json!({ "subscriptionId": SUBSCRIPTION, "changeType": "created", "clientState": memory["client_state"],
        "resource": format!("chats('{PAIR}')/messages('1612289992105')"), "tenantId": TENANT,
        "encryptedContent": sealed(memory, chat_message().to_string().as_bytes(), [7; 32]) })
}

fn request(items: &[Value], tokens: &[String]) -> WebhookRequest {
    delivery(json!({ "value": items, "validationTokens": tokens }).to_string())
}

/// What comes of a delivery for an adapter that can read the keys.
fn told_by(change: impl Fn(&mut Settings), request: &WebhookRequest, keys: &Keys) -> Vec<Parsed> {
    block_on(async {
        let stand_in = StandIn::start(vec![jwks()]).await;
        let mut settings = settings(&stand_in.base);
        change(&mut settings);
        let platform = handle(settings);
        platform.warm(request).await;
        platform.parse(&platform.verify(request, keys).unwrap()).unwrap()
    })
}

fn told(request: &WebhookRequest) -> Vec<Parsed> {
    told_by(|_| (), request, &known())
}

#[test]
fn a_delivery_for_our_own_certificate_is_opened() {
    for good in [
        claims(json!({})),
        claims(
            json!({ "appid": null, "azp": PUBLISHER, "iss": format!("https://login.microsoftonline.com/{TENANT}/v2.0") }),
        ),
        claims(json!({ "aud": [CLIENT_ID, "another"] })),
        claims(json!({ "azp": PUBLISHER })),
    ] {
        let parsed = told(&request(&[item()], &[token(&good)]));
        assert_eq!(only_message(&parsed).content.text.as_deref(), Some("hello"), "{good}");
    }
    let for_teams = request(&[item()], &[token(&claims(json!({ "aud": "the-teams-app" })))]);
    let parsed = told_by(|settings| settings.app_id = Some("the-teams-app".to_owned()), &for_teams, &known());
    only_message(&parsed);
}

#[test]
fn tokens_that_prove_nothing_open_nothing() {
    let mut none = token(&claims(json!({})));
    none.truncate(none.rfind('.').unwrap() + 1);
    let head =
        base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(json!({ "alg": "none", "kid": KID }).to_string());
    let body = none.split('.').nth(1).unwrap();
    let by_secret = |secret: &[u8]| {
        let header = Header { kid: Some(KID.to_owned()), ..Header::new(Algorithm::HS256) };
        encode(&header, &claims(json!({})), &EncodingKey::from_secret(secret)).unwrap()
    };
    let header = |kid: Option<&str>| Header { kid: kid.map(str::to_owned), ..Header::new(Algorithm::RS256) };
    let mut flipped = token(&claims(json!({})));
    flipped.replace_range(
        flipped.len() - 10..flipped.len() - 9,
        if &flipped[flipped.len() - 10..flipped.len() - 9] == "A" { "B" } else { "A" },
    );
    let other_tenant = "https://sts.windows.net/00000000-0000-4000-8000-000000000000/";
    for (why, tokens) in [
        ("no token", vec![]),
        ("no signature", vec![none.clone()]),
        ("alg none", vec![format!("{head}.{body}.")]),
        ("a shared secret", vec![by_secret(KID.as_bytes())]),
        ("a broken signature", vec![flipped]),
        ("another signer", vec![encode(&header(Some(KID)), &claims(json!({})), &fresh_signer()).unwrap()]),
        ("an unknown key", vec![encode(&header(Some("unknown")), &claims(json!({})), signer()).unwrap()]),
        ("no key named", vec![encode(&header(None), &claims(json!({})), signer()).unwrap()]),
        ("another audience", vec![token(&claims(json!({ "aud": "00000000-0000-4000-8000-000000000000" })))]),
        ("no audience", vec![token(&claims(json!({ "aud": null })))]),
        ("ended", vec![token(&claims(json!({ "exp": 1_700_000_000 })))]),
        ("no end", vec![token(&claims(json!({ "exp": null })))]),
        ("not yet", vec![token(&claims(json!({ "nbf": 3_900_000_000_i64 })))]),
        ("another tenant", vec![token(&claims(json!({ "iss": other_tenant })))]),
        ("another issuer", vec![token(&claims(json!({ "iss": format!("https://evil.example/{TENANT}/") })))]),
        ("no issuer", vec![token(&claims(json!({ "iss": null })))]),
        ("another publisher", vec![token(&claims(json!({ "appid": CLIENT_ID })))]),
        ("two publishers", vec![token(&claims(json!({ "azp": CLIENT_ID })))]),
        ("no publisher", vec![token(&claims(json!({ "appid": null })))]),
        ("no token at all", vec!["x".to_owned(), String::new(), "a.b.c".to_owned()]),
        ("too long", vec![format!("{}{}", token(&claims(json!({}))), "x".repeat(20_000))]),
    ] {
        let parsed = told(&request(&[item()], &tokens));
        assert!(parsed.is_empty(), "{why}: {parsed:?}");
    }
}

#[test]
fn content_that_is_not_what_was_sent_falls() {
    let proof = [token(&claims(json!({})))];
    let change = |name: &str, value: Value| {
        let mut item = item();
        item["encryptedContent"][name] = value;
        told(&request(&[item], &proof))
    };
    for name in ["data", "dataSignature", "dataKey"] {
        for value in [json!("AAAA"), json!("not base64!"), json!(""), Value::Null, json!(7)] {
            assert!(change(name, value.clone()).is_empty(), "{name}: {value}");
        }
    }
    let lied = |name: &str, value: Value| {
        let mut item = item();
        item[name] = value;
        told(&request(&[item], &proof))
    };
    assert!(lied("clientState", json!("wrong")).is_empty());
    assert!(lied("clientState", json!("another secret")).is_empty(), "what is remembered counts");
    assert!(lied("clientState", json!("")).is_empty());
    assert!(lied("subscriptionId", json!("another")).is_empty());
    assert!(lied("tenantId", json!("another")).is_empty());
    assert!(lied("tenantId", Value::Null).is_empty());
    // What is for another certificate is looked up, because it may be one that was lost.
    let mut foreign = item();
    foreign["encryptedContent"]["encryptionCertificateId"] = json!("lost");
    foreign["encryptedContent"]["encryptionCertificateThumbprint"] = json!("00");
    let parsed = told(&request(&[foreign.clone()], &proof));
    assert!(matches!(parsed.as_slice(), [Parsed::Resubscribe { .. }, Parsed::ReadBack { .. }]), "{parsed:?}");
    // The digest tells which one it is, should the name be lost.
    let mut by_print = item();
    by_print["encryptedContent"]["encryptionCertificateId"] = json!("lost");
    only_message(&told(&request(&[by_print], &proof)));
    // A subscription that is being made remembers nothing yet; its secret is known.
    let pending = Keys {
        subscriptions: vec![SubscriptionKey {
            secret: Secret::from(subscription().memory["client_state"].as_str().unwrap()),
            subscription: None,
            memory: Value::Null,
            ..subscription().clone()
        }],
    };
    let parsed = told_by(|_| (), &request(&[item()], &proof), &pending);
    assert!(parsed.iter().any(|one| matches!(one, Parsed::ReadBack { .. })), "{parsed:?}");
    assert!(!parsed.iter().any(|one| matches!(one, Parsed::Event(_))));
}

#[test]
fn an_app_that_is_not_configured_believes_nothing() {
    let request = request(&[item()], &[token(&claims(json!({ "aud": "" })))]);
    assert!(told_by(|settings| settings.client_id = None, &request, &known()).is_empty());
}

/// Makes the keys and the certificate that the tests share, before a runtime is there.
fn prepare() {
    let _ = (subscription(), signer());
}

async fn published(replies: Vec<Reply>) -> (StandIn, PlatformHandle) {
    let stand_in = StandIn::start(replies).await;
    let platform = at(&stand_in.base);
    (stand_in, platform)
}

#[test]
fn strangers_cannot_make_the_hub_ask_for_keys_all_the_time() {
    prepare();
    block_on(async {
        let (stand_in, platform) = published(vec![jwks(), jwks(), jwks()]).await;
        let good = request(&[item()], &[token(&claims(json!({})))]);
        let strange = |n: usize| {
            let header = Header { kid: Some(format!("kid-{n}")), ..Header::new(Algorithm::RS256) };
            request(&[item()], &[encode(&header, &claims(json!({})), signer()).unwrap()])
        };
        platform.warm(&good).await;
        platform.warm(&good).await;
        for n in 0..20 {
            platform.warm(&strange(n)).await;
        }
        platform.warm(&delivery("{}")).await;
        assert_eq!(stand_in.asked().len(), 1, "once a minute at most");
        assert_eq!(stand_in.asked()[0].path, "/keys");
        assert!(stand_in.asked()[0].token.is_none());
        // What was not asked for cannot be judged: it is looked up, and not believed.
        let unjudged = platform.parse(&platform.verify(&strange(5), &known()).unwrap()).unwrap();
        assert!(matches!(unjudged.as_slice(), [Parsed::ReadBack { .. }]), "{unjudged:?}");
        tokio::time::pause();
        tokio::time::advance(std::time::Duration::from_secs(61)).await;
        tokio::time::resume();
        platform.warm(&good).await;
        assert_eq!(stand_in.asked().len(), 1, "a known key is not asked for");
        platform.warm(&strange(99)).await;
        assert_eq!(stand_in.asked().len(), 2);
        assert!(
            platform.parse(&platform.verify(&strange(99), &known()).unwrap()).unwrap().is_empty(),
            "asked for, and nobody's"
        );
        assert_eq!(
            only_message(&platform.parse(&platform.verify(&good, &known()).unwrap()).unwrap()).id.as_str(),
            "1612289992105"
        );
    });
}

/// Without keys nothing that is told is believed; it is looked up, because the secret was right.
#[test]
fn without_keys_what_is_told_is_looked_up() {
    prepare();
    for answer in [Reply::json(500, ""), Reply::json(200, "<html>"), Reply::json(200, r#"{"keys":7}"#)] {
        block_on(async {
            let (_stand_in, platform) = published(vec![answer]).await;
            let request = request(&[item()], &[token(&claims(json!({})))]);
            platform.warm(&request).await;
            let parsed = platform.parse(&platform.verify(&request, &known()).unwrap()).unwrap();
            assert!(matches!(parsed.as_slice(), [Parsed::ReadBack { .. }]), "{parsed:?}");
        });
    }
}

#[test]
fn the_sign_in_says_where_its_keys_are() {
    prepare();
    let ask = |named: Option<&str>| {
        block_on(async {
            let elsewhere = StandIn::start(vec![jwks()]).await;
            let stand_in = StandIn::start(Vec::new()).await;
            let named = named.map(|named| named.replace("ELSEWHERE", &elsewhere.base).replace("HERE", &stand_in.base));
            stand_in.give(super::ok(&json!({ "jwks_uri": named })));
            stand_in.give(jwks());
            let platform = handle(Settings { keys_url: None, ..settings(&stand_in.base) });
            platform.warm(&request(&[item()], &[token(&claims(json!({})))])).await;
            assert!(elsewhere.asked().is_empty());
            stand_in.asked().iter().map(|asked| asked.path.clone()).collect::<Vec<_>>()
        })
    };
    let about = "/common/.well-known/openid-configuration";
    assert_eq!(ask(Some("HERE/some/keys")), [about, "/some/keys"]);
    assert_eq!(ask(None), [about, "/common/discovery/keys"]);
    assert_eq!(
        ask(Some("ELSEWHERE/keys")),
        [about, "/common/discovery/keys"],
        "anywhere else they would prove nothing"
    );
}

#[test]
fn lifecycle_notices_show_the_secret_as_well() {
    let notice = |event: &str, state: &str| {
        let item = json!({ "subscriptionId": SUBSCRIPTION, "clientState": state, "lifecycleEvent": event,
            "subscriptionExpirationDateTime": "2026-08-22T10:30:34.9696658+00:00", "tenantId": TENANT });
        told(&request(&[item], &[]))
    };
    let state = subscription().memory["client_state"].as_str().unwrap();
    assert!(matches!(notice("missed", state).as_slice(), [Parsed::ReadBack { .. }]));
    assert!(matches!(notice("reauthorizationRequired", state).as_slice(), [Parsed::Resubscribe { .. }]));
    assert!(notice("reauthorizationRequired", "wrong").is_empty());
    assert!(notice("subscriptionRemoved", "").is_empty());
}

#[test]
fn a_deletion_needs_no_content() {
    let item = json!({ "subscriptionId": SUBSCRIPTION, "clientState": subscription().memory["client_state"],
        "changeType": "deleted", "resource": format!("chats/{PAIR}/messages/17"), "tenantId": TENANT });
    let parsed = told(&request(&[item], &[]));
    assert_eq!(super::expected::deleted_at(&parsed), None);
}

#[test]
fn the_fixtures_and_our_own_certificates_do_not_mix() {
    assert_ne!(callback(None).now, instant("2026-01-01T00:00:00Z"));
    let theirs = delivery(fixtures::payload("rich_created_text.json"));
    assert!(told(&theirs).is_empty(), "signed with a key that nobody published here");
    assert_eq!(keys().subscriptions.len(), 2);
}
