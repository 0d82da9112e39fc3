//! Pictures of people, as the hub copied them.

use super::blobs;
use super::links::{self, Target};
use super::open::{MediaAccess, MediaBytes, OpenMedia, is_inline, permitted};
use crate::{App, AppError, Result};
use hub_domain::{Conversation, ConversationId, UserId};

/// Opens the picture of a conversation's other person.
pub async fn open_avatar(app: &App, id: ConversationId, access: &MediaAccess) -> Result<OpenMedia> {
    let user = permitted(app, Target::Avatar(id), access).await?;
    let picture = app.store().read().pictures().find(user, id).await?.ok_or(AppError::NotFound("File"))?;
    let path = blobs::path(app, &picture.blob_key).ok_or(AppError::NotFound("File"))?;
    Ok(OpenMedia {
        size: 0,
        inline: is_inline(&picture.mime_type),
        bytes: MediaBytes::Kept(path),
        mime: picture.mime_type,
        file_name: None,
    })
}

/// The conversation with a link to the hub's copy of the picture, where there is one.
pub(crate) fn with_avatar(app: &App, user: UserId, mut conversation: Conversation) -> Conversation {
    if conversation.picture_key.is_some() {
        conversation.participant_avatar_url = Some(links::sign(app, Target::Avatar(conversation.id), user));
    }
    conversation
}
