//! Who am I.

use super::Caller;
use crate::{App, AppError, Result};
use hub_domain::User;

/// The caller's row; a deleted user is not found.
pub async fn me(app: &App, caller: &Caller) -> Result<User> {
    app.store().read().users().get(caller.user_id).await?.ok_or(AppError::NotFound("User"))
}
