//! The job that copies a file from its platform. The type is found by content; clients hear when it is readable.

use super::blobs;
use crate::accounts::grants::{call_aside, open_grant};
use crate::jobs::{self, Outcome};
use crate::{App, AppError, Result};
use hub_domain::{AttachmentId, AttachmentState, EventBody};
use hub_platform_kit::{Grant, PlatformError, Remedy};
use hub_store::NewEvent;

/// Copies a file. Copying twice changes nothing.
pub async fn fetch_attachment(app: &App, id: AttachmentId, last_try: bool) -> Outcome {
    match try_fetch(app, id, last_try).await {
        Ok(outcome) => outcome,
        Err(AppError::AccountInactive | AppError::AccountNotFound | AppError::AccountNeedsReauth) => {
            Outcome::Dead { why: "the account cannot be used".to_owned() }
        }
        Err(error) => jobs::again(&error),
    }
}

async fn try_fetch(app: &App, id: AttachmentId, last_try: bool) -> Result<Outcome> {
    let Some(found) = app.store().read().attachments().get(id).await? else { return Ok(Outcome::Done) };
    if found.attachment.state != AttachmentState::Pending {
        return Ok(Outcome::Done);
    }
    let (account, grant) = open_grant(app, found.account_id).await?;
    let handle = app.handle_of(&account)?;
    let most = app.settings().max_media_bytes;
    let file = &found.attachment;
    let fetch = |grant: Grant| async move { handle.fetch(&grant, file, most).await };
    let fetched = match call_aside(app, &account, &grant, "fetch_file", fetch).await {
        Ok(fetched) => fetched,
        Err(error) => return refused(app, &found, error, last_try).await,
    };
    let mime = media_type(&fetched.bytes, fetched.mime_type.as_deref(), found.attachment.mime_type.as_deref());
    let key = id.0.simple().to_string();
    blobs::write(app, &key, &fetched.bytes).await?;
    let size = i64::try_from(fetched.bytes.len()).unwrap_or(i64::MAX);
    let tx = app.store().begin().await?;
    let changed = tx.attachments().set_ready(id, &key, &mime, size).await?;
    tell(app, tx, &found, changed).await?;
    Ok(Outcome::Done)
}

async fn refused(
    app: &App,
    found: &hub_store::StoredAttachment,
    error: PlatformError,
    last_try: bool,
) -> Result<Outcome> {
    match error.kind.remedy(true) {
        Remedy::RetryAfter(wait) => Ok(Outcome::Again { after: Some(wait), counts: false, why: error.to_string() }),
        Remedy::RetryLater | Remedy::Unconfirmed | Remedy::RestPlatform if !last_try => {
            Ok(Outcome::Again { after: None, counts: true, why: error.to_string() })
        }
        remedy => {
            let tx = app.store().begin().await?;
            let changed = tx.attachments().set_failed(found.attachment.id, &error.message).await?;
            tell(app, tx, found, changed).await?;
            // A plain no is the outcome, and nothing for an operator to look into.
            Ok(if matches!(remedy, Remedy::Fail) { Outcome::Done } else { Outcome::Dead { why: error.to_string() } })
        }
    }
}

async fn tell(app: &App, tx: hub_store::Tx, found: &hub_store::StoredAttachment, changed: bool) -> Result<()> {
    let body = EventBody::MessageUpdated { message_id: found.message_id, conversation_id: found.conversation_id };
    let event = NewEvent { user_id: found.user_id, at: app.now(), body };
    app.commit(tx, if changed { vec![event] } else { Vec::new() }).await
}

/// The type by content; where content says nothing, what the platform said, unless that could run in a browser.
pub(crate) fn media_type(bytes: &[u8], answered: Option<&str>, told: Option<&str>) -> String {
    if let Some(kind) = infer::get(bytes) {
        // Platforms know sound in MP4 by its registered name only.
        let name = if kind.mime_type() == "audio/m4a" { "audio/mp4" } else { kind.mime_type() };
        return name.to_owned();
    }
    let claimed =
        told.or(answered).unwrap_or_default().split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let harmless = claimed == "text/plain" || claimed == "application/octet-stream";
    if harmless { claimed } else { "application/octet-stream".to_owned() }
}
