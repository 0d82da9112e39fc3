//! Sending, files, reading, budgets, what costs, and faults.

use super::{ADA, BEA, CLIENT, ME, Scene};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hub_simulators::twitter::{Bucket, Fault, Span, Spending, User};
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;

const TALK: &str = "3001969357-4337869213";

#[tokio::test]
async fn people_conversations_and_groups_are_written_to() {
    let scene = Scene::new().await;
    let (status, told) = scene.post(&format!("dm_conversations/with/{ADA}/messages"), json!({"text": "hi"})).await;
    assert_eq!((status, told["data"]["dm_conversation_id"].as_str()), (201, Some(TALK)));
    let (status, _) = scene.post(&format!("dm_conversations/{TALK}/messages"), json!({"text": "again"})).await;
    assert_eq!(status, 201);
    let far = "1346889436626259968";
    scene.platform.put_user(User::new(far, "far", "Far"));
    let (_, told) = scene.post(&format!("dm_conversations/with/{far}/messages"), json!({"text": "x"})).await;
    assert_eq!(told["data"]["dm_conversation_id"], format!("{ME}-{far}"), "as numbers");
    let group = json!({"conversation_type": "Group", "participant_ids": [ADA, BEA], "message": {"text": "all"}});
    let (status, told) = scene.post("dm_conversations", group).await;
    assert_eq!(status, 201, "{told}");
    let id = told["data"]["dm_conversation_id"].as_str().unwrap();
    assert!((15..=19).contains(&id.len()) && !id.contains('-'));
    let (_, events) = scene.get(&format!("dm_conversations/{id}/dm_events?dm_event.fields=participant_ids")).await;
    assert_eq!(events["data"][1]["event_type"], "ParticipantsJoin");
}

#[tokio::test]
async fn wrong_messages_are_refused_as_the_platform_does() {
    let scene = Scene::new().await;
    let path = format!("dm_conversations/with/{ADA}/messages");
    let (status, told) = scene.post(&path, json!({"text": ""})).await;
    assert_eq!(status, 400);
    assert_eq!(told["errors"][0]["message"], "$.text: string length must be greater than or equal to 1");
    assert_eq!(scene.post(&path, json!({"text": "x".repeat(10_001)})).await.0, 400);
    assert_eq!(scene.post(&path, json!({"attachments": [{"media_id": "1"}]})).await.0, 400);
    scene.platform.put_user(User { takes_dms: false, ..User::new(BEA, "bea", "Bea") });
    let (status, told) = scene.post(&format!("dm_conversations/with/{BEA}/messages"), json!({"text": "x"})).await;
    assert_eq!(status, 403);
    assert_eq!(told["detail"], "You do not have permission to DM one or more participants.");
    let (status, told) = scene.call(Method::POST, &path, &scene.bearer, &json!({"text": "x"})).await;
    assert_eq!(status, 403);
    assert!(told["type"].as_str().unwrap().ends_with("/unsupported-authentication"));
    assert!(scene.platform.events().is_empty());
}

#[tokio::test]
async fn history_is_newest_first_in_pages_for_thirty_days() {
    let scene = Scene::new().await;
    scene.platform.say(ADA, ME, "too old");
    scene.platform.advance(Duration::from_hours(31 * 24));
    let fresh = scene.platform.grant(CLIENT, ME, &super::SCOPES)["access_token"].as_str().unwrap().to_owned();
    for n in 0..5 {
        scene.platform.say(ADA, ME, &format!("n{n}"));
    }
    let mut texts = Vec::new();
    let mut next = String::new();
    for _ in 0..4 {
        let path = format!("dm_events?max_results=2&expansions=sender_id&dm_event.fields=sender_id,created_at{next}");
        let (status, page) = scene.call(Method::GET, &path, &fresh, &Value::Null).await;
        assert_eq!(status, 200, "{page}");
        assert_eq!(page["includes"]["users"][0]["id"], ADA);
        texts.extend(page["data"].as_array().unwrap().iter().map(|one| one["text"].as_str().unwrap().to_owned()));
        let Some(token) = page["meta"]["next_token"].as_str() else { break };
        next = format!("&pagination_token={token}");
    }
    assert_eq!(texts, ["n4", "n3", "n2", "n1", "n0"]);
    let (_, empty) =
        scene.call(Method::GET, &format!("dm_conversations/with/{BEA}/dm_events"), &fresh, &Value::Null).await;
    assert_eq!(empty, json!({"meta": {"result_count": 0}}));
}

