//! Who is an administrator. The first one is made on the command line; nobody is one by default.

use super::{audit, hold_admins, must_exist};
use crate::auth::{ADMIN, Reproof, step_up};
use crate::{App, AppError, Caller, Result};
use hub_domain::{User, UserId};

/// Makes a user an administrator. Twice is fine. The caller must have given the password lately, or gives it now.
pub async fn grant_admin(app: &App, caller: &Caller, user: UserId, reproof: Option<&Reproof>) -> Result<()> {
    step_up(app, caller, reproof).await?;
    let tx = app.store().begin().await?;
    hold_admins(&tx, caller).await?;
    must_exist(&tx, user).await?;
    tx.users().add_role(user, ADMIN, app.now()).await?;
    app.commit(tx, Vec::new()).await?;
    audit(caller, user, "made an administrator");
    Ok(())
}

/// Takes the role away, which works at once. Twice is fine. Nobody does it to themselves, so that one always stays.
pub async fn take_admin(app: &App, caller: &Caller, user: UserId, reproof: Option<&Reproof>) -> Result<()> {
    if user == caller.user_id {
        return Err(AppError::Refused("You cannot take your own role away. Another administrator can."));
    }
    step_up(app, caller, reproof).await?;
    let tx = app.store().begin().await?;
    hold_admins(&tx, caller).await?;
    must_exist(&tx, user).await?;
    if tx.users().remove_role(user, ADMIN).await? {
        app.commit(tx, Vec::new()).await?;
        audit(caller, user, "no longer an administrator");
    }
    Ok(())
}

/// The administrators who may sign in.
pub async fn administrators(app: &App) -> Result<Vec<User>> {
    let tx = app.store().begin().await?;
    let mut found = Vec::new();
    for id in tx.users().hold_role(ADMIN).await? {
        found.extend(tx.users().get(id).await?);
    }
    Ok(found)
}

/// Makes the user with this address an administrator: whoever runs the hub needs nobody's leave.
pub async fn grant_admin_by_operator(app: &App, email: &str) -> Result<User> {
    let tx = app.store().begin().await?;
    let known = tx.users().by_email(&email.to_lowercase()).await?.ok_or(AppError::NotFound("User"))?;
    tx.users().add_role(known.user.id, ADMIN, app.now()).await?;
    app.commit(tx, Vec::new()).await?;
    tracing::info!(user = %known.user.id, what = "made an administrator", "administration from the command line");
    Ok(known.user)
}

/// Takes the role from the user with this address, unless it is the last one who has it.
pub async fn take_admin_by_operator(app: &App, email: &str) -> Result<User> {
    let tx = app.store().begin().await?;
    let known = tx.users().by_email(&email.to_lowercase()).await?.ok_or(AppError::NotFound("User"))?;
    if tx.users().hold_role(ADMIN).await? == [known.user.id] {
        return Err(AppError::Refused("This is the last administrator. Make another one first."));
    }
    tx.users().remove_role(known.user.id, ADMIN).await?;
    app.commit(tx, Vec::new()).await?;
    tracing::info!(user = %known.user.id, what = "no longer an administrator", "administration from the command line");
    Ok(known.user)
}
