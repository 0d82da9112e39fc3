//! Errors, with the bodies the platform has for them.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// What the types of problems begin with in the wild.
const TYPES: &str = "https://api.twitter.com/2/problems/";

/// What a call gives: status and body.
pub(super) type Outcome = Result<(u16, Value), Problem>;

/// A refusal.
#[derive(Clone, Debug)]
pub(super) struct Problem {
    pub(super) status: u16,
    pub(super) body: Value,
}

impl Problem {
    /// A problem without a type of its own.
    pub(super) fn blank(status: u16, title: &str, detail: &str) -> Self {
        Self { status, body: json!({"title": title, "detail": detail, "type": "about:blank", "status": status}) }
    }

    /// A problem with a type.
    pub(super) fn typed(status: u16, kind: &str, title: &str, detail: &str) -> Self {
        let body = json!({"title": title, "detail": detail, "type": format!("{TYPES}{kind}"), "status": status});
        Self { status, body }
    }

    pub(super) fn unauthorized() -> Self {
        Self::blank(401, "Unauthorized", "Unauthorized")
    }

    pub(super) fn forbidden(detail: &str) -> Self {
        Self::blank(403, "Forbidden", detail)
    }

    /// A parameter that is no good.
    pub(super) fn invalid(parameter: &str, value: &str, message: &str) -> Self {
        let error = json!({"parameters": {parameter: [value]}, "message": message});
        let detail = "One or more parameters to your request was invalid.";
        Self {
            status: 400,
            body: json!({"errors": [error], "title": "Invalid Request", "detail": detail,
                "type": format!("{TYPES}invalid-request")}),
        }
    }

    pub(super) fn not_found(resource: &str, parameter: &str, value: &str) -> Self {
        let detail = format!("Could not find {resource} with {parameter}: [{value}].");
        let mut problem = Self::typed(404, "resource-not-found", "Not Found Error", &detail);
        problem.body["resource_type"] = resource.into();
        problem.body["parameter"] = parameter.into();
        problem.body["value"] = value.into();
        problem.body["resource_id"] = value.into();
        problem
    }

    /// Too many calls, in either of the two bodies that occur.
    pub(super) fn too_many(legacy: bool) -> Self {
        if legacy {
            return Self { status: 429, body: json!({"errors": [{"code": 88, "message": "Rate limit exceeded"}]}) };
        }
        Self::blank(429, "Too Many Requests", "Too Many Requests")
    }

    /// A refusal of the token endpoints.
    pub(super) fn token(status: u16, error: &str, words: &str) -> Self {
        Self { status, body: json!({"error": error, "error_description": words}) }
    }
}

/// An answer; problems have their own content type.
pub(super) fn answer(outcome: Outcome) -> Response {
    let (status, body, kind) = match outcome {
        Ok((status, body)) => (status, body, "application/json; charset=utf-8"),
        Err(problem) if problem.body.get("type").is_some() => {
            (problem.status, problem.body, "application/problem+json")
        }
        Err(problem) => (problem.status, problem.body, "application/json; charset=utf-8"),
    };
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, [(header::CONTENT_TYPE, kind)], body.to_string()).into_response()
}
