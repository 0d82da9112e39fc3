//! The recorded payloads and what must come of them.

use crate::support::fixtures;
use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// How many there are; an index that lost some is an error.
const COUNT: usize = 19;

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Fixture {
    pub(crate) id: String,
    pub(crate) kind: String,
    pub(crate) file: String,
    pub(crate) body_sha256: String,
    pub(crate) http: Http,
    pub(crate) expect: Map<String, Value>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Http {
    pub(crate) method: String,
    pub(crate) query: BTreeMap<String, String>,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) status: u16,
    pub(crate) request: Value,
}

#[derive(Deserialize)]
struct Index {
    fixtures: Vec<Fixture>,
}

pub(crate) fn payload(file: &str) -> Vec<u8> {
    fixtures::payload("linkedin", file)
}

pub(crate) fn value(file: &str) -> Value {
    serde_json::from_slice(&payload(file)).unwrap()
}

pub(crate) fn all() -> Vec<Fixture> {
    let index: Index = serde_json::from_slice(&payload("index.json")).unwrap();
    assert_eq!(index.fixtures.len(), COUNT);
    index.fixtures
}

pub(crate) fn of_kind(kind: &str) -> Vec<Fixture> {
    all().into_iter().filter(|fixture| fixture.kind == kind).collect()
}

/// Signatures cover the bytes: a file that was formatted anew proves nothing.
#[test]
fn the_files_are_as_they_were() {
    for fixture in all() {
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &payload(&fixture.file));
        assert_eq!(hex::encode(digest), fixture.body_sha256, "{}", fixture.id);
    }
}
