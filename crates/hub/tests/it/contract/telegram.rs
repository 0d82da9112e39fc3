//! Telegram accounts of people (D53, S2, S15, S19, C8, C12, C13).

use super::scene::NOBODYS;
use crate::telegram_login::{code_sent, verifies};
use crate::telegram_world::{CODE, ME, OTHER, OTHER_PHONE, PASSWORD, PHONE, World};
use hub_simulators::telegram_user::{NewPerson, Place};
use hub_testkit::client::answer;
use hub_testkit::database::engines;
use hub_testkit::pushes::Pushes;
use hub_testkit::{Client, Engine, eventually};
use reqwest::Method;
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
            let id = place.id().to_string();
            let dialog = dialogs.iter().find(|dialog| dialog["id"] == id).expect("a dialog");
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

/// What the account with this id at the platform has in the database.
async fn kept(world: &World, remote: &str) -> Vec<Option<String>> {
    let query = format!(
        "SELECT m.platform_message_id FROM messages m JOIN conversations c ON c.id = m.conversation_id \
         JOIN connected_accounts a ON a.id = c.account_id WHERE a.platform_user_id = '{remote}' ORDER BY 1"
    );
    world.database.texts(query).await
}

/// Every route that names an account, asked by somebody.
async fn asked(user: &Client, account: &str, chat: &str) -> Vec<(String, u16, Value)> {
    let mut answers = Vec::new();
    for (method, route) in [
        (Method::GET, "dialogs".to_owned()),
        (Method::GET, format!("messages/{chat}")),
        (Method::POST, format!("send/{chat}")),
        (Method::POST, "sync".to_owned()),
        (Method::POST, "reset".to_owned()),
    ] {
        let path = format!("/api/telegram/{account}/{route}");
        let (status, body) =
            answer(user.request(method.clone(), &path).json(&json!({"text": "not mine to say"}))).await;
        answers.push((format!("{method} {path}"), status.as_u16(), body));
    }
    answers
}

