//! Being called: the app's address, and the subscriptions that lead to it.
#![allow(clippy::needless_pass_by_value, reason = "payloads are written where they are used")]

use super::{BEARER, CONSUMER_SECRET, ME, TOKEN, block_on, grant, handle, settings};
use crate::support::stand_in::{Asked, Reply, StandIn};
use base64::Engine;
use hub_platform_kit::webhook::{Callback, Previous, Subscription};
use hub_platform_kit::{ErrorKind, PlatformError, Secret};
use hub_platforms::twitter::Settings;
use serde_json::{Value, json};

const URL: &str = "https://hub.example.com/api/webhooks/twitter";
const KINDS: [&str; 7] =
    ["dm.received", "dm.sent", "dm.read", "dm.indicate_typing", "chat.received", "chat.sent", "oauth.revoke"];

fn told(body: Value) -> Reply {
    Reply::json(200, body.to_string())
}

fn hook(id: &str, url: &str, valid: bool) -> Value {
    json!({ "id": id, "url": url, "valid": valid, "created_at": "2025-01-15T12:00:00.000Z" })
}

fn hooks(hooks: &[Value]) -> Reply {
    told(json!({ "data": hooks, "meta": { "result_count": hooks.len() } }))
}

fn subscriptions(list: &[Value]) -> Reply {
    told(json!({ "data": list, "meta": {} }))
}

fn subscription(id: usize, kind: &str, hook: &str) -> Value {
    let filter = if kind == "oauth.revoke" { json!({}) } else { json!({ "user_id": ME }) };
    json!({ "subscription_id": id.to_string(), "event_type": kind, "filter": filter, "webhook_id": hook })
}

fn made() -> Reply {
    told(json!({ "data": { "subscription": {} } }))
}

fn refusal(status: u16, kind: &str, message: &str) -> Reply {
    let body = json!({ "errors": [{ "message": message }], "title": "Invalid Request", "detail": "One was invalid.",
        "type": format!("https://api.twitter.com/2/problems/{kind}") });
    Reply::json(status, body.to_string())
}

fn subscribe_with(of: fn(&str) -> Settings, replies: Vec<Reply>) -> (Result<Subscription, PlatformError>, Vec<Asked>) {
    block_on(async {
        let stand_in = StandIn::start(replies).await;
        let callback = Callback::new(URL.parse().unwrap(), Secret::from("x"), "2026-02-11T08:00:00Z".parse().unwrap());
        let outcome = handle(of(&stand_in.base)).subscribe(&grant(), &callback).await;
        let asked = stand_in.asked();
        super::spec::check(&asked);
        (outcome, asked)
    })
}

fn subscribe(replies: Vec<Reply>) -> (Result<Subscription, PlatformError>, Vec<Asked>) {
    subscribe_with(settings, replies)
}

#[test]
fn the_address_is_made_and_every_kind_subscribed_to() {
    let mut replies = vec![hooks(&[]), told(json!({ "data": hook("9", URL, true) })), subscriptions(&[])];
    replies.extend(vec![made(); KINDS.len()]);
    let (outcome, asked) = subscribe(replies);
    let outcome = outcome.unwrap();
    assert_eq!(outcome.remote_id.as_deref(), Some("9"));
    assert_eq!(outcome.renew_at, Some("2026-02-11T14:00:00Z".parse().unwrap()), "looked at again after some hours");
    assert_eq!(asked[1].parameters["url"], URL);
    assert!(asked[..3].iter().all(|one| one.token.as_deref() == Some(BEARER)));
    let subscribed: Vec<Value> = asked[3..].iter().map(|one| one.parameters["event_type"].clone()).collect();
    assert_eq!(subscribed, KINDS.map(Value::from));
    for one in &asked[3..] {
        let is_the_apps = one.parameters["event_type"] == "oauth.revoke";
        assert_eq!(
            one.token.as_deref(),
            Some(if is_the_apps { BEARER } else { TOKEN }),
            "what is private is a person's"
        );
        assert_eq!(one.parameters["filter"], if is_the_apps { json!({}) } else { json!({ "user_id": ME }) });
        assert_eq!(one.parameters["webhook_id"], "9");
    }
}

