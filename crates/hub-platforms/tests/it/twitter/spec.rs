//! Checks calls against the publisher's own description of the API. It is not part of this repository: `HUB_SPECS_DIR` names its
//! folder, or it lies beside the workspace.

use crate::support::stand_in::Asked;
use serde_json::Value;
use std::io::Write;
use std::path::PathBuf;
use std::sync::OnceLock;

const FILE: &str = "x-api-v2.json";
/// Deeper than this no schema of the description goes.
const MAX_DEPTH: usize = 24;
/// What the platform's pages name and the description does not.
const ON_PAGES_ONLY: &[&str] = &["sender_id", "participant_ids", "referenced_tweets", "oauth.revoke"];
/// Endpoints that the description leaves out.
const NOT_DESCRIBED: &[&str] = &["/2/oauth2/token", "/2/oauth2/revoke", "/oauth2/token"];

/// The description, if it is here. A named folder without it is an error; without a name its absence is only said.
fn spec() -> Option<&'static Value> {
    static SPEC: OnceLock<Option<Value>> = OnceLock::new();
    SPEC.get_or_init(|| {
        let named = std::env::var_os("HUB_SPECS_DIR").map(PathBuf::from);
        let beside = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/platforms/specs");
        let path = named.clone().unwrap_or(beside).join(FILE);
        match std::fs::read(&path) {
            Ok(text) => Some(serde_json::from_slice(&text).unwrap()),
            Err(error) if named.is_some() => panic!("HUB_SPECS_DIR is set, but {}: {error}", path.display()),
            Err(_) => {
                // Straight to the terminal: what a passing test prints is swallowed.
                let words = "NOT RUN: calls were not checked against X's description; set HUB_SPECS_DIR\n";
                std::io::stderr().write_all(words.as_bytes()).unwrap();
                None
            }
        }
    })
    .as_ref()
}

/// Every one of these calls is described: endpoint, parameters, body.
pub(crate) fn check(asked: &[Asked]) {
    let Some(spec) = spec() else { return };
    for asked in asked.iter().filter(|one| !NOT_DESCRIBED.contains(&one.path.as_str())) {
        let operation = operation(spec, asked);
        for (name, value) in &asked.query {
            parameter(spec, operation, name, value);
        }
        let Some(content) = operation["requestBody"]["content"].as_object() else {
            assert!(asked.parameters.is_empty(), "{} {} takes no body", asked.method, asked.path);
            continue;
        };
        let kind = if asked.is_form { "multipart/form-data" } else { "application/json" };
        let schema = &content.get(kind).unwrap_or_else(|| panic!("{} takes no {kind}", asked.path))["schema"];
        let mut body = Value::Object(asked.parameters.clone());
        for (name, ..) in &asked.files {
            body[name] = "bytes".into();
        }
        if asked.is_form {
            // Numbers of a form are texts.
            let schema = resolved(spec, schema);
            for (name, value) in body.as_object_mut().unwrap() {
                if schema["properties"][name]["type"] == "integer" {
                    *value = value.as_str().unwrap().parse::<u64>().unwrap().into();
                }
            }
        }
        let mut problems = Vec::new();
        problems_of(spec, schema, &body, &asked.path, MAX_DEPTH, &mut problems);
        assert!(problems.is_empty(), "{problems:#?}");
    }
}

/// The described endpoint: a path whose parts are the same or stand for something.
fn operation<'a>(spec: &'a Value, asked: &Asked) -> &'a Value {
    let parts: Vec<&str> = asked.path.split('/').collect();
    let score = |described: &str| {
        let described: Vec<&str> = described.split('/').collect();
        let same = described.iter().zip(&parts).filter(|(one, other)| one == other).count();
        let fits = described.len() == parts.len()
            && described.iter().zip(&parts).all(|(one, other)| one == other || one.starts_with('{'));
        fits.then_some(same)
    };
    let paths = spec["paths"].as_object().unwrap().iter();
    let best = paths.filter_map(|(path, operations)| Some((score(path)?, operations))).max_by_key(|(same, _)| *same);
    let (_, operations) = best.unwrap_or_else(|| panic!("{} is not described", asked.path));
    let operation = &operations[asked.method.to_lowercase()];
    assert!(operation.is_object(), "{} {} is not described", asked.method, asked.path);
    operation
}

