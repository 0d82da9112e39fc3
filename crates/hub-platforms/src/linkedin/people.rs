//! People and pictures. LinkedIn keeps most members to itself: of others it tells a name at best, and often nothing.

use super::LinkedIn;
use super::PERSON_FACT;
use super::urn;
use async_trait::async_trait;
use hub_domain::{Attachment, RemoteParticipantId};
use hub_platform_kit::platform::{Fetched, Media, People, Profile};
use hub_platform_kit::{ErrorKind, Grant, PlatformError, Result};

#[async_trait]
impl People for LinkedIn {
    async fn profile(&self, grant: &Grant, person: &RemoteParticipantId) -> Result<Profile> {
        let person = person.as_str();
        if grant.fact(PERSON_FACT) == Some(person) {
            let me = self.api.me(grant.token()).await?;
            return Ok(Profile { name: me.name, username: None, picture: me.picture });
        }
        let name = if let Some(id) = urn::id(person, "person") {
            told(self.api.member_name(grant, id).await)?
        } else if urn::is_organization(person) {
            told(self.api.page_name(grant.token(), person).await)?
        } else {
            // A post is nobody.
            None
        };
        Ok(Profile { name, ..Profile::default() })
    }

    async fn picture(&self, grant: &Grant, picture: &str, max_bytes: u64) -> Result<Fetched> {
        self.api.picture(grant, picture, max_bytes).await
    }
}

#[async_trait]
impl Media for LinkedIn {
    async fn fetch(&self, grant: &Grant, attachment: &Attachment, max_bytes: u64) -> Result<Fetched> {
        self.api.picture(grant, &attachment.remote_ref, max_bytes).await
    }
}

/// A member or page that LinkedIn keeps to itself has no name.
fn told(name: Result<Option<String>>) -> Result<Option<String>, PlatformError> {
    match name {
        Err(error) => match error.kind {
            ErrorKind::Misconfigured | ErrorKind::Rejected | ErrorKind::NotFound => Ok(None),
            _ => Err(error),
        },
        told => told,
    }
}
