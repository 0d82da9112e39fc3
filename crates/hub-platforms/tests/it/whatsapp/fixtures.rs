//! The recorded payloads and what must come of them.

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
    pub(crate) request: Value,
    pub(crate) http_status: Option<u16>,
    pub(crate) expect: Map<String, Value>,
}

#[derive(Deserialize)]
struct Index {
    count: usize,
    fixtures: Vec<Fixture>,
}

pub(crate) fn payload(file: &str) -> Vec<u8> {
    std::fs::read(folder().join(file)).unwrap_or_else(|e| panic!("{file}: {e}"))
}

/// All fixtures; an index that lost some is an error.
pub(crate) fn all() -> Vec<Fixture> {
    let index: Index = serde_json::from_slice(&payload("index.json")).unwrap();
    assert_eq!(index.fixtures.len(), index.count);
    assert_eq!(index.count, 84);
    let listed: Vec<&str> = index.fixtures.iter().map(|fixture| fixture.file.as_str()).collect();
    for file in std::fs::read_dir(folder()).unwrap() {
        let name = file.unwrap().file_name().into_string().unwrap();
        assert!(name == "index.json" || listed.contains(&name.as_str()), "{name} is not in the index");
    }
    index.fixtures
}

/// The recorded deliveries.
pub(crate) fn deliveries() -> impl Iterator<Item = Fixture> {
    all().into_iter().filter(|fixture| fixture.kind == "webhook")
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src/whatsapp/fixtures")
}
