//! Signing in with Microsoft.
#![allow(clippy::needless_pass_by_value, reason = "payloads are written where they are used")]

use super::{ACCOUNT, CLIENT_ID, CLIENT_SECRET, OTHER, TENANT, at, grant, handle, ok, settings};
use crate::support::block_on;
use crate::support::stand_in::{Asked, Reply, StandIn};
use aws_lc_rs::digest;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hub_domain::Timestamp;
use hub_domain::connect::{Answers, LinkedIdentity, Step};
use hub_platform_kit::platform::{ConnectContext, Progress};
use hub_platform_kit::{ErrorKind, Grant, PlatformError};
use hub_platforms::teams::Settings;
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use std::collections::BTreeMap;

const REDIRECT: &str = "https://hub.example/api/oauth/callback/teams";
const SCOPES: &str = "offline_access User.Read Chat.Read Chat.ReadWrite ChatMessage.Send";
const GRANTED: &str = "User.Read Chat.Read https://graph.microsoft.com/Chat.ReadWrite ChatMessage.Send profile openid";

fn context() -> ConnectContext {
    ConnectContext {
        method: "microsoft_login".to_owned(),
        state: "a-state".to_owned(),
        redirect_uri: Some(REDIRECT.to_owned()),
        frontend_url: None,
        now: Timestamp::UNIX_EPOCH,
    }
}

/// Tokens that may do everything.
pub(crate) fn tokens() -> Reply {
    tokens_with(json!({}))
}

fn tokens_with(change: Value) -> Reply {
    let mut body = json!({ "token_type": "Bearer", "scope": GRANTED, "expires_in": 4217, "ext_expires_in": 4217,
        "access_token": "an access token", "refresh_token": "a refresh token" });
    body.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
    ok(&body)
}

fn me() -> Reply {
    ok(&json!({ "id": ACCOUNT, "displayName": "Harper Lane", "userPrincipalName": "harper@example.onmicrosoft.com" }))
}

/// Comes back with these answers.
pub(crate) async fn resume(
    given: &[(&str, &str)],
    replies: Vec<Reply>,
) -> (Result<Progress, PlatformError>, Vec<Asked>) {
    let stand_in = StandIn::start(replies).await;
    let given: Answers = given.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let outcome = at(&stand_in.base).resume(&context(), &json!({ "verifier": "a-verifier" }), &given).await;
    let asked = stand_in.asked();
    super::spec::check(&asked);
    (outcome, asked)
}

/// Who is linked against these answers.
pub(crate) async fn link(replies: Vec<Reply>) -> Result<LinkedIdentity, PlatformError> {
    match resume(&[("code", "a-code")], replies).await.0? {
        Progress::Linked { identity, proof: None, .. } => Ok(identity),
        other => panic!("{other:?}"),
    }
}

