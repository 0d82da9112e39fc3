//! Fetching files. The address of a file carries the token, so only its bytes leave this room.

use super::TelegramBot;
use async_trait::async_trait;
use hub_domain::Attachment;
use hub_platform_kit::platform::{Fetched, Media};
use hub_platform_kit::{ErrorKind, Grant, PlatformError, Result};

/// Largest file the hosted Bot API hands out, in bytes.
pub const MAX_DOWNLOAD_BYTES: u64 = 20 * 1024 * 1024;

#[async_trait]
impl Media for TelegramBot {
    async fn fetch(&self, grant: &Grant, attachment: &Attachment, max_bytes: u64) -> Result<Fetched> {
        let limit = max_bytes.min(MAX_DOWNLOAD_BYTES);
        refuse_larger(attachment.size, limit)?;
        let file = self.api.get_file(grant.token(), &attachment.remote_ref).await?;
        refuse_larger(file.file_size, limit)?;
        let Some(path) = file.file_path else {
            return Err(PlatformError::new(ErrorKind::NotFound, "the platform cannot hand out this file"));
        };
        let (bytes, mime_type) = self.api.download(grant.token(), &path, limit).await?;
        Ok(Fetched { bytes, mime_type })
    }
}

fn refuse_larger(size: Option<i64>, limit: u64) -> Result<()> {
    match size.and_then(|size| u64::try_from(size).ok()) {
        Some(size) if size > limit => Err(PlatformError::bad_input(format!(
            "the file has {size} bytes; at most {limit} can be fetched from this platform"
        ))),
        _ => Ok(()),
    }
}