#[test]
fn what_is_there_is_left_alone() {
    let known: Vec<Value> = KINDS.iter().enumerate().map(|(id, kind)| subscription(id, kind, "9")).collect();
    let (outcome, asked) = subscribe(vec![hooks(&[hook("9", URL, true)]), subscriptions(&known)]);
    outcome.unwrap();
    assert_eq!(asked.len(), 2, "{asked:?}");
}

#[test]
fn a_broken_address_is_healed_and_a_lost_one_replaced() {
    let known: Vec<Value> = KINDS.iter().enumerate().map(|(id, kind)| subscription(id, kind, "9")).collect();
    let healed = told(json!({ "data": { "valid": true, "attempted": true } }));
    let (outcome, asked) = subscribe(vec![hooks(&[hook("9", URL, false)]), healed, subscriptions(&known)]);
    outcome.unwrap();
    assert_eq!((asked[1].method.as_str(), asked[1].path.as_str()), ("PUT", "/2/webhooks/9"));

    let still = told(json!({ "data": { "valid": false } }));
    let (outcome, _) = subscribe(vec![hooks(&[hook("9", URL, false)]), still]);
    assert_eq!(outcome.unwrap_err().kind, ErrorKind::Transient { maybe_applied: false });

    // The subscriptions lead to an address that is no more.
    let elsewhere: Vec<Value> = KINDS.iter().enumerate().map(|(id, kind)| subscription(id, kind, "8")).collect();
    let mut replies = vec![hooks(&[hook("9", URL, true)]), subscriptions(&elsewhere)];
    replies.extend(vec![made(); KINDS.len()]);
    let (outcome, asked) = subscribe(replies);
    outcome.unwrap();
    for (id, one) in asked[2..].iter().enumerate() {
        assert_eq!((one.method.as_str(), one.path.clone()), ("PUT", format!("/2/activity/subscriptions/{id}")));
        assert_eq!(one.parameters["webhook_id"], "9");
    }
}

#[test]
fn two_who_make_the_address_at_once_find_the_same_one() {
    let known: Vec<Value> = KINDS.iter().enumerate().map(|(id, kind)| subscription(id, kind, "9")).collect();
    let twice = refusal(400, "invalid-request", "DuplicateUrlFailed: there is a webhook with this address");
    let replies = vec![hooks(&[]), twice, hooks(&[hook("9", URL, true)]), subscriptions(&known)];
    assert_eq!(subscribe(replies).0.unwrap().remote_id.as_deref(), Some("9"));
    // The same for a subscription.
    let twice = refusal(400, "invalid-request", "DuplicateSubscription: there is such a subscription");
    let mut replies = vec![hooks(&[hook("9", URL, true)]), subscriptions(&[])];
    replies.extend(vec![twice; KINDS.len()]);
    subscribe(replies).0.unwrap();
}

#[test]
fn why_an_address_is_not_taken_is_said() {
    for (reason, kind, words) in [
        ("CrcValidationFailed", ErrorKind::Transient { maybe_applied: false }, "reachable"),
        ("WebhookLimitExceeded", ErrorKind::Misconfigured, "another address"),
        ("UrlValidationFailed", ErrorKind::Misconfigured, "https"),
    ] {
        let no = refusal(400, "invalid-request", &format!("{reason}: no"));
        let (outcome, _) = subscribe(vec![hooks(&[]), no, hooks(&[hook("1", "https://other.example/", true)])]);
        let error = outcome.unwrap_err();
        assert!(error.kind == kind && error.message.contains(words), "{error:?}");
    }
}

#[test]
fn the_older_way_is_asked_when_the_new_one_is_closed() {
    let closed = || refusal(403, "client-forbidden", "not enrolled");
    let begin = || vec![hooks(&[hook("9", URL, true)]), subscriptions(&[]), closed()];
    let with = |more: [Reply; 2]| begin().into_iter().chain(more).collect::<Vec<_>>();
    let subscribed = |yes: bool| told(json!({ "data": { "subscribed": yes } }));
    let (outcome, asked) = subscribe(with([subscribed(false), subscribed(true)]));
    outcome.unwrap();
    let path = "/2/account_activity/webhooks/9/subscriptions/all";
    for (one, method) in asked[3..].iter().zip(["GET", "POST"]) {
        assert_eq!((one.method.as_str(), one.path.as_str(), one.token.as_deref()), (method, path, Some(TOKEN)));
    }
    // Both closed: what the new way says counts.
    let (outcome, _) =
        subscribe(with([subscribed(false), refusal(400, "invalid-request", "SubscriptionLimitExceeded")]));
    assert_eq!(outcome.unwrap_err().kind, ErrorKind::Misconfigured);
    // Trouble is no reason to change the way.
    let trouble = Reply { status: 502, headers: Vec::new(), body: b"<html>".to_vec() };
    let (outcome, asked) = subscribe(vec![hooks(&[hook("9", URL, true)]), subscriptions(&[]), trouble]);
    assert_eq!((outcome.unwrap_err().kind, asked.len()), (ErrorKind::Transient { maybe_applied: false }, 3));
}

