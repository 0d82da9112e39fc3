use crate::support::{Hub, ORIGIN};
use reqwest::{Method, Response, header};

async fn send(hub: &Hub, method: Method, path: &str, headers: &[(&str, &str)]) -> Response {
    let mut request = hub.client.request(method, path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.send().await.expect("an answer")
}

fn text<'a>(response: &'a Response, name: &str) -> Option<&'a str> {
    response.headers().get(name).map(|value| value.to_str().expect("text"))
}

#[tokio::test]
async fn only_listed_origins_may_read_answers() {
    let hub = Hub::start().await;
    let asked = [("origin", ORIGIN), ("access-control-request-method", "POST")];
    let preflight = send(&hub, Method::OPTIONS, "/api/messages", &asked).await;
    assert_eq!(preflight.status().as_u16(), 204);
    assert_eq!(text(&preflight, "access-control-allow-origin"), Some(ORIGIN));
    assert_eq!(text(&preflight, "access-control-allow-credentials"), Some("true"));
    assert!(text(&preflight, "access-control-allow-headers").unwrap().contains("X-CSRF-Token"));
    let foreign = send(&hub, Method::GET, "/health", &[("origin", "https://evil.example")]).await;
    assert_eq!(foreign.status().as_u16(), 200);
    assert_eq!(text(&foreign, "access-control-allow-origin"), None);
    let own = send(&hub, Method::GET, "/health", &[("origin", ORIGIN)]).await;
    assert!(text(&own, "access-control-expose-headers").unwrap().contains("X-RateLimit-Remaining"));
    assert!(own.headers().get_all(header::VARY).iter().any(|v| v == "Origin"));
}

#[tokio::test]
async fn every_answer_carries_the_security_headers_and_an_id() {
    let hub = Hub::start().await;
    for path in ["/health", "/api/nothing", "/api/auth/me", "/"] {
        let answer = send(&hub, Method::GET, path, &[("x-request-id", "my-id.1")]).await;
        assert_eq!(text(&answer, "x-content-type-options"), Some("nosniff"), "{path}");
        assert_eq!(text(&answer, "x-frame-options"), Some("DENY"));
        assert!(text(&answer, "content-security-policy").unwrap().contains("object-src 'none'"));
        assert_eq!(text(&answer, "x-request-id"), Some("my-id.1"));
        assert_eq!(text(&answer, "x-powered-by"), None);
        assert_eq!(text(&answer, "strict-transport-security"), None, "only over TLS");
    }
    let odd = send(&hub, Method::GET, "/health", &[("x-request-id", "<script>")]).await;
    assert_ne!(text(&odd, "x-request-id"), Some("<script>"));
    assert_eq!(send(&hub, Method::HEAD, "/health/", &[]).await.status().as_u16(), 200);
}

#[tokio::test]
async fn a_browser_gets_one_double_submit_token() {
    let hub = Hub::start().await;
    let first = send(&hub, Method::GET, "/api/csrf-token", &[]).await;
    let cookie = text(&first, "set-cookie").expect("a cookie").to_owned();
    assert!(cookie.contains("HttpOnly; SameSite=Strict") && cookie.contains("Max-Age=86400"), "{cookie}");
    let value = cookie.split(['=', ';']).nth(1).expect("a value").to_owned();
    let body: serde_json::Value = first.json().await.expect("JSON");
    assert_eq!(body["csrfToken"], value);
    let again = send(&hub, Method::GET, "/api/csrf-token", &[("cookie", &format!("csrf-token={value}"))]).await;
    assert_eq!(text(&again, "set-cookie"), None);
    let body: serde_json::Value = again.json().await.expect("JSON");
    assert_eq!(body["csrfToken"], value);
}

#[tokio::test]
async fn a_user_has_so_many_requests_a_minute_and_hears_how_many_are_left() {
    let hub = Hub::start_with(|settings| settings.rate_limit_per_minute = 3).await;
    let user = hub.client.register("ada@example.com").await;
    let get = async |path: &str| user.request(Method::GET, path).send().await.expect("an answer");
    for left in ["2", "1", "0"] {
        let answer = get("/api/conversations").await;
        assert_eq!((answer.status().as_u16(), text(&answer, "x-ratelimit-remaining")), (200, Some(left)));
        assert_eq!(text(&answer, "x-ratelimit-limit"), Some("3"));
    }
    let refused = get("/api/conversations").await;
    assert_eq!(refused.status().as_u16(), 429);
    assert!(text(&refused, "retry-after").is_some());
    let body: serde_json::Value = refused.json().await.expect("JSON");
    assert_eq!((&body["code"], body["details"]["limit"].as_i64()), (&"RATE_LIMIT_EXCEEDED".into(), Some(3)));
    assert_eq!(get("/api/oauth/accounts").await.status().as_u16(), 200, "its failures cannot be shown");
    assert_eq!(get("/api/auth/me").await.status().as_u16(), 200, "signing in is not limited by this");
    let other = hub.client.register("eve@example.com").await;
    assert_eq!(other.get("/api/conversations").await.0.as_u16(), 200, "everybody has a budget of their own");
}

#[tokio::test]
async fn a_socket_needs_a_token_and_an_origin_we_know() {
    let hub = Hub::start().await;
    let upgrade = [
        ("connection", "Upgrade"),
        ("upgrade", "websocket"),
        ("sec-websocket-version", "13"),
        ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ];
    let mut foreign = upgrade.to_vec();
    foreign.push(("origin", "https://evil.example"));
    assert_eq!(send(&hub, Method::GET, "/ws/messages/?token=x", &foreign).await.status().as_u16(), 403);
    let accepted = send(&hub, Method::GET, "/ws/messages?token=x", &upgrade).await;
    assert_eq!(accepted.status().as_u16(), 101, "the close code says what is wrong");
    assert_eq!(send(&hub, Method::GET, "/ws/elsewhere", &upgrade).await.status().as_u16(), 404);
    let old = send(&hub, Method::GET, "/socket.io/?EIO=3&transport=polling", &[]).await;
    assert_eq!(old.status().as_u16(), 400);
    assert_eq!(old.text().await.expect("a body"), r#"{"code":5,"message":"Unsupported protocol version"}"#);
}
