//! Linking accounts (D45, D46, D54, D55, S17, S18, C16).

use super::scene::{NOBODYS, Scene, ask, binary, browser, everywhere, header, query};
use crate::conformance::facebook::Facebook;
use crate::conformance::instagram::Instagram;
use crate::conformance::twitter::Twitter;
use crate::fixtures::platforms::{Page, Platform};
use crate::fixtures::stand::Stand;
use crate::support::BOT_TOKEN;
use aws_lc_rs::{digest, hmac};
use hub_simulators::twitter::{Bucket, Fault};
use hub_testkit::Client;
use hub_testkit::conformance::Stage;
use hub_testkit::conformance::subject::Subject;
use hub_testkit::database::engines;
use reqwest::header::{COOKIE, LOCATION, SET_COOKIE};
use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Begins to link a page and agrees; gives the address the platform sends the browser to, and the browser's cookie.
async fn agreed(stand: &Stand<Page>, user: &Client, person: usize) -> (String, String) {
    stand.platform.agree(person);
    let begun = user.request(Method::GET, "/api/oauth/connect/facebook").send().await.expect("an answer");
    let cookie = header(&begun, SET_COOKIE.as_str()).expect("a cookie").split(';').next().expect("a pair").to_owned();
    let begun: Value = begun.json().await.expect("JSON");
    let page = begun["authorizationUrl"].as_str().expect("an address");
    let led = browser().get(page).send().await.expect("the consent page");
    (header(&led, LOCATION.as_str()).expect("a way back").split('#').next().expect("an address").to_owned(), cookie)
}

async fn come_back(url: &str, cookie: Option<&str>) -> Response {
    let request = browser().get(url);
    let request = cookie.into_iter().fold(request, |request, cookie| request.header(COOKIE, cookie));
    request.send().await.expect("an answer")
}

