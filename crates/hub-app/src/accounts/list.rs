//! The caller's accounts.

use crate::{App, Caller, Result};
use hub_domain::{Account, AccountId, Timestamp};

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
    /// Calls in a window.
    pub limit: u32,
    /// Calls left now.
    pub remaining: u32,
    /// When the budget is whole again.
    pub reset_at: Timestamp,
    /// The window.
    pub window_ms: u64,
}

/// The budgets of the caller's active accounts.
pub async fn rate_limits(app: &App, caller: &Caller) -> Result<Vec<RateLimit>> {
    let mut limits = Vec::new();
    for account in list(app, caller).await?.into_iter().filter(|a| a.is_active) {
        let Ok(handle) = app.handle_of(&account) else { continue };
        let window = handle.card().quota.per_account;
        let (remaining, full_in) = handle.budget(account.id);
        limits.push(RateLimit {
            account_id: account.id,
            platform: account.platform_name,
            limit: window.calls,
            remaining,
            reset_at: app.now() + full_in,
            window_ms: u64::try_from(window.per.as_millis()).unwrap_or(u64::MAX),
        });
    }
    Ok(limits)
}
