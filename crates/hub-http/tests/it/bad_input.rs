use crate::support::{Hub, SECRET};
use hub_testkit::client::answer;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

const ID: &str = "3f2b8c1e-9d47-4c55-8a10-6b1f0c9e7a21";

#[tokio::test]
async fn every_protected_route_asks_for_a_token_and_tells_what_is_wrong_with_it() {
    let hub = Hub::start().await;
    let routes = [
        (Method::GET, "/api/auth/me".to_owned()),
        (Method::GET, "/api/oauth/accounts".to_owned()),
        (Method::GET, "/api/oauth/connect/telegram".to_owned()),
        (Method::DELETE, format!("/api/oauth/disconnect/{ID}")),
        (Method::GET, "/api/conversations".to_owned()),
        (Method::GET, format!("/api/conversations/{ID}")),
        (Method::GET, "/api/messages".to_owned()),
        (Method::GET, format!("/api/messages/{ID}")),
        (Method::POST, format!("/api/messages/{ID}/send")),
        (Method::PATCH, format!("/api/messages/{ID}/read")),
        (Method::PATCH, format!("/api/messages/conversation/{ID}/read")),
        (Method::GET, "/api/messages/unread/count".to_owned()),
        (Method::POST, "/api/telegram/auth/phone".to_owned()),
        (Method::GET, "/api/debug/polling/stats".to_owned()),
        (Method::GET, "/api/platforms".to_owned()),
    ];
    let expired = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.e30.AAAA";
    for (method, path) in routes {
        let (status, body) = answer(hub.client.request(method.clone(), &path)).await;
        assert_eq!((status.as_u16(), &body["error"]["code"]), (401, &json!("UNAUTHORIZED")), "{method} {path}");
        assert_eq!(body["error"]["message"], "Access token is required");
        let (status, body) = answer(hub.client.with_token(expired).request(method.clone(), &path)).await;
        assert_eq!((status.as_u16(), &body["error"]["code"]), (401, &json!("INVALID_TOKEN")), "{method} {path}");
    }
}

#[tokio::test]
async fn log_in_forms_name_their_first_problem() {
    let hub = Hub::start().await;
    for (body, words) in [
        (json!({}), "\"email\" is required"),
        (json!({"email": ""}), "\"email\" is not allowed to be empty"),
        (json!({"email": 7, "password": "x"}), "\"email\" must be a string"),
        (json!({"email": "ada", "password": "long enough"}), "\"email\" must be a valid email"),
        (json!({"email": "a@b.co"}), "\"password\" is required"),
        (json!({"email": "a@b.co", "password": "short"}), "\"password\" length must be at least 8 characters long"),
        (json!({"email": "a@b.co", "password": "long enough", "role": "admin"}), "\"role\" is not allowed"),
        (json!([1]), "\"value\" must be of type object"),
    ] {
        let (status, answer) = hub.client.post("/api/auth/register", &body).await;
        assert_eq!(status.as_u16(), 400, "{body}");
        assert_eq!(answer["error"]["code"], "VALIDATION_ERROR");
        assert_eq!(answer["error"]["message"], words);
        assert!(answer["error"].get("details").is_none());
    }
    let form = hub
        .client
        .request(Method::POST, "/api/auth/register")
        .form(&[("email", "a@b.co"), ("password", "long enough")]);
    assert_eq!(answer(form).await.0, StatusCode::CREATED, "forms are read as well");
    let text = hub.client.request(Method::POST, "/api/auth/login").header("content-type", "text/plain").body("{}");
    assert_eq!(answer(text).await.1["error"]["message"], "\"email\" is required", "another type counts as empty");
}

#[tokio::test]
async fn malformed_and_huge_bodies_are_refused_in_words() {
    let hub = Hub::start().await;
    let user = hub.client.register("ada@example.com").await;
    let send = |body: &str| {
        let request = user.request(Method::POST, &format!("/api/messages/{ID}/send"));
        request.header("content-type", "application/json").body(body.to_owned())
    };
    let (status, body) = answer(send("{\"content\": ")).await;
    assert_eq!((status.as_u16(), &body["error"]["code"]), (400, &json!("VALIDATION_ERROR")));
    assert_eq!(body["message"], body["error"]["message"]);
    let huge = format!("{{\"content\": \"{}\"}}", "x".repeat(11 * 1024 * 1024));
    let (status, body) = answer(send(&huge)).await;
    assert_eq!((status.as_u16(), &body["error"]["code"]), (413, &json!("PAYLOAD_TOO_LARGE")));
    let (status, body) = answer(send(&json!({"content": "x".repeat(10_001)}).to_string())).await;
    let details = &body["error"]["details"][0];
    assert_eq!((status.as_u16(), &details["field"]), (400, &json!("content")));
    for blank in [json!({"content": ""}), json!({"content": 5}), json!({})] {
        assert_eq!(answer(send(&blank.to_string())).await.0.as_u16(), 400, "{blank}");
    }
    let (status, body) = answer(send(&json!({"content": "   "}).to_string())).await;
    assert_eq!((status.as_u16(), &body["message"]), (400, &json!("Message content is required")));
    let (status, body) = answer(send(&json!({"content": "hi"}).to_string())).await;
    assert_eq!((status.as_u16(), &body["error"]["code"]), (403, &json!("FORBIDDEN")), "nobody's conversation");
}