/// Links the second account for the same user, and its password.
async fn also_linked(world: &World, user: &Client) -> String {
    let hash = code_sent(user, OTHER_PHONE).await;
    let (status, linked) = verifies(user, &hash, CODE, Some(PASSWORD)).await;
    assert_eq!(status.as_u16(), 200, "{linked}");
    eventually("its line is open", async || (world.telegram.listening(OTHER) == 1).then_some(())).await;
    linked["accountId"].as_str().expect("an id").to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s02_telegram_routes_serve_the_owner_of_an_active_telegram_account_alone() {
    for engine in engines() {
        let world = World::begun(engine).await;
        let (ada, hers) = world.linked().await;
        let eve = world.client().register("eve@example.com").await;
        let chat = world.alice_id.to_string();
        let inactive = also_linked(&world, &ada).await;
        assert_eq!(ada.delete(&format!("/api/oauth/disconnect/{inactive}")).await.0.as_u16(), 200);
        // A page of the same person, with a thread and a message: no Telegram account.
        let page = "11111111-2222-4333-8444-555555555555";
        foreign_account(&world, page, &inactive).await;
        let there = [ME.to_string(), "a-page".to_owned(), OTHER.to_string()];
        let mut before = Vec::new();
        for remote in &there {
            before.push(kept(&world, remote).await);
            assert!(!before.last().expect("just put there").is_empty(), "{remote} has something to lose");
        }
        let sent = || {
            ["messages.sendMessage", "messages.getDialogs", "messages.getHistory"]
                .map(|call| world.telegram.calls_of(call).len())
        };
        let calls = sent();
        for (user, account) in
            [(&eve, hers.as_str()), (&ada, page), (&eve, page), (&ada, inactive.as_str()), (&ada, NOBODYS)]
        {
            for (what, status, body) in asked(user, account, &chat).await {
                assert_eq!((status, &body["error"]), (404, &json!("Account not found or inactive")), "{what}");
            }
        }
        for (what, status, body) in asked(&ada, "17", &chat).await {
            assert!(status == 400 && body["error"].is_string(), "{what}: {status} {body}");
        }
        for (what, status, _) in asked(&world.client(), &hers, &chat).await {
            assert_eq!(status, 401, "{what}");
        }
        for (remote, before) in there.iter().zip(&before) {
            assert_eq!(
                &kept(&world, remote).await,
                before,
                "{remote}: nothing is deleted before it is known whose it is"
            );
        }
        assert_eq!(sent(), calls, "Telegram hears nothing of it");
        // The owner is served, and a reset does delete.
        for (what, status, body) in asked(&ada, &hers, &chat).await {
            assert_eq!(status, 200, "{what}: {body}");
        }
        assert_eq!(world.telegram.calls_of("messages.sendMessage").len(), calls[0] + 1);
    }
}

/// An account of another platform for Ada, with a message; and a message for the account with this id, which is not connected.
async fn foreign_account(world: &World, page: &str, inactive: &str) {
    let binary = |id: &str| match world.database.engine {
        Engine::Sqlite => format!("X'{}'", id.replace('-', "")),
        Engine::Postgres => format!("'{id}'"),
    };
    let now = "'2026-01-02T03:04:05.678000Z'";
    let user = "(SELECT id FROM users WHERE email = 'ada@example.com')";
    let truth = if world.database.engine == Engine::Sqlite { "1" } else { "true" };
    let account = format!(
        "INSERT INTO connected_accounts (id, user_id, platform, platform_user_id, access_token, is_active, created_at, updated_at) \
         VALUES ({}, {user}, 'facebook', 'a-page', 'x', {truth}, {now}, {now})",
        binary(page)
    );
    assert_eq!(world.database.change(account).await, 1);
    for (account, thread, message) in [
        (page, "11111111-2222-4333-8444-666666666661", "11111111-2222-4333-8444-777777777771"),
        (inactive, "11111111-2222-4333-8444-666666666662", "11111111-2222-4333-8444-777777777772"),
    ] {
        let thread_row = format!(
            "INSERT INTO conversations (id, account_id, platform_conversation_id, created_at, updated_at) \
             VALUES ({}, {}, '{}', {now}, {now})",
            binary(thread),
            binary(account),
            world.alice_id
        );
        let message_row = format!(
            "INSERT INTO messages (id, conversation_id, platform_message_id, sender_id, content, sent_at, created_at) \
             VALUES ({}, {}, 'kept', '42', 'kept', {now}, {now})",
            binary(message),
            binary(thread)
        );
        for row in [thread_row, message_row] {
            assert_eq!(world.database.change(row.as_str()).await, 1, "{row}");
        }
    }
}

/// The line of a person's account opens again after a start, and stays closed after the account was disconnected (C12).
pub(super) async fn a_persons_line_is_held(engine: Engine) {
    let mut world = World::begun(engine).await;
    let (user, id) = world.linked().await;
    world.kill().await;
    world.database.change("DELETE FROM hub_leases").await;
    world.telegram.says(ME, world.alice, world.alice_id, "while nobody listened");
    world.revive().await;
    let user = world.same(&user);
    world.until(&user, "/api/messages", |body| body["messages"][0]["content"] == "while nobody listened").await;
    world.telegram.says(ME, world.alice, world.alice_id, "after the start");
    world.until(&user, "/api/messages", |body| body["messages"][0]["content"] == "after the start").await;

    assert_eq!(user.delete(&format!("/api/oauth/disconnect/{id}")).await.0.as_u16(), 200);
    eventually("its line is closed", async || (world.telegram.listening(ME) == 0).then_some(())).await;
    world.kill().await;
    world.database.change("DELETE FROM hub_leases").await;
    world.revive().await;
    let user = world.same(&user);
    world.telegram.says(ME, world.alice, world.alice_id, "to nobody");
    // The line of another account opens: by then this one would have.
    also_linked(&world, &user).await;
    assert_eq!(world.telegram.listening(ME), 0);
    let all = user.all_messages().await;
    assert!(all.iter().all(|message| message["content"] != "to nobody"), "{all:?}");
}

/// What a person sends bears Telegram's number, and neither a sync nor the open line stores it again (C8).
pub(super) async fn what_a_person_sends_is_stored_once(engine: Engine) {
    let world = World::begun(engine).await;
    let (user, id) = world.linked().await;
    let path = format!("/api/telegram/{id}/send/{}", world.alice_id);
    let (status, sent) = user.post(&path, &json!({"text": "said once"})).await;
    assert_eq!(status.as_u16(), 200, "{sent}");
    let (_, shown) = user.get(&format!("/api/telegram/{id}/messages/{}", world.alice_id)).await;
    let number = shown["messages"][0]["id"].as_i64().expect("a number");
    assert!(number < 1_000_000, "no time on the clock: {shown}");
    for _ in 0..2 {
        assert_eq!(user.post(&format!("/api/telegram/{id}/sync"), &json!({})).await.0.as_u16(), 200);
    }
    world.telegram.says(ME, world.alice, world.alice_id, "and an answer");
    let all = world.until(&user, "/api/messages", |body| body["messages"][0]["content"] == "and an answer").await;
    // The total was counted a moment before the list was read.
    assert_eq!(all["count"], 3, "{all}");
    assert!(
        all["messages"][1]["platform_message_id"].as_str().is_some_and(|id| id.ends_with(&number.to_string())),
        "{all}"
    );
}

/// Codes go to a telephone a few times, however many people ask (S15).
pub(super) async fn codes_are_few() {
    let world = World::begun(Engine::Sqlite).await;
    let (ada, eve) =
        (world.client().register("ada@example.com").await, world.client().register("eve@example.com").await);
    let mut statuses = Vec::new();
    for number in 0..10 {
        let user = if number % 2 == 0 { &ada } else { &eve };
        statuses.push(crate::telegram_login::asks(user, PHONE).await.0.as_u16());
    }
    assert_eq!((statuses[0], statuses[9]), (200, 429), "{statuses:?}");
    let sent = statuses.iter().filter(|status| **status == 200).count();
    assert_eq!(world.telegram.calls_of("auth.sendCode").len(), sent, "Telegram hears of no other");
    // Nor is a code guessed.
    let hash = code_sent(&ada, OTHER_PHONE).await;
    let mut refused = Vec::new();
    for number in 0..12 {
        refused.push(verifies(&ada, &hash, &format!("{:05}", 10_000 + number), None).await.0.as_u16());
    }
    assert!(refused.iter().all(|status| matches!(status, 400 | 429)), "{refused:?}");
    assert!(world.telegram.calls_of("auth.signIn").len() < 12, "it ends after some: {refused:?}");
}
