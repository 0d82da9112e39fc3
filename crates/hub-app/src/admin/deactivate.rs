//! Letting a user in no more, and letting them in again. Their accounts stay linked and go on receiving: nothing is lost, and
//! disconnecting is a decision of its own.

use super::{audit, end_in, hold_admins, must_exist};
use crate::{App, AppError, Caller, Result};
use hub_domain::UserId;

/// Ends a user's sessions at once and lets them sign in no more. Twice is fine. Nobody does it to themselves.
pub async fn deactivate_user(app: &App, caller: &Caller, user: UserId) -> Result<()> {
    if user == caller.user_id {
        return Err(AppError::Refused("You cannot deactivate yourself. Another administrator can."));
    }
    let tx = app.store().begin().await?;
    hold_admins(&tx, caller).await?;
    must_exist(&tx, user).await?;
    if !tx.users().deactivate(user, app.now()).await? {
        return Ok(());
    }
    // A link that was begun must not come to its end in their name.
    tx.connect_attempts().drop_of(user).await?;
    let ended = end_in(app, &tx, user).await?;
    app.commit(tx, vec![ended]).await?;
    audit(caller, user, "deactivated");
    Ok(())
}

/// Lets a user sign in again. Twice is fine. Their old sessions stay over.
pub async fn reactivate_user(app: &App, caller: &Caller, user: UserId) -> Result<()> {
    let tx = app.store().begin().await?;
    hold_admins(&tx, caller).await?;
    must_exist(&tx, user).await?;
    if tx.users().reactivate(user).await? {
        app.commit(tx, Vec::new()).await?;
        audit(caller, user, "reactivated");
    }
    Ok(())
}
