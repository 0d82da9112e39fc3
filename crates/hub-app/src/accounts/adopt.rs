//! Accounts that an original left: where several adapters share a platform's name, the token tells which one serves it.

use super::grants::stored_grant;
use crate::{App, Result};

/// Accounts looked at in one query.
const ACCOUNTS_PER_PAGE: u32 = 500;

/// Notes the adapter of every account that an original left and whose token tells it. Done at the start, before anything is
/// read or sent; twice is fine.
pub async fn tell_kinds(app: &App) -> Result<()> {
    let mut after = None;
    loop {
        let page = app.store().read().accounts().all_active(after, ACCOUNTS_PER_PAGE).await?;
        after = page.last().map(|account| account.id);
        let full = page.len() as u64 == u64::from(ACCOUNTS_PER_PAGE);
        for account in page.iter().filter(|account| account.kind.is_none()) {
            if app.platforms().published(&account.platform_name).len() < 2 {
                continue;
            }
            // A token that no key opens accuses the account where it is used.
            let Ok((_, grant)) = stored_grant(app, account.id).await else { continue };
            let Some((kind, method)) = app.platforms().kind_of_token(&account.platform_name, grant.token()) else {
                continue;
            };
            let tx = app.store().begin().await?;
            tx.accounts().set_kind(account.id, kind, method).await?;
            app.commit(tx, Vec::new()).await?;
        }
        if !full {
            return Ok(());
        }
    }
}
