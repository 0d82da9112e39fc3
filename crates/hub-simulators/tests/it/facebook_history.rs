//! Messenger: conversations, messages, profiles, and the control API.

use crate::facebook::{PAGE, PSID, platform};
use crate::meta_support::{PATIENCE, client, read, refusal, write};
use hub_simulators::meta::inbox::{Act, Made, Person, ProfileAccess};
use serde_json::{Value, json};
use std::time::Duration;

#[tokio::test]
async fn conversations_come_newest_first_in_pages() {
    let (platform, _, token) = platform().await;
    let base = platform.graph_base_url();
    for person in 0..5 {
        platform.inboxes().say(PAGE, &format!("10{person}"), "hello");
        platform.meta().advance(Duration::from_secs(1));
    }
    let path = format!("{PAGE}/conversations?platform=messenger&fields=participants,updated_time&limit=2");
    let (mut seen, mut after) = (Vec::new(), String::new());
    for page in 0..3 {
        let (status, listed) = read(base, &format!("{path}&after={after}"), &token).await;
        assert_eq!(status, 200);
        for item in listed["data"].as_array().unwrap() {
            assert!(item["id"].as_str().unwrap().starts_with("t_"));
            seen.push(item["participants"]["data"][0]["id"].as_str().unwrap().to_owned());
        }
        assert_eq!(listed["paging"].get("next").is_some(), page < 2, "{listed}");
        after = listed["paging"]["cursors"]["after"].as_str().unwrap().to_owned();
    }
    assert_eq!(seen, ["104", "103", "102", "101", "100"]);
    let (_, beyond) = read(base, &format!("{path}&after={after}"), &token).await;
    assert_eq!(beyond, json!({"data": []}));
    let (_, one) = read(base, &format!("{PAGE}/conversations?user_id=102"), &token).await;
    assert_eq!(one["data"].as_array().map(Vec::len), Some(1));
    assert_eq!(one["data"][0]["id"], json!(platform.inboxes().thread_id(PAGE, "102")));
}

#[tokio::test]
async fn only_the_twenty_newest_messages_have_content() {
    let (platform, _, token) = platform().await;
    let base = platform.graph_base_url();
    let oldest = platform.inboxes().say(PAGE, PSID, "number 0");
    for number in 1..23 {
        platform.inboxes().say(PAGE, PSID, &format!("number {number}"));
    }
    let picture = platform.inboxes().act(PAGE, PSID, Act::Files(vec![Made::sample("image")]));
    let thread = platform.inboxes().thread_id(PAGE, PSID).unwrap();
    let fields = "fields=id,created_time,from,to,message,attachments";
    let (_, first) = read(base, &format!("{thread}/messages?{fields}&limit=15"), &token).await;
    let newest = &first["data"][0];
    assert_eq!((&newest["id"], &newest["from"]["id"]), (&json!(picture), &json!(PSID)));
    assert_eq!(newest["attachments"]["data"][0]["mime_type"], "image/png");
    assert!(newest["created_time"].as_str().unwrap().ends_with("+0000"));
    let after = first["paging"]["cursors"]["after"].as_str().unwrap();
    let (_, second) = read(base, &format!("{thread}/messages?{fields}&limit=15&after={after}"), &token).await;
    let rest = second["data"].as_array().unwrap();
    assert_eq!(rest.len(), 9);
    let with_content = |item: &&Value| item.get("message").is_some();
    assert_eq!(rest.iter().filter(with_content).count(), 5);
    assert_eq!(rest[8]["id"], oldest);
    let (status, answer) = read(base, &oldest, &token).await;
    assert_eq!(
        (status, refusal(&answer).0, &answer["error"]["message"]),
        (400, 100, &json!("(#100) The message has been deleted"))
    );
    let (_, one) = read(base, &format!("{picture}?fields=message,from"), &token).await;
    assert_eq!(one["from"]["id"], PSID);
    let (_, nested) =
        read(base, &format!("{thread}?fields=messages.limit(3){{id,message}},unread_count"), &token).await;
    assert_eq!(nested["messages"]["data"].as_array().map(Vec::len), Some(3));
    assert_eq!(nested["unread_count"], 24);
    assert!(nested["messages"]["data"][0].get("from").is_none());
}

