//! Being called: made once, prolonged, its certificate replaced, and found again.
#![allow(clippy::needless_pass_by_value, reason = "payloads are written where they are used")]

use super::{ACCOUNT, TOKEN, at, grant, instant, ok};
use crate::support::block_on;
use crate::support::stand_in::{Asked, Reply, StandIn};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use chrono::TimeDelta;
use hub_domain::Timestamp;
use hub_platform_kit::webhook::{Callback, Previous, Subscription};
use hub_platform_kit::{ErrorKind, PlatformError, Secret};
use serde_json::{Value, json};

const URL: &str = "https://hub.example/api/webhooks/teams/0123456789abcdef";
const STATE: &str = "0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0";
const ID: &str = "10493aa0-4d29-4df5-bc0c-ef742cc6cd7f";

pub(crate) fn now() -> Timestamp {
    instant("2026-08-20T10:00:00Z")
}

pub(crate) fn callback(previous: Option<Previous>) -> Callback {
    let mut callback = Callback::new(URL.parse().unwrap(), Secret::from(STATE), now());
    callback.previous = previous;
    callback
}

fn confirmed(ends: &str) -> Reply {
    Reply::json(201, json!({ "id": ID, "expirationDateTime": ends }).to_string())
}

/// Subscribes against these answers.
pub(crate) fn subscribe(callback: &Callback, replies: Vec<Reply>) -> (Result<Subscription, PlatformError>, Vec<Asked>) {
    block_on(async {
        let stand_in = StandIn::start(replies).await;
        let outcome = at(&stand_in.base).subscribe(&grant(), callback).await;
        let asked = stand_in.asked();
        super::spec::check(&asked);
        (outcome, asked)
    })
}

/// A subscription as it is remembered.
pub(crate) fn made() -> (Subscription, Asked) {
    let (made, asked) = subscribe(&callback(None), vec![confirmed("2026-08-23T10:00:00Z")]);
    (made.unwrap(), asked.into_iter().next().unwrap())
}

/// What is asked for while a subscription is made, prolonged, found again and ended.
pub(crate) fn life() -> Vec<Asked> {
    let (made, _) = made();
    let (renewed, mut asked) =
        subscribe(&callback(Some(previous(&made))), vec![Reply::json(200, json!({ "id": ID }).to_string())]);
    renewed.unwrap();
    let listed = json!({ "value": [{ "id": ID, "resource": format!("/users/{ACCOUNT}/chats/getAllMessages") }] });
    let replies = vec![Reply::json(409, "{}"), ok(&listed), Reply::json(204, ""), confirmed("2026-08-23T10:00:00Z")];
    let (again, further) = subscribe(&callback(None), replies);
    again.unwrap();
    asked.extend(further);
    asked
}

fn previous(subscription: &Subscription) -> Previous {
    Previous { remote_id: subscription.remote_id.clone(), memory: subscription.memory.clone() }
}

