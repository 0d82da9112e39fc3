//! What was called.

use super::Call;
use serde_json::{Map, Value};

/// Parameters that are never written down.
const SECRETS: [&str; 6] =
    ["access_token", "appsecret_proof", "client_secret", "fb_exchange_token", "input_token", "code"];

/// A call, without its secrets.
#[derive(Clone, Debug)]
pub struct LoggedRequest {
    /// HTTP method.
    pub method: String,
    /// Path without the version, `/` in front.
    pub path: String,
    /// The name that faults know it by.
    pub endpoint: String,
    /// The version of the path.
    pub version: Option<String>,
    /// Parameters from query and body, secrets left out; texts that are JSON are read.
    pub params: Map<String, Value>,
    /// Uploaded files: field, name, size in bytes.
    pub uploads: Vec<(String, String, usize)>,
    /// Whether the token came in the `Authorization` header.
    pub bearer: bool,
    /// Whether a proof of the app's secret came along.
    pub proof: bool,
    /// HTTP status of the answer; `None` = not answered yet, or the line was cut.
    pub status: Option<u16>,
}

impl LoggedRequest {
    pub(super) fn of(call: &Call) -> Self {
        let shown = call.values.iter().filter(|(name, _)| !SECRETS.contains(&name.as_str()));
        let params = shown.map(|(name, value)| (name.clone(), lenient(value))).collect();
        Self {
            method: call.method.to_string(),
            path: format!("/{}", call.segments.join("/")),
            endpoint: call.endpoint().to_owned(),
            version: call.version.clone(),
            params,
            uploads: call.uploads.iter().map(|(field, up)| (field.clone(), up.name.clone(), up.bytes.len())).collect(),
            bearer: call.bearer.is_some(),
            proof: call.values.contains_key("appsecret_proof"),
            status: None,
        }
    }

    /// As the control API shows it.
    pub(super) fn shown(&self) -> Value {
        serde_json::json!({
            "method": self.method, "path": self.path, "endpoint": self.endpoint, "version": self.version,
            "params": self.params, "bearer": self.bearer, "proof": self.proof, "status": self.status,
            "uploads": self.uploads.iter().map(|(field, name, size)| {
                serde_json::json!({"field": field, "name": name, "size": size})
            }).collect::<Vec<_>>(),
        })
    }
}

fn lenient(value: &Value) -> Value {
    match value {
        Value::String(text) if text.starts_with(['{', '[']) => {
            serde_json::from_str(text).unwrap_or_else(|_| value.clone())
        }
        _ => value.clone(),
    }
}
