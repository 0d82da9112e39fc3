//! Opens a file for whoever may see it.

use super::links::{self, Target};
use super::{MediaLink, blobs, fetch_attachment, media_type};
use crate::accounts::grants::{call_aside, open_grant};
use crate::{App, AppError, Result};
use bytes::Bytes;
use hub_domain::{AttachmentId, AttachmentState, UserId};
use hub_platform_kit::Grant;
use std::path::PathBuf;

/// By what right.
#[derive(Clone, Debug)]
pub enum MediaAccess {
    /// A signed link.
    Link(MediaLink),
    /// A signed-in user.
    User(UserId),
}

/// Where the bytes of a file are.
#[derive(Clone, Debug)]
pub enum MediaBytes {
    /// In the hub's folder.
    Kept(PathBuf),
    /// Just fetched and not kept.
    Passing(Bytes),
}

/// A file that may be shown.
#[derive(Clone, Debug)]
pub struct OpenMedia {
    /// The bytes.
    pub bytes: MediaBytes,
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
const INLINE: [&str; 14] = [
    "image/jpeg",
    "image/png",
    "image/gif",
    "image/webp",
    "image/avif",
    "audio/mpeg",
    "audio/ogg",
    "audio/m4a",
    "audio/mp4",
    "audio/x-wav",
    "video/mp4",
    "video/webm",
    "video/quicktime",
    "application/pdf",
];

/// Opens a file, fetching it now if the copy is not there yet.
pub async fn open(app: &App, id: AttachmentId, access: &MediaAccess) -> Result<OpenMedia> {
    let user = permitted(app, Target::File(id), access).await?;
    let mut found = app.store().read().attachments().find(user, id).await?.ok_or(AppError::NotFound("File"))?;
    if found.attachment.state == AttachmentState::Pending {
        fetch_attachment(app, id, false).await;
        found = app.store().read().attachments().find(user, id).await?.ok_or(AppError::NotFound("File"))?;
    }
    if found.attachment.state == AttachmentState::Remote {
        return hand_through(app, found).await;
    }
    let (Some(key), AttachmentState::Ready) = (&found.blob_key, found.attachment.state) else {
        return Err(AppError::NotFound("File"));
    };
    let path = blobs::path(app, key).ok_or(AppError::NotFound("File"))?;
    let mime = found.attachment.mime_type.clone().unwrap_or_else(|| "application/octet-stream".to_owned());
    Ok(OpenMedia {
        bytes: MediaBytes::Kept(path),
        inline: is_inline(&mime),
        mime,
        size: u64::try_from(found.attachment.size.unwrap_or_default()).unwrap_or_default(),
        file_name: found.attachment.file_name,
    })
}

/// Who may see it, if the link or the caller says so. A link is worth nothing once its user was deactivated.
pub(super) async fn permitted(app: &App, target: Target, access: &MediaAccess) -> Result<UserId> {
    let link = match access {
        MediaAccess::User(user) => return Ok(*user),
        MediaAccess::Link(link) => link,
    };
    let is_good = links::verify(app, target, link)
        && app.store().read().users().standing(link.user).await?.deactivated_at.is_none();
    if is_good { Ok(link.user) } else { Err(AppError::NotFound("File")) }
}

/// A file the platform does not allow to be kept: fetched for this one look, as long as it is there.
async fn hand_through(app: &App, found: hub_store::StoredAttachment) -> Result<OpenMedia> {
    let (account, grant) = open_grant(app, found.account_id).await.map_err(|_| AppError::NotFound("File"))?;
    let handle = app.handle_of(&account)?;
    let most = app.settings().max_media_bytes;
    let file = &found.attachment;
    let fetch = |grant: Grant| async move { handle.fetch(&grant, file, most).await };
    let fetched = call_aside(app, &account, &grant, "fetch_file", fetch).await;
    let fetched = fetched.map_err(|error| {
        tracing::debug!(%error, "a file that is not kept could not be fetched");
        AppError::NotFound("File")
    })?;
    let mime = media_type(&fetched.bytes, fetched.mime_type.as_deref(), found.attachment.mime_type.as_deref());
    Ok(OpenMedia {
        size: fetched.bytes.len() as u64,
        inline: is_inline(&mime),
        bytes: MediaBytes::Passing(fetched.bytes),
        mime,
        file_name: found.attachment.file_name,
    })
}

/// True for types a browser may show in place.
pub(super) fn is_inline(mime: &str) -> bool {
    INLINE.contains(&mime)
}
