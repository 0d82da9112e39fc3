//! Fetching files. Meta hands out addresses of its own file servers that end after a while.

use hub_platform_kit::fetch::FetchRules;
use hub_platform_kit::platform::Fetched;
use hub_platform_kit::transport::Transport;
use hub_platform_kit::{ErrorKind, PlatformError, Result};

/// Meta's file servers.
const HOSTS: &[&str] = &["fbcdn.net", "fbsbx.com", "cdninstagram.com"];

/// From where files may be fetched; `loopback` for simulators only.
pub(crate) fn rules(loopback: bool) -> FetchRules {
    FetchRules { hosts: HOSTS, loopback }
}

/// Fetches a file, at most `max_bytes`. `bearer` goes along where the file server asks for the account's token.
pub(crate) async fn fetch(
    transport: &Transport,
    address: &str,
    bearer: Option<&str>,
    loopback: bool,
    max_bytes: u64,
) -> Result<Fetched> {
    let answer = transport.fetch(address, bearer, rules(loopback), max_bytes).await?;
    let (kind, words) = match answer.status {
        200 => return Ok(Fetched { mime_type: answer.content_type.clone(), bytes: answer.body }),
        401 | 403 | 404 | 410 => (ErrorKind::NotFound, "the platform no longer hands out this file"),
        429 => (ErrorKind::RateLimited { retry_after: answer.retry_after }, "the platform asks to slow down"),
        500..=599 => (ErrorKind::Transient { maybe_applied: false }, "the platform's file server is in trouble"),
        _ => (ErrorKind::UnexpectedReply, "the platform's file server gave an odd answer"),
    };
    Err(PlatformError::new(kind, words).with_status(answer.status))
}
