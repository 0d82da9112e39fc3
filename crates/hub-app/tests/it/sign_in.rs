use crate::support::{TestApp, text, vectors};
use hub_app::auth::{self, AccessError, Credentials, Refresh, Session};
use hub_app::{AppError, Clock};
use hub_platform_kit::Secret;
use hub_store::{NewRefreshToken, NewUser};
use std::net::IpAddr;
use std::time::Duration;
use uuid::Uuid;

const PASSWORD: &str = "correct horse battery";

fn credentials(email: &str, password: &str) -> Credentials {
    Credentials { email: email.to_owned(), password: Secret::from(password), address: None }
}

fn renewal(token: &str) -> Refresh {
    Refresh { token: Secret::from(token), cookie: None, address: None }
}

async fn registered(test: &TestApp) -> Session {
    auth::register(&test.app, credentials("Ada@Example.com", PASSWORD)).await.expect("registered")
}

fn refused(outcome: Result<Session, AppError>) -> &'static str {
    match outcome {
        Err(AppError::BadRefreshToken(words)) => words,
        other => panic!("not refused: {other:?}"),
    }
}

#[tokio::test]
async fn every_access_token_vector_is_judged_as_the_contract_says() {
    let test = TestApp::start(|_| {}).await;
    for vector in vectors()["jwt"].as_array().expect("vectors") {
        if text(vector, "secret") != "vector-access-secret" {
            continue;
        }
        let caller = auth::authenticate(&test.app, text(vector, "token")).expect("valid");
        assert_eq!(caller.user_id.to_string(), text(&vector["claims"], "userId"), "{}", vector["id"]);
        assert_eq!(caller.email, text(&vector["claims"], "email"));
        assert_eq!(caller.expires_at.timestamp(), vector["claims"]["exp"].as_i64().expect("a number"));
    }
    for vector in vectors()["jwt_negative"].as_array().expect("vectors") {
        let expected = if vector["error"] == "expired" { AccessError::Expired } else { AccessError::Invalid };
        let judged = auth::authenticate(&test.app, text(vector, "token"));
        assert_eq!(judged, Err(expected), "{}", vector["id"]);
    }
}

#[tokio::test]
async fn an_access_token_ends_on_the_second() {
    let test = TestApp::start(|_| {}).await;
    let session = registered(&test).await;
    test.clock.advance(Duration::from_secs(899));
    assert!(auth::authenticate(&test.app, &session.access_token).is_ok());
    test.clock.advance(Duration::from_secs(1));
    assert_eq!(auth::authenticate(&test.app, &session.access_token), Err(AccessError::Expired));
}

#[tokio::test]
async fn every_password_vector_signs_in_or_not() {
    let test = TestApp::start(|_| {}).await;
    for (number, vector) in vectors()["bcrypt"].as_array().expect("vectors").iter().enumerate() {
        let email = format!("vector{number}@example.com");
        let tx = test.app.store().begin().await.expect("a transaction");
        let user = NewUser {
            id: hub_app::clock::new_id(),
            email: email.clone(),
            password_hash: text(vector, "hash").to_owned(),
            at: test.clock.now(),
        };
        assert!(tx.users().insert(&user).await.expect("stored"));
        let _ = tx.commit(Vec::new()).await.expect("committed");
        let outcome = auth::login(&test.app, credentials(&email, text(vector, "password"))).await;
        // The last vector fails directly, and works through the fallback for altered passwords.
        let works = vector["matches"] == true || vector["id"] == "bcrypt-8";
        assert_eq!(outcome.is_ok(), works, "{}", vector["id"]);
    }
}

#[tokio::test]
async fn an_altered_password_is_hashed_anew_as_typed() {
    let test = TestApp::start(|_| {}).await;
    let vector = vectors()["bcrypt"].as_array().expect("vectors").last().expect("the last").clone();
    let tx = test.app.store().begin().await.expect("a transaction");
    let user = NewUser {
        id: hub_app::clock::new_id(),
        email: "ada@example.com".to_owned(),
        password_hash: text(&vector, "hash").to_owned(),
        at: test.clock.now(),
    };
    tx.users().insert(&user).await.expect("stored");
    let _ = tx.commit(Vec::new()).await.expect("committed");
    auth::login(&test.app, credentials("ada@example.com", text(&vector, "password"))).await.expect("works");
    let stored = test.app.store().read().users().by_email("ada@example.com").await.expect("read").expect("there");
    assert_ne!(stored.password_hash, text(&vector, "hash"));
    auth::login(&test.app, credentials("ada@example.com", text(&vector, "password"))).await.expect("still works");
}

