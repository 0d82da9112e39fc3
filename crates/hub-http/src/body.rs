//! Bodies: JSON, or a form; a body of another type counts as empty (contract, `http.md` 2.1). Bounded before it is read.

use crate::failure::{Failure, Result};
use axum::body::{Body, Bytes, to_bytes};
use axum::http::{HeaderMap, StatusCode, header};
use serde_json::{Map, Value};

/// Largest body of the API, in bytes.
pub(crate) const MAX_BODY: usize = 10 * 1024 * 1024;
/// Largest webhook delivery, in bytes: more than any platform sends.
pub(crate) const MAX_DELIVERY: usize = 3 * 1024 * 1024;
/// Largest message with files, in bytes: the largest single file of any platform, and its form.
pub(crate) const MAX_UPLOAD: usize = 105 * 1024 * 1024;

/// Reads a body whole, at most `limit` bytes.
pub(crate) async fn read(headers: &HeaderMap, body: Body, limit: usize) -> Result<Bytes> {
    let announced =
        headers.get(header::CONTENT_LENGTH).and_then(|v| v.to_str().ok()).and_then(|v| v.parse::<u64>().ok());
    if announced.is_some_and(|length| length > limit as u64) {
        return Err(too_large());
    }
    to_bytes(body, limit).await.map_err(|error| {
        // The limit is the only error that names a length.
        let source = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
        if source.contains("length limit") { too_large() } else { Failure::validation("The body could not be read") }
    })
}

pub(crate) fn too_large() -> Failure {
    Failure::new(StatusCode::PAYLOAD_TOO_LARGE, "PAYLOAD_TOO_LARGE", "Request body is too large")
}

/// The media type without its parameters.
pub(crate) fn media_type(headers: &HeaderMap) -> String {
    let value = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// The members of a body.
pub(crate) async fn members(headers: &HeaderMap, body: Body) -> Result<Map<String, Value>> {
    let kind = media_type(headers);
    let bytes = read(headers, body, MAX_BODY).await?;
    if kind == "application/x-www-form-urlencoded" {
        let pairs = url::form_urlencoded::parse(&bytes).into_owned();
        return Ok(pairs.map(|(key, value)| (key, Value::String(value))).collect());
    }
    let json = kind == "application/json" || kind.ends_with("+json");
    if !json || bytes.iter().all(u8::is_ascii_whitespace) {
        return Ok(Map::new());
    }
    match serde_json::from_slice(&bytes) {
        Ok(Value::Object(members)) => Ok(members),
        Ok(_) => Err(Failure::validation("\"value\" must be of type object")),
        Err(_) => Err(Failure::validation("Malformed JSON in request body")),
    }
}