/// What the front end's page is told.
fn landing(answer: &Response) -> BTreeMap<String, String> {
    assert_eq!(answer.status(), StatusCode::FOUND);
    query(header(answer, LOCATION.as_str()).expect("a place to go"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d45_browsers_come_back_under_both_prefixes() {
    everywhere(async |engine| {
        let stand = Stand::<Page>::open(engine, "facebook_login").await;
        for prefix in ["/api/auth/callback/", "/api/oauth/callback/"] {
            let (number, user) = stand.newcomer().await;
            let (back, cookie) = agreed(&stand, &user, number).await;
            assert!(back.contains("/api/auth/callback/facebook"), "registered at the provider: {back}");
            let done = come_back(&back.replace("/api/auth/callback/", prefix), Some(&cookie)).await;
            let told = landing(&done);
            assert_eq!((told["success"].as_str(), told["platform"].as_str()), ("true", "facebook"), "{prefix}");
            let (_, accounts) = user.get("/api/oauth/accounts").await;
            assert_eq!(accounts["accounts"][0]["id"], told["accountId"].as_str());
            user.delete(&format!("/api/oauth/disconnect/{}", told["accountId"])).await;
        }
    })
    .await;
    let settings = [
        ("WEBHOOK_BASE_URL", "https://hub.example.com"),
        ("TWITTER_CLIENT_ID", "id"),
        ("TWITTER_CONSUMER_SECRET", "secret"),
        ("MICROSOFT_CLIENT_ID", "id"),
        ("MICROSOFT_CLIENT_SECRET", "secret"),
        ("LINKEDIN_CLIENT_ID", "id"),
        ("LINKEDIN_CLIENT_SECRET", "secret"),
        ("FACEBOOK_APP_ID", "1"),
        ("FACEBOOK_APP_SECRET", "secret"),
        ("INSTAGRAM_APP_ID", "1"),
        ("INSTAGRAM_APP_SECRET", "secret"),
    ];
    let scene = Scene::open_with(&settings).await;
    let user = scene.user("ada@example.com").await;
    for (platform, prefix) in [
        ("facebook", "auth"),
        ("instagram", "auth"),
        ("whatsapp", "auth"),
        ("twitter", "oauth"),
        ("linkedin", "oauth"),
        ("teams", "oauth"),
    ] {
        let (status, begun) = user.get(&format!("/api/oauth/connect/{platform}")).await;
        assert_eq!(status, StatusCode::OK, "{platform} {begun}");
        let asked = query(begun["authorizationUrl"].as_str().expect("an address"));
        assert_eq!(asked["redirect_uri"], format!("https://hub.example.com/api/{prefix}/callback/{platform}"));
        let state = begun["state"].as_str().expect("a state");
        assert_eq!((asked["state"].as_str(), state.len()), (state, 64));
        assert!(state.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')), "{state}");
    }
    for prefix in ["auth", "oauth"] {
        let (status, body) = user.get(&format!("/api/{prefix}/callback/facebook?state=x")).await;
        assert_eq!((status.as_u16(), &body["error"]["code"]), (400, &json!("INVALID_CALLBACK")));
        let (status, body) = user.get(&format!("/api/{prefix}/callback/facebook?state=x&code=y")).await;
        assert_eq!((status.as_u16(), &body["error"]["code"]), (400, &json!("INVALID_STATE")));
    }
}

/// What the log-in widget hands over, with its proof.
fn widget(state: &str, at: i64) -> Value {
    let mut fields = BTreeMap::from([
        ("auth_date", at.to_string()),
        ("first_name", "Ada".to_owned()),
        ("id", "987654321".to_owned()),
        ("username", "ada".to_owned()),
    ]);
    let text: Vec<String> = fields.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let key = digest::digest(&digest::SHA256, BOT_TOKEN.as_bytes());
    let hash = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key.as_ref()), text.join("\n").as_bytes());
    fields.insert("hash", hex::encode(hash));
    fields.insert("state", state.to_owned());
    let mut fields = json!(fields);
    fields["id"] = 987_654_321.into();
    fields
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d46_the_log_in_widget_links_with_one_post() {
    everywhere(async |engine| {
        let scene =
            Scene::on(engine, &[("FRONTEND_URL", "https://inbox.example.com"), ("TELEGRAM_BOT_USERNAME", "tests_bot")])
                .await;
        let user = scene.user("ada@example.com").await;
        let begin = async || {
            let (status, begun) = user.get("/api/oauth/connect/telegram").await;
            assert_eq!(status, StatusCode::OK, "{begun}");
            let page = begun["authorizationUrl"].as_str().expect("an address");
            assert!(page.starts_with("https://inbox.example.com/auth/telegram?"), "{page}");
            assert_eq!(
                (query(page)["state"].as_str(), query(page)["bot"].as_str()),
                (begun["state"].as_str().expect("a state"), "tests_bot")
            );
            begun["state"].as_str().expect("a state").to_owned()
        };
        let now = chrono::Utc::now().timestamp();
        let path = "/api/auth/callback/telegram";
        for (what, mut fields) in
            [("too old", widget(&begin().await, now - 86_401)), ("forged", widget(&begin().await, now))]
        {
            if what == "forged" {
                fields["id"] = 1.into();
            }
            let (status, body) = scene.client().post(path, &fields).await;
            assert_eq!(status, StatusCode::BAD_REQUEST, "{what} {body}");
            assert!(
                body["message"].is_string() && body["message"] == body["error"]["message"],
                "the page shows it: {body}"
            );
        }
        let good = widget(&begin().await, now);
        let (status, linked) = scene.client().post(path, &good).await;
        assert_eq!(status, StatusCode::OK, "{linked}");
        assert_eq!((&linked["success"], &linked["platform"]), (&json!(true), &json!("telegram")));
        let (_, accounts) = user.get("/api/oauth/accounts").await;
        let account = &accounts["accounts"][0];
        assert_eq!(account["id"], linked["accountId"]);
        assert_eq!((&account["platform_user_id"], &account["platform_username"]), (&json!("987654321"), &json!("ada")));
        let (status, body) = scene.client().post(path, &good).await;
        assert_eq!((status.as_u16(), &body["error"]["code"]), (400, &json!("INVALID_STATE")), "once only");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d54_an_empty_tenant_means_private_accounts() {
    for (tenant, expected) in [("", "consumers"), ("organizations", "organizations")] {
        let scene = Scene::open_with(&[
            ("MICROSOFT_CLIENT_ID", "id"),
            ("MICROSOFT_CLIENT_SECRET", "secret"),
            ("MICROSOFT_TENANT_ID", tenant),
        ])
        .await;
        let user = scene.user("ada@example.com").await;
        let (_, begun) = user.get("/api/oauth/connect/teams").await;
        let address = begun["authorizationUrl"].as_str().expect("an address");
        let expected = format!("https://login.microsoftonline.com/{expected}/oauth2/v2.0/authorize?");
        assert!(address.starts_with(&expected), "{address}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d55_browsers_are_sent_to_the_front_end_or_to_the_hub_itself() {
    for (frontend, base) in
        [("https://inbox.example.com/", "https://inbox.example.com"), ("", "https://hub.example.com")]
    {
        let scene =
            Scene::open_with(&[("FRONTEND_URL", frontend), ("WEBHOOK_BASE_URL", "https://hub.example.com")]).await;
        let back = "/api/oauth/callback/facebook?error=access_denied";
        let answer = ask(&scene.client(), Method::GET, back, &[]).await;
        assert_eq!(answer.status(), StatusCode::FOUND);
        let expected = format!("{base}/connect?error=access_denied&platform=facebook");
        assert_eq!(header(&answer, "location"), Some(expected.as_str()));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s17_a_providers_words_do_not_get_into_the_address() {
    let scene = Scene::open_with(&[("FRONTEND_URL", "https://inbox.example.com")]).await;
    for (given, told) in [
        ("access_denied", "access_denied"),
        ("x%26success%3Dtrue%26accountId%3D1", "platform_error"),
        ("x%23fragment", "platform_error"),
        ("%0d%0aSet-Cookie%3A%20a%3Db", "platform_error"),
        ("%3Cscript%3E", "platform_error"),
        ("", "platform_error"),
    ] {
        let back = format!("/api/auth/callback/facebook?error={given}&error_description=%26success%3Dtrue");
        let answer = ask(&scene.client(), Method::GET, &back, &[]).await;
        let place = header(&answer, "location").expect("a place to go");
        let expected =
            BTreeMap::from([("error".to_owned(), told.to_owned()), ("platform".to_owned(), "facebook".to_owned())]);
        assert_eq!(query(place), expected, "{place}");
        assert_eq!(header(&answer, "set-cookie").filter(|cookie| cookie.starts_with("a=")), None);
    }
    // What the exchange said is not passed on either.
    let stand = Stand::<Page>::open(hub_testkit::Engine::Sqlite, "facebook_login").await;
    let (number, user) = stand.newcomer().await;
    let (back, cookie) = agreed(&stand, &user, number).await;
    let spoiled = back.replace("code=", "code=spoiled&success=true&x=");
    let told = landing(&come_back(&spoiled, Some(&cookie)).await);
    assert_eq!((told["error"].as_str(), told.get("success")), ("callback_failed", None));
    assert_eq!(told["message"], "The platform did not complete the connection. Please try again.");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s18_a_state_works_once_for_one_platform_and_in_one_browser() {
    everywhere(async |engine| {
        let stand = Stand::<Page>::open(engine, "facebook_login").await;
        let (number, user) = stand.newcomer().await;
        // Twice at the same moment: one of them.
        let (back, cookie) = agreed(&stand, &user, number).await;
        let (one, other) = tokio::join!(come_back(&back, Some(&cookie)), come_back(&back, Some(&cookie)));
        let mut statuses = [one.status().as_u16(), other.status().as_u16()];
        statuses.sort_unstable();
        assert_eq!(statuses, [302, 400]);
        assert_eq!(come_back(&back, Some(&cookie)).await.status(), StatusCode::BAD_REQUEST, "and never again");
        // The error branch uses it up as well.
        let (back, cookie) = agreed(&stand, &user, number).await;
        let state = query(&back)["state"].clone();
        let no = format!("{}/api/auth/callback/facebook?error=access_denied&state={state}", user.base());
        assert_eq!(landing(&come_back(&no, Some(&cookie)).await)["error"], "access_denied");
        assert_eq!(come_back(&back, Some(&cookie)).await.status(), StatusCode::BAD_REQUEST);
        // Another platform's callback.
        let (back, cookie) = agreed(&stand, &user, number).await;
        let elsewhere = back.replace("/callback/facebook", "/callback/whatsapp");
        assert_eq!(come_back(&elsewhere, Some(&cookie)).await.status(), StatusCode::BAD_REQUEST);
        assert_eq!(come_back(&back, Some(&cookie)).await.status(), StatusCode::BAD_REQUEST, "used up");
        // Another browser.
        let (back, _) = agreed(&stand, &user, number).await;
        let foreign = format!("hub_oauth={}", "f".repeat(64));
        assert_eq!(come_back(&back, Some(&foreign)).await.status(), StatusCode::BAD_REQUEST);
        // One without any cookie links nothing before its person has said yes on the hub's own page.
        let (_, fresh) = stand.newcomer().await;
        let (back, _) = agreed(&stand, &fresh, 7).await;
        let asked = come_back(&back, None).await;
        assert!(!header(&asked, "location").is_some_and(|place| place.contains("success=true")));
        assert_eq!(fresh.get("/api/oauth/accounts").await.1, json!({"accounts": []}));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c16_a_token_is_renewed_by_exchange_when_it_ends_soon() {
    for engine in engines() {
        let stage = Stage::<Instagram<false>>::linked(binary(), engine).await;
        let subject = &stage.subject;
        let account = subject.account(0);
        let before = subject.renewals(&account).expect("it is renewed");
        let id = stage.accounts(&stage.user).await[0]["id"].as_str().expect("an id").to_owned();
        let ask = async || {
            let (status, body) = stage.user.post(&format!("/api/oauth/refresh/{id}"), &json!({})).await;
            let expected = json!({"success": true, "message": "Token refreshed successfully"});
            assert_eq!((status, body), (StatusCode::OK, expected));
        };
        ask().await;
        assert_eq!(subject.renewals(&account), Some(before), "it is good for weeks");
        // It ends soon, and is old enough to be exchanged.
        subject.pass(std::time::Duration::from_hours(48));
        let soon = (chrono::Utc::now() + chrono::TimeDelta::seconds(120)).format("%Y-%m-%dT%H:%M:%S%.6fZ");
        stage.database.change(format!("UPDATE connected_accounts SET token_expires_at = '{soon}'")).await;
        ask().await;
        assert_eq!(subject.renewals(&account), Some(before + 1));
        let (heard, _) = stage.hear(1, "still there?").await;
        let (status, _) = stage.send_words(heard["conversation_id"].as_str().expect("an id"), "yes").await;
        assert_eq!(status, StatusCode::CREATED, "the new token is in use");
        let (status, body) = stage.user.post(&format!("/api/oauth/refresh/{NOBODYS}"), &json!({})).await;
        assert_eq!((status.as_u16(), &body["error"]["message"]), (404, &json!("Account not found or inactive")));
    }
    a_refresh_token_outlives_an_answer_without_one().await;
    a_persons_token_of_an_original_is_traded_for_the_pages().await;
}

async fn a_refresh_token_outlives_an_answer_without_one() {
    for engine in engines() {
        let stage = Stage::<Twitter>::linked(binary(), engine).await;
        let id = stage.accounts(&stage.user).await[0]["id"].as_str().expect("an id").to_owned();
        let both = "SELECT refresh_token FROM connected_accounts UNION ALL SELECT access_token FROM connected_accounts";
        let before = stage.database.texts(both).await;
        let soon = (chrono::Utc::now() + chrono::TimeDelta::seconds(120)).format("%Y-%m-%dT%H:%M:%S%.6fZ");
        stage.database.change(format!("UPDATE connected_accounts SET token_expires_at = '{soon}'")).await;
        let body = json!({"token_type": "bearer", "expires_in": 7200, "access_token": "a-new-one", "scope": "dm.read"});
        stage
            .subject
            .platform
            .fault(Bucket::Token, Fault::Raw { status: 200, headers: vec![], body: body.to_string().into() });
        let (status, answer) = stage.user.post(&format!("/api/oauth/refresh/{id}"), &json!({})).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        let after = stage.database.texts(both).await;
        assert_ne!(after[1], before[1], "the new one is in use");
        assert!(after[0].as_deref().is_some_and(|kept| kept.len() > 65), "the old one is kept: {after:?}");
        // It is the one that the platform gave: it renews once more.
        stage.database.change(format!("UPDATE connected_accounts SET token_expires_at = '{soon}'")).await;
        let (status, answer) = stage.user.post(&format!("/api/oauth/refresh/{id}"), &json!({})).await;
        assert_eq!((status, &answer["success"]), (StatusCode::OK, &json!(true)), "{answer}");
        assert_eq!(stage.health().await, "ok");
    }
}

/// An original kept a person's token where the page's belongs, and nothing to renew it with.
async fn a_persons_token_of_an_original_is_traded_for_the_pages() {
    for engine in engines() {
        let stage = Stage::<Facebook>::linked(binary(), engine).await;
        let id = stage.accounts(&stage.user).await[0]["id"].as_str().expect("an id").to_owned();
        let soon = (chrono::Utc::now() + chrono::TimeDelta::seconds(120)).format("%Y-%m-%dT%H:%M:%S%.6fZ");
        let as_it_was = format!(
            "UPDATE connected_accounts SET access_token = refresh_token, access_token_seal = NULL, refresh_token = NULL, \
             refresh_token_seal = NULL, token_expires_at = '{soon}'"
        );
        assert_eq!(stage.database.change(as_it_was).await, 1);
        let kept = "SELECT access_token FROM connected_accounts";
        let before = stage.database.texts(kept).await;
        let (status, answer) = stage.user.post(&format!("/api/oauth/refresh/{id}"), &json!({})).await;
        assert_eq!((status, &answer["success"]), (StatusCode::OK, &json!(true)), "{answer}");
        assert_ne!(stage.database.texts(kept).await, before, "it was exchanged");
        let whole =
            "SELECT refresh_token FROM connected_accounts WHERE token_expires_at IS NULL AND refresh_token <> ''";
        assert_eq!(stage.database.texts(whole).await.len(), 1, "a page's token does not end; the person's is kept");
        let (heard, _) = stage.hear(1, "still there?").await;
        let (status, _) = stage.send_words(heard["conversation_id"].as_str().expect("an id"), "yes").await;
        assert_eq!(status, StatusCode::CREATED, "the page's token is in use");
    }
}