#[tokio::test]
async fn files_go_up_in_one_step_or_several_and_come_back() {
    let scene = Scene::new().await;
    let body = json!({"media": STANDARD.encode("picture"), "media_category": "dm_image", "media_type": "image/png"});
    let (_, told) = scene.post("media/upload", body).await;
    let id = told["data"]["id"].as_str().unwrap().to_owned();
    let path = format!("dm_conversations/with/{ADA}/messages");
    let (status, sent) = scene.post(&path, json!({"attachments": [{"media_id": id}]})).await;
    assert_eq!(status, 201, "{sent}");
    let event = sent["data"]["dm_event_id"].as_str().unwrap();
    let file = format!("dm_conversations/media/{event}/{id}/7WY9gUyS.png");
    let got = scene.raw(Method::GET, &file, &scene.token, &Value::Null).await;
    assert_eq!(got.bytes().await.unwrap().as_ref(), b"picture");

    let start = json!({"media_category": "dm_video", "media_type": "video/mp4", "total_bytes": 6});
    let (_, told) = scene.post("media/upload/initialize", start).await;
    let id = told["data"]["id"].as_str().unwrap().to_owned();
    assert_eq!(scene.post(&format!("media/upload/{id}/finalize"), Value::Null).await.0, 400, "nothing came yet");
    for (index, part) in ["abc", "def"].iter().enumerate() {
        let body = json!({"media": STANDARD.encode(part), "segment_index": index});
        assert_eq!(scene.post(&format!("media/upload/{id}/append"), body).await.0, 200);
    }
    let (_, told) = scene.post(&format!("media/upload/{id}/finalize"), Value::Null).await;
    assert_eq!(told["data"]["processing_info"]["state"], "pending");
    assert_eq!(scene.post(&path, json!({"attachments": [{"media_id": id}]})).await.0, 400, "not ready");
    let asked = format!("media/upload?command=STATUS&media_id={id}");
    assert_eq!(scene.get(&asked).await.1["data"]["processing_info"]["state"], "in_progress");
    assert_eq!(scene.get(&asked).await.1["data"]["processing_info"]["state"], "succeeded");
    assert_eq!(scene.post(&path, json!({"attachments": [{"media_id": id}]})).await.0, 201);
}

#[tokio::test]
async fn only_own_messages_are_deleted() {
    let scene = Scene::new().await;
    let theirs = scene.platform.say(ADA, ME, "hers").id;
    let own = scene.platform.say(ME, ADA, "mine").id;
    let none = Value::Null;
    assert_eq!(scene.call(Method::DELETE, &format!("dm_events/{theirs}"), &scene.token, &none).await.0, 403);
    let (_, told) = scene.call(Method::DELETE, &format!("dm_events/{own}"), &scene.token, &none).await;
    assert_eq!(told["data"]["deleted"], true);
    assert_eq!(scene.call(Method::DELETE, &format!("dm_events/{own}"), &scene.token, &none).await.0, 404);
}

#[tokio::test]
async fn budgets_are_counted_told_and_come_back() {
    let scene = Scene::new().await;
    let path = format!("dm_conversations/with/{ADA}/messages");
    for left in (0..15).rev() {
        let answer = scene.raw(Method::POST, &path, &scene.token, &json!({"text": "x"})).await;
        assert_eq!(answer.status(), 201);
        assert_eq!(answer.headers()["x-rate-limit-remaining"], left.to_string());
    }
    let refused = scene.raw(Method::POST, &path, &scene.token, &json!({"text": "x"})).await;
    assert_eq!(refused.status(), 429);
    assert!(refused.headers().get("retry-after").is_none());
    assert_eq!(refused.headers()["x-user-limit-24hour-remaining"], "1425");
    assert_eq!(scene.get("dm_events").await.0, 200, "reads have their own");
    scene.platform.legacy_429(true);
    assert_eq!(scene.post(&path, json!({"text": "x"})).await.1["errors"][0]["code"], 88);
    scene.platform.advance(Duration::from_mins(15));
    assert_eq!(scene.post(&path, json!({"text": "x"})).await.0, 201);
    scene.platform.set_limit(Bucket::DmSend, Span::UserDay, 16);
    let capped = scene.raw(Method::POST, &path, &scene.token, &json!({"text": "x"})).await;
    assert_eq!(capped.status(), 429);
    assert_eq!(capped.headers()["x-rate-limit-remaining"], "14", "the day's cap, not the quarter's");
    assert_eq!(capped.headers()["x-user-limit-24hour-remaining"], "0");
}

#[tokio::test]
async fn what_is_not_paid_for_differs_from_what_is_not_allowed() {
    let scene = Scene::new().await;
    scene.platform.spending(Spending::CreditsDepleted);
    let (status, told) = scene.get("dm_events").await;
    assert_eq!((status, told["title"].as_str()), (402, Some("CreditsDepleted")));
    scene.platform.spending(Spending::CapReached { reset_date: "2026-12-01".to_owned() });
    let (status, told) = scene.get("dm_events").await;
    assert_eq!((status, told["reset_date"].as_str()), (403, Some("2026-12-01")));
    assert!(told["type"].as_str().unwrap().ends_with("/credits"));
    scene.platform.spending(Spending::Fine);
    assert_eq!(scene.get("dm_events").await.0, 200);
}

#[tokio::test]
async fn scripted_faults_hit_one_endpoint_and_a_cut_send_was_still_done() {
    let scene = Scene::new().await;
    let path = format!("dm_conversations/with/{ADA}/messages");
    scene.platform.fault(Bucket::DmSend, Fault::Status(503));
    scene.platform.fault(Bucket::DmSend, Fault::CutAfter);
    assert_eq!(scene.get("users/me").await.0, 200);
    let (status, told) = scene.post(&path, json!({"text": "x"})).await;
    assert_eq!((status, told["title"].as_str()), (503, Some("Service Unavailable")));
    assert!(scene.platform.events().is_empty());
    let url = format!("{}/2/{path}", scene.platform.base_url());
    let sent = scene.http.post(url).bearer_auth(&scene.token).json(&json!({"text": "x"})).send().await;
    let whole = match sent {
        Ok(answer) => answer.bytes().await.map(|_| ()),
        Err(error) => Err(error),
    };
    assert!(whole.is_err(), "the line broke");
    assert_eq!(scene.platform.events().len(), 1);
    let log = scene.platform.requests();
    assert_eq!(log.iter().filter(|one| one.endpoint == "dm_send").count(), 2);
}
