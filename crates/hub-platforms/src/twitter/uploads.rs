//! Putting files there, piece by piece, and waiting until the platform is through with them.

use super::api::{Api, Processing};
use hub_domain::AccountId;
use hub_platform_kit::platform::OutboundFile;
use hub_platform_kit::{ErrorKind, Grant, PlatformError, Result};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// Bytes of a piece; the platform takes a little more.
const PIECE_BYTES: usize = 4 * 1024 * 1024;
/// Shortest and longest pause between two questions.
const PAUSE: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(10));
/// How long the id of a file counts at the platform, less an hour.
const LIFE: Duration = Duration::from_hours(23);
/// Files remembered at most; further ones are put there anew.
const MAX_KNOWN: usize = 1_000;

/// Files that are there while the platform still works on them, by account and message: the next try goes on with them.
#[derive(Debug)]
pub(super) struct Uploads {
    patience: Duration,
    known: Mutex<HashMap<(AccountId, String), (Instant, String)>>,
}

impl Uploads {
    pub(super) fn new(patience: Duration) -> Self {
        Self { patience, known: Mutex::default() }
    }

    /// The id of a file that can be sent. Nothing a person sees happens here, so every trouble passes.
    pub(super) async fn put(&self, api: &Api, grant: &Grant, file: &OutboundFile, key: &str) -> Result<String> {
        let name = (grant.account_id, key.to_owned());
        let deadline = Instant::now() + self.patience;
        let (media, state) = match self.known(&name) {
            Some(media) => {
                let state = api.upload_state(grant.token(), &media).await;
                (media, state)
            }
            None => match tokio::time::timeout_at(deadline, upload(api, grant.token(), file)).await {
                Ok(done) => done.map(|(media, state)| (media, Ok(state)))?,
                Err(_) => return Err(slow()),
            },
        };
        match wait(api, grant.token(), &media, state, deadline).await {
            Ok(()) => Ok(media),
            Err(error) => {
                match error.kind {
                    ErrorKind::Transient { .. } | ErrorKind::RateLimited { .. } => self.remember(name, media),
                    _ => self.forget(grant, key),
                }
                Err(error)
            }
        }
    }

    /// The message is out, or its file is no good.
    pub(super) fn forget(&self, grant: &Grant, key: &str) {
        self.lock().remove(&(grant.account_id, key.to_owned()));
    }

    fn known(&self, name: &(AccountId, String)) -> Option<String> {
        self.lock().get(name).filter(|(put, _)| put.elapsed() < LIFE).map(|(_, media)| media.clone())
    }

    fn remember(&self, name: (AccountId, String), media: String) {
        let mut known = self.lock();
        if known.len() >= MAX_KNOWN {
            known.retain(|_, (put, _)| put.elapsed() < LIFE);
        }
        if known.len() < MAX_KNOWN {
            known.entry(name).or_insert((Instant::now(), media));
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<(AccountId, String), (Instant, String)>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn upload(api: &Api, token: &str, file: &OutboundFile) -> Result<(String, Processing)> {
    let category = category(&file.mime_type)?;
    let media = api.initialize(token, category, &file.mime_type, file.bytes.len()).await?;
    for place in 0..file.bytes.len().div_ceil(PIECE_BYTES) {
        let begin = place * PIECE_BYTES;
        let piece = file.bytes.slice(begin..file.bytes.len().min(begin + PIECE_BYTES));
        api.append(token, &media, place, piece).await?;
    }
    let state = api.finalize(token, &media).await?;
    Ok((media, state))
}

/// Asks, as often as the platform says, until the file is ready or nobody waits any more.
async fn wait(api: &Api, token: &str, media: &str, first: Result<Processing>, deadline: Instant) -> Result<()> {
    let mut state = first?;
    loop {
        match state {
            Processing::Ready => return Ok(()),
            Processing::Failed => {
                return Err(PlatformError::bad_input("X cannot use the file; its content is not one it allows."));
            }
            Processing::Wait(pause) => {
                let pause = pause.clamp(PAUSE.0, PAUSE.1);
                if Instant::now() + pause >= deadline {
                    return Err(slow());
                }
                tokio::time::sleep(pause).await;
                state = api.upload_state(token, media).await?;
            }
        }
    }
}

fn slow() -> PlatformError {
    PlatformError::new(ErrorKind::Transient { maybe_applied: false }, "X is still working on the file")
}

/// What the platform calls the sorts of files of messages.
fn category(mime: &str) -> Result<&'static str> {
    match mime {
        "image/gif" => Ok("dm_gif"),
        _ if mime.starts_with("image/") => Ok("dm_image"),
        _ if mime.starts_with("video/") => Ok("dm_video"),
        _ => Err(PlatformError::bad_input("X takes pictures and videos only")),
    }
}