#[tokio::test]
async fn registration_refuses_what_cannot_be_a_user() {
    let test = TestApp::start(|_| {}).await;
    registered(&test).await;
    let register = async |email: &str, password: &str| auth::register(&test.app, credentials(email, password)).await;
    assert!(matches!(register("ADA@example.com", PASSWORD).await, Err(AppError::EmailTaken)));
    for email in ["ada", "ada@localhost", " ada@example.com", "a b@example.com"] {
        assert!(matches!(register(email, PASSWORD).await, Err(AppError::Invalid(_))), "{email}");
    }
    assert!(matches!(register("b@example.com", "seven77").await, Err(AppError::Invalid(_))));
    assert!(matches!(register("b@example.com", &"x".repeat(73)).await, Err(AppError::Invalid(_))));
    assert!(register("b@example.com", &"x".repeat(72)).await.is_ok());
}

#[tokio::test]
async fn a_refresh_token_works_once_and_for_a_moment_longer() {
    let test = TestApp::start(|_| {}).await;
    let first = registered(&test).await;
    let second = auth::refresh(&test.app, renewal(&first.refresh_token)).await.expect("renewed");
    assert_ne!(first.refresh_token, second.refresh_token);

    test.clock.advance(Duration::from_secs(9));
    let graced = auth::refresh(&test.app, renewal(&first.refresh_token)).await.expect("within the grace");
    auth::refresh(&test.app, renewal(&graced.refresh_token)).await.expect("the graced pair is a real one");

    test.clock.advance(Duration::from_secs(1));
    let late = auth::refresh(&test.app, renewal(&first.refresh_token)).await;
    assert_eq!(refused(late), "Refresh token has been revoked");
    auth::refresh(&test.app, renewal(&second.refresh_token)).await.expect("the others of the log-in stand");
}

#[tokio::test]
async fn without_grace_a_rotated_token_is_dead_at_once() {
    let test = TestApp::start(|settings| settings.refresh_grace = Duration::ZERO).await;
    let first = registered(&test).await;
    auth::refresh(&test.app, renewal(&first.refresh_token)).await.expect("renewed");
    let again = auth::refresh(&test.app, renewal(&first.refresh_token)).await;
    assert_eq!(refused(again), "Refresh token has been revoked");
}

#[tokio::test]
async fn the_cookie_stands_in_for_a_rotated_token_of_the_same_log_in_only() {
    let test = TestApp::start(|_| {}).await;
    let first = registered(&test).await;
    let second = auth::refresh(&test.app, renewal(&first.refresh_token)).await.expect("renewed");
    let other = auth::login(&test.app, credentials("ada@example.com", PASSWORD)).await.expect("another log-in");
    test.clock.advance(Duration::from_mins(1));
    let with_cookie = |token: &str, cookie: &str| Refresh { cookie: Some(Secret::from(cookie)), ..renewal(token) };
    let foreign = auth::refresh(&test.app, with_cookie(&first.refresh_token, &other.refresh_token)).await;
    assert_eq!(refused(foreign), "Refresh token has been revoked");
    let third = auth::refresh(&test.app, with_cookie(&first.refresh_token, &second.refresh_token)).await;
    let third = third.expect("the cookie's token is a descendant");
    assert!(auth::authenticate(&test.app, &third.access_token).is_ok());
    test.clock.advance(Duration::from_mins(1));
    let used = auth::refresh(&test.app, with_cookie(&first.refresh_token, &second.refresh_token)).await;
    assert_eq!(refused(used), "Refresh token has been revoked");
}

/// The front end renews twice with the token of its log-in, however old, and both requests carry the cookie that stood before
/// either was answered.
#[tokio::test]
async fn of_two_renewals_by_cookie_the_slower_one_is_good_as_well() {
    let test = TestApp::start(|_| {}).await;
    let first = registered(&test).await;
    let second = auth::refresh(&test.app, renewal(&first.refresh_token)).await.expect("renewed");
    test.clock.advance(Duration::from_mins(1));
    let by_cookie =
        || Refresh { cookie: Some(Secret::from(second.refresh_token.as_str())), ..renewal(&first.refresh_token) };
    let faster = auth::refresh(&test.app, by_cookie()).await.expect("the cookie's token is a descendant");
    test.clock.advance(Duration::from_secs(9));
    let slower = auth::refresh(&test.app, by_cookie()).await.expect("it was used moments ago");
    for pair in [faster, slower] {
        auth::refresh(&test.app, renewal(&pair.refresh_token))
            .await
            .expect("whichever cookie the browser keeps is good");
    }
    test.clock.advance(Duration::from_secs(1));
    assert_eq!(refused(auth::refresh(&test.app, by_cookie()).await), "Refresh token has been revoked");
}

#[tokio::test]
async fn logging_out_gives_no_grace() {
    let test = TestApp::start(|_| {}).await;
    let session = registered(&test).await;
    auth::logout(&test.app, &session.refresh_token).await.expect("logged out");
    auth::logout(&test.app, "never seen").await.expect("unknown is fine");
    let outcome = auth::refresh(&test.app, renewal(&session.refresh_token)).await;
    assert_eq!(refused(outcome), "Refresh token has been revoked");
}