#[test]
fn an_account_hears_its_messages_although_it_may_not_hear_everything() {
    let mut replies = vec![hooks(&[hook("9", URL, true)]), subscriptions(&[]), made(), made()];
    replies.extend(vec![refusal(403, "not-authorized-for-resource", "no"); 5]);
    let (outcome, asked) = subscribe(replies);
    outcome.unwrap();
    assert_eq!(asked.len(), 9);
}

/// A dead token of the app accuses no account.
#[test]
fn the_apps_own_token_is_the_operators_business() {
    let no = Reply::json(401, json!({ "title": "Unauthorized", "status": 401, "type": "about:blank" }).to_string());
    assert_eq!(subscribe(vec![no]).0.unwrap_err().kind, ErrorKind::Misconfigured);
    let (outcome, asked) = subscribe_with(|base| Settings { bearer_token: None, ..settings(base) }, Vec::new());
    let error = outcome.unwrap_err();
    assert!(error.kind == ErrorKind::Misconfigured && error.message.contains("TWITTER_BEARER_TOKEN"), "{error}");
    assert!(asked.is_empty());
}

#[test]
fn the_api_key_gets_the_apps_token_once() {
    let with_key =
        |base: &str| Settings { bearer_token: None, consumer_key: Some("the-api-key".to_owned()), ..settings(base) };
    let known: Vec<Value> = KINDS.iter().enumerate().map(|(id, kind)| subscription(id, kind, "9")).collect();
    let token = told(json!({ "token_type": "bearer", "access_token": "AAAAfetched" }));
    let (outcome, asked) = subscribe_with(with_key, vec![token, hooks(&[hook("9", URL, true)]), subscriptions(&known)]);
    outcome.unwrap();
    let pair = base64::engine::general_purpose::STANDARD.encode(format!("the-api-key:{CONSUMER_SECRET}"));
    assert_eq!((asked[0].path.as_str(), asked[0].token.clone()), ("/oauth2/token", Some(format!("Basic {pair}"))));
    assert!(asked[1..].iter().all(|one| one.token.as_deref() == Some("AAAAfetched")));
    assert_eq!(asked.len(), 3);
}

#[test]
fn only_the_accounts_own_subscriptions_end() {
    let mut others = subscription(2, "dm.received", "9");
    others["filter"]["user_id"] = "5".into();
    let elsewhere = subscription(4, "dm.received", "8");
    let listed = [subscription(1, "dm.received", "9"), others, subscription(3, "oauth.revoke", "9"), elsewhere];
    let old = |hook: &str| format!("/2/account_activity/webhooks/{hook}/subscriptions/{ME}/all");
    let new = |id: &str| format!("/2/activity/subscriptions/{id}");
    let all = vec![new("1"), new("4"), old("9"), old("8")];
    for (known, ends) in [(Some("9"), vec![new("1"), old("9")]), (None, all)] {
        block_on(async {
            let gone = refusal(404, "resource-not-found", "no such subscription");
            let mut replies = vec![subscriptions(&listed)];
            replies.extend(vec![gone.clone(); ends.len() / 2]);
            replies.push(hooks(&[hook("9", URL, true), hook("8", "https://other.example/", true)]));
            replies.extend(vec![gone; ends.len() / 2]);
            let stand_in = StandIn::start(replies).await;
            let previous = Previous { remote_id: known.map(str::to_owned), memory: Value::Null };
            handle(settings(&stand_in.base)).unsubscribe(&grant(), Some(&previous)).await.unwrap();
            super::spec::check(&stand_in.asked());
            let ended = stand_in.asked().into_iter().filter(|one| one.method == "DELETE").map(|one| one.path);
            assert_eq!(ended.collect::<Vec<_>>(), ends, "the address and the others stay");
        });
    }
}
