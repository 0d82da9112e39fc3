//! Challenges, signed deliveries in both shapes, repeats, replay, and what is encrypted.

use super::{ADA, CONSUMER, ME, Scene, digest};
use reqwest::Method;
use serde_json::{Value, json};
use std::sync::atomic::Ordering;
use std::time::Duration;

#[tokio::test]
async fn a_webhook_is_only_taken_with_the_right_answer() {
    let scene = Scene::new().await;
    "wrong".clone_into(&mut scene.receiver.secret.lock().unwrap());
    let body = json!({"url": scene.receiver.url});
    let (status, told) = scene.call(Method::POST, "webhooks", &scene.bearer, &body).await;
    assert_eq!(status, 400);
    assert!(told["errors"][0]["message"].as_str().unwrap().starts_with("CrcValidationFailed"));
    CONSUMER.clone_into(&mut scene.receiver.secret.lock().unwrap());
    let hook = scene.hook().await;
    let (_, told) = scene.call(Method::POST, "webhooks", &scene.bearer, &body).await;
    assert!(told["errors"][0]["message"].as_str().unwrap().starts_with("DuplicateUrlFailed"));
    "wrong".clone_into(&mut scene.receiver.secret.lock().unwrap());
    assert!(!scene.platform.challenge().await, "broken at once");
    let (_, told) = scene.call(Method::GET, "webhooks", &scene.bearer, &Value::Null).await;
    assert_eq!(told["data"][0]["valid"], false);
    CONSUMER.clone_into(&mut scene.receiver.secret.lock().unwrap());
    let (_, told) = scene.call(Method::PUT, &format!("webhooks/{hook}"), &scene.bearer, &Value::Null).await;
    assert_eq!(told["data"]["valid"], true);
}

#[tokio::test]
async fn a_webhook_that_is_down_is_borne_with_for_28_hours() {
    let scene = Scene::new().await;
    let hook = scene.hook().await;
    scene.subscribe_account(&hook).await;
    scene.receiver.down.store(true, Ordering::SeqCst);
    assert!(scene.platform.challenge().await, "not yet");
    scene.platform.advance(Duration::from_hours(28));
    assert!(!scene.platform.challenge().await);
    scene.platform.say(ADA, ME, "lost");
    scene.receiver.down.store(false, Ordering::SeqCst);
    assert!(scene.platform.challenge().await, "a good answer heals");
    scene.platform.say(ADA, ME, "told");
    let got = scene.receiver.wait(1).await;
    assert_eq!(got[0]["direct_message_events"][0]["message_create"]["message_data"]["text"], "told");
}

#[tokio::test]
async fn messages_come_signed_in_the_older_shape_and_the_echo_has_the_sends_id() {
    let scene = Scene::new().await;
    let hook = scene.hook().await;
    assert_eq!(scene.subscribe_account(&hook).await.1["data"]["subscribed"], true);
    let event = scene.platform.say(ADA, ME, "see https://x.test/ü");
    let got = scene.receiver.wait(1).await;
    assert_eq!(got[0]["for_user_id"], ME);
    assert_eq!(got[0]["direct_message_events"][0]["id"], event.id.to_string());
    assert_eq!(got[0]["users"][ADA]["screen_name"], "ada");
    let (signature, bytes) = scene.receiver.got.lock().unwrap()[0].clone();
    assert_eq!(signature, digest(CONSUMER, &bytes));
    let text = String::from_utf8(bytes.to_vec()).unwrap();
    assert!(text.contains("https:\\/\\/x.test\\/\\u00fc"), "{text}");
    let path = format!("dm_conversations/with/{ADA}/messages");
    let (_, sent) = scene.post(&path, json!({"text": "mine"})).await;
    let echo = scene.receiver.wait(2).await.remove(1);
    assert_eq!(echo["direct_message_events"][0]["id"], sent["data"]["dm_event_id"]);
    assert_eq!(echo["direct_message_events"][0]["message_create"]["sender_id"], ME);
}

