//! Whose an account is, and what is left of it afterwards (D59, S2, S3, S20, C12).

use super::scene::{NOBODYS, PERSON, Scene, binary, everywhere};
use crate::conformance::twitter::Twitter;
use crate::support::{BOT_TOKEN, Hub, SECRET};
use hub_testkit::client::answer;
use hub_testkit::conformance::Stage;
use hub_testkit::database::engines;
use hub_testkit::{Database, eventually};
use reqwest::{Method, StatusCode};
use serde_json::json;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d59_what_opens_an_account_is_erased_when_it_is_disconnected() {
    everywhere(async |engine| {
        let scene = Scene::on(engine, &[]).await;
        let talk = scene.talk("Hello").await;
        let kept = "SELECT access_token FROM connected_accounts";
        assert!(scene.database.texts(kept).await[0].as_deref().is_some_and(|token| !token.is_empty()));
        for _ in 0..2 {
            let (status, body) = talk.user.delete(&format!("/api/oauth/disconnect/{}", talk.account)).await;
            let expected = json!({"success": true, "message": "Account disconnected successfully"});
            assert_eq!((status, body), (StatusCode::OK, expected), "twice is fine");
        }
        assert_eq!(scene.database.texts(kept).await[0].as_deref(), Some(""), "the row stays, its token does not");
        let (_, accounts) = talk.user.get("/api/oauth/accounts").await;
        assert_eq!(accounts["accounts"][0]["is_active"], false);
        assert_eq!(talk.messages().await.len(), 1, "conversations stay");
        let eve = scene.user("eve@example.com").await;
        for id in [talk.account.as_str(), NOBODYS] {
            let (status, body) = eve.delete(&format!("/api/oauth/disconnect/{id}")).await;
            assert_eq!((status.as_u16(), &body["error"]["code"]), (404, &json!("ACCOUNT_NOT_FOUND")));
            assert_eq!(body["error"]["message"], "Account not found or does not belong to user");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s02_telegram_routes_serve_the_owner_of_an_active_telegram_account_alone() {
    everywhere(async |engine| {
        let scene = Scene::on(engine, &[]).await;
        let talk = scene.talk("Hello").await;
        let eve = scene.user("eve@example.com").await;
        for (user, id) in [(&eve, talk.account.as_str()), (&eve, NOBODYS)] {
            for (method, path) in [
                (Method::GET, format!("/api/telegram/{id}/dialogs")),
                (Method::GET, format!("/api/telegram/{id}/messages/{PERSON}")),
                (Method::POST, format!("/api/telegram/{id}/send/{PERSON}")),
                (Method::POST, format!("/api/telegram/{id}/sync")),
                (Method::POST, format!("/api/telegram/{id}/reset")),
            ] {
                let (status, body) = answer(user.request(method.clone(), &path).json(&json!({"text": "x"}))).await;
                assert!(matches!(status.as_u16(), 404 | 503), "{method} {path}: {status} {body}");
                assert!(body["error"].is_string());
                let (status, _) = answer(scene.client().request(method, &path).json(&json!({"text": "x"}))).await;
                assert_eq!(status, StatusCode::UNAUTHORIZED);
            }
        }
        assert_eq!(talk.messages().await.len(), 1, "nothing was reset");
        assert!(scene.hub.platform.sent(BOT_TOKEN).is_empty(), "nothing was sent");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s03_only_the_owner_asks_for_a_poll() {
    for engine in engines() {
        let stage = Stage::<Twitter>::linked(binary(), engine).await;
        let id = stage.accounts(&stage.user).await[0]["id"].as_str().expect("an id").to_owned();
        let eve = stage.hub.client().register("eve@example.com").await;
        for (user, id, status) in [(&eve, id.as_str(), 404), (&eve, NOBODYS, 404), (&stage.user, "17", 400)] {
            let (got, body) = user.post(&format!("/api/debug/polling/{id}"), &json!({})).await;
            assert_eq!((got.as_u16(), &body["success"]), (status, &json!(false)), "{body}");
            assert!(body["error"].is_string());
        }
        let (status, body) = stage.user.post(&format!("/api/debug/polling/{id}"), &json!({})).await;
        let expected = json!({"success": true, "message": format!("Polling triggered for account {id}")});
        assert_eq!((status, body), (StatusCode::OK, expected));
        stage.user.delete(&format!("/api/oauth/disconnect/{id}")).await;
        let (status, _) = stage.user.post(&format!("/api/debug/polling/{id}"), &json!({})).await;
        assert_eq!(status, StatusCode::NOT_FOUND, "inactive");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s20_nothing_in_the_database_opens_a_disconnected_account() {
    for engine in engines() {
        let stage = Stage::<Twitter>::linked(binary(), engine).await;
        let account = hub_testkit::conformance::subject::Subject::account(&stage.subject, 0);
        let id = stage.accounts(&stage.user).await[0]["id"].as_str().expect("an id").to_owned();
        let both = "SELECT access_token FROM connected_accounts WHERE access_token <> '' AND refresh_token IS NOT NULL";
        assert_eq!(stage.database.texts(both).await.len(), 1);
        stage.user.delete(&format!("/api/oauth/disconnect/{id}")).await;
        eventually("the platform is told", async || {
            hub_testkit::conformance::subject::Subject::is_free(&stage.subject, &account).then_some(())
        })
        .await;
        assert_eq!(stage.database.texts(both).await.len(), 0);
        let left = "SELECT refresh_token FROM connected_accounts WHERE refresh_token <> ''";
        assert_eq!(stage.database.texts(left).await.len(), 0, "neither token is left");
        let open = "SELECT kind FROM hub_jobs WHERE state IN ('ready', 'running') AND kind = 'revoke_grant'";
        eventually("nor what took them back", async || stage.database.texts(open).await.is_empty().then_some(())).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c12_asking_stops_when_an_account_is_disconnected_and_goes_on_after_a_start() {
    for engine in engines() {
        let database = Database::fresh(engine).await;
        // Without a public address the hub asks Telegram, one waiting request after the other.
        let asking = [("WEBHOOK_BASE_URL", ""), ("TELEGRAM_BOT_TOKEN", ""), ("TELEGRAM_WEBHOOK_SECRET", SECRET)];
        let mut hub = Hub::start_with(&database, &asking).await;
        let user = hub.client().register("ada@example.com").await;
        let linked = user.link_bot(BOT_TOKEN).await;
        let heard = async |user: &hub_testkit::Client, words: &str| {
            eventually(words, async || {
                user.all_messages().await.iter().any(|message| message["content"] == words).then_some(())
            })
            .await;
        };
        hub.platform.say(BOT_TOKEN, PERSON, "before the restart");
        heard(&user, "before the restart").await;

        // Started again over the same data, it asks by itself.
        hub.kill().await;
        database.change("UPDATE hub_leases SET until_at = '2020-01-01T00:00:00.000000Z'").await;
        let data = database.folder.path().display().to_string();
        let settings = [
            ("HUB_DATA_DIR", data.as_str()),
            ("DATABASE_URL", database.url.as_str()),
            ("TELEGRAM_API_BASE_URL", hub.platform.base_url()),
        ];
        let again = hub_testkit::HubProcess::start(binary(), &settings).await;
        let user = again.client().login("ada@example.com").await;
        hub.platform.say(BOT_TOKEN, PERSON, "after the restart");
        heard(&user, "after the restart").await;

        let id = linked["accountId"].as_str().expect("an id");
        user.delete(&format!("/api/oauth/disconnect/{id}")).await;
        hub.platform.say(BOT_TOKEN, PERSON, "to nobody");
        // Another bot of the same user is asked; what it hears proves that time has passed.
        let other = "481000002:AAtests-only-token-of-nobody_000000001";
        hub.platform.create_bot(other, "other_bot");
        user.link_bot(other).await;
        hub.platform.say(other, PERSON, "to the other one");
        heard(&user, "to the other one").await;
        assert_eq!(user.all_messages().await.iter().filter(|message| message["content"] == "to nobody").count(), 0);
        assert!(hub.platform.pending(BOT_TOKEN) > 0, "nobody takes it");
    }
}
