//! Everybody who signs in.

use crate::channels::{ChannelView, shown};
use crate::{App, AppError, Result};
use hub_domain::UserId;
use hub_store::{FindUsers, KnownUser, Slice};

/// A user with their accounts.
#[derive(Clone, Debug, PartialEq)]
pub struct UserFile {
    /// The user.
    pub known: KnownUser,
    /// How their accounts stand, newest first, disconnected ones included.
    pub accounts: Vec<ChannelView>,
}

/// A part of the users, the newest first.
pub async fn find_users(app: &App, query: &FindUsers) -> Result<Slice<KnownUser>> {
    Ok(app.store().read().admin().users(query, app.now()).await?)
}

/// One of them.
pub async fn open_user(app: &App, id: UserId) -> Result<UserFile> {
    let session = app.store().read();
    let known = session.admin().user(id, app.now()).await?.ok_or(AppError::NotFound("User"))?;
    let accounts = session.accounts().list(id).await?;
    Ok(UserFile { known, accounts: shown(app, accounts).await? })
}

/// The user with this address.
pub async fn user_named(app: &App, email: &str) -> Result<Option<UserId>> {
    let known = app.store().read().users().by_email(&email.to_lowercase()).await?;
    Ok(known.map(|stored| stored.user.id))
}
