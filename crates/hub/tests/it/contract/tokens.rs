//! Refresh tokens: rotation, its grace and its cookie, and what the database keeps of them (D2, D3, D9, S11–S15, C1, C3, C4).

use super::scene::{ACCESS_SECRET, PASSWORD, REFRESH_SECRET, Scene, ask, claims, everywhere, header, token};
use hub_testkit::{Client, Database, Engine};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

/// Registers somebody; gives access token, refresh token and the cookie of the rotation.
async fn session(scene: &Scene, email: &str) -> (Client, String, String) {
    let body = json!({"email": email, "password": PASSWORD});
    let request = scene.client().request(Method::POST, "/api/auth/register").json(&body);
    let answer = request.send().await.expect("an answer");
    let cookie = rotation_cookie(&answer);
    let body: Value = answer.json().await.expect("JSON");
    let text = |key: &str| body["tokens"][key].as_str().expect("a token").to_owned();
    (scene.client().with_token(&text("accessToken")), text("refreshToken"), cookie)
}

/// The pair that the browser would send back.
fn rotation_cookie(answer: &reqwest::Response) -> String {
    let all = answer.headers().get_all("set-cookie").iter().map(|value| value.to_str().expect("text"));
    let set = all.into_iter().find(|set| set.starts_with("hub_rt=")).expect("a rotation cookie");
    assert!(set.contains("; HttpOnly; SameSite=Strict; Path=/api/auth; Max-Age=604800"), "{set}");
    set.split(';').next().expect("a pair").to_owned()
}

