//! What administrators see and do: everybody's users, accounts, conversations, messages and requests. Nothing here looks at the
//! caller's rights again: the front door lets only administrators ask. What changes something asks once more, in the transaction
//! that changes it, and leaves a line in the log: who did what to whom, without a word of a message.

pub mod accounts;
pub mod conversations;
mod deactivate;
pub mod messages;
mod overview;
mod roles;
mod sessions;
pub mod usage;
pub mod users;

pub use accounts::disconnect_account;
pub use deactivate::{deactivate_user, reactivate_user};
pub use overview::{Overview, overview};
pub use roles::{administrators, grant_admin, grant_admin_by_operator, take_admin, take_admin_by_operator};
pub use sessions::end_sessions;

use crate::auth::ADMIN;
use crate::{App, AppError, Caller, Result};
use hub_domain::{EventBody, UserId};
use hub_store::{NewEvent, Tx};

/// Holds who is an administrator until the transaction ends, and lets pass who still is one. Two who act on each other at the same
/// moment come one after the other, and so one of them stays.
async fn hold_admins(tx: &Tx, caller: &Caller) -> Result<Vec<UserId>> {
    let admins = tx.users().hold_role(ADMIN).await?;
    if admins.contains(&caller.user_id) { Ok(admins) } else { Err(AppError::AdminsOnly) }
}

/// Whoever is asked about must be there.
async fn must_exist(tx: &Tx, user: UserId) -> Result<()> {
    tx.users().get(user).await?.map(|_| ()).ok_or(AppError::NotFound("User"))
}

/// Ends a user's sessions in `tx`; gives what their open sockets must be told.
async fn end_in(app: &App, tx: &Tx, user: UserId) -> Result<NewEvent> {
    let now = app.now();
    let generation = tx.users().end_sessions(user, now).await?;
    Ok(NewEvent { user_id: user, at: now, body: EventBody::SessionsEnded { generation } })
}

/// One line about what an administrator did to a user.
fn audit(caller: &Caller, user: UserId, what: &str) {
    tracing::info!(admin = %caller.user_id, %user, what, "administration");
}
