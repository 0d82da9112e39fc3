//! Who was signed in, or could sign in, at an original still is, and can.

use super::shapes::Shape;
use super::{SECRETS, can_run, inbox, original, rows};
use crate::support::Hub;
use hub_testkit::Database;
use reqwest::StatusCode;
use serde_json::json;

async fn signs_in(hub: &Hub, email: &str, password: &str) -> bool {
    let (status, _) = hub.client().post("/api/auth/login", &json!({"email": email, "password": password})).await;
    assert!(matches!(status, StatusCode::OK | StatusCode::UNAUTHORIZED), "{status}");
    status == StatusCode::OK
}

async fn hash_of(database: &Database, email: &str) -> String {
    let query = format!("SELECT password_hash FROM users WHERE email = '{email}'");
    database.texts(query).await[0].clone().expect("a hash")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d08_hashes_of_any_cost_and_prefix_sign_in() {
    if !can_run() {
        return;
    }
    let (database, _) = original(Shape::Django).await;
    let hub = Hub::start_with(&database, &SECRETS).await;
    for email in [rows::ADA, "ben@example.com", "dan@example.com", "eve@example.com"] {
        let before = hash_of(&database, email).await;
        assert!(signs_in(&hub, email, rows::PASSWORD).await, "{email}");
        assert!(!signs_in(&hub, email, "Password123").await, "{email}");
        assert_eq!(hash_of(&database, email).await, before, "{email}: a good hash stays");
    }
    assert!(signs_in(&hub, "ADA@example.COM", rows::PASSWORD).await, "capitals of an address do not count");
}

/// The originals cleaned passwords like any other text (D44); whoever signs in with the real one gets it hashed as it is.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d44_passwords_that_an_original_altered_sign_in_and_are_repaired() {
    if !can_run() {
        return;
    }
    let (database, _) = original(Shape::N2).await;
    let hub = Hub::start_with(&database, &SECRETS).await;
    // What Node made of markup, and what Django made of blanks around a password.
    for (email, typed, stored) in [
        ("cleo@example.com", rows::ALTERED_PASSWORD, "Passw0rdx&amp;y"),
        ("eve@example.com", "  password123 ", rows::PASSWORD),
    ] {
        let before = hash_of(&database, email).await;
        assert!(signs_in(&hub, email, stored).await, "{email}: as the original stored it");
        assert_eq!(hash_of(&database, email).await, before);
        assert!(signs_in(&hub, email, typed).await, "{email}: as they type it");
        let repaired = hash_of(&database, email).await;
        assert!(repaired != before && repaired.starts_with("$2b$10$"), "{email}: {repaired}");
        assert!(signs_in(&hub, email, typed).await, "{email}: again");
        assert!(!signs_in(&hub, email, stored).await, "{email}: the altered form opens nothing any more");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s13_log_ins_in_clear_text_are_taken_and_new_ones_are_written_hashed() {
    if !can_run() {
        return;
    }
    let (database, rows) = original(Shape::N1).await;
    let hub = Hub::start_with(&database, &SECRETS).await;
    inbox::log_ins_stand(&hub, &rows, false).await;
    let new = "SELECT token FROM refresh_tokens t JOIN hub_refresh_families f ON f.token_id = t.id \
               WHERE t.id > '00000000-0000-4000-8000-00000000ffff'";
    let new = database.texts(new).await;
    assert!(new.len() >= 2, "{}", new.len());
    for token in new.into_iter().flatten() {
        assert!(token.starts_with("sha256:") && token.len() == 71, "no token in clear text: {}", token.len());
    }
    // C4: the migrations' column takes 500 characters; a hash always fits.
    let (database, _) = original(Shape::N2).await;
    let hub = Hub::start_with(&database, &SECRETS).await;
    let email = format!("{}@{}.example.com", "a".repeat(64), ["b".repeat(60), "c".repeat(60)].join("."));
    let body = json!({"email": email, "password": "correct horse battery"});
    let (status, answer) = hub.client().post("/api/auth/register", &body).await;
    assert_eq!(status, StatusCode::CREATED, "{answer}");
}
