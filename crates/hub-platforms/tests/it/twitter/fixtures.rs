//! The recorded payloads and what must come of them.

use crate::support::{fixtures, stand_in::Reply};
use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

const PLATFORM: &str = "twitter";
/// How many there are; an index that lost some is an error.
const COUNT: usize = 32;

#[derive(Clone, Deserialize)]
pub(crate) struct Fixture {
    pub(crate) id: String,
    pub(crate) kind: String,
    pub(crate) file: String,
    pub(crate) http: Http,
    pub(crate) expect: Map<String, Value>,
    body_sha256: String,
    pub(crate) connection: Option<String>,
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Http {
    pub(crate) method: String,
    pub(crate) query: BTreeMap<String, String>,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) request: Value,
    pub(crate) status: u16,
}

#[derive(Deserialize)]
struct Index {
    connections: Vec<Connection>,
    fixtures: Vec<Fixture>,
}

#[derive(Deserialize)]
struct Connection {
    name: String,
    self_user_id: String,
}

impl Fixture {
    pub(crate) fn payload(&self) -> Vec<u8> {
        payload(&self.file)
    }

    /// The account the payload concerns.
    pub(crate) fn account(&self) -> String {
        let connections = index().connections;
        let name = self.connection.as_deref().unwrap_or("main");
        connections.into_iter().find(|one| one.name == name).unwrap().self_user_id
    }

    /// The answer as it was recorded.
    pub(crate) fn reply(&self) -> Reply {
        let headers = self.http.headers.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
        Reply { status: self.http.status, headers, body: self.payload() }
    }
}

pub(crate) fn payload(file: &str) -> Vec<u8> {
    fixtures::payload(PLATFORM, file)
}

fn index() -> Index {
    serde_json::from_slice(&payload("index.json")).unwrap()
}

pub(crate) fn all() -> Vec<Fixture> {
    let index = index();
    assert_eq!(index.fixtures.len(), COUNT);
    index.fixtures
}

pub(crate) fn of_kind(kind: &str) -> Vec<Fixture> {
    all().into_iter().filter(|fixture| fixture.kind == kind).collect()
}

pub(crate) fn named(id: &str) -> Fixture {
    all().into_iter().find(|fixture| fixture.id == id).unwrap_or_else(|| panic!("{id}"))
}

/// Signatures cover these bytes exactly as they are stored.
#[test]
fn every_payload_is_as_it_was_recorded() {
    for fixture in all() {
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &fixture.payload());
        assert_eq!(hex::encode(digest), fixture.body_sha256, "{}", fixture.id);
        assert!(matches!(fixture.kind.as_str(), "webhook" | "webhook-handshake" | "api-response"), "{}", fixture.id);
    }
}