#[tokio::test]
async fn refresh_tokens_rest_hashed_and_those_of_the_originals_still_work() {
    let test = TestApp::start(|_| {}).await;
    let session = registered(&test).await;
    let raw = test.app.store().read().refresh_tokens().find(&[&session.refresh_token]).await.expect("read");
    assert!(raw.is_none(), "the token itself is nowhere in the table");

    // An original's row: the whole token in clear text (vector jwt-6 belongs to the vectors' user).
    let vectors = vectors();
    let vector = &vectors["refresh_token_storage"][0];
    let tx = test.app.store().begin().await.expect("a transaction");
    let user_id = Uuid::parse_str("3f2b8c1e-9d47-4c55-8a10-6b1f0c9e7a21").expect("a UUID").into();
    let (email, now) = ("vector@example.com".to_owned(), test.clock.now());
    tx.users().insert(&NewUser { id: user_id, email, password_hash: String::new(), at: now }).await.expect("stored");
    let id = Uuid::from_u128(1);
    let token = text(vector, "originals_store").to_owned();
    let expires_at = now + Duration::from_mins(1);
    let row = NewRefreshToken { id, user_id, token, family: id, expires_at, at: now };
    tx.refresh_tokens().insert(&row).await.expect("stored");
    let _ = tx.commit(Vec::new()).await.expect("committed");
    let renewed = auth::refresh(&test.app, renewal(text(vector, "token"))).await.expect("renewed");
    assert_eq!(renewed.user.email, "vector@example.com");
}

#[tokio::test]
async fn a_row_that_is_over_and_a_token_that_is_no_token_have_their_own_words() {
    let test = TestApp::start(|_| {}).await;
    let session = registered(&test).await;
    test.clock.advance(Duration::from_secs(604_801));
    assert_eq!(refused(auth::refresh(&test.app, renewal(&session.refresh_token)).await), "Invalid refresh token");
    assert_eq!(refused(auth::refresh(&test.app, renewal("no token")).await), "Invalid refresh token");
    assert_eq!(refused(auth::refresh(&test.app, renewal(&session.access_token)).await), "Invalid refresh token");
}

#[tokio::test]
async fn two_renewals_at_once_both_get_a_pair() {
    let test = TestApp::start(|_| {}).await;
    let session = registered(&test).await;
    let (one, two) = tokio::join!(
        auth::refresh(&test.app, renewal(&session.refresh_token)),
        auth::refresh(&test.app, renewal(&session.refresh_token)),
    );
    assert_ne!(one.expect("one").refresh_token, two.expect("two").refresh_token);
}

#[tokio::test]
async fn guessing_is_slowed_down_per_address_and_nobody_else_is_locked_out() {
    let test = TestApp::start(|settings| settings.auth_limit_per_minute = 20).await;
    registered(&test).await;
    let from = |last: u8| Some(IpAddr::from([192, 0, 2, last]));
    let guess = async |last: u8, password: &str| {
        let input = Credentials { address: from(last), ..credentials("ada@example.com", password) };
        auth::login(&test.app, input).await
    };
    let mut throttled = None;
    for _ in 0..20 {
        match guess(1, "wrong password").await {
            Err(AppError::BadCredentials) => {}
            Err(AppError::Throttled { retry_after, .. }) => throttled = Some(retry_after),
            other => panic!("{other:?}"),
        }
    }
    assert!(throttled.is_some_and(|wait| wait > Duration::ZERO), "guessing goes on unhindered");
    assert!(guess(2, PASSWORD).await.is_ok(), "the owner elsewhere gets in");
    test.clock.advance(Duration::from_mins(2));
    assert!(guess(1, PASSWORD).await.is_ok(), "pauses end");
}

#[tokio::test]
async fn secrets_that_protect_nothing_stop_the_start() {
    let test = TestApp::start(|_| {}).await;
    let mut settings = test.app.settings().clone();
    assert!(auth::secrets::check(&settings).is_ok());
    settings.production = true;
    assert!(auth::secrets::check(&settings).is_err(), "short secrets in production");
    settings.jwt_secret = Secret::from("a".repeat(32));
    settings.jwt_refresh_secret = Secret::from("b".repeat(32));
    assert!(auth::secrets::check(&settings).is_ok());
    settings.encryption_keys = vec![Secret::from("your-32-character-encryption-key")];
    assert!(auth::secrets::check(&settings).is_err(), "a sample key");
    settings.production = false;
    settings.jwt_refresh_secret = settings.jwt_secret.clone();
    assert!(auth::secrets::check(&settings).is_err(), "equal secrets");
}
