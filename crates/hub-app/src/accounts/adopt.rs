//! Rows of the originals name no kind of account. Their tokens tell which of several adapters they belong to.

use super::grants::stored_grant;
use crate::{App, Result};
use hub_domain::{Account, AccountId, EventBody};
use hub_store::NewEvent;

/// Accounts looked at in one query.
const PAGE: u32 = 500;

/// Looks at the token of every active account without a kind, where a published name alone does not say which adapter serves it.
/// Only columns of our own are written: the original must be able to go on with its row.
pub async fn adopt(app: &App) -> Result<()> {
    let mut after: Option<AccountId> = None;
    loop {
        let page = app.store().read().accounts().all_active(after, PAGE).await?;
        after = page.last().map(|account| account.id);
        let full = page.len() as u64 == u64::from(PAGE);
        for account in page.iter().filter(|account| account.kind.is_none() && is_shared(app, account)) {
            // Opening it is enough; one that does not open is marked there.
            if let Err(error) = stored_grant(app, account.id).await {
                tracing::debug!(account = %account.id, %error, "an account of an original could not be looked at");
            }
        }
        if !full {
            return Ok(());
        }
    }
}

fn is_shared(app: &App, account: &Account) -> bool {
    app.platforms().published(&account.platform_name).len() > 1
}

/// Gives an account without a kind the one that its token tells; the account as it is then.
pub(super) async fn recognise(app: &App, account: Account, token: &str) -> Result<Account> {
    if account.kind.is_some() {
        return Ok(account);
    }
    let Some((kind, method)) = app.platforms().kind_of_token(&account.platform_name, token) else { return Ok(account) };
    let now = app.now();
    let tx = app.store().begin().await?;
    let is_news = tx.accounts().set_kind(account.id, kind, method).await?;
    let body = EventBody::AccountChanged { account_id: account.id };
    let told = is_news.then_some(NewEvent { user_id: account.user_id, at: now, body });
    app.commit(tx, told.into_iter().collect()).await?;
    tracing::info!(account = %account.id, kind, "an account of an original was recognised by its token");
    Ok(Account { kind: Some(kind.to_owned()), method: account.method.or(Some(method.to_owned())), ..account })
}
