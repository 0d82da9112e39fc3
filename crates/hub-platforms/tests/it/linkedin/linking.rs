//! Linking a page, or a member's own messages.

use super::{ADMIN, CLIENT_ID, CLIENT_SECRET, fixtures, handle, offline, ok, page, settings};
use crate::support::block_on;
use crate::support::stand_in::{Asked, Reply, StandIn};
use hub_domain::Timestamp;
use hub_domain::connect::{Answers, Step};
use hub_platform_kit::card::Feature;
use hub_platform_kit::platform::{ConnectContext, Progress};
use hub_platform_kit::{ErrorKind, PlatformError};
use hub_platforms::linkedin::Settings;
use serde_json::{Value, json};
use std::collections::BTreeMap;

const REDIRECT: &str = "https://hub.example/api/oauth/callback/linkedin";
const PORTABILITY: &str = "openid profile r_dma_portability_3rd_party";

pub(crate) fn context(method: &str) -> ConnectContext {
    ConnectContext {
        method: method.to_owned(),
        state: "a-state".to_owned(),
        redirect_uri: Some(REDIRECT.to_owned()),
        frontend_url: None,
        now: Timestamp::UNIX_EPOCH,
    }
}

pub(crate) fn answers(given: &[(&str, &str)]) -> Answers {
    given.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// Resumes a linking without memory against these answers.
pub(crate) fn resume(
    method: &str,
    given: &[(&str, &str)],
    replies: Vec<Reply>,
    change: impl FnOnce(&mut Settings),
) -> (Result<Progress, PlatformError>, Vec<Asked>) {
    block_on(async {
        let stand_in = StandIn::start(replies).await;
        let mut settings = settings(&stand_in.base);
        change(&mut settings);
        let outcome = handle(settings).resume(&context(method), &Value::Null, &answers(given)).await;
        (outcome, stand_in.asked())
    })
}

fn asked_in(url: &str) -> BTreeMap<String, String> {
    url::Url::parse(url).unwrap().query_pairs().into_owned().collect()
}

#[test]
fn the_dialog_asks_for_the_scopes_of_the_settings() {
    let url = |scopes: Option<&str>| {
        let mut settings = settings("https://www.linkedin.com");
        if let Some(scopes) = scopes {
            scopes.clone_into(&mut settings.scopes);
        }
        match block_on(handle(settings).begin(&context("page"))).unwrap() {
            Progress::Next { step: Step::Redirect { url }, memory: Value::Null } => url,
            other => panic!("{other:?}"),
        }
    };
    let plain = url(None);
    assert!(plain.starts_with("https://www.linkedin.com/oauth/v2/authorization?"), "{plain}");
    let asked = asked_in(&plain);
    assert_eq!((asked["client_id"].as_str(), asked["redirect_uri"].as_str()), (CLIENT_ID, REDIRECT));
    assert_eq!((asked["state"].as_str(), asked["response_type"].as_str()), ("a-state", "code"));
    assert_eq!(asked["scope"], "openid profile r_organization_social rw_organization_admin w_organization_social");
    assert!(!plain.contains(CLIENT_SECRET) && !asked.contains_key("code_challenge"), "there is no PKCE here");
    assert_eq!(asked_in(&url(Some("openid,r_organization_social_feed")))["scope"], "openid r_organization_social_feed");
}

#[test]
fn a_refusal_says_what_happened() {
    for (error, kind, words) in [
        ("user_cancelled_login", ErrorKind::BadInput, "did not allow"),
        ("user_cancelled_authorize", ErrorKind::BadInput, "did not allow"),
        ("unauthorized_scope_error", ErrorKind::Misconfigured, "LINKEDIN_SCOPES"),
        ("server_error", ErrorKind::BadInput, "try again"),
    ] {
        let (outcome, asked) = resume("page", &[("error", error), ("code", "CODE")], Vec::new(), |_| {});
        let refused = outcome.unwrap_err();
        assert_eq!((refused.kind, asked.len()), (kind, 0), "{error}");
        assert!(refused.message.contains(words), "{refused}");
    }
    let (outcome, _) = resume("page", &[], Vec::new(), |_| {});
    assert_eq!(outcome.unwrap_err().kind, ErrorKind::BadInput);
}

/// While linking there is no account yet that could need a new sign-in, and no answer shows a secret.
#[test]
fn a_code_that_is_refused_is_the_persons_or_the_operators_business() {
    for (status, error, kind) in [
        (400, "invalid_request", ErrorKind::BadInput),
        (400, "invalid_grant", ErrorKind::BadInput),
        (401, "invalid_client", ErrorKind::Misconfigured),
        (400, "unauthorized_client", ErrorKind::Misconfigured),
        (400, "something_new", ErrorKind::BadInput),
        (503, "", ErrorKind::Transient { maybe_applied: false }),
    ] {
        let body = json!({ "error": error, "error_description": format!("code CODE-1 and {CLIENT_SECRET} differ") });
        let (outcome, _) = resume("page", &[("code", "CODE-1")], vec![Reply::json(status, body.to_string())], |_| {});
        let refused = outcome.unwrap_err();
        assert_eq!(refused.kind, kind, "{error}: {refused}");
        assert!(!refused.message.contains(CLIENT_SECRET) && !refused.message.contains("CODE-1"), "{refused}");
    }
    let token = Reply::json(200, fixtures::payload("api_token_success_no_refresh.json"));
    let dead = Reply::json(401, fixtures::payload("api_error_401_revoked.json"));
    let (outcome, _) = resume("page", &[("code", "CODE")], vec![token, dead], |_| {});
    assert_eq!(outcome.unwrap_err().kind, ErrorKind::BadInput);
}

#[test]
fn a_permission_that_is_missing_links_nothing() {
    let token =
        json!({ "access_token": "t", "expires_in": 5_184_000, "scope": "openid,profile,r_organization_social" });
    let (outcome, asked) = resume("page", &[("code", "CODE")], vec![ok(&token)], |_| {});
    let refused = outcome.unwrap_err();
    assert_eq!((refused.kind, asked.len()), (ErrorKind::BadInput, 1), "nothing more is asked");
    assert!(refused.message.contains("rw_organization_admin"), "{refused}");
}

/// Whoever administers no page is told why there is nothing to link, and nothing is pretended.
#[test]
fn without_a_page_there_is_nothing_to_link() {
    let token = Reply::json(200, fixtures::payload("api_token_success_no_refresh.json"));
    let none = ok(&json!({ "elements": [], "paging": { "links": [] } }));
    let (outcome, _) = resume("page", &[("code", "CODE")], vec![token, ok(&json!({ "sub": "a" })), none], |_| {});
    let refused = outcome.unwrap_err();
    assert_eq!(refused.kind, ErrorKind::BadInput);
    assert!(refused.message.contains("approved partners"), "{refused}");
}

/// A way of linking that leads nowhere is not offered.
#[test]
fn members_are_offered_only_what_the_app_may() {
    let methods = |change: fn(&mut Settings)| {
        let mut settings = settings("http://127.0.0.1:9");
        change(&mut settings);
        let methods = handle(settings).card().connect;
        methods.iter().map(|one| (one.id, one.lacks)).collect::<Vec<_>>()
    };
    let page = ("page", [].as_slice());
    assert_eq!(methods(|_| {}), [page]);
    assert_eq!(
        methods(|settings| settings.member_scopes = PORTABILITY.to_owned()),
        [page, ("member", [Feature::Send, Feature::Replies].as_slice())]
    );
    assert_eq!(
        methods(|settings| {
            settings.member_scopes = "openid profile w_messages".to_owned();
            settings.messages_approved = true;
        }),
        [page, ("member", [Feature::Replies].as_slice())]
    );
    let error = block_on(offline().begin(&context("member"))).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unsupported);
}

