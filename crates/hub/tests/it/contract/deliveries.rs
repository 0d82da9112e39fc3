//! What platforms deliver, and how it is proven (D47–D51, S4–S9, S22, C9, C17, C20).

use super::scene::{PERSON, Scene, ask, binary, everywhere, header};
use crate::conformance::teams::Teams;
use crate::fixtures::platforms::{Page, Platform, signature};
use crate::fixtures::stand::Stand;
use crate::support::{BOT_TOKEN, Hub, SECRET, bot_update};
use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hub_testkit::client::answer;
use hub_testkit::conformance::Stage;
use hub_testkit::database::engines;
use hub_testkit::{Client, Database, Pushes, eventually};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

const FACEBOOK: &str = "/api/webhooks/facebook";
/// X's two secrets, which are not each other's.
const CONSUMER_SECRET: &str = "a-consumer-secret-for-tests";
const CLIENT_SECRET: &str = "a-client-secret-for-tests-only";

/// The code over a body.
fn mac(secret: &str, body: &[u8]) -> hmac::Tag {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes()), body)
}

/// Posts bytes with one header.
async fn post(client: &Client, path: &str, body: &[u8], (name, value): (&str, &str)) -> (StatusCode, Value) {
    answer(client.request(Method::POST, path).header(name, value).body(body.to_vec())).await
}

