//! A call, read whole; and what the log keeps of it.

use super::limits::Bucket;
use super::problem::Problem;
use axum::extract::{FromRequest, Multipart, Request};
use axum::http::{HeaderMap, Method, header};
use bytes::Bytes;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// The largest body that is read, in bytes; no single step of an upload is larger.
pub(super) const MAX_BODY: usize = 16 * 1024 * 1024;

/// A call.
#[derive(Clone, Debug)]
pub(super) struct Call {
    pub(super) method: Method,
    pub(super) segments: Vec<String>,
    pub(super) query: BTreeMap<String, String>,
    /// JSON, form fields or parts that are text.
    pub(super) body: Value,
    /// The part that is a file.
    pub(super) file: Option<Bytes>,
    pub(super) authorization: Option<String>,
}

impl Call {
    pub(super) async fn read(request: Request) -> Result<Self, Problem> {
        let method = request.method().clone();
        let segments = request.uri().path().split('/').filter(|part| !part.is_empty()).map(str::to_owned).collect();
        let query = url::form_urlencoded::parse(request.uri().query().unwrap_or_default().as_bytes());
        let query = query.map(|(name, value)| (name.into_owned(), value.into_owned())).collect();
        let authorization = text(request.headers(), header::AUTHORIZATION);
        let kind = text(request.headers(), header::CONTENT_TYPE).unwrap_or_default();
        let (body, file) = read_body(request, &kind).await?;
        Ok(Self { method, segments, query, body, file, authorization })
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
        self.asked(name).unwrap_or_default().split(',').filter(|part| !part.is_empty()).collect()
    }

    pub(super) fn bearer(&self) -> Option<&str> {
        self.authorization.as_deref()?.strip_prefix("Bearer ")
    }
}

async fn read_body(request: Request, kind: &str) -> Result<(Value, Option<Bytes>), Problem> {
    let broken = |words: &str| Problem::invalid("body", "", words);
    if kind.starts_with("multipart/form-data") {
        let mut parts = Multipart::from_request(request, &()).await.map_err(|error| broken(&error.to_string()))?;
        let (mut fields, mut file) = (Map::new(), None);
        while let Some(part) = parts.next_field().await.map_err(|error| broken(&error.to_string()))? {
            let name = part.name().unwrap_or_default().to_owned();
            let bytes = part.bytes().await.map_err(|error| broken(&error.to_string()))?;
            if name == "media" {
                file = Some(bytes);
            } else {
                fields.insert(name, String::from_utf8_lossy(&bytes).into_owned().into());
            }
        }
        return Ok((fields.into(), file));
    }
    let bytes = Bytes::from_request(request, &()).await.map_err(|error| broken(&error.to_string()))?;
    if kind.starts_with("application/x-www-form-urlencoded") {
        let pairs = url::form_urlencoded::parse(&bytes);
        let fields: Map<String, Value> =
            pairs.map(|(name, value)| (name.into_owned(), value.into_owned().into())).collect();
        return Ok((fields.into(), None));
    }
    if bytes.is_empty() {
        return Ok((Value::Null, None));
    }
    let value = serde_json::from_slice(&bytes).map_err(|_| broken("Requests with bodies must be valid JSON"))?;
    Ok((value, None))
}

fn text(headers: &HeaderMap, name: header::HeaderName) -> Option<String> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
}

/// A call, without its secrets.
#[derive(Clone, Debug)]
pub struct LoggedRequest {
    /// HTTP method.
    pub method: String,
    /// Path, `/` in front.
    pub path: String,
    /// The name that faults know it by.
    pub endpoint: String,
    /// Parameters of the address; those of the authorize page are left out.
    pub query: BTreeMap<String, String>,
    /// JSON body; of the token endpoints only the kind of grant.
    pub body: Value,
    /// HTTP status of the answer; `None` = not answered yet, or the line was cut.
    pub status: Option<u16>,
}

impl LoggedRequest {
    pub(super) fn of(call: &Call, bucket: Bucket) -> Self {
        let secret = matches!(bucket, Bucket::Token | Bucket::Authorize);
        let body = match call.text("grant_type") {
            Some(kind) if secret => serde_json::json!({"grant_type": kind}),
            _ if secret => Value::Null,
            _ if call.body.get("media").is_some() => serde_json::json!({"media": "(left out)"}),
            _ => call.body.clone(),
        };
        Self {
            method: call.method.to_string(),
            path: format!("/{}", call.segments.join("/")),
            endpoint: bucket.name().to_owned(),
            query: if secret { BTreeMap::new() } else { call.query.clone() },
            body,
            status: None,
        }
    }
}
