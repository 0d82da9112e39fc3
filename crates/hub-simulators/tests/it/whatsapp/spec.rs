//! The publisher's description of the API: its example requests are taken, answers and webhooks have its shapes.

use super::{ACCOUNT, ADA, NUMBER, Scene};
use hub_simulators::whatsapp::{Attachment, Inbound};
use serde_json::{Value, json};
use std::path::PathBuf;

/// The file.
const FILE: &str = "whatsapp-business-messaging-v23.0.yaml";

/// Inside webhooks the description means other schemas than it names: two of each name were merged into one file.
const IN_WEBHOOKS: [(&str, &str); 11] = [
    ("BaseMessageProperties", "BaseMessageProperties_1"),
    ("TextMessage", "TextMessage_2"),
    ("ReactionMessage", "ReactionMessage_1"),
    ("AudioMessage", "AudioMessage_1"),
    ("DocumentMessage", "DocumentMessage_1"),
    ("ImageMessage", "ImageMessage_1"),
    ("StickerMessage", "StickerMessage_1"),
    ("VideoMessage", "VideoMessage_1"),
    ("LocationMessage", "LocationMessage_1"),
    ("ContactObject", "ContactObject_1"),
    ("ErrorObject", "ErrorObject_2"),
];

struct Spec {
    whole: Value,
    renamed: &'static [(&'static str, &'static str)],
}

impl Spec {
    /// The description; `None`, said out loud, where it is not.
    fn read() -> Option<Self> {
        let named = std::env::var("HUB_SPECS_DIR").ok().map(PathBuf::from);
        let beside = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/platforms/specs");
        let Ok(text) = std::fs::read_to_string(named.clone().unwrap_or(beside).join(FILE)) else {
            assert!(named.is_none(), "HUB_SPECS_DIR names a folder without {FILE}");
            eprintln!("not run: the publisher's description of WhatsApp is not here");
            return None;
        };
        let whole = serde_saphyr::from_str(&text).expect("YAML");
        Some(Self { whole, renamed: &[] })
    }

    /// The same, as it is meant inside webhooks.
    fn of_webhooks() -> Option<Self> {
        Self::read().map(|spec| Self { renamed: &IN_WEBHOOKS, ..spec })
    }

    fn schema(&self, name: &str) -> &Value {
        let name = self.renamed.iter().find(|(from, _)| *from == name).map_or(name, |(_, to)| *to);
        let schema = &self.whole["components"]["schemas"][name];
        assert!(schema.is_object(), "{name} is not described");
        schema
    }

    fn target(&self, reference: &str) -> &Value {
        self.schema(reference.rsplit('/').next().unwrap_or_default())
    }

    /// Problems of `value` as the answer of an operation.
    fn answer(&self, method: &str, path: &str, status: u16, value: &Value) -> Vec<String> {
        let answer = &self.whole["paths"][path][method]["responses"][status.to_string()]["content"]["application/json"];
        let schema = &answer["schema"];
        assert!(schema.is_object(), "{method} {path} {status} is not described");
        self.problems(schema, value, "")
    }

    fn problems(&self, schema: &Value, value: &Value, at: &str) -> Vec<String> {
        if let Some(reference) = schema["$ref"].as_str() {
            return self.problems(self.target(reference), value, at);
        }
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
        if schema["enum"].as_array().is_some_and(|allowed| !allowed.contains(value)) {
            found.push(format!("{at}: {value} is none of {}", schema["enum"]));
        }
        for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            if value.get(name).is_none() {
                found.push(format!("{at}.{name} is missing"));
            }
        }
        for (name, inner) in schema["properties"].as_object().into_iter().flatten() {
            if let Some(member) = value.get(name) {
                found.extend(self.problems(inner, member, &format!("{at}.{name}")));
            }
        }
        for (place, item) in value.as_array().into_iter().flatten().enumerate() {
            found.extend(self.problems(&schema["items"], item, &format!("{at}[{place}]")));
        }
        for part in schema["allOf"].as_array().into_iter().flatten() {
            found.extend(self.problems(part, value, at));
        }
        if schema["not"].is_object() && self.problems(&schema["not"], value, at).is_empty() {
            found.push(format!("{at} must not be {}", schema["not"]));
        }
        found.extend(self.chosen(schema, value, at));
        found
    }

    /// By the discriminator where there is one, otherwise exactly one of `oneOf`.
    fn chosen(&self, schema: &Value, value: &Value, at: &str) -> Vec<String> {
        if let Some(property) = schema["discriminator"]["propertyName"].as_str() {
            let kind = value[property].as_str().unwrap_or_default();
            return match schema["discriminator"]["mapping"][kind].as_str() {
                Some(reference) => self.problems(self.target(reference), value, at),
                None => vec![format!("{at}.{property}: {kind} is not described")],
            };
        }
        let Some(choices) = schema["oneOf"].as_array() else { return Vec::new() };
        let found: Vec<_> = choices.iter().map(|choice| self.problems(choice, value, at)).collect();
        match found.iter().filter(|problems| problems.is_empty()).count() {
            1 => Vec::new(),
            0 => found.into_iter().min_by_key(Vec::len).unwrap_or_default(),
            count => vec![format!("{at} is {count} things at once")],
        }
    }
}

