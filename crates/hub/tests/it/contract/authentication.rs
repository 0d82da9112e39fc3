//! Who somebody is: access tokens, registering, logging in (D1, D4–D8, D10–D12).

use super::scene::{ACCESS_SECRET, PASSWORD, REFRESH_SECRET, Scene, ask, claims, everywhere, header, token};
use hub_testkit::client::answer;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

/// A hash that the second original wrote, of `password123`.
const HASH_OF_COST_12: &str = "$2b$12$C6UzMDM.H6dfI/f/IKxGhuBKZQHaV6vAHx2rCp6LrKbtYEfORWbYy";

fn credentials(email: &str, password: &str) -> Value {
    json!({"email": email, "password": password})
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d01_a_bad_access_token_is_a_401_so_that_the_front_end_renews() {
    for (strict, status, codes) in
        [("false", 401, ["TOKEN_EXPIRED", "INVALID_TOKEN"]), ("true", 403, ["FORBIDDEN", "FORBIDDEN"])]
    {
        let scene = Scene::open_with(&[("STRICT_TOKEN_CODES", strict)]).await;
        let user = scene.user("ada@example.com").await;
        let over = user.with_token(&token("HS256", &claims(&user, -1).await, ACCESS_SECRET));
        let wrong = user.with_token("not.a.token");
        for path in ["/api/auth/me", "/api/oauth/accounts", "/api/conversations", "/api/messages"] {
            for (client, code, words) in
                [(&over, codes[0], "Access token has expired"), (&wrong, codes[1], "Invalid access token")]
            {
                let (got, body) = client.get(path).await;
                assert_eq!((got.as_u16(), body["error"]["code"].as_str()), (status, Some(code)), "{path} {body}");
                assert_eq!(body["error"]["message"], words);
            }
        }
        // Without any token both originals say 401.
        assert_eq!(scene.client().get("/api/auth/me").await.0, StatusCode::UNAUTHORIZED);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d04_me_stands_nested_and_at_the_top() {
    let scene = Scene::open().await;
    let user = scene.user("ada@example.com").await;
    let (status, me) = user.get("/api/auth/me").await;
    assert_eq!(status, StatusCode::OK);
    for key in ["id", "email", "createdAt"] {
        assert!(me[key].is_string() && me[key] == me["user"][key], "{key}: {me}");
    }
    assert_eq!(me["email"], "ada@example.com");
    assert!(me["updatedAt"].is_string());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d05_only_a_bearer_header_counts() {
    let scene = Scene::open().await;
    let user = scene.user("ada@example.com").await;
    let good = user.token();
    for (given, status) in [
        (None, 401),
        (Some("Bearer".to_owned()), 401),
        (Some(good.to_owned()), 401),
        (Some(format!("Token {good}")), 401),
        (Some(format!("Bearer {good}")), 200),
        (Some(format!("bearer {good}")), 200),
    ] {
        let headers: Vec<(&str, &str)> = given.iter().map(|value| ("authorization", value.as_str())).collect();
        let answer = ask(&user, Method::GET, "/api/auth/me", &headers).await;
        assert_eq!(answer.status().as_u16(), status, "{given:?}");
        if status == 401 {
            assert_eq!(header(&answer, "www-authenticate"), Some("Bearer"));
            let body: Value = answer.json().await.expect("JSON");
            assert_eq!(body["error"]["code"], "UNAUTHORIZED");
            assert_eq!(body["error"]["message"], "Access token is required");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d06_forms_fail_with_the_words_of_the_first_rule() {
    let scene = Scene::open().await;
    for (route, body, words) in [
        ("register", json!({}), "\"email\" is required"),
        ("register", credentials("", "x"), "\"email\" is not allowed to be empty"),
        ("register", json!({"email": 7, "password": "x"}), "\"email\" must be a string"),
        ("register", credentials("ada", "long enough"), "\"email\" must be a valid email"),
        ("register", credentials("a@b.co", "short"), "\"password\" length must be at least 8 characters long"),
        ("login", json!({"email": "a@b.co"}), "\"password\" is required"),
        ("login", credentials("a@b.co", ""), "\"password\" is not allowed to be empty"),
        ("refresh", json!({}), "\"refreshToken\" is required"),
        ("logout", json!({"refreshToken": ""}), "\"refreshToken\" is not allowed to be empty"),
    ] {
        let (status, answer) = scene.client().post(&format!("/api/auth/{route}"), &body).await;
        assert_eq!((status.as_u16(), &answer["error"]["message"]), (400, &json!(words)), "{route} {body}");
        assert_eq!(answer["error"]["code"], "VALIDATION_ERROR");
        assert!(answer["error"].get("details").is_none(), "one text, no list");
    }
    // Logging in has no shortest password: it is wrong, not too short.
    let (status, _) = scene.client().post("/api/auth/login", &credentials("a@b.co", "short")).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d07_unknown_members_of_a_form_are_refused() {
    let scene = Scene::open().await;
    for route in ["register", "login"] {
        let mut body = credentials("ada@example.com", PASSWORD);
        body["role"] = "admin".into();
        let (status, answer) = scene.client().post(&format!("/api/auth/{route}"), &body).await;
        assert_eq!((status.as_u16(), &answer["error"]["message"]), (400, &json!("\"role\" is not allowed")));
    }
    for route in ["refresh", "logout"] {
        let body = json!({"refreshToken": "x", "all": true});
        let (status, answer) = scene.client().post(&format!("/api/auth/{route}"), &body).await;
        assert_eq!((status.as_u16(), &answer["error"]["message"]), (400, &json!("\"all\" is not allowed")));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d08_passwords_are_hashed_with_cost_10_and_any_cost_is_read() {
    everywhere(async |engine| {
        let scene = Scene::on(engine, &[("BCRYPT_COST", "")]).await;
        scene.user("ada@example.com").await;
        let hashes = scene.database.texts("SELECT password_hash FROM users").await;
        assert!(hashes[0].as_deref().is_some_and(|hash| hash.starts_with("$2b$10$")), "{hashes:?}");
        for hash in [HASH_OF_COST_12.to_owned(), HASH_OF_COST_12.replacen("$2b$", "$2y$", 1)] {
            scene.database.change(format!("UPDATE users SET password_hash = '{hash}'")).await;
            let (status, body) =
                scene.client().post("/api/auth/login", &credentials("ada@example.com", "password123")).await;
            assert_eq!(status, StatusCode::OK, "{hash} {body}");
            let (status, _) =
                scene.client().post("/api/auth/login", &credentials("ada@example.com", "Password123")).await;
            assert_eq!(status, StatusCode::UNAUTHORIZED);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d10_forms_may_come_url_encoded() {
    let scene = Scene::open().await;
    let pairs = [("email", "ada@example.com"), ("password", "p&ss w+rd=1")];
    for (route, status) in [("register", 201), ("login", 200)] {
        let request = scene.client().request(Method::POST, &format!("/api/auth/{route}")).form(&pairs);
        assert_eq!(answer(request).await.0.as_u16(), status, "{route}");
    }
    let (status, _) = scene.client().post("/api/auth/login", &credentials("ada@example.com", "p&ss w+rd=1")).await;
    assert_eq!(status, StatusCode::OK, "the same as JSON");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d11_an_address_needs_two_labels_and_no_space_around_it() {
    let scene = Scene::open().await;
    for (email, good) in [
        ("ada@example.com", true),
        ("ada@mail.invalid-tld", true),
        ("a.b+c@d.ef", true),
        ("ada@localhost", false),
        (" ada2@example.com", false),
        ("ada2@example.com ", false),
        ("@example.com", false),
        ("ada@", false),
    ] {
        let (status, body) = scene.client().post("/api/auth/register", &credentials(email, PASSWORD)).await;
        assert_eq!(status.as_u16(), if good { 201 } else { 400 }, "{email:?} {body}");
    }
    let (status, body) = scene.client().post("/api/auth/register", &credentials("ADA@Example.COM", PASSWORD)).await;
    assert_eq!((status.as_u16(), &body["error"]["code"]), (409, &json!("USER_EXISTS")), "capitals do not matter");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d12_tokens_are_signed_with_hs256_and_nothing_else() {
    let scene = Scene::open().await;
    let user = scene.user("ada@example.com").await;
    let claims = claims(&user, 600).await;
    for (algorithm, secret, status) in [
        ("HS256", ACCESS_SECRET, 200),
        ("HS384", ACCESS_SECRET, 401),
        ("HS512", ACCESS_SECRET, 401),
        ("none", "", 401),
        ("HS256", "another-secret-0123456789abcdef0123456", 401),
        ("HS256", REFRESH_SECRET, 401),
    ] {
        let (got, body) = user.with_token(&token(algorithm, &claims, secret)).get("/api/auth/me").await;
        assert_eq!(got.as_u16(), status, "{algorithm} {body}");
    }
}
