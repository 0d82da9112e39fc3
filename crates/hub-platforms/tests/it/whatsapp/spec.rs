//! Checks requests and answers against the publisher's own description of the API. It is not part of this repository:
//! `HUB_SPECS_DIR` names its folder, or it lies beside the workspace.

use super::fixtures;
use serde_json::{Map, Value, json};
use std::io::Write;
use std::path::PathBuf;
use std::sync::OnceLock;

const FILE: &str = "whatsapp-business-messaging-v23.0.yaml";
/// Deeper than this no schema of the description goes.
const MAX_DEPTH: usize = 24;
/// What the platform's pages added after the description was written: ids that are scoped to a business, and typing.
const NEWER: &[&str] = &["recipient", "biz_opaque_callback_data", "typing_indicator"];

/// The description, if it is here. A named folder without it is an error; without a name its absence is only said.
pub(crate) fn spec() -> Option<&'static Spec> {
    static SPEC: OnceLock<Option<Spec>> = OnceLock::new();
    SPEC.get_or_init(|| {
        let named = std::env::var_os("HUB_SPECS_DIR").map(PathBuf::from);
        let beside = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/platforms/specs");
        let path = named.clone().unwrap_or(beside).join(FILE);
        match std::fs::read_to_string(&path) {
            Ok(text) => Some(Spec(serde_saphyr::from_str(&text).unwrap())),
            Err(error) if named.is_some() => panic!("HUB_SPECS_DIR is set, but {}: {error}", path.display()),
            Err(_) => {
                // Straight to the terminal: what a passing test prints is swallowed.
                let words = "NOT RUN: calls were not checked against WhatsApp's description; set HUB_SPECS_DIR\n";
                std::io::stderr().write_all(words.as_bytes()).unwrap();
                None
            }
        }
    })
    .as_ref()
}

pub(crate) struct Spec(Value);

impl Spec {
    /// A body of the endpoint for messages: one of the described kinds, complete, every member known and of the right type.
    pub(crate) fn check_request(&self, body: &Map<String, Value>) {
        let mut body = body.clone();
        // Written to an id that is scoped to a business, it is the same message.
        if let Some(recipient) = body.get("recipient").cloned() {
            body.insert("to".to_owned(), recipient);
        }
        body.retain(|name, _| !NEWER.contains(&name.as_str()));
        let name = match body.get("type") {
            None => "MarkMessageRequestPayload",
            Some(_) => "Message",
        };
        let known = self.known(self.schema(name), &Value::Object(body.clone()), MAX_DEPTH);
        let unknown: Vec<_> = body.keys().filter(|member| !known.contains(&member.as_str())).collect();
        assert!(unknown.is_empty(), "{name} does not know {unknown:?}");
        let problems = self.problems(self.schema(name), &Value::Object(body), "", MAX_DEPTH);
        assert!(problems.is_empty(), "{problems:#?}");
    }

    /// An answer that is described.
    fn check_answer(&self, method: &str, path: &str, answer: &Value) {
        let described = &self.0["paths"][path][method]["responses"]["200"]["content"]["application/json"]["schema"];
        assert!(described.is_object(), "{method} {path} is not described");
        let problems = self.problems(described, answer, path, MAX_DEPTH);
        assert!(problems.is_empty(), "{problems:#?}");
    }

    fn schema(&self, name: &str) -> &Value {
        let schema = &self.0["components"]["schemas"][name];
        assert!(schema.is_object(), "{name} is not described");
        schema
    }

    /// The schema itself, behind references and discriminators.
    fn resolved<'a>(&'a self, schema: &'a Value, value: &Value) -> &'a Value {
        if let Some(reference) = schema["$ref"].as_str() {
            return self.resolved(self.target(reference), value);
        }
        let property = schema["discriminator"]["propertyName"].as_str();
        let target = property.and_then(|name| schema["discriminator"]["mapping"][value[name].as_str()?].as_str());
        match target {
            Some(reference) => self.target(reference),
            None => schema,
        }
    }

    fn target(&self, reference: &str) -> &Value {
        self.schema(reference.rsplit('/').next().unwrap())
    }

    /// Members an object may have, over all its parts.
    fn known<'a>(&'a self, schema: &'a Value, value: &Value, depth: usize) -> Vec<&'a str> {
        let schema = self.resolved(schema, value);
        let own = schema["properties"].as_object().into_iter().flat_map(|members| members.keys().map(String::as_str));
        let parts = ["allOf", "oneOf"].into_iter().flat_map(|how| schema[how].as_array().into_iter().flatten());
        let inherited = parts.filter(|_| depth > 0).flat_map(|part| self.known(part, value, depth - 1));
        own.chain(inherited).collect()
    }

