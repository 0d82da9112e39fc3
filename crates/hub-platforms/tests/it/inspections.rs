//! How a platform is asked whether it calls the hub, and what each of its answers means.

use crate::support::block_on;
use crate::support::stand_in::{Asked, Reply, StandIn};
use crate::{linkedin, meta, teams, twitter, whatsapp};
use hub_domain::Timestamp;
use hub_platform_kit::webhook::{Inquiry, Inspection, Previous, Report};
use hub_platform_kit::{ErrorKind, Grant, PlatformError, PlatformHandle};
use serde_json::{Value, json};

const OURS: &str = "https://hub.example/api/webhooks/x/0123456789abcdef";
/// The same key at the host where this hub was before.
const EARLIER: &str = "https://old.example/api/webhooks/x/0123456789abcdef";
const THEIRS: &str = "https://other.example/hook";
/// The platform's id of the subscription.
const ID: &str = "10493aa0-4d29-4df5-bc0c-ef742cc6cd7f";

fn now() -> Timestamp {
    "2026-08-20T10:00:00Z".parse().unwrap()
}

type Outcome = Result<Inspection, PlatformError>;

/// Asks against these answers; all of them are needed.
fn inspect(at: impl Fn(&str) -> PlatformHandle, grant: &Grant, replies: Vec<Reply>) -> (Outcome, Vec<Asked>) {
    block_on(async {
        let given = replies.len();
        let stand_in = StandIn::start(replies).await;
        let previous = Previous { remote_id: Some(ID.to_owned()), memory: Value::Null };
        let inquiry = Inquiry { url: OURS.parse().unwrap(), confirmed: None, previous: Some(previous), now: now() };
        let outcome = at(&stand_in.base).inspect(grant, &inquiry).await;
        let asked = stand_in.asked();
        assert_eq!(asked.len(), given, "{asked:?}");
        assert!(asked.iter().all(|one| one.method == "GET"), "asking changes nothing: {asked:?}");
        (outcome, asked)
    })
}

fn ok(body: &Value) -> Reply {
    Reply::json(200, body.to_string())
}

fn stands(outcome: &Outcome) -> bool {
    matches!(outcome, Ok(Inspection::Standing(report)) if *report == Report::default())
}

fn is_gone(outcome: &Outcome) -> bool {
    matches!(outcome, Ok(Inspection::Gone { why }) if !why.is_empty())
}

fn is_taken(outcome: &Outcome) -> bool {
    matches!(outcome, Ok(Inspection::TakenOver { by_host }) if by_host == "other.example")
}

#[test]
fn teams_says_whether_it_is_there_how_long_and_where_to() {
    let told = |url: &str, ends: &str| ok(&json!({"id": ID, "notificationUrl": url, "expirationDateTime": ends}));
    let ask = |reply: Reply| inspect(teams::at, &teams::grant(), vec![reply]);
    let (standing, asked) = ask(told(OURS, "2026-08-21T10:00:00.0000000Z"));
    assert!(stands(&standing), "{standing:?}");
    assert_eq!(asked[0].path, format!("/v1.0/subscriptions/{ID}"));
    assert!(stands(&ask(ok(&json!({"id": ID}))).0), "what it does not say is not held against it");
    for gone in [
        told(OURS, "2026-08-20T10:00:00Z"),
        told(EARLIER, "2026-08-21T10:00:00Z"),
        Reply::json(404, json!({"error": {"code": "ResourceNotFound", "message": "gone"}}).to_string()),
    ] {
        let (outcome, _) = ask(gone);
        assert!(is_gone(&outcome), "{outcome:?}");
    }
    let refused = json!({"error": {"code": "InvalidAuthenticationToken", "message": "no"}}).to_string();
    assert_eq!(ask(Reply::json(401, refused)).0.unwrap_err().kind, ErrorKind::ReauthRequired);
    let trouble = ask(Reply::json(503, "{}")).0.unwrap_err();
    assert!(matches!(trouble.kind, ErrorKind::Transient { .. }), "{trouble:?}");
}

fn x(base: &str) -> PlatformHandle {
    twitter::handle(twitter::settings(base))
}

