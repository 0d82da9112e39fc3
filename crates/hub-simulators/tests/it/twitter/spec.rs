//! The publisher's description of the API: requests are described by it, and answers have its shapes.

use super::{ADA, BEA, ME, Scene};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::Method;
use serde_json::{Value, json};
use std::path::PathBuf;

struct Spec(Value);

impl Spec {
    /// The description; `None`, said out loud, where it is not.
    fn read() -> Option<Self> {
        let named = std::env::var("HUB_SPECS_DIR").ok().map(PathBuf::from);
        let beside = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/platforms/specs");
        let Ok(text) = std::fs::read_to_string(named.clone().unwrap_or(beside).join("x-api-v2.json")) else {
            assert!(named.is_none(), "HUB_SPECS_DIR names a folder without the description");
            eprintln!("not run: the publisher's description of X is not here");
            return None;
        };
        Some(Self(serde_json::from_str(&text).expect("JSON")))
    }

    fn target<'a>(&'a self, schema: &'a Value) -> &'a Value {
        let Some(reference) = schema["$ref"].as_str() else { return schema };
        let found = self.0.pointer(reference.trim_start_matches('#'));
        self.target(found.unwrap_or_else(|| panic!("{reference} is not described")))
    }

    fn problems(&self, schema: &Value, value: &Value, at: &str) -> Vec<String> {
        let schema = self.target(schema);
        let mut found = Vec::new();
        let known = match schema["type"].as_str() {
            Some("object") => value.is_object(),
            Some("array") => value.is_array(),
            Some("string") => value.is_string(),
            Some("integer") => value.is_i64() || value.is_u64(),
            Some("number") => value.is_number(),
            Some("boolean") => value.is_boolean(),
            _ => true,
        };
        if !known {
            return vec![format!("{at}: {value} is no {}", schema["type"])];
        }
        // The description moved the types of problems to another host than the platform still names.
        let last = |value: &Value| value.as_str().and_then(|text| text.rsplit('/').next()).map(str::to_owned);
        let is_allowed = |allowed: &Vec<Value>| {
            allowed.contains(value)
                || (at.rsplit_once('.').is_some_and(|(_, name)| name == "type")
                    && allowed.iter().any(|one| last(one) == last(value)))
        };
        if schema["enum"].as_array().is_some_and(|allowed| !is_allowed(allowed)) {
            found.push(format!("{at}: {value} is none of {}", schema["enum"]));
        }
        let length = value.as_str().map(|text| text.chars().count() as u64);
        if length.zip(schema["minLength"].as_u64()).is_some_and(|(length, least)| length < least)
            || length.zip(schema["maxLength"].as_u64()).is_some_and(|(length, most)| length > most)
        {
            found.push(format!("{at}: {value} has a wrong length"));
        }
        let digits = schema["pattern"] == "^[0-9]{1,19}$";
        if digits && !value.as_str().is_some_and(|text| text.len() <= 19 && text.bytes().all(|b| b.is_ascii_digit())) {
            found.push(format!("{at}: {value} is no id"));
        }
        for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            if value.get(name).is_none() {
                found.push(format!("{at}.{name} is missing"));
            }
        }
        for (name, member) in value.as_object().into_iter().flatten() {
            match schema["properties"].get(name) {
                Some(inner) => found.extend(self.problems(inner, member, &format!("{at}.{name}"))),
                None if schema["additionalProperties"] == false => found.push(format!("{at}.{name} is not described")),
                None => {}
            }
        }
        for (place, item) in value.as_array().into_iter().flatten().enumerate() {
            found.extend(self.problems(&schema["items"], item, &format!("{at}[{place}]")));
        }
        for part in schema["allOf"].as_array().into_iter().flatten() {
            found.extend(self.problems(part, value, at));
        }
        let choices = schema["oneOf"].as_array().or_else(|| schema["anyOf"].as_array());
        if let Some(choices) = choices {
            let all: Vec<_> = choices.iter().map(|choice| self.problems(choice, value, at)).collect();
            found.extend(all.into_iter().min_by_key(Vec::len).unwrap_or_default());
        }
        found
    }

    /// Makes a call that the description has, and checks both ways.
    async fn check(&self, scene: &Scene, call: (Method, &str, &str), token: &str, body: Value) -> Value {
        let (method, path, shown) = call;
        let operation = &self.0["paths"][shown][method.as_str().to_lowercase()];
        assert!(operation.is_object(), "{method} {shown} is not described");
        if !body.is_null() {
            let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
            assert!(schema.is_object(), "{shown} takes no JSON");
            assert_eq!(self.problems(schema, &body, "asked"), Vec::<String>::new(), "{method} {shown}");
        }
        let (status, told) = scene.call(method.clone(), path, token, &body).await;
        assert!((200..300).contains(&status), "{method} {path}: {told}");
        let answer = &operation["responses"][status.to_string()]["content"]["application/json"]["schema"];
        assert!(answer.is_object(), "{method} {shown} {status} is not described");
        assert_eq!(self.problems(answer, &told, "told"), Vec::<String>::new(), "{method} {shown}: {told}");
        told
    }
}

#[test]
fn wrong_values_do_not_pass() {
    let Some(spec) = Spec::read() else { return };
    let schema = json!({"$ref": "#/components/schemas/CreateDirectMessagesConversationResponse"});
    assert_eq!(spec.problems(&schema, &json!({"data": {"dm_conversation_id": "1-2"}}), "").len(), 1);
    assert!(!spec.problems(&schema, &json!({"data": {"dm_conversation_id": 1, "dm_event_id": "1"}}), "").is_empty());
}

