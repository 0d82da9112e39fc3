//! Refusals in the shape of the REST API.

use axum::Json;
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value};

/// Marks an answer that Rest.li made.
const RESTLI_ERROR: HeaderName = HeaderName::from_static("x-restli-error-response");
/// Marks an answer that was made before Rest.li was reached.
const GATEWAY_ERROR: HeaderName = HeaderName::from_static("x-restli-gateway-error");

/// A refused call. Any member of its body may be missing, as in the real one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct RestError {
    pub(super) status: u16,
    pub(super) service: Option<i64>,
    pub(super) code: Option<String>,
    pub(super) message: String,
    /// Made at the gate, before anything was looked at.
    pub(super) gateway: bool,
}

pub(super) type Outcome = Result<Response, RestError>;

impl RestError {
    pub(super) fn new(status: u16, message: impl Into<String>) -> Self {
        Self { status, service: None, code: None, message: message.into(), gateway: false }
    }

    pub(super) fn coded(status: u16, service: i64, code: &str, message: impl Into<String>) -> Self {
        Self { service: Some(service), code: Some(code.to_owned()), ..Self::new(status, message) }
    }

    /// Refused at the gate.
    pub(super) fn gate(status: u16, code: &str, message: impl Into<String>) -> Self {
        Self { code: Some(code.to_owned()), gateway: true, ..Self::new(status, message) }
    }

    /// A member of the body that is not as it must be.
    pub(super) fn field(path: &str, why: &str) -> Self {
        Self::new(422, format!("ERROR :: {path} :: {why}"))
    }

    /// Nothing there.
    pub(super) fn missing(what: &str) -> Self {
        Self::coded(404, 0, "NOT_FOUND", format!("Could not find entity {what}"))
    }

    /// Something that the app or its token may not do: the resource, the method, the version.
    pub(super) fn denied(what: &str) -> Self {
        Self::coded(403, 100, "ACCESS_DENIED", format!("Not enough permissions to access: {what}"))
    }

    /// The member has not the role on the page.
    pub(super) fn role(organization: &str) -> Self {
        Self::coded(403, 100, "ACCESS_DENIED", format!("Member does not have permission to act for {organization}"))
    }

    /// The body.
    pub(super) fn body(&self) -> Value {
        let mut body = Map::new();
        body.insert("status".to_owned(), self.status.into());
        if let Some(service) = self.service {
            body.insert("serviceErrorCode".to_owned(), service.into());
        }
        if let Some(code) = &self.code {
            body.insert("code".to_owned(), code.clone().into());
        }
        body.insert("message".to_owned(), self.message.clone().into());
        Value::Object(body)
    }
}

impl IntoResponse for RestError {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::BAD_REQUEST);
        let mut response = (status, Json(self.body())).into_response();
        let mark = if self.gateway { GATEWAY_ERROR } else { RESTLI_ERROR };
        response.headers_mut().insert(mark, HeaderValue::from_static("true"));
        response
    }
}

/// A refusal of the OAuth endpoints.
pub(super) fn oauth_refusal(status: u16, error: &str, description: &str) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
    let body = serde_json::json!({"error": error, "error_description": description});
    (status, Json(body)).into_response()
}

/// 200 with JSON.
pub(super) fn shown(value: Value) -> Response {
    Json(value).into_response()
}

/// 201: the id of what was made comes in a header.
pub(super) fn created(id: &str, body: Option<Value>) -> Response {
    let mut response = match body {
        Some(body) => (StatusCode::CREATED, Json(body)).into_response(),
        None => StatusCode::CREATED.into_response(),
    };
    if let Ok(value) = HeaderValue::from_str(id) {
        response.headers_mut().insert(HeaderName::from_static("x-restli-id"), value);
    }
    response
}

/// 204.
pub(super) fn done() -> Response {
    StatusCode::NO_CONTENT.into_response()
}
