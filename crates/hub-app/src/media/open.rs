//! Opens a file for whoever may see it.

use super::{MediaLink, blobs, fetch_attachment, links};
use crate::{App, AppError, Result};
use hub_domain::{AttachmentId, AttachmentState, UserId};
use std::path::PathBuf;

/// By what right.
#[derive(Clone, Debug)]
pub enum MediaAccess {
    /// A signed link.
    Link(MediaLink),
    /// A signed-in user.
    User(UserId),
}

/// A file that may be shown.
#[derive(Clone, Debug)]
pub struct OpenMedia {
    /// Where the bytes are.
    pub path: PathBuf,
    /// Media type by content, never by name.
    pub mime: String,
    /// Size in bytes.
    pub size: u64,
    /// The name the sender gave: hostile text.
    pub file_name: Option<String>,
    /// True when a browser may show it in place; everything else is a download.
    pub inline: bool,
}

/// Media types a browser may show in place: pictures, sound, films, PDF; nothing that can carry script.
const INLINE: [&str; 13] = [
    "image/jpeg",
    "image/png",
    "image/gif",
    "image/webp",
    "image/avif",
    "audio/mpeg",
    "audio/ogg",
    "audio/m4a",
    "audio/x-wav",
    "video/mp4",
    "video/webm",
    "video/quicktime",
    "application/pdf",
];

/// Opens a file, fetching it now if the copy is not there yet.
pub async fn open(app: &App, id: AttachmentId, access: &MediaAccess) -> Result<OpenMedia> {
    let user = match access {
        MediaAccess::User(user) => *user,
        MediaAccess::Link(link) if links::verify(app, id, link) => link.user,
        MediaAccess::Link(_) => return Err(AppError::NotFound("File")),
    };
    let mut found = app.store().read().attachments().find(user, id).await?.ok_or(AppError::NotFound("File"))?;
    if found.attachment.state == AttachmentState::Pending {
        fetch_attachment(app, id, false).await;
        found = app.store().read().attachments().find(user, id).await?.ok_or(AppError::NotFound("File"))?;
    }
    let (Some(key), AttachmentState::Ready) = (&found.blob_key, found.attachment.state) else {
        return Err(AppError::NotFound("File"));
    };
    let path = blobs::path(app, key).ok_or(AppError::NotFound("File"))?;
    let mime = found.attachment.mime_type.clone().unwrap_or_else(|| "application/octet-stream".to_owned());
    Ok(OpenMedia {
        path,
        inline: INLINE.contains(&mime.as_str()),
        mime,
        size: u64::try_from(found.attachment.size.unwrap_or_default()).unwrap_or_default(),
        file_name: found.attachment.file_name,
    })
}
