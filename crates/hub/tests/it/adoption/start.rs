//! `hub serve` on a database of an original: it works with it, changes nothing it need not, and leaves it to the original.

use super::shapes::{self, Shape};
use super::{SECRETS, begin, can_run, cipher, dump, inbox, original, rows};
use crate::support::{BOT_TOKEN, Hub};
use hub_testkit::{Database, eventually};
use std::collections::BTreeMap;

/// Settings of a hub that only opens its door: nothing happens by itself.
const QUIET: [(&str, &str); 4] = [SECRETS[0], SECRETS[1], SECRETS[2], ("HUB_ROLE", "serve")];

/// What an original calls its own: its columns, but the counter that the hub sets right.
async fn of_the_original(database: &Database) -> BTreeMap<String, Vec<String>> {
    let mut columns = dump::columns(database).await;
    columns.entry("conversations".to_owned()).or_default().retain(|column| column != "unread_count");
    columns
}

async fn adopted(shape: Shape) {
    let (database, rows) = original(shape).await;
    let own = of_the_original(&database).await;
    let (before, structure) = (dump::rows(&database, &own).await, dump::structure(&database).await);

    let mut hub = Hub::start_with(&database, &QUIET).await;
    hub.kill().await;
    assert_eq!(dump::rows(&database, &own).await, before, "{shape:?}: no row of the original changed");
    let adopted = dump::structure(&database).await;
    for line in &structure {
        assert!(adopted.contains(line), "{shape:?}: as it was: {line}");
    }
    let everything = dump::columns(&database).await;
    let first = dump::rows(&database, &everything).await;

    let mut hub = Hub::start_with(&database, &QUIET).await;
    hub.kill().await;
    assert_eq!(dump::structure(&database).await, adopted, "{shape:?}: a second start changes no table");
    assert_eq!(dump::rows(&database, &everything).await, first, "{shape:?}: and no row");

    let hub = Hub::start_with(&database, &SECRETS).await;
    let user = inbox::everything_is_there(&hub).await;
    inbox::log_ins_stand(&hub, &rows, shape.revokes()).await;
    inbox::work_on(&hub, &user).await;
    inbox::useless_tokens_are_told(&user).await;
    still_the_originals(&database, shape, &own, &before).await;
}

