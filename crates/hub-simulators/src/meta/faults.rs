//! Faults on command: the next call of an endpoint goes wrong.

use super::GraphError;
use super::error::answer;
use crate::raw;
use axum::body::{Body, Bytes};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::Value;
use std::time::Duration;

/// What goes wrong.
#[derive(Clone, Debug, PartialEq)]
pub enum Fault {
    /// An error of the Graph API.
    Graph {
        /// HTTP status.
        status: u16,
        /// Its code.
        code: i64,
        /// Its subcode.
        subcode: Option<i64>,
        /// Its words.
        message: String,
    },
    /// An error of the Graph API about a limit, with the time in `Retry-After`, in whole seconds.
    SlowDown {
        /// Its code.
        code: i64,
        /// How long to wait.
        pause: Duration,
    },
    /// 502 with a page of a gateway.
    Html502,
    /// No answer for this long, then a normal one.
    Hang(Duration),
    /// The line breaks before anything was done.
    CutBefore,
    /// The line breaks after everything was done.
    CutAfter,
    /// 200 with something that is no JSON.
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
    /// From the control API: `fault` is one of `graph` (`status`, `code`, `subcode`, `message`), `slow_down` (`code`, `value` =
    /// milliseconds), `html_502`, `hang` (`value` = milliseconds), `cut_before`, `cut_after`, `garbage`, `raw` (`status`, `headers`,
    /// `body`).
    pub(super) fn read(body: &Value) -> Option<Self> {
        let text = |name: &str| body[name].as_str().map(str::to_owned);
        let status = body["status"].as_u64().and_then(|status| u16::try_from(status).ok());
        Some(match body["fault"].as_str()? {
            "graph" => Self::Graph {
                status: status.unwrap_or(400),
                code: body["code"].as_i64()?,
                subcode: body["subcode"].as_i64(),
                message: text("message").unwrap_or_else(|| "Made up by the simulator".to_owned()),
            },
            "slow_down" => {
                Self::SlowDown { code: body["code"].as_i64()?, pause: Duration::from_millis(body["value"].as_u64()?) }
            }
            "html_502" => Self::Html502,
            "hang" => Self::Hang(Duration::from_millis(body["value"].as_u64()?)),
            "cut_before" => Self::CutBefore,
            "cut_after" => Self::CutAfter,
            "garbage" => Self::Garbage,
            "raw" => Self::Raw { status: status.unwrap_or(200), headers: raw::headers(body), body: raw::body(body) },
            _ => return None,
        })
    }

    /// The answer that takes the place of the real one; `None` = the call is done all the same.
    pub(super) fn instead(&self) -> Option<Response> {
        Some(match self {
            Self::Graph { status, code, subcode, message } => {
                let error = GraphError { subcode: *subcode, ..GraphError::new(*code, message.clone()) };
                answer(Err(error.with_status(*status)))
            }
            Self::SlowDown { code, pause } => {
                let error = GraphError::new(*code, "Too many calls").with_status(400);
                let wait = [(header::RETRY_AFTER, pause.as_secs().to_string())];
                (wait, answer(Err(error))).into_response()
            }
            Self::Html502 => {
                let page = "<html><head><title>502 Bad Gateway</title></head><body>gateway</body></html>";
                (StatusCode::BAD_GATEWAY, [(header::CONTENT_TYPE, "text/html")], page).into_response()
            }
            Self::Garbage => "this is no JSON".into_response(),
            Self::Raw { status, headers, body } => raw::answer(*status, headers, body.clone()),
            Self::CutBefore => cut(),
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
