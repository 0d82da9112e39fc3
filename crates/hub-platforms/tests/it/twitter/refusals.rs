//! What refusals mean.

use super::{BOTH, TOKEN, block_on, grant, handle, settings};
use crate::support::stand_in::{Reply, StandIn};
use hub_platform_kit::platform::OutboundMessage;
use hub_platform_kit::{ErrorKind, PlatformError};
use serde_json::{Value, json};
use std::time::Duration;

const MAYBE: ErrorKind = ErrorKind::Transient { maybe_applied: true };
const TROUBLE: ErrorKind = ErrorKind::Transient { maybe_applied: false };

fn send(reply: Reply) -> PlatformError {
    block_on(async {
        let stand_in = StandIn::start(vec![reply]).await;
        let message =
            OutboundMessage { conversation: BOTH.into(), text: Some("x".to_owned()), ..OutboundMessage::default() };
        handle(settings(&stand_in.base)).send(&grant(), &message).await.unwrap_err()
    })
}

fn pull(reply: Reply) -> PlatformError {
    block_on(async {
        let stand_in = StandIn::start(vec![reply]).await;
        handle(settings(&stand_in.base)).pull(&grant(), None, Duration::ZERO).await.unwrap_err()
    })
}

fn problem(status: u16, kind: &str, more: &[(&str, Value)]) -> Reply {
    let mut body = json!({ "title": "Title", "detail": "what it says", "type": kind, "status": status });
    for (name, value) in more {
        body[*name] = value.clone();
    }
    Reply::json(status, body.to_string())
}

/// The host of a type differs between the description and the wild.
#[test]
fn problems_are_known_by_the_end_of_their_type() {
    for host in ["https://api.x.com/2/problems/", "https://api.twitter.com/2/problems/", ""] {
        for (status, end, kind) in [
            (402, "credits", ErrorKind::Misconfigured),
            (403, "credits", ErrorKind::Misconfigured),
            (429, "usage-capped", ErrorKind::Misconfigured),
            (403, "unsupported-authentication", ErrorKind::Misconfigured),
            (403, "client-forbidden", ErrorKind::Misconfigured),
            (403, "not-authorized-for-resource", ErrorKind::Rejected),
            (404, "resource-not-found", ErrorKind::NotFound),
            (400, "invalid-request", ErrorKind::BadInput),
        ] {
            let error = send(problem(status, &format!("{host}{end}"), &[]));
            assert_eq!(error.kind, kind, "{host}{end}");
            assert!(error.message.contains("what it says") && error.status == Some(status), "{error}");
        }
    }
}

/// Money is the operator's business, a permission is the person's: neither asks for a new sign-in.
#[test]
fn spending_caps_are_told_apart_from_permissions() {
    let cap = [("title", json!("SpendCapReached")), ("reset_date", json!("2026-03-01"))];
    let cap = send(problem(403, "https://api.twitter.com/2/problems/credits", &cap));
    assert_eq!((cap.kind, cap.remote_code.as_deref()), (ErrorKind::Misconfigured, Some("SpendCapReached")));
    assert!(cap.message.contains("spending cap") && cap.message.contains("2026-03-01"), "{cap}");
    let permission = send(problem(403, "about:blank", &[("detail", json!("This operation is not permitted."))]));
    assert_eq!(permission.kind, ErrorKind::Rejected);
    assert!(permission.message.contains("not permitted"), "{permission}");
}

#[test]
fn a_gateway_is_not_the_platform() {
    let html = |status: u16| Reply { status, headers: Vec::new(), body: b"<html>gateway</html>".to_vec() };
    for status in [401, 403] {
        assert_eq!(pull(html(status)).kind, TROUBLE, "{status}");
    }
    let empty = |status: u16| Reply { status, headers: Vec::new(), body: Vec::new() };
    assert_eq!(pull(empty(401)).kind, ErrorKind::ReauthRequired);
    assert_eq!(pull(empty(503)).kind, TROUBLE);
    assert_eq!(pull(html(200)).kind, ErrorKind::UnexpectedReply);
}