async fn refresh(scene: &Scene, token: &str) -> (StatusCode, Value) {
    scene.client().post("/api/auth/refresh", &json!({ "refreshToken": token })).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d02_a_renewal_shows_the_pair_in_both_places() {
    let scene = Scene::open().await;
    let (_, token, _) = session(&scene, "ada@example.com").await;
    let (status, body) = refresh(&scene, &token).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    for key in ["accessToken", "refreshToken"] {
        assert!(body[key].is_string() && body[key] == body["tokens"][key], "{key}: {body}");
    }
    let user = scene.client().with_token(body["accessToken"].as_str().expect("a token"));
    assert_eq!(user.get("/api/auth/me").await.0, StatusCode::OK, "the new one is good");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d03_a_rotated_token_has_a_moment_of_grace_and_then_only_its_cookie() {
    everywhere(async |engine| {
        // As the front end does it: two renewals with the same token at once.
        let kind = Scene::on(engine, &[]).await;
        let (_, token, _) = session(&kind, "ada@example.com").await;
        let (one, other) = tokio::join!(refresh(&kind, &token), refresh(&kind, &token));
        assert_eq!((one.0, other.0), (StatusCode::OK, StatusCode::OK), "{} {}", one.1, other.1);
        // A log-out gives no grace.
        let last = one.1["refreshToken"].as_str().expect("a token").to_owned();
        assert_eq!(kind.client().post("/api/auth/logout", &json!({ "refreshToken": last })).await.0, StatusCode::OK);
        assert_eq!(refresh(&kind, &last).await.0, StatusCode::UNAUTHORIZED);

        let strict = Scene::on(engine, &[("REFRESH_GRACE_SECONDS", "0")]).await;
        let (_, token, cookie) = session(&strict, "ada@example.com").await;
        let body = json!({ "refreshToken": token }).to_string();
        let renew = async |cookie: &str| {
            let request = strict.client().request(Method::POST, "/api/auth/refresh").header("cookie", cookie);
            request.header("content-type", "application/json").body(body.clone()).send().await.expect("an answer")
        };
        let first = renew(&cookie).await;
        assert_eq!(first.status(), StatusCode::OK);
        let mut cookie = rotation_cookie(&first);
        let (status, refused) = refresh(&strict, &token).await;
        assert_eq!((status.as_u16(), &refused["error"]["code"]), (401, &json!("TOKEN_REFRESH_FAILED")));
        assert_eq!(refused["error"]["message"], "Refresh token has been revoked");
        // The front end never stores the new token; its cookie keeps it logged in for as long as it renews.
        for _ in 0..3 {
            let again = renew(&cookie).await;
            assert_eq!(again.status(), StatusCode::OK);
            let next = rotation_cookie(&again);
            assert_eq!(renew(&cookie).await.status(), StatusCode::UNAUTHORIZED, "each cookie works once");
            cookie = next;
        }
        let (_, _, foreign) = session(&strict, "eve@example.com").await;
        assert_eq!(renew(&foreign).await.status(), StatusCode::UNAUTHORIZED, "another log-in's cookie");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d09_an_expired_refresh_token_is_refused_in_the_originals_words() {
    let scene = Scene::open().await;
    let (user, good, _) = session(&scene, "ada@example.com").await;
    let over = token("HS256", &claims(&user, -1).await, REFRESH_SECRET);
    let (status, body) = refresh(&scene, &over).await;
    assert_eq!((status.as_u16(), &body["error"]["code"]), (401, &json!("TOKEN_REFRESH_FAILED")));
    assert_eq!(body["error"]["message"], "Invalid refresh token");
    // The token is good, its row is over.
    let then = chrono::Utc::now() - chrono::TimeDelta::seconds(5);
    let then = then.format("%Y-%m-%dT%H:%M:%S%.6fZ");
    scene.database.change(format!("UPDATE refresh_tokens SET expires_at = '{then}'")).await;
    let (status, body) = refresh(&scene, &good).await;
    assert_eq!((status.as_u16(), &body["error"]["message"]), (401, &json!("Refresh token has expired")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s11_an_access_token_and_a_refresh_token_cannot_stand_for_each_other() {
    let scene = Scene::open().await;
    let (user, good, _) = session(&scene, "ada@example.com").await;
    assert_eq!(user.with_token(&good).get("/api/auth/me").await.0, StatusCode::UNAUTHORIZED);
    assert_eq!(refresh(&scene, user.token()).await.0, StatusCode::UNAUTHORIZED);
    // The same claims; only the secret tells them apart.
    let claims = claims(&user, 600).await;
    let forged = token("HS256", &claims, ACCESS_SECRET);
    assert_eq!(user.with_token(&forged).get("/api/auth/me").await.0, StatusCode::OK);
    assert_eq!(refresh(&scene, &forged).await.0, StatusCode::UNAUTHORIZED);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s12_a_token_without_its_claims_is_no_token() {
    let scene = Scene::open().await;
    let user = scene.user("ada@example.com").await;
    let whole = claims(&user, 600).await;
    assert_eq!(user.with_token(&token("HS256", &whole, ACCESS_SECRET)).get("/api/auth/me").await.0, StatusCode::OK);
    for missing in ["exp", "userId", "email"] {
        let mut claims = whole.clone();
        claims.as_object_mut().expect("claims").remove(missing);
        let lacking = user.with_token(&token("HS256", &claims, ACCESS_SECRET));
        let (status, body) = lacking.get("/api/auth/me").await;
        assert_eq!((status.as_u16(), &body["error"]["code"]), (401, &json!("INVALID_TOKEN")), "{missing}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s13_refresh_tokens_are_kept_hashed_and_clear_ones_are_still_taken() {
    everywhere(async |engine| {
        let scene = Scene::on(engine, &[]).await;
        let (_, token, _) = session(&scene, "ada@example.com").await;
        let kept = scene.database.texts("SELECT token FROM refresh_tokens").await;
        let kept = kept[0].clone().expect("a token");
        assert!(kept.starts_with("sha256:") && kept.len() == 71, "{kept}");
        // As an original left it.
        scene.database.change(format!("UPDATE refresh_tokens SET token = '{token}'")).await;
        let (status, body) = refresh(&scene, &token).await;
        assert_eq!(status, StatusCode::OK, "{body}");
        let hashed = "SELECT token FROM refresh_tokens WHERE token LIKE 'sha256:%'";
        assert_eq!(scene.database.texts(hashed).await.len(), 1, "what is written is hashed");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s14_a_token_that_comes_again_is_noted_and_costs_nobody_their_log_in() {
    let scene = Scene::open_with(&[("REFRESH_GRACE_SECONDS", "0")]).await;
    let (_, old, _) = session(&scene, "ada@example.com").await;
    let body = json!({"email": "ada@example.com", "password": PASSWORD});
    let (_, elsewhere) = scene.client().post("/api/auth/login", &body).await;
    let (_, renewed) = refresh(&scene, &old).await;
    assert_eq!(refresh(&scene, &old).await.0, StatusCode::UNAUTHORIZED);
    assert_eq!(scene.logged("presented again long after its rotation").await, 1);
    for still_good in [&elsewhere["tokens"]["refreshToken"], &renewed["refreshToken"]] {
        assert_eq!(refresh(&scene, still_good.as_str().expect("a token")).await.0, StatusCode::OK);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s15_guessing_is_slowed_down() {
    let scene = Scene::open_with(&[("AUTH_LIMIT_PER_MINUTE", "4")]).await;
    for route in ["register", "login", "refresh"] {
        let body = |number: usize| match route {
            "refresh" => json!({ "refreshToken": format!("guess-{number}") }),
            _ => json!({"email": format!("{route}-{number}@example.com"), "password": PASSWORD}),
        };
        for number in 0..4 {
            let (status, _) = scene.client().post(&format!("/api/auth/{route}"), &body(number)).await;
            assert_ne!(status, StatusCode::TOO_MANY_REQUESTS, "{route} {number}");
        }
        let (status, refused) = scene.client().post(&format!("/api/auth/{route}"), &body(4)).await;
        assert_eq!((status.as_u16(), &refused["error"]["code"]), (429, &json!("RATE_LIMIT_EXCEEDED")), "{route}");
        assert_eq!((&refused["error"]["retryable"], &refused["error"]["details"]["limit"]), (&json!(true), &json!(4)));
    }
    // And per address: after some wrong passwords there is a pause, for the right one as well.
    let patient = Scene::open().await;
    patient.user("ada@example.com").await;
    let guess = json!({"email": "ada@example.com", "password": "wrong"});
    let mut statuses = Vec::new();
    for _ in 0..8 {
        statuses.push(patient.client().post("/api/auth/login", &guess).await.0.as_u16());
    }
    assert_eq!((statuses[0], statuses[7]), (401, 429), "{statuses:?}");
    let right = json!({"email": "ada@example.com", "password": PASSWORD});
    let (status, _) = patient.client().post("/api/auth/login", &right).await;
    assert_eq!(status, StatusCode::TOO_MANY_REQUESTS);
    let answer = ask(&patient.client(), Method::GET, "/health", &[]).await;
    assert_eq!((answer.status(), header(&answer, "retry-after")), (StatusCode::OK, None));
    #[cfg(feature = "demo")]
    super::telegram::codes_are_few().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c01_a_database_without_revoked_at_gets_the_column() {
    if !hub_testkit::database::engines().contains(&Engine::Postgres) {
        return; // the originals know no other engine; that it was not run was said already
    }
    let database = Database::fresh(Engine::Postgres).await;
    // What the first original's start-up script leaves, as far as tokens are concerned.
    database
        .change(
            "CREATE TABLE users (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), email varchar(255) UNIQUE NOT NULL, \
             password_hash varchar(255) NOT NULL, created_at timestamp DEFAULT now(), updated_at timestamp DEFAULT now())",
        )
        .await;
    database
        .change(
            "CREATE TABLE refresh_tokens (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), user_id uuid REFERENCES users (id) \
             ON DELETE CASCADE, token text NOT NULL, expires_at timestamp NOT NULL, created_at timestamp DEFAULT now())",
        )
        .await;
    let scene = Scene::over(database, &[]).await;
    let (_, token, _) = session(&scene, "ada@example.com").await;
    let (status, renewed) = refresh(&scene, &token).await;
    assert_eq!(status, StatusCode::OK, "{renewed}");
    let body = json!({ "refreshToken": renewed["refreshToken"] });
    assert_eq!(scene.client().post("/api/auth/logout", &body).await.0, StatusCode::OK);
    let revoked = "SELECT token FROM refresh_tokens WHERE revoked_at IS NOT NULL";
    assert_eq!(scene.database.texts(revoked).await.len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c03_two_log_ins_of_one_second_get_tokens_of_their_own() {
    everywhere(async |engine| {
        let scene = Scene::on(engine, &[]).await;
        scene.user("ada@example.com").await;
        let body = json!({"email": "ada@example.com", "password": PASSWORD});
        let login = async || {
            let (status, session) = scene.client().post("/api/auth/login", &body).await;
            assert_eq!(status, StatusCode::OK, "{session}");
            session["tokens"].clone()
        };
        let (one, other) = tokio::join!(login(), login());
        assert_ne!(one["refreshToken"], other["refreshToken"]);
        assert_ne!(one["accessToken"], other["accessToken"]);
        let (status, _) =
            scene.client().post("/api/auth/logout", &json!({ "refreshToken": one["refreshToken"] })).await;
        assert_eq!(status, StatusCode::OK);
        assert_eq!(refresh(&scene, one["refreshToken"].as_str().expect("a token")).await.0, StatusCode::UNAUTHORIZED);
        assert_eq!(refresh(&scene, other["refreshToken"].as_str().expect("a token")).await.0, StatusCode::OK);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c04_a_long_address_does_not_overflow_the_token_column() {
    everywhere(async |engine| {
        let scene = Scene::on(engine, &[]).await;
        let email = format!("{}@{}.example.com", "a".repeat(64), "b".repeat(63).as_str());
        let email = format!("{email}{}", ".c23456789".repeat(11));
        assert!(email.len() > 240 && email.len() <= 255, "{}", email.len());
        let (user, token, _) = session(&scene, &email).await;
        assert!(token.len() > 500, "longer than the originals' column: {}", token.len());
        assert_eq!(user.get("/api/auth/me").await.1["email"], email);
        assert_eq!(refresh(&scene, &token).await.0, StatusCode::OK);
    })
    .await;
}
