//! What becomes of rows: a reset that may fail, and accounts whose sign-in an original made.

use crate::telegram_world::{ME, World};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use hub_simulators::telegram_user::{Device, Fault};
use hub_testkit::Client;
use hub_testkit::database::engines;
use hub_testkit::pushes::Pushes;
use serde_json::{Value, json};

async fn contents(user: &Client) -> Vec<(String, String)> {
    let text = |message: &Value, member: &str| message[member].as_str().expect("text").to_owned();
    user.all_messages().await.iter().map(|message| (text(message, "id"), text(message, "content"))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reset_forgets_nothing_before_the_new_reading_succeeded() {
    for engine in engines() {
        let world = World::begun(engine).await;
        let (user, id) = world.linked().await;
        world.telegram.says(ME, world.alice, world.alice_id, "later");
        world.until(&user, "/api/messages", |body| body["total"] == 2).await;
        let before = contents(&user).await;
        let conversation = user.get("/api/conversations").await.1["conversations"][0]["id"].clone();

        for method in ["messages.getDialogs", "messages.getHistory"] {
            world.telegram.always(method, Fault::refused(500, "RPC_CALL_FAIL"));
            let (status, body) = user.post(&format!("/api/telegram/{id}/reset"), &json!({})).await;
            assert_eq!((status.as_u16(), body["error"].is_string()), (502, true), "{method}: {body}");
            assert_eq!(contents(&user).await, before, "{method}");
            world.telegram.clear_faults();
        }

        // What the platform no longer has goes, what it has comes again, and clients hear of it.
        let read = user.get(&format!("/api/telegram/{id}/messages/{}", world.alice_id)).await.1;
        let first = i32::try_from(read["messages"][1]["id"].as_i64().expect("a number")).expect("small");
        world.telegram.lose_pushes(ME, 1);
        assert!(world.telegram.deletes(ME, world.alice, &[first]));
        let mut pushes = Pushes::open(&user).await;
        let (status, body) = user.post(&format!("/api/telegram/{id}/reset"), &json!({})).await;
        assert_eq!((status.as_u16(), &body["message"]), (200, &json!("Reset and synced successfully")), "{body}");
        let after = contents(&user).await;
        assert_eq!(after.iter().map(|(_, content)| content.as_str()).collect::<Vec<_>>(), ["later"]);
        assert!(before.iter().all(|(id, _)| *id != after[0].0), "it is another row");
        let conversations = user.get("/api/conversations").await.1;
        assert_eq!((&conversations["total"], &conversations["conversations"][0]["id"]), (&json!(1), &conversation));
        let (mut account, mut thread) = (false, false);
        while !(account && thread) {
            let (name, data) = pushes.next().await;
            account |= name == "account_update" && data["account"]["id"] == json!(id);
            thread |= name == "conversation_update" && data["conversation"]["id"] == conversation;
        }
        // The line goes on.
        world.telegram.says(ME, world.alice, world.alice_id, "still there");
        world.until(&user, "/api/messages", |body| body["total"] == 2).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_synchronisation_finds_what_nobody_told_and_says_when_it_cannot() {
    for engine in engines() {
        let world = World::begun(engine).await;
        let (user, id) = world.linked().await;
        let sync = format!("/api/telegram/{id}/sync");
        world.telegram.always("messages.getDialogs", Fault::refused(400, "SOMETHING_ODD"));
        let (status, body) = user.post(&sync, &json!({})).await;
        assert_eq!((status.as_u16(), body["error"].is_string()), (502, true), "{body}");
        world.telegram.clear_faults();
        // Counted nowhere and told to nobody.
        world.telegram.was_said(ME, world.alice, world.alice_id, |message| "unheard".clone_into(&mut message.message));
        let (status, body) = user.post(&sync, &json!({})).await;
        assert_eq!((status.as_u16(), &body["success"]), (200, &json!(true)), "a failure leaves the turn: {body}");
        world.until(&user, "/api/messages", |body| body["total"] == 2).await;
        let asked = world.telegram.calls_of("messages.getDialogs").len();
        let (status, body) = user.post(&sync, &json!({})).await;
        assert_eq!((status.as_u16(), &body["messageCount"]), (200, &json!(0)), "{body}");
        assert_eq!(world.telegram.calls_of("messages.getDialogs").len(), asked, "not again so soon");

        world.telegram.revoke(ME);
        // The first finds out, the second knows.
        for action in ["reset", "sync"] {
            let (status, body) = user.post(&format!("/api/telegram/{id}/{action}"), &json!({})).await;
            assert_eq!((status.as_u16(), &body["needsReconnect"]), (409, &json!(true)), "{body}");
        }
        assert_eq!(user.get("/api/oauth/accounts").await.1["accounts"][0]["health"], "needs_reauth");
        assert_eq!(user.all_messages().await.len(), 2, "what is here stays");
    }
}

/// A session string as the originals store it: data centre, address, port, key.
fn session(device: &Device) -> String {
    let (_, key) = device.keys.iter().find(|(dc, _)| *dc == device.home_dc).expect("a key");
    let mut bytes = vec![u8::try_from(device.home_dc).expect("small")];
    let address = b"149.154.167.51";
    bytes.extend(u16::try_from(address.len()).expect("short").to_be_bytes());
    bytes.extend(address);
    bytes.extend(443_u16.to_be_bytes());
    bytes.extend(key);
    format!("1{}", BASE64_STANDARD.encode(bytes))
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_whose_sign_in_an_original_made_lives_on() {
    for engine in engines() {
        let mut world = World::begun(engine).await;
        let (user, id) = world.linked().await;
        world.kill().await;
        // As an original left it: no kind, no way, a clear session string, and nothing read.
        let device = world.telegram.signed_in_device(ME).expect("a device");
        let row = format!(
            "UPDATE connected_accounts SET account_kind = NULL, connect_method = NULL, health = NULL, facts = NULL, \
             access_token_seal = NULL, access_token = '{}'",
            session(&device)
        );
        assert_eq!(world.database.change(row).await, 1);
        world.database.change("DELETE FROM hub_cursors").await;
        world.database.change("DELETE FROM hub_leases").await;
        world.telegram.was_said(ME, world.alice, world.alice_id, |message| {
            "while nobody looked".clone_into(&mut message.message);
        });
        world.revive().await;
        let user = world.same(&user);
        world.until(&user, "/api/messages", |body| body["total"] == 2).await;
        let kinds = world.database.texts("SELECT account_kind || ' ' || connect_method FROM connected_accounts").await;
        assert_eq!(kinds, [Some("user phone".to_owned())]);
        let kept = world.database.texts("SELECT access_token FROM connected_accounts").await;
        assert_eq!(kept, [Some(session(&device))], "the original could go on with it");
        world.telegram.says(ME, world.alice, world.alice_id, "hello again");
        world.until(&user, "/api/messages", |body| body["messages"][0]["content"] == "hello again").await;
        let send = format!("/api/telegram/{id}/send/{}", world.alice_id);
        let (status, body) = user.post(&send, &json!({"text": "I live"})).await;
        assert_eq!((status.as_u16(), &body["success"]), (200, &json!(true)), "{body}");
        let (_, accounts) = user.get("/api/oauth/accounts").await;
        assert_eq!(accounts["accounts"].as_array().expect("a list").len(), 1, "{accounts}");
        assert_eq!(world.telegram.who(&device), Some(ME));
    }
}
