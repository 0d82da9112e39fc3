//! Asking who somebody is.

use super::Twitter;
use async_trait::async_trait;
use hub_domain::RemoteParticipantId;
use hub_platform_kit::platform::{Fetched, People, Profile};
use hub_platform_kit::{Grant, Result};

#[async_trait]
impl People for Twitter {
    /// Groups and encrypted chats are nobody, and people who are gone have no name.
    async fn profile(&self, grant: &Grant, person: &RemoteParticipantId) -> Result<Profile> {
        if super::ids::number(person.as_str()).is_none() {
            return Ok(Profile::default());
        }
        let found = self.api.person(grant.token(), person.as_str()).await?.unwrap_or_default();
        Ok(Profile { name: found.name, username: found.username, picture: found.picture })
    }

    /// Pictures lie open.
    async fn picture(&self, _grant: &Grant, picture: &str, max_bytes: u64) -> Result<Fetched> {
        self.file(picture, None, max_bytes).await
    }
}
