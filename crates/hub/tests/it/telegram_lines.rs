//! Whose line is whose: two users behind one account, a hub without a line yet, and what a reset leaves of read and unread.

use crate::telegram_login::{code_sent, verifies};
use crate::telegram_world::{CODE, ME, PHONE, World};
use hub_simulators::telegram_user::What;
use hub_testkit::database::engines;
use hub_testkit::pushes::Pushes;
use hub_testkit::{Client, eventually};
use reqwest::Method;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// A message whose line has just opened has left within this: whoever found none comes again every three seconds.
const PROMPTLY: Duration = Duration::from_secs(6);
/// Times that a message finds no line.
const TRIES: usize = 4;

/// Links the account of [`World::linked`] for another user of the hub.
async fn links_too(world: &World, email: &str) -> (Client, String) {
    let user = world.client().register(email).await;
    let hash = code_sent(&user, PHONE).await;
    let (_, body) = verifies(&user, &hash, CODE, None).await;
    let id = body["accountId"].as_str().unwrap_or_else(|| panic!("not linked: {body}")).to_owned();
    world.until(&user, "/api/messages", |body| body["total"] == 1).await;
    (user, id)
}

async fn sends(world: &World, user: &Client, account: &str, words: &str) {
    let path = format!("/api/telegram/{account}/send/{}", world.alice_id);
    let (status, body) = user.post(&path, &json!({"text": words})).await;
    assert_eq!((status.as_u16(), &body["success"]), (200, &json!(true)), "{body}");
}

