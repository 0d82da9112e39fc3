//! Signing in, choosing a page, trading old tokens, taking back, subscribing.

use super::PLATFORM;
use crate::meta::calls::{context, list, recorded};
use crate::meta::{APP_ID, APP_SECRET, PAGE, PAGE_TOKEN, VERIFY_TOKEN, app, at, handle, offline, page, settings};
use crate::support::block_on;
use crate::support::stand_in::{Asked, Reply, StandIn};
use hub_domain::Timestamp;
use hub_domain::connect::{Answers, Step};
use hub_platform_kit::platform::Progress;
use hub_platform_kit::webhook::Callback;
use hub_platform_kit::{ErrorKind, PlatformError, Secret};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use std::collections::BTreeMap;

fn answers(name: &str, value: &str) -> Answers {
    Answers::from([(name.to_owned(), value.to_owned())])
}

fn of_page(id: &str, tasks: &[&str]) -> Value {
    json!({ "id": id, "name": format!("Page {id}"), "access_token": format!("EAA{id}"), "tasks": tasks })
}

fn debug(change: impl FnOnce(&mut Value)) -> Reply {
    let mut known: Value = serde_json::from_slice(&recorded(PLATFORM, "debug_token.json").body).unwrap();
    known["data"]["granular_scopes"] = json!([]);
    change(&mut known["data"]);
    Reply::json(200, known.to_string())
}

/// A sign-in in which Meta says this of the token and lists these pages.
async fn sign_in(facts: Reply, pages: Vec<Reply>) -> (Result<Progress, PlatformError>, Vec<Asked>) {
    let mut replies =
        vec![recorded(PLATFORM, "oauth_code_exchange.json"), recorded(PLATFORM, "oauth_long_lived.json"), facts];
    replies.extend(pages);
    let stand_in = StandIn::start(replies).await;
    let platform = at(PLATFORM, &stand_in.base);
    let outcome = platform.resume(&context("facebook_login"), &Value::Null, &answers("code", "CODE#_=_")).await;
    (outcome, stand_in.asked())
}

#[test]
fn the_dialog_is_asked_for_everything_that_is_needed() {
    let Ok(Progress::Next { step: Step::Redirect { url }, memory }) =
        block_on(offline(PLATFORM).begin(&context("facebook_login")))
    else {
        panic!()
    };
    let url = url::Url::parse(&url).unwrap();
    assert_eq!(url.path(), "/v25.0/dialog/oauth");
    let query: BTreeMap<String, String> = url.query_pairs().into_owned().collect();
    let expected = [
        ("client_id", APP_ID),
        ("redirect_uri", "https://hub.example/api/auth/callback/x"),
        ("response_type", "code"),
        ("scope", "pages_show_list,pages_messaging,pages_manage_metadata,pages_read_engagement"),
        ("state", "state-0001"),
    ];
    assert_eq!(query, expected.map(|(name, value)| (name.to_owned(), value.to_owned())).into());
    assert_eq!(memory, Value::Null);
    let mut homeless = context("facebook_login");
    homeless.redirect_uri = None;
    let error = block_on(offline(PLATFORM).begin(&homeless)).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Misconfigured);
    let error = block_on(offline(PLATFORM).begin(&context("bot_token"))).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unsupported);
}

#[test]
fn without_an_app_nothing_starts() {
    for (id, secret) in [(None, Some("x")), (Some("x"), None), (Some(" "), Some("x")), (Some("x"), Some(""))] {
        let mut settings = settings("http://127.0.0.1:9");
        settings.facebook.app.id = id.map(str::to_owned);
        settings.facebook.app.secret = secret.map(Secret::from);
        let platform = handle(PLATFORM, &settings);
        assert!(platform.not_configured().unwrap().contains("FACEBOOK_APP_ID"));
        let error = block_on(platform.begin(&context("facebook_login"))).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Misconfigured);
    }
}

#[test]
fn several_pages_are_asked_about() {
    block_on(async {
        let pages =
            json!([of_page("1", &["MESSAGING"]), of_page("2", &["ANALYZE"]), of_page("3", &["MODERATE", "MESSAGING"])]);
        let (outcome, asked) = sign_in(debug(|_| {}), vec![list(&pages)]).await;
        let Ok(Progress::Next { step: Step::Choose { options, .. }, memory }) = outcome else { panic!("{outcome:?}") };
        let options: Vec<(&str, &str)> = options.iter().map(|one| (one.id.as_str(), one.label.as_str())).collect();
        assert_eq!(options, [("1", "Page 1"), ("3", "Page 3")], "only those in whose name the person may answer");
        assert_eq!(asked[0].query["code"], "CODE", "without what browsers hang on");
        // From here on nothing is asked of Meta.
        let platform = offline(PLATFORM);
        for wrong in ["2", "", "7"] {
            let error =
                platform.resume(&context("facebook_login"), &memory, &answers("choice", wrong)).await.unwrap_err();
            assert_eq!(error.kind, ErrorKind::BadInput);
        }
        let chosen = platform.resume(&context("facebook_login"), &memory, &answers("choice", "3")).await;
        let Ok(Progress::Linked { identity, tokens, .. }) = chosen else { panic!("{chosen:?}") };
        assert_eq!((identity.remote_id.as_str(), identity.username.as_deref()), ("3", Some("Page 3")));
        assert_eq!(identity.grantor.as_deref(), Some("meta:138483919580948:1207059"));
        assert_eq!(tokens.access.expose_secret(), "EAA3");
        assert_eq!(tokens.refresh.unwrap().expose_secret(), "EAABwzLixnjYBAFixtureLongUserToken");
        assert_eq!((tokens.expires_at, identity.facts), (None, json!({ "page_id": "3" })));
    });
}

