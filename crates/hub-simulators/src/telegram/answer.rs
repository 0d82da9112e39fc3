//! The envelope of every answer.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// A refused call.
#[derive(Clone, Debug)]
pub(super) struct Refusal {
    code: u16,
    description: String,
    parameters: Option<Value>,
}

pub(super) type Outcome = Result<Value, Refusal>;

impl Refusal {
    pub(super) fn new(code: u16, description: impl Into<String>) -> Self {
        Self { code, description: description.into(), parameters: None }
    }
    pub(super) fn bad_request(what: &str) -> Self {
        Self::new(400, format!("Bad Request: {what}"))
    }
    pub(super) fn forbidden(what: &str) -> Self {
        Self::new(403, format!("Forbidden: {what}"))
    }
    pub(super) fn too_many(seconds: u64) -> Self {
        let description = format!("Too Many Requests: retry after {seconds}");
        Self { parameters: Some(json!({"retry_after": seconds})), ..Self::new(429, description) }
    }
    pub(super) fn migrated(to: i64) -> Self {
        let description = "Bad Request: group chat was upgraded to a supergroup chat";
        Self { parameters: Some(json!({"migrate_to_chat_id": to})), ..Self::new(400, description) }
    }
}

/// The HTTP status equals the error code.
pub(super) fn envelope(outcome: Outcome) -> Response {
    match outcome {
        Ok(result) => Json(json!({"ok": true, "result": result})).into_response(),
        Err(refusal) => {
            let mut body = json!({"ok": false, "error_code": refusal.code, "description": refusal.description});
            if let Some(parameters) = refusal.parameters {
                body["parameters"] = parameters;
            }
            (StatusCode::from_u16(refusal.code).unwrap_or(StatusCode::BAD_REQUEST), Json(body)).into_response()
        }
    }
}
