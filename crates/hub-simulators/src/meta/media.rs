//! Files: a host that serves them at addresses that expire, and fetching what an address names.

use super::Meta;
use super::state::{MAX_KEPT, opaque};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use std::time::Duration;

/// A file that the platform serves.
#[derive(Clone, Debug)]
pub struct HostedFile {
    /// Last part of its address.
    pub name: String,
    /// Content type.
    pub mime: String,
    /// Content.
    pub bytes: Bytes,
}

/// How long an address is good.
#[derive(Clone, Copy, Debug)]
pub struct Expiry {
    /// From now.
    pub after: Duration,
    /// HTTP status afterwards.
    pub status: u16,
    /// Whether a token must come along.
    pub token: bool,
}

impl Default for Expiry {
    fn default() -> Self {
        Self { after: Duration::from_hours(24), status: 403, token: false }
    }
}

/// A served file, and until when.
#[derive(Clone, Debug)]
pub(crate) struct Stored {
    file: HostedFile,
    /// Unix milliseconds.
    until: i64,
    expiry: Expiry,
}

/// Why an address gave no file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotFetched {
    Failed,
    TooSlow,
    TooLarge,
}

impl Meta {
    /// Serves a file; gives its address.
    pub fn host_file(&self, file: HostedFile, expiry: Expiry) -> String {
        let id = opaque(24);
        let mut state = self.state();
        let until = state.now_ms() + i64::try_from(expiry.after.as_millis()).unwrap_or(i64::MAX / 4);
        if state.files.len() >= MAX_KEPT {
            state.files.clear();
        }
        let name: String =
            file.name.chars().map(|c| if c.is_ascii_alphanumeric() || c == '.' { c } else { '_' }).collect();
        state.files.insert(id.clone(), Stored { file, until, expiry });
        format!("{}/media/{id}/{name}?_nc_cat=1&oh=sim&oe={:X}", self.base_url(), until / 1_000)
    }

    /// What an address names: content type and bytes.
    pub(crate) async fn fetch(&self, url: &str, largest: usize) -> Result<(String, Bytes), NotFetched> {
        let limit = self.state().options.fetch_limit;
        let slow_or_failed =
            |error: &reqwest::Error| if error.is_timeout() { NotFetched::TooSlow } else { NotFetched::Failed };
        let answer = self.http().get(url).timeout(limit).send().await.map_err(|error| slow_or_failed(&error))?;
        if !answer.status().is_success() {
            return Err(NotFetched::Failed);
        }
        let kind = answer.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        let kind = kind.unwrap_or("application/octet-stream").to_owned();
        let (mut bytes, mut body) = (BytesMut::new(), answer.bytes_stream());
        while let Some(piece) = body.next().await {
            bytes.extend_from_slice(&piece.map_err(|error| slow_or_failed(&error))?);
            if bytes.len() > largest {
                return Err(NotFetched::TooLarge);
            }
        }
        Ok((kind, bytes.freeze()))
    }
}

pub(super) async fn download(
    State(meta): State<Meta>,
    Path((id, _name)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    let fault = meta.state().take_fault("/media", "media");
    if let Some(answer) = fault.as_ref().and_then(super::Fault::instead) {
        return answer;
    }
    if let Some(super::Fault::Hang(wait)) = fault {
        tokio::time::sleep(wait).await;
    }
    let state = meta.state();
    let Some(stored) = state.files.get(&id) else { return StatusCode::NOT_FOUND.into_response() };
    if stored.until <= state.now_ms() {
        let status = StatusCode::from_u16(stored.expiry.status).unwrap_or(StatusCode::FORBIDDEN);
        return (status, "URL signature expired").into_response();
    }
    if stored.expiry.token {
        let token = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let token = token.and_then(super::call::bearer).and_then(|token| state.token(&token));
        let good =
            token.is_some_and(|token| token.dead.is_none() && token.expires_at.is_none_or(|at| at > state.now()));
        if !good {
            return (StatusCode::UNAUTHORIZED, "Authentication Error").into_response();
        }
    }
    ([(header::CONTENT_TYPE, stored.file.mime.clone())], stored.file.bytes.clone()).into_response()
}
