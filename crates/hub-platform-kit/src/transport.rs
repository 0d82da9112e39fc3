//! The one way out: an HTTP client with time limits, body limits and redacted errors. Base URLs are settings, so a
//! simulator is only another address.

use crate::error::{ErrorKind, PlatformError, Result};
use crate::fetch::PublicOnly;
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use reqwest::header::HeaderMap;
use std::sync::Arc;
use std::time::Duration;

/// Longest wait for a connection.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Longest call by default, unless the call itself waits (long polling, media).
pub const CALL_TIMEOUT: Duration = Duration::from_secs(30);
/// Longest fetch of a file.
pub const MEDIA_TIMEOUT: Duration = Duration::from_mins(1);
/// How the hub names itself.
const USER_AGENT: &str = concat!("messaging-hub/", env!("CARGO_PKG_VERSION"));
/// Largest JSON answer in bytes.
pub const MAX_ANSWER_BYTES: u64 = 8 * 1024 * 1024;

/// An HTTP client for adapters. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Transport {
    pub(crate) client: reqwest::Client,
    /// For addresses that others chose; see [`crate::fetch`].
    pub(crate) guarded: reqwest::Client,
}

/// An answer, read whole.
#[derive(Clone, Debug)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// `Retry-After` in seconds, where it came.
    pub retry_after: Option<Duration>,
    /// `Content-Type`.
    pub content_type: Option<String>,
    /// All headers, for platforms that say more there.
    pub headers: HeaderMap,
    /// Body.
    pub body: Bytes,
}

impl Answer {
    /// A header, if it is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}

impl Transport {
    /// Builds the client: no redirects, no proxy from the environment, an honest user agent.
    pub fn new() -> Result<Self> {
        Self::with_limit(CALL_TIMEOUT)
    }

    /// The same with another limit for a call; `Operation::limit` holds above it.
    #[expect(clippy::disallowed_methods, reason = "this is the transport")]
    pub fn with_limit(limit: Duration) -> Result<Self> {
        let failed = |e: reqwest::Error| PlatformError::new(ErrorKind::Misconfigured, format!("HTTP client: {e}"));
        let builder = || {
            let builder = reqwest::Client::builder().connect_timeout(CONNECT_TIMEOUT).timeout(limit);
            builder.redirect(reqwest::redirect::Policy::none()).no_proxy().user_agent(USER_AGENT)
        };
        let client = builder().build().map_err(failed)?;
        let guarded = builder().https_only(true).dns_resolver(Arc::new(PublicOnly)).build().map_err(failed)?;
        Ok(Self { client, guarded })
    }

    /// Starts a request; [`Transport::call`] sends it.
    pub fn request(&self, method: reqwest::Method, url: &str) -> reqwest::RequestBuilder {
        self.client.request(method, url)
    }

    /// Sends a request and reads the answer whole, at most `max_bytes`. Any HTTP status is an answer; only a broken line is
    /// an error, and it says whether the request may have been applied.
    pub async fn call(&self, request: reqwest::RequestBuilder, max_bytes: u64) -> Result<Answer> {
        let response = request.send().await.map_err(|e| line_error(&e))?;
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        let header = |name: &str| headers.get(name).and_then(|v| v.to_str().ok()).map(str::to_owned);
        let retry_after = header("retry-after").and_then(|v| v.trim().parse().ok()).map(Duration::from_secs);
        let content_type = header("content-type");
        let body = read_capped(response, max_bytes).await?;
        Ok(Answer { status, retry_after, content_type, headers, body })
    }
}

async fn read_capped(response: reqwest::Response, max_bytes: u64) -> Result<Bytes> {
    let mut body = BytesMut::new();
    let mut stream = response.bytes_stream();
    while let Some(chunk) = stream.next().await {
        let chunk = chunk.map_err(|e| line_error(&e))?;
        if body.len() as u64 + chunk.len() as u64 > max_bytes {
            return Err(PlatformError::new(
                ErrorKind::UnexpectedReply,
                format!("the answer is larger than {max_bytes} bytes"),
            ));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}

/// A broken line as an error without its URL, because some platforms put the token there.
fn line_error(error: &reqwest::Error) -> PlatformError {
    let maybe_applied = !(error.is_connect() || error.is_builder());
    let words = if error.is_timeout() {
        "the platform did not answer in time"
    } else if error.is_connect() {
        "the platform could not be reached"
    } else if error.is_builder() {
        return PlatformError::new(ErrorKind::BadInput, "the request could not be built");
    } else {
        "the connection to the platform broke"
    };
    PlatformError::new(ErrorKind::Transient { maybe_applied }, words)
}