#[tokio::test]
async fn queries_and_paths_name_all_their_problems() {
    let hub = Hub::start().await;
    let user = hub.client.register("ada@example.com").await;
    let (status, body) = user.get("/api/messages?limit=0&offset=x&since=yesterday").await;
    let fields: Vec<&str> =
        body["error"]["details"].as_array().unwrap().iter().map(|d| d["field"].as_str().unwrap()).collect();
    assert_eq!((status.as_u16(), fields), (400, vec!["limit", "offset", "since"]));
    assert_eq!(body["error"]["message"], "Request validation failed");
    for (path, words) in [
        ("/api/messages?limit=101", "\"limit\" must be less than or equal to 100"),
        ("/api/messages?limit=1.5", "\"limit\" must be an integer"),
        ("/api/messages?offset=-1", "\"offset\" must be greater than or equal to 0"),
        ("/api/messages/not-an-id", "\"conversationId\" must be a valid GUID"),
        (
            "/api/conversations?platform=icq",
            "\"platform\" must be one of [telegram, twitter, linkedin, instagram, whatsapp, facebook, teams]",
        ),
        (
            "/api/oauth/connect/icq",
            "\"platform\" must be one of [telegram, twitter, linkedin, instagram, whatsapp, facebook, teams]",
        ),
    ] {
        let (status, body) = user.get(path).await;
        assert_eq!((status.as_u16(), &body["error"]["details"][0]["message"]), (400, &json!(words)), "{path}");
    }
    assert_eq!(user.patch(&format!("/api/messages/{ID}/read")).await.0.as_u16(), 404);
    assert_eq!(user.delete(&format!("/api/oauth/disconnect/{ID}")).await.0.as_u16(), 404);
    let (status, body) = user.get("/api/oauth/connect/facebook").await;
    assert_eq!((status.as_u16(), &body["error"]["message"]), (500, &json!("facebook is not configured")));
    let (status, body) = user.get("/api/oauth/callback/telegram?state=abc").await;
    assert_eq!((status.as_u16(), &body["error"]["code"]), (400, &json!("INVALID_CALLBACK")));
    let (status, body) = user.get("/api/auth/callback/telegram?state=abc&code=x").await;
    assert_eq!((status.as_u16(), &body["error"]["code"]), (400, &json!("INVALID_STATE")));
}

async fn deliver(hub: &Hub, path: &str, secrets: &[&str], body: Vec<u8>) -> (StatusCode, Value) {
    let mut request = hub.client.request(Method::POST, path).body(body);
    for secret in secrets {
        request = request.header("X-Telegram-Bot-Api-Secret-Token", *secret);
    }
    answer(request).await
}

#[tokio::test]
async fn a_delivery_that_proves_nothing_is_refused_and_one_that_means_nothing_is_not() {
    let hub = Hub::start().await;
    let path = "/api/webhooks/telegram";
    let update = br#"{"update_id":1,"message":{"message_id":1,"date":1,"chat":{"id":1,"type":"private"},"text":"hi"}}"#;
    for secrets in [vec![], vec!["wrong"], vec![""], vec![SECRET, SECRET], vec![&SECRET[..20]]] {
        let (status, body) = deliver(&hub, path, &secrets, update.to_vec()).await;
        assert_eq!((status.as_u16(), body), (401, json!({"error": "Invalid signature"})), "{secrets:?}");
    }
    let (status, _) = deliver(&hub, &format!("{path}/{}", "0".repeat(64)), &[SECRET], update.to_vec()).await;
    assert_eq!(status.as_u16(), 401, "an address that nobody has");
    // For a bot that nobody linked, of an unknown kind, or no JSON at all: taken, because a repeat would bring the same.
    for body in [update.to_vec(), br#"{"update_id":2,"brand_new_kind":{}}"#.to_vec(), b"\xff\xfe not json".to_vec()] {
        let (status, body) = deliver(&hub, path, &[SECRET], body).await;
        assert_eq!((status.as_u16(), body), (200, json!({"ok": true})));
    }
    let (status, body) = deliver(&hub, path, &[SECRET], vec![b' '; 4 * 1024 * 1024]).await;
    assert_eq!((status.as_u16(), body["error"].is_string()), (413, true));
    assert_eq!(deliver(&hub, "/api/webhooks/icq", &[SECRET], update.to_vec()).await.0.as_u16(), 404);
    let (status, body) = deliver(&hub, "/api/webhooks/facebook", &[], b"{}".to_vec()).await;
    assert_eq!((status.as_u16(), body), (401, json!({"error": "Invalid signature"})), "no secret is configured");
    let (status, body) =
        hub.client.get("/api/webhooks/whatsapp?hub.mode=subscribe&hub.verify_token=&hub.challenge=1").await;
    assert_eq!((status.as_u16(), body), (403, json!({"error": "Invalid verify token"})));
    let user = hub.client.register("ada@example.com").await;
    assert_eq!(user.all_messages().await.len(), 0, "nothing of it is anybody's");
}

#[tokio::test]
async fn a_password_is_never_told_from_an_unknown_address() {
    let hub = Hub::start().await;
    hub.client.register("ada@example.com").await;
    let login = |email: &str| json!({"email": email, "password": "not the password"});
    let known = hub.client.post("/api/auth/login", &login("ada@example.com")).await;
    let unknown = hub.client.post("/api/auth/login", &login("eve@example.com")).await;
    assert_eq!(known, unknown);
    assert_eq!(known.0.as_u16(), 401);
    assert_eq!(known.1["error"]["code"], "AUTHENTICATION_FAILED");
    let body = json!({"email": "ADA@example.com", "password": "correct horse battery"});
    assert_eq!(hub.client.post("/api/auth/register", &body).await.0.as_u16(), 409);
    assert_eq!(hub.client.post("/api/auth/login", &body).await.0.as_u16(), 200, "capitals do not matter");
}
