//! Parameters of a call: query, JSON, form or multipart, as the real server takes them.

use super::answer::Refusal;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{FromRequest, Multipart, Request};
use axum::http::header;
use serde_json::{Map, Value};
use std::collections::HashMap;

/// Largest upload in bytes.
pub(super) const MAX_BODY: usize = 55 * 1024 * 1024;

/// An uploaded file.
#[derive(Clone, Debug)]
pub(super) struct Upload {
    pub(super) name: String,
    pub(super) mime: String,
    pub(super) bytes: Bytes,
}

/// What a call brings.
#[derive(Debug, Default)]
pub(super) struct Params {
    pub(super) values: Map<String, Value>,
    pub(super) uploads: HashMap<String, Upload>,
}

impl Params {
    pub(super) async fn read(request: Request) -> Result<Self, Refusal> {
        let mut params = Self::default();
        let query = request.uri().query().unwrap_or_default().to_owned();
        params.add_form(query.as_bytes());
        let kind =
            request.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned();
        if kind.starts_with("multipart/form-data") {
            let (mut parts, body) = request.into_parts();
            let bytes = to_bytes(body, MAX_BODY).await.map_err(|_| Refusal::new(413, "Request Entity Too Large"))?;
            parts.headers.remove(header::CONTENT_LENGTH);
            params.add_multipart(Request::from_parts(parts, Body::from(bytes))).await?;
            return Ok(params);
        }
        let bytes =
            to_bytes(request.into_body(), MAX_BODY).await.map_err(|_| Refusal::new(413, "Request Entity Too Large"))?;
        if kind.starts_with("application/json") {
            if !bytes.is_empty() {
                let body: Value =
                    serde_json::from_slice(&bytes).map_err(|_| Refusal::bad_request("can't parse JSON object"))?;
                params.values.extend(body.as_object().cloned().unwrap_or_default());
            }
        } else {
            params.add_form(&bytes);
        }
        Ok(params)
    }

    /// A form's values are texts; those that are JSON are read as such.
    fn add_form(&mut self, bytes: &[u8]) {
        for (key, value) in url::form_urlencoded::parse(bytes) {
            self.values.insert(key.into_owned(), lenient(&value));
        }
    }

    async fn add_multipart(&mut self, request: Request) -> Result<(), Refusal> {
        let unreadable = || Refusal::bad_request("can't parse multipart");
        let mut fields = Multipart::from_request(request, &()).await.map_err(|_| unreadable())?;
        while let Some(field) = fields.next_field().await.map_err(|_| unreadable())? {
            let name = field.name().unwrap_or_default().to_owned();
            if let Some(file) = field.file_name().map(str::to_owned) {
                let mime = field.content_type().unwrap_or("application/octet-stream").to_owned();
                let bytes = field.bytes().await.map_err(|_| Refusal::new(413, "Request Entity Too Large"))?;
                self.uploads.insert(name, Upload { name: file, mime, bytes });
            } else {
                let text = field.text().await.map_err(|_| unreadable())?;
                self.values.insert(name, lenient(&text));
            }
        }
        Ok(())
    }

    pub(super) fn text(&self, name: &str) -> Option<String> {
        match self.values.get(name)? {
            Value::String(text) => Some(text.clone()),
            Value::Null => None,
            other => Some(other.to_string()),
        }
    }

    pub(super) fn number(&self, name: &str) -> Option<i64> {
        match self.values.get(name)? {
            Value::Number(number) => number.as_i64(),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        }
    }

    /// An object or a list, also when it came as text.
    pub(super) fn json(&self, name: &str) -> Option<Value> {
        match self.values.get(name)? {
            Value::String(text) => serde_json::from_str(text).ok(),
            Value::Null => None,
            other => Some(other.clone()),
        }
    }
}

/// Objects and lists in a form come as JSON text; words stay words, also when they look like a number.
fn lenient(text: &str) -> Value {
    if text.starts_with(['{', '[']) {
        return serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned()));
    }
    Value::String(text.to_owned())
}