fn page(settings: Settings) -> (BTreeMap<String, String>, url::Url, Value) {
    match block_on(handle(settings).begin(&context())).unwrap() {
        Progress::Next { step: Step::Redirect { url }, memory } => {
            let url = url::Url::parse(&url).unwrap();
            (url.query_pairs().into_owned().collect(), url, memory)
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_page_asks_for_what_the_contract_says_and_keeps_a_verifier() {
    let (query, url, memory) = page(settings("https://login.example/"));
    assert_eq!((url.host_str(), url.path()), (Some("login.example"), "/organizations/oauth2/v2.0/authorize"));
    let verifier = memory["verifier"].as_str().unwrap();
    assert!((43..=128).contains(&verifier.len()));
    let challenge = URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, verifier.as_bytes()));
    for (name, value) in [
        ("client_id", CLIENT_ID),
        ("response_type", "code"),
        ("response_mode", "query"),
        ("redirect_uri", REDIRECT),
        ("scope", SCOPES),
        ("state", "a-state"),
        ("code_challenge", &challenge),
        ("code_challenge_method", "S256"),
    ] {
        assert_eq!(query.get(name).map(String::as_str), Some(value), "{name}");
    }
    assert!(!url.as_str().contains(CLIENT_SECRET) && !url.as_str().contains(verifier));
    let (_, _, other) = page(settings("https://login.example"));
    assert_ne!(memory, other, "a fresh one each time");
    let tenant = |tenant: Option<&str>| {
        let tenant = tenant.map(str::to_owned);
        page(Settings { tenant, ..settings("https://login.example") }).1.path().to_owned()
    };
    assert_eq!(tenant(Some(TENANT)), format!("/{TENANT}/oauth2/v2.0/authorize"));
    for unset in [None, Some(""), Some(" ")] {
        assert_eq!(tenant(unset), "/consumers/oauth2/v2.0/authorize", "the contract's default");
    }
    let odd = Settings { tenant: Some("../evil".to_owned()), ..settings("https://login.example") };
    assert_eq!(block_on(handle(odd).begin(&context())).unwrap_err().kind, ErrorKind::Misconfigured);
}

#[test]
fn a_code_is_exchanged_once_with_its_verifier() {
    let chats = ok(&json!({ "value": [
        { "id": "1" },
        { "id": "2", "members": [{ "userId": OTHER, "tenantId": "theirs" }, { "userId": ACCOUNT, "tenantId": TENANT }] },
    ] }));
    let (outcome, asked) = block_on(resume(&[("code", "a-code")], vec![tokens(), me(), chats]));
    let Progress::Linked { identity, tokens, proof: None } = outcome.unwrap() else { panic!() };
    assert_eq!(identity.remote_id.as_str(), ACCOUNT);
    assert_eq!(identity.username.as_deref(), Some("Harper Lane"));
    assert_eq!(identity.facts["tenant_id"], TENANT);
    assert_eq!(tokens.access.expose_secret(), "an access token");
    assert_eq!(tokens.refresh.unwrap().expose_secret(), "a refresh token");
    assert_eq!(tokens.expires_at.unwrap().timestamp(), 4217);
    let exchange = &asked[0];
    assert_eq!((exchange.method.as_str(), exchange.path.as_str()), ("POST", "/organizations/oauth2/v2.0/token"));
    assert!(exchange.is_form && exchange.query.is_empty() && exchange.token.is_none());
    let form = json!({ "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "scope": SCOPES,
        "grant_type": "authorization_code", "code": "a-code", "redirect_uri": REDIRECT, "code_verifier": "a-verifier" });
    assert_eq!(Value::Object(exchange.parameters.clone()), form);
    assert_eq!(asked[1].path, "/v1.0/me");
    assert_eq!(asked[1].token.as_deref(), Some("an access token"));
}

#[test]
fn names_fall_back() {
    let named = |me: Value| block_on(link(vec![tokens(), ok(&me), Reply::json(500, "")])).unwrap().username.unwrap();
    assert_eq!(
        named(json!({ "id": ACCOUNT, "displayName": null, "userPrincipalName": "h@example.com" })),
        "h@example.com"
    );
    assert_eq!(named(json!({ "id": ACCOUNT })), "Teams User");
    let nobody = block_on(link(vec![tokens(), ok(&json!({}))])).unwrap_err();
    assert_eq!(nobody.kind, ErrorKind::UnexpectedReply);
}

#[test]
fn what_was_not_granted_is_said() {
    for (change, word) in [
        (json!({ "scope": "User.Read Chat.Read" }), "Chat.ReadWrite"),
        (json!({ "refresh_token": null }), "stay signed in"),
        (json!({ "refresh_token": "" }), "stay signed in"),
    ] {
        let error = block_on(link(vec![tokens_with(change), me()])).unwrap_err();
        assert_eq!(error.kind, ErrorKind::BadInput);
        assert!(error.message.contains(word), "{error}");
    }
    // An answer that does not say what was granted is believed; the first call will tell.
    block_on(link(vec![tokens_with(json!({ "scope": null })), me(), me()])).unwrap();
}

#[test]
fn a_used_code_means_starting_again_and_a_wrong_secret_the_operator() {
    let refused = |error: &str| {
        Reply::json(400, json!({ "error": error, "error_description": "AADSTS54005: no.\r\nTrace ID: x" }).to_string())
    };
    for (answer, kind) in [
        (refused("invalid_grant"), ErrorKind::BadInput),
        (refused("consent_required"), ErrorKind::BadInput),
        (refused("invalid_client"), ErrorKind::Misconfigured),
        (refused("unauthorized_client"), ErrorKind::Misconfigured),
        (refused("temporarily_unavailable"), ErrorKind::Transient { maybe_applied: false }),
        (Reply::json(502, "<html>"), ErrorKind::Transient { maybe_applied: false }),
        (Reply::json(200, "<html>"), ErrorKind::UnexpectedReply),
        (ok(&json!({ "token_type": "Bearer" })), ErrorKind::UnexpectedReply),
    ] {
        let error = block_on(link(vec![answer])).unwrap_err();
        assert_eq!(error.kind, kind, "{error}");
        assert!(!error.to_string().contains("Trace ID"), "{error}");
    }
    for given in [&[][..], &[("code", "")], &[("code", " ")]] {
        let (outcome, asked) = block_on(resume(given, Vec::new()));
        assert_eq!((outcome.unwrap_err().kind, asked.len()), (ErrorKind::BadInput, 0));
    }
    let forgotten =
        block_on(at("http://127.0.0.1:9").resume(&context(), &Value::Null, &[("code".into(), "c".into())].into()));
    assert_eq!(forgotten.unwrap_err().kind, ErrorKind::BadInput);
}

#[test]
fn tokens_are_renewed_and_a_missing_one_changes_nothing() {
    let renew = |reply: Reply, grant: &Grant| {
        block_on(async {
            let stand_in = StandIn::start(vec![reply]).await;
            (at(&stand_in.base).refresh(grant).await, stand_in.asked())
        })
    };
    let (fresh, asked) = renew(tokens(), &grant());
    assert_eq!(fresh.unwrap().refresh.unwrap().expose_secret(), "a refresh token");
    assert_eq!(asked[0].parameters["grant_type"], "refresh_token");
    assert_eq!(asked[0].parameters["refresh_token"], "the refresh token");
    let (kept, _) = renew(tokens_with(json!({ "refresh_token": null })), &grant());
    assert_eq!(kept.unwrap().refresh.unwrap().expose_secret(), "the refresh token");
    let (none, asked) = renew(tokens(), &Grant { refresh_token: None, ..grant() });
    assert_eq!((none.unwrap_err().kind, asked.len()), (ErrorKind::Unsupported, 0));
    let (revoked, _) = renew(Reply::json(400, r#"{"error":"invalid_grant","suberror":"basic_action"}"#), &grant());
    let revoked = revoked.unwrap_err();
    assert_eq!(
        (revoked.kind, revoked.remote_code.as_deref()),
        (ErrorKind::ReauthRequired, Some("invalid_grant/basic_action"))
    );
    let mut busy = Reply::json(429, "{}");
    busy.headers.push(("retry-after".into(), "7".into()));
    let wait = std::time::Duration::from_secs(7);
    assert_eq!(renew(busy, &grant()).0.unwrap_err().kind, ErrorKind::RateLimited { retry_after: Some(wait) });
    assert_eq!(block_on(at("http://127.0.0.1:9").revoke(&grant())).unwrap_err().kind, ErrorKind::Unsupported);
}

#[test]
fn without_an_app_nothing_is_possible() {
    for (id, secret) in [(None, Some("s")), (Some("i"), None), (Some(" "), Some("s")), (Some("i"), Some(""))] {
        let settings = Settings {
            client_id: id.map(str::to_owned),
            client_secret: secret.map(|secret| secret.to_owned().into()),
            ..settings("http://127.0.0.1:9")
        };
        let platform = handle(settings);
        assert!(platform.not_configured().unwrap().contains("MICROSOFT_CLIENT_ID"));
        assert_eq!(block_on(platform.begin(&context())).unwrap_err().kind, ErrorKind::Misconfigured);
    }
    assert!(at("http://127.0.0.1:9").not_configured().is_none());
}
