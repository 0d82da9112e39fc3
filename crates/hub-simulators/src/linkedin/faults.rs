//! Faults on command: the next call of an endpoint goes wrong.

use super::error::RestError;
use crate::raw;
use axum::body::{Body, Bytes};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::Value;
use std::time::Duration;

/// What goes wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// A refusal of the REST API.
    Rest {
        /// HTTP status.
        status: u16,
        /// `serviceErrorCode`; `None` = it is missing.
        service: Option<i64>,
        /// `code`; `None` = it is missing.
        code: Option<String>,
        /// Its words.
        message: String,
    },
    /// 502 with a page of a gateway.
    Html502,
    /// 429 or another status with nothing in it.
    Empty(u16),
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
    /// The token is refused as revoked, as happens for some seconds after it was made.
    pub fn revoked() -> Self {
        let error = super::authorise::revoked();
        Self::Rest { status: error.status, service: error.service, code: error.code, message: error.message }
    }

    /// From the control API: `fault` is one of `rest` (`status`, `service`, `code`, `message`), `html_502`, `empty`
    /// (`status`), `hang` (`value` = milliseconds), `cut_before`, `cut_after`, `garbage`, `revoked`, `raw` (`status`,
    /// `headers`, `body`).
    pub(super) fn read(body: &Value) -> Option<Self> {
        let text = |name: &str| body[name].as_str().map(str::to_owned);
        let status = body["status"].as_u64().and_then(|status| u16::try_from(status).ok());
        Some(match body["fault"].as_str()? {
            "rest" => Self::Rest {
                status: status?,
                service: body["service"].as_i64(),
                code: text("code"),
                message: text("message").unwrap_or_else(|| "Made up by the simulator".to_owned()),
            },
            "html_502" => Self::Html502,
            "empty" => Self::Empty(status?),
            "hang" => Self::Hang(Duration::from_millis(body["value"].as_u64()?)),
            "cut_before" => Self::CutBefore,
            "cut_after" => Self::CutAfter,
            "garbage" => Self::Garbage,
            "revoked" => Self::revoked(),
            "raw" => Self::Raw { status: status.unwrap_or(200), headers: raw::headers(body), body: raw::body(body) },
            _ => return None,
        })
    }

    /// The answer that takes the place of the real one; `None` = the call is done all the same.
    pub(super) fn instead(&self) -> Option<Response> {
        let named = |status: u16| StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        Some(match self {
            Self::Rest { status, service, code, message } => {
                let error = RestError::new(*status, message.clone());
                RestError { service: *service, code: code.clone(), ..error }.into_response()
            }
            Self::Html502 => {
                let page = "<html><head><title>502 Bad Gateway</title></head><body>gateway</body></html>";
                (StatusCode::BAD_GATEWAY, [(header::CONTENT_TYPE, "text/html")], page).into_response()
            }
            Self::Empty(status) => named(*status).into_response(),
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