#[test]
fn x_says_where_the_app_is_called_and_whether_the_account_leads_there() {
    let hook = |id: &str, url: &str, valid: bool| json!({"id": id, "url": url, "valid": valid});
    let one = |kind: &str, hook: &str| json!({"subscription_id": kind, "event_type": kind, "filter": {"user_id": twitter::ME}, "webhook_id": hook});
    let list = |data: Vec<Value>| ok(&json!({ "data": data }));
    let both = |hook: &str| list(vec![one("dm.received", hook), one("dm.sent", hook)]);
    let ask = |replies: Vec<Reply>| inspect(x, &twitter::grant(), replies);
    let ours = || hook("1", OURS, true);

    let (standing, asked) = ask(vec![list(vec![ours()]), both("1")]);
    assert!(stands(&standing), "{standing:?}");
    let paths: Vec<_> = asked.iter().map(|one| (one.path.as_str(), one.token.as_deref())).collect();
    assert_eq!(paths, [("/2/webhooks", Some(twitter::BEARER)), ("/2/activity/subscriptions", Some(twitter::BEARER))]);
    // The first list shows whose the one address is; an account may also be led to another of the app's addresses.
    for taken in [
        vec![list(vec![hook("2", THEIRS, true)]), both("2")],
        vec![list(vec![ours(), hook("2", THEIRS, true)]), both("2")],
    ] {
        let (outcome, _) = ask(taken);
        assert!(is_taken(&outcome), "{outcome:?}");
    }
    for gone in [
        vec![list(vec![]), list(vec![])],
        vec![list(vec![hook("1", OURS, false)]), both("1")],
        vec![list(vec![hook("1", EARLIER, true)]), both("1")],
        vec![list(vec![ours()]), both("of nobody")],
    ] {
        let (outcome, _) = ask(gone);
        assert!(is_gone(&outcome), "{outcome:?}");
    }
    // Half of it is not enough, unless the older way tells of the account.
    let half = || vec![list(vec![ours()]), list(vec![one("dm.received", "1")])];
    let subscribed = |subscribed: bool| ok(&json!({"data": {"subscribed": subscribed}}));
    let (standing, asked) = ask([half(), vec![subscribed(true)]].concat());
    assert!(stands(&standing), "{standing:?}");
    assert_eq!(asked[2].path, "/2/account_activity/webhooks/1/subscriptions/all");
    let (gone, _) = ask([half(), vec![subscribed(false)]].concat());
    assert!(is_gone(&gone), "{gone:?}");
}

/// What Meta says of a token of this app.
fn token(app: &str, valid: bool, scopes: &[&str]) -> Reply {
    ok(&json!({"data": {"app_id": app, "type": "PAGE", "is_valid": valid, "scopes": scopes, "expires_at": 0}}))
}

const PAGE_SCOPES: [&str; 4] = ["pages_show_list", "pages_messaging", "pages_manage_metadata", "pages_read_engagement"];

/// Who hears of an account, and of what.
fn apps(apps: &[(&str, &[&str])]) -> Reply {
    let listed = apps.iter().map(|(id, fields)| json!({"id": id, "name": "An app", "subscribed_fields": fields}));
    ok(&json!({"data": listed.collect::<Vec<_>>()}))
}

#[test]
fn facebook_says_what_the_sign_in_may_and_what_the_app_hears() {
    let ask = |replies: Vec<Reply>| inspect(|base| meta::at("facebook", base), &meta::page(), replies);
    let good = || token(meta::APP_ID, true, &PAGE_SCOPES);
    let (standing, asked) = ask(vec![good(), apps(&[("1", &[]), (meta::APP_ID, &["messages", "message_echoes"])])]);
    assert!(stands(&standing), "{standing:?}");
    assert_eq!(asked[0].path, "/v25.0/debug_token");
    assert_eq!(asked[1].path, format!("/v25.0/{}/subscribed_apps", meta::PAGE));
    for others in [apps(&[]), apps(&[("1", &["messages"])]), apps(&[(meta::APP_ID, &["messaging_postbacks"])])] {
        let (outcome, _) = ask(vec![good(), others]);
        assert!(is_gone(&outcome), "{outcome:?}");
    }
    let (lacking, _) = ask(vec![token(meta::APP_ID, true, &PAGE_SCOPES[2..])]);
    let permissions = PAGE_SCOPES[..2].iter().map(ToString::to_string).collect();
    assert_eq!(lacking.unwrap(), Inspection::Lacks { permissions });
    // A permission may be left for other pages only.
    for (page, is_missing) in [(meta::PAGE, false), ("1", true)] {
        let given = json!([{"scope": "pages_messaging", "target_ids": [page]}]);
        let told = json!({"app_id": meta::APP_ID, "is_valid": true, "scopes": PAGE_SCOPES, "granular_scopes": given});
        let mut replies = vec![ok(&json!({ "data": told }))];
        replies.extend((!is_missing).then(|| apps(&[(meta::APP_ID, &["messages"])])));
        let (outcome, _) = ask(replies);
        let lacks = Inspection::Lacks { permissions: vec!["pages_messaging".to_owned()] };
        assert_eq!(outcome.as_ref().ok() == Some(&lacks), is_missing, "{outcome:?}");
    }
    let (dead, _) = ask(vec![token(meta::APP_ID, false, &[])]);
    assert_eq!(dead.unwrap_err().kind, ErrorKind::ReauthRequired);
    // Of another app's token, and without a list, nothing is known against it.
    for silent in [token("1", true, &[]), token(meta::APP_ID, true, &[])] {
        let (outcome, _) = ask(vec![silent, apps(&[(meta::APP_ID, &["messages"])])]);
        assert!(stands(&outcome), "{outcome:?}");
    }
}