#[test]
fn a_members_messages_are_linked_for_reading() {
    let token =
        json!({ "access_token": "t", "expires_in": 5_184_000, "scope": "openid,profile,r_dma_portability_3rd_party" });
    let me = json!({ "sub": "TstAdm1n0A", "name": "Dana Doe", "locale": { "country": "NO", "language": "no" } });
    let (outcome, asked) = resume("member", &[("code", "CODE")], vec![ok(&token), ok(&me)], |settings| {
        settings.member_scopes = PORTABILITY.to_owned();
    });
    let Progress::Linked { identity, tokens, .. } = outcome.unwrap() else { panic!() };
    assert_eq!((identity.remote_id.as_str(), identity.username.as_deref()), (ADMIN, Some("Dana Doe")));
    assert_eq!(identity.facts, json!({ "person": ADMIN, "person_name": "Dana Doe", "reads_messages": true }));
    assert_eq!(tokens.expires_at.unwrap().timestamp(), 5_184_000);
    assert_eq!(asked.len(), 2, "pages are nobody's business here");
}

/// An ordinary app gets no refresh token, and LinkedIn has no call that takes a permission back.
#[test]
fn what_linkedin_does_not_offer_is_not_asked_for() {
    block_on(async {
        let platform = offline();
        assert_eq!(platform.refresh(&page()).await.unwrap_err().kind, ErrorKind::Unsupported);
        assert_eq!(platform.revoke(&page()).await.unwrap_err().kind, ErrorKind::Unsupported);
    });
    let mut without = settings("http://127.0.0.1:9");
    without.client_id = Some(" ".to_owned());
    assert!(handle(without).not_configured().unwrap().contains("LINKEDIN_CLIENT_ID"));
}
