//! What is told of a message after it was accepted.

use super::{ADA, ADA_ID, BEA, NUMBER, Scene};
use hub_simulators::whatsapp::{Status, StatusScript};
use serde_json::json;
use std::time::Duration;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sent_delivered_and_read_follow() {
    let scene = Scene::new().await;
    scene.ada_writes().await;
    let body = json!({"type": "text", "text": {"body": "hi"}, "biz_opaque_callback_data": "row 42"});
    let (_, answer) = scene.send(body).await;
    let values = scene.receiver.wait("messages", 4).await;
    assert_eq!(scene.receiver.statuses(), ["sent", "delivered", "read"]);
    for value in &values[1..] {
        let status = &value["statuses"][0];
        assert_eq!(status["id"], answer["messages"][0]["id"]);
        assert_eq!((&status["recipient_id"], &status["recipient_user_id"]), (&json!(ADA), &json!(ADA_ID)));
        assert_eq!(status["biz_opaque_callback_data"], "row 42");
        assert!(status["timestamp"].is_string());
        assert!(status.get("conversation").is_none(), "gone since v24");
    }
    let price =
        json!({"billable": false, "pricing_model": "PMP", "type": "free_customer_service", "category": "service"});
    assert_eq!(values[1]["statuses"][0]["pricing"], price);
    assert!(values[3]["statuses"][0].get("pricing").is_none());
    // Whoever shows no number is named by their id alone.
    scene.platform.say(NUMBER, BEA, "hi");
    scene.send(json!({"recipient": BEA, "type": "text", "text": {"body": "hi"}})).await;
    let values = scene.receiver.wait("messages", 8).await;
    assert_eq!(values[7]["statuses"][0]["recipient_user_id"], BEA);
    assert!(values[7]["statuses"][0].get("recipient_id").is_none());
    assert!(values[5]["contacts"][0]["profile"].get("username").is_none(), "not before it was delivered");
    assert_eq!(values[6]["contacts"][0]["profile"]["username"], "beaexample");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_script_shuffles_repeats_fails_and_comes_first() {
    let scene = Scene::new().await;
    scene.ada_writes().await;
    scene.platform.next_statuses(StatusScript { before_answer: true, ..StatusScript::shuffled() });
    let id = scene.send_text("one").await;
    // No waiting: they were there before the answer.
    let values = scene.receiver.values("messages");
    assert_eq!(scene.receiver.statuses(), ["read", "sent", "delivered", "delivered"]);
    assert!(values[1..].iter().all(|value| value["statuses"][0]["id"] == json!(id)));
    let at = |place: usize| values[place]["statuses"][0]["timestamp"].as_str().unwrap().parse::<i64>().unwrap();
    assert!(at(2) < at(3) && at(3) < at(1), "the platform's own times stay in order");

    scene.platform.next_statuses(StatusScript::failing(131_049));
    scene.send_text("two").await;
    let values = scene.receiver.wait("messages", 7).await;
    assert_eq!(values[6]["statuses"][0]["errors"][0]["code"], 131_049);
    assert_eq!(scene.receiver.statuses()[4..], ["sent", "failed"]);

    let old = StatusScript { conversation: true, ..StatusScript::in_order(&[Status::Sent]) };
    scene.platform.next_statuses(old);
    scene.send_text("three").await;
    let values = scene.receiver.wait("messages", 8).await;
    let conversation = &values[7]["statuses"][0]["conversation"];
    assert!(conversation["expiration_timestamp"].is_string() && conversation["id"].is_string(), "{conversation}");

    let seen = StatusScript { contacts_as_seen: true, before_answer: true, ..StatusScript::failing(131_026) };
    scene.platform.next_statuses(seen);
    scene.send_text("seen").await;
    let values = scene.receiver.wait("messages", 10).await;
    assert_eq!(values[8]["contacts"], json!([{"wa_id": ADA, "user_id": ADA_ID}]));
    assert_eq!(values[9]["contacts"], json!([{"wa_id": ADA}]));

    let slow = StatusScript { pause: Duration::from_millis(30), ..StatusScript::in_order(&[Status::Sent]) };
    scene.platform.next_statuses(slow);
    let id = scene.send_text("four").await;
    scene.receiver.wait("messages", 11).await;
    assert!(scene.platform.status(&id, Status::Read));
    assert_eq!(scene.receiver.wait("messages", 12).await[11]["statuses"][0]["status"], "read");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reactions_and_voice_notes_have_statuses_of_their_own() {
    let scene = Scene::new().await;
    let asked = scene.ada_writes().await;
    scene.platform.statuses(StatusScript { before_answer: true, ..StatusScript::default() });
    scene.send(json!({"type": "reaction", "reaction": {"message_id": asked, "emoji": "👍"}})).await;
    assert_eq!(scene.receiver.statuses(), ["sent"], "a reaction is not delivered or read");
    scene.send(json!({"type": "reaction", "reaction": {"message_id": "wamid.gone", "emoji": "👍"}})).await;
    assert_eq!(scene.receiver.statuses(), ["sent", "failed"]);
    scene.send(json!({"type": "audio", "audio": {"link": "https://files.example.com/a.ogg", "voice": true}})).await;
    assert_eq!(scene.receiver.statuses()[2..], ["sent", "delivered", "read", "played"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_cannot_be_reached_is_told_later() {
    let scene = Scene::new().await;
    scene.ada_writes().await;
    scene.platform.block(NUMBER, ADA, true);
    scene.send_text("blocked").await;
    let (status, answer) = scene.send(json!({"to": "+49 30 1234567", "type": "text", "text": {"body": "x"}})).await;
    assert_eq!((status, &answer["contacts"][0]["wa_id"]), (200, &json!("49301234567")));
    let values = scene.receiver.wait("messages", 3).await;
    for value in &values[1..] {
        let failed = &value["statuses"][0];
        assert_eq!((&failed["status"], &failed["errors"][0]["code"]), (&json!("failed"), &json!(131_026)));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn invented_people_mix_everything() {
    let scene = Scene::new().await;
    scene.platform.trickle(NUMBER, Duration::from_millis(5));
    scene.receiver.wait("messages", 12).await;
    // They have something to react to and to read.
    scene.send(json!({"to": "+234 801 0100003", "type": "text", "text": {"body": "Tomorrow?"}})).await;
    scene.send(json!({"recipient": "DE.5000000000000000004", "type": "text", "text": {"body": "Tomorrow?"}})).await;
    let wanted = ["text", "image", "audio", "location", "sticker", "reaction"];
    let waiting = async {
        loop {
            let values = scene.receiver.values("messages");
            let kinds: Vec<&str> = values.iter().filter_map(|value| value["messages"][0]["type"].as_str()).collect();
            let read = scene.receiver.statuses().iter().any(|status| status == "read");
            if read && wanted.iter().all(|kind| kinds.contains(kind)) {
                return;
            }
            scene.receiver.wait("messages", values.len() + 1).await;
        }
    };
    tokio::time::timeout(super::LIMIT, waiting).await.expect("all kinds in time");
}
