//! The shapes of our JSON: one per noun, shared by requests, sockets and their documentation.

pub(crate) mod account;
pub(crate) mod admin;
pub(crate) mod channel;
pub(crate) mod conversation;
pub(crate) mod message;
pub(crate) mod parked;
pub(crate) mod platform;

use serde::Serialize;
use serde_json::{Map, Value};

/// An object with every multi-word member in both spellings and equal values (contract D13).
pub(crate) fn both_casings(object: &impl Serialize) -> Value {
    twin(serde_json::to_value(object).unwrap_or_default())
}

fn twin(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let mut twins = Map::with_capacity(members.len() * 2);
            for (key, value) in members {
                let value = twin(value);
                if key.contains('_') {
                    twins.insert(camel_case(&key), value.clone());
                }
                twins.insert(key, value);
            }
            Value::Object(twins)
        }
        Value::Array(items) => items.into_iter().map(twin).collect(),
        other => other,
    }
}

/// `sent_at` as `sentAt`.
pub(crate) fn camel_case(key: &str) -> String {
    let mut words = key.split('_');
    let mut camel = words.next().unwrap_or_default().to_owned();
    for word in words {
        let mut letters = word.chars();
        camel.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        camel.push_str(letters.as_str());
    }
    camel
}