fn parameter(spec: &Value, operation: &Value, name: &str, value: &str) {
    let all = operation["parameters"].as_array().unwrap().iter().map(|one| resolved(spec, one));
    let found = all.filter(|one| one["in"] == "query").find(|one| one["name"] == name);
    let schema = resolved(spec, &found.unwrap_or_else(|| panic!("{name} is not described"))["schema"]);
    let allowed = resolved(spec, &schema["items"])["enum"].as_array();
    for one in value.split(',').filter(|_| allowed.is_some()) {
        let known = allowed.unwrap().iter().any(|known| known == one);
        assert!(known || ON_PAGES_ONLY.contains(&one), "{name} does not know {one}");
    }
    if let (Some(most), Ok(number)) = (schema["maximum"].as_u64(), value.parse::<u64>()) {
        assert!(number <= most, "{name} is {number}");
    }
}

fn resolved<'a>(spec: &'a Value, schema: &'a Value) -> &'a Value {
    match schema["$ref"].as_str() {
        Some(reference) => resolved(spec, spec.pointer(reference.trim_start_matches('#')).unwrap()),
        None => schema,
    }
}

fn problems_of(spec: &Value, schema: &Value, value: &Value, at: &str, depth: usize, found: &mut Vec<String>) {
    assert!(depth > 0, "{at}: too deep");
    let schema = resolved(spec, schema);
    let fits = match schema["type"].as_str() {
        Some("object") => value.is_object(),
        Some("array") => value.is_array(),
        Some("string") => value.is_string(),
        Some("integer") => value.is_u64() || value.is_i64(),
        Some("boolean") => value.is_boolean(),
        _ => true,
    };
    if !fits {
        return found.push(format!("{at}: {value} is no {}", schema["type"]));
    }
    if let Some(allowed) = schema["enum"].as_array()
        && !allowed.contains(value)
        && !value.as_str().is_some_and(|text| ON_PAGES_ONLY.contains(&text))
    {
        found.push(format!("{at}: {value} is none of {allowed:?}"));
    }
    if let Some(text) = value.as_str() {
        let length = text.chars().count() as u64;
        let bounds = (schema["minLength"].as_u64().unwrap_or(0), schema["maxLength"].as_u64().unwrap_or(u64::MAX));
        if length < bounds.0 || length > bounds.1 {
            found.push(format!("{at}: {length} characters"));
        }
    }
    for needed in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        if value.get(needed).is_none() {
            found.push(format!("{at}: {needed} is missing"));
        }
    }
    for (name, member) in value.as_object().into_iter().flatten() {
        match schema["properties"].get(name) {
            Some(known) => problems_of(spec, known, member, &format!("{at}.{name}"), depth - 1, found),
            None if schema["properties"].is_object() && schema["additionalProperties"] == false => {
                found.push(format!("{at}: {name} is not described"));
            }
            None => {}
        }
    }
    for (place, member) in value.as_array().into_iter().flatten().enumerate() {
        problems_of(spec, &schema["items"], member, &format!("{at}[{place}]"), depth - 1, found);
    }
}

/// The check itself can fail.
#[test]
fn calls_that_are_not_described_are_found() {
    if spec().is_none() {
        return;
    }
    let call = |method: &str, path: &str, body: Value| Asked {
        method: method.to_owned(),
        path: path.to_owned(),
        parameters: body.as_object().unwrap().clone(),
        ..Asked::default()
    };
    let send = "/2/dm_conversations/with/7/messages";
    check(&[call("POST", send, serde_json::json!({ "text": "x" }))]);
    for wrong in [
        call("POST", "/2/dm_conversations/with/7", serde_json::json!({ "text": "x" })),
        call("PATCH", send, serde_json::json!({ "text": "x" })),
        call("POST", send, serde_json::json!({ "text": "" })),
        call("POST", send, serde_json::json!({ "text": 7 })),
        call("POST", send, serde_json::json!({ "text": "x", "reply_to": "1" })),
        call("POST", "/2/activity/subscriptions", serde_json::json!({ "event_type": "dm.received" })),
        Asked {
            query: [("limit".to_owned(), "5".to_owned())].into(),
            ..call("GET", "/2/dm_events", serde_json::json!({}))
        },
    ] {
        let path = wrong.path.clone();
        assert!(std::panic::catch_unwind(|| check(&[wrong])).is_err(), "{path}");
    }
}
