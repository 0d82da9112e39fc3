//! Private messages: closed to ordinary apps, sent by partners, read by the law's members.

use super::{ADA, ADMIN, CLIENT, SECRET, Scene, person};
use hub_simulators::linkedin::{App, LinkedInOptions, Member};
use serde_json::{Value, json};
use std::time::Duration;

fn message(to: &str) -> Value {
    json!({"recipients": [person(to)], "subject": "Hi", "body": "Hello", "messageType": "MEMBER_TO_MEMBER"})
}

#[tokio::test]
async fn an_ordinary_app_sends_nothing() {
    let scene = Scene::new().await;
    scene.platform.connect(ADMIN, ADA);
    let (status, told) = scene.post("v2/messages", message(ADA)).await;
    assert_eq!((status, told["serviceErrorCode"].as_i64()), (403, Some(100)));
    assert!(
        told["message"].as_str().unwrap().starts_with("Not enough permissions to access: messages.CREATE"),
        "{told}"
    );
}

#[tokio::test]
async fn a_partner_writes_to_connections() {
    let scene = Scene::new().await;
    scene.platform.create_app(App { messages: true, ..App::new(CLIENT, SECRET) });
    assert_eq!(scene.post("v2/messages", message(ADA)).await.0, 403, "no connection");
    scene.platform.connect(ADMIN, ADA);
    assert_eq!(scene.post("v2/messages", message(ADA)).await.0, 201);
    let mut both = message(ADA);
    both["thread"] = "2-x".into();
    assert_eq!(scene.post("v2/messages", both).await.0, 422, "one of the two");
    assert_eq!(scene.get("v2/messages").await.0, 403, "nobody reads");
}

async fn reader(options: LinkedInOptions) -> Scene {
    let mut scene = Scene::with(options).await;
    scene.platform.create_app(App::new(CLIENT, SECRET).with_portability());
    scene.token = scene.platform.token_for(CLIENT, ADMIN, &["openid", "r_dma_portability_3rd_party"]);
    scene
}

async fn log(scene: &Scene, since: i64, count: i64) -> (u16, Vec<Value>) {
    let path = format!("rest/memberChangeLogs?q=memberAndApplication&startTime={since}&count={count}");
    let (status, told) = scene.get(&path).await;
    (status, told["elements"].as_array().cloned().unwrap_or_default())
}

#[tokio::test]
async fn the_log_tells_what_happened_since_the_consent() {
    let scene = reader(LinkedInOptions::default()).await;
    let said = scene.platform.write(ADA, ADMIN, "Hello, do you have a minute?").unwrap();
    scene.platform.rewrite(&said, Some("Hello?"));
    scene.platform.invite(ADA, ADMIN, "Let us connect").unwrap();
    scene.platform.log_other(ADMIN, "ugcPosts");
    scene.platform.relog(&said, "SUCCESSFUL_REPLAY");
    scene.platform.rewrite(&said, None);
    let (status, all) = log(&scene, 0, 50).await;
    assert_eq!(status, 200);
    let methods: Vec<&str> = all.iter().map(|one| one["method"].as_str().unwrap()).collect();
    assert_eq!(methods, ["CREATE", "PARTIAL_UPDATE", "CREATE", "CREATE", "CREATE", "DELETE"]);
    assert_eq!(all[0]["activity"]["content"]["fallback"], "Hello, do you have a minute?");
    assert_eq!((&all[0]["owner"], &all[0]["actor"]), (&json!(person(ADMIN)), &json!(person(ADA))));
    assert!(all[2]["activity"].get("extensionContent").is_some());
    let last = all[5]["processedAt"].as_i64().unwrap();
    assert!(!log(&scene, last, 10).await.1.is_empty(), "the start is part of the answer");
    assert!(log(&scene, last + 1, 10).await.1.is_empty());
    assert_eq!(log(&scene, 0, 5).await.0, 400, "ten at least");
    scene.platform.advance(Duration::from_hours(24 * 29));
    assert!(log(&scene, 0, 10).await.1.is_empty(), "kept for 28 days");
}

#[tokio::test]
async fn the_log_is_late_and_only_for_the_laws_members() {
    let scene =
        reader(LinkedInOptions { changelog_delay: Duration::from_hours(1), ..LinkedInOptions::default() }).await;
    scene.platform.write(ADA, ADMIN, "Hello").unwrap();
    assert!(log(&scene, 0, 10).await.1.is_empty());
    scene.platform.advance(Duration::from_hours(1));
    assert_eq!(log(&scene, 0, 10).await.1.len(), 1);
    scene.platform.create_member(Member { eea: false, ..Member::new(ADMIN, "Dana", "Doe") });
    assert_eq!(log(&scene, 0, 10).await.0, 403);
}

#[tokio::test]
async fn old_messages_are_rows_without_ids() {
    let scene = reader(LinkedInOptions::default()).await;
    let path = "rest/memberSnapshotData?q=criteria&domain=INBOX";
    assert_eq!(scene.get(path).await.0, 404, "there are none");
    scene.platform.write(ADA, ADMIN, "See you on Monday").unwrap();
    let (_, told) = scene.get(path).await;
    let row = &told["elements"][0]["snapshotData"][0];
    assert_eq!((&row["FROM"], &row["CONTENT"]), (&json!("Ada Example"), &json!("See you on Monday")));
    assert_eq!(row["SENDER PROFILE URL"], "https://www.linkedin.com/in/ada-example");
}
