//! `hub reseal`: another key, while the hub works; and the way back to an original.

use super::shapes::Shape;
use super::{JWT_REFRESH_SECRET, JWT_SECRET, SECRETS, begin, can_run, cipher, inbox, original, rows, run};
use crate::support::{BOT_TOKEN, Hub, bot_update};
use hub_testkit::Database;
use hub_testkit::database::engines;
use tokio::io::{AsyncBufReadExt, BufReader};

/// The key that shall write from now on.
const NEW_KEY: &str = "a-newer-key-of-the-hub";
const SIGNING: [(&str, &str); 2] = [("JWT_SECRET", JWT_SECRET), ("JWT_REFRESH_SECRET", JWT_REFRESH_SECRET)];
/// The new key writes, the original's still opens.
const BOTH_KEYS: [(&str, &str); 4] =
    [SIGNING[0], SIGNING[1], ("ENCRYPTION_KEY", NEW_KEY), ("ENCRYPTION_KEYS_OLD", cipher::KEY)];
/// The new key alone, and nothing without a seal.
const NEW_KEY_ALONE: [(&str, &str); 4] =
    [SIGNING[0], SIGNING[1], ("ENCRYPTION_KEY", NEW_KEY), ("SEAL_REQUIRE", "true")];

async fn reseal(database: &Database, keys: &[(&str, &str)], flags: &[&str]) -> (bool, String) {
    let data = database.folder.path().display().to_string();
    let mut settings = vec![("DATABASE_URL", database.url.as_str()), ("HUB_DATA_DIR", &data)];
    settings.extend_from_slice(keys);
    run(&[&["reseal"], flags].concat(), &settings).await
}