#[test]
fn all_lists_of_pages_are_read() {
    block_on(async {
        let next = json!({ "data": [of_page("1", &["MESSAGING"])], "paging": {
            "cursors": { "after": "mark" }, "next": "http://127.0.0.1:9/elsewhere?access_token=x" } });
        let second = list(&json!([of_page("2", &["MESSAGING"])]));
        let (outcome, asked) = sign_in(debug(|_| {}), vec![Reply::json(200, next.to_string()), second]).await;
        let Ok(Progress::Next { step: Step::Choose { options, .. }, .. }) = outcome else { panic!("{outcome:?}") };
        assert_eq!(options.len(), 2);
        assert_eq!((asked[4].path.as_str(), asked[4].query["after"].as_str()), ("/v25.0/me/accounts", "mark"));
    });
}

/// A list that never ends is left.
#[test]
fn a_list_without_end_is_left() {
    let again = json!({ "data": [], "paging": { "cursors": { "after": "mark" }, "next": "x" } }).to_string();
    let (outcome, asked) = block_on(sign_in(debug(|_| {}), vec![Reply::json(200, again); 30]));
    assert_eq!((outcome.unwrap_err().kind, asked.len()), (ErrorKind::BadInput, 23));
}

#[test]
fn what_is_not_granted_is_said() {
    block_on(async {
        let unticked = debug(|facts| {
            facts["scopes"] = json!(["pages_show_list", "pages_manage_metadata", "pages_read_engagement"]);
        });
        let (outcome, asked) = sign_in(unticked, vec![]).await;
        let error = outcome.unwrap_err();
        assert_eq!((error.kind, asked.len()), (ErrorKind::BadInput, 3));
        assert!(error.message.contains("permission pages_messaging was not granted"), "{}", error.message);
        for strange in [
            debug(|facts| facts["is_valid"] = json!(false)),
            debug(|facts| facts["app_id"] = json!("4711")),
            Reply::json(200, "{}"),
        ] {
            assert_eq!(sign_in(strange, vec![]).await.0.unwrap_err().kind, ErrorKind::BadInput);
        }
        // The permission for messages was given for another page only.
        let elsewhere =
            debug(|facts| facts["granular_scopes"] = json!([{ "scope": "pages_messaging", "target_ids": ["2"] }]));
        let (outcome, _) = sign_in(elsewhere, vec![list(&json!([of_page("1", &["MESSAGING"])]))]).await;
        assert!(outcome.unwrap_err().message.starts_with("There is no page"));
        let (outcome, _) = sign_in(debug(|_| {}), vec![list(&json!([]))]).await;
        assert_eq!(outcome.unwrap_err().kind, ErrorKind::BadInput);
        let (outcome, _) = sign_in(debug(|_| {}), vec![Reply::json(200, "{}")]).await;
        assert_eq!(outcome.unwrap_err().kind, ErrorKind::UnexpectedReply, "no list is not an empty one");
    });
    for odd in [Answers::new(), answers("code", ""), answers("code", "#_=_"), answers("code", &"x".repeat(5000))] {
        let error = block_on(offline(PLATFORM).resume(&context("facebook_login"), &Value::Null, &odd)).unwrap_err();
        assert_eq!(error.kind, ErrorKind::BadInput);
    }
}

/// The originals kept the person's token in the page's place.
#[test]
fn an_old_token_is_traded_for_the_pages() {
    block_on(async {
        let mut old = page();
        old.facts = Value::Null;
        old.access_token = Secret::from("EAAperson");
        old.expires_at = Some(Timestamp::UNIX_EPOCH);
        let accounts = recorded(PLATFORM, "me_accounts.json");
        let stand_in = StandIn::start(vec![accounts, list(&json!([]))]).await;
        let platform = at(PLATFORM, &stand_in.base);
        let renewed = platform.refresh(&old).await.unwrap();
        assert_eq!((renewed.access.expose_secret(), renewed.expires_at), (PAGE_TOKEN, None));
        assert_eq!(renewed.refresh.unwrap().expose_secret(), "EAAperson");
        assert_eq!(stand_in.only().token.as_deref(), Some("EAAperson"));
        assert_eq!(platform.refresh(&old).await.unwrap_err().kind, ErrorKind::ReauthRequired, "the page is gone");
        assert_eq!(platform.refresh(&page()).await.unwrap_err().kind, ErrorKind::Unsupported);
    });
}

