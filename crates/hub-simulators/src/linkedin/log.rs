//! What was called.

use super::call::Call;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Parameters that are never written down.
const SECRETS: [&str; 5] = ["access_token", "client_secret", "refresh_token", "token", "code"];

/// A call, without its secrets.
#[derive(Clone, Debug)]
pub struct LoggedRequest {
    /// HTTP method.
    pub method: String,
    /// Path behind `/rest`, `/v2` or `/oauth/v2`, as it was written, `/` in front.
    pub path: String,
    /// The name that faults and limits know it by.
    pub endpoint: String,
    /// Rest.li's name of what was done.
    pub action: String,
    /// The header `LinkedIn-Version`.
    pub version: Option<String>,
    /// Parameters of address and form, secrets left out.
    pub params: BTreeMap<String, String>,
    /// The JSON body.
    pub body: Value,
    /// HTTP status of the answer; `None` = not answered yet, or the line was cut.
    pub status: Option<u16>,
}

impl LoggedRequest {
    pub(super) fn of(call: &Call) -> Self {
        let shown = call.parameters().iter().filter(|(name, _)| !SECRETS.contains(&name.as_str()));
        Self {
            method: call.method.to_string(),
            path: format!("/{}", call.segments.join("/")),
            endpoint: call.endpoint().to_owned(),
            action: call.action(),
            version: call.version.clone(),
            params: shown.map(|(name, value)| (name.clone(), value.clone())).collect(),
            body: call.body.clone(),
            status: None,
        }
    }

    /// As the control API shows it.
    pub(super) fn shown(&self) -> Value {
        json!({
            "method": self.method, "path": self.path, "endpoint": self.endpoint, "action": self.action,
            "version": self.version, "params": self.params, "body": self.body, "status": self.status,
        })
    }
}
