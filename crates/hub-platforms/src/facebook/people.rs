//! People and files.

use super::Facebook;
use crate::meta::{files, people};
use async_trait::async_trait;
use hub_domain::{Attachment, RemoteParticipantId};
use hub_platform_kit::platform::{Fetched, Media, People, Profile};
use hub_platform_kit::{Grant, Result};

/// What is asked of a person.
const FIELDS: &str = "name,first_name,last_name,profile_pic";

#[async_trait]
impl People for Facebook {
    async fn profile(&self, grant: &Grant, person: &RemoteParticipantId) -> Result<Profile> {
        people::profile(&self.graph, grant.token(), grant.remote_id.as_str(), person.as_str(), FIELDS).await
    }

    async fn picture(&self, _grant: &Grant, picture: &str, max_bytes: u64) -> Result<Fetched> {
        self.file(picture, max_bytes).await
    }
}

#[async_trait]
impl Media for Facebook {
    async fn fetch(&self, _grant: &Grant, attachment: &Attachment, max_bytes: u64) -> Result<Fetched> {
        self.file(&attachment.remote_ref, max_bytes).await
    }
}

impl Facebook {
    /// The address is its own permission, so no token goes along.
    async fn file(&self, address: &str, max_bytes: u64) -> Result<Fetched> {
        files::fetch(&self.graph.transport, address, None, self.settings.app.loopback_media, max_bytes).await
    }
}
