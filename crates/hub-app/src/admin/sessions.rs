//! Ending a user's sessions.

use super::{audit, end_in, hold_admins, must_exist};
use crate::{App, Caller, Result};
use hub_domain::UserId;

/// Ends all sessions of a user at once: their tokens are refused and their sockets closed. They may sign in again.
pub async fn end_sessions(app: &App, caller: &Caller, user: UserId) -> Result<()> {
    let tx = app.store().begin().await?;
    hold_admins(&tx, caller).await?;
    must_exist(&tx, user).await?;
    let ended = end_in(app, &tx, user).await?;
    app.commit(tx, vec![ended]).await?;
    audit(caller, user, "sessions ended");
    Ok(())
}
