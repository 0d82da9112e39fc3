//! The caller's accounts.

use crate::{App, AppError, Caller, Result};
use hub_domain::{Account, AccountId, Timestamp};
use hub_platform_kit::throttle::Budget;
use hub_store::Notice;

/// The caller's accounts, newest first, disconnected ones included.
pub async fn list(app: &App, caller: &Caller) -> Result<Vec<Account>> {
    Ok(app.store().read().accounts().list(caller.user_id).await?)
}

/// What is left of an account's budget of calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RateLimit {
    /// The account.
    pub account_id: AccountId,
    /// Published platform name.
    pub platform: String,
    /// The budgets of its platform's card, the one that is most used up first; never empty.
    pub budgets: Vec<Budget>,
    /// Now.
    pub at: Timestamp,
}

/// What happened to one of the caller's accounts, newest first.
pub async fn notices(app: &App, caller: &Caller, id: AccountId, limit: u32) -> Result<Vec<Notice>> {
    let session = app.store().read();
    if session.accounts().find(caller.user_id, id).await?.is_none() {
        return Err(AppError::AccountNotFound);
    }
    Ok(session.notices().of_account(caller.user_id, id, limit).await?)
}

/// The budgets of the caller's active accounts.
pub async fn rate_limits(app: &App, caller: &Caller) -> Result<Vec<RateLimit>> {
    let mut limits = Vec::new();
    for account in list(app, caller).await?.into_iter().filter(|a| a.is_active) {
        let Ok(handle) = app.handle_of(&account) else { continue };
        let mut budgets = handle.budgets(account.id);
        budgets.sort_by_key(|budget| u64::from(budget.left) * 1000 / u64::from(budget.window.calls.max(1)));
        if !budgets.is_empty() {
            limits.push(RateLimit { account_id: account.id, platform: account.platform_name, budgets, at: app.now() });
        }
    }
    Ok(limits)
}
