//! Everybody's accounts.

use crate::accounts::disconnect_for;
use crate::channels::{ChannelView, shown, whole};
use crate::{App, AppError, Caller, Result};
use hub_domain::AccountId;
use hub_store::{FindAccounts, Slice};

/// How an account stands, and whose it is.
#[derive(Clone, Debug, PartialEq)]
pub struct AccountFile {
    /// How it stands.
    pub channel: ChannelView,
    /// The address of its owner.
    pub owner: String,
}

/// A part of the accounts, the newest first. Holes are left to [`open_account`].
pub async fn find_accounts(app: &App, query: &FindAccounts) -> Result<Slice<AccountFile>> {
    let found = app.store().read().admin().accounts(query).await?;
    let (accounts, owners): (Vec<_>, Vec<_>) = found.items.into_iter().map(|one| (one.account, one.owner)).unzip();
    let channels = shown(app, accounts).await?;
    let items = channels.into_iter().zip(owners).map(|(channel, owner)| AccountFile { channel, owner }).collect();
    Ok(Slice { items, next: found.next })
}

/// One of them.
pub async fn open_account(app: &App, id: AccountId) -> Result<AccountFile> {
    let found = app.store().read().admin().account(id).await?.ok_or(AppError::AccountNotFound)?;
    Ok(AccountFile { channel: whole(app, found.account).await?, owner: found.owner })
}

/// Disconnects somebody's account, as its owner would. Twice is fine. Conversations stay.
pub async fn disconnect_account(app: &App, caller: &Caller, id: AccountId) -> Result<()> {
    let account = app.store().read().accounts().get(id).await?.ok_or(AppError::AccountNotFound)?;
    disconnect_for(app, account.user_id, id, "An administrator of the hub disconnected it.").await?;
    tracing::info!(admin = %caller.user_id, user = %account.user_id, account = %id, what = "disconnected", "administration");
    Ok(())
}
