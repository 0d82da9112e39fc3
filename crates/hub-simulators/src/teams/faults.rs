//! Faults on command: the next call of an endpoint goes wrong.

use super::endpoint::Endpoint;
use super::moments;
use super::problem::{Problem, answer};
use crate::raw;
use axum::body::{Body, Bytes};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::Value;
use std::time::Duration;

/// How a 429 tells when to come back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RetryAfter {
    /// Seconds in digits, with a fraction or without.
    Seconds(String),
    /// A date this far off.
    Date(Duration),
    /// Not at all.
    Missing,
}

/// What goes wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// This status with the platform's own error; nothing is done.
    Status(u16),
    /// Too many calls; nothing is done.
    Throttled(RetryAfter),
    /// This status with an empty body; nothing is done.
    Empty(u16),
    /// 502 with a page of a gateway.
    Html502,
    /// No answer for this long, then a normal one.
    Hang(Duration),
    /// It is done, and its answer's body comes this much later than the head.
    Slow(Duration),
    /// The line breaks before anything was done.
    CutBefore,
    /// It is done, and then the line breaks.
    CutAfter,
    /// 200 with a body that is no JSON.
    Garbage,
    /// Any answer.
    Raw {
        /// HTTP status.
        status: u16,
        /// Headers: name and value.
        headers: Vec<(String, String)>,
        /// Body, byte for byte.
        body: Bytes,
    },
}

impl Fault {
    /// As the control API names it.
    pub(super) fn named(body: &Value) -> Option<Self> {
        let status = || body["status"].as_u64().and_then(|status| u16::try_from(status).ok());
        let millis = || body["value"].as_u64().map(Duration::from_millis);
        Some(match body["kind"].as_str()? {
            "status" => Self::Status(status()?),
            "throttled" => Self::Throttled(match body["date_in_ms"].as_u64() {
                Some(millis) => RetryAfter::Date(Duration::from_millis(millis)),
                None => body["retry_after"]
                    .as_str()
                    .map_or(RetryAfter::Missing, |text| RetryAfter::Seconds(text.to_owned())),
            }),
            "empty" => Self::Empty(status()?),
            "html_502" => Self::Html502,
            "hang" => Self::Hang(millis()?),
            "slow" => Self::Slow(millis()?),
            "cut_before" => Self::CutBefore,
            "cut_after" => Self::CutAfter,
            "garbage" => Self::Garbage,
            "raw" => Self::Raw { status: status()?, headers: raw::headers(body), body: raw::body(body) },
            _ => return None,
        })
    }

    /// The answer that takes the place of the real one; `None` = the call is done all the same.
    pub(super) fn instead(&self, endpoint: Endpoint) -> Option<Response> {
        let of = |status: u16| StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        Some(match self {
            Self::Status(429) => throttled(&RetryAfter::Seconds("2.128".to_owned())),
            Self::Status(status) => answer(Err(plain(*status, endpoint))),
            Self::Throttled(retry_after) => throttled(retry_after),
            Self::Empty(status) => of(*status).into_response(),
            Self::Html502 => {
                let page = "<html><head><title>502 Bad Gateway</title></head><body>gateway</body></html>";
                (StatusCode::BAD_GATEWAY, [(header::CONTENT_TYPE, "text/html")], page).into_response()
            }
            Self::CutBefore => cut(),
            Self::Garbage => "this is no JSON".into_response(),
            Self::Raw { status, headers, body } => raw::answer(*status, headers, body.clone()),
            Self::CutAfter | Self::Hang(_) | Self::Slow(_) => return None,
        })
    }
}

/// The error that belongs to a status.
fn plain(status: u16, endpoint: Endpoint) -> Problem {
    if endpoint == Endpoint::Token {
        return match status {
            500.. => Problem::login(
                status,
                "temporarily_unavailable",
                90_033,
                "A transient error has occurred. Please try again.",
            ),
            _ => Problem::login(
                status,
                "invalid_client",
                7_000_222,
                "The provided client secret keys for the app are expired.",
            ),
        };
    }
    let (code, words) = match status {
        400 => ("BadRequest", "Bad request."),
        401 => ("InvalidAuthenticationToken", "Lifetime validation failed, the token is expired."),
        402 => ("PaymentRequired", "Payment required."),
        403 => ("Forbidden", "AclCheckFailed-Access is denied."),
        404 => ("NotFound", "NotFound"),
        409 => ("Conflict", "Conflict"),
        412 => ("PreconditionFailed", "PreconditionFailed"),
        413 => return Problem::too_large(),
        502 => ("BadGateway", "Failed to execute backend request."),
        503 => ("ServiceUnavailable", "The service is temporarily unavailable."),
        504 => ("GatewayTimeout", "The backend did not answer in time."),
        _ => ("InternalServerError", "An internal server error occurred."),
    };
    Problem::graph(status, code, words)
}

fn throttled(retry_after: &RetryAfter) -> Response {
    let wait = match retry_after {
        RetryAfter::Seconds(text) => Some(text.clone()),
        RetryAfter::Date(ahead) => {
            let ahead = i64::try_from(ahead.as_millis()).unwrap_or_default();
            Some(moments::in_headers(chrono::Utc::now().timestamp_millis() + ahead))
        }
        RetryAfter::Missing => None,
    };
    answer(Err(Problem::too_many(wait)))
}

/// A body that breaks off: the client sees a broken line.
pub(super) fn cut() -> Response {
    let broken = futures_util::stream::once(async { Err::<bytes::Bytes, _>(std::io::Error::other("cut")) });
    let mut response = Response::new(Body::from_stream(broken));
    response.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from_static("64"));
    response
}

/// The same answer, its body this much later.
pub(super) fn slowed(response: Response, wait: Duration) -> Response {
    let (head, body) = response.into_parts();
    let later = futures_util::stream::once(async move {
        tokio::time::sleep(wait).await;
        axum::body::to_bytes(body, usize::MAX).await.map_err(std::io::Error::other)
    });
    Response::from_parts(head, Body::from_stream(later))
}
