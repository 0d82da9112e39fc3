//! What stands around every request: tokens against foreign pages, limits, origins, headers (D37–D44, S23, C18).

use super::scene::{NOBODYS, PASSWORD, Scene, ask, header};
use hub_testkit::client::answer;
use hub_testkit::eventually;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

const FRONT: &str = "https://inbox.example.com";
const EVIL: &str = "https://evil.example";
const WIDGET: &str = "https://telegram.org";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d37_the_double_submit_token_bears_the_first_originals_names() {
    let scene = Scene::open().await;
    let first = ask(&scene.client(), Method::GET, "/api/csrf-token", &[]).await;
    let cookie = header(&first, "set-cookie").expect("a cookie").to_owned();
    let token = cookie.strip_prefix("csrf-token=").expect("its name").split(';').next().expect("a value").to_owned();
    assert!(token.len() == 64 && token.bytes().all(|byte| byte.is_ascii_hexdigit()), "{token}");
    assert_eq!(cookie, format!("csrf-token={token}; Max-Age=86400; Path=/; HttpOnly; SameSite=Strict"));
    let body: Value = first.json().await.expect("JSON");
    assert_eq!(body, json!({ "csrfToken": token }));
    let known = format!("csrf-token={token}");
    let again = ask(&scene.client(), Method::GET, "/api/csrf-token", &[("cookie", &known)]).await;
    assert_eq!(header(&again, "set-cookie"), None, "it has one");
    assert_eq!(again.json::<Value>().await.expect("JSON"), json!({ "csrfToken": token }));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d38_no_double_submit_token_is_asked_of_a_bearer() {
    let scene = Scene::open().await;
    let talk = scene.talk("Hello").await;
    // As the front end: no such cookie and no such header, on any unsafe method.
    assert_eq!(talk.send("Hi").await.0, StatusCode::CREATED);
    assert_eq!(talk.user.patch(&format!("/api/messages/{}/read", talk.message)).await.0, StatusCode::OK);
    assert_eq!(talk.user.delete(&format!("/api/oauth/disconnect/{}", talk.account)).await.0, StatusCode::OK);
    let login = json!({"email": "ada@example.com", "password": PASSWORD});
    assert_eq!(scene.client().post("/api/auth/login", &login).await.0, StatusCode::OK);
    // A browser's cookies alone open nothing.
    let (status, body) =
        answer(scene.client().request(Method::POST, "/api/auth/refresh").header("cookie", "hub_rt=x")).await;
    assert_eq!((status.as_u16(), &body["error"]["message"]), (400, &json!("\"refreshToken\" is required")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d39_a_user_has_a_hundred_requests_a_minute() {
    let scene = Scene::open_with(&[("RATE_LIMIT_PER_MINUTE", "")]).await;
    let user = scene.user("ada@example.com").await;
    for left in (0..100).rev() {
        let answer = user.request(Method::GET, "/api/conversations").send().await.expect("an answer");
        assert_eq!(answer.status(), StatusCode::OK, "{left} left");
        assert_eq!(header(&answer, "x-ratelimit-limit"), Some("100"));
        assert_eq!(header(&answer, "x-ratelimit-remaining"), Some(left.to_string().as_str()));
    }
    let refused = user.request(Method::GET, "/api/messages").send().await.expect("an answer");
    assert_eq!(
        (refused.status(), header(&refused, "x-ratelimit-remaining")),
        (StatusCode::TOO_MANY_REQUESTS, Some("0"))
    );
    let wait: u64 = header(&refused, "retry-after").expect("a time").parse().expect("seconds");
    assert!((1..=60).contains(&wait), "{wait}");
    let body: Value = refused.json().await.expect("JSON");
    assert_eq!(body["error"]["details"], json!({"limit": 100, "windowMs": 60_000, "retryAfter": wait}));
    assert_eq!(body["error"]["message"], "Rate limit exceeded. Please try again later.");
    // What the front end does per message, what comes before signing in, and other people are not limited by it.
    assert_eq!(user.patch(&format!("/api/messages/{NOBODYS}/read")).await.0, StatusCode::NOT_FOUND);
    assert_eq!(user.get("/api/auth/me").await.0, StatusCode::OK);
    assert_eq!(user.get("/health").await.0, StatusCode::OK);
    assert_eq!(scene.user("eve@example.com").await.get("/api/conversations").await.0, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d40_the_limits_reset_is_a_time_in_utc() {
    let scene = Scene::open().await;
    let user = scene.user("ada@example.com").await;
    let answer = user.request(Method::GET, "/api/conversations").send().await.expect("an answer");
    let reset = header(&answer, "x-ratelimit-reset").expect("a time");
    assert!(reset.len() == 24 && reset.ends_with('Z'), "{reset}");
    let reset = chrono::DateTime::parse_from_rfc3339(reset).expect("a time");
    let ahead = (reset.to_utc() - chrono::Utc::now()).num_seconds();
    assert!((50..=61).contains(&ahead), "a window ahead: {ahead}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d41_only_listed_origins_may_read() {
    let settings = [("CORS_ORIGINS", "https://one.example, https://two.example/"), ("FRONTEND_URL", FRONT)];
    let asked = [("access-control-request-method", "POST"), ("access-control-request-headers", "authorization")];
    let scene = Scene::open_with(&settings).await;
    for (origin, allowed) in
        [(FRONT, true), ("https://one.example", true), ("https://two.example", true), (EVIL, false), ("null", false)]
    {
        let mut headers = asked.to_vec();
        headers.push(("origin", origin));
        let preflight = ask(&scene.client(), Method::OPTIONS, "/api/messages", &headers).await;
        assert_eq!(preflight.status(), StatusCode::NO_CONTENT, "{origin}");
        assert_eq!(header(&preflight, "access-control-allow-origin"), allowed.then_some(origin));
        if allowed {
            assert_eq!(header(&preflight, "access-control-allow-credentials"), Some("true"));
            assert_eq!(header(&preflight, "access-control-allow-methods"), Some("GET,POST,PUT,DELETE,PATCH,OPTIONS"));
            let may = header(&preflight, "access-control-allow-headers").expect("a list");
            assert!(["Content-Type", "Authorization", "X-CSRF-Token"].iter().all(|name| may.contains(name)), "{may}");
        }
        let plain = ask(&scene.client(), Method::GET, "/health", &[("origin", origin)]).await;
        assert_eq!(
            (plain.status(), header(&plain, "access-control-allow-origin")),
            (StatusCode::OK, allowed.then_some(origin))
        );
        assert!(plain.headers().get_all("vary").iter().any(|value| value == "Origin"), "{origin}");
    }
    let default = Scene::open().await;
    let vite = [("origin", "http://localhost:5173")];
    let plain = ask(&default.client(), Method::GET, "/health", &vite).await;
    assert_eq!(header(&plain, "access-control-allow-origin"), Some("http://localhost:5173"));
    let exposed = header(&plain, "access-control-expose-headers").expect("a list");
    assert!(
        ["X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset", "Retry-After"]
            .iter()
            .all(|n| exposed.contains(n))
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d42_plain_requests_are_redirected_where_that_is_wanted() {
    let proxied =
        [("FORCE_HTTPS", "true"), ("WEBHOOK_BASE_URL", "https://hub.example.com"), ("TRUSTED_PROXIES", "127.0.0.1")];
    let scene = Scene::open_with(&proxied).await;
    for path in ["/health", "/api/messages?limit=5"] {
        let plain = ask(&scene.client(), Method::GET, path, &[]).await;
        assert_eq!(plain.status(), StatusCode::MOVED_PERMANENTLY);
        assert_eq!(header(&plain, "location"), Some(format!("https://hub.example.com{path}").as_str()));
        for mark in [("x-forwarded-proto", "https"), ("x-forwarded-ssl", "on")] {
            let secure = ask(&scene.client(), Method::GET, path, &[mark]).await;
            assert_ne!(secure.status(), StatusCode::MOVED_PERMANENTLY, "{mark:?}");
            assert!(
                header(&secure, "strict-transport-security").is_some_and(|value| value.contains("max-age=31536000"))
            );
        }
    }
    let stranger = Scene::open_with(&[proxied[0], proxied[1], ("TRUSTED_PROXIES", "10.0.0.0/8")]).await;
    let claims = ask(&stranger.client(), Method::GET, "/health", &[("x-forwarded-proto", "https")]).await;
    assert_eq!(claims.status(), StatusCode::MOVED_PERMANENTLY, "only a trusted proxy says what came over TLS");
    let off = Scene::open().await;
    assert_eq!(ask(&off.client(), Method::GET, "/health", &[]).await.status(), StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d43_every_answer_bears_the_first_originals_headers_and_the_mended_policy() {
    let scene = Scene::open_with(&[("WEBHOOK_BASE_URL", "http://hub.example.com:3000")]).await;
    for path in ["/health", "/api/nothing", "/", "/api/auth/me"] {
        let answer = ask(&scene.client(), Method::GET, path, &[]).await;
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("x-xss-protection", "0"),
            ("x-dns-prefetch-control", "off"),
            ("x-download-options", "noopen"),
            ("x-permitted-cross-domain-policies", "none"),
            ("referrer-policy", "no-referrer"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
            ("origin-agent-cluster", "?1"),
        ] {
            assert_eq!(header(&answer, name), Some(value), "{path} {name}");
        }
        assert_eq!((header(&answer, "x-powered-by"), header(&answer, "strict-transport-security")), (None, None));
        let policy = header(&answer, "content-security-policy").expect("a policy");
        let rule = |name: &str| {
            let found = policy.split("; ").find_map(|rule| rule.strip_prefix(name)?.strip_prefix(' '));
            found.unwrap_or_else(|| panic!("{name} is missing: {policy}")).to_owned()
        };
        assert_eq!(rule("default-src"), "'self'");
        assert_eq!(rule("media-src"), "'self' https:", "videos lie elsewhere");
        assert_eq!(rule("img-src"), "'self' data: https:");
        assert_eq!(rule("script-src"), format!("'self' {WIDGET}"), "the log-in widget");
        assert_eq!(rule("frame-src"), "https://oauth.telegram.org");
        assert!(rule("connect-src").contains("ws://hub.example.com:3000"), "the sockets");
        for name in ["object-src", "script-src-attr"] {
            assert_eq!(rule(name), "'none'");
        }
        assert!(!policy.contains("upgrade-insecure-requests"), "not on plain HTTP");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d44_texts_stay_as_they_were_written() {
    let scene = Scene::open().await;
    let words = "1 < 2 && <b>bold</b> <script>alert('x')</script> &amp; \u{202e}ü";
    let talk = scene.talk(words).await;
    assert_eq!(talk.messages().await[0]["content"], words);
    let (_, sent) = talk.send(words).await;
    assert_eq!(sent["message"]["content"], words);
    // A password with markup is itself, not what is left of it.
    let body = json!({"email": "eve@example.com", "password": "Pa<ss&word1"});
    assert_eq!(scene.client().post("/api/auth/register", &body).await.0, StatusCode::CREATED);
    assert_eq!(scene.client().post("/api/auth/login", &body).await.0, StatusCode::OK);
    let stripped = json!({"email": "eve@example.com", "password": "Pa"});
    assert_eq!(scene.client().post("/api/auth/login", &stripped).await.0, StatusCode::UNAUTHORIZED);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s23_double_submit_tokens_of_any_length_break_nothing() {
    let scene = Scene::open().await;
    let user = scene.user("ada@example.com").await;
    for (cookie, token) in
        [("", "x"), ("short", "much longer than the other one"), ("a", ""), (&"f".repeat(64), "f"), ("ü", "ü")]
    {
        for (client, expected) in [(&user, 403), (&scene.client(), 401)] {
            let request = client.request(Method::POST, &format!("/api/messages/{NOBODYS}/send"));
            let cookie =
                reqwest::header::HeaderValue::from_bytes(format!("csrf-token={cookie}").as_bytes()).expect("a value");
            let token = reqwest::header::HeaderValue::from_bytes(token.as_bytes()).expect("a value");
            let (status, body) =
                answer(request.header("cookie", cookie).header("x-csrf-token", token).json(&json!({"content": "x"})))
                    .await;
            assert_eq!(status.as_u16(), expected, "{body}");
        }
    }
    // A token of no use is replaced; one that was set from elsewhere is never taken as ours by its form alone.
    let odd = ask(&user, Method::GET, "/api/csrf-token", &[("cookie", "csrf-token=short")]).await;
    assert!(header(&odd, "set-cookie").is_some_and(|cookie| cookie.len() > 64 && cookie.starts_with("csrf-token=")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c18_refused_requests_do_not_count_and_simultaneous_ones_do() {
    let scene = Scene::open_with(&[("RATE_LIMIT_PER_MINUTE", "10")]).await;
    let user = scene.user("ada@example.com").await;
    let mut running = tokio::task::JoinSet::new();
    for _ in 0..30 {
        let user = user.clone();
        running.spawn(async move {
            let answer = user.request(Method::GET, "/api/conversations").send().await.expect("an answer");
            let wait = header(&answer, "retry-after").map(|wait| wait.parse::<u64>().expect("seconds"));
            (answer.status().as_u16(), wait)
        });
    }
    let answers = running.join_all().await;
    assert_eq!(answers.iter().filter(|(status, _)| *status == 200).count(), 10, "{answers:?}");
    // Had the refused ones counted, the oldest that counts would be among them, and the wait would not shrink.
    let waits = answers.iter().filter_map(|(_, wait)| *wait);
    let longest = waits.max().expect("somebody waits");
    let shorter = eventually("the wait shrinks while others are refused", async || {
        let later = user.request(Method::GET, "/api/conversations").send().await.expect("an answer");
        let later: u64 = header(&later, "retry-after").expect("a time").parse().expect("seconds");
        (later < longest).then_some(later)
    })
    .await;
    assert!(shorter < longest && longest <= 60, "{shorter} after {longest}");
}