#[test]
fn instagram_says_what_the_app_hears_through_either_door() {
    let at = |base: &str| meta::at("instagram", base);
    let scopes = ["instagram_basic", "instagram_manage_messages", "pages_manage_metadata", "pages_show_list"];
    // Only behind a page can it be asked what the sign-in allows.
    let allowed = vec![token(meta::APP_ID, true, &scopes)];
    for (grant, before, app, owner) in [
        (meta::account(), vec![], meta::IG_APP_ID, meta::IG_ACCOUNT),
        (meta::account_behind_page(), allowed, meta::APP_ID, meta::PAGE),
    ] {
        let ask = |hear: Reply| inspect(at, &grant, [before.clone(), vec![hear]].concat());
        let (standing, asked) = ask(apps(&[(app, &["messages"])]));
        assert!(stands(&standing), "{standing:?}");
        let last = asked.last().expect("it was asked");
        assert!(last.path.ends_with(&format!("/{owner}/subscribed_apps")), "{asked:?}");
        for others in [apps(&[]), apps(&[("1", &["messages"])]), apps(&[(app, &["comments"])])] {
            let (outcome, _) = ask(others);
            assert!(is_gone(&outcome), "{outcome:?}");
        }
    }
    let (lacking, _) = inspect(at, &meta::account_behind_page(), vec![token(meta::APP_ID, true, &scopes[2..])]);
    let permissions = scopes[..2].iter().map(ToString::to_string).collect();
    assert_eq!(lacking.unwrap(), Inspection::Lacks { permissions });
}

#[test]
fn whatsapp_says_what_the_sign_in_may_and_whom_the_business_account_calls() {
    let at = |base: &str| whatsapp::handle(whatsapp::settings(base));
    let scopes = ["whatsapp_business_messaging", "whatsapp_business_management"];
    let good = || token(whatsapp::APP_ID, true, &scopes);
    let told = |id: &str, address: Option<&str>| {
        let mut app =
            json!({"whatsapp_business_api_data": {"id": id, "name": "An app", "link": "https://app.example"}});
        if let Some(address) = address {
            app["override_callback_uri"] = address.into();
        }
        ok(&json!({ "data": [app] }))
    };
    let ask = |replies: Vec<Reply>| inspect(at, &whatsapp::grant(), replies);
    let (standing, asked) = ask(vec![good(), told(whatsapp::APP_ID, None)]);
    assert!(stands(&standing), "{standing:?}");
    assert!(asked[1].path.ends_with(&format!("/{}/subscribed_apps", whatsapp::WABA)), "{asked:?}");
    assert!(stands(&ask(vec![good(), told(whatsapp::APP_ID, Some(OURS))]).0));
    assert!(is_taken(&ask(vec![good(), told(whatsapp::APP_ID, Some(THEIRS))]).0));
    assert!(is_gone(&ask(vec![good(), told(whatsapp::APP_ID, Some(EARLIER))]).0));
    assert!(is_gone(&ask(vec![good(), told("1", None)]).0));
    let (lacking, _) = ask(vec![token(whatsapp::APP_ID, true, &scopes[..1])]);
    assert_eq!(lacking.unwrap(), Inspection::Lacks { permissions: vec![scopes[1].to_owned()] });
}

#[test]
fn linkedin_says_where_a_page_leads_and_nothing_of_a_member() {
    let at = |base: &str| linkedin::handle(linkedin::settings(base));
    let ask = |reply: Reply| inspect(at, &linkedin::page(), vec![reply]).0;
    let told = |url: &str| ok(&json!({"webhook": url, "expiresAt": 1_797_000_000_000_i64}));
    assert!(stands(&ask(told(OURS))));
    assert!(is_taken(&ask(told(THEIRS))));
    assert!(is_gone(&ask(told(EARLIER))));
    assert!(is_gone(&ask(linkedin::refused(404, "Not found"))));
    assert_eq!(inspect(at, &linkedin::member(), Vec::new()).0.unwrap(), Inspection::Unknown);
}
