//! The outermost layer: ids, a time limit, the shape of failures, headers, and one line in the log.

use crate::extract::cookie;
use crate::failure::{Failure, render};
use crate::front::Front;
use crate::layers::headers;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;
use std::panic::AssertUnwindSafe;
use std::time::{Duration, Instant};
use tracing::Instrument;

/// The longest a request may take. Sends wait for their platform, uploads for their sender; sockets are not meant.
const REQUEST_LIMIT: Duration = Duration::from_mins(2);
/// Name of the header that follows a request through the logs.
pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// Longest foreign request id.
const MAX_ID_CHARS: usize = 128;
/// The double-submit cookie lives a day, in seconds.
const CSRF_LIFETIME: u32 = 86_400;

/// Wraps everything.
pub(crate) async fn edge(State(front): State<Front>, mut request: Request, next: Next) -> Response {
    let started = Instant::now();
    let id = request_id(&request);
    let method = request.method().clone();
    let path = request.uri().path().to_owned();
    let secure = is_secure(&front, &request);
    if front.settings.force_https && !secure {
        return to_https(&front, &request);
    }
    let is_socket = request.headers().contains_key(header::UPGRADE) || path.starts_with("/socket.io");
    let csrf = (!is_socket && wants_csrf(&path)).then(|| csrf_token(&request)).flatten();
    if let Some((token, _)) = &csrf {
        request.extensions_mut().insert(CsrfToken(token.clone()));
    }
    let span = tracing::info_span!("request", id = %id.to_str().unwrap_or_default());
    let work = AssertUnwindSafe(next.run(request)).catch_unwind().instrument(span.clone());
    let outcome = if is_socket { Ok(work.await) } else { tokio::time::timeout(REQUEST_LIMIT, work).await };
    let response = match outcome {
        Ok(Ok(response)) => response,
        Ok(Err(_)) => {
            tracing::error!(parent: &span, %method, path, "a handler panicked");
            Failure::internal().into_response()
        }
        Err(_) => Failure::unavailable().into_response(),
    };
    let mut response = render(&path, response);
    headers::add(&front, &path, secure, response.headers_mut());
    response.headers_mut().insert(REQUEST_ID, id);
    if let Some((token, true)) = csrf {
        let secure = if front.settings.production { "; Secure" } else { "" };
        let value = format!("csrf-token={token}; Max-Age={CSRF_LIFETIME}; Path=/; HttpOnly; SameSite=Strict{secure}");
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.headers_mut().append(header::SET_COOKIE, value);
        }
    }
    let took_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    tracing::debug!(parent: &span, %method, path, status = response.status().as_u16(), took_ms, "answered");
    response
}

/// The double-submit token of this browser.
#[derive(Clone, Debug)]
pub(crate) struct CsrfToken(pub(crate) String);

/// The caller's id if it looks like one, else a fresh one.
fn request_id(request: &Request) -> HeaderValue {
    let given = request.headers().get(REQUEST_ID).filter(|value| {
        let bytes = value.as_bytes();
        !bytes.is_empty()
            && bytes.len() <= MAX_ID_CHARS
            && bytes.iter().all(|b| b.is_ascii_alphanumeric() || b"-_.:".contains(b))
    });
    given.cloned().unwrap_or_else(|| {
        let id: uuid::Uuid = hub_app::clock::new_id();
        HeaderValue::from_str(&id.to_string()).unwrap_or(HeaderValue::from_static("none"))
    })
}

fn is_secure(front: &Front, request: &Request) -> bool {
    let peer = request.extensions().get::<axum::extract::ConnectInfo<std::net::SocketAddr>>();
    let trusted =
        peer.is_some_and(|peer| front.settings.trusted_proxies.iter().any(|network| network.contains(peer.0.ip())));
    let says = |name: &str, value: &str| {
        request.headers().get(name).and_then(|v| v.to_str().ok()).is_some_and(|v| v.eq_ignore_ascii_case(value))
    };
    trusted && (says("x-forwarded-proto", "https") || says("x-forwarded-ssl", "on"))
}

fn to_https(front: &Front, request: &Request) -> Response {
    // The configured address: the one of the request may be anybody's.
    let base = front.settings.public_url.as_deref().filter(|url| url.starts_with("https://"));
    let path = request.uri().path_and_query().map_or("/", |p| p.as_str());
    let target = base.and_then(|base| HeaderValue::from_str(&format!("{base}{path}")).ok());
    match target {
        Some(target) => {
            let mut response = Response::new(Body::empty());
            *response.status_mut() = StatusCode::MOVED_PERMANENTLY;
            response.headers_mut().insert(header::LOCATION, target);
            response
        }
        None => render(request.uri().path(), Failure::validation("HTTPS is required").into_response()),
    }
}

fn wants_csrf(path: &str) -> bool {
    !(path == "/health" || path == "/metrics" || path.starts_with("/api/webhooks") || path.starts_with("/api/media"))
}

/// The browser's token, and whether it must be told (it had none, or none of ours).
fn csrf_token(request: &Request) -> Option<(String, bool)> {
    let given = cookie(request.headers(), "csrf-token");
    if let Some(given) = given.filter(|token| token.len() == 64 && token.bytes().all(|b| b.is_ascii_hexdigit())) {
        return Some((given.to_owned(), false));
    }
    if request.method() == Method::OPTIONS {
        return None;
    }
    hub_app::clock::random_hex().map(|token| (token, true))
}