/// Examples of a body, by name.
fn examples(body: &Value) -> Vec<(String, Value)> {
    let all = body["content"]["application/json"]["examples"].as_object().cloned().unwrap_or_default();
    all.into_iter().map(|(name, example)| (name, example["value"].clone())).collect()
}

#[test]
fn the_publishers_own_webhooks_pass_and_wrong_ones_do_not() {
    let Some(spec) = Spec::of_webhooks() else { return };
    let posts = examples(&spec.whole["paths"]["/whatsapp/webhooks"]["post"]["requestBody"]);
    let messages: Vec<_> = posts.iter().filter(|(name, _)| !name.starts_with("Group")).collect();
    assert!(messages.len() > 10);
    for (name, post) in messages {
        let found = spec.problems(spec.schema("WebhookPayload"), post, name);
        assert!(found.is_empty(), "{found:#?}");
        let mut wrong = post.clone();
        wrong["entry"][0]["changes"][0]["value"]["messages"][0]["timestamp"] = 5.into();
        assert!(!spec.problems(spec.schema("WebhookPayload"), &wrong, name).is_empty(), "{name}");
    }
}

/// Puts real things where the examples have placeholders.
fn filled(value: &Value, media: &dyn Fn(&str) -> String, asked: &str, parent: &str) -> Value {
    match value {
        Value::Object(members) => {
            let filled = members.iter().map(|(name, member)| {
                let real = match name.as_str() {
                    "to" => ADA.into(),
                    "link" => "https://files.example.com/x".into(),
                    "message_id" => asked.into(),
                    "id" if ["image", "audio", "video", "document", "sticker"].contains(&parent) => {
                        media(parent).into()
                    }
                    "type" if parent == "header" && member == "<HEADER_TYPE>" => "text".into(),
                    _ => filled(member, media, asked, name),
                };
                (name.clone(), real)
            });
            Value::Object(filled.collect())
        }
        Value::Array(items) => items.iter().map(|item| filled(item, media, asked, parent)).collect(),
        other => other.clone(),
    }
}

