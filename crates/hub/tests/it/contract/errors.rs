//! How failures look, by the page that shows them (D16–D22, D29, S16).

use super::scene::{NOBODYS, PASSWORD, Scene, ask, everywhere, header};
use hub_testkit::Client;
use hub_testkit::client::answer;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

/// Larger than any body may be, in bytes.
const TOO_LARGE: usize = 10 * 1024 * 1024 + 1;

/// A structured error, with its words once more at the top.
fn is_structured_with_message(status: StatusCode, body: &Value, code: &str) {
    assert_eq!(body["error"]["code"], code, "{status} {body}");
    assert!(body["error"]["retryable"].is_boolean());
    assert!(body["message"].is_string() && body["message"] == body["error"]["message"], "{body}");
}

/// A flat error: pages put `error` straight into the text.
fn is_flat(status: StatusCode, body: &Value, code: &str) {
    assert!(body["error"].is_string(), "{status} {body}");
    assert_eq!((&body["code"], &body["message"]), (&json!(code), &body["error"]));
    assert!(body["retryable"].is_boolean());
}

/// Takes a table away, so that whatever needs it fails inside.
async fn lose(scene: &Scene, table: &str) {
    scene.database.change(format!("ALTER TABLE {table} RENAME TO {table}_away")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d16_failures_of_messages_are_structured_with_a_message_at_the_top() {
    let scene = Scene::open_with(&[("RATE_LIMIT_PER_MINUTE", "7")]).await;
    let talk = scene.talk("Hello").await; // one of the seven
    let user = &talk.user;
    let (status, body) = user.get("/api/messages?limit=0").await;
    is_structured_with_message(status, &body, "VALIDATION_ERROR");
    let (status, body) = user.get(&format!("/api/messages/{NOBODYS}")).await;
    is_structured_with_message(status, &body, "FORBIDDEN");
    let (status, body) = user.patch(&format!("/api/messages/{NOBODYS}/read")).await;
    is_structured_with_message(status, &body, "NOT_FOUND");
    let (status, body) = scene.client().get("/api/messages").await;
    is_structured_with_message(status, &body, "UNAUTHORIZED");
    lose(&scene, "messages").await;
    let (status, body) = user.get("/api/messages").await;
    assert_eq!((status.as_u16(), &body["message"]), (500, &json!("Failed to fetch messages")));
    is_structured_with_message(status, &body, "INTERNAL_ERROR");
    let refused = async || {
        for _ in 0..10 {
            let (status, body) = user.get("/api/messages/unread/count").await;
            if status == StatusCode::TOO_MANY_REQUESTS {
                return body;
            }
        }
        panic!("the limit is never reached");
    };
    let body = refused().await;
    is_structured_with_message(StatusCode::TOO_MANY_REQUESTS, &body, "RATE_LIMIT_EXCEEDED");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d17_failures_of_conversations_and_telegram_are_texts() {
    everywhere(async |engine| {
        let scene = Scene::on(engine, &[]).await;
        let user = scene.user("ada@example.com").await;
        let (status, body) = user.get(&format!("/api/conversations/{NOBODYS}")).await;
        assert_eq!(status, StatusCode::NOT_FOUND);
        is_flat(status, &body, "NOT_FOUND");
        let (status, body) = user.post(&format!("/api/telegram/{NOBODYS}/sync"), &json!({})).await;
        assert!(status == StatusCode::NOT_FOUND || status == StatusCode::SERVICE_UNAVAILABLE, "{status}");
        assert!(body["error"].is_string(), "{body}");
        // Validation and sign-in are structured here as everywhere.
        let (_, body) = user.get("/api/conversations?limit=0").await;
        assert_eq!(body["error"]["code"], "VALIDATION_ERROR");
        let (_, body) = scene.client().get("/api/conversations").await;
        assert_eq!(body["error"]["code"], "UNAUTHORIZED");
        lose(&scene, "conversations").await;
        let (status, body) = user.get("/api/conversations").await;
        assert_eq!((status.as_u16(), &body["error"]), (500, &json!("Failed to fetch conversations")));
        is_flat(status, &body, "INTERNAL_ERROR");
        let (status, body) = user.get(&format!("/api/conversations/{NOBODYS}")).await;
        assert_eq!((status.as_u16(), &body["error"]), (500, &json!("Failed to fetch conversation")));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d18_the_list_of_accounts_fails_structured_and_is_never_limited() {
    let scene = Scene::open_with(&[("RATE_LIMIT_PER_MINUTE", "2")]).await;
    let user = scene.user("ada@example.com").await;
    for _ in 0..5 {
        assert_eq!(user.get("/api/oauth/accounts").await.0, StatusCode::OK);
    }
    assert_eq!(user.get("/api/conversations").await.0, StatusCode::TOO_MANY_REQUESTS, "others are");
    lose(&scene, "connected_accounts").await;
    let (status, body) = user.get("/api/oauth/accounts").await;
    assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
    let expected = json!({
        "code": "FETCH_FAILED", "message": "Failed to retrieve connected accounts", "retryable": true,
    });
    assert_eq!(body["error"], expected);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d19_a_path_that_is_no_uuid_is_a_validation_error_with_its_field() {
    let scene = Scene::open().await;
    let user = scene.user("ada@example.com").await;
    for (method, path, field) in [
        (Method::GET, "/api/messages/17", "conversationId"),
        (Method::POST, "/api/messages/17/send", "conversationId"),
        (Method::PATCH, "/api/messages/17/read", "messageId"),
        (Method::PATCH, "/api/messages/conversation/17/read", "conversationId"),
        (Method::GET, "/api/conversations/17", "conversationId"),
        (Method::DELETE, "/api/oauth/disconnect/17", "accountId"),
        (Method::POST, "/api/oauth/refresh/17", "accountId"),
    ] {
        let (status, body) = answer(user.request(method.clone(), path).json(&json!({"content": "x"}))).await;
        assert_eq!(
            (status.as_u16(), &body["error"]["code"]),
            (400, &json!("VALIDATION_ERROR")),
            "{method} {path} {body}"
        );
        let expected = json!([{"field": field, "message": format!("\"{field}\" must be a valid GUID")}]);
        assert_eq!(body["error"]["details"], expected);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d20_an_unknown_platform_is_a_validation_error() {
    let scene = Scene::open().await;
    let user = scene.user("ada@example.com").await;
    let words = "\"platform\" must be one of [telegram, twitter, linkedin, instagram, whatsapp, facebook, teams]";
    for path in [
        "/api/oauth/connect/icq",
        "/api/oauth/callback/icq?code=x&state=y",
        "/api/auth/callback/icq?code=x&state=y",
        "/api/conversations?platform=icq",
    ] {
        let (status, body) = user.get(path).await;
        assert_eq!((status.as_u16(), &body["error"]["code"]), (400, &json!("VALIDATION_ERROR")), "{path}");
        assert_eq!(body["error"]["details"][0]["message"], words);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d21_malformed_json_is_a_400_and_a_huge_body_a_413() {
    let scene = Scene::open().await;
    let user = scene.user("ada@example.com").await;
    for path in ["/api/auth/login".to_owned(), format!("/api/messages/{NOBODYS}/send")] {
        let send =
            |body: String| user.request(Method::POST, &path).header("content-type", "application/json").body(body);
        let (status, body) = answer(send("{\"content\": ".to_owned())).await;
        assert_eq!((status.as_u16(), &body["error"]["code"]), (400, &json!("VALIDATION_ERROR")), "{path}");
        let (status, body) = answer(send("x".repeat(TOO_LARGE))).await;
        assert_eq!((status.as_u16(), &body["error"]["code"]), (413, &json!("PAYLOAD_TOO_LARGE")), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d22_an_unknown_route_is_a_json_404() {
    let scene =
        Scene::open_with(&[("HUB_ENV", "production"), ("ENCRYPTION_KEY", "0123456789abcdef0123456789abcdef")]).await;
    for (method, path) in [
        (Method::GET, "/api/nothing"),
        (Method::GET, "/api"),
        (Method::POST, "/api/nothing/at/all"),
        (Method::PUT, "/api/messages"),
        (Method::GET, "/ws/elsewhere"),
        (Method::DELETE, "/nowhere"),
    ] {
        let answer = ask(&scene.client(), method.clone(), path, &[]).await;
        let status = answer.status().as_u16();
        assert!(status == 404 || (path == "/api/messages" && status == 405), "{method} {path} {status}");
        assert_eq!(header(&answer, "content-type"), Some("application/json"), "{method} {path}");
        let body: Value = answer.json().await.expect("JSON");
        assert_eq!(body["error"]["code"], "NOT_FOUND");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d29_a_foreign_conversation_is_forbidden_like_an_unknown_one() {
    everywhere(async |engine| {
        let scene = Scene::on(engine, &[]).await;
        let talk = scene.talk("Hello").await;
        let eve = scene.user("eve@example.com").await;
        for id in [talk.conversation.as_str(), NOBODYS] {
            for (method, path, words) in [
                (Method::GET, format!("/api/messages/{id}"), "Access denied to this conversation"),
                (Method::POST, format!("/api/messages/{id}/send"), "Access denied to this conversation"),
                (Method::PATCH, format!("/api/messages/conversation/{id}/read"), "Access denied"),
            ] {
                let (status, body) = answer(eve.request(method.clone(), &path).json(&json!({"content": "x"}))).await;
                assert_eq!((status.as_u16(), &body["message"]), (403, &json!(words)), "{method} {path}");
                assert_eq!(body["error"]["code"], "FORBIDDEN");
            }
        }
        assert!(scene.hub.platform.sent(crate::support::BOT_TOKEN).is_empty(), "nothing was sent");
        assert_eq!(talk.shown().await["unread_count"], 1, "nothing was marked");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s16_inner_failures_are_told_without_their_inside() {
    everywhere(async |engine| {
        let scene = Scene::on(engine, &[]).await;
        let user = scene.user("ada@example.com").await;
        lose(&scene, "refresh_tokens").await;
        let credentials = json!({"email": "ada@example.com", "password": PASSWORD});
        let newcomer = json!({"email": "eve@example.com", "password": PASSWORD});
        // A refresh token that is ours, so that the database is asked.
        let ours = super::scene::token("HS256", &super::scene::claims(&user, 600).await, super::scene::REFRESH_SECRET);
        let token = json!({ "refreshToken": ours });
        for (path, body, code) in [
            ("/api/auth/login", &credentials, "INTERNAL_ERROR"),
            ("/api/auth/register", &newcomer, "REGISTRATION_FAILED"),
            ("/api/auth/logout", &token, "LOGOUT_FAILED"),
            ("/api/auth/refresh", &token, "INTERNAL_ERROR"),
        ] {
            let (status, answer) = scene.client().post(path, body).await;
            assert_eq!((status.as_u16(), &answer["error"]["code"]), (500, &json!(code)), "{path} {answer}");
            is_silent(&answer);
        }
        lose(&scene, "users").await;
        let (status, answer) = user.get("/api/auth/me").await;
        assert_eq!((status.as_u16(), &answer["error"]["code"]), (500, &json!("USER_INFO_FAILED")));
        is_silent(&answer);
        is_logged(&scene).await;
        nothing_of_the_inside_in_a_debug_answer(&user, &scene).await;
    })
    .await;
}

/// No SQL, no table, no engine, no source file.
fn is_silent(answer: &Value) {
    let text = answer.to_string().to_lowercase();
    for word in ["refresh_tokens", "users", "select", "sqlite", "postgres", "relation", "no such", ".rs", "stack"] {
        assert!(!text.contains(word), "{word} in {answer}");
    }
}

/// The operator finds each of them in the log.
async fn is_logged(scene: &Scene) {
    assert!(scene.logged("a request failed").await >= 5);
}

async fn nothing_of_the_inside_in_a_debug_answer(user: &Client, scene: &Scene) {
    lose(scene, "connected_accounts").await;
    let (status, answer) = user.post(&format!("/api/debug/polling/{NOBODYS}"), &json!({})).await;
    assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(answer, json!({"success": false, "error": "Failed to trigger polling"}));
}