#[tokio::test]
async fn direct_messages_and_files_are_as_described() {
    let Some(spec) = Spec::read() else { return };
    let scene = Scene::new().await;
    let token = scene.token.clone();
    let me = (Method::GET, "users/me?user.fields=profile_image_url,receives_your_dm", "/2/users/me");
    spec.check(&scene, me, &token, Value::Null).await;
    let users = format!("users?ids={ADA},99");
    let told = spec.check(&scene, (Method::GET, &users, "/2/users"), &token, Value::Null).await;
    assert_eq!(told["errors"][0]["value"], "99");
    let body = json!({"media": STANDARD.encode("x"), "media_category": "dm_image"});
    let told = spec.check(&scene, (Method::POST, "media/upload", "/2/media/upload"), &token, body).await;
    let media = told["data"]["id"].clone();
    let with = format!("dm_conversations/with/{ADA}/messages");
    let call = (Method::POST, with.as_str(), "/2/dm_conversations/with/{participant_id}/messages");
    let body = json!({"text": "hi", "attachments": [{"media_id": media}]});
    let told = spec.check(&scene, call, &token, body).await;
    let event = format!("dm_events/{}", told["data"]["dm_event_id"].as_str().unwrap());
    let body = json!({"conversation_type": "Group", "participant_ids": [ADA, BEA], "message": {"text": "all"}});
    spec.check(&scene, (Method::POST, "dm_conversations", "/2/dm_conversations"), &token, body).await;
    scene.platform.say(BEA, ME, "hello");
    let fields = "dm_event.fields=created_at,sender_id,dm_conversation_id,attachments,participant_ids,entities&\
                  expansions=sender_id,attachments.media_keys,participant_ids&max_results=3";
    let list = format!("dm_events?{fields}");
    let told = spec.check(&scene, (Method::GET, &list, "/2/dm_events"), &token, Value::Null).await;
    assert!(told["meta"]["next_token"].is_string());
    spec.check(&scene, (Method::GET, &format!("{event}?{fields}"), "/2/dm_events/{event_id}"), &token, Value::Null)
        .await;
    spec.check(&scene, (Method::DELETE, &event, "/2/dm_events/{event_id}"), &token, Value::Null).await;
    let body = json!({"media_category": "dm_video", "media_type": "video/mp4", "total_bytes": 1});
    let call = (Method::POST, "media/upload/initialize", "/2/media/upload/initialize");
    let id = spec.check(&scene, call, &token, body).await["data"]["id"].as_str().unwrap().to_owned();
    let path = format!("media/upload/{id}/append");
    let body = json!({"media": STANDARD.encode("x"), "segment_index": 0});
    spec.check(&scene, (Method::POST, &path, "/2/media/upload/{id}/append"), &token, body).await;
    let path = format!("media/upload/{id}/finalize");
    spec.check(&scene, (Method::POST, &path, "/2/media/upload/{id}/finalize"), &token, Value::Null).await;
    let path = format!("media/upload?media_id={id}");
    spec.check(&scene, (Method::GET, &path, "/2/media/upload"), &token, Value::Null).await;
}

#[tokio::test]
async fn webhooks_and_subscriptions_are_as_described() {
    let Some(spec) = Spec::read() else { return };
    let scene = Scene::new().await;
    let (token, bearer) = (scene.token.clone(), scene.bearer.clone());
    let body = json!({"url": scene.receiver.url});
    let told = spec.check(&scene, (Method::POST, "webhooks", "/2/webhooks"), &bearer, body).await;
    let hook = told["data"]["id"].as_str().unwrap().to_owned();
    spec.check(&scene, (Method::GET, "webhooks", "/2/webhooks"), &bearer, Value::Null).await;
    let one = format!("webhooks/{hook}");
    spec.check(&scene, (Method::PUT, &one, "/2/webhooks/{webhook_id}"), &bearer, Value::Null).await;
    let all = format!("account_activity/webhooks/{hook}/subscriptions/all");
    let shown = "/2/account_activity/webhooks/{webhook_id}/subscriptions/all";
    spec.check(&scene, (Method::POST, &all, shown), &token, json!({})).await;
    spec.check(&scene, (Method::GET, &all, shown), &token, Value::Null).await;
    let shown = "/2/account_activity/webhooks/{webhook_id}/subscriptions/all/list";
    spec.check(&scene, (Method::GET, &format!("{all}/list"), shown), &bearer, Value::Null).await;
    let count = ("account_activity/subscriptions/count", "/2/account_activity/subscriptions/count");
    spec.check(&scene, (Method::GET, count.0, count.1), &bearer, Value::Null).await;
    let body = json!({"event_type": "dm.received", "filter": {"user_id": ME}, "tag": "t", "webhook_id": hook});
    let place = ("activity/subscriptions", "/2/activity/subscriptions");
    let told = spec.check(&scene, (Method::POST, place.0, place.1), &token, body).await;
    spec.check(&scene, (Method::GET, place.0, place.1), &token, Value::Null).await;
    let id = told["data"]["subscription"]["subscription_id"].as_str().unwrap();
    let path = format!("activity/subscriptions/{id}");
    let shown = "/2/activity/subscriptions/{subscription_id}";
    spec.check(&scene, (Method::PUT, &path, shown), &bearer, json!({"tag": "u"})).await;
    spec.check(&scene, (Method::DELETE, &path, shown), &bearer, Value::Null).await;
    let gone = format!("account_activity/webhooks/{hook}/subscriptions/{ME}/all");
    let shown = "/2/account_activity/webhooks/{webhook_id}/subscriptions/{user_id}/all";
    spec.check(&scene, (Method::DELETE, &gone, shown), &bearer, Value::Null).await;
    spec.check(&scene, (Method::DELETE, &one, "/2/webhooks/{webhook_id}"), &bearer, Value::Null).await;
}
