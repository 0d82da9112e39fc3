//! The receiver: challenges, signatures, subscriptions.

use super::deliveries::request;
use super::{ADMIN, CLIENT_SECRET, PAGE, check_head, fixtures, handle, offline, ok, page, refused, settings};
use crate::support::block_on;
use crate::support::stand_in::{Reply, StandIn};
use hub_domain::Timestamp;
use hub_platform_kit::webhook::{Callback, Keys, Refusal, WebhookRequest};
use hub_platform_kit::{ErrorKind, Secret};
use serde_json::{Value, json};

const URL: &str = "https://hub.example/api/webhooks/linkedin";

fn challenge(code: Option<&str>) -> WebhookRequest {
    WebhookRequest {
        method: "GET".to_owned(),
        path_key: None,
        query: code.map(|code| ("challengeCode".to_owned(), code.to_owned())).into_iter().collect(),
        headers: Vec::new(),
        body: bytes::Bytes::new(),
    }
}

#[test]
fn the_recorded_challenge_is_answered() {
    let fixture = fixtures::of_kind("webhook-handshake").remove(0);
    let greeting = offline().greet(&request(&fixture), &Keys::default()).unwrap().unwrap();
    assert_eq!((greeting.status, greeting.content_type), (200, "application/json"));
    let said: Value = serde_json::from_str(&greeting.body).unwrap();
    assert_eq!(said, fixtures::value(&fixture.file));
}

#[test]
fn a_challenge_says_nothing_to_a_browser_and_needs_a_secret() {
    let platform = offline();
    for bad in [None, Some(""), Some("<script>"), Some("a b"), Some(&*"a".repeat(129))] {
        assert_eq!(platform.greet(&challenge(bad), &Keys::default()).unwrap_err(), Refusal::BadVerifyToken);
    }
    let mut without = settings("http://127.0.0.1:9");
    without.client_secret = Some(Secret::from(" "));
    let refusal = handle(without).greet(&challenge(Some("890e4665")), &Keys::default()).unwrap_err();
    assert_eq!(refusal, Refusal::BadVerifyToken);
    let mut delivery = challenge(Some("890e4665"));
    "POST".clone_into(&mut delivery.method);
    assert!(platform.greet(&delivery, &Keys::default()).unwrap().is_none(), "a delivery is no challenge");
}

fn signed(secret: &str, body: &str) -> WebhookRequest {
    let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, secret.as_bytes());
    let whole = format!("hmacsha256={body}");
    let signature = hex::encode(aws_lc_rs::hmac::sign(&key, whole.as_bytes()));
    let mut request = challenge(None);
    "POST".clone_into(&mut request.method);
    request.body = body.to_owned().into();
    request.headers = vec![("x-li-signature".to_owned(), signature)];
    request
}

#[test]
fn only_what_is_signed_is_believed() {
    let platform = offline();
    let judge = |request: &WebhookRequest| platform.verify(request, &Keys::default()).map(|_| ());
    let right = signed(CLIENT_SECRET, "{}");
    assert_eq!(judge(&right), Ok(()));
    let mut with_scheme = right.clone();
    with_scheme.headers[0].1 = format!("hmacsha256={}", right.headers[0].1);
    assert_eq!(judge(&with_scheme), Ok(()), "some write the scheme before the digits");

    let mut spoiled = Vec::new();
    for change in [
        (|request: &mut WebhookRequest| request.headers.clear()) as fn(&mut WebhookRequest),
        |request| request.headers.push(request.headers[0].clone()),
        |request| request.headers[0].1.make_ascii_uppercase(),
        |request| request.headers[0].1.truncate(63),
        |request| request.headers[0].0 = "x-linkedin-signature".to_owned(),
        |request| request.body = "{ }".into(),
    ] {
        let mut request = right.clone();
        change(&mut request);
        spoiled.push(request);
    }
    spoiled.push(signed("another-secret", "{}"));
    for request in spoiled {
        assert_eq!(judge(&request), Err(Refusal::BadSignature), "{request:?}");
    }
    assert_eq!(judge(&signed(CLIENT_SECRET, "[]")), Err(Refusal::Malformed("Invalid payload structure")));

    let mut without = settings("http://127.0.0.1:9");
    without.client_secret = None;
    let platform = handle(without);
    assert_eq!(platform.verify(&signed("", "{}"), &Keys::default()).unwrap_err(), Refusal::BadSignature);
    let mut rotating = settings("http://127.0.0.1:9");
    rotating.further_secrets = vec![Secret::from("the-old-one")];
    assert!(handle(rotating).verify(&signed("the-old-one", "{}"), &Keys::default()).is_ok());
}

