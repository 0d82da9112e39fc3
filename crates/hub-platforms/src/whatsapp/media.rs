//! Fetching files, in two steps: where it lies, then the bytes. What arrives must be what was sent.

use super::WhatsApp;
use super::api::{MediaInfo, odd_answer};
use async_trait::async_trait;
use aws_lc_rs::{constant_time, digest};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use hub_domain::Attachment;
use hub_platform_kit::platform::{Fetched, Media};
use hub_platform_kit::{ErrorKind, Grant, PlatformError, Result};

/// Bytes of a SHA-256 digest.
const DIGEST_BYTES: usize = 32;

#[async_trait]
impl Media for WhatsApp {
    async fn fetch(&self, grant: &Grant, attachment: &Attachment, max_bytes: u64) -> Result<Fetched> {
        let mut outcome = self.attempt(grant, &attachment.remote_ref, max_bytes).await;
        let anew = match &outcome {
            // An address counts for some minutes; a new one may do.
            Err(error) => error.kind == ErrorKind::NotFound && error.status == Some(404),
            // The way may have damaged it.
            Ok((info, fetched)) => !is_what_was_sent(attachment, info, fetched),
        };
        if anew {
            outcome = self.attempt(grant, &attachment.remote_ref, max_bytes).await;
        }
        let (info, fetched) = outcome?;
        if !is_what_was_sent(attachment, &info, &fetched) {
            // Twice is no accident: asking for longer brings nothing else.
            return Err(PlatformError::new(ErrorKind::Rejected, "the file that came is not the one that was sent"));
        }
        let mime_type = fetched.mime_type.or_else(|| info.mime_type.clone().take());
        Ok(Fetched { bytes: fetched.bytes, mime_type })
    }
}

/// Both digests, as far as they are known, must fit.
fn is_what_was_sent(attachment: &Attachment, info: &MediaInfo, fetched: &Fetched) -> bool {
    let expected = [attachment.remote_unique_ref.as_deref(), info.sha256.as_deref()];
    expected.into_iter().flatten().filter_map(digest_of).all(|expected| fits(&fetched.bytes, &expected))
}

impl WhatsApp {
    async fn attempt(&self, grant: &Grant, id: &str, max_bytes: u64) -> Result<(MediaInfo, Fetched)> {
        let info = self.api.media(grant, id).await?;
        if let Some(size) = info.file_size.and_then(|size| u64::try_from(size).ok()).filter(|size| *size > max_bytes) {
            return Err(PlatformError::bad_input(format!(
                "the file has {size} bytes; at most {max_bytes} are fetched"
            )));
        }
        let url = info.url.as_deref().ok_or_else(odd_answer)?;
        let fetched = self.api.download(grant, url, max_bytes).await?;
        Ok((info, fetched))
    }
}

/// The digest in either spelling; anything else proves nothing.
fn digest_of(text: &str) -> Option<Vec<u8>> {
    let bytes = hex::decode(text).ok().filter(|bytes| bytes.len() == DIGEST_BYTES);
    bytes.or_else(|| BASE64.decode(text).ok()).filter(|bytes| bytes.len() == DIGEST_BYTES)
}

fn fits(bytes: &[u8], expected: &[u8]) -> bool {
    let sum = digest::digest(&digest::SHA256, bytes);
    constant_time::verify_slices_are_equal(sum.as_ref(), expected).is_ok()
}
