//! Files on their way out: kept before the message is stored, read again when it leaves.

use super::blobs;
use super::fetch_attachment::media_type;
use super::links::{self, Target};
use crate::clock::new_id;
use crate::{App, AppError, Result};
use hub_domain::{Attachment, AttachmentId, AttachmentState, MessageId, UserId};
use hub_platform_kit::platform::OutboundFile;

/// Keeps the bytes; gives the rows to be stored with the message and the keys of the bytes.
pub(crate) async fn keep_outgoing(
    app: &App,
    message: MessageId,
    files: &[OutboundFile],
) -> Result<Vec<(Attachment, String)>> {
    let mut kept = Vec::with_capacity(files.len());
    for file in files {
        let id: AttachmentId = new_id();
        let key = id.0.simple().to_string();
        blobs::write(app, &key, &file.bytes).await?;
        let attachment = Attachment {
            id,
            kind: file.kind,
            remote_ref: format!("hub:{message}:{id}"),
            remote_unique_ref: None,
            mime_type: Some(media_type(&file.bytes, Some(&file.mime_type), None)),
            file_name: Some(file.file_name.clone()),
            size: i64::try_from(file.bytes.len()).ok(),
            width: None,
            height: None,
            duration_s: None,
            flavour: None,
            state: AttachmentState::Pending,
        };
        kept.push((attachment, key));
    }
    Ok(kept)
}

/// Files of `owner` that are about to leave.
pub(crate) async fn outgoing_files(app: &App, owner: UserId, attachments: &[Attachment]) -> Result<Vec<OutboundFile>> {
    let mut files = Vec::with_capacity(attachments.len());
    let public = app.settings().public_url.as_deref();
    for attachment in attachments {
        let found = app.store().read().attachments().get(attachment.id).await?.ok_or(AppError::NotFound("File"))?;
        let key = found.blob_key.ok_or(AppError::NotFound("File"))?;
        files.push(OutboundFile {
            kind: attachment.kind,
            file_name: attachment.file_name.clone().unwrap_or_else(|| "file".to_owned()),
            mime_type: attachment.mime_type.clone().unwrap_or_else(|| "application/octet-stream".to_owned()),
            bytes: blobs::read(app, &key).await?,
            link: public.map(|base| format!("{base}{}", links::sign(app, Target::File(attachment.id), owner))),
        });
    }
    Ok(files)
}
