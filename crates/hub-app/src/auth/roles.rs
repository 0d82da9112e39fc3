//! What a user may do beyond the own inbox.

use super::{ADMIN, Caller};
use crate::{App, Result};

/// True for an administrator. Asks the database every time: a role that was taken away is gone at once.
pub async fn is_admin(app: &App, caller: &Caller) -> Result<bool> {
    Ok(app.store().read().users().has_role(caller.user_id, ADMIN).await?)
}
