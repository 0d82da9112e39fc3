//! Around routes for signed-in users: the rate limit, and the usage log afterwards.

use super::limiter::{Verdict, WINDOW};
use crate::extract;
use crate::failure::{Failure, whole_seconds};
use crate::front::Front;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use chrono::TimeDelta;
use hub_app::usage::{self, UsageRecord};
use hub_domain::time;
use serde_json::json;

const LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-limit");
const REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");
const RESET: HeaderName = HeaderName::from_static("x-ratelimit-reset");

/// Limits signed-in users and notes what they asked for. A request without a good token is the handler's to refuse.
pub(crate) async fn signed_in(State(front): State<Front>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let Ok(caller) = extract::caller(&front, &parts.headers).await else {
        return next.run(Request::from_parts(parts, body)).await;
    };
    parts.extensions.insert(caller.clone());
    let request = Request::from_parts(parts, body);
    let route = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned()).unwrap_or_default();
    let method = request.method().clone();
    let verdict = limited(&method, &route).then(|| front.limiter.count(caller.user_id));
    // The front end renders this route's failures where only a list may stand.
    let never_refused = method == Method::GET && route == "/api/oauth/accounts";
    let mut response = match verdict {
        Some(Verdict::Refused { retry_after }) if !never_refused => refusal(&front, retry_after),
        _ => next.run(request).await,
    };
    if let Some(verdict) = verdict {
        let remaining = match verdict {
            Verdict::Passed { remaining } => remaining,
            Verdict::Refused { .. } => 0,
        };
        add_headers(&front, remaining, response.headers_mut());
    }
    if response.status().is_success() {
        usage::record(&front.app, &UsageRecord { user_id: caller.user_id, endpoint: format!("{method} {route}") });
    }
    response
}

/// Which routes count (contract, `http.md` 2.6). Marking single messages as read does not: the front end sends one request
/// per unread message and would lock itself out.
fn limited(method: &Method, route: &str) -> bool {
    let groups = ["/api/oauth", "/api/messages", "/api/conversations", "/api/telegram", "/api/debug", "/api/admin"];
    let read_one = method == Method::PATCH && route == "/api/messages/{message_id}/read";
    groups.iter().any(|group| route.starts_with(group)) && !read_one
}

fn refusal(front: &Front, retry_after: std::time::Duration) -> Response {
    let text = "Rate limit exceeded. Please try again later.";
    let mut failure = Failure::new(StatusCode::TOO_MANY_REQUESTS, "RATE_LIMIT_EXCEEDED", text).retryable();
    failure.details = Some(json!({
        "limit": front.limiter.limit(),
        "windowMs": u64::try_from(WINDOW.as_millis()).unwrap_or(u64::MAX),
        "retryAfter": whole_seconds(retry_after),
    }));
    failure.after(retry_after).into_response()
}

fn add_headers(front: &Front, remaining: usize, headers: &mut HeaderMap) {
    let reset = front.app.now() + TimeDelta::from_std(WINDOW).unwrap_or_default();
    headers.insert(LIMIT, HeaderValue::from(front.limiter.limit()));
    headers.insert(REMAINING, HeaderValue::from(remaining));
    if let Ok(reset) = HeaderValue::from_str(&time::to_contract(reset)) {
        headers.insert(RESET, reset);
    }
}
