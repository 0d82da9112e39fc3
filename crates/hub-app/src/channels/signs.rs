//! Signs of life, kept in memory between two writes: an account that works costs no write per call.

use crate::{App, Result};
use hub_domain::{AccountId, Timestamp};
use hub_store::SignsOfLife;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// What accounts showed since the last write. At most one entry per account.
#[derive(Debug, Default)]
pub(crate) struct Signs(Mutex<HashMap<AccountId, SignsOfLife>>);

impl Signs {
    /// Something arrived.
    pub(crate) fn arrived(&self, account: AccountId, at: Timestamp) {
        self.change(account, |signs| signs.event_at = signs.event_at.max(Some(at)));
    }

    /// A call worked.
    pub(crate) fn worked(&self, account: AccountId, at: Timestamp) {
        self.change(account, |signs| signs.success_at = signs.success_at.max(Some(at)));
    }

    /// What is not written yet.
    pub(super) fn of(&self, account: AccountId) -> SignsOfLife {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&account).copied().unwrap_or_default()
    }

    fn change(&self, account: AccountId, change: impl FnOnce(&mut SignsOfLife)) {
        change(self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(account).or_default());
    }

    fn take(&self) -> HashMap<AccountId, SignsOfLife> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Writes them down, in order of the accounts so that two processes never wait for each other.
pub async fn write(app: &App) -> Result<()> {
    let mut signs: Vec<_> = app.signs().take().into_iter().collect();
    if signs.is_empty() {
        return Ok(());
    }
    signs.sort_by_key(|(account, _)| *account);
    let written = async {
        let tx = app.store().begin().await?;
        for (account, signs) in &signs {
            tx.channels().note(*account, *signs).await?;
        }
        app.commit(tx, Vec::new()).await
    };
    let outcome = written.await;
    if outcome.is_err() {
        for (account, signs) in signs {
            app.signs().change(account, |newer| {
                newer.event_at = newer.event_at.max(signs.event_at);
                newer.success_at = newer.success_at.max(signs.success_at);
            });
        }
    }
    outcome
}
