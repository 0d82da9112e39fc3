//! Renewing by tokens that count once.

use super::{REFRESH, block_on, fixtures, grant, handle, settings};
use crate::support::stand_in::{Reply, StandIn};
use hub_platform_kit::{ErrorKind, PlatformError, Secret};
use hub_platforms::twitter::Settings;
use secrecy::ExposeSecret;
use serde_json::json;
use std::time::Duration;

fn handed(number: u32) -> Reply {
    let body = json!({ "token_type": "bearer", "expires_in": 7_200, "access_token": format!("access-{number}"),
        "refresh_token": format!("refresh-{number}"), "scope": "dm.read" });
    Reply::json(200, body.to_string())
}

fn lost() -> Reply {
    Reply { status: 200, headers: Vec::new(), body: b"half an ans".to_vec() }
}

fn refused() -> Reply {
    fixtures::named("api_token_refresh_refused").reply()
}

/// Renews once for each, by the same old token; gives the new refresh tokens and how often the platform was asked.
fn renew(times: usize, replies: Vec<Reply>) -> (Vec<Result<String, PlatformError>>, usize) {
    block_on(async {
        let stand_in = StandIn::start(replies).await;
        let platform = handle(settings(&stand_in.base));
        let mut outcomes = Vec::new();
        for _ in 0..times {
            let outcome = platform.refresh(&grant()).await;
            outcomes.push(outcome.map(|tokens| tokens.refresh.unwrap().expose_secret().to_owned()));
        }
        for asked in stand_in.asked() {
            assert_eq!(asked.parameters["grant_type"], "refresh_token");
            assert_eq!(asked.parameters["refresh_token"], REFRESH);
        }
        (outcomes, stand_in.asked().len())
    })
}

#[test]
fn the_new_refresh_token_takes_the_place_of_the_old_one() {
    let (outcomes, asked) = renew(1, vec![handed(1)]);
    assert_eq!((outcomes[0].as_deref().unwrap(), asked), ("refresh-1", 1));
}

/// The database was away: what the platform told once is told again.
#[test]
fn whoever_comes_with_the_same_old_token_gets_the_same_new_ones() {
    let (outcomes, asked) = renew(3, vec![handed(1), refused()]);
    assert!(outcomes.iter().all(|outcome| outcome.as_deref().unwrap() == "refresh-1"), "{outcomes:?}");
    assert_eq!(asked, 1);
}

#[test]
fn a_caller_that_is_cut_off_loses_nothing() {
    block_on(async {
        let stand_in = StandIn::start(vec![handed(1), refused()]).await;
        let platform = handle(settings(&stand_in.base));
        let cut_off = {
            let platform = platform.clone();
            tokio::spawn(async move { platform.refresh(&grant()).await })
        };
        // The caller goes as soon as the question was put.
        while stand_in.asked().is_empty() {
            tokio::task::yield_now().await;
        }
        cut_off.abort();
        let tokens = platform.refresh(&grant()).await.unwrap();
        assert_eq!(tokens.refresh.unwrap().expose_secret(), "refresh-1");
        assert_eq!(stand_in.asked().len(), 1);
    });
}

#[test]
fn a_lost_answer_is_asked_for_once_more() {
    let (outcomes, asked) = renew(1, vec![lost(), handed(1)]);
    assert_eq!((outcomes[0].as_deref().unwrap(), asked), ("refresh-1", 2));
}

/// The refusal of a token that was just offered says nothing new about the account, whose access token still works: nobody is
/// accused before that one has ended.
#[test]
fn a_lost_answer_accuses_nobody_before_its_time() {
    let (trouble, dead) = (ErrorKind::Transient { maybe_applied: false }, ErrorKind::ReauthRequired);
    let gateway = || Reply { status: 502, headers: Vec::new(), body: b"<html>".to_vec() };
    for (replies, asked) in [
        (vec![lost(), refused(), refused()], 2),
        (vec![gateway(), refused(), refused()], 2),
        (vec![lost(), lost(), refused()], 3),
    ] {
        let (outcomes, times) = renew(3, replies);
        let kinds: Vec<ErrorKind> = outcomes.into_iter().map(|outcome| outcome.unwrap_err().kind).collect();
        assert_eq!((kinds, times), (vec![trouble; 3], asked), "and X is not asked in vain");
    }
    // Later than that it is what it is.
    block_on(async {
        let stand_in = StandIn::start(vec![lost(), refused(), refused()]).await;
        let platform = handle(Settings { renewal_grace: Duration::ZERO, ..settings(&stand_in.base) });
        for _ in 0..2 {
            assert_eq!(platform.refresh(&grant()).await.unwrap_err().kind, dead);
        }
    });
    assert_eq!(renew(1, vec![refused()]).0.remove(0).unwrap_err().kind, dead, "without a doubt it is told at once");
}

#[test]
fn only_an_answer_about_the_token_asks_for_a_new_sign_in() {
    let kind = |replies: Vec<Reply>| renew(1, replies).0.remove(0).unwrap_err().kind;
    let told = |status: u16, body: &str| Reply::json(status, body.as_bytes().to_vec());
    assert_eq!(kind(vec![refused()]), ErrorKind::ReauthRequired);
    assert_eq!(kind(vec![told(400, r#"{"error":"invalid_grant"}"#)]), ErrorKind::ReauthRequired);
    for error in ["invalid_client", "unauthorized_client"] {
        assert_eq!(kind(vec![told(401, &json!({ "error": error }).to_string())]), ErrorKind::Misconfigured);
    }
    let trouble = ErrorKind::Transient { maybe_applied: false };
    for status in [400, 401, 403, 404, 500, 503] {
        let html = Reply { status, headers: Vec::new(), body: b"<html>nginx</html>".to_vec() };
        assert_eq!(kind(vec![html.clone(), html]), trouble, "{status}");
    }
    assert_eq!(kind(vec![told(401, r#"{"title":"Unauthorized","status":401}"#)]), trouble);
    assert!(matches!(kind(vec![fixtures::named("api_error_429").reply()]), ErrorKind::RateLimited { .. }));
}

#[test]
fn the_words_of_a_refusal_hold_no_token() {
    let body = json!({ "error": "invalid_request", "error_description": format!("no token {REFRESH}\u{7}") });
    let error = renew(1, vec![Reply::json(400, body.to_string())]).0.remove(0).unwrap_err();
    assert!(!error.to_string().contains(REFRESH) && error.message.contains("no token"), "{error}");
}

#[test]
fn without_a_refresh_token_nothing_is_asked() {
    let mut old = grant();
    old.refresh_token = None;
    old.access_token = Secret::from("x");
    let error = block_on(super::offline().refresh(&old)).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unsupported);
}
