//! People and files.

use super::Instagram;
use crate::meta::{files, people};
use async_trait::async_trait;
use hub_domain::{Attachment, RemoteParticipantId};
use hub_platform_kit::platform::{Fetched, Media, People, Profile};
use hub_platform_kit::{Grant, Result};

/// What is asked of a person.
const FIELDS: &str = "name,username,profile_pic";

#[async_trait]
impl People for Instagram {
    async fn profile(&self, grant: &Grant, person: &RemoteParticipantId) -> Result<Profile> {
        let way = self.way(grant)?;
        people::profile(way.graph, way.token, way.account, person.as_str(), FIELDS).await
    }

    async fn picture(&self, _grant: &Grant, picture: &str, max_bytes: u64) -> Result<Fetched> {
        self.file(picture, max_bytes).await
    }
}

#[async_trait]
impl Media for Instagram {
    async fn fetch(&self, _grant: &Grant, attachment: &Attachment, max_bytes: u64) -> Result<Fetched> {
        self.file(&attachment.remote_ref, max_bytes).await
    }
}

impl Instagram {
    /// The address is its own permission, so no token goes along.
    async fn file(&self, address: &str, max_bytes: u64) -> Result<Fetched> {
        let loopback = self.settings.app.loopback_media || self.settings.page_app.loopback_media;
        files::fetch(&self.graph.transport, address, None, loopback, max_bytes).await
    }
}
