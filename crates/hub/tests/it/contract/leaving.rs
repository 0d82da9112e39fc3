//! Whose an account is, and what is left of it afterwards (D59, S3, S20, C12).

use super::scene::{NOBODYS, PERSON, Scene, binary, everywhere};
use crate::conformance::twitter::Twitter;
use crate::support::{BOT_TOKEN, Hub, SECRET};
use hub_testkit::conformance::Stage;
use hub_testkit::conformance::subject::Subject;
use hub_testkit::database::engines;
use hub_testkit::{Database, Engine, eventually};
use reqwest::StatusCode;
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
        let account = stage.subject.account(0);
        let id = stage.accounts(&stage.user).await[0]["id"].as_str().expect("an id").to_owned();
        let both = "SELECT access_token FROM connected_accounts WHERE access_token <> '' AND refresh_token IS NOT NULL";
        assert_eq!(stage.database.texts(both).await.len(), 1);
        stage.user.delete(&format!("/api/oauth/disconnect/{id}")).await;
        eventually("the platform is told", async || stage.subject.is_free(&account).then_some(())).await;
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
        a_bot_is_asked(engine).await;
        a_platform_is_asked_regularly(engine).await;
        #[cfg(feature = "demo")]
        super::telegram::a_persons_line_is_held(engine).await;
    }
}

async fn a_bot_is_asked(engine: Engine) {
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

/// The platforms that are asked every minute: here the job comes due at once.
async fn a_platform_is_asked_regularly(engine: Engine) {
    const DUE: &str =
        "UPDATE hub_jobs SET run_at = '2020-01-01T00:00:00.000000Z' WHERE kind = 'poll' AND state = 'ready'";
    let mut stage = Stage::<Twitter>::linked(binary(), engine).await;
    stage.past_is_read_back().await;
    // Deliveries do not get through: what is heard was asked for.
    stage.subject.platform.hold(true, false);
    let (account, other) = (stage.subject.account(0), stage.subject.account(1));
    let person = stage.subject.person(1);

    // Even the plan itself may be lost, as in a database of an original, which has none.
    stage.hub.kill().await;
    stage.database.change("DELETE FROM hub_jobs WHERE kind = 'poll'").await;
    stage.restart().await;
    stage.subject.say(&account, &person, "after the restart");
    let asked = async || {
        stage.database.change(DUE).await;
        stage.find("after the restart").await
    };
    eventually("it asks again by itself", asked).await;

    let id = stage.accounts(&stage.user).await[0]["id"].as_str().expect("an id").to_owned();
    let (status, _) = stage.user.delete(&format!("/api/oauth/disconnect/{id}")).await;
    assert_eq!(status, StatusCode::OK);
    stage.subject.say(&account, &person, "to nobody");
    let planned = "SELECT kind FROM hub_jobs WHERE kind = 'poll' AND state IN ('ready', 'running')";
    let ended = async || {
        stage.database.change(DUE).await;
        stage.database.texts(planned).await.is_empty().then_some(())
    };
    eventually("the plan ends", ended).await;
    // Not after a start either; what another account of the user hears proves that time has passed.
    stage.restart().await;
    stage.link_only(&stage.user, Twitter::METHOD, &other).await;
    stage.past_is_read_back().await;
    let before = stage.subject.platform.requests().len();
    stage.subject.say(&other, &person, "to the other one");
    let asked = async || {
        stage.database.change(DUE).await;
        stage.find("to the other one").await
    };
    eventually("the other one is asked", asked).await;
    assert!(stage.subject.platform.requests().len() > before);
    assert!(stage.find("to nobody").await.is_none());
    assert_eq!(stage.database.texts(planned).await.len(), 1, "one account, one plan");
}
