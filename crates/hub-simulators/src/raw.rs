//! Answers of the caller's own, in place of a platform's.

use axum::body::Bytes;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::Value;

/// Any answer, byte for byte; JSON where no header says otherwise.
pub(crate) fn answer(status: u16, headers: &[(String, String)], body: Bytes) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
    let mut answer = (status, [(header::CONTENT_TYPE, "application/json")], body).into_response();
    for (name, value) in headers {
        if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(value)) {
            answer.headers_mut().insert(name, value);
        }
    }
    answer
}

/// Headers as the control APIs take them: an object of names and values as `headers`.
pub(crate) fn headers(body: &Value) -> Vec<(String, String)> {
    let pairs = body["headers"].as_object().into_iter().flatten();
    pairs.filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned()))).collect()
}

/// The body as the control APIs take it: a text as `body`.
pub(crate) fn body(body: &Value) -> Bytes {
    body["body"].as_str().unwrap_or_default().to_owned().into()
}
