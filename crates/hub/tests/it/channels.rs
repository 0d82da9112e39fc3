//! Channels as their owners see them, of a whole hub beside a pretend platform whose ways go wrong.

use crate::support::{BOT_TOKEN, Hub};
use hub_simulators::telegram::Fault;
use hub_testkit::database::engines;
use hub_testkit::{Client, Database, eventually, eventually_seen};
use reqwest::StatusCode;
use serde_json::{Value, json};
use std::time::Duration;

/// Looks at the channels every second.
pub(crate) const OFTEN: &[(&str, &str)] = &[("HEALTH_PROBE_SECONDS", "1")];
/// Somebody else's address.
pub(crate) const ELSEWHERE: &str = "https://other.example/hook";

pub(crate) async fn channel(user: &Client) -> Value {
    let (status, body) = user.get("/api/health/accounts").await;
    assert_eq!(status, StatusCode::OK, "{body}");
    body["accounts"][0].clone()
}

/// Waits until the channel stands so; gives it.
pub(crate) async fn becomes(user: &Client, state: &str) -> Value {
    let stands = async || {
        let shown = channel(user).await;
        if shown["state"] == state { Ok(shown) } else { Err(shown) }
    };
    eventually_seen(&format!("the channel becomes {state}"), stands).await
}

/// The states it went through, oldest first.
pub(crate) async fn history(user: &Client) -> Vec<String> {
    let account = channel(user).await["account_id"].as_str().expect("an id").to_owned();
    let (_, body) = user.get(&format!("/api/oauth/accounts/{account}/notices?limit=100")).await;
    let changes = body["notices"].as_array().expect("a list").iter().rev();
    let changes = changes.filter(|notice| notice["kind"] == "channel_state");
    changes.map(|notice| notice["data"]["to"].as_str().expect("a state").to_owned()).collect()
}

/// A hub with a linked bot that the platform calls.
async fn linked(database: &Database) -> (Hub, Client) {
    let hub = Hub::start_public_with(database, OFTEN).await;
    let user = hub.client().register("ada@example.com").await;
    user.link_bot(BOT_TOKEN).await;
    eventually("the platform calls the hub", async || hub.platform.webhook(BOT_TOKEN)).await;
    (hub, user)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_webhook_somebody_took_is_shown_and_taken_back_on_demand() {
    for engine in engines() {
        let database = Database::fresh(engine).await;
        let (hub, user) = linked(&database).await;
        let ours = hub.platform.webhook(BOT_TOKEN);
        let take = format!("{}/bot{BOT_TOKEN}/setWebhook", hub.platform.base_url());
        let taken = reqwest::Client::new().post(take).json(&json!({ "url": ELSEWHERE })).send().await;
        assert!(taken.expect("an answer").status().is_success());
        let shown = becomes(&user, "taken_over").await;
        assert_eq!((&shown["action"], &shown["evidence"]["code"]), (&json!("reclaim"), &json!("other.example")));
        assert_eq!(hub.platform.webhook(BOT_TOKEN).as_deref(), Some(ELSEWHERE), "nobody is fought");
        hub.platform.say(BOT_TOKEN, 42, "is anybody there?");

        let reclaim = format!("/api/oauth/accounts/{}/reclaim", shown["account_id"].as_str().expect("an id"));
        let stranger = hub.client().register("eve@example.com").await;
        assert_eq!(stranger.post(&reclaim, &json!({})).await.0, StatusCode::NOT_FOUND);
        let (status, back) = user.post(&reclaim, &json!({})).await;
        assert_eq!((status, &back["account"]["state"]), (StatusCode::OK, &json!("ok")), "{back}");
        assert_eq!(hub.platform.webhook(BOT_TOKEN), ours);
        assert_eq!(back["account"]["holes"].as_array().map(Vec::len), Some(1), "what the other got is lost");
        eventually("what waits is delivered", async || (!user.all_messages().await.is_empty()).then_some(())).await;
        assert_eq!(history(&user).await, ["taken_over", "ok"]);
    }
}

/// An address to which the platform does not deliver, in its words.
const BAD_ADDRESS: Fault =
    Fault::Refused { code: 400, description: "Bad Request: bad webhook: Failed to resolve host" };

/// A channel that was never called looks connected and is dead: it says so, and is made good without a restart once the address
/// is.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_address_that_the_platform_refuses_is_said_and_tried_again() {
    for engine in engines() {
        let database = Database::fresh(engine).await;
        let hub = Hub::start_public_with(&database, OFTEN).await;
        let user = hub.client().register("ada@example.com").await;
        // Long enough to be looked at: it is asked again every four seconds.
        for _ in 0..4 {
            hub.platform.fault("setWebhook", BAD_ADDRESS);
        }
        user.link_bot(BOT_TOKEN).await;
        let shown = becomes(&user, "misconfigured").await;
        assert_eq!(shown["action"], "fix_settings", "{shown}");
        assert!(shown["evidence"]["words"].as_str().is_some_and(|words| words.contains("bad webhook")), "{shown}");
        becomes(&user, "ok").await;
        assert!(hub.platform.webhook(BOT_TOKEN).is_some());
        assert_eq!(history(&user).await, ["misconfigured", "ok"], "one word per change");
        let holes = channel(&user).await["holes"].clone();
        assert!(holes[0]["why"].as_str().is_some_and(|why| why.contains("delivers it now")), "{holes}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn trouble_of_the_platform_passes_and_a_dead_token_is_said_to_be_one() {
    for engine in engines() {
        let database = Database::fresh(engine).await;
        let (hub, user) = linked(&database).await;
        for (fault, state) in [
            (Fault::Status(502), "transient"),
            (Fault::Html502, "transient"),
            (Fault::CutBefore, "transient"),
            (Fault::Hang(Duration::from_secs(16)), "transient"),
            (Fault::TooMany { retry_after: 1 }, "rate_limited"),
        ] {
            hub.platform.fault("getWebhookInfo", fault);
            assert_eq!(becomes(&user, state).await["action"], "wait");
            becomes(&user, "ok").await;
        }
        let passed = history(&user).await;
        assert!(!passed.contains(&"needs_reauth".to_owned()), "{passed:?}");
        assert_eq!(passed.len(), 10, "one word per change: {passed:?}");
        hub.platform.fault("getWebhookInfo", Fault::Status(401));
        let dead = becomes(&user, "needs_reauth").await;
        assert_eq!(dead["action"], "reconnect");
        user.link_bot(BOT_TOKEN).await;
        becomes(&user, "ok").await;
    }
}
