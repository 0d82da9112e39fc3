//! Linking a number.
#![allow(clippy::needless_pass_by_value, reason = "payloads are written where they are used")]

use super::{
    APP_ID, APP_SECRET, NUMBER, TOKEN, WABA, check_head, fixtures, grant, handle, proof, settings, token_facts,
};
use crate::support::block_on;
use crate::support::stand_in::{Asked, Reply, StandIn};
use hub_domain::Timestamp;
use hub_domain::connect::{Answers, LinkedIdentity, Step};
use hub_platform_kit::platform::{ConnectContext, Progress};
use hub_platform_kit::webhook::Callback;
use hub_platform_kit::{ErrorKind, PlatformError, Secret};
use hub_platforms::whatsapp::Settings;
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use std::collections::BTreeMap;

const REDIRECT: &str = "https://hub.example/api/auth/callback/whatsapp";

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

fn ok(body: Value) -> Reply {
    Reply::json(200, body.to_string())
}

fn number(id: &str, name: &str) -> Value {
    json!({ "id": id, "display_phone_number": format!("+1 555 {id}"), "verified_name": name })
}

/// Resumes a linking without memory against these answers.
fn resume(
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

fn linked(progress: Progress) -> (LinkedIdentity, String, Option<Timestamp>) {
    match progress {
        Progress::Linked { identity, tokens, proof: None } => {
            (identity, tokens.access.expose_secret().to_owned(), tokens.expires_at)
        }
        other => panic!("{other:?}"),
    }
}

fn query(url: &str) -> BTreeMap<String, String> {
    url::Url::parse(url).unwrap().query_pairs().into_owned().collect()
}

#[test]
fn the_dialog_asks_for_permissions_or_for_a_configuration() {
    let url = |config: Option<&str>| {
        let mut settings = settings("http://127.0.0.1:9");
        settings.config_id = config.map(str::to_owned);
        match block_on(handle(settings).begin(&context("facebook_login"))).unwrap() {
            Progress::Next { step: Step::Redirect { url }, memory: Value::Null } => url,
            other => panic!("{other:?}"),
        }
    };
    let plain = url(None);
    assert!(plain.starts_with("https://www.facebook.com/v25.0/dialog/oauth?"), "{plain}");
    let asked = query(&plain);
    assert_eq!(asked["client_id"], APP_ID);
    assert_eq!(asked["redirect_uri"], REDIRECT);
    assert_eq!((asked["state"].as_str(), asked["response_type"].as_str()), ("a-state", "code"));
    assert_eq!(asked["scope"], "whatsapp_business_messaging,whatsapp_business_management");
    assert!(!plain.contains(APP_SECRET));
    let configured = query(&url(Some("123")));
    assert_eq!((configured.get("config_id").map(String::as_str), configured.get("scope")), (Some("123"), None));
    assert!(query(&url(Some(" "))).contains_key("scope"), "an empty setting is no setting");
}

#[test]
fn one_number_is_linked_at_once() {
    let replies = vec![
        Reply::json(200, fixtures::payload("embedded_signup_token.json")),
        ok(token_facts(&[WABA])),
        Reply::json(200, fixtures::payload("phone_numbers.json")),
    ];
    let (outcome, asked) = resume("facebook_login", &[("code", "CODE#_=_")], replies, |_| {});
    let (identity, token, expires_at) = linked(outcome.unwrap());
    assert_eq!((identity.remote_id.as_str(), identity.username.as_deref()), (NUMBER, Some("+1 555-078-3881")));
    assert_eq!(identity.group.unwrap().as_str(), WABA);
    assert_eq!(identity.grantor.as_deref(), Some(format!("meta:{APP_ID}:1001").as_str()));
    assert_eq!(
        (&identity.facts["waba_id"], &identity.facts["display_phone_number"]),
        (&json!(WABA), &json!("+1 555-078-3881"))
    );
    assert_eq!((token.as_str(), expires_at), (TOKEN, None));

    let [exchange, debug, numbers] = asked.as_slice() else { panic!("{asked:?}") };
    assert_eq!(exchange.path, "/v25.0/oauth/access_token");
    let wanted = [("client_id", APP_ID), ("client_secret", APP_SECRET), ("code", "CODE"), ("redirect_uri", REDIRECT)];
    assert_eq!(exchange.query, wanted.into_iter().map(|(k, v)| (k.to_owned(), v.to_owned())).collect());
    let app_token = format!("{APP_ID}|{APP_SECRET}");
    assert_eq!((debug.path.as_str(), debug.token.as_deref()), ("/v25.0/debug_token", Some(app_token.as_str())));
    assert_eq!((debug.query["input_token"].as_str(), &debug.query["appsecret_proof"]), (TOKEN, &proof(&app_token)));
    check_head(numbers, "GET", &format!("{WABA}/phone_numbers"), TOKEN);
}

/// A person's token ends within hours, so it is exchanged for a longer one.
#[test]
fn a_token_that_ends_is_lengthened() {
    let replies = vec![
        ok(json!({ "access_token": "short", "token_type": "bearer", "expires_in": 3600 })),
        ok(json!({ "access_token": TOKEN, "token_type": "bearer", "expires_in": 5_183_944 })),
        ok(token_facts(&[WABA])),
        Reply::json(200, fixtures::payload("phone_numbers.json")),
    ];
    let (outcome, asked) = resume("facebook_login", &[("code", "CODE")], replies, |_| {});
    let (_, token, expires_at) = linked(outcome.unwrap());
    assert_eq!((token.as_str(), expires_at.unwrap().timestamp()), (TOKEN, 5_183_944));
    assert_eq!(asked[1].query["grant_type"], "fb_exchange_token");
}

#[test]
fn of_several_numbers_the_person_chooses() {
    let other = "999000111";
    let first = json!({ "data": [number("11", "One")],
        "paging": { "cursors": { "after": "NEXT" }, "next": "https://graph.facebook.com/?access_token=secret" } });
    let second = json!({ "data": [number("12", "Two")], "paging": { "cursors": { "after": "END" } } });
    let third = json!({ "data": [number("13", "Three")] });
    block_on(async {
        let token = Reply::json(200, fixtures::payload("embedded_signup_token.json"));
        let replies = vec![token, ok(token_facts(&[WABA, other])), ok(first), ok(second), ok(third)];
        let stand_in = StandIn::start(replies).await;
        let platform = handle(settings(&stand_in.base));
        let context = context("facebook_login");
        let progress = platform.resume(&context, &Value::Null, &answers(&[("code", "CODE")])).await.unwrap();
        let Progress::Next { step: Step::Choose { options, .. }, memory } = progress else { panic!("{progress:?}") };
        let shown: Vec<_> = options.iter().map(|one| (one.id.as_str(), one.label.as_str())).collect();
        assert_eq!(shown, [("11", "+1 555 11 (One)"), ("12", "+1 555 12 (Two)"), ("13", "+1 555 13 (Three)")]);
        let asked = stand_in.asked();
        assert_eq!(asked[3].query["after"], "NEXT", "only the cursor of the next page is used");
        check_head(&asked[4], "GET", &format!("{other}/phone_numbers"), TOKEN);

        for wrong in ["", "14"] {
            let error = platform.resume(&context, &memory, &answers(&[("choice", wrong)])).await.unwrap_err();
            assert_eq!(error.kind, ErrorKind::BadInput);
        }
        let (identity, token, _) =
            linked(platform.resume(&context, &memory, &answers(&[("choice", "13")])).await.unwrap());
        assert_eq!(
            (identity.remote_id.as_str(), identity.group.unwrap().as_str(), token.as_str()),
            ("13", other, TOKEN)
        );
        assert_eq!(stand_in.asked().len(), 5, "choosing asks nobody");
    });
}

#[test]
fn without_a_number_the_operators_is_tried_and_else_it_is_said() {
    let start = || vec![Reply::json(200, fixtures::payload("embedded_signup_token.json")), ok(token_facts(&[]))];
    let (outcome, _) = resume("facebook_login", &[("code", "CODE")], start(), |_| {});
    let error = outcome.unwrap_err();
    assert_eq!(error.kind, ErrorKind::BadInput);
    assert!(error.message.starts_with("No WhatsApp number was found."), "{error}");

    let mut replies = start();
    replies.push(ok(number("77", "Ours")));
    let with_number = |settings: &mut Settings| settings.phone_number_id = Some("77".to_owned());
    let (outcome, asked) = resume("facebook_login", &[("code", "CODE")], replies, with_number);
    let (identity, ..) = linked(outcome.unwrap());
    assert_eq!((identity.remote_id.as_str(), identity.group), ("77", None));
    check_head(&asked[2], "GET", "77", TOKEN);

    let mut replies = start();
    replies.push(Reply::json(
        400,
        r#"{"error":{"message":"x","type":"GraphMethodException","code":100,"error_subcode":33}}"#,
    ));
    let (outcome, _) = resume("facebook_login", &[("code", "CODE")], replies, with_number);
    assert_eq!(outcome.unwrap_err().kind, ErrorKind::NotFound, "the person may not use the operator's number");
}

#[test]
fn a_token_that_lacks_something_links_nothing() {
    let token = || Reply::json(200, fixtures::payload("embedded_signup_token.json"));
    let facts = |change: fn(&mut Value)| {
        let mut facts = token_facts(&[WABA]);
        change(&mut facts["data"]);
        ok(facts)
    };
    for spoil in [
        (|data| data["is_valid"] = false.into()) as fn(&mut Value),
        |data| data["app_id"] = "another-app".into(),
        |data| data["scopes"] = json!(["whatsapp_business_management"]),
    ] {
        let (outcome, asked) = resume("facebook_login", &[("code", "CODE")], vec![token(), facts(spoil)], |_| {});
        assert_eq!(outcome.unwrap_err().kind, ErrorKind::BadInput);
        assert_eq!(asked.len(), 2, "nothing more is asked");
    }
    // While linking there is no account yet that could need a new sign-in.
    let dead = Reply::json(401, fixtures::payload("error_token.json"));
    let (outcome, _) = resume("facebook_login", &[("code", "CODE")], vec![dead], |_| {});
    assert_eq!(outcome.unwrap_err().kind, ErrorKind::BadInput);
    let (outcome, asked) = resume("facebook_login", &[("error", "access_denied")], Vec::new(), |_| {});
    assert_eq!((outcome.unwrap_err().kind, asked.len()), (ErrorKind::BadInput, 0));
}

fn operator(settings: &mut Settings) {
    settings.access_token = Some(Secret::from("operators-token"));
    settings.phone_number_id = Some("77".to_owned());
    settings.business_account_id = Some(WABA.to_owned());
}

#[test]
fn the_form_never_shows_what_the_operator_set() {
    let mut settings = settings("http://127.0.0.1:9");
    operator(&mut settings);
    let progress = block_on(handle(settings).begin(&context("system_token"))).unwrap();
    let Progress::Next { step: Step::Ask { fields, .. }, memory } = &progress else { panic!("{progress:?}") };
    let names: Vec<_> = fields.iter().map(|field| (field.name.as_str(), field.secret)).collect();
    assert_eq!(names, [("access_token", true), ("phone_number_id", false), ("business_account_id", false)]);
    assert!(memory.is_null() && !format!("{progress:?}").contains("operators-token"));
}

#[test]
fn an_empty_form_links_the_operators_number() {
    let numbers = json!({ "data": [number("76", "Other"), number("77", "Ours")] });
    let replies = vec![ok(token_facts(&[])), ok(numbers)];
    let (outcome, asked) = resume("system_token", &[("access_token", " ")], replies, operator);
    let (identity, token, _) = linked(outcome.unwrap());
    assert_eq!((identity.remote_id.as_str(), token.as_str()), ("77", "operators-token"));
    assert_eq!(identity.group.unwrap().as_str(), WABA);
    check_head(&asked[1], "GET", &format!("{WABA}/phone_numbers"), "operators-token");
    let (outcome, asked) = resume("system_token", &[], Vec::new(), |_| {});
    assert_eq!((outcome.unwrap_err().kind, asked.len()), (ErrorKind::BadInput, 0), "there is no token at all");
}

/// Deliveries may name nothing but the business account, so nobody may claim one that is not theirs.
#[test]
fn a_business_account_counts_only_when_it_lists_the_number() {
    let given = [("access_token", "typed"), ("phone_number_id", "77"), ("business_account_id", "555")];
    let replies = vec![ok(token_facts(&[])), ok(json!({ "data": [number("76", "Other")] }))];
    let (outcome, _) = resume("system_token", &given, replies, operator);
    let error = outcome.unwrap_err();
    assert!(error.message.contains("does not belong"), "{error}");
    // Found among what the token may use.
    let replies = vec![ok(token_facts(&[WABA])), ok(json!({ "data": [number("77", "Theirs")] }))];
    let (outcome, asked) = resume("system_token", &given[..2], replies, operator);
    let (identity, token, _) = linked(outcome.unwrap());
    assert_eq!((identity.group.unwrap().as_str(), token.as_str()), (WABA, "typed"));
    assert_eq!(asked[0].query["input_token"], "typed", "what the operator set stays out of it");
}

#[test]
fn only_a_sign_in_is_taken_back() {
    block_on(async {
        let stand_in = StandIn::start(vec![ok(json!({ "success": true }))]).await;
        let mut settings = settings(&stand_in.base);
        operator(&mut settings);
        let platform = handle(settings);
        platform.revoke(&grant()).await.unwrap();
        check_head(&stand_in.only(), "DELETE", "me/permissions", TOKEN);
        let mut pasted = grant();
        pasted.facts["linked_by"] = "system_token".into();
        let mut operators = grant();
        operators.access_token = Secret::from("operators-token");
        for kept in [pasted, operators] {
            assert_eq!(platform.revoke(&kept).await.unwrap_err().kind, ErrorKind::Unsupported);
        }
        assert_eq!(platform.refresh(&grant()).await.unwrap_err().kind, ErrorKind::Unsupported);
        assert_eq!(stand_in.asked().len(), 1);
    });
}

#[test]
fn the_app_learns_the_address_once() {
    let callback = || Callback {
        url: "https://hub.example/api/webhooks/whatsapp".parse().unwrap(),
        secret: Secret::from("s"),
        previous: None,
        now: hub_domain::Timestamp::UNIX_EPOCH,
    };
    block_on(async {
        let done = || ok(json!({ "success": true }));
        let stand_in = StandIn::start(vec![done(), ok(json!({ "data": [] })), done(), done()]).await;
        let platform = handle(settings(&stand_in.base));
        platform.subscribe(&grant(), &callback()).await.unwrap();
        platform.unsubscribe(&grant(), None).await.unwrap();
        let asked = stand_in.asked();
        check_head(&asked[0], "POST", &format!("{WABA}/subscribed_apps"), TOKEN);
        let app_token = format!("{APP_ID}|{APP_SECRET}");
        check_head(&asked[2], "POST", &format!("{APP_ID}/subscriptions"), &app_token);
        let chosen = &asked[2].parameters;
        assert_eq!(chosen["object"], "whatsapp_business_account");
        assert_eq!(chosen["callback_url"], "https://hub.example/api/webhooks/whatsapp");
        assert_eq!(chosen["verify_token"], super::VERIFY_TOKEN);
        assert!(chosen["fields"].as_str().unwrap().split(',').any(|field| field == "messages"));
        check_head(&asked[3], "DELETE", &format!("{WABA}/subscribed_apps"), TOKEN);
        // Without the business account there is nothing to subscribe to.
        let mut old = grant();
        old.facts = Value::Null;
        assert_eq!(platform.subscribe(&old, &callback()).await.unwrap_err().kind, ErrorKind::BadInput);
    });
}
