//! The recorded payloads of a platform and what must come of them.

use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// One entry of a platform's index.
#[derive(Clone, Debug)]
pub struct Fixture {
    /// Its file.
    pub file: String,
    /// `webhook`, `webhook-sequence` or `api-response`.
    pub kind: String,
    /// The platform's word for what happened, or for what was asked.
    pub event: String,
    /// Headers of the request, or of the answer.
    pub headers: BTreeMap<String, String>,
    /// The deliveries of a sequence.
    pub steps: Vec<Step>,
    /// What was called.
    pub request: Value,
    /// What the hub must answer.
    pub respond_with: Option<u16>,
    /// Status of an answer of the platform.
    pub http_status: Option<u16>,
    /// What must come of it.
    pub expect: Map<String, Value>,
}

/// One delivery of a sequence.
#[derive(Clone, Debug)]
pub struct Step {
    /// Its file.
    pub file: String,
    /// The same bytes as before, once more.
    pub redelivery: bool,
}

impl Fixture {
    fn read(entry: &Value) -> Self {
        let text = |name: &str| entry[name].as_str().unwrap_or_else(|| panic!("{name} is missing: {entry}")).to_owned();
        let number = |value: &Value| value.as_u64().map(|number| u16::try_from(number).expect("a status"));
        let headers = entry["headers"].as_object().into_iter().flatten();
        let steps = entry["steps"].as_array().into_iter().flatten();
        Self {
            file: text("file"),
            kind: text("kind"),
            event: text("event"),
            headers: headers.map(|(name, value)| (name.clone(), value.as_str().expect("text").to_owned())).collect(),
            steps: steps
                .map(|step| Step {
                    file: step["file"].as_str().expect("a file").to_owned(),
                    redelivery: step["redelivery"] == true,
                })
                .collect(),
            request: entry["request"].clone(),
            respond_with: number(&entry["respond_with"]["status"]),
            http_status: number(&entry["http_status"]),
            expect: entry["expect"].as_object().expect("expectations").clone(),
        }
    }

    /// True for what a platform delivers.
    pub fn is_delivery(&self) -> bool {
        self.kind.starts_with("webhook")
    }
}

/// The bytes of a file in the folder of `platform`.
pub fn payload(platform: &str, file: &str) -> Vec<u8> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../hub-platforms/src").join(platform).join("fixtures");
    std::fs::read(folder.join(file)).unwrap_or_else(|e| panic!("{platform}/{file}: {e}"))
}

/// The index of `platform`.
pub fn index(platform: &str) -> Value {
    serde_json::from_slice(&payload(platform, "index.json")).expect("JSON")
}

/// All fixtures of `platform`; an index that lost some is an error.
pub fn all(platform: &str, count: usize) -> Vec<Fixture> {
    let index = index(platform);
    let fixtures: Vec<Fixture> = index["fixtures"].as_array().expect("a list").iter().map(Fixture::read).collect();
    assert_eq!(index["count"], fixtures.len(), "{platform}: an index that lost some");
    assert_eq!(fixtures.len(), count, "{platform}: an index that lost some");
    fixtures
}
