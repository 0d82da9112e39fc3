//! Two doors: signing in, choosing, renewing, taking back, subscribing.

use super::PLATFORM;
use crate::meta::calls::{context, list, recorded};
use crate::meta::{
    APP_ID, APP_SECRET, IG_ACCOUNT, IG_APP_ID, IG_TOKEN, PAGE, PAGE_TOKEN, VERIFY_TOKEN, account, account_behind_page,
    at, handle, offline, page, settings,
};
use crate::support::block_on;
use crate::support::stand_in::{Asked, Reply, StandIn};
use hub_domain::connect::{Answers, Step};
use hub_platform_kit::platform::Progress;
use hub_platform_kit::webhook::Callback;
use hub_platform_kit::{ErrorKind, PlatformError, PlatformHandle, Secret};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use std::collections::BTreeMap;

const SCOPES: [&str; 4] = ["instagram_basic", "instagram_manage_messages", "pages_manage_metadata", "pages_show_list"];

fn answers(name: &str, value: &str) -> Answers {
    Answers::from([(name.to_owned(), value.to_owned())])
}

/// The address of the dialog and what must be remembered.
fn begin(platform: &PlatformHandle, method: &str) -> (url::Url, Value) {
    match block_on(platform.begin(&context(method))).unwrap() {
        Progress::Next { step: Step::Redirect { url }, memory } => (url::Url::parse(&url).unwrap(), memory),
        other => panic!("{other:?}"),
    }
}

fn query(url: &url::Url) -> BTreeMap<String, String> {
    url.query_pairs().into_owned().collect()
}

#[test]
fn each_door_has_its_own_dialog() {
    let platform = offline(PLATFORM);
    let (url, memory) = begin(&platform, "instagram_login");
    let expected = [
        ("client_id", IG_APP_ID),
        ("redirect_uri", "https://hub.example/api/auth/callback/x"),
        ("response_type", "code"),
        ("scope", "instagram_business_basic,instagram_business_manage_messages"),
        ("state", "state-0001"),
    ];
    assert_eq!(url.path(), "/oauth/authorize");
    assert_eq!(query(&url), expected.map(|(name, value)| (name.to_owned(), value.to_owned())).into());
    assert_eq!(memory, json!({ "door": "instagram" }));
    let (url, memory) = begin(&platform, "facebook_login");
    assert_eq!((url.path(), memory), ("/v25.0/dialog/oauth", json!({ "door": "page" })));
    assert_eq!((query(&url)["client_id"].as_str(), query(&url)["scope"].clone()), (APP_ID, SCOPES.join(",")));
    let error = block_on(platform.begin(&context("bot_token"))).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unsupported);
}

#[test]
fn a_door_without_an_app_leads_through_the_other() {
    let mut only_page = settings("http://127.0.0.1:9");
    only_page.instagram.app.id = Some(String::new());
    let (url, memory) = begin(&handle(PLATFORM, &only_page), "instagram_login");
    assert_eq!((url.path(), memory), ("/v25.0/dialog/oauth", json!({ "door": "page" })));
    let mut only_account = settings("http://127.0.0.1:9");
    only_account.instagram.page_app.secret = None;
    let (url, memory) = begin(&handle(PLATFORM, &only_account), "facebook_login");
    assert_eq!((url.path(), memory), ("/oauth/authorize", json!({ "door": "instagram" })));
    let mut none = only_page.clone();
    none.instagram.page_app.id = None;
    assert!(handle(PLATFORM, &none).not_configured().unwrap().contains("INSTAGRAM_APP_ID"));
}

async fn through_the_first_door(replies: Vec<Reply>) -> (Result<Progress, PlatformError>, Vec<Asked>) {
    let stand_in = StandIn::start(replies).await;
    let platform = at(PLATFORM, &stand_in.base);
    let memory = json!({ "door": "instagram" });
    let outcome = platform.resume(&context("instagram_login"), &memory, &answers("code", "C")).await;
    (outcome, stand_in.asked())
}

#[test]
fn what_is_not_granted_is_said() {
    block_on(async {
        for permissions in [json!("instagram_business_basic"), json!(["instagram_business_basic"]), json!("")] {
            let traded = json!({ "data": [{ "access_token": "IGAA1", "user_id": 1, "permissions": permissions }] });
            let (outcome, asked) = through_the_first_door(vec![Reply::json(200, traded.to_string())]).await;
            let error = outcome.unwrap_err();
            assert_eq!((error.kind, asked.len()), (ErrorKind::BadInput, 1));
            assert!(error.message.contains("was not granted"), "{}", error.message);
        }
        for odd in ["{}", r#"{"data":[]}"#, r#"{"access_token":""}"#] {
            let (outcome, _) = through_the_first_door(vec![Reply::json(200, odd)]).await;
            assert_eq!(outcome.unwrap_err().kind, ErrorKind::UnexpectedReply, "{odd}");
        }
    });
}