fn refused() -> (u16, Value) {
    (401, json!({"error": "Invalid signature"}))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d47_a_delivery_is_stored_and_told() {
    everywhere(async |engine| {
        let stand = Stand::<Page>::open(engine, "facebook_login").await;
        let watcher = stand.somebody().await;
        let mut pushes = Pushes::open_socket_io(&watcher.user).await;
        let body = stand.platform.says(1, "Hello").to_string();
        let (name, value) = signature(body.as_bytes());
        let (status, answer) = post(&stand.hub.client(), FACEBOOK, body.as_bytes(), (name, &value)).await;
        assert_eq!((status.as_u16(), answer), (200, json!({"ok": true})));
        assert_eq!(watcher.user.all_messages().await[0]["content"], "Hello", "what is acknowledged is there");
        let told = pushes.up_to_message("Hello").await;
        assert_eq!(told.last().expect("a push").1["conversation"]["unreadCount"], 1);
        let (name, counts) = pushes.next().await;
        assert_eq!((name.as_str(), &counts["unreadCounts"]), ("unread_count_update", &json!({"facebook": 1})));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d48_a_check_of_the_address_without_its_token_is_a_403() {
    let tokens =
        [("FACEBOOK_VERIFY_TOKEN", "one"), ("INSTAGRAM_VERIFY_TOKEN", "two"), ("WHATSAPP_VERIFY_TOKEN", "three")];
    let scene = Scene::open_with(&tokens).await;
    for (platform, token) in [("facebook", "one"), ("instagram", "two"), ("whatsapp", "three")] {
        let path = format!("/api/webhooks/{platform}");
        for query in [
            String::new(),
            "?hub.mode=subscribe&hub.challenge=17".to_owned(),
            "?hub.mode=subscribe&hub.verify_token=&hub.challenge=17".to_owned(),
            "?hub.mode=subscribe&hub.verify_token=wrong&hub.challenge=17".to_owned(),
            format!("?hub.verify_token={token}&hub.challenge=17"),
        ] {
            let (status, body) = scene.client().get(&format!("{path}{query}")).await;
            assert_eq!((status.as_u16(), body), (403, json!({"error": "Invalid verify token"})), "{path}{query}");
        }
        let right = format!("{path}?hub.mode=subscribe&hub.verify_token={token}&hub.challenge=17");
        let answer = ask(&scene.client(), Method::GET, &right, &[]).await;
        assert_eq!((answer.status().as_u16(), answer.text().await.expect("text")), (200, "17".to_owned()));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d49_x_signs_in_base64_with_the_consumer_secret_and_its_challenge_is_unsigned() {
    let settings = [
        ("TWITTER_CLIENT_ID", "an-id"),
        ("TWITTER_CLIENT_SECRET", CLIENT_SECRET),
        ("TWITTER_CONSUMER_SECRET", CONSUMER_SECRET),
    ];
    let scene = Scene::open_with(&settings).await;
    let (path, name) = ("/api/webhooks/twitter", "X-Twitter-Webhooks-Signature");
    let body = br#"{"for_user_id":"1","direct_message_events":[]}"#;
    let base64 = |secret: &str| format!("sha256={}", STANDARD.encode(mac(secret, body)));
    let hex = format!("sha256={}", hex::encode(mac(CONSUMER_SECRET, body)));
    for (value, status) in [(base64(CONSUMER_SECRET), 200), (base64(CLIENT_SECRET), 401), (hex, 401)] {
        let (got, answer) = post(&scene.client(), path, body, (name, &value)).await;
        assert_eq!(got.as_u16(), status, "{value} {answer}");
    }
    let (status, answer) = scene.client().get(&format!("{path}?crc_token=a-token-1")).await;
    let expected = format!("sha256={}", STANDARD.encode(mac(CONSUMER_SECRET, b"a-token-1")));
    assert_eq!((status.as_u16(), answer), (200, json!({ "response_token": expected })));
    let (status, answer) = scene.client().get(path).await;
    assert_eq!((status.as_u16(), answer), (400, json!({"error": "Missing crc_token"})));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d50_teams_checks_an_address_with_a_token_it_wants_back() {
    let settings =
        [("MICROSOFT_CLIENT_ID", "8e460676-ae3f-4b1e-8790-ee0fb5d6148f"), ("MICROSOFT_CLIENT_SECRET", "secret")];
    let scene = Scene::open_with(&settings).await;
    let path = "/api/webhooks/teams?validationToken=Validation%3A+Testing+client+application+reachability";
    let answer = ask(&scene.client(), Method::POST, path, &[]).await;
    assert_eq!(answer.status(), StatusCode::OK);
    assert!(header(&answer, "content-type").is_some_and(|kind| kind.starts_with("text/plain")));
    assert_eq!(answer.text().await.expect("text"), "Validation: Testing client application reachability");
    let harmful = "/api/webhooks/teams?validationToken=%3Cscript%3E";
    assert_eq!(ask(&scene.client(), Method::POST, harmful, &[]).await.status(), StatusCode::BAD_REQUEST);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d51_instagrams_verify_token_is_a_setting_without_a_default() {
    let query =
        |token: &str| format!("/api/webhooks/instagram?hub.mode=subscribe&hub.verify_token={token}&hub.challenge=9");
    let unset = Scene::open_with(&[("FACEBOOK_VERIFY_TOKEN", "of-another-product")]).await;
    for token in ["", "of-another-product", "instagram", "undefined", "null"] {
        assert_eq!(unset.client().get(&query(token)).await.0, StatusCode::FORBIDDEN, "{token:?}");
    }
    let set = Scene::open_with(&[("INSTAGRAM_VERIFY_TOKEN", "my-own")]).await;
    assert_eq!(set.client().get(&query("my-own")).await.0, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s04_without_a_secret_nothing_is_taken_and_the_log_says_so_once() {
    let scene = Scene::open_with(&[("TELEGRAM_WEBHOOK_SECRET", ""), ("TELEGRAM_BOT_TOKEN", "")]).await;
    let body = b"{}";
    let (hex, base64) = (hex::encode(mac("", body)), STANDARD.encode(mac("", body)));
    for _ in 0..2 {
        for (platform, name, value) in [
            ("facebook", "X-Hub-Signature-256", format!("sha256={hex}")),
            ("instagram", "X-Hub-Signature-256", format!("sha256={hex}")),
            ("whatsapp", "X-Hub-Signature-256", format!("sha256={hex}")),
            ("twitter", "X-Twitter-Webhooks-Signature", format!("sha256={base64}")),
            ("linkedin", "X-LI-Signature", format!("hmacsha256={hex}")),
            ("telegram", "X-Telegram-Bot-Api-Secret-Token", String::new()),
        ] {
            let path = format!("/api/webhooks/{platform}");
            let (status, answer) = post(&scene.client(), &path, body, (name, &value)).await;
            assert_eq!((status.as_u16(), answer), refused(), "{platform}");
        }
        let (status, _) = answer(scene.client().request(Method::POST, "/api/webhooks/telegram").body("{}")).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED, "no header at all");
    }
    for platform in ["facebook", "instagram", "whatsapp", "twitter", "linkedin", "telegram"] {
        let words = format!("platform=\"{platform}\"");
        let lines = scene.log();
        let lines = lines.lines().filter(|line| line.contains("proof") && line.contains(&words)).count();
        assert_eq!(lines, 1, "{platform}: once, not at every try\n{}", scene.log());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s05_signatures_are_checked_over_the_bytes_that_came() {
    everywhere(async |engine| {
        let stand = Stand::<Page>::open(engine, "facebook_login").await;
        let watcher = stand.somebody().await;
        let words = "<script>alert(1)</script> & <b>Grüße</b>";
        // Odd spaces and an escaped letter: no serialiser would write this again.
        let body = stand.platform.says(1, words).to_string().replacen(':', " :  ", 1).replace('ü', "\\u00fc");
        let (name, value) = signature(body.as_bytes());
        let (status, _) = post(&stand.hub.client(), FACEBOOK, body.as_bytes(), (name, &value)).await;
        assert_eq!(status, StatusCode::OK);
        assert_eq!(watcher.user.all_messages().await[0]["content"], words);
        let again: Value = serde_json::from_str(&body).expect("JSON");
        let (status, _) = post(&stand.hub.client(), FACEBOOK, again.to_string().as_bytes(), (name, &value)).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED, "the same content in other bytes was not signed");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s06_a_bad_signature_of_any_form_is_a_401() {
    let scene = Scene::open_with(&[
        ("FACEBOOK_APP_SECRET", "app-secret"),
        ("INSTAGRAM_APP_SECRET", "app-secret"),
        ("LINKEDIN_CLIENT_ID", "id"),
        ("LINKEDIN_CLIENT_SECRET", "app-secret"),
        ("TWITTER_CONSUMER_SECRET", "app-secret"),
    ])
    .await;
    let body = br#"{"object":"page","entry":[]}"#;
    let right = hex::encode(mac("app-secret", body));
    for (platform, name) in [
        ("facebook", "X-Hub-Signature-256"),
        ("instagram", "X-Hub-Signature-256"),
        ("whatsapp", "X-Hub-Signature-256"),
        ("linkedin", "X-LI-Signature"),
        ("twitter", "X-Twitter-Webhooks-Signature"),
        ("telegram", "X-Telegram-Bot-Api-Secret-Token"),
    ] {
        let path = format!("/api/webhooks/{platform}");
        for wrong in [
            "",
            "sha256=",
            "sha256=ab",
            "ü",
            "sha256=zz",
            &right[..63],
            &format!("sha256={right}00"),
            &"0".repeat(5_000),
        ] {
            let request = scene.client().request(Method::POST, &path).body(body.to_vec());
            let value = reqwest::header::HeaderValue::from_bytes(wrong.as_bytes()).expect("a value");
            let (status, answer) = answer(request.header(name, value)).await;
            assert_eq!((status.as_u16(), answer), refused(), "{platform} {wrong:.40}");
        }
        let (status, _) = answer(scene.client().request(Method::POST, &path).body(body.to_vec())).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED, "{platform}: no header");
    }
    let right = format!("sha256={right}");
    let (status, _) = post(&scene.client(), FACEBOOK, body, ("X-Hub-Signature-256", &right)).await;
    assert_eq!(status, StatusCode::OK, "the test signs as the platform does");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s07_nothing_comes_of_a_teams_delivery_that_is_not_proven() {
    for engine in engines() {
        let stage = Stage::<Teams>::linked(binary(), engine).await;
        let forged = stage.event(900_001, 1, "forged", chrono::Utc::now());
        assert!(stage.deliver_forgeries(std::slice::from_ref(&forged)).await, "signature, issuer, audience, state");
        stage.nothing_is_under_way(2, "genuine").await;
        assert!(stage.find("forged").await.is_none());
        stage.deliver_events(vec![forged]).await;
        eventually("the same, proven, arrives", async || stage.find("forged").await.map(drop)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s08_telegram_is_told_a_secret_and_must_show_it() {
    for engine in engines() {
        let database = Database::fresh(engine).await;
        let hub = Hub::start_public(&database).await;
        let user = hub.client().register("ada@example.com").await;
        user.link_bot(BOT_TOKEN).await;
        let address = eventually("the webhook is registered", async || hub.platform.webhook(BOT_TOKEN)).await;
        let secret = hub.platform.webhook_secret(BOT_TOKEN).expect("with a secret");
        assert!(secret.len() >= 32, "{}", secret.len());
        let path = address.strip_prefix(user.base()).expect("the hub's own address");
        let name = "X-Telegram-Bot-Api-Secret-Token";
        let update = bot_update(1, PERSON, "by hand").to_string();
        for wrong in ["", "x", &secret[1..], SECRET, &format!("{secret}x")] {
            let (status, answer) = post(&hub.client(), path, update.as_bytes(), (name, wrong)).await;
            assert_eq!((status.as_u16(), answer), refused());
        }
        hub.platform.say(BOT_TOKEN, PERSON, "through the platform");
        eventually("a genuine call is taken", async || {
            user.all_messages().await.first().map(|message| assert_eq!(message["content"], "through the platform"))
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s09_no_verify_token_is_built_in() {
    let scene = Scene::open().await;
    for platform in ["facebook", "instagram", "whatsapp"] {
        for token in ["", "instagram_verify_token", "verify_token", "undefined"] {
            let query = format!("?hub.mode=subscribe&hub.verify_token={token}&hub.challenge=1");
            let (status, body) = scene.client().get(&format!("/api/webhooks/{platform}{query}")).await;
            assert_eq!(
                (status.as_u16(), body),
                (403, json!({"error": "Invalid verify token"})),
                "{platform} {token:?}"
            );
        }
    }
    let template = std::process::Command::new(binary()).arg("config").output().expect("it runs");
    let template = String::from_utf8(template.stdout).expect("text");
    let lines: Vec<&str> = template.lines().filter(|line| line.contains("verify_token =")).collect();
    assert_eq!(lines.len(), 3, "the template lists them");
    assert!(lines.iter().all(|line| line.trim_end().ends_with("verify_token =")), "none has a default: {lines:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s22_a_challenge_is_plain_text() {
    let scene = Scene::open_with(&[("FACEBOOK_VERIFY_TOKEN", "one")]).await;
    let path =
        |challenge: &str| format!("{FACEBOOK}?hub.mode=subscribe&hub.verify_token=one&hub.challenge={challenge}");
    let answer = ask(&scene.client(), Method::GET, &path("1158201444"), &[]).await;
    assert_eq!(answer.status(), StatusCode::OK);
    assert!(header(&answer, "content-type").is_some_and(|kind| kind.starts_with("text/plain")));
    assert_eq!(header(&answer, "x-content-type-options"), Some("nosniff"));
    assert_eq!(answer.text().await.expect("text"), "1158201444", "as it came");
    // No platform sends markup; it is not even repeated as a text.
    let answer = ask(&scene.client(), Method::GET, &path("%3Cscript%3Ealert(1)%3C%2Fscript%3E"), &[]).await;
    assert_eq!(answer.status(), StatusCode::FORBIDDEN);
    assert!(!answer.text().await.expect("text").contains("<script>"));
}