/// X drops no repeats, so a doubt stays one. Only "not available now", in the platform's own words, is none.
#[test]
fn a_doubtful_send_is_not_repeated() {
    let html = |status: u16| Reply { status, headers: Vec::new(), body: b"<html>gateway</html>".to_vec() };
    assert_eq!(send(problem(503, "about:blank", &[])).kind, TROUBLE);
    assert_eq!(send(problem(500, "about:blank", &[])).kind, MAYBE);
    for status in [200, 500, 502, 503, 504] {
        assert_eq!(send(html(status)).kind, MAYBE, "{status}");
    }
    assert_eq!(send(Reply::json(201, r#"{"data":{}}"#)).kind, MAYBE);
    assert_eq!(send(Reply::json(201, "{}")).kind, MAYBE);
    for status in [500, 502, 504] {
        assert_eq!(pull(html(status)).kind, TROUBLE, "{status}");
    }
}

#[test]
fn a_limit_ends_when_its_window_does() {
    let wait = |headers: &[(&str, &str)]| {
        let mut reply = problem(429, "about:blank", &[]);
        reply.headers.push(("date".to_owned(), "Wed, 11 Feb 2026 08:00:00 GMT".to_owned()));
        reply.headers.extend(headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let error = send(reply);
        assert!(error.whole_account, "every budget of sending is the account's");
        let ErrorKind::RateLimited { retry_after: Some(wait) } = error.kind else { panic!("{error:?}") };
        wait
    };
    let now = 1_770_796_800;
    let at = |seconds: i64| (now + seconds).to_string();
    let (soon, later) = (at(100), at(5_000));
    assert_eq!(wait(&[("x-rate-limit-remaining", "0"), ("x-rate-limit-reset", &soon)]), Duration::from_secs(100));
    // The latest of those that are used up.
    let both = [
        ("x-rate-limit-remaining", "0"),
        ("x-rate-limit-reset", soon.as_str()),
        ("x-user-limit-24hour-remaining", "0"),
        ("x-user-limit-24hour-reset", later.as_str()),
        ("x-app-limit-24hour-remaining", "7"),
        ("x-app-limit-24hour-reset", "99999999999"),
    ];
    assert_eq!(wait(&both), Duration::from_secs(5_000));
    // Calls are left and still none passes: a day's limit that names no end.
    assert_eq!(wait(&[("x-rate-limit-remaining", "3"), ("x-rate-limit-reset", &soon)]), Duration::from_hours(1));
    assert_eq!(wait(&[]), Duration::from_mins(1));
    assert_eq!(wait(&[("x-rate-limit-remaining", "0"), ("x-rate-limit-reset", &at(-60))]), Duration::from_secs(1));
    let far = at(10_000_000);
    assert!(wait(&[("x-rate-limit-remaining", "0"), ("x-rate-limit-reset", &far)]) <= Duration::from_hours(25));
    let mut old = Reply::json(429, r#"{"errors":[{"code":88,"message":"Rate limit exceeded"}]}"#);
    old.headers.push(("x-rate-limit-remaining".to_owned(), "0".to_owned()));
    assert_eq!(send(old).remote_code.as_deref(), Some("88"));
}

#[test]
fn the_words_of_a_refusal_hold_no_token_and_have_an_end() {
    let detail = format!("{TOKEN} {}\n\u{7}", "long ".repeat(500));
    let error = send(problem(400, "x/invalid-request", &[("detail", json!(detail))]));
    assert!(!error.message.contains(TOKEN) && error.message.chars().count() < 500, "{error}");
    assert!(!error.message.chars().any(char::is_control));
}

#[test]
fn nobody_home_is_trouble_that_passes() {
    let error = block_on(super::offline().pull(&grant(), None, Duration::ZERO)).unwrap_err();
    assert_eq!(error.kind, TROUBLE);
}
