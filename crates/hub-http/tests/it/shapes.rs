use crate::support::Hub;
use hub_testkit::client::answer;
use reqwest::Method;
use serde_json::{Value, json};

const ID: &str = "3f2b8c1e-9d47-4c55-8a10-6b1f0c9e7a21";

#[tokio::test]
async fn each_group_of_routes_fails_in_its_own_shape() {
    let hub = Hub::start().await;
    let user = hub.client.register("ada@example.com").await;
    let (status, body) = user.get(&format!("/api/conversations/{ID}")).await;
    assert_eq!(status.as_u16(), 404);
    assert_eq!(body["error"], "Conversation not found or access denied", "a text: pages show it as it is");
    let (_, body) = user.get("/api/conversations?limit=0").await;
    assert!(body["error"]["details"].is_array(), "validation is structured there, too");
    let (status, body) = user.post("/api/telegram/auth/phone", &json!({"phoneNumber": "+1"})).await;
    assert_eq!((status.as_u16(), &body["error"]), (503, &json!("Telegram is not configured")));
    let (status, body) = answer(user.request(Method::POST, &format!("/api/debug/polling/{ID}"))).await;
    assert_eq!((status.as_u16(), &body["success"]), (404, &json!(false)));
    assert!(body["error"].is_string());
    let (status, body) = user.get("/api/nothing/here").await;
    assert_eq!((status.as_u16(), &body["error"]["code"]), (404, &json!("NOT_FOUND")));
    assert_eq!(answer(user.request(Method::PUT, "/api/messages")).await.0.as_u16(), 404);
}

#[tokio::test]
async fn log_in_answers_are_the_contracts() {
    let hub = Hub::start().await;
    let credentials = json!({"email": "ada@example.com", "password": "correct horse battery"});
    let (status, body) = hub.client.post("/api/auth/register", &credentials).await;
    assert_eq!(status.as_u16(), 201);
    let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(keys(&body), ["tokens", "user"]);
    assert_eq!(keys(&body["user"]), ["createdAt", "email", "id"]);
    let created = body["user"]["createdAt"].as_str().unwrap();
    assert!(created.len() == 24 && created.ends_with('Z') && created.as_bytes()[19] == b'.', "{created}");
    let refresh = json!({"refreshToken": body["tokens"]["refreshToken"]});
    let (status, renewed) = hub.client.post("/api/auth/refresh/", &refresh).await;
    assert_eq!(status.as_u16(), 200, "with a slash at the end");
    assert_eq!(renewed["tokens"]["accessToken"], renewed["accessToken"]);
    let user = hub.client.with_token(renewed["accessToken"].as_str().unwrap());
    let (_, me) = user.get("/api/auth/me").await;
    assert_eq!((&me["user"]["email"], &me["email"]), (&json!("ada@example.com"), &json!("ada@example.com")));
    let (status, body) = hub.client.post("/api/auth/logout", &json!({"refreshToken": "unknown"})).await;
    assert_eq!((status.as_u16(), body), (200, json!({"message": "Logged out successfully"})));
    assert_eq!(hub.client.post("/api/auth/logout", &json!({})).await.0.as_u16(), 400);
}

#[tokio::test]
async fn empty_lists_have_their_members() {
    let hub = Hub::start().await;
    let user = hub.client.register("ada@example.com").await;
    assert_eq!(user.get("/api/oauth/accounts").await.1, json!({"accounts": []}));
    let expected = json!({"conversations": [], "total": 0, "hasMore": false, "count": 0, "limit": 50, "offset": 0});
    assert_eq!(user.get("/api/conversations").await.1, expected);
    assert_eq!(user.get("/api/messages/unread/count").await.1, json!({"total": 0, "byPlatform": {}}));
    assert_eq!(user.get("/api/oauth/rate-limits").await.1, json!({"rateLimits": []}));
    let (_, stats) = user.get("/api/debug/polling/stats").await;
    assert_eq!(stats["stats"], json!({"waiting": 0, "active": 0, "completed": 0, "failed": 0, "delayed": 0}));
    let (_, body) = user.get("/api/platforms").await;
    assert_eq!(body["platforms"][0]["accountKind"], body["platforms"][0]["account_kind"]);
    let (_, health) = hub.client.get("/health").await;
    assert_eq!(health["services"]["websocket"], json!({"status": "active", "connections": 0, "authenticatedUsers": 0}));
}
