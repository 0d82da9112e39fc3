//! `hub import`: everything of an original into a database of the hub's own, on both engines.

use super::shapes::{self, Shape};
use super::{JWT_REFRESH_SECRET, JWT_SECRET, begin, can_run, cipher, dump, inbox, original, rows, run};
use crate::support::Hub;
use hub_testkit::{Database, Engine};
use tokio::io::{AsyncBufReadExt, BufReader};

/// The hub's own key; the original's is given to the import alone.
const OWN_KEY: &str = "a-key-of-the-hubs-own-that-no-original-knows";
const OWN: [(&str, &str); 3] =
    [("JWT_SECRET", JWT_SECRET), ("JWT_REFRESH_SECRET", JWT_REFRESH_SECRET), ("ENCRYPTION_KEY", OWN_KEY)];
const ORIGINALS_KEY: (&str, &str) = ("IMPORT_ENCRYPTION_KEY", cipher::KEY);

/// What stays as it is: the rows that no key opens, and the token its adapter does not take.
const KEPT: [&str; 3] = [rows::LOST_MESSAGE, rows::LOST_TOKEN, rows::CLEAR_TOKEN];

/// Runs `hub import` into `target`.
async fn import(source: &Database, target: &Database, further: &[(&str, &str)], flags: &[&str]) -> (bool, String) {
    let data = target.folder.path().display().to_string();
    let mut settings = vec![("DATABASE_URL", target.url.as_str()), ("HUB_DATA_DIR", &data), ORIGINALS_KEY];
    settings.extend(OWN);
    settings.extend_from_slice(further);
    let arguments = [&["import", "--from", &source.url], flags].concat();
    run(&arguments, &settings).await
}

async fn everything(database: &Database) -> Vec<String> {
    let columns = dump::columns(database).await;
    [dump::structure(database).await, dump::rows(database, &columns).await].concat()
}

fn has_line(words: &str, line: &str) {
    assert!(words.lines().any(|one| one == line), "no line {line:?} in:\n{words}");
}

