//! What must never be seen, and what must not be known by everybody (S1, S10, S24–S26).

use super::scene::{Scene, binary, everywhere};
use hub_testkit::{Database, Engine};
use reqwest::StatusCode;
use serde_json::json;
use std::process::{Command, Output};

/// Settings of a production that may start, and one of them changed.
fn production(database: &Database, change: Option<(&str, &str)>) -> Output {
    let mut settings = vec![
        ("HUB_ENV", "production"),
        ("JWT_SECRET", "an-access-secret-of-forty-characters-000"),
        ("JWT_REFRESH_SECRET", "a-refresh-secret-of-forty-characters-000"),
        ("ENCRYPTION_KEY", "an-encryption-key-of-forty-characters-00"),
        ("TRUSTED_PROXIES", "not a network"),
    ];
    if let Some((name, value)) = change {
        settings.retain(|(known, _)| *known != name);
        settings.push((name, value));
    }
    let mut command = Command::new(binary());
    command
        .arg("serve")
        .env_clear()
        .env("HUB_DATA_DIR", database.folder.path())
        .env("PORT", "0")
        .env("HOST", "127.0.0.1");
    command.envs(settings).output().expect("it runs")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s01_the_debug_route_is_for_users_and_shows_no_secret() {
    let scene = Scene::open_with(&[
        ("INSTAGRAM_APP_ID", "123456789012345"),
        ("INSTAGRAM_APP_SECRET", "a-secret-of-22-chars-x"),
        ("WEBHOOK_BASE_URL", "https://hub.example.com"),
    ])
    .await;
    let path = "/api/debug/instagram-config";
    let (status, body) = scene.client().get(path).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    assert!(body.get("config").is_none());
    let user = scene.user("ada@example.com").await;
    let (status, body) = user.get(path).await;
    for secret in ["123456789012345", "1234", "a-secret-of-22-chars-x"] {
        assert!(!body.to_string().contains(secret), "{secret} in {body}");
    }
    let expected = json!({"success": true, "config": {
        "appIdConfigured": true, "appIdLength": 0, "appIdFirstChars": "****", "appSecretConfigured": true,
        "appSecretLength": 0, "webhookBaseUrl": "https://hub.example.com",
        "redirectUri": "https://hub.example.com/api/auth/callback/instagram",
        "authUrl": "****",
    }});
    assert_eq!((status, body), (StatusCode::OK, expected));
    let bare = Scene::open_with(&[("WEBHOOK_BASE_URL", "")]).await;
    let (_, body) = bare.user("ada@example.com").await.get(path).await;
    for key in ["appIdFirstChars", "webhookBaseUrl", "redirectUri"] {
        assert_eq!(body["config"][key], "NOT SET", "{key}");
    }
    assert_eq!((&body["config"]["appIdConfigured"], &body["config"]["appIdLength"]), (&json!(false), &json!(0)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s10_production_does_not_start_with_secrets_everybody_knows() {
    let database = Database::fresh(Engine::Sqlite).await;
    for (name, value) in [
        ("JWT_SECRET", ""),
        ("JWT_REFRESH_SECRET", ""),
        ("ENCRYPTION_KEY", ""),
        ("JWT_SECRET", "your-secret-key-change-in-production"),
        ("JWT_REFRESH_SECRET", "your-refresh-secret-key-change-in-production"),
        ("ENCRYPTION_KEY", "default-key-change-in-production!!"),
        ("ENCRYPTION_KEY", "your-32-character-encryption-key"),
        ("JWT_SECRET", "a-refresh-secret-of-forty-characters-000"),
        ("JWT_SECRET", "short"),
    ] {
        let refused = production(&database, Some((name, value)));
        let told = String::from_utf8_lossy(&refused.stderr).into_owned() + &String::from_utf8_lossy(&refused.stdout);
        assert!(!refused.status.success(), "{name}={value:?}");
        assert!(told.contains(name), "{name}={value:?}: {told}");
        assert!(value.is_empty() || !told.contains(value), "the value itself is not printed");
    }
    // With good ones it gets as far as the one setting that is wrong on purpose.
    let told = String::from_utf8_lossy(&production(&database, None).stderr).into_owned();
    assert!(told.contains("TRUSTED_PROXIES"), "{told}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s24_the_log_holds_no_words_no_tokens_and_no_addresses_of_people() {
    everywhere(async |engine| {
        let scene = Scene::on(engine, &[("RUST_LOG", "debug")]).await;
        let talk = scene.talk("very private words").await;
        talk.send("a private answer").await;
        talk.user.get("/api/messages").await;
        let login = json!({"email": "ada@example.com", "password": "a wrong pass phrase"});
        scene.client().post("/api/auth/login", &login).await;
        talk.user.post("/api/telegram/auth/phone", &json!({"phoneNumber": "+15550001234"})).await;
        assert!(scene.logged("answered").await >= 5, "the log talks");
        let log = scene.log();
        for secret in [
            "private",
            "wrong pass phrase",
            "correct horse",
            "15550001234",
            talk.user.token(),
            crate::support::BOT_TOKEN,
            crate::support::SECRET,
            super::scene::ACCESS_SECRET,
            "ada_42",
        ] {
            assert!(!log.contains(secret), "{secret} is in the log");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s25_no_stranger_draws_a_persons_picture() {
    let scene = Scene::open().await;
    let talk = scene.talk("Hello").await;
    let avatar = talk.shown().await["participant_avatar_url"].clone();
    let own = avatar.as_str().is_none_or(|url| url.starts_with('/') || url.starts_with("http://127.0.0.1:9/"));
    assert!(own, "{avatar}");
    let (_, pushed) = {
        let mut pushes = hub_testkit::Pushes::open(&talk.user).await;
        scene.hear(2, "two").await;
        pushes.up_to_message("two").await.pop().expect("a push")
    };
    assert_eq!(pushed["conversation"]["participantAvatarUrl"], avatar);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s26_no_credentials_of_anybody_are_built_in() {
    let template = Command::new(binary()).arg("config").env_clear().output().expect("it runs");
    let template = String::from_utf8(template.stdout).expect("text");
    let mut seen = 0;
    for line in template.lines() {
        let Some((name, value)) = line.trim_start_matches('#').split_once('=') else { continue };
        let name = name.trim();
        let sensitive = ["_secret", "_token", "_hash", "_key", "api_id", "app_id", "client_id", "password"];
        if sensitive.iter().any(|part| name.ends_with(part)) {
            seen += 1;
            assert_eq!(value.trim(), "", "{name} has a default");
        }
    }
    assert!(seen >= 20, "the template lists them: {seen}");
    // Without the application's own credentials nobody signs in to Telegram as a person.
    let scene = Scene::open().await;
    let user = scene.user("ada@example.com").await;
    let (status, body) = user.post("/api/telegram/auth/phone", &json!({"phoneNumber": "+15550001234"})).await;
    assert_eq!((status.as_u16(), &body["error"]), (503, &json!("Telegram is not configured")));
}
