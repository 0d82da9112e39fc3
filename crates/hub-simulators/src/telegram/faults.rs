//! Faults on command: the next call of a method goes wrong.

use crate::raw;
use axum::body::Bytes;
use serde_json::Value;
use std::time::Duration;

/// What goes wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// 429 with `retry_after` in seconds.
    TooMany {
        /// Seconds.
        retry_after: u64,
    },
    /// This status with the usual envelope.
    Status(u16),
    /// A refusal in the server's own words.
    Refused {
        /// Error code.
        code: u16,
        /// Its description.
        description: &'static str,
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
    /// As the control API takes it: `fault` is one of `too_many`, `status`, `html_502`, `hang`, `cut_before`, `cut_after`,
    /// `garbage`, with a number as `value`, or `raw` (`status`, `headers`, `body`).
    pub(super) fn read(body: &Value) -> Option<Self> {
        let value = body["value"].as_u64().unwrap_or_default();
        Some(match body["fault"].as_str()? {
            "too_many" => Self::TooMany { retry_after: value },
            "status" => Self::Status(u16::try_from(value).ok()?),
            "html_502" => Self::Html502,
            "hang" => Self::Hang(Duration::from_millis(value)),
            "cut_before" => Self::CutBefore,
            "cut_after" => Self::CutAfter,
            "garbage" => Self::Garbage,
            "raw" => Self::Raw {
                status: body["status"].as_u64().and_then(|status| u16::try_from(status).ok()).unwrap_or(200),
                headers: raw::headers(body),
                body: raw::body(body),
            },
            _ => return None,
        })
    }
}
