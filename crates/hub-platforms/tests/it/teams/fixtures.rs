//! The recorded payloads and what must come of them.

use crate::support::fixtures as shared;
use aws_lc_rs::digest;
use serde_json::Value;

const PLATFORM: &str = "teams";
/// An index that lost some is an error.
const COUNT: usize = 30;

pub(crate) fn payload(file: &str) -> Vec<u8> {
    shared::payload(PLATFORM, file)
}

pub(crate) fn index() -> Value {
    serde_json::from_slice(&payload("index.json")).unwrap()
}

/// All fixtures; the bytes of each must be those that were recorded.
pub(crate) fn all() -> Vec<Value> {
    let list = index()["fixtures"].as_array().unwrap().clone();
    assert_eq!(list.len(), COUNT);
    for one in &list {
        if let (Some(file), Some(sum)) = (one["file"].as_str(), one["body_sha256"].as_str()) {
            assert_eq!(hex::encode(digest::digest(&digest::SHA256, &payload(file))), sum, "{file} was changed");
        }
    }
    list
}

pub(crate) fn of_kind(kind: &str) -> Vec<Value> {
    all().into_iter().filter(|fixture| fixture["kind"] == kind).collect()
}

pub(crate) fn named(id: &str) -> Value {
    all().into_iter().find(|fixture| fixture["id"] == id).unwrap_or_else(|| panic!("no fixture {id}"))
}

pub(crate) fn body_of(fixture: &Value) -> Vec<u8> {
    payload(fixture["file"].as_str().unwrap())
}
