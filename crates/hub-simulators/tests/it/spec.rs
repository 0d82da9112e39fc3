//! Every answer and every update has the shape the publisher's description of the API gives it.

use hub_simulators::telegram::{TelegramOptions, start};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::time::Duration;

const TOKEN: &str = "481000009:AAspec-tests-token-of-nobody_0000000000";

/// The description; `None`, said out loud, where it is not.
fn spec() -> Option<Value> {
    let named = std::env::var("HUB_SPECS_DIR").ok().map(PathBuf::from);
    let beside = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/platforms/specs");
    let file = named.clone().unwrap_or(beside).join("telegram-bot-api.json");
    if let Ok(text) = std::fs::read_to_string(&file) {
        return Some(serde_json::from_str(&text).expect("JSON"));
    }
    assert!(named.is_none(), "HUB_SPECS_DIR names a folder without the description");
    eprintln!("not run: the publisher's description of the API is not here");
    None
}

/// Problems of `value` as one of `types`, each a name of the description.
fn problems(spec: &Value, value: &Value, types: &[String], path: &str) -> Vec<String> {
    let mut best: Option<Vec<String>> = None;
    for kind in types {
        let found = one_type(spec, value, kind, path);
        if found.is_empty() {
            return found;
        }
        if best.as_ref().is_none_or(|best| found.len() < best.len()) {
            best = Some(found);
        }
    }
    best.unwrap_or_default()
}

fn one_type(spec: &Value, value: &Value, kind: &str, path: &str) -> Vec<String> {
    let wrong = |holds: bool| if holds { Vec::new() } else { vec![format!("{path} is no {kind}: {value}")] };
    if let Some(item) = kind.strip_prefix("Array of ") {
        let Some(items) = value.as_array() else { return wrong(false) };
        let kinds: Vec<String> = item.split(" or ").map(str::to_owned).collect();
        return items
            .iter()
            .enumerate()
            .flat_map(|(n, item)| problems(spec, item, &kinds, &format!("{path}[{n}]")))
            .collect();
    }
    match kind {
        "Integer" => wrong(value.is_i64()),
        "Float" => wrong(value.is_number()),
        "String" => wrong(value.is_string()),
        "Boolean" => wrong(value.is_boolean()),
        "True" => wrong(*value == json!(true)),
        name => {
            let Some(described) = spec["types"].get(name) else { return vec![format!("{path}: unknown type {name}")] };
            if let Some(kinds) = described.get("subtypes").and_then(Value::as_array) {
                let kinds: Vec<String> = kinds.iter().filter_map(|k| k.as_str().map(str::to_owned)).collect();
                return problems(spec, value, &kinds, path);
            }
            let Some(members) = value.as_object() else { return wrong(false) };
            let fields = described["fields"].as_array().cloned().unwrap_or_default();
            let mut found = Vec::new();
            for field in &fields {
                let name = field["name"].as_str().unwrap_or_default();
                match members.get(name) {
                    None if field["required"] == json!(true) => found.push(format!("{path}.{name} is missing")),
                    None => {}
                    Some(member) => {
                        let kinds: Vec<String> = field["types"]
                            .as_array()
                            .into_iter()
                            .flatten()
                            .filter_map(|k| k.as_str().map(str::to_owned))
                            .collect();
                        found.extend(problems(spec, member, &kinds, &format!("{path}.{name}")));
                    }
                }
            }
            for name in members.keys().filter(|name| !fields.iter().any(|field| field["name"] == **name)) {
                found.push(format!("{path}.{name} is not described"));
            }
            found
        }
    }
}

#[test]
fn a_wrong_shape_is_noticed() {
    let Some(spec) = spec() else { return };
    let user = json!({"id": 1, "is_bot": false, "first_name": "Ada"});
    assert!(one_type(&spec, &user, "User", "user").is_empty());
    assert_eq!(one_type(&spec, &json!({"id": "1", "is_bot": false, "odd": 1}), "User", "user").len(), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_and_updates_have_the_described_shape() {
    let Some(spec) = spec() else { return };
    let platform = start(TelegramOptions::default()).await.expect("starts");
    platform.create_bot(TOKEN, "tests_bot");
    platform.say(TOKEN, 5_000_000_001, "hello");
    platform.put_file(TOKEN, "file-1", b"bytes");
    let http = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(20)).build().expect("a client");
    let chat = 5_000_000_001_i64;
    let calls = [
        ("getMe", json!({})),
        ("getUpdates", json!({})),
        ("getFile", json!({"file_id": "file-1"})),
        ("getChat", json!({"chat_id": chat})),
        ("sendMessage", json!({"chat_id": chat, "text": "hi"})),
        ("sendMessage", json!({"chat_id": chat, "text": "hi", "reply_parameters": {"message_id": 1}})),
        ("sendPhoto", json!({"chat_id": chat, "photo": "file-1", "caption": "c"})),
        ("sendDocument", json!({"chat_id": chat, "document": "file-1"})),
        ("sendVideo", json!({"chat_id": chat, "video": "file-1"})),
        ("sendAudio", json!({"chat_id": chat, "audio": "file-1"})),
        ("sendVoice", json!({"chat_id": chat, "voice": "file-1"})),
        ("sendAnimation", json!({"chat_id": chat, "animation": "file-1"})),
        ("sendVideoNote", json!({"chat_id": chat, "video_note": "file-1"})),
        ("sendSticker", json!({"chat_id": chat, "sticker": "file-1"})),
        ("sendLocation", json!({"chat_id": chat, "latitude": 1.5, "longitude": 2.5})),
        ("sendVenue", json!({"chat_id": chat, "latitude": 1.5, "longitude": 2.5, "title": "t", "address": "a"})),
        ("sendContact", json!({"chat_id": chat, "phone_number": "1", "first_name": "A"})),
        ("sendPoll", json!({"chat_id": chat, "question": "q", "options": ["a", "b"]})),
        (
            "sendMediaGroup",
            json!({"chat_id": chat, "media": [{"type": "photo", "media": "x"}, {"type": "photo", "media": "y"}]}),
        ),
        ("editMessageText", json!({"chat_id": chat, "message_id": 2, "text": "new"})),
        ("sendChatAction", json!({"chat_id": chat, "action": "typing"})),
        ("setWebhook", json!({"url": "https://hub.example.com/x"})),
        ("getWebhookInfo", json!({})),
        ("deleteWebhook", json!({})),
    ];
    for (method, body) in calls {
        let url = format!("{}/bot{TOKEN}/{method}", platform.base_url());
        let answer: Value = http.post(url).json(&body).send().await.expect("an answer").json().await.expect("JSON");
        assert_eq!(answer["ok"], true, "{method}: {answer}");
        let kinds: Vec<String> = spec["methods"][method]["returns"]
            .as_array()
            .unwrap_or_else(|| panic!("{method} is not described"))
            .iter()
            .filter_map(|kind| kind.as_str().map(str::to_owned))
            .collect();
        let found = problems(&spec, &answer["result"], &kinds, method);
        assert!(found.is_empty(), "{found:#?}");
    }
}
