//! Who writes: names and pictures, asked of the platform and copied, because links of platforms die within days.

use super::grants::{call_aside, open_grant};
use crate::jobs::{self, Outcome};
use crate::media::{blobs, media_type};
use crate::{App, AppError, Result};
use chrono::TimeDelta;
use hub_domain::{ConversationId, EventBody, RemoteParticipantId, Timestamp, text};
use hub_platform_kit::{Grant, PlatformError, PlatformHandle, Remedy};
use hub_store::{NewEvent, NewJob, Picture, StoreError, Tx, UpsertConversation};
use std::time::Duration;

/// A person is asked for again after this long.
const ASK_AGAIN: Duration = Duration::from_hours(24 * 7);
/// Largest picture of a person, in bytes.
const MAX_PICTURE_BYTES: u64 = 5 * 1024 * 1024;

/// Jobs for those of these conversations whose people are not known, or not any more.
pub(crate) async fn unknown(
    tx: &Tx,
    conversations: &[ConversationId],
    now: Timestamp,
) -> Result<Vec<NewJob>, StoreError> {
    if conversations.is_empty() {
        return Ok(Vec::new());
    }
    let since = now - TimeDelta::from_std(ASK_AGAIN).unwrap_or_default();
    let unasked = tx.pictures().unasked(conversations, since).await?;
    Ok(unasked.into_iter().map(|id| jobs::refresh_profile(id, now)).collect())
}

/// The job: asks who the other person of a conversation is. A comfort: it never fails loudly.
pub async fn refresh_profile(app: &App, id: ConversationId) -> Outcome {
    match try_refresh(app, id).await {
        Ok(()) | Err(AppError::AccountInactive | AppError::AccountNotFound | AppError::AccountNeedsReauth) => {
            Outcome::Done
        }
        Err(AppError::Platform { error, .. }) => match worth_repeating(&error) {
            // A no is an answer as well: the person is not asked for again at every word.
            Outcome::Done => asked(app, id).await.map_or_else(|error| jobs::again(&error), |()| Outcome::Done),
            again => again,
        },
        Err(error) => jobs::again(&error),
    }
}

/// Notes that a person was asked for in vain.
async fn asked(app: &App, id: ConversationId) -> Result<()> {
    let tx = app.store().begin().await?;
    // Its conversation may have become one with another meanwhile.
    if !tx.conversations().many(&[id]).await?.is_empty() {
        tx.pictures().note(id, None, None, app.now()).await?;
    }
    app.commit(tx, Vec::new()).await
}

fn worth_repeating(error: &PlatformError) -> Outcome {
    let why = error.to_string();
    match error.kind.remedy(true) {
        Remedy::RetryLater | Remedy::Unconfirmed => Outcome::Again { after: None, counts: true, why },
        Remedy::RetryAfter(wait) => Outcome::Again { after: Some(wait), counts: false, why },
        Remedy::Fail | Remedy::MarkAccount | Remedy::RestPlatform => Outcome::Done,
    }
}

async fn try_refresh(app: &App, id: ConversationId) -> Result<()> {
    let session = app.store().read();
    let Some((conversation, owner)) = session.conversations().many(&[id]).await?.into_iter().next() else {
        return Ok(());
    };
    let (account, grant) = open_grant(app, conversation.account_id).await?;
    let handle = app.handle_of(&account)?;
    let person = conversation.participant_id.clone();
    let person = person.unwrap_or_else(|| RemoteParticipantId::new(conversation.remote_id.as_str()));
    let platform = |error| AppError::Platform { platform: account.platform_name.clone(), error };
    let who = &person;
    let ask = |grant: Grant| async move { handle.profile(&grant, who).await };
    let profile = call_aside(app, &account, &grant, "read_profile", ask).await.map_err(platform)?;
    let known = session.pictures().asked(id).await?.and_then(|(_, source)| source);
    let picture = match &profile.picture {
        Some(source) if known.as_ref() != Some(source) => copy(app, handle, &grant, source).await?,
        _ => None,
    };
    let name = profile.name.or(profile.username).filter(|name| !name.trim().is_empty());
    let now = app.now();
    let tx = app.store().begin().await?;
    let source = profile.picture.as_deref().filter(|_| picture.is_some());
    tx.pictures().note(id, source, picture.as_ref(), now).await?;
    let renamed = name.is_some() && name != conversation.participant_name;
    if renamed {
        let row = UpsertConversation {
            id,
            account_id: account.id,
            remote_id: conversation.remote_id,
            aliases: Vec::new(),
            name: name.as_deref().map(text::fit_name),
            handle: None,
            participant_id: None,
            avatar_url: None,
            address: None,
            at: now,
        };
        tx.conversations().upsert_many(&[row]).await?;
    }
    let mut bodies = Vec::new();
    if let (true, Some(name), Some(stranger)) = (renamed, &name, handle.card().stranger) {
        let named = tx.messages().name_sender(id, &person, stranger, &text::fit_name(name)).await?;
        bodies
            .extend(named.into_iter().map(|message_id| EventBody::MessageUpdated { message_id, conversation_id: id }));
    }
    if renamed || picture.is_some() {
        bodies.push(EventBody::ConversationUpdated { conversation_id: id });
    }
    let events = bodies.into_iter().map(|body| NewEvent { user_id: owner, at: now, body }).collect();
    app.commit(tx, events).await
}

/// A picture that cannot be had is no failure: the name is worth having alone.
async fn copy(app: &App, handle: &PlatformHandle, grant: &Grant, source: &str) -> Result<Option<Picture>> {
    let fetched = match handle.picture(grant, source, MAX_PICTURE_BYTES).await {
        Ok(fetched) => fetched,
        Err(error) => {
            tracing::debug!(%error, "a picture could not be fetched");
            return Ok(None);
        }
    };
    let mime_type = media_type(&fetched.bytes, fetched.mime_type.as_deref(), None);
    if !mime_type.starts_with("image/") {
        return Ok(None);
    }
    let blob_key = crate::clock::new_id::<uuid::Uuid>().simple().to_string();
    blobs::write(app, &blob_key, &fetched.bytes).await?;
    Ok(Some(Picture { blob_key, mime_type }))
}
