//! Refusals in the shape of the Graph API.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// A refused call.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct GraphError {
    pub(crate) status: u16,
    pub(crate) kind: &'static str,
    pub(crate) code: i64,
    pub(crate) subcode: Option<i64>,
    pub(crate) message: String,
    pub(crate) transient: bool,
    pub(crate) data: Option<Value>,
    /// Words for the person: title and text.
    pub(crate) user: Option<(String, String)>,
}

pub(crate) type Outcome = Result<Value, GraphError>;

impl GraphError {
    /// The status that usually goes with the code.
    pub(crate) fn new(code: i64, message: impl Into<String>) -> Self {
        let status = match code {
            1 | 2 => 500,
            3 | 4 | 10 | 200..=299 => 403,
            _ => 400,
        };
        Self {
            status,
            kind: "OAuthException",
            code,
            subcode: None,
            message: message.into(),
            transient: matches!(code, 1 | 2),
            data: None,
            user: None,
        }
    }

    pub(crate) fn with_subcode(mut self, subcode: i64) -> Self {
        self.subcode = Some(subcode);
        self
    }

    pub(crate) fn with_status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    pub(crate) fn with_data(mut self, data: Value) -> Self {
        self.data = Some(data);
        self
    }

    /// An invalid parameter.
    pub(crate) fn parameter(what: &str) -> Self {
        Self::new(100, format!("(#100) {what}"))
    }

    /// Nothing there, or nothing that this token may see.
    pub(crate) fn missing(id: &str) -> Self {
        let message = format!(
            "Unsupported request. Object with ID '{id}' does not exist, cannot be loaded due to missing permissions, or does not support this operation"
        );
        Self { kind: "GraphMethodException", ..Self::new(100, message).with_subcode(33) }
    }

    /// A permission that was not granted.
    pub(crate) fn permission(name: &str) -> Self {
        Self::new(200, format!("(#200) Requires {name} permission to manage the object"))
    }

    /// The body.
    pub(crate) fn body(&self) -> Value {
        let mut error = json!({
            "message": self.message, "type": self.kind, "code": self.code, "fbtrace_id": "AqSim0trace0id0x",
        });
        if let Some(subcode) = self.subcode {
            error["error_subcode"] = subcode.into();
        }
        if self.transient {
            error["is_transient"] = true.into();
        }
        if let Some(data) = &self.data {
            error["error_data"] = data.clone();
        }
        if let Some((title, text)) = &self.user {
            error["error_user_title"] = title.clone().into();
            error["error_user_msg"] = text.clone().into();
        }
        json!({ "error": error })
    }
}

impl IntoResponse for GraphError {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::BAD_REQUEST);
        (status, Json(self.body())).into_response()
    }
}

/// An answer of the Graph API.
pub(crate) fn answer(outcome: Outcome) -> Response {
    match outcome {
        Ok(value) => Json(value).into_response(),
        Err(error) => error.into_response(),
    }
}
