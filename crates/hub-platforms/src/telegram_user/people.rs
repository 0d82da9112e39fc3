//! Who somebody is.

use super::line::Line;
use super::peers::{self, Name};
use super::{TelegramUser, errors, media};
use async_trait::async_trait;
use grammers_tl_types as tl;
use hub_domain::RemoteParticipantId;
use hub_platform_kit::platform::{Fetched, People, Profile};
use hub_platform_kit::{ErrorKind, Grant, PlatformError, Result};

#[async_trait]
impl People for TelegramUser {
    async fn profile(&self, grant: &Grant, person: &RemoteParticipantId) -> Result<Profile> {
        let line = self.lines.held(grant).await?;
        let Ok(id) = person.as_str().parse::<i64>() else { return Ok(Profile::default()) };
        if line.names().of(id).is_none() {
            ask(&line, id).await?;
        }
        let name = line.names().of(id).cloned();
        Ok(name.map(|name| profile(id, name)).unwrap_or_default())
    }

    async fn picture(&self, grant: &Grant, picture: &str, max_bytes: u64) -> Result<Fetched> {
        let line = self.lines.held(grant).await?;
        let odd = || PlatformError::new(ErrorKind::NotFound, "the picture is not known any more");
        let (id, photo) = picture.split_once(':').ok_or_else(odd)?;
        let (id, photo_id) = (id.parse().map_err(|_| odd())?, photo.parse().map_err(|_| odd())?);
        let session = &line.connection.session;
        let peer = peers::input(session, line.me, id, None).ok_or_else(odd)?;
        let location = tl::types::InputPeerPhotoFileLocation { big: false, peer, photo_id }.into();
        let bytes = media::download(&line, session.home(), &location, max_bytes).await?;
        Ok(Fetched { bytes, mime_type: Some("image/jpeg".to_owned()) })
    }
}

/// Asks for a person whose secret number is known.
async fn ask(line: &Line, id: i64) -> Result<()> {
    let session = &line.connection.session;
    let user = if id == line.me {
        tl::enums::InputUser::UserSelf
    } else {
        let Some(access_hash) = session.access_hash(id).filter(|_| id > 0) else { return Ok(()) };
        tl::types::InputUser { user_id: id, access_hash }.into()
    };
    let request = tl::functions::users::GetUsers { id: vec![user] };
    let users = line.connection.call(&request).await.map_err(|error| errors::meaning(&error))?;
    line.names().learn(session, &users, &[]);
    Ok(())
}

fn profile(id: i64, name: Name) -> Profile {
    Profile { name: name.full, username: name.username, picture: name.photo.map(|photo| format!("{id}:{photo}")) }
}