    fn problems(&self, schema: &Value, value: &Value, at: &str, depth: usize) -> Vec<String> {
        if depth == 0 {
            return vec![format!("{at}: too deep")];
        }
        let schema = self.resolved(schema, value);
        let fits = match schema["type"].as_str() {
            Some("object") => value.is_object(),
            Some("array") => value.is_array(),
            Some("string") => value.is_string(),
            Some("integer") => value.is_i64() || value.is_u64(),
            Some("number") => value.is_number(),
            Some("boolean") => value.is_boolean(),
            _ => true,
        };
        if !fits {
            return vec![format!("{at}: {value} is no {}", schema["type"])];
        }
        let mut found = Vec::new();
        if schema["enum"].as_array().is_some_and(|allowed| !allowed.contains(value)) {
            found.push(format!("{at}: {value} is none of {}", schema["enum"]));
        }
        let count = value.as_array().map(Vec::len).or_else(|| value.as_str().map(|text| text.chars().count()));
        let limit = schema["maxItems"].as_u64().or(schema["maxLength"].as_u64());
        if limit.zip(count).is_some_and(|(limit, count)| count as u64 > limit) {
            found.push(format!("{at}: longer than {limit:?}"));
        }
        for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            if value.get(name).is_none() {
                found.push(format!("{at}.{name} is missing"));
            }
        }
        for (name, inner) in schema["properties"].as_object().into_iter().flatten() {
            if let Some(member) = value.get(name) {
                found.extend(self.problems(inner, member, &format!("{at}.{name}"), depth - 1));
            }
        }
        for (place, item) in value.as_array().into_iter().flatten().enumerate() {
            found.extend(self.problems(&schema["items"], item, &format!("{at}[{place}]"), depth - 1));
        }
        for part in schema["allOf"].as_array().into_iter().flatten() {
            // What a kind inherits from names its kinds again, and would lead back here.
            let mut part = part["$ref"].as_str().map_or(part, |reference| self.target(reference)).clone();
            part.as_object_mut().unwrap().remove("discriminator");
            let part = &part;
            found.extend(self.problems(part, value, at, depth - 1));
        }
        let choices = schema["oneOf"].as_array().filter(|_| schema["discriminator"].is_null());
        let choices: Vec<_> =
            choices.into_iter().flatten().map(|one| self.problems(one, value, at, depth - 1)).collect();
        if !choices.is_empty() && !choices.iter().any(Vec::is_empty) {
            found.extend(choices.into_iter().min_by_key(Vec::len).unwrap());
        }
        found
    }
}

/// The recorded answers keep to the description, so the hub is tested with what the publisher promises.
#[test]
fn the_recorded_answers_keep_to_the_description() {
    let Some(spec) = spec() else { return };
    let recorded = |file: &str| -> Value { serde_json::from_slice(&fixtures::payload(file)).unwrap() };
    for file in ["send_text.json", "send_template.json", "send_to_bsuid.json"] {
        spec.check_answer("post", "/{Version}/{Phone-Number-ID}/messages", &recorded(file));
    }
    spec.check_answer("post", "/{Version}/{Phone-Number-ID}/media", &recorded("media_upload.json"));
    spec.check_answer("get", "/{Version}/{Media-ID}", &recorded("media_url.json"));
    spec.check_answer("post", "/{Version}/{WABA-ID}/subscribed_apps", &recorded("subscribed_apps_post.json"));
    // A member that the description demands and the platform leaves out unless it is asked for.
    let mut numbers = recorded("phone_numbers.json");
    numbers["data"][0]["status"] = "LINKED".into();
    spec.check_answer("get", "/{Version}/{WABA-ID}/phone_numbers", &numbers);
}

/// The publisher's own examples pass, so the checks are not stricter than the description means.
#[test]
fn the_publishers_own_examples_pass() {
    let Some(spec) = spec() else { return };
    let body = &spec.0["paths"]["/{Version}/{Phone-Number-ID}/messages"]["post"]["requestBody"];
    let examples = body["content"]["application/json"]["examples"].as_object().unwrap();
    let mut passed = 0;
    // Places are left out: the example writes numbers where the schema wants texts.
    for kind in ["text", "image", "document", "audio", "video", "sticker", "contacts", "reaction"] {
        for example in examples.values().map(|example| &example["value"]).filter(|value| value["type"] == kind) {
            let media = |name: &str| example[name].get("filename").is_some() || example[name].get("provider").is_some();
            // Members the description forgets in its own schema.
            if media(kind) || example.get("recipient_type").is_none() {
                continue;
            }
            spec.check_request(example.as_object().unwrap());
            passed += 1;
        }
    }
    assert!(passed > 10, "{passed}");
}

#[test]
fn wrong_bodies_are_noticed() {
    let Some(spec) = spec() else { return };
    let good = json!({ "messaging_product": "whatsapp", "recipient_type": "individual", "to": "+1", "type": "text",
        "text": { "body": "x", "preview_url": false } });
    spec.check_request(good.as_object().unwrap());
    for (name, value) in [
        ("text", json!({ "body": 5 })),
        ("recipient_type", json!("everybody")),
        ("txt", json!({})),
        ("type", json!("image")),
    ] {
        let mut wrong = good.clone();
        wrong[name] = value;
        let outcome = std::panic::catch_unwind(|| spec.check_request(wrong.as_object().unwrap()));
        assert!(outcome.is_err(), "{name}");
    }
}