fn callback() -> Callback {
    Callback::new(URL.parse().unwrap(), Secret::from("unused"), Timestamp::UNIX_EPOCH)
}

/// The address of the page's subscription, as it stands in a call.
fn key() -> String {
    format!(
        "/rest/eventSubscriptions/(developerApplication:urn%3Ali%3AdeveloperApplication%3A123456,user:{},entity:{},\
         eventType:ORGANIZATION_SOCIAL_ACTION_NOTIFICATIONS)",
        super::encoded(ADMIN),
        super::encoded(PAGE)
    )
}

#[test]
fn a_page_is_subscribed_and_looked_after_daily() {
    block_on(async {
        let stand_in = StandIn::start(vec![
            refused(404, "Could not find entity"),
            Reply { status: 204, headers: Vec::new(), body: Vec::new() },
            ok(&json!({ "webhook": URL, "expiresAt": 1 })),
            ok(&json!({ "webhook": "https://elsewhere.example/" })),
            Reply { status: 200, headers: Vec::new(), body: Vec::new() },
        ])
        .await;
        let platform = handle(settings(&stand_in.base));
        assert!(platform.fixed_callback_secret(&page()).is_some(), "all pages share the address the app registered");
        for _ in 0..3 {
            let made = platform.subscribe(&page(), &callback()).await.unwrap();
            assert_eq!(made.renew_at.unwrap().timestamp(), 24 * 3600);
        }
        let asked = stand_in.asked();
        let methods: Vec<&str> = asked.iter().map(|one| one.method.as_str()).collect();
        assert_eq!(methods, ["GET", "PUT", "GET", "GET", "PUT"], "what stands is left alone");
        for one in &asked {
            check_head(one, &one.method, &key());
        }
        assert_eq!(asked[1].parameters, json!({ "webhook": URL }).as_object().unwrap().clone());
    });
}

#[test]
fn a_subscription_that_is_gone_needs_no_end() {
    block_on(async {
        let gone = Reply { status: 204, headers: Vec::new(), body: Vec::new() };
        let stand_in = StandIn::start(vec![gone, refused(404, "gone")]).await;
        let platform = handle(settings(&stand_in.base));
        platform.unsubscribe(&page(), None).await.unwrap();
        platform.unsubscribe(&page(), None).await.unwrap();
        check_head(&stand_in.asked()[0], "DELETE", &key());
    });
}

/// Without the app's number nobody can be asked; the reason says what to do.
#[test]
fn what_a_subscription_needs_is_said() {
    block_on(async {
        let mut without = settings("http://127.0.0.1:9");
        without.application_id = Some("an-id".to_owned());
        let error = handle(without).subscribe(&page(), &callback()).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Misconfigured);
        assert!(error.message.contains("LINKEDIN_APPLICATION_ID"), "{error}");
        let mut nobody = page();
        nobody.facts = Value::Null;
        let error = offline().subscribe(&nobody, &callback()).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::BadInput);
        let stand_in = StandIn::start(vec![refused(404, "none"), refused(400, "Webhook is not registered")]).await;
        let error = handle(settings(&stand_in.base)).subscribe(&page(), &callback()).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Misconfigured);
        assert!(error.message.contains(URL), "{error}");
        // LinkedIn calls for no member, and is not asked to.
        let made = offline().subscribe(&super::member(), &callback()).await.unwrap();
        assert_eq!(made.renew_at, None);
    });
}