async fn hears(world: &World, user: &Client, words: &str) {
    world.until(user, "/api/messages", |body| body["messages"][0]["content"] == words).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_users_with_one_account_have_a_line_each() {
    for engine in engines() {
        let mut world = World::begun(engine).await;
        let (ada, adas) = world.linked().await;
        let (eve, eves) = links_too(&world, "eve@example.com").await;
        assert_ne!(adas, eves);
        eventually("two lines", async || (world.telegram.listening(ME) == 2).then_some(())).await;
        assert_eq!(world.telegram.signed_in(ME), 2, "two devices");
        world.telegram.says(ME, world.alice, world.alice_id, "to both");
        for (user, account, words) in [(&ada, &adas, "from Ada"), (&eve, &eves, "from Eve")] {
            hears(&world, user, if words == "from Ada" { "to both" } else { "from Ada" }).await;
            sends(&world, user, account, words).await;
        }
        hears(&world, &ada, "from Eve").await;
        let mut expected = vec!["before anybody looked", "to both", "from Ada", "from Eve"];
        expected.sort_unstable();
        for user in [&ada, &eve] {
            let all = user.all_messages().await;
            let mut contents: Vec<_> = all.iter().filter_map(|message| message["content"].as_str()).collect();
            contents.sort_unstable();
            assert_eq!(contents, expected, "each once");
            assert_eq!(user.get("/api/messages/unread/count").await.1["total"], 1, "the one from Alice");
        }
        assert_eq!(world.telegram.calls_of("messages.sendMessage").len(), 2);

        // A session that has ended hears nothing through the other one.
        world.kill().await;
        let of_eve =
            "SELECT a.id FROM connected_accounts a JOIN users u ON u.id = a.user_id WHERE u.email = 'eve@example.com'";
        let ended = format!("UPDATE hub_channels SET state = 'needs_reauth' WHERE account_id IN ({of_eve})");
        assert_eq!(world.database.change(ended).await, 1);
        world.database.change("DELETE FROM hub_leases").await;
        world.revive().await;
        let (ada, eve) = (world.same(&ada), world.same(&eve));
        world.telegram.says(ME, world.alice, world.alice_id, "to Ada alone");
        hears(&world, &ada, "to Ada alone").await;
        assert_eq!(world.telegram.listening(ME), 1);
        assert_eq!(eve.all_messages().await.len(), expected.len());
        let (status, _) = ada.delete(&format!("/api/oauth/disconnect/{adas}")).await;
        assert_eq!(status.as_u16(), 200);
        eventually("one device is left", async || (world.telegram.signed_in(ME) == 1).then_some(())).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_for_a_line_leaves_when_there_is_one() {
    for engine in engines() {
        let mut world = World::begun(engine).await;
        let (ada, id) = world.linked().await;
        // The lease of a process that was killed still runs.
        world.kill().await;
        let held = world.database.change("UPDATE hub_leases SET holder = 'a process that was killed'").await;
        assert!(held > 0, "there was a lease");
        world.revive().await;
        let ada = world.same(&ada);
        let sending = sends(&world, &ada, &id, "into the silence");
        let looking = async {
            let refused = |line: &str| line.contains("platform call failed") && line.contains("\"send\"");
            let tries = async || world.log().lines().filter(|line| refused(line)).nth(TRIES - 1).map(|_| ());
            eventually("it finds no line", tries).await;
            let counted = world.log().lines().filter(|line| refused(line) && line.contains("transient")).count();
            assert_eq!(counted, 0, "that is no trouble of the platform's");
            world.database.change("DELETE FROM hub_leases").await;
            eventually("a line", async || (world.telegram.listening(ME) == 1).then_some(())).await;
            let opened = Instant::now();
            let left = async || (!world.telegram.calls_of("messages.sendMessage").is_empty()).then_some(());
            eventually("it leaves", left).await;
            assert!(opened.elapsed() < PROMPTLY, "after {:?}", opened.elapsed());
        };
        tokio::join!(sending, looking);
        hears(&world, &ada, "into the silence").await;
        assert_eq!(world.telegram.calls_of("messages.sendMessage").len(), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_done_where_no_line_is_reaches_telegram_when_there_is_one() {
    for engine in engines() {
        let mut world = World::begun(engine).await;
        let (ada, _) = world.linked().await;
        world.telegram.says(ME, world.alice, world.alice_id, "hello");
        hears(&world, &ada, "hello").await;
        world.kill().await;
        assert!(
            world.database.change("UPDATE hub_leases SET holder = 'another process'").await > 0,
            "there was a lease"
        );
        world.revive().await;
        let ada = world.same(&ada);
        let hello = ada.all_messages().await.into_iter().find(|one| one["content"] == "hello").expect("it is there");
        let (message, conversation) =
            (hello["id"].as_str().expect("an id"), hello["conversation_id"].as_str().expect("an id"));

        // Typing is over when there is a line again: whoever asked may come again.
        let typing = ada.request(Method::POST, &format!("/api/conversations/{conversation}/typing"));
        let refused = typing.send().await.expect("an answer");
        assert_eq!((refused.status().as_u16(), &refused.headers()["retry-after"]), (503, &"3".parse().unwrap()));
        let refused: Value = refused.json().await.expect("JSON");
        assert!(refused.to_string().contains("Please try again in a few seconds."), "{refused}");
        // A reaction and a reading mark are not.
        let (status, body) = ada.put(&format!("/api/messages/{message}/reaction"), &json!({"emoji": "👍"})).await;
        assert_eq!(status.as_u16(), 200, "{body}");
        assert_eq!(ada.patch(&format!("/api/messages/{message}/read")).await.0.as_u16(), 200);
        assert_eq!(world.telegram.deeds(ME).len(), 0, "nobody is there to tell Telegram");

        world.database.change("DELETE FROM hub_leases").await;
        let deeds = async || {
            let deeds = world.telegram.deeds(ME);
            let reacted = deeds.iter().any(|deed| deed.what == What::Reaction(Some("👍".to_owned())));
            (reacted && deeds.iter().any(|deed| deed.what == What::Read)).then_some(())
        };
        eventually("both are told", deeds).await;
        let shown = ada.all_messages().await.into_iter().find(|one| one["id"] == message).expect("it is there");
        assert_eq!(shown["reactions"][0]["emoji"], "👍", "{shown}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reset_leaves_read_what_was_read_and_unread_what_was_not() {
    const DAY: i32 = 86_400;
    for engine in engines() {
        let world = World::begun(engine).await;
        let (user, id) = world.linked().await;
        let says = |words: &'static str, ago: i32| {
            world.telegram.says_with(ME, world.alice, world.alice_id, |message| {
                words.clone_into(&mut message.message);
                message.date -= ago;
            })
        };
        let said = [("old and read", DAY), ("new and read", 0), ("old and unread", DAY), ("new and unread", 0)];
        for (number, (words, ago)) in said.into_iter().enumerate() {
            says(words, ago);
            let all = world.until(&user, "/api/messages", |body| body["total"] == number + 2).await;
            let message = all["messages"].as_array().and_then(|all| all.iter().find(|one| one["content"] == words));
            let message = message.and_then(|one| one["id"].as_str()).expect("it is there").to_owned();
            if words.ends_with("and read") {
                assert_eq!(user.patch(&format!("/api/messages/{message}/read")).await.0.as_u16(), 200);
            }
        }
        sends(&world, &user, &id, "an answer").await;
        let before = read(&user).await;
        assert_eq!(unread(&user).await, (2, json!(2)));

        let mut pushes = Pushes::open(&user).await;
        let (status, body) = user.post(&format!("/api/telegram/{id}/reset"), &json!({})).await;
        assert_eq!((status.as_u16(), &body["messageCount"]), (200, &json!(6)), "{body}");
        assert_eq!(read(&user).await, before);
        assert_eq!(unread(&user).await, (2, json!(2)));
        says("really new", 0);
        loop {
            let (name, data) = pushes.next().await;
            if name == "new_message" || name == "message_sent" {
                assert_eq!(data["message"]["content"], "really new", "{name}: what was known is no news");
                break;
            }
        }
        assert_eq!(unread(&user).await, (3, json!(3)));
    }
}

/// Every message of the user with whether it was read.
async fn read(user: &Client) -> Vec<(String, Value)> {
    let all = user.all_messages().await;
    let mut read: Vec<_> = all
        .iter()
        .map(|message| (message["content"].as_str().expect("text").to_owned(), message["is_read"].clone()))
        .collect();
    read.sort_by(|one, other| one.0.cmp(&other.0));
    read
}

/// Unread messages of all conversations, and of the only one.
async fn unread(user: &Client) -> (i64, Value) {
    let all = user.get("/api/messages/unread/count").await.1;
    let one = user.get("/api/conversations").await.1["conversations"][0]["unread_count"].clone();
    (all["total"].as_i64().unwrap_or_else(|| panic!("no count: {all}")), one)
}

#[tokio::test(flavor = "multi_thread")]
async fn linking_again_signs_the_old_session_out_and_the_line_goes_on() {
    for engine in engines() {
        let world = World::begun(engine).await;
        let (user, id) = world.linked().await;
        for round in 1..=3 {
            let hash = code_sent(&user, PHONE).await;
            let (_, body) = verifies(&user, &hash, CODE, None).await;
            assert_eq!(body["accountId"], json!(id), "{body}");
            eventually("one device", async || (world.telegram.signed_in(ME) == 1).then_some(())).await;
            let words = format!("round {round}");
            world.telegram.says(ME, world.alice, world.alice_id, &words);
            hears(&world, &user, &words).await;
            sends(&world, &user, &id, &format!("answer {round}")).await;
            let (_, accounts) = user.get("/api/oauth/accounts").await;
            assert_eq!(accounts["accounts"][0]["health"], "ok", "{accounts}");
        }
        assert_eq!(world.telegram.most_at_once(), 1, "no sign-in is used twice at once");
        assert_eq!(world.telegram.listening(ME), 1);
    }
}
