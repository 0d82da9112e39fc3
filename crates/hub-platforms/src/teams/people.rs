//! People, chats and files.

use super::Teams;
use super::mapping::Chat;
use crate::values::words;
use async_trait::async_trait;
use hub_domain::{Attachment, RemoteParticipantId};
use hub_platform_kit::platform::{Fetched, Media, People, Profile};
use hub_platform_kit::{ErrorKind, Grant, PlatformError, Result};

/// What ids of chats begin with; those of people are GUIDs.
const CHAT_ID: &str = "19:";
/// Pixels of a person's picture.
const PICTURE_SIZE: &str = "120x120";

#[async_trait]
impl People for Teams {
    /// Guests and people of other tenants can often not be asked for; messages tell their names.
    async fn profile(&self, grant: &Grant, person: &RemoteParticipantId) -> Result<Profile> {
        let token = grant.token();
        if person.as_str().starts_with(CHAT_ID) {
            let chat = kept_back(self.api.chat(token, person.as_str()).await)?;
            let chat = chat.and_then(|chat| Chat::of(&chat, grant.remote_id.as_str()));
            return Ok(Profile { name: chat.and_then(|chat| chat.name), ..Profile::default() });
        }
        let Some(user) = kept_back(self.api.user(token, person.as_str()).await)? else { return Ok(Profile::default()) };
        Ok(Profile {
            name: words(user.get("displayName")),
            username: words(user.get("mail")).or_else(|| words(user.get("userPrincipalName"))),
            picture: Some(self.api.graph.address_of(&["users", person.as_str(), "photos", PICTURE_SIZE, "$value"])?),
        })
    }

    async fn picture(&self, grant: &Grant, picture: &str, max_bytes: u64) -> Result<Fetched> {
        self.api.graph.bytes(picture, grant.token(), max_bytes).await
    }
}

#[async_trait]
impl Media for Teams {
    /// Pictures lie at Graph itself. Files lie in SharePoint, where the hub has no permission; they are told as links.
    async fn fetch(&self, grant: &Grant, attachment: &Attachment, max_bytes: u64) -> Result<Fetched> {
        self.api.graph.bytes(&attachment.remote_ref, grant.token(), max_bytes).await
    }
}

/// What may not be seen is nothing.
fn kept_back<T>(outcome: Result<T>) -> Result<Option<T>> {
    match outcome {
        Ok(found) => Ok(Some(found)),
        Err(PlatformError { kind: ErrorKind::Rejected | ErrorKind::NotFound | ErrorKind::BadInput, .. }) => Ok(None),
        Err(error) => Err(error),
    }
}
