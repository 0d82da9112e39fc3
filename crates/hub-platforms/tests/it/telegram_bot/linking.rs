//! Linking a person by the log-in widget, and a bot by its token.

use super::{TOKEN, block_on, fixtures, handle, offline, settings};
use crate::support::stand_in::{Reply, StandIn};
use hub_domain::connect::{Answers, Step};
use hub_domain::time::from_unix_seconds;
use hub_platform_kit::platform::{ConnectContext, Progress};
use hub_platform_kit::{ErrorKind, PlatformError, PlatformHandle, Secret};
use hub_platforms::telegram_bot::Settings;
use secrecy::ExposeSecret;
use serde_json::Value;

fn context(method: &str, now_s: i64) -> ConnectContext {
    ConnectContext {
        method: method.to_owned(),
        state: "9c1f".to_owned(),
        redirect_uri: Some("https://hub.example/api/auth/callback/telegram".to_owned()),
        frontend_url: Some("https://app.example".to_owned()),
        now: from_unix_seconds(now_s).unwrap(),
    }
}

fn answers(fields: &Value) -> Answers {
    fields.as_object().unwrap().iter().map(|(k, v)| (k.clone(), v.as_str().unwrap().to_owned())).collect()
}

fn resume(platform: &PlatformHandle, method: &str, now_s: i64, answers: &Answers) -> Result<Progress, PlatformError> {
    block_on(platform.resume(&context(method, now_s), &Value::Null, answers))
}

#[test]
fn the_widget_is_believed_exactly_when_its_hash_holds() {
    let vectors: Value = serde_json::from_slice(&fixtures::payload("login_widget_vectors.json")).unwrap();
    assert_eq!(vectors["bot_token"], TOKEN);
    let cases = vectors["cases"].as_array().unwrap();
    assert_eq!(cases.len(), 11);
    for case in cases {
        let mut fields = answers(&case["params"]);
        // The hub's own state travels beside the fields and is not covered.
        fields.insert("state".to_owned(), "9c1f".to_owned());
        let outcome = resume(&offline(), "login_widget", case["now"].as_i64().unwrap(), &fields);
        let name = &case["name"];
        match (case["valid"].as_bool(), outcome) {
            (Some(true) | None, Ok(Progress::Linked { identity, tokens, proof })) => {
                assert_eq!(identity.remote_id.as_str(), fields["id"], "{name}");
                let named = fields.get("username").unwrap_or(&fields["first_name"]);
                assert_eq!(identity.username.as_ref(), Some(named), "{name}");
                assert_eq!(tokens.access.expose_secret(), TOKEN);
                assert_eq!(proof.unwrap(), fields["hash"].to_lowercase(), "one proof, whatever its case");
            }
            (Some(false), Err(error)) => assert_eq!(error.kind, ErrorKind::BadInput, "{name}"),
            (valid, outcome) => panic!("{name}: {valid:?}, {outcome:?}"),
        }
    }
}

/// The contract's vector, and its limits: less than 86400 s old, at most a minute ahead.
#[test]
fn the_widget_is_believed_for_a_day() {
    let token = "123456:VECTOR-BOT-TOKEN";
    let platform = handle(Settings { bot_token: Some(Secret::from(token)), ..settings("http://127.0.0.1:9") });
    let fields = answers(&serde_json::json!({
        "id": "424242", "first_name": "Vec", "username": "vector", "auth_date": "1767225600",
        "hash": "c85993bdce57a9b5e5eb1adb625169b3338fbd73281894ac66e38528bcc58f66",
    }));
    let at = |offset: i64| resume(&platform, "login_widget", 1_767_225_600 + offset, &fields).is_ok();
    assert!(at(0) && at(86_399) && at(-60));
    assert!(!at(86_400) && !at(-61));
    let mut repeated = fields.clone();
    repeated.insert("hash".to_owned(), fields["hash"].repeat(2));
    assert!(resume(&platform, "login_widget", 1_767_225_600, &repeated).is_err());
}

#[test]
fn the_widget_starts_at_the_front_ends_page() {
    let Progress::Next { step: Step::Redirect { url }, .. } =
        block_on(offline().begin(&context("login_widget", 0))).unwrap()
    else {
        panic!("no redirect")
    };
    assert_eq!(
        url,
        "https://app.example/auth/telegram?state=9c1f&bot=hub_fixture_bot\
         &redirect=https%3A%2F%2Fhub.example%2Fapi%2Fauth%2Fcallback%2Ftelegram"
    );
}

#[test]
fn the_widgets_bot_is_asked_for_its_name() {
    block_on(async {
        let stand_in = StandIn::start(vec![Reply::json(200, fixtures::payload("get_me.json"))]).await;
        let platform = handle(Settings { bot_username: None, ..settings(&stand_in.base) });
        let Progress::Next { step: Step::Redirect { url }, .. } =
            platform.begin(&context("login_widget", 0)).await.unwrap()
        else {
            panic!("no redirect")
        };
        assert!(url.contains("bot=hub_fixture_bot"), "{url}");
    });
}

#[test]
fn without_its_token_the_widget_is_the_operators_matter_and_a_bot_can_still_be_linked() {
    let platform = handle(Settings { bot_token: Some(Secret::from("")), ..settings("http://127.0.0.1:9") });
    assert_eq!(platform.not_configured(), None);
    let error = block_on(platform.begin(&context("login_widget", 0))).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Misconfigured);
    let Progress::Next { step: Step::Ask { fields, .. }, memory } =
        block_on(platform.begin(&context("bot_token", 0))).unwrap()
    else {
        panic!("no form")
    };
    assert_eq!(memory, Value::Null);
    assert!(matches!(fields.as_slice(), [field] if field.name == "token" && field.secret));
}

#[test]
fn a_token_that_is_none_never_gets_into_an_address() {
    block_on(async {
        let stand_in = StandIn::start(Vec::new()).await;
        let platform = handle(settings(&stand_in.base));
        for text in
            ["", "hello", "123:", ":abc", "12a:abcdef", "123:abc/../x", "123:abc def", "123:abc?x=1", "123:ab#c"]
        {
            let fields = Answers::from([("token".to_owned(), text.to_owned())]);
            let error = platform.resume(&context("bot_token", 0), &Value::Null, &fields).await.unwrap_err();
            assert_eq!(error.kind, ErrorKind::BadInput, "{text}");
            let mut grant = super::grant(text);
            grant.access_token = Secret::from(text);
            let error = platform.prepare_pull(&grant).await.unwrap_err();
            assert_eq!(error.kind, ErrorKind::ReauthRequired, "{text}");
        }
        assert!(stand_in.asked().is_empty());
    });
}

#[test]
fn a_refused_token_is_a_sentence_to_correct() {
    block_on(async {
        let foreign = String::from_utf8(fixtures::payload("get_me.json")).unwrap().replace("6123456789", "7");
        let refused = fixtures::payload("error_401.json");
        let stand_in = StandIn::start(vec![Reply::json(401, refused), Reply::json(200, foreign)]).await;
        let platform = handle(settings(&stand_in.base));
        let fields = Answers::from([("token".to_owned(), format!("  {TOKEN}\n"))]);
        let context = context("bot_token", 0);
        let error = platform.resume(&context, &Value::Null, &fields).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::BadInput);
        // An answer about somebody else is no proof.
        let error = platform.resume(&context, &Value::Null, &fields).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::UnexpectedReply);
    });
}
