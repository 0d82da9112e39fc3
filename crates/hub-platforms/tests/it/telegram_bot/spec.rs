//! Checks requests and answers against the machine-readable form of the Bot API's own reference. It is not part of this
//! repository: `HUB_SPECS_DIR` names its folder, or it lies beside the workspace.

use super::fixtures;
use serde_json::{Map, Value};
use std::io::Write;
use std::path::PathBuf;
use std::sync::OnceLock;

const FILE: &str = "telegram-bot-api.json";

/// The reference, if it is here. A named folder without it is an error; without a name its absence is only said.
pub(crate) fn spec() -> Option<&'static Spec> {
    static SPEC: OnceLock<Option<Spec>> = OnceLock::new();
    SPEC.get_or_init(|| {
        let named = std::env::var_os("HUB_SPECS_DIR").map(PathBuf::from);
        let beside = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/platforms/specs");
        let path = named.clone().unwrap_or(beside).join(FILE);
        match std::fs::read(&path) {
            Ok(bytes) => Some(Spec(serde_json::from_slice(&bytes).unwrap())),
            Err(error) if named.is_some() => panic!("HUB_SPECS_DIR is set, but {}: {error}", path.display()),
            Err(_) => {
                // Straight to the terminal: what a passing test prints is swallowed.
                let words = "NOT RUN: calls were not checked against the Bot API reference; set HUB_SPECS_DIR\n";
                std::io::stderr().write_all(words.as_bytes()).unwrap();
                None
            }
        }
    })
    .as_ref()
}

pub(crate) struct Spec(Value);

impl Spec {
    /// The parameters of a call: known, complete, of the right type.
    pub(crate) fn check_call(&self, method: &str, parameters: &Map<String, Value>) {
        let known = self.0["methods"][method].as_object().unwrap_or_else(|| panic!("no method {method}"));
        let fields = known.get("fields").and_then(Value::as_array).cloned().unwrap_or_default();
        for name in parameters.keys() {
            assert!(fields.iter().any(|f| f["name"] == name.as_str()), "{method} has no parameter {name}");
        }
        self.check_members(method, &fields, parameters);
    }

    /// What a call answered.
    pub(crate) fn check_answer(&self, method: &str, result: &Value) {
        self.check_any(method, &self.0["methods"][method]["returns"], result);
    }

    /// An object of a named type. Members the reference does not know are no error: Telegram adds some.
    pub(crate) fn check_object(&self, kind: &str, value: &Value) {
        self.check_any(kind, &Value::from(vec![kind]), value);
    }

    fn check_members(&self, place: &str, fields: &[Value], members: &Map<String, Value>) {
        for field in fields {
            let name = field["name"].as_str().unwrap();
            match members.get(name) {
                None => assert_eq!(field["required"], false, "{place} needs {name}"),
                Some(value) => self.check_any(&format!("{place}.{name}"), &field["types"], value),
            }
        }
    }

    fn check_any(&self, place: &str, kinds: &Value, value: &Value) {
        let kinds = kinds.as_array().unwrap();
        assert!(
            kinds.iter().any(|kind| self.fits(place, kind.as_str().unwrap(), value)),
            "{place}: {value} is not {kinds:?}"
        );
    }

    fn fits(&self, place: &str, kind: &str, value: &Value) -> bool {
        if let Some(inner) = kind.strip_prefix("Array of ") {
            return value.as_array().is_some_and(|list| list.iter().all(|one| self.fits(place, inner, one)));
        }
        match kind {
            "Integer" => value.is_i64(),
            "Float" => value.is_number(),
            "String" => value.is_string(),
            "Boolean" => value.is_boolean(),
            "True" => *value == true,
            // A file of the same request.
            "InputFile" => value.as_str().is_some_and(|text| text.starts_with("attach://")),
            _ => self.fits_type(place, kind, value),
        }
    }

    fn fits_type(&self, place: &str, kind: &str, value: &Value) -> bool {
        let known = &self.0["types"][kind];
        assert!(known.is_object(), "{place}: no type {kind}");
        if let Some(subtypes) = known["subtypes"].as_array() {
            return subtypes.iter().any(|one| self.fits(place, one.as_str().unwrap(), value));
        }
        let Some(members) = value.as_object() else { return false };
        let fields = known["fields"].as_array().cloned().unwrap_or_default();
        fields.iter().all(|field| match members.get(field["name"].as_str().unwrap()) {
            None => field["required"] == false,
            Some(member) => {
                let kinds = field["types"].as_array().unwrap();
                kinds.iter().any(|kind| self.fits(place, kind.as_str().unwrap(), member))
            }
        })
    }
}

#[test]
fn the_recorded_payloads_keep_to_the_reference() {
    let Some(spec) = spec() else { return };
    for fixture in fixtures::all() {
        let body: Result<Value, _> = serde_json::from_slice(&fixtures::payload(&fixture.file));
        if fixture.kind != "api-response" {
            spec.check_object("Update", &body.unwrap());
        } else if let Ok(body) = body.as_ref().map(|body| &body["result"])
            && !body.is_null()
        {
            spec.check_answer(&fixture.event, body);
        }
    }
}

#[test]
#[should_panic(expected = "has no parameter")]
fn an_unknown_parameter_is_noticed() {
    let Some(spec) = spec() else { panic!("has no parameter (not run)") };
    spec.check_call("sendMessage", serde_json::json!({ "chat_id": "1", "text": "x", "txt": "y" }).as_object().unwrap());
}