/// An original reads on: rows it wrote are as it wrote them or open with its own key, and it can write beside the hub's columns.
async fn still_the_originals(
    database: &Database,
    shape: Shape,
    own: &BTreeMap<String, Vec<String>>,
    before: &[String],
) {
    let words = database.texts("SELECT content FROM messages WHERE content_seal IS NOT NULL").await;
    let words: Vec<Option<String>> =
        words.into_iter().flatten().map(|value| cipher::reads(cipher::KEY, &value)).collect();
    for said in ["news after the change", "an answer of the hub"] {
        assert!(words.contains(&Some(said.to_owned())), "{shape:?}: the original reads {said:?}");
    }
    assert!(words.iter().all(Option::is_some), "{shape:?}: the original opens everything the hub wrote");
    let messages = BTreeMap::from([(
        "messages".to_owned(),
        own["messages"].iter().filter(|c| *c != "is_read").cloned().collect(),
    )]);
    let now = dump::rows(database, &messages).await;
    let kept = |line: &&String| line.starts_with("messages|");
    // The one column that reading changes is left out here, so it is left out there.
    let place = own["messages"].iter().position(|column| column == "is_read").expect("a column") + 1;
    for line in before.iter().filter(kept) {
        let mut parts: Vec<&str> = line.split('|').collect();
        parts.remove(place);
        assert!(now.contains(&parts.join("|")), "{shape:?}: an original's message is as it was");
    }
    let id = "gen_random_uuid()";
    let columns = "id, conversation_id, platform_message_id, sender_id, content, message_type, is_outgoing, is_read, sent_at, created_at";
    let written = database
        .change(format!(
            "INSERT INTO messages ({columns}) VALUES ({id}, '{}', 'written-by-an-original', '42', '{}', 'text', false, false, now(), now())",
            rows::THREAD,
            cipher::writes(cipher::KEY, "written by an original")
        ))
        .await;
    assert_eq!(written, 1, "{shape:?}: no column of the hub's is in an original's way");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c01_every_shape_of_an_originals_database_is_adopted_and_left_readable() {
    if can_run() {
        for shape in shapes::ALL {
            adopted(shape).await;
        }
    }
}

/// A process that dies while it adopts leaves everything as it was; the next start does it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hub_killed_while_it_adopts_leaves_the_original_as_it_was() {
    if !can_run() {
        return;
    }
    let (database, _) = original(Shape::N1).await;
    let before = (dump::structure(&database).await, dump::rows(&database, &dump::columns(&database).await).await);
    let held = database.hold("messages").await;

    let data = database.folder.path().display().to_string();
    let mut settings = vec![("DATABASE_URL", database.url.as_str()), ("HUB_DATA_DIR", &data), ("PORT", "0")];
    settings.extend(SECRETS);
    let mut hub = begin(&["serve"], &settings);
    let waiting = "SELECT CAST(COUNT(*) AS text) FROM pg_stat_activity WHERE datname = current_database() \
                   AND application_name = 'messaging-hub' AND wait_event_type = 'Lock'";
    eventually("the hub waits in the middle of its work", || async {
        (database.texts(waiting).await[0].as_deref() == Some("1")).then_some(())
    })
    .await;
    hub.kill().await.expect("killed");
    held.release().await;
    let working = "SELECT CAST(COUNT(*) AS text) FROM pg_stat_activity WHERE datname = current_database() \
                   AND application_name = 'messaging-hub'";
    eventually("the server has noticed", || async {
        (database.texts(working).await[0].as_deref() == Some("0")).then_some(())
    })
    .await;
    let after = (dump::structure(&database).await, dump::rows(&database, &dump::columns(&database).await).await);
    assert_eq!(after, before, "all or nothing");

    let hub = Hub::start_with(&database, &SECRETS).await;
    inbox::everything_is_there(&hub).await;
}

/// A process of an original ran in another zone: its wall clock is in the columns.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn times_of_an_original_in_another_zone_are_read_and_written_in_it() {
    if !can_run() {
        return;
    }
    let (database, _) = original(Shape::N2).await;
    let zone = [("DATABASE_TIME_ZONE", "Asia/Tokyo"), SECRETS[0], SECRETS[1], SECRETS[2]];
    let hub = Hub::start_with(&database, &zone).await;
    let user = inbox::sign_in(&hub, rows::ADA, rows::PASSWORD).await;
    let (_, page) = user.get(&format!("/api/messages/{}", rows::THREAD)).await;
    assert_eq!(page["messages"][0]["sent_at"], "2026-01-01T18:04:05.678Z", "nine hours before UTC's clock shows it");
    hub.deliver(&crate::support::bot_update(200_007, 42, "in the same zone")).await;
    let written = "SELECT CAST(sent_at AS text) FROM messages WHERE content_seal IS NOT NULL";
    assert_eq!(database.texts(written).await, [Some("2026-01-03 16:33:27".to_owned())], "as the original would");
}

/// The token of a person's account is a clear session string; its adapter is another than that of bots.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s19_a_persons_session_string_is_told_from_a_bots_token() {
    if !can_run() {
        return;
    }
    let (database, _) = original(Shape::N1Mended).await;
    let _hub = Hub::start_with(&database, &QUIET).await;
    let kinds = "SELECT concat_ws(' ', platform_user_id, account_kind) FROM connected_accounts \
                 WHERE platform = 'telegram' AND user_id IS NOT NULL ORDER BY platform_user_id";
    let found: Vec<String> = database.texts(kinds).await.into_iter().flatten().collect();
    assert_eq!(found, ["481000001", "481000002", "700 user"]);
    assert!(!BOT_TOKEN.starts_with('1'), "or the test proves nothing");
}
