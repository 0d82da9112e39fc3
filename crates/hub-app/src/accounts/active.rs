//! One account, for what only works while it is linked.

use crate::{App, AppError, Caller, Result};
use hub_domain::{Account, AccountId};

/// The caller's active account of a platform; another's, another platform's and a disconnected one are not found.
pub async fn active(app: &App, caller: &Caller, platform: &str, id: AccountId) -> Result<Account> {
    let found = app.store().read().accounts().find(caller.user_id, id).await?;
    found.filter(|account| account.is_active && account.platform_name == platform).ok_or(AppError::AccountNotFound)
}
