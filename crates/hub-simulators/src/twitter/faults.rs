//! Faults on command: the next call of an endpoint goes wrong.

use super::problem::{Problem, answer};
use crate::raw;
use axum::body::{Body, Bytes};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::Value;
use std::time::Duration;

/// What goes wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// This status with the platform's plain problem; nothing is done.
    Status(u16),
    /// This status with an empty body; nothing is done.
    Empty(u16),
    /// 502 with a page of a gateway.
    Html502,
    /// No answer for this long, then a normal one.
    Hang(Duration),
    /// The line breaks before anything was done.
    CutBefore,
    /// It is done, and then the line breaks.
    CutAfter,
    /// 429 whose window ends after this long, told in whole seconds; nothing is done.
    SlowDown(Duration),
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
        Some(match body["kind"].as_str()? {
            "status" => Self::Status(status()?),
            "empty" => Self::Empty(status()?),
            "html_502" => Self::Html502,
            "slow_down" => Self::SlowDown(Duration::from_millis(body["value"].as_u64()?)),
            "hang" => Self::Hang(Duration::from_millis(body["value"].as_u64()?)),
            "cut_before" => Self::CutBefore,
            "cut_after" => Self::CutAfter,
            "garbage" => Self::Garbage,
            "raw" => Self::Raw { status: status()?, headers: raw::headers(body), body: raw::body(body) },
            _ => return None,
        })
    }

    /// The answer that takes the place of the real one; `None` = the call is done all the same.
    pub(super) fn instead(&self, now: i64) -> Option<Response> {
        let of = |status: u16| StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        Some(match self {
            Self::Status(status) => {
                let words = of(*status).canonical_reason().unwrap_or("Error");
                answer(Err(Problem::blank(*status, words, words)))
            }
            Self::Empty(status) => of(*status).into_response(),
            Self::Html502 => {
                let page = "<html><head><title>502 Bad Gateway</title></head><body>gateway</body></html>";
                (StatusCode::BAD_GATEWAY, [(header::CONTENT_TYPE, "text/html")], page).into_response()
            }
            Self::CutBefore => cut(),
            Self::SlowDown(pause) => {
                let mut response = answer(Err(Problem::too_many(false)));
                let reset = now + i64::try_from(pause.as_secs()).unwrap_or_default().max(1);
                response.headers_mut().insert("x-rate-limit-remaining", HeaderValue::from(0));
                response.headers_mut().insert("x-rate-limit-reset", HeaderValue::from(reset));
                response
            }
            Self::Garbage => "this is no JSON".into_response(),
            Self::Raw { status, headers, body } => raw::answer(*status, headers, body.clone()),
            Self::CutAfter | Self::Hang(_) => return None,
        })
    }
}

/// A body that breaks off: the client sees a broken line.
pub(super) fn cut() -> Response {
    let broken = futures_util::stream::once(async { Err::<bytes::Bytes, _>(std::io::Error::other("cut")) });
    let mut response = Response::new(Body::from_stream(broken));
    response.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from_static("64"));
    response
}
