//! Templates: sending, listing, creating, and what is told of them.

use super::{ACCOUNT, Scene, code};
use serde_json::{Value, json};

fn template(name: &str, components: &Value) -> Value {
    json!({"type": "template", "template": {"name": name, "language": {"code": "en_US"}, "components": components}})
}

fn body(words: &[&str]) -> Value {
    let parameters: Vec<Value> = words.iter().map(|text| json!({"type": "text", "text": text})).collect();
    json!({"type": "body", "parameters": parameters})
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_send_must_bring_what_the_template_needs() {
    let scene = Scene::new().await;
    let shipped = [
        json!({"type": "HEADER", "format": "IMAGE"}),
        json!({"type": "BODY", "text": "Hi {{1}}, {{2}} is on its way."}),
        json!({"type": "BUTTONS", "buttons": [{"type": "URL", "text": "Track", "url": "https://example.com/{{1}}"}]}),
    ];
    scene.platform.add_template(ACCOUNT, "shipped", "en_US", "UTILITY", &shipped);
    let named = [json!({"type": "BODY", "text": "Hi {{name}}!"})];
    scene.platform.add_template(ACCOUNT, "named", "en_US", "MARKETING", &named);
    let image =
        json!({"type": "header", "parameters": [{"type": "image", "image": {"link": "https://example.com/i.png"}}]});
    let link =
        json!({"type": "button", "sub_type": "url", "index": "0", "parameters": [{"type": "text", "text": "7"}]});
    let by_name = json!({"type": "body", "parameters": [{"type": "text", "parameter_name": "name", "text": "Ann"}]});
    for (send, status, expected) in [
        (template("shipped", &json!([image, body(&["Ann", "it"]), link])), 200, 0),
        (template("shipped", &json!([image, body(&["Ann"]), link])), 400, 132_000),
        (template("shipped", &json!([body(&["Ann", "it"]), link])), 400, 132_012),
        (template("shipped", &json!([image, body(&["Ann", "it"])])), 400, 131_008),
        (template("shipped", &json!([image, body(&["Ann", &"x".repeat(1_024)]), link])), 400, 132_005),
        (template("named", &json!([by_name])), 200, 0),
        (template("named", &json!([body(&["Ann"])])), 400, 132_012),
        (template("nothing", &json!([])), 404, 132_001),
        (json!({"type": "template", "template": {"name": "named"}}), 400, 131_008),
    ] {
        let (got, answer) = scene.send(send.clone()).await;
        assert_eq!((got, code(&answer)), (status, expected), "{send}: {answer}");
        if got == 200 {
            assert_eq!(answer["messages"][0]["message_status"], "accepted");
        }
    }
    let details = scene.send(template("shipped", &json!([image, body(&["Ann"]), link]))).await.1;
    let words = "body: number of localizable_params (1) does not match the expected number of params (2)";
    assert_eq!(details["error"]["error_data"]["details"], words);

    scene.platform.template_status(ACCOUNT, "named", "en_US", "PAUSED", "NONE");
    assert_eq!(code(&scene.send(template("named", &json!([by_name]))).await.1), 132_015);
    let told = scene.receiver.wait("message_template_status_update", 1).await;
    assert_eq!(told[0]["event"], "PAUSED");
    assert!(told[0]["message_template_id"].is_u64());
    let entry = scene.receiver.bodies().into_iter().map(|body| body["entry"][0].clone());
    let entry = entry.into_iter().find(|entry| entry["changes"][0]["field"] == "message_template_status_update");
    assert!(entry.is_some_and(|entry| entry["time"].is_i64()), "its time stands beside the change");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_held_template_is_accepted_and_silent() {
    let scene = Scene::new().await;
    scene.platform.template_sends_as(ACCOUNT, "hello_world", "held_for_quality_assessment");
    let (_, answer) = scene.send(template("hello_world", &json!([]))).await;
    assert_eq!(answer["messages"][0]["message_status"], "held_for_quality_assessment");
    scene.ada_writes().await;
    scene.send_text("afterwards").await;
    let values = scene.receiver.wait("messages", 4).await;
    let held = &answer["messages"][0]["id"];
    assert!(values.iter().all(|value| value["statuses"][0]["id"] != *held), "nothing is told of it");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn templates_are_listed_by_pages_and_created_for_review() {
    let scene = Scene::new().await;
    let path = format!("{ACCOUNT}/message_templates");
    let new = |name: &str| json!({"name": name, "language": "en_US", "category": "UTILITY", "components": [{"type": "BODY", "text": "x"}]});
    for name in ["one", "two", "three"] {
        let (status, answer) = scene.post(&path, &new(name)).await;
        assert_eq!((status, &answer["status"]), (200, &json!("PENDING")), "{answer}");
    }
    for (bad, expected) in [
        (new("one"), 100),
        (new("Not Allowed"), 131_009),
        (json!({"name": "x", "language": "en_US", "category": "POETRY", "components": []}), 100),
        (json!({"name": "x", "language": "en_US", "category": "UTILITY", "components": []}), 131_008),
    ] {
        let (status, answer) = scene.post(&path, &bad).await;
        assert_eq!((status, code(&answer)), (400, expected), "{answer}");
    }
    assert_eq!(code(&scene.send(template("one", &json!([]))).await.1), 132_001, "it waits for its review");
    scene.platform.template_status(ACCOUNT, "one", "en_US", "APPROVED", "NONE");
    assert_eq!(scene.send(template("one", &json!([]))).await.0, 200);

    let mut names = Vec::new();
    let mut query = format!("{path}?limit=3");
    for _ in 0..2 {
        let (_, page) = scene.get(&query).await;
        names.extend(page["data"].as_array().unwrap().iter().map(|item| item["name"].as_str().unwrap().to_owned()));
        query = format!("{path}?limit=3&after={}", page["paging"]["cursors"]["after"].as_str().unwrap());
    }
    assert_eq!(names, ["hello_world", "one", "two", "three"]);
    let (_, page) = scene.get(&format!("{path}?status=APPROVED&fields=name,status")).await;
    assert_eq!(page["data"].as_array().unwrap().len(), 2);
    assert_eq!(page["data"][1].as_object().unwrap().len(), 3, "what was asked for, and the id");
    let (_, one) = scene.get(page["data"][1]["id"].as_str().unwrap()).await;
    assert_eq!((&one["name"], &one["status"]), (&json!("one"), &json!("APPROVED")));
    let (_, page) = scene.get(&format!("{path}?summary=total_count&name=two")).await;
    assert_eq!(page["summary"], json!({"total_count": 1}));
}
