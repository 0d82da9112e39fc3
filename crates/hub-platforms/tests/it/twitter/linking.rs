//! Linking.

use super::{CLIENT_ID, CLIENT_SECRET, ME, TOKEN, block_on, fixtures, grant, handle, offline, settings};
use crate::support::stand_in::{Asked, Reply, StandIn};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use hub_domain::connect::{Answers, LinkedIdentity, Step};
use hub_platform_kit::platform::{ConnectContext, Progress};
use hub_platform_kit::{ErrorKind, PlatformError};
use hub_platforms::twitter::Settings;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use url::Url;

const REDIRECT: &str = "https://hub.example.com/api/oauth/callback/twitter";

pub(crate) fn context() -> ConnectContext {
    ConnectContext {
        method: "sign_in".to_owned(),
        state: "9c1f".repeat(16),
        redirect_uri: Some(REDIRECT.to_owned()),
        frontend_url: None,
        now: "2026-02-11T08:00:00Z".parse().unwrap(),
    }
}

/// Tokens with everything that is asked for.
pub(crate) fn handed() -> Reply {
    with_scopes("dm.read dm.write tweet.read users.read offline.access media.write")
}

fn with_scopes(scopes: &str) -> Reply {
    let body = json!({ "token_type": "bearer", "expires_in": 7_200, "access_token": TOKEN, "scope": scopes,
        "refresh_token": super::REFRESH });
    let mut reply = Reply::json(200, body.to_string());
    reply.headers.push(("date".to_owned(), "Wed, 11 Feb 2026 08:00:10 GMT".to_owned()));
    reply
}

fn me() -> Reply {
    Reply::json(200, json!({ "data": { "id": ME, "name": "Harrison Test", "username": "Harris_0ff" } }).to_string())
}

/// Comes back from the page with a code.
pub(crate) async fn link(replies: Vec<Reply>) -> (Result<LinkedIdentity, PlatformError>, Vec<Asked>) {
    let stand_in = StandIn::start(replies).await;
    let platform = handle(settings(&stand_in.base));
    let answers = Answers::from([("code".to_owned(), "the-code".to_owned())]);
    let outcome = platform.resume(&context(), &json!({ "verifier": "the-verifier" }), &answers).await;
    let identity = outcome.map(|progress| match progress {
        Progress::Linked { identity, tokens, .. } => {
            assert_eq!(tokens.expires_at, Some("2026-02-11T10:00:10Z".parse().unwrap()), "by the platform's clock");
            assert!(tokens.refresh.is_some());
            identity
        }
        Progress::Next { step, .. } => panic!("{step:?}"),
    });
    let asked = stand_in.asked();
    super::spec::check(&asked);
    (identity, asked)
}

#[test]
fn the_page_gets_the_challenge_and_the_hub_keeps_the_verifier() {
    let Progress::Next { step: Step::Redirect { url }, memory } = block_on(offline().begin(&context())).unwrap() else {
        panic!()
    };
    let url = Url::parse(&url).unwrap();
    assert_eq!((url.host_str(), url.path()), (Some("x.example"), "/i/oauth2/authorize"));
    let asked: BTreeMap<String, String> = url.query_pairs().into_owned().collect();
    let verifier = memory["verifier"].as_str().unwrap();
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, verifier.as_bytes());
    let wanted = json!({ "response_type": "code", "client_id": CLIENT_ID, "redirect_uri": REDIRECT,
        "scope": "dm.read dm.write tweet.read users.read offline.access media.write", "state": context().state,
        "code_challenge": URL_SAFE_NO_PAD.encode(digest), "code_challenge_method": "S256" });
    assert_eq!(json!(asked), wanted);
    assert!(!url.as_str().contains(verifier));
}

#[test]
fn a_code_is_traded_by_a_confidential_app() {
    let (identity, asked) = block_on(link(vec![handed(), me()]));
    let identity = identity.unwrap();
    assert_eq!((identity.remote_id.as_str(), identity.username.as_deref()), (ME, Some("Harris_0ff")));
    let [trade, who] = asked.as_slice() else { panic!("{asked:?}") };
    assert_eq!((trade.method.as_str(), trade.path.as_str(), trade.is_form), ("POST", "/2/oauth2/token", true));
    let pair = STANDARD.encode(format!("{CLIENT_ID}:{CLIENT_SECRET}"));
    assert_eq!(trade.token, Some(format!("Basic {pair}")));
    let wanted = json!({ "grant_type": "authorization_code", "code": "the-code", "redirect_uri": REDIRECT,
        "code_verifier": "the-verifier" });
    assert_eq!(Value::Object(trade.parameters.clone()), wanted);
    assert_eq!((who.path.as_str(), who.token.as_deref()), ("/2/users/me", Some(TOKEN)));
}

