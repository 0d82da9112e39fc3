//! Headers of every answer: security (contract, `http.md` 2.5) and cross-origin access.

use crate::front::Front;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

const FIXED: [(HeaderName, &str); 10] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::X_XSS_PROTECTION, "0"),
    (header::X_DNS_PREFETCH_CONTROL, "off"),
    (HeaderName::from_static("x-download-options"), "noopen"),
    (HeaderName::from_static("x-permitted-cross-domain-policies"), "none"),
    (header::REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (HeaderName::from_static("origin-agent-cluster"), "?1"),
];
const HSTS: &str = "max-age=31536000; includeSubDomains; preload";
const ALLOWED_METHODS: &str = "GET,POST,PUT,DELETE,PATCH,OPTIONS";
const ALLOWED_HEADERS: &str = "Content-Type,Authorization,X-CSRF-Token,Idempotency-Key";
const EXPOSED_HEADERS: &str = "X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset, Retry-After, X-Request-Id";
/// A preflight's answer may be kept this long, in seconds.
const PREFLIGHT_AGE: &str = "600";

/// Adds the security headers; one that a handler set stays.
pub(crate) fn add(front: &Front, path: &str, secure: bool, headers: &mut HeaderMap) {
    for (name, value) in FIXED {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert_with(|| front.content_policy.clone());
    if secure {
        headers.entry(header::STRICT_TRANSPORT_SECURITY).or_insert(HeaderValue::from_static(HSTS));
    }
    if path.starts_with("/api/") {
        // Answers belong to one person; only media may be kept, and says so itself.
        headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    }
}

/// The policy of this installation. The log-in widget of one platform is a script of that platform.
pub(crate) fn content_policy(public_url: Option<&str>) -> HeaderValue {
    let tls = public_url.is_some_and(|url| url.starts_with("https://"));
    let socket = public_url.map(|url| format!(" {}", url.replacen("http", "ws", 1))).unwrap_or_default();
    let upgrade = if tls { "; upgrade-insecure-requests" } else { "" };
    let policy = format!(
        "default-src 'self'; script-src 'self' https://telegram.org; frame-src https://oauth.telegram.org; \
         style-src 'self' 'unsafe-inline'; img-src 'self' data: https:; media-src 'self' https:; font-src 'self'; \
         connect-src 'self'{socket}; object-src 'none'; script-src-attr 'none'; base-uri 'self'; form-action 'self'; \
         frame-ancestors 'self'{upgrade}"
    );
    HeaderValue::from_str(&policy).unwrap_or(HeaderValue::from_static("default-src 'self'"))
}

/// Cross-origin access for listed origins. An unlisted one gets its answer without permission to read it.
pub(crate) async fn cross_origin(State(front): State<Front>, request: Request, next: Next) -> Response {
    let origin = request.headers().get(header::ORIGIN).cloned();
    let allowed = origin.filter(|origin| origin.to_str().is_ok_and(|o| front.settings.origins.iter().any(|a| a == o)));
    let preflight = request.method() == Method::OPTIONS
        && request.headers().contains_key(header::ORIGIN)
        && request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    let mut response = if preflight { StatusCode::NO_CONTENT.into_response() } else { next.run(request).await };
    let headers = response.headers_mut();
    headers.append(header::VARY, HeaderValue::from_static("Origin"));
    let Some(origin) = allowed else { return response };
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.insert(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
    headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(EXPOSED_HEADERS));
    // What one origin may read must not be forbidden to be embedded by it.
    headers.insert("cross-origin-resource-policy", HeaderValue::from_static("cross-origin"));
    if preflight {
        headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static(ALLOWED_METHODS));
        headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static(ALLOWED_HEADERS));
        headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static(PREFLIGHT_AGE));
    }
    response
}
