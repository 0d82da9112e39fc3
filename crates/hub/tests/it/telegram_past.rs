//! What was said before the account was linked: how far its reading has got is shown, by whichever door one looks.

use crate::telegram_login::{code_sent, verifies};
use crate::telegram_world::{CODE, ME, PHONE, World};
use hub_simulators::telegram_user::NewPerson;
use hub_testkit::database::engines;
use hub_testkit::pushes::Pushes;
use serde_json::{Value, json};

/// Chats with something in them, and messages of each.
const CHATS: usize = 3;
const SAID: usize = 2;
/// Whoever writes first in them.
const FIRST: i64 = 7_400_000_001;

/// The updates of the account that a socket tells until the reading has ended, and the pushes before.
async fn until_read(pushes: &mut Pushes) -> Vec<Value> {
    let mut told = Vec::new();
    loop {
        let (name, data) = pushes.next().await;
        assert_ne!(name, "new_message", "the past rings no bell");
        if name != "account_update" {
            continue;
        }
        let account = data["account"].clone();
        let ended = !told.is_empty() && account["progress"].is_null();
        told.push(account);
        if ended {
            return told;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn reading_the_past_shows_how_far_it_has_got() {
    for engine in engines() {
        let world = World::begun(engine).await;
        for person in (FIRST..).take(CHATS) {
            let chat = world.telegram.meet(ME, NewPerson::named(person, "Somebody"));
            for number in 0..SAID {
                let words = format!("{person} said {number}");
                world.telegram.was_said(ME, chat, person, |message| words.clone_into(&mut message.message));
            }
        }
        // The second chat is not told before the test says so.
        world.telegram.hold_after(1, "messages.getHistory");
        let user = world.client().register("ada@example.com").await;
        let mut sockets = [Pushes::open(&user).await, Pushes::open_socket_io(&user).await];
        let hash = code_sent(&user, PHONE).await;
        let id = verifies(&user, &hash, CODE, None).await.1["accountId"].as_str().expect("linked").to_owned();
        let so_far = |done: usize, progress: &Value| {
            progress["conversations_done"] == done
                && progress["conversationsTotal"] == CHATS
                && progress["messages"] == done * SAID
        };
        let accounts =
            world.until(&user, "/api/oauth/accounts", |body| so_far(1, &body["accounts"][0]["progress"])).await;
        let account = &accounts["accounts"][0];
        assert_eq!((&account["state"], &account["action"]), (&json!("catching_up"), &json!("wait")), "{account}");
        assert_eq!(account["health"], "ok");
        let channels = user.get("/api/health/accounts").await.1;
        let channel = &channels["accounts"][0];
        assert_eq!((&channel["account_id"], &channel["state"]), (&json!(id), &json!("catching_up")), "{channel}");
        assert_eq!(channel["evidence"]["kind"], "reading_back", "{channel}");
        let words = format!("What was said before is being read: 1 of {CHATS} conversations, {SAID} messages so far.");
        assert_eq!(channel["evidence"]["words"], words);
        assert!(so_far(1, &channel["progress"]), "{channel}");

        world.telegram.clear_faults();
        world.until(&user, "/api/messages", |body| body["total"] == CHATS * SAID).await;
        let ended = world.until(&user, "/api/oauth/accounts", |body| body["accounts"][0]["progress"].is_null()).await;
        assert_eq!(ended["accounts"][0]["state"], "ok", "{ended}");
        for socket in &mut sockets {
            let told = until_read(socket).await;
            let (last, before) = told.split_last().expect("some");
            assert_eq!((&last["state"], &last["id"]), (&json!("ok"), &json!(id)));
            assert!(before.iter().all(|account| account["state"] == "catching_up"), "{before:?}");
            assert!(before.iter().any(|account| so_far(1, &account["progress"])), "{before:?}");
            let done: Vec<u64> =
                before.iter().filter_map(|one| one["progress"]["conversations_done"].as_u64()).collect();
            assert!(done.is_sorted(), "it never goes back: {done:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_channel_is_no_group_and_a_supergroup_is_one() {
    for engine in engines() {
        let world = World::begun(engine).await;
        let channel = world.telegram.create_channel(ME, 2_100_000_444, "News");
        let team = world.telegram.create_supergroup(ME, 2_100_000_333, "Team", &[world.alice_id]);
        for place in [channel, team, world.alice] {
            world.telegram.was_said(ME, place, world.alice_id, |message| "hello".clone_into(&mut message.message));
        }
        let user = world.client().register("ada@example.com").await;
        let hash = code_sent(&user, PHONE).await;
        let id = verifies(&user, &hash, CODE, None).await.1["accountId"].as_str().expect("linked").to_owned();
        let path = format!("/api/telegram/{id}/dialogs");
        let all = world.until(&user, &path, |body| body["dialogs"].as_array().is_some_and(|all| all.len() == 3)).await;
        let all = all["dialogs"].as_array().expect("a list");
        for (place, told) in
            [(channel, [false, false, true]), (team, [false, true, false]), (world.alice, [true, false, false])]
        {
            let id = place.id().to_string();
            let dialog = all.iter().find(|dialog| dialog["id"] == id).expect("a dialog");
            let kinds = ["isUser", "isGroup", "isChannel"].map(|name| dialog[name] == true);
            assert_eq!(kinds, told, "{dialog}");
        }
    }
}