/// Makes the template that an example sends.
fn add_template(scene: &Scene, template: &Value) {
    let parts = template["components"].as_array().cloned().unwrap_or_default();
    let part = |kind: &str| parts.iter().find(|part| part["type"] == kind);
    let count = part("body").and_then(|body| body["parameters"].as_array()).map_or(0, Vec::len);
    let holes: Vec<String> = (1..=count).map(|hole| format!("{{{{{hole}}}}}")).collect();
    let mut components = vec![json!({"type": "BODY", "text": format!("Words {}", holes.join(" "))})];
    if let Some(header) = part("header") {
        let format = header["parameters"][0]["type"].as_str().unwrap_or_default().to_uppercase();
        components.push(json!({"type": "HEADER", "format": format}));
    }
    let (name, language) = (&template["name"], &template["language"]["code"]);
    let (name, language) = (name.as_str().unwrap(), language.as_str().unwrap());
    scene.platform.add_template(ACCOUNT, name, language, "UTILITY", &components);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_example_request_is_taken_and_answered_as_described() {
    let Some(spec) = Spec::read() else { return };
    let scene = Scene::new().await;
    let path = "/{Version}/{Phone-Number-ID}/messages";
    let requests = examples(&spec.whole["paths"][path]["post"]["requestBody"]);
    assert!(requests.len() > 40);
    let mut ids = std::collections::HashMap::new();
    for (kind, mime) in [
        ("image", "image/png"),
        ("audio", "audio/mpeg"),
        ("video", "video/mp4"),
        ("document", "application/pdf"),
        ("sticker", "image/webp"),
    ] {
        let (status, answer) = super::media::upload(&scene, mime, b"bytes".to_vec()).await;
        assert_eq!(status, 200);
        let found = spec.answer("post", "/{Version}/{Phone-Number-ID}/media", 200, &answer);
        assert!(found.is_empty(), "{found:#?}");
        ids.insert(kind, answer["id"].as_str().unwrap().to_owned());
    }
    for (name, request) in requests {
        let asked = scene.ada_writes().await;
        let mut body = filled(&request, &|kind| ids[kind].clone(), &asked, "");
        // One example of a list was printed without its type.
        if body["interactive"].is_object() {
            body["type"] = "interactive".into();
        }
        if body["template"].is_object() {
            add_template(&scene, &body["template"]);
        }
        let (status, answer) = scene.post(&format!("{NUMBER}/messages"), &body).await;
        assert_eq!(status, 200, "{name}: {answer}");
        let found = spec.answer("post", path, 200, &answer);
        assert!(found.is_empty(), "{name}: {found:#?}");
        let marks = body["status"] == "read";
        assert_eq!(answer["success"] == json!(true), marks, "{name}: {answer}");
        assert_eq!(answer["messages"][0]["id"].is_string(), !marks, "{name}: {answer}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_of_accounts_and_files_have_the_described_shape() {
    let Some(spec) = Spec::read() else { return };
    let scene = Scene::new().await;
    let (_, uploaded) = super::media::upload(&scene, "image/png", b"bytes".to_vec()).await;
    let file = uploaded["id"].as_str().unwrap();
    let pin = json!({"messaging_product": "whatsapp", "pin": "123456"});
    let template = json!({
        "name": "new_one", "language": "en_US", "category": "UTILITY", "components": [{"type": "BODY", "text": "x"}],
    });
    let none = Value::Null;
    let number = |more: &str| format!("{NUMBER}{more}");
    let account = |more: &str| format!("{ACCOUNT}{more}");
    for (method, path, real, body) in [
        ("get", "/{Version}/{Media-ID}", file.to_owned(), &none),
        ("delete", "/{Version}/{Media-ID}", file.to_owned(), &none),
        ("get", "/{Version}/{Phone-Number-ID}", number(""), &none),
        ("post", "/{Version}/{Phone-Number-ID}/register", number("/register"), &pin),
        ("post", "/{Version}/{Phone-Number-ID}/deregister", number("/deregister"), &none),
        ("get", "/{Version}/{WABA-ID}", account(""), &none),
        ("post", "/{Version}/{WABA-ID}/message_templates", account("/message_templates"), &template),
        ("get", "/{Version}/{WABA-ID}/message_templates", account("/message_templates"), &none),
        ("post", "/{Version}/{WABA-ID}/subscribed_apps", account("/subscribed_apps"), &none),
        ("get", "/{Version}/{WABA-ID}/subscribed_apps", account("/subscribed_apps"), &none),
        ("delete", "/{Version}/{WABA-ID}/subscribed_apps", account("/subscribed_apps"), &none),
    ] {
        let verb = method.to_uppercase().parse().unwrap();
        let (status, answer) = scene.call(verb, &real, Some(body)).await;
        assert_eq!(status, 200, "{method} {path}: {answer}");
        let found = spec.answer(method, path, 200, &answer);
        assert!(found.is_empty(), "{method} {path}: {found:#?}");
    }
    // The list of numbers is described with a status that the real one leaves out unless it is asked for.
    let path = "/{Version}/{WABA-ID}/phone_numbers";
    let (_, answer) = scene.get(&account("/phone_numbers")).await;
    assert_eq!(spec.answer("get", path, 200, &answer), [".data[0].status is missing"]);
    let (status, refused) = scene.get("1234").await;
    let found = spec.answer("get", "/{Version}/{WABA-ID}", status, &refused);
    assert!(found.is_empty(), "{found:#?}");
    assert_eq!(spec.problems(spec.schema("GraphAPIError"), &json!({"error": {"code": "1"}}), "").len(), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn webhooks_have_the_described_shape() {
    let Some(spec) = Spec::of_webhooks() else { return };
    let scene = Scene::new().await;
    scene.ada_writes().await;
    let ours = scene.send_text("choose").await;
    scene.receiver.wait("messages", 4).await;
    let texts = [
        Inbound::text("hi"),
        Inbound::text("hi").from_ad(),
        Inbound::text("this one?").about_product(&ours, "c1", "p1"),
        Inbound::reaction(&ours, Some("👍")),
        Inbound::location(1.5, 2.5, Some("HQ"), Some("1 Hacker Way")),
        Inbound::contact("Lucía Gómez", "+1 (983) 555-2319"),
        Inbound::button_reply(&ours, "b", "Cancel"),
        Inbound::list_reply(&ours, "r", "Row", "first"),
        Inbound::quick_reply(&ours, "p", "Stop"),
        Inbound::order("c1", "", &[("p1", 2, 30.0, "USD")]),
        Inbound::unsupported("poll"),
        Inbound::too_big(),
    ];
    for message in &texts {
        scene.platform.write(NUMBER, ADA, message);
    }
    let files = [
        Attachment::image(&b"i"[..], Some("c")),
        Attachment::voice_note(&b"v"[..]),
        Attachment::sticker(&b"s"[..]),
        Attachment::new("video", "video/mp4", &b"f"[..]),
        Attachment::document("a.pdf", "application/pdf", &b"d"[..]),
    ];
    for file in &files {
        scene.platform.attach(NUMBER, ADA, file);
    }
    scene.platform.change_number(NUMBER, ADA, "12195555358");
    scene.platform.block(NUMBER, "12195555358", true);
    scene.send(json!({"to": "12195555358", "type": "text", "text": {"body": "x"}})).await;
    scene.receiver.wait("messages", 4 + texts.len() + files.len() + 2).await;
    for post in scene.receiver.bodies() {
        let found = spec.problems(spec.schema("WebhookPayload"), &post, "");
        assert!(found.is_empty(), "{post:#}: {found:#?}");
    }
    assert_eq!(scene.receiver.statuses(), ["sent", "delivered", "read", "failed"]);
}