#[test]
fn a_public_app_names_itself_in_the_body() {
    block_on(async {
        let stand_in = StandIn::start(vec![handed(), me()]).await;
        let public = Settings { client_secret: None, ..settings(&stand_in.base) };
        let answers = Answers::from([("code".to_owned(), "c".to_owned())]);
        handle(public).resume(&context(), &json!({ "verifier": "v" }), &answers).await.unwrap();
        let trade = stand_in.asked().remove(0);
        assert_eq!((trade.token, &trade.parameters["client_id"]), (None, &json!(CLIENT_ID)));
    });
}

#[test]
fn what_was_not_granted_is_named() {
    for missing in ["dm.read", "dm.write", "tweet.read", "users.read", "offline.access"] {
        let all = ["dm.read", "dm.write", "tweet.read", "users.read", "offline.access", "media.write"];
        let granted: Vec<&str> = all.into_iter().filter(|scope| *scope != missing).collect();
        let (outcome, asked) = block_on(link(vec![with_scopes(&granted.join(" ")), me()]));
        let error = outcome.unwrap_err();
        assert!(error.kind == ErrorKind::BadInput && error.message.contains(missing), "{error}");
        assert_eq!(asked.len(), 1);
    }
    // Without files everything else works.
    let (outcome, _) = block_on(link(vec![with_scopes("dm.read dm.write tweet.read users.read offline.access"), me()]));
    assert_eq!(outcome.unwrap().facts["scopes"].as_array().unwrap().len(), 5);
}

#[test]
fn a_spent_code_says_start_again_and_a_wrong_secret_is_the_operators() {
    let refusal = |status: u16, error: &str| {
        let body = json!({ "error": error, "error_description": "Value passed for the token was invalid." });
        block_on(link(vec![Reply::json(status, body.to_string())])).0.unwrap_err()
    };
    for error in ["invalid_request", "invalid_grant"] {
        let spent = refusal(400, error);
        assert!(spent.kind == ErrorKind::BadInput && spent.message.contains("try again"), "{spent}");
    }
    for error in ["invalid_client", "unauthorized_client"] {
        assert_eq!(refusal(401, error).kind, ErrorKind::Misconfigured, "{error}");
    }
    let html = Reply { status: 502, headers: Vec::new(), body: b"<html>".to_vec() };
    let (outcome, asked) = block_on(link(vec![html, handed(), me()]));
    assert!(matches!(outcome.unwrap_err().kind, ErrorKind::Transient { .. }));
    assert_eq!(asked.len(), 1, "a code counts once");
}

#[test]
fn a_person_who_comes_back_without_a_code_is_asked_again() {
    for answers in [Answers::new(), Answers::from([("code".to_owned(), "x".repeat(5_000))])] {
        let error = block_on(offline().resume(&context(), &json!({ "verifier": "v" }), &answers)).unwrap_err();
        assert_eq!(error.kind, ErrorKind::BadInput);
    }
    let other = ConnectContext { method: "widget".to_owned(), ..context() };
    assert_eq!(block_on(offline().begin(&other)).unwrap_err().kind, ErrorKind::Unsupported);
    let nowhere = ConnectContext { redirect_uri: None, ..context() };
    assert_eq!(block_on(offline().begin(&nowhere)).unwrap_err().kind, ErrorKind::Misconfigured);
}

#[test]
fn both_tokens_are_taken_back() {
    block_on(async {
        let gone = fixtures::named("api_token_refresh_refused").reply();
        let done = Reply::json(200, json!({ "revoked": true }).to_string());
        let stand_in = StandIn::start(vec![gone, done]).await;
        handle(settings(&stand_in.base)).revoke(&grant()).await.unwrap();
        let tokens: Vec<Value> = stand_in.asked().iter().map(|one| one.parameters["token"].clone()).collect();
        assert_eq!(tokens, [json!(super::REFRESH), json!(TOKEN)]);
        assert!(stand_in.asked().iter().all(|one| one.path == "/2/oauth2/revoke"));
    });
}
