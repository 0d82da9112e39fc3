//! A call as it came: path, parameters from query, JSON, form or multipart, uploads, token.

use super::GraphError;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{FromRequest, Multipart, Request};
use axum::http::{HeaderMap, HeaderName, Method, header};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};
use std::collections::HashMap;

/// Largest body in bytes: the largest upload of any platform, and a little.
pub(super) const MAX_BODY: usize = 110 * 1024 * 1024;

/// An uploaded file.
#[derive(Clone, Debug)]
pub(crate) struct Upload {
    pub(crate) name: String,
    pub(crate) mime: String,
    pub(crate) bytes: Bytes,
}

/// What a call brings.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) method: Method,
    /// Path without the version.
    pub(crate) segments: Vec<String>,
    /// `v25.0`, when the path had one.
    pub(crate) version: Option<String>,
    pub(crate) values: Map<String, Value>,
    pub(crate) uploads: HashMap<String, Upload>,
    /// Names and values of a form that came more than once, in order.
    pub(crate) pairs: Vec<(String, String)>,
    /// Token of the `Authorization` header.
    pub(crate) bearer: Option<String>,
}

impl Call {
    pub(crate) async fn read(request: Request) -> Result<Self, GraphError> {
        let uri = request.uri().clone();
        let (version, segments) = split_path(uri.path());
        let bearer = text_of(request.headers(), &header::AUTHORIZATION).and_then(bearer);
        let kind = text_of(request.headers(), &header::CONTENT_TYPE).unwrap_or_default().to_owned();
        let mut call = Self {
            method: request.method().clone(),
            segments,
            version,
            values: Map::new(),
            uploads: HashMap::new(),
            pairs: Vec::new(),
            bearer,
        };
        call.add_form(uri.query().unwrap_or_default().as_bytes());
        call.add_client(text_of(request.headers(), &header::AUTHORIZATION).unwrap_or_default());
        let too_large = || GraphError::parameter("Request too large").with_status(413);
        let (mut parts, body) = request.into_parts();
        let bytes = to_bytes(body, MAX_BODY).await.map_err(|_| too_large())?;
        if kind.starts_with("multipart/form-data") {
            parts.headers.remove(header::CONTENT_LENGTH);
            call.add_multipart(Request::from_parts(parts, Body::from(bytes))).await?;
        } else if kind.starts_with("application/json") {
            if !bytes.is_empty() {
                let body: Value =
                    serde_json::from_slice(&bytes).map_err(|_| GraphError::parameter("Invalid JSON for postcard"))?;
                call.values.extend(body.as_object().cloned().unwrap_or_default());
            }
        } else {
            call.add_form(&bytes);
        }
        Ok(call)
    }

    fn add_form(&mut self, bytes: &[u8]) {
        for (key, value) in url::form_urlencoded::parse(bytes) {
            self.pairs.push((key.clone().into_owned(), value.clone().into_owned()));
            self.values.insert(key.into_owned(), Value::String(value.into_owned()));
        }
    }

    /// Libraries for OAuth name the app and its secret in an `Authorization` header; the token endpoint takes that too.
    fn add_client(&mut self, authorization: &str) {
        let decoded = authorization.strip_prefix("Basic ").and_then(|text| STANDARD.decode(text.trim()).ok());
        let decoded = decoded.and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default();
        if let Some((id, secret)) = decoded.split_once(':') {
            self.values.insert("client_id".to_owned(), id.into());
            self.values.insert("client_secret".to_owned(), secret.into());
        }
    }

    async fn add_multipart(&mut self, request: Request) -> Result<(), GraphError> {
        let unreadable = || GraphError::parameter("Invalid multipart body");
        let mut fields = Multipart::from_request(request, &()).await.map_err(|_| unreadable())?;
        while let Some(field) = fields.next_field().await.map_err(|_| unreadable())? {
            let name = field.name().unwrap_or_default().to_owned();
            if let Some(file) = field.file_name().map(str::to_owned) {
                let mime = field.content_type().unwrap_or("application/octet-stream").to_owned();
                let bytes = field.bytes().await.map_err(|_| unreadable())?;
                self.uploads.insert(name, Upload { name: file, mime, bytes });
            } else {
                let text = field.text().await.map_err(|_| unreadable())?;
                self.values.insert(name, Value::String(text));
            }
        }
        Ok(())
    }

    /// The name that faults and tests know the call by: the last part of its path; `node` for a bare id.
    pub(crate) fn endpoint(&self) -> &str {
        let last = self.segments.last().map_or("", String::as_str);
        let named = last.contains('_') && last.chars().all(|c| c.is_ascii_lowercase() || c == '_');
        if self.segments.len() > 1 || last == "me" || named { last } else { "node" }
    }

    /// Segments as texts, to match on.
    pub(crate) fn path(&self) -> Vec<&str> {
        self.segments.iter().map(String::as_str).collect()
    }

    /// The token, from the parameter or the header; libraries that bring both mean the parameter.
    pub(crate) fn token(&self) -> Option<String> {
        self.text("access_token").filter(|token| !token.is_empty()).or_else(|| self.bearer.clone())
    }

    pub(crate) fn text(&self, name: &str) -> Option<String> {
        match self.values.get(name)? {
            Value::String(text) => Some(text.clone()),
            Value::Null => None,
            other => Some(other.to_string()),
        }
    }

    /// A text that must be there.
    pub(crate) fn required(&self, name: &str) -> Result<String, GraphError> {
        self.text(name)
            .filter(|text| !text.is_empty())
            .ok_or_else(|| GraphError::parameter(&format!("The parameter {name} is required")))
    }

    pub(crate) fn number(&self, name: &str) -> Option<i64> {
        self.text(name)?.trim().parse().ok()
    }

    /// An object or a list, also when it came as text.
    pub(crate) fn json(&self, name: &str) -> Option<Value> {
        match self.values.get(name)? {
            Value::String(text) => serde_json::from_str(text).ok(),
            Value::Null => None,
            other => Some(other.clone()),
        }
    }

    /// A list: JSON, or words with commas.
    pub(crate) fn list(&self, name: &str) -> Vec<String> {
        if let Some(Value::Array(items)) = self.json(name) {
            return items.iter().filter_map(|item| item.as_str().map(str::to_owned)).collect();
        }
        let text = self.text(name).unwrap_or_default();
        text.split(',').map(str::trim).filter(|word| !word.is_empty()).map(str::to_owned).collect()
    }
}

fn text_of<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// The token of an `Authorization` header.
pub(crate) fn bearer(value: &str) -> Option<String> {
    let (scheme, token) = value.split_once(' ')?;
    (scheme.eq_ignore_ascii_case("bearer") || scheme.eq_ignore_ascii_case("oauth")).then(|| token.trim().to_owned())
}

/// Version and rest of a path.
fn split_path(path: &str) -> (Option<String>, Vec<String>) {
    let decode = |part: &str| {
        // `+` is no space in a path, so it must not look like a form's.
        let pair = format!("x={}", part.replace('+', "%2B"));
        url::form_urlencoded::parse(pair.as_bytes()).next().map(|(_, value)| value.into_owned()).unwrap_or_default()
    };
    let mut segments: Vec<String> = path.split('/').filter(|part| !part.is_empty()).map(decode).collect();
    let versioned = segments.first().is_some_and(|first| {
        let numbers = first.strip_prefix('v').and_then(|rest| rest.split_once('.'));
        numbers.is_some_and(|(major, minor)| major.parse::<u16>().is_ok() && minor.parse::<u16>().is_ok())
    });
    let version = if versioned { Some(segments.remove(0)) } else { None };
    (version, segments)
}