async fn imported(shape: Shape, engine: Engine) {
    let (source, rows) = original(shape).await;
    let before = everything(&source).await;
    let target = Database::fresh(engine).await;
    let (ok, words) = import(&source, &target, &[], &[]).await;
    assert!(ok, "{shape:?} {words}");
    let own = "all have an owner";
    let orphans =
        |n: u32| if shape.is_strict() { own.to_owned() } else { format!("{n} passed over (no owner, or done before)") };
    let lost = |n: u32| format!("{n} passed over (no owner, or done before)");
    has_line(&words, &format!("users: 5 taken over, 0 were here, {own}"));
    has_line(&words, &format!("connected_accounts: 8 taken over, 0 were here, {}", orphans(1)));
    has_line(&words, &format!("conversations: 5 taken over, 0 were here, {}", orphans(2)));
    has_line(&words, &format!("messages: 15 taken over, 0 were here, {}", orphans(2)));
    let calls = rows.calls_of_somebody();
    let orphan = if shape.notes_calls() { lost(1) } else { own.to_owned() };
    has_line(&words, &format!("api_usage_logs: {calls} taken over, 0 were here, {orphan}"));
    let compared = format!("Compared {} rows with the original: all are here and say the same.", 36 + calls);
    has_line(&words, &compared);
    assert_eq!(everything(&source).await, before, "{shape:?}: the original is only read");

    let (ok, words) = import(&source, &target, &[], &[]).await;
    assert!(ok, "{words}");
    has_line(&words, &format!("messages: 0 taken over, 15 were here, {}", orphans(2)));

    // Everything is sealed with the hub's own key, and an original that is given it can read it.
    let sealed = target.texts("SELECT content FROM messages WHERE content_seal IS NOT NULL").await;
    assert_eq!(sealed.len(), 14);
    for value in sealed.into_iter().flatten() {
        assert!(cipher::reads(OWN_KEY, &value).is_some());
    }
    let tokens = target.texts("SELECT token FROM refresh_tokens WHERE token NOT LIKE 'sha256:%'").await;
    assert!(tokens.is_empty(), "no log-in stays in clear text");
    let kinds = target.texts("SELECT platform_user_id FROM connected_accounts WHERE account_kind = 'user'").await;
    assert_eq!(kinds, [Some("700".to_owned())], "a person's session is told from a bot's token");

    let mut hub = Hub::start_with(&target, &OWN).await;
    let user = inbox::everything_is_there(&hub).await;
    inbox::log_ins_stand(&hub, &rows, shape.revokes()).await;
    inbox::work_on(&hub, &user).await;
    hub.kill().await;
    // What the hub did since is no fault of the copy.
    let (ok, words) = import(&source, &target, &[], &[]).await;
    assert!(ok, "{shape:?} {words}");
    has_line(&words, &compared);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_shape_of_an_originals_database_is_imported_into_sqlite() {
    if can_run() {
        for shape in shapes::ALL {
            imported(shape, Engine::Sqlite).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_originals_database_is_imported_into_postgres() {
    if can_run() {
        for shape in [Shape::N1, Shape::Django] {
            imported(shape, Engine::Postgres).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dry_run_names_what_will_not_open_and_writes_nothing() {
    if !can_run() {
        return;
    }
    let (source, rows) = original(Shape::N2).await;
    let before = everything(&source).await;
    let target = Database::fresh(Engine::Sqlite).await;
    let (ok, words) = import(&source, &target, &[], &["--dry-run"]).await;
    assert!(!ok, "something will not open:\n{words}");
    has_line(&words, "Found a database of the Node original, made by its migrations.");
    has_line(&words, "messages: 17 rows, 2 passed over (no owner, or done before)");
    has_line(&words, "api_usage_logs: 3 rows, 1 passed over (no owner, or done before)");
    has_line(&words, "Values: 17 encrypted, 2 in clear text, 3 that stay as they are.");
    has_line(&words, "Conversations without an address, to be read only: 1.");
    has_line(&words, "Accounts of platforms the hub does not know, kept but not shown: 1.");
    has_line(&words, &format!("  messages.content of row {}: no key opens it", rows::LOST_MESSAGE));
    has_line(&words, &format!("  connected_accounts.access_token of row {}: no key opens it", rows::LOST_TOKEN));
    for kept in KEPT {
        assert_eq!(words.matches(kept).count(), 1, "{kept} in:\n{words}");
    }
    for secret in rows::SECRETS.iter().chain([&rows.refresh_token.as_str(), &cipher::KEY]) {
        assert!(!words.contains(secret), "{secret} was printed:\n{words}");
    }
    assert!(!target.folder.path().join("hub.db").exists(), "nothing was written");
    assert_eq!(everything(&source).await, before);
    let lost: String = ["messages", "connected_accounts"]
        .map(|table| format!("DELETE FROM {table} WHERE CAST(id AS text) IN ('{}');", KEPT.join("', '")))
        .concat();
    source.change(lost).await;
    let (ok, words) = import(&source, &target, &[], &["--dry-run"]).await;
    assert!(ok, "{words}");
    has_line(&words, "Everything opens. Nothing was written.");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_key_is_noticed_before_anything_is_written() {
    if !can_run() {
        return;
    }
    let (source, _) = original(Shape::Django).await;
    source.change("DELETE FROM messages WHERE platform_message_id IN ('9003', '9005', 'mail')").await;
    let target = Database::fresh(Engine::Sqlite).await;
    let (ok, words) = import(&source, &target, &[("IMPORT_ENCRYPTION_KEY", "a wrong key")], &[]).await;
    assert!(!ok && words.contains("IMPORT_ENCRYPTION_KEY must be the ENCRYPTION_KEY of the original"), "{words}");
    assert_eq!(target.texts("SELECT email FROM users").await, []);
}

/// Nobody has proven that two people with one address are one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_user_with_an_address_of_somebody_here_is_not_taken_for_them() {
    if !can_run() {
        return;
    }
    let (source, _) = original(Shape::N2).await;
    let target = Database::fresh(Engine::Sqlite).await;
    let mut hub = Hub::start_with(&target, &OWN).await;
    hub.client().register("ada@example.com").await;
    hub.kill().await;
    let (ok, words) = import(&source, &target, &[], &[]).await;
    assert!(!ok && words.contains("nobody has proven"), "{words}");
    assert_eq!(target.texts("SELECT email FROM users").await, [Some("ada@example.com".to_owned())]);
}

/// What somebody, or a bad disk, does to a copy: the statement, and what the comparison says of it.
const HARM: [(&str, &str); 12] = [
    (
        "UPDATE messages SET content = (SELECT o.content FROM messages o WHERE o.platform_message_id = '9008'), \
         content_seal = (SELECT o.content_seal FROM messages o WHERE o.platform_message_id = '9008') \
         WHERE platform_message_id = '9001'",
        "messages.content of row 0301: differs in the copy",
    ),
    (
        "UPDATE messages SET sent_at = '2026-01-02T03:04:06.678000Z' WHERE platform_message_id = 'm_1'",
        "messages.sent_at of row 0330: differs in the copy",
    ),
    (
        "UPDATE messages SET media_url = 'another-file' WHERE platform_message_id = '9006'",
        "messages.media_url of row 0306: differs in the copy",
    ),
    (
        "UPDATE messages SET conversation_id = (SELECT id FROM conversations WHERE platform_conversation_id = '42') \
         WHERE platform_message_id = 'a'",
        "messages.conversation_id of row 0320: differs in the copy",
    ),
    (
        "UPDATE messages SET is_read = 0 WHERE platform_message_id = '9009'",
        "messages.is_read of row 0310: differs in the copy",
    ),
    ("DELETE FROM messages WHERE platform_message_id = 'm_2'", "messages of row 0340: is missing in the copy"),
    (
        "UPDATE users SET password_hash = 'x' WHERE email = 'ben@example.com'",
        "users.password_hash of row 0002: differs in the copy",
    ),
    (
        "UPDATE connected_accounts SET access_token = (SELECT o.access_token FROM connected_accounts o WHERE \
         o.platform_user_id = '481000001'), access_token_seal = (SELECT o.access_token_seal FROM connected_accounts o WHERE \
         o.platform_user_id = '481000001') WHERE platform_user_id = 'x-1'",
        "connected_accounts.access_token of row 0107: differs in the copy",
    ),
    (
        "UPDATE connected_accounts SET platform_username = 'Eve' WHERE platform_user_id = '900100'",
        "connected_accounts.platform_username of row 0103: differs in the copy",
    ),
    (
        "UPDATE conversations SET participant_name = 'Eve' WHERE platform_conversation_id = 't_100'",
        "conversations.participant_name of row 0203: differs in the copy",
    ),
    (
        "UPDATE refresh_tokens SET expires_at = '2030-01-01T00:00:00.000000Z' WHERE revoked_at IS NOT NULL",
        "refresh_tokens.expires_at of row 0402: differs in the copy",
    ),
    (
        "UPDATE api_usage_logs SET request_count = 4 WHERE request_count = 3",
        "api_usage_logs.request_count of row 0501: differs in the copy",
    ),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_that_was_tampered_with_is_noticed() {
    if !can_run() {
        return;
    }
    let (source, _) = original(Shape::N2).await;
    let target = Database::fresh(Engine::Sqlite).await;
    let (ok, words) = import(&source, &target, &[], &[]).await;
    assert!(ok, "{words}");
    for (harm, _) in HARM {
        assert_eq!(target.change(harm).await, 1, "{harm}");
    }
    // An import is stopped from mending what it finds, so that the comparison is what speaks.
    target.change("CREATE TRIGGER stop BEFORE INSERT ON messages BEGIN SELECT RAISE(IGNORE); END").await;
    let (ok, words) = import(&source, &target, &[], &[]).await;
    assert!(!ok, "{words}");
    for (_, told) in HARM {
        let (place, row) = told.split_once("row ").expect("a row");
        has_line(&words, &format!("  {place}row 00000000-0000-4000-8000-00000000{row}"));
    }
    assert!(words.contains(&format!("the copy is not right: {} of 38 rows", HARM.len())), "{words}");
}

/// The indexes of messages.
async fn indexes(database: &Database) -> Vec<String> {
    let names = match database.engine {
        Engine::Sqlite => "SELECT name FROM sqlite_master WHERE type = 'index' AND tbl_name = 'messages'",
        Engine::Postgres => "SELECT CAST(indexname AS text) FROM pg_indexes WHERE tablename = 'messages'",
    };
    let mut names: Vec<String> = database.texts(names).await.into_iter().flatten().collect();
    names.sort();
    names
}

/// A database of the hub's that nothing was imported into.
async fn untouched(engine: Engine) -> Database {
    let database = Database::fresh(engine).await;
    let data = database.folder.path().display().to_string();
    let (ok, words) = run(&["migrate"], &[("DATABASE_URL", database.url.as_str()), ("HUB_DATA_DIR", &data)]).await;
    assert!(ok, "{words}");
    database
}

/// Rows enough for several pages, and an import killed at the first sign of life in the middle of them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_import_that_was_killed_goes_on_where_it_stood() {
    const MORE: u64 = 25_000;
    if !can_run() {
        return;
    }
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let (source, _) = original(Shape::Django).await;
        let words = cipher::writes(cipher::KEY, "one of many");
        let many = format!(
            "INSERT INTO messages (id, conversation_id, platform_message_id, sender_id, content, message_type, is_outgoing, is_read, sent_at, created_at) \
             SELECT gen_random_uuid(), '{}', 'many-' || n, '42', '{words}', 'text', false, true, '2025-01-02', '2025-01-02' \
             FROM generate_series(1, {MORE}) AS n",
            rows::THREAD
        );
        source.change(many).await;
        let target = Database::fresh(engine).await;
        let data = target.folder.path().display().to_string();
        let mut settings = vec![("DATABASE_URL", target.url.as_str()), ("HUB_DATA_DIR", &data), ORIGINALS_KEY];
        settings.extend(OWN);
        let mut cut_off = begin(&["import", "--from", &source.url], &settings);
        let mut lines = BufReader::new(cut_off.stdout.take().expect("piped")).lines();
        while let Some(line) = lines.next_line().await.expect("readable") {
            if line.starts_with("copying messages") {
                break;
            }
        }
        cut_off.kill().await.expect("killed");
        assert!(indexes(&target).await.len() < indexes(&untouched(engine).await).await.len(), "{engine:?}: set aside");

        let (ok, words) = import(&source, &target, &[], &[]).await;
        assert!(ok, "{engine:?} {words}");
        has_line(&words, "Going on where an import that was cut off stood.");
        assert!(!words.contains("copying users"), "{engine:?}: what was done is not done again:\n{words}");
        let taken = words.lines().find(|line| line.starts_with("messages: ")).expect("a line");
        let taken: u64 = taken.split(' ').nth(1).and_then(|number| number.parse().ok()).expect("a number");
        assert!(taken > 0 && taken <= MORE + 15 - 10_000, "{engine:?}: the first commit stood: {taken}");
        assert_eq!(
            indexes(&target).await,
            indexes(&untouched(engine).await).await,
            "{engine:?}: what was set aside is back"
        );
        has_line(&words, &format!("Compared {} rows with the original: all are here and say the same.", MORE + 36));
        let all = target.texts("SELECT CAST(COUNT(*) AS text) FROM messages").await;
        assert_eq!(all, [Some((MORE + 15).to_string())], "{engine:?}");
    }
}