#[tokio::test]
async fn the_activity_api_tells_each_kind_to_its_own_subscription() {
    let scene = Scene::new().await;
    let hook = scene.hook().await;
    for kind in ["dm.received", "dm.read", "dm.indicate_typing", "chat.received", "oauth.revoke"] {
        let (status, told) = scene.subscribe(&hook, kind).await;
        assert_eq!(status, 200, "{told}");
    }
    assert_eq!(scene.subscribe(&hook, "dm.received").await.0, 400, "twice");
    let other = json!({"event_type": "dm.sent", "filter": {"user_id": ADA}, "webhook_id": hook});
    assert_eq!(scene.post("activity/subscriptions", other).await.0, 403, "somebody else's");
    scene.platform.say(ME, ADA, "not subscribed to");
    let picture = scene.platform.attach(ADA, ME, "look", ("dm_video", "video/mp4"), b"film");
    scene.platform.types(ADA, ME);
    scene.platform.reads(ADA, ME, "1");
    scene.platform.say_encrypted(ADA, ME);
    let got = scene.receiver.wait(4).await;
    let kinds: Vec<&str> = got.iter().map(|one| one["data"]["event_type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["dm.received", "dm.indicate_typing", "dm.read", "chat.received"]);
    let payload = &got[0]["data"]["payload"];
    assert_eq!(payload["direct_message_events"][0]["id"], picture.id.to_string());
    let media = &payload["direct_message_events"][0]["message_create"]["message_data"]["attachment"]["media"];
    assert_eq!(media["video_info"]["variants"][2]["bitrate"], 832_000);
    assert_eq!(payload["users"][ADA]["data"]["username"], "ada");
    assert!(got[3]["data"]["payload"]["encoded_event"].is_string());
}

#[tokio::test]
async fn a_permission_taken_back_is_told_in_both_shapes() {
    let scene = Scene::new().await;
    let hook = scene.hook().await;
    scene.subscribe_account(&hook).await;
    let body = json!({"event_type": "oauth.revoke", "filter": {}, "webhook_id": hook});
    assert_eq!(scene.call(Method::POST, "activity/subscriptions", &scene.bearer, &body).await.0, 200);
    scene.platform.revoke(ME);
    let got = scene.receiver.wait(2).await;
    assert_eq!(got[0]["user_event"]["revoke"]["source"]["user_id"], ME);
    assert_eq!(got[1]["data"]["filter"], json!({}));
    assert_eq!(got[1]["data"]["payload"]["user_id"], ME);
}

#[tokio::test]
async fn failed_deliveries_are_repeated_and_lost_ones_replayed() {
    let scene = Scene::new().await;
    let hook = scene.hook().await;
    scene.subscribe_account(&hook).await;
    *scene.receiver.statuses.lock().unwrap() = vec![500, 503];
    scene.platform.say(ADA, ME, "one");
    let got = scene.receiver.wait(3).await;
    assert!(got[0] == got[1] && got[1] == got[2]);
    scene.platform.advance(Duration::from_hours(1));
    let at = |minutes: i64| {
        let now = chrono::Utc::now() + chrono::TimeDelta::minutes(60);
        (now - chrono::TimeDelta::minutes(minutes)).format("%Y%m%d%H%M").to_string()
    };
    let job = |from: i64, to: i64| json!({"webhook_id": hook, "from_date": at(from), "to_date": at(to)});
    let ask = async |body: Value| scene.call(Method::POST, "webhooks/replay", &scene.bearer, &body).await;
    assert_eq!(ask(job(20, 15)).await.0, 400, "too young");
    assert_eq!(ask(job(70, 5)).await.0, 400, "ends too late");
    let (status, told) = ask(job(70, 20)).await;
    assert_eq!(status, 200, "{told}");
    let got = scene.receiver.wait(5).await;
    assert_eq!(got[3], got[0]);
    assert_eq!(got[4]["replay_job_status"]["job_id"], told["data"]["job_id"]);
}

#[tokio::test]
async fn deliveries_are_doubled_and_reversed_on_command_and_the_trickle_runs() {
    let scene = Scene::new().await;
    let hook = scene.hook().await;
    scene.subscribe_account(&hook).await;
    scene.platform.hold(true, false);
    scene.platform.duplicate(true);
    scene.platform.say(ADA, ME, "one");
    scene.platform.say(ADA, ME, "two");
    scene.platform.hold(false, true);
    let got = scene.receiver.wait(4).await;
    let text = |at: usize| got[at]["direct_message_events"][0]["message_create"]["message_data"]["text"].clone();
    assert_eq!([text(0), text(1), text(2), text(3)], ["two", "two", "one", "one"]);
    scene.platform.trickle(ME, Duration::from_millis(2));
    scene.receiver.wait(8).await;
    scene.platform.shutdown().await;
}