/// The number of this app alone would lose every delivery.
#[test]
fn the_id_of_deliveries_is_the_accounts() {
    block_on(async {
        let start =
            || vec![recorded(PLATFORM, "oauth_code_exchange.json"), recorded(PLATFORM, "oauth_long_lived.json")];
        let mut replies = start();
        replies.push(Reply::json(200, r#"{"id":"90010177253934","username":"x"}"#));
        assert_eq!(through_the_first_door(replies).await.0.unwrap_err().kind, ErrorKind::UnexpectedReply);
        let mut replies = start();
        replies.push(Reply::json(200, r#"{"user_id":17841405822304914,"name":"Shop"}"#));
        let Ok(Progress::Linked { identity, .. }) = through_the_first_door(replies).await.0 else { panic!() };
        assert_eq!((identity.remote_id.as_str(), identity.username.as_deref()), (IG_ACCOUNT, Some("Shop")));
        assert_eq!(identity.grantor, None, "nothing can be taken back through this door");
    });
}

fn of_page(id: &str, account: Option<&str>) -> Value {
    let behind = account.map(|account| json!({ "id": account, "username": format!("shop{account}") }));
    json!({ "id": id, "name": format!("Page {id}"), "access_token": format!("EAA{id}"), "tasks": ["MESSAGING"],
        "instagram_business_account": behind })
}

async fn through_the_page(pages: &Value) -> (Result<Progress, PlatformError>, Vec<Asked>) {
    let facts = json!({ "data": { "is_valid": true, "app_id": APP_ID, "user_id": "7", "scopes": SCOPES } });
    let replies = vec![
        recorded("facebook", "oauth_code_exchange.json"),
        recorded("facebook", "oauth_long_lived.json"),
        Reply::json(200, facts.to_string()),
        list(pages),
    ];
    let stand_in = StandIn::start(replies).await;
    let platform = at(PLATFORM, &stand_in.base);
    // The door was chosen at the start; the method may say otherwise.
    let memory = json!({ "door": "page" });
    let outcome = platform.resume(&context("instagram_login"), &memory, &answers("code", "C")).await;
    (outcome, stand_in.asked())
}

#[test]
fn a_page_leads_to_the_account_behind_it() {
    block_on(async {
        let (outcome, asked) = through_the_page(&json!([of_page("1", None), of_page("2", Some("178"))])).await;
        let Ok(Progress::Linked { identity, tokens, .. }) = outcome else { panic!("{outcome:?}") };
        assert_eq!((identity.remote_id.as_str(), identity.username.as_deref()), ("178", Some("shop178")));
        assert_eq!(identity.facts, json!({ "door": "page", "page_id": "2" }));
        assert_eq!(identity.grantor.as_deref(), Some("meta:138483919580948:7"));
        assert_eq!((tokens.access.expose_secret(), tokens.expires_at), ("EAA2", None));
        assert_eq!(tokens.refresh.unwrap().expose_secret(), "EAABwzLixnjYBAFixtureLongUserToken");
        assert!(asked[3].query["fields"].contains("instagram_business_account{id,username"));
        let (outcome, _) = through_the_page(&json!([of_page("1", None)])).await;
        assert_eq!(outcome.unwrap_err().kind, ErrorKind::BadInput);
    });
}

#[test]
fn several_accounts_are_asked_about() {
    block_on(async {
        let pages = json!([of_page("1", Some("171")), of_page("2", None), of_page("3", Some("173"))]);
        let (outcome, _) = through_the_page(&pages).await;
        let Ok(Progress::Next { step: Step::Choose { options, .. }, memory }) = outcome else { panic!("{outcome:?}") };
        let options: Vec<(&str, &str)> = options.iter().map(|one| (one.id.as_str(), one.label.as_str())).collect();
        assert_eq!(options, [("1", "shop171 (Page 1)"), ("3", "shop173 (Page 3)")]);
        let platform = offline(PLATFORM);
        let chosen = platform.resume(&context("facebook_login"), &memory, &answers("choice", "3")).await;
        let Ok(Progress::Linked { identity, tokens, .. }) = chosen else { panic!("{chosen:?}") };
        assert_eq!((identity.remote_id.as_str(), identity.username.as_deref()), ("173", Some("shop173")));
        assert_eq!(tokens.access.expose_secret(), "EAA3");
        let error = platform.resume(&context("facebook_login"), &memory, &answers("choice", "2")).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::BadInput);
    });
}

#[test]
fn only_tokens_of_the_first_door_are_renewed() {
    block_on(async {
        let platform = offline(PLATFORM);
        let error = platform.refresh(&account_behind_page()).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Unsupported);
        // What an original left names no door and no account that deliveries know.
        for error in [platform.refresh(&page()).await.unwrap_err(), platform.revoke(&page()).await.unwrap_err()] {
            assert_eq!(error.kind, ErrorKind::ReauthRequired);
        }
        let expired = recorded(PLATFORM, "error_token.json");
        let stand_in = StandIn::start(vec![Reply { status: 400, ..expired }]).await;
        let error = at(PLATFORM, &stand_in.base).refresh(&account()).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::ReauthRequired, "an ended one cannot be renewed");
        assert!(!error.message.contains(IG_TOKEN));
    });
}

/// An address with the token in it is asked for; the token must not come back in the words of a refusal.
#[test]
fn words_of_a_refused_renewal_hold_no_token() {
    let leak = json!({ "error": { "message": format!("Bad token {IG_TOKEN}"), "code": 190 } }).to_string();
    let error = block_on(async {
        let stand_in = StandIn::start(vec![Reply::json(400, leak)]).await;
        at(PLATFORM, &stand_in.base).refresh(&account()).await.unwrap_err()
    });
    assert_eq!(error.message, "Bad token [secret]");
}

#[test]
fn only_the_pages_permission_can_be_taken_back() {
    block_on(async {
        let stand_in = StandIn::start(vec![Reply::json(200, r#"{"success":true}"#)]).await;
        let platform = at(PLATFORM, &stand_in.base);
        assert_eq!(platform.revoke(&account()).await.unwrap_err().kind, ErrorKind::Unsupported);
        let mut behind = account_behind_page();
        behind.refresh_token = Some(Secret::from("EAAperson"));
        platform.revoke(&behind).await.unwrap();
        let asked = stand_in.only();
        assert_eq!((asked.method.as_str(), asked.path.as_str()), ("DELETE", "/v25.0/me/permissions"));
        assert_eq!(asked.token.as_deref(), Some("EAAperson"));
    });
}

#[test]
fn each_door_subscribes_in_its_own_way() {
    block_on(async {
        let url = "https://hub.example/api/webhooks/instagram".parse().unwrap();
        let callback = Callback {
            url,
            secret: Secret::from(VERIFY_TOKEN),
            previous: None,
            now: hub_domain::Timestamp::UNIX_EPOCH,
        };
        let done = Reply::json(200, r#"{"success":true}"#);
        let stand_in = StandIn::start(vec![done.clone(), done.clone()]).await;
        let platform = at(PLATFORM, &stand_in.base);
        platform.subscribe(&account(), &callback).await.unwrap();
        platform.unsubscribe(&account(), None).await.unwrap();
        let asked = stand_in.asked();
        let of = |at: usize| (asked[at].method.as_str(), asked[at].path.as_str(), asked[at].token.as_deref());
        assert_eq!(of(0), ("POST", "/v25.0/17841405822304914/subscribed_apps", Some(IG_TOKEN)));
        assert_eq!(of(1), ("DELETE", "/v25.0/17841405822304914/subscribed_apps", Some(IG_TOKEN)));
        assert_eq!(asked[0].query["subscribed_fields"], hub_platforms::instagram::DEFAULT_FIELDS);
        assert_eq!(asked.len(), 2);

        let stand_in = StandIn::start(vec![done.clone(), list(&json!([])), done]).await;
        let platform = at(PLATFORM, &stand_in.base);
        platform.subscribe(&account_behind_page(), &callback).await.unwrap();
        platform.unsubscribe(&account_behind_page(), None).await.unwrap();
        let asked = stand_in.asked();
        let of = |at: usize| (asked[at].method.as_str(), asked[at].path.as_str(), asked[at].token.as_deref());
        assert_eq!(of(0), ("POST", "/v25.0/682498302938465/subscribed_apps", Some(PAGE_TOKEN)));
        assert!(asked[0].query["subscribed_fields"].contains("message_echoes"), "what the page itself may need stays");
        let app_token = format!("{APP_ID}|{APP_SECRET}");
        assert_eq!(of(2), ("POST", "/v25.0/138483919580948/subscriptions", Some(app_token.as_str())));
        let fields = hub_platforms::instagram::DEFAULT_FIELDS;
        let expected = json!({ "object": "instagram", "verify_token": VERIFY_TOKEN, "fields": fields,
            "callback_url": "https://hub.example/api/webhooks/instagram" });
        assert_eq!(Value::Object(asked[2].parameters.clone()), expected);
        assert_eq!(asked.len(), 3, "the page's subscription stays");
        assert_eq!(platform.fixed_callback_secret(&account()).unwrap().expose_secret(), VERIFY_TOKEN);
        assert_eq!(platform.subscriber(&account_behind_page()).unwrap().as_str(), IG_ACCOUNT);
        assert_ne!(PAGE, IG_ACCOUNT);
    });
}