#[test]
fn the_persons_token_takes_back() {
    block_on(async {
        let done = Reply::json(200, r#"{"success":true}"#);
        let refused = Reply::json(200, r#"{"success":false}"#);
        let stand_in = StandIn::start(vec![done.clone(), done, refused]).await;
        let platform = at(PLATFORM, &stand_in.base);
        let mut linked = page();
        assert_eq!(platform.revoke(&linked).await.unwrap_err().kind, ErrorKind::Unsupported);
        linked.refresh_token = Some(Secret::from("EAAperson"));
        platform.revoke(&linked).await.unwrap();
        let mut old = page();
        old.access_token = Secret::from("EAAold");
        old.expires_at = Some(Timestamp::UNIX_EPOCH);
        platform.revoke(&old).await.unwrap();
        let asked = stand_in.asked();
        let of = |at: usize| (asked[at].method.as_str(), asked[at].path.as_str(), asked[at].token.as_deref());
        assert_eq!(of(0), ("DELETE", "/v25.0/me/permissions", Some("EAAperson")));
        assert_eq!(of(1), ("DELETE", "/v25.0/me/permissions", Some("EAAold")));
        assert_eq!(platform.revoke(&linked).await.unwrap_err().kind, ErrorKind::UnexpectedReply);
    });
}

fn callback() -> Callback {
    let url = "https://hub.example/api/webhooks/facebook".parse().unwrap();
    Callback { url, secret: Secret::from(VERIFY_TOKEN), previous: None, now: hub_domain::Timestamp::UNIX_EPOCH }
}

#[test]
fn an_app_without_an_address_gets_one() {
    block_on(async {
        let done = Reply::json(200, r#"{"success":"true"}"#);
        let others = list(&json!([{ "object": "instagram", "callback_url": "https://x.example" }]));
        let stand_in = StandIn::start(vec![done.clone(), others, done.clone()]).await;
        at(PLATFORM, &stand_in.base).subscribe(&page(), &callback()).await.unwrap();
        let asked = stand_in.asked();
        let app_token = format!("{APP_ID}|{APP_SECRET}");
        let of = |at: usize| (asked[at].method.as_str(), asked[at].path.as_str(), asked[at].token.as_deref());
        assert_eq!(of(0), ("POST", "/v25.0/682498302938465/subscribed_apps", Some(PAGE_TOKEN)));
        assert_eq!(of(1), ("GET", "/v25.0/138483919580948/subscriptions", Some(app_token.as_str())));
        assert_eq!(of(2), ("POST", "/v25.0/138483919580948/subscriptions", Some(app_token.as_str())));
        let fields = asked[0].query["subscribed_fields"].clone();
        let expected = json!({ "object": "page", "verify_token": VERIFY_TOKEN, "fields": fields,
            "callback_url": "https://hub.example/api/webhooks/facebook" });
        assert_eq!(Value::Object(asked[2].parameters.clone()), expected);
        // The page is subscribed; that the app's address could not be set is the operator's business.
        for failing in [Reply::json(500, "{}"), Reply::json(200, "[]")] {
            let stand_in = StandIn::start(vec![done.clone(), failing]).await;
            at(PLATFORM, &stand_in.base).subscribe(&page(), &callback()).await.unwrap();
        }
        let refused = StandIn::start(vec![Reply::json(200, r#"{"success":false}"#)]).await;
        let error = at(PLATFORM, &refused.base).subscribe(&page(), &callback()).await.unwrap_err();
        assert_eq!((error.kind, refused.asked().len()), (ErrorKind::UnexpectedReply, 1));
    });
}

#[test]
fn the_shared_address_shows_the_operators_token() {
    let platform = offline(PLATFORM);
    assert_eq!(platform.fixed_callback_secret(&page()).unwrap().expose_secret(), VERIFY_TOKEN);
    assert_eq!(platform.subscriber(&page()).unwrap().as_str(), PAGE);
    assert_eq!(platform.accepted(), (200, r#"{"ok":true}"#));
    let mut settings = settings("http://127.0.0.1:9");
    settings.facebook.app = hub_platforms::meta::App { verify_token: None, ..app(APP_ID, "http://127.0.0.1:9") };
    assert!(handle(PLATFORM, &settings).fixed_callback_secret(&page()).is_none());
}

#[test]
fn unlinking_ends_the_subscription() {
    block_on(async {
        let stand_in = StandIn::start(vec![Reply::json(200, r#"{"success":true}"#)]).await;
        at(PLATFORM, &stand_in.base).unsubscribe(&page(), None).await.unwrap();
        let asked = stand_in.only();
        assert_eq!((asked.method.as_str(), asked.path.as_str()), ("DELETE", "/v25.0/682498302938465/subscribed_apps"));
        assert!(asked.query.contains_key("appsecret_proof"));
    });
}
