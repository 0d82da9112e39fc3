//! Telegram accounts of people (D53, S19, C13).

use crate::telegram_login::{code_sent, verifies};
use crate::telegram_world::{CODE, ME, OTHER_PHONE, PASSWORD, PHONE, World};
use hub_simulators::telegram_user::{NewPerson, Place};
use hub_testkit::database::engines;
use hub_testkit::pushes::Pushes;
use serde_json::{Value, json};

/// Another friend.
const BOB: i64 = 7_300_000_003;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d53_a_person_signs_in_with_a_code_and_a_password_that_telegram_checks() {
    for engine in engines() {
        let world = World::begun(engine).await;
        let user = world.client().register("ada@example.com").await;
        let hash = code_sent(&user, PHONE).await;
        assert_eq!(world.telegram.calls_of("auth.sendCode").len(), 1, "asked of Telegram");
        let (status, refused) = verifies(&user, &hash, "11111", None).await;
        assert!(status.as_u16() == 400 && refused["error"].is_string(), "a text that the page can show: {refused}");
        let (status, linked) = verifies(&user, &hash, CODE, None).await;
        assert_eq!((status.as_u16(), &linked["success"], &linked["username"]), (200, &json!(true), &json!("Me")));
        let (_, accounts) = user.get("/api/oauth/accounts").await;
        assert_eq!(accounts["accounts"][0]["platform_user_id"], ME.to_string());
        assert_eq!(accounts["accounts"][0]["id"], linked["accountId"]);

        let hash = code_sent(&user, OTHER_PHONE).await;
        let (status, asked) = verifies(&user, &hash, CODE, None).await;
        assert_eq!((status.as_u16(), &asked["success"], &asked["needPassword"]), (200, &json!(false), &json!(true)));
        assert_eq!(verifies(&user, &hash, CODE, Some("guessed")).await.0.as_u16(), 400);
        let (status, linked) = verifies(&user, &hash, CODE, Some(PASSWORD)).await;
        assert_eq!((status.as_u16(), &linked["success"]), (200, &json!(true)), "{linked}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s19_a_persons_session_is_sealed_where_it_rests() {
    for engine in engines() {
        let world = World::begun(engine).await;
        world.linked().await;
        let kept = world.database.texts("SELECT access_token FROM connected_accounts").await;
        let kept = kept[0].clone().expect("a token");
        let (vector, sealed) = kept.split_once(':').expect("the originals' envelope");
        assert!(
            vector.len() == 32 && sealed.len() > 300 && sealed.bytes().all(|b| b.is_ascii_hexdigit()),
            "{kept:.40}"
        );
        // Clear ones of an original are read as well: see `an_account_whose_sign_in_an_original_made_lives_on`.
    }
}

/// What is said before the account is linked, and up to which of these the person has read it there.
const SAID: usize = 6;
const READ: usize = 4;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c13_what_is_unread_at_telegram_is_unread_here() {
    for engine in engines() {
        let world = World::begun(engine).await;
        let bob = world.telegram.meet(ME, NewPerson::named(BOB, "Bob"));
        let team = world.telegram.create_supergroup(ME, 2_100_000_333, "Team", &[BOB]);
        // All of one second, which is as exactly as Telegram tells times.
        let at = i32::try_from(chrono::Utc::now().timestamp()).expect("this century");
        let said = |place: Place, from: i64, words: &str| {
            let told = world.telegram.was_said(ME, place, from, |message| {
                words.clone_into(&mut message.message);
                message.date = at;
            });
            told.expect("a chat")
        };
        for (place, from, name) in [(world.alice, world.alice_id, "Alice"), (team, BOB, "the team")] {
            for number in 1..=SAID {
                let id = said(place, from, &format!("{name} {number}"));
                if number == READ {
                    assert!(world.telegram.reads_elsewhere(ME, place, id));
                }
            }
        }
        // Everything is read here, and of what the account wrote Bob has read the first.
        said(bob, BOB, "a question");
        let mine = world.telegram.writes_elsewhere(ME, bob, "read by Bob").expect("a chat");
        world.telegram.writes_elsewhere(ME, bob, "not yet read by Bob").expect("a chat");
        assert!(world.telegram.reads(ME, bob, mine));

        let user = world.client().register("ada@example.com").await;
        let mut pushes = Pushes::open(&user).await;
        let hash = code_sent(&user, PHONE).await;
        let id = verifies(&user, &hash, CODE, None).await.1["accountId"].as_str().expect("linked").to_owned();
        let all = 2 * SAID + 3;
        world.until(&user, "/api/messages", |body| body["total"] == all).await;
        world.until(&user, "/api/oauth/accounts", |body| body["accounts"][0]["progress"].is_null()).await;

        let read = user.all_messages().await;
        let read = |words: &str| {
            let message = read.iter().find(|message| message["content"] == words);
            message.unwrap_or_else(|| panic!("{words} is not there")).clone()
        };
        for name in ["Alice", "the team"] {
            for number in 1..=SAID {
                assert_eq!(read(&format!("{name} {number}"))["is_read"], number <= READ, "{name} {number}");
            }
        }
        assert_eq!(read("a question")["is_read"], true, "it was answered");
        assert_eq!(read("read by Bob")["status"], "read");
        assert_eq!(read("not yet read by Bob")["status"], "sent", "whatever was read in the same second");
        let dialogs = user.get(&format!("/api/telegram/{id}/dialogs")).await.1;
        for (place, unread) in [(world.alice, SAID - READ), (team, SAID - READ), (bob, 0)] {
            let dialogs = dialogs["dialogs"].as_array().expect("a list");
            let dialog = dialogs.iter().find(|dialog| dialog["id"] == place.id().to_string()).expect("a dialog");
            assert_eq!(dialog["unreadCount"], unread, "{dialog}");
            assert_eq!(world.telegram.unread(ME, place), i32::try_from(unread).expect("few"), "as Telegram counts");
        }
        let total = user.get("/api/messages/unread/count").await.1["byPlatform"]["telegram"].clone();
        assert_eq!(total, 2 * (SAID - READ));

        // Somebody's joining is no message, and whoever has read it has read what was said before.
        let last = world.telegram.joins(ME, team, BOB).expect("a chat");
        assert!(world.telegram.reads_elsewhere(ME, team, last));
        let unread = |body: &Value| body["byPlatform"]["telegram"].as_u64();
        let left = u64::try_from(SAID - READ).expect("few");
        world.until(&user, "/api/messages/unread/count", |body| unread(body) == Some(left)).await;

        // A word that got lost is made up for by a synchronisation, which marks nothing else.
        world.telegram.lose_pushes(ME, 1);
        assert!(world.telegram.reads_elsewhere(ME, world.alice, world.telegram.messages(ME, world.alice)[READ].id()));
        assert_eq!(user.post(&format!("/api/telegram/{id}/sync"), &json!({})).await.0.as_u16(), 200);
        world.until(&user, "/api/messages/unread/count", |body| unread(body) == Some(left - 1)).await;

        // All of that rang no bell; what is said now does.
        world.telegram.says(ME, world.alice, world.alice_id, "now");
        let seen = pushes.up_to_message("now").await;
        let bells = seen.iter().filter(|(name, _)| name == "new_message").count();
        assert_eq!(bells, 1, "the past rings no bell");
        world.until(&user, "/api/messages/unread/count", |body| unread(body) == Some(left)).await;
    }
}