#[tokio::test]
async fn profiles_can_be_hidden_or_absent() {
    let (platform, _, token) = platform().await;
    let base = platform.graph_base_url();
    let person = Person {
        id: PSID.to_owned(),
        first_name: "Peter".to_owned(),
        last_name: "Chang".to_owned(),
        ..Person::default()
    };
    platform.inboxes().create_person(PAGE, person);
    let path = format!("{PSID}?fields=name,first_name,profile_pic");
    let (_, shown) = read(base, &path, &token).await;
    assert_eq!((&shown["name"], &shown["id"]), (&json!("Peter Chang"), &json!(PSID)));
    let picture = client().get(shown["profile_pic"].as_str().unwrap()).send().await.unwrap();
    assert_eq!(picture.status().as_u16(), 200);
    platform.inboxes().set_profile(PAGE, PSID, ProfileAccess::Hidden);
    assert_eq!(read(base, &path, &token).await, (200, json!({})));
    platform.inboxes().set_profile(PAGE, PSID, ProfileAccess::Absent);
    assert_eq!(refusal(&read(base, &path, &token).await.1), (100, 2_018_218));
    assert_eq!(refusal(&read(base, "987654", &token).await.1), (100, 33));
}

#[tokio::test]
async fn subscriptions_are_replaced_listed_and_ended() {
    let (platform, _, token) = platform().await;
    let base = platform.graph_base_url();
    let path = format!("{PAGE}/subscribed_apps");
    let (_, answer) = write(base, &path, &token, &json!({"subscribed_fields": ["messages", "standby"]})).await;
    assert_eq!(answer, json!({"success": true}));
    let (_, listed) = read(base, &path, &token).await;
    assert_eq!(listed["data"][0]["subscribed_fields"], json!(["messages", "standby"]));
    assert_eq!(refusal(&write(base, &path, &token, &json!({})).await.1).0, 100, "fields must be named");
    let url = format!("{base}/v25.0/{path}");
    let ended: Value = client().delete(url).bearer_auth(&token).send().await.unwrap().json().await.unwrap();
    assert_eq!(ended, json!({"success": true}));
    assert_eq!(read(base, &path, &token).await.1, json!({"data": []}));
    platform.set_tasks(PAGE, &["MESSAGING"]);
    assert_eq!(refusal(&read(base, &path, &token).await.1).0, 200, "MODERATE is needed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_can_be_worked_over_http_too() {
    let (platform, receiver, token) = platform().await;
    let base = platform.graph_base_url().to_owned();
    let sim = |path: &'static str, body: Value| {
        let url = format!("{base}/_sim/{path}");
        async move { client().post(url).json(&body).send().await.unwrap().json::<Value>().await.unwrap() }
    };
    sim("person", json!({"account": PAGE, "person": "77", "first_name": "Ada"})).await;
    let said = sim("say", json!({"account": PAGE, "person": "77", "text": "hi"})).await;
    let mid = said["message_id"].as_str().unwrap();
    sim("act", json!({"account": PAGE, "person": "77", "act": "react", "mid": mid, "emoji": "👍"})).await;
    let files = json!([{"kind": "file", "name": "a.txt", "mime": "text/plain", "base64": "aGVsbG8="}]);
    sim("act", json!({"account": PAGE, "person": "77", "act": "files", "files": files})).await;
    let events = receiver.events(3).await;
    assert_eq!(events[1]["reaction"]["reaction"], "like");
    let url = events[2]["message"]["attachments"][0]["payload"]["url"].as_str().unwrap();
    assert_eq!(client().get(url).send().await.unwrap().text().await.unwrap(), "hello");
    sim("fault", json!({"endpoint": "messages", "fault": "graph", "code": 613})).await;
    let body = json!({"recipient": {"id": "77"}, "message": {"text": "x"}});
    assert_eq!(refusal(&write(&base, "me/messages", &token, &body).await.1).0, 613);
    assert_eq!(write(&base, "me/messages", &token, &body).await.0, 200);
    assert_eq!(sim("sent", json!({"account": PAGE})).await[0]["text"], "x");
    let requests = sim("requests", json!({})).await;
    let sends: Vec<_> = requests.as_array().unwrap().iter().filter(|r| r["endpoint"] == "messages").collect();
    assert_eq!(sends.len(), 2);
    assert_eq!(sends[1]["params"]["message"]["text"], "x");
    let now = sim("advance", json!({"seconds": 90_000})).await["now_ms"].as_i64().unwrap();
    assert!(now <= platform.meta().now_ms());
    assert_eq!(refusal(&write(&base, "me/messages", &token, &body).await.1), (10, 2_018_278));
    sim("trickle", json!({"account": PAGE, "every_ms": 10})).await;
    let written = || {
        ["101", "102", "103", "104"]
            .iter()
            .all(|n| !platform.inboxes().messages(PAGE, &format!("5000000000000{n}")).is_empty())
    };
    assert!(platform.meta().until(PATIENCE, written).await, "everybody of the cast writes");
}