fn names(subscription: &Subscription) -> Vec<String> {
    let certificates = subscription.memory["certificates"].as_array().unwrap();
    certificates.iter().map(|one| one["id"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_subscription_asks_for_everything_it_needs() {
    let (made, asked) = made();
    assert_eq!((asked.method.as_str(), asked.path.as_str()), ("POST", "/v1.0/subscriptions"));
    assert_eq!(asked.token.as_deref(), Some(TOKEN));
    let wanted = &asked.parameters;
    assert_eq!(wanted["changeType"], "created,updated,deleted");
    assert_eq!(wanted["resource"], format!("/users/{ACCOUNT}/chats/getAllMessages"));
    assert_eq!(wanted["notificationUrl"], URL);
    assert_eq!(wanted["lifecycleNotificationUrl"], URL, "it cannot be added later");
    assert_eq!(wanted["clientState"], STATE);
    assert_eq!(wanted["includeResourceData"], true);
    let life = instant(wanted["expirationDateTime"].as_str().unwrap()) - now();
    assert!(life > TimeDelta::days(2) && life < TimeDelta::minutes(4_320), "{life}");
    assert!(wanted["encryptionCertificateId"].as_str().unwrap().len() < 128);
    let certificate = BASE64.decode(wanted["encryptionCertificate"].as_str().unwrap()).unwrap();
    let sum = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA1_FOR_LEGACY_USE_ONLY, &certificate);
    assert_eq!(made.memory["certificates"][0]["thumbprint"], hex::encode_upper(sum));
    let private = BASE64.decode(made.memory["certificates"][0]["key"].as_str().unwrap()).unwrap();
    let private = aws_lc_rs::rsa::PrivateDecryptingKey::from_pkcs8(&private).unwrap();
    assert!(private.key_size_bits() >= 2048);
    let text = serde_json::to_string(wanted).unwrap();
    assert!(!text.contains(made.memory["certificates"][0]["key"].as_str().unwrap()), "the private half stays here");
    assert_eq!(made.remote_id.as_deref(), Some(ID));
    assert_eq!(made.renew_at, Some(instant("2026-08-21T22:00:00Z")), "half of the life that was given");
}

#[test]
fn a_renewal_prolongs_and_keeps_the_secret() {
    let (made, first) = made();
    let mut later = callback(Some(previous(&made)));
    later.now = now() + TimeDelta::hours(36);
    let (renewed, asked) = subscribe(
        &later,
        vec![Reply::json(
            200,
            json!({ "id": ID,
        "expirationDateTime": "2026-08-24T22:00:00.0000000Z" })
            .to_string(),
        )],
    );
    let renewed = renewed.unwrap();
    let [asked] = asked.as_slice() else { panic!("{asked:?}") };
    assert_eq!((asked.method.as_str(), asked.path.as_str()), ("PATCH", format!("/v1.0/subscriptions/{ID}").as_str()));
    assert!(asked.parameters.get("clientState").is_none());
    assert_eq!(asked.parameters["encryptionCertificate"], first.parameters["encryptionCertificate"]);
    assert_eq!(renewed.memory, made.memory);
    assert_eq!(renewed.renew_at, Some(instant("2026-08-23T10:00:00Z")));
    assert_eq!(renewed.remote_id.as_deref(), Some(ID));
}

#[test]
fn a_certificate_is_replaced_and_the_old_one_kept_for_a_while() {
    let (made, _) = made();
    let renew = |from: &Subscription, after: TimeDelta| {
        let mut later = callback(Some(previous(from)));
        later.now = now() + after;
        let (renewed, asked) = subscribe(&later, vec![confirmed("2027-01-01T00:00:00Z")]);
        (renewed.unwrap(), asked.into_iter().next().unwrap())
    };
    let (rotated, asked) = renew(&made, TimeDelta::days(30));
    assert_eq!(names(&rotated).len(), 2);
    assert_eq!(names(&rotated)[0], asked.parameters["encryptionCertificateId"].as_str().unwrap(), "the newest first");
    assert_eq!(names(&rotated)[1], names(&made)[0]);
    let (same, _) = renew(&rotated, TimeDelta::days(31));
    assert_eq!(names(&same), names(&rotated), "what is under way can still be opened");
    let (again, _) = renew(&same, TimeDelta::days(60));
    assert_eq!(names(&again).len(), 2, "the first one is gone: {:?}", names(&again));
    assert_eq!(names(&again)[1], names(&rotated)[0]);
}

#[test]
fn one_that_is_gone_is_made_anew() {
    let (made, _) = made();
    let gone = Reply::json(404, json!({ "error": { "code": "ResourceNotFound", "message": "gone" } }).to_string());
    let (renewed, asked) = subscribe(&callback(Some(previous(&made))), vec![gone, confirmed("2026-08-23T10:00:00Z")]);
    assert_eq!(names(&renewed.unwrap()), names(&made), "the certificate is still good");
    let methods: Vec<&str> = asked.iter().map(|asked| asked.method.as_str()).collect();
    assert_eq!(methods, ["PATCH", "POST"]);
}

#[test]
fn trouble_while_renewing_makes_no_second_one() {
    let (made, _) = made();
    for (status, kind) in [
        (503, ErrorKind::Transient { maybe_applied: false }),
        (429, ErrorKind::RateLimited { retry_after: None }),
        (401, ErrorKind::ReauthRequired),
        (403, ErrorKind::Rejected),
    ] {
        let (renewed, asked) = subscribe(&callback(Some(previous(&made))), vec![Reply::json(status, "{}")]);
        assert_eq!((renewed.unwrap_err().kind, asked.len()), (kind, 1), "{status}");
    }
}

/// A secret that nobody remembers cannot be believed: the old subscription ends, a new one begins.
#[test]
fn one_that_nobody_remembers_is_replaced() {
    let duplicate = Reply::json(409, json!({ "error": { "code": "ExtensionError", "message": "exists" } }).to_string());
    let resource = format!("users/{}/chats/getAllMessages", ACCOUNT.to_uppercase());
    let listed = ok(&json!({ "value": [
        { "id": "theirs", "resource": "/chats/19:x@thread.v2/messages" },
        { "id": "ours", "resource": resource },
    ] }));
    let replies = vec![duplicate, listed, Reply::json(204, ""), confirmed("2026-08-23T10:00:00Z")];
    let (made, asked) = subscribe(&callback(None), replies);
    assert_eq!(made.unwrap().remote_id.as_deref(), Some(ID));
    let calls: Vec<String> = asked.iter().map(|asked| format!("{} {}", asked.method, asked.path)).collect();
    assert_eq!(calls[2], "DELETE /v1.0/subscriptions/ours");
    assert_eq!((calls.len(), calls[3].as_str()), (4, "POST /v1.0/subscriptions"));
}

#[test]
fn another_address_needs_another_subscription() {
    let (made, _) = made();
    let mut moved = callback(Some(previous(&made)));
    moved.url = "https://elsewhere.example/api/webhooks/teams/0123456789abcdef".parse().unwrap();
    let (renewed, asked) = subscribe(&moved, vec![Reply::json(204, ""), confirmed("2026-08-23T10:00:00Z")]);
    assert_eq!(renewed.unwrap().memory["url"], moved.url.as_str());
    let methods: Vec<&str> = asked.iter().map(|asked| asked.method.as_str()).collect();
    assert_eq!(methods, ["DELETE", "POST"]);
    assert_eq!(asked[1].parameters["lifecycleNotificationUrl"], moved.url.as_str());
}

#[test]
fn it_ends_with_the_account() {
    let (made, _) = made();
    let end = |reply: Reply| {
        block_on(async {
            let stand_in = StandIn::start(vec![reply]).await;
            let outcome = at(&stand_in.base).unsubscribe(&grant(), Some(&previous(&made))).await;
            (outcome, stand_in.only())
        })
    };
    for status in [204, 404, 410] {
        let (outcome, asked) = end(Reply::json(status, ""));
        outcome.unwrap();
        assert_eq!(
            (asked.method.as_str(), asked.path.as_str()),
            ("DELETE", format!("/v1.0/subscriptions/{ID}").as_str())
        );
    }
    assert_eq!(end(Reply::json(500, "")).0.unwrap_err().kind, ErrorKind::Transient { maybe_applied: false });
    block_on(at("http://127.0.0.1:9").unsubscribe(&grant(), None)).unwrap();
    let memory: Value = made.memory.clone();
    assert!(memory["client_state"] == STATE);
}
