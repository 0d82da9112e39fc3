//! The simulator over HTTP.

use super::{Program, next_message, within};
use hub_simulators::telegram_user::{Device, TelegramUserOptions, start};
use serde_json::{Value, json};

async fn post(base: &str, path: &str, body: Value) -> Value {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let response = within(client.post(format!("{base}/_sim/{path}")).json(&body).send()).await.unwrap();
    assert!(response.status().is_success(), "{path}: {}", response.status());
    response.json().await.unwrap()
}

fn device(shown: &Value) -> Device {
    let keys = shown["keys"].as_array().unwrap().iter().map(|key| {
        let bytes = hex::decode(key["key"].as_str().unwrap()).unwrap();
        (i32::try_from(key["dc"].as_i64().unwrap()).unwrap(), bytes.try_into().unwrap())
    });
    Device {
        id: shown["id"].as_u64().unwrap(),
        home_dc: i32::try_from(shown["home_dc"].as_i64().unwrap()).unwrap(),
        address: shown["address"].as_str().unwrap().parse().unwrap(),
        keys: keys.collect(),
    }
}

#[tokio::test]
async fn everything_can_be_worked_over_http() {
    let telegram = start(TelegramUserOptions::default()).await.unwrap();
    let base = telegram.control_url().to_owned();
    let me = 7_100_000_001_i64;
    let account = json!({"id": me, "phone": "4915550000001", "first_name": "Me", "dc": 1});
    assert_eq!(post(&base, "account", account).await["id"], me);
    post(&base, "person", json!({"account": me, "id": 8, "first_name": "Zoe", "photo": "cGljdHVyZQ=="})).await;
    post(&base, "group", json!({"account": me, "chat": -1_000_000_000_333_i64, "title": "Large", "members": [8]}))
        .await;
    let device = device(&post(&base, "device", json!({"account": me})).await);
    assert_eq!(device.home_dc, 1);
    let mut program = Program::on(&device);
    let mut stream = program.stream().await;

    let said = post(&base, "say", json!({"account": me, "chat": 8, "text": "hello"})).await;
    let heard = next_message(&mut stream).await;
    assert_eq!((json!(heard.id()), heard.text()), (said["id"].clone(), "hello"));
    let own = post(&base, "say", json!({"account": me, "chat": 8, "from": me, "text": "hi"})).await["id"].clone();
    assert!(next_message(&mut stream).await.outgoing());
    let file = json!({"account": me, "chat": -1_000_000_000_333_i64, "from": 8, "kind": "photo", "name": "p.jpg",
        "mime_type": "image/jpeg", "content": "cGljdHVyZQ==", "caption": "look"});
    assert_eq!(post(&base, "file", file).await["id"], 1);
    let heard = next_message(&mut stream).await;
    assert!(heard.media().is_some());
    assert_eq!(heard.text(), "look");
    let (id, at) = (said["id"].clone(), json!({"account": me, "chat": 8}));
    let with = |more: Value| {
        let mut body = at.clone();
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    assert_eq!(post(&base, "edit", with(json!({"id": id, "text": "hello!"}))).await["ok"], true);
    assert_eq!(post(&base, "react", with(json!({"id": own, "emoji": "👍"}))).await["ok"], true);
    assert_eq!(post(&base, "read", with(json!({"up_to": own}))).await["ok"], true);
    assert_eq!(post(&base, "read", with(json!({"up_to": id, "own": true}))).await["ok"], true);
    assert_eq!(post(&base, "typing", at.clone()).await["ok"], true);
    assert_eq!(post(&base, "delete", with(json!({"ids": [id]}))).await["ok"], true);
    assert_eq!(post(&base, "delete", with(json!({"ids": [id]}))).await["ok"], false);
    let messages = post(&base, "messages", at).await;
    assert_eq!(messages, json!([{"id": own, "out": true, "text": "hi", "file": false}]));

    let fault = json!({"method": "users.getUsers", "fault": "flood_wait", "value": 9});
    assert_eq!(post(&base, "fault", fault).await["ok"], true);
    assert!(within(program.client.get_me()).await.unwrap_err().is("FLOOD_WAIT"));
    let calls = post(&base, "calls", json!({})).await;
    assert_eq!(calls.as_array().unwrap().last().unwrap()["refused"], "FLOOD_WAIT_9");
    post(&base, "revoke", json!({"account": me})).await;
    assert!(!within(program.client.is_authorized()).await.unwrap());
    telegram.shutdown().await;
}
