//! Telegram accounts of people (D53, S19, C13).

use crate::telegram_login::{code_sent, verifies};
use crate::telegram_world::{CODE, ME, OTHER_PHONE, PASSWORD, PHONE, World};
use hub_testkit::database::engines;
use serde_json::json;

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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c13_what_is_unread_at_telegram_is_unread_here() {
    for engine in engines() {
        let world = World::begun(engine).await;
        let (user, id) = world.linked().await;
        world.telegram.says(ME, world.alice, world.alice_id, "one");
        world.telegram.says(ME, world.alice, world.alice_id, "two");
        world.until(&user, "/api/messages", |body| body["total"] == 3).await;
        let dialogs = world
            .until(&user, &format!("/api/telegram/{id}/dialogs"), |body| body["dialogs"][0]["unreadCount"] != 0)
            .await;
        let unread = dialogs["dialogs"][0]["unreadCount"].as_i64().expect("a number");
        assert!(unread >= 2, "{dialogs}");
        let (status, _) = user.post(&format!("/api/telegram/{id}/sync"), &json!({})).await;
        assert_eq!(status.as_u16(), 200);
        let (_, counts) = user.get("/api/messages/unread/count").await;
        assert_eq!(counts["byPlatform"]["telegram"], unread, "a sync marks nothing as read");
    }
}
