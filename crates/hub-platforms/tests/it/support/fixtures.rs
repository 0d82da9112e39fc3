//! The recorded payloads of a platform and what must come of them.

use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::path::PathBuf;

#[derive(Clone, Deserialize)]
pub(crate) struct Fixture {
    pub(crate) file: String,
    pub(crate) kind: String,
    pub(crate) event: String,
    #[serde(default)]
    pub(crate) headers: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) steps: Vec<Step>,
    #[serde(default)]
    pub(crate) request: Value,
    pub(crate) http_status: Option<u16>,
    pub(crate) expect: Map<String, Value>,
}

#[derive(Clone, Deserialize)]
pub(crate) struct Step {
    pub(crate) file: String,
    #[serde(default)]
    pub(crate) redelivery: bool,
}

#[derive(Deserialize)]
struct Index {
    count: usize,
    fixtures: Vec<Fixture>,
}

/// The bytes of a file in the folder of `platform`.
pub(crate) fn payload(platform: &str, file: &str) -> Vec<u8> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src").join(platform).join("fixtures");
    std::fs::read(folder.join(file)).unwrap_or_else(|e| panic!("{file}: {e}"))
}

/// All fixtures of `platform`; an index that lost some is an error.
pub(crate) fn all(platform: &str, count: usize) -> Vec<Fixture> {
    let index: Index = serde_json::from_slice(&payload(platform, "index.json")).unwrap();
    assert_eq!(index.fixtures.len(), index.count);
    assert_eq!(index.count, count);
    index.fixtures
}
