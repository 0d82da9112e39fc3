//! A call, read whole; and what the log keeps of it.

use super::endpoint::Endpoint;
use super::problem::Problem;
use axum::body::to_bytes;
use axum::extract::Request;
use axum::http::{HeaderMap, Method, header};
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// The largest body that is read, in bytes: pictures come inside of messages.
const MAX_BODY: usize = 8 * 1024 * 1024;
/// What the log keeps of a text.
const MAX_LOGGED: usize = 4_096;

/// A call.
#[derive(Clone, Debug)]
pub(super) struct Call {
    pub(super) method: Method,
    /// Parts of the path, decoded; `chats('x')` is two of them.
    pub(super) segments: Vec<String>,
    /// Path and query as they came.
    pub(super) target: String,
    pub(super) query: BTreeMap<String, String>,
    /// JSON or form fields.
    pub(super) body: Value,
    pub(super) authorization: Option<String>,
    pub(super) prefer: String,
    pub(super) client_request_id: Option<String>,
}

impl Call {
    pub(super) async fn read(request: Request) -> Result<Self, Problem> {
        let method = request.method().clone();
        let path = request.uri().path().to_owned();
        let target = request.uri().path_and_query().map_or_else(|| path.clone(), ToString::to_string);
        let query = pairs(request.uri().query().unwrap_or_default().as_bytes()).collect();
        let headers = request.headers().clone();
        let kind = text(&headers, "content-type").unwrap_or_default();
        let bytes = to_bytes(request.into_body(), MAX_BODY).await;
        let bytes = bytes.map_err(|_| Problem::too_large())?;
        let body = if kind.starts_with("application/x-www-form-urlencoded") {
            pairs(&bytes).map(|(name, value)| (name, value.into())).collect::<Map<_, _>>().into()
        } else if bytes.is_empty() {
            Value::Null
        } else {
            let words = "Unable to read JSON request payload. Please ensure Content-Type header is set and payload is of \
                         valid JSON format.";
            serde_json::from_slice(&bytes).map_err(|_| Problem::bad_request(words))?
        };
        Ok(Self {
            method,
            segments: segments(&path),
            target,
            query,
            body,
            authorization: text(&headers, header::AUTHORIZATION.as_str()),
            prefer: text(&headers, "prefer").unwrap_or_default(),
            client_request_id: text(&headers, "client-request-id"),
        })
    }

    /// A text from the body.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.body.get(name).and_then(Value::as_str)
    }

    /// A parameter from the address.
    pub(super) fn asked(&self, name: &str) -> Option<&str> {
        self.query.get(name).map(String::as_str)
    }

    /// A parameter that is a list.
    pub(super) fn list(&self, name: &str) -> Vec<&str> {
        self.asked(name).unwrap_or_default().split(',').map(str::trim).filter(|part| !part.is_empty()).collect()
    }

    pub(super) fn bearer(&self) -> Option<&str> {
        self.authorization.as_deref()?.strip_prefix("Bearer ")
    }

    /// Whether newer values of enumerations are told by their names.
    pub(super) fn knows_new_values(&self) -> bool {
        self.prefer.contains("include-unknown-enum-members")
    }
}

fn pairs(text: &[u8]) -> impl Iterator<Item = (String, String)> {
    url::form_urlencoded::parse(text).map(|(name, value)| (name.into_owned(), value.into_owned()))
}

fn segments(path: &str) -> Vec<String> {
    let decoded = path.split('/').map(|part| percent_decode_str(part).decode_utf8_lossy().into_owned());
    let mut parts = Vec::new();
    for part in decoded.filter(|part| !part.is_empty()) {
        match part.strip_suffix("')").and_then(|part| part.split_once("('")) {
            Some((name, key)) => parts.extend([name.to_owned(), key.to_owned()]),
            None => parts.push(part),
        }
    }
    parts
}

fn text(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
}

/// A call, without its secrets.
#[derive(Clone, Debug)]
pub struct LoggedRequest {
    /// HTTP method.
    pub method: String,
    /// Path, `/` in front, decoded.
    pub path: String,
    /// The name that faults know it by.
    pub endpoint: String,
    /// Parameters of the address; those of the authorize page are left out.
    pub query: BTreeMap<String, String>,
    /// JSON body, long texts cut; of the token endpoint only the kind of grant.
    pub body: Value,
    /// The header `Prefer`.
    pub prefer: String,
    /// HTTP status of the answer; `None` = not answered yet, or the line was cut.
    pub status: Option<u16>,
}

impl LoggedRequest {
    pub(super) fn of(call: &Call, endpoint: Endpoint) -> Self {
        let secret = matches!(endpoint, Endpoint::Token | Endpoint::Authorize);
        let body = if secret { json!({"grant_type": call.text("grant_type")}) } else { shortened(&call.body) };
        Self {
            method: call.method.to_string(),
            path: format!("/{}", call.segments.join("/")),
            endpoint: endpoint.name().to_owned(),
            query: if secret { BTreeMap::new() } else { call.query.clone() },
            body,
            prefer: call.prefer.clone(),
            status: None,
        }
    }
}

fn shortened(value: &Value) -> Value {
    match value {
        Value::String(text) => text.chars().take(MAX_LOGGED).collect::<String>().into(),
        Value::Array(items) => items.iter().map(shortened).collect(),
        Value::Object(members) => {
            members.iter().map(|(name, member)| (name.clone(), shortened(member))).collect::<Map<_, _>>().into()
        }
        plain => plain.clone(),
    }
}
