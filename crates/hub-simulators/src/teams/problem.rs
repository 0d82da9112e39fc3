//! Errors, with the bodies that Graph and the sign-in have for them.

use super::moments;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// The content type of Graph's answers.
pub(super) const GRAPH_JSON: &str =
    "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8";

/// What a call gives: status and body; null = no body.
pub(super) type Outcome = Result<(u16, Value), Problem>;

/// A refusal.
#[derive(Clone, Debug)]
pub(super) struct Problem {
    pub(super) status: u16,
    pub(super) body: Value,
    pub(super) headers: Vec<(&'static str, String)>,
}

fn now_ms() -> i64 {
    chrono::Utc::now().timestamp_millis()
}

fn new_id() -> String {
    uuid::Uuid::new_v4().to_string()
}

impl Problem {
    /// An error of Graph.
    pub(super) fn graph(status: u16, code: &str, message: &str) -> Self {
        let id = new_id();
        let inner = json!({"date": moments::in_errors(now_ms()), "request-id": id, "client-request-id": id});
        let body = json!({"error": {"code": code, "message": message, "innerError": inner}});
        Self { status, body, headers: Vec::new() }
    }

    pub(super) fn bad_request(message: &str) -> Self {
        Self::graph(400, "BadRequest", message)
    }

    pub(super) fn unauthorized(message: &str) -> Self {
        Self::graph(401, "InvalidAuthenticationToken", message)
    }

    /// Access is to be proved again, with claims.
    pub(super) fn challenge(claims: &str) -> Self {
        let mut problem = Self::unauthorized(
            "Continuous access evaluation resulted in challenge with result: InteractionRequired and code: TokenIssuedBeforeRevocationTimestamp",
        );
        let told = format!(
            "Bearer realm=\"\", authorization_uri=\"https://login.microsoftonline.com/common/oauth2/authorize\", \
             client_id=\"00000003-0000-0000-c000-000000000000\", error=\"insufficient_claims\", claims=\"{claims}\""
        );
        problem.headers.push(("www-authenticate", told));
        problem
    }

    pub(super) fn forbidden(message: &str) -> Self {
        Self::graph(403, "Forbidden", message)
    }

    pub(super) fn not_found(message: &str) -> Self {
        Self::graph(404, "NotFound", message)
    }

    pub(super) fn too_large() -> Self {
        Self::graph(413, "RequestEntityTooLarge", "Request Entity too large")
    }

    /// Too many calls; `None` = not told how long to wait.
    pub(super) fn too_many(retry_after: Option<String>) -> Self {
        let mut problem = Self::graph(429, "TooManyRequests", "Please retry again later.");
        let inner = &mut problem.body["error"]["innerError"];
        inner["code"] = "429".into();
        inner["message"] = "Please retry after".into();
        inner["status"] = "429".into();
        problem.headers.extend(retry_after.map(|wait| ("retry-after", wait)));
        problem
    }

    /// An error of the sign-in: `number` is that of `AADSTS`.
    pub(super) fn login(status: u16, error: &str, number: u32, words: &str) -> Self {
        let (trace, correlation, at) = (new_id(), new_id(), moments::in_login(now_ms()));
        let text = format!("AADSTS{number}: {words} Trace ID: {trace} Correlation ID: {correlation} Timestamp: {at}");
        let body = json!({"error": error, "error_description": text, "error_codes": [number], "timestamp": at,
            "trace_id": trace, "correlation_id": correlation,
            "error_uri": format!("https://login.microsoftonline.com/error?code={number}")});
        Self { status, body, headers: Vec::new() }
    }

    pub(super) fn invalid_grant(number: u32, words: &str) -> Self {
        Self::login(400, "invalid_grant", number, words)
    }

    /// Whether the sign-in refused.
    fn is_login(&self) -> bool {
        self.body["error"].is_string()
    }
}

/// An answer.
pub(super) fn answer(outcome: Outcome) -> Response {
    let (status, body, kind, headers) = match outcome {
        Ok((status, body)) => (status, body, GRAPH_JSON, Vec::new()),
        Err(problem) => {
            let kind = if problem.is_login() { "application/json; charset=utf-8" } else { "application/json" };
            (problem.status, problem.body, kind, problem.headers)
        }
    };
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = if body.is_null() {
        status.into_response()
    } else {
        (status, [(header::CONTENT_TYPE, kind)], body.to_string()).into_response()
    };
    for (name, value) in headers {
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}