/// Takes away what no key opens.
async fn without_the_lost(database: &Database) {
    let lost = [rows::LOST_TOKEN, rows::CLEAR_TOKEN].join("', '");
    database.change(format!("DELETE FROM messages WHERE id = '{}'", rows::LOST_MESSAGE)).await;
    database.change(format!("DELETE FROM connected_accounts WHERE id IN ('{lost}')")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_is_sealed_anew_while_the_hub_works_and_what_no_key_opens_is_left() {
    if !can_run() {
        return;
    }
    let (database, _) = original(Shape::N2).await;
    let mut hub = Hub::start_with(&database, &BOTH_KEYS).await;
    let lost = "SELECT content FROM messages WHERE platform_message_id = '9004'";
    let before = database.texts(lost).await;
    let (ok, words) = tokio::join!(reseal(&database, &BOTH_KEYS, &[]), async {
        for update in 200_001..200_030 {
            hub.deliver(&bot_update(update, 42, "meanwhile")).await;
        }
    })
    .0;
    assert!(!ok, "something is left:\n{words}");
    for left in [rows::LOST_MESSAGE, rows::LOST_TOKEN, rows::CLEAR_TOKEN] {
        assert!(words.contains(left), "{left} in:\n{words}");
    }
    assert_eq!(database.texts(lost).await, before, "what no key opens is never overwritten");
    let user = inbox::sign_in(&hub, rows::ADA, rows::PASSWORD).await;
    assert_eq!(inbox::said(&user).await, rows::SAID.len() + 29);
    hub.kill().await;

    without_the_lost(&database).await;
    let (ok, words) = reseal(&database, &BOTH_KEYS, &[]).await;
    assert!(ok, "{words}");
    assert!(words.contains("Sealed 0 row(s) anew"), "the first run left nothing else:\n{words}");
    let stored = "SELECT content FROM messages m JOIN conversations c ON c.id = m.conversation_id WHERE c.account_id IS NOT NULL";
    let stored = database.texts(stored).await;
    assert!(stored.len() > 40);
    for value in stored.into_iter().flatten() {
        assert!(cipher::reads(NEW_KEY, &value).is_some(), "an original with the new key reads everything");
    }
    let token =
        "SELECT access_token FROM connected_accounts WHERE platform_user_id = '481000001' AND user_id IS NOT NULL";
    let token = database.texts(token).await[0].clone().expect("a token");
    assert_eq!(cipher::reads(NEW_KEY, &token).as_deref(), Some(BOT_TOKEN));

    let hub = Hub::start_with(&database, &NEW_KEY_ALONE).await;
    let user = inbox::sign_in(&hub, rows::ADA, rows::PASSWORD).await;
    for message in user.all_messages().await {
        assert_ne!(message["content"], "[unable to decrypt]", "{message}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sealing_anew_that_was_killed_goes_on() {
    const MORE: usize = 4_000;
    if !can_run() {
        return;
    }
    let (database, _) = original(Shape::N2).await;
    without_the_lost(&database).await;
    // A hub made the tables complete.
    Hub::start_with(&database, &BOTH_KEYS).await.kill().await;
    database
        .change(format!(
            "INSERT INTO messages (id, conversation_id, platform_message_id, sender_id, content, sent_at) \
         SELECT gen_random_uuid(), '{}', 'many-' || n, '42', '{}', '2025-01-02' FROM generate_series(1, {MORE}) AS n",
            rows::THREAD,
            cipher::writes(cipher::KEY, "one of many")
        ))
        .await;
    let data = database.folder.path().display().to_string();
    let mut settings = vec![("DATABASE_URL", database.url.as_str()), ("HUB_DATA_DIR", &data)];
    settings.extend(BOTH_KEYS);
    let mut cut_off = begin(&["reseal"], &settings);
    let mut lines = BufReader::new(cut_off.stdout.take().expect("piped")).lines();
    while let Some(line) = lines.next_line().await.expect("readable") {
        if line.starts_with("messages:") {
            break;
        }
    }
    cut_off.kill().await.expect("killed");
    let sealed = "SELECT CAST(COUNT(*) AS text) FROM messages WHERE content_seal IS NOT NULL";
    let halfway: usize = database.texts(sealed).await[0].as_deref().expect("a count").parse().expect("a number");
    assert!(halfway >= 500, "the first page stood: {halfway}");
    let (ok, words) = reseal(&database, &BOTH_KEYS, &[]).await;
    assert!(ok, "{words}");
    let open = "SELECT CAST(COUNT(*) AS text) FROM messages WHERE content_seal IS NULL";
    assert_eq!(database.texts(open).await, [Some("0".to_owned())]);
}

/// Somebody who can write to the database moves words from one row to another: nothing shows the wrong one, and sealing anew does not
/// bless it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_moved_between_rows_is_never_shown_and_never_sealed() {
    for engine in engines() {
        let database = Database::fresh(engine).await;
        let mut hub = Hub::start_with(&database, &SECRETS).await;
        let user = hub.client().register("ada@example.com").await;
        user.link_bot(BOT_TOKEN).await;
        hub.deliver(&bot_update(1, 42, "mine")).await;
        hub.deliver(&bot_update(2, 43, "yours")).await;
        hub.kill().await;
        let other = "FROM messages o WHERE o.sender_id = '43'";
        let moved = format!(
            "UPDATE messages SET content = (SELECT o.content {other}), content_seal = (SELECT o.content_seal {other}) \
             WHERE sender_id = '42'"
        );
        assert_eq!(database.change(moved).await, 1);
        let (ok, words) = reseal(&database, &BOTH_KEYS, &[]).await;
        assert!(!ok && words.contains("1 row(s) were left"), "{engine:?}: {words}");
        let hub = Hub::start_with(&database, &BOTH_KEYS).await;
        let user = hub.client().login("ada@example.com").await;
        let found = user.all_messages().await;
        let words = |sender: &str| {
            let message = found.iter().find(|message| message["sender_id"] == sender).expect("listed");
            message["content"].as_str().expect("words").to_owned()
        };
        assert_eq!((words("42").as_str(), words("43").as_str()), ("[unable to decrypt]", "yours"), "{engine:?}");
    }
}

/// Back to an original: it renews a token without a seal, and the hub takes that when it comes again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_original_that_renewed_a_token_does_not_look_like_a_swap() {
    if !can_run() {
        return;
    }
    let (database, _) = original(Shape::N2).await;
    Hub::start_with(&database, &SECRETS).await.kill().await;
    let (_, words) = reseal(&database, &SECRETS, &["--for-originals"]).await;
    assert!(words.contains("Took the seals of 3 account(s) away."), "{words}");
    assert!(words.contains("Left 1 session(s) of persons in clear text"), "{words}");
    let session = "SELECT access_token FROM connected_accounts WHERE platform_user_id = '700'";
    assert_eq!(database.texts(session).await, [Some(cipher::session_string())], "the Node original reads no other");
    let token =
        "SELECT access_token FROM connected_accounts WHERE platform_user_id = '481000001' AND user_id IS NOT NULL";
    let stored = database.texts(token).await[0].clone().expect("a token");
    assert_eq!(cipher::reads(cipher::KEY, &stored).as_deref(), Some(BOT_TOKEN), "the original reads it");
    let renewed = cipher::writes(cipher::KEY, BOT_TOKEN);
    database
        .change(format!("UPDATE connected_accounts SET access_token = '{renewed}' WHERE id = '{}'", rows::BOT))
        .await;
    let hub = Hub::start_with(&database, &SECRETS).await;
    let user = inbox::sign_in(&hub, rows::ADA, rows::PASSWORD).await;
    inbox::work_on(&hub, &user).await;
}
