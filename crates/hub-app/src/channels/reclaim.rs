//! Takes a channel back from whoever the platform calls instead: only when its owner says so.

use super::list::{ChannelView, one};
use crate::accounts::subscribe_webhook::reclaim_now;
use crate::{App, AppError, Caller, Result};
use hub_domain::{AccountId, ChannelState};

/// Has the platform call this hub again, and reads back what was missed. Of a channel that nobody took it is harmless.
pub async fn reclaim(app: &App, caller: &Caller, id: AccountId) -> Result<ChannelView> {
    let account = app.store().read().accounts().find(caller.user_id, id).await?.ok_or(AppError::AccountNotFound)?;
    match account.state {
        ChannelState::Off => return Err(AppError::AccountNotFound),
        ChannelState::NeedsReauth => return Err(AppError::AccountNeedsReauth),
        _ => {}
    }
    if app.settings().public_url.is_none() || !app.handle_of(&account)?.card().intake.webhook {
        return Err(AppError::Invalid("The platform does not call this hub for this account.".to_owned()));
    }
    tracing::info!(account = %id, user = %caller.user_id, "a channel is taken back");
    reclaim_now(app, &account).await?;
    one(app, caller, id).await
}
