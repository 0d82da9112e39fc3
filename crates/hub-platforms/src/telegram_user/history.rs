//! Reading: each account's line stays open, and a reading waits at it.

use super::{TelegramUser, kept};
use async_trait::async_trait;
use hub_domain::AccountId;
use hub_platform_kit::platform::{History, HistoryPage, Parsed};
use hub_platform_kit::webhook::Verified;
use hub_platform_kit::{ErrorKind, Grant, Result};
use std::time::Duration;

/// Longest wait of one reading.
const MAX_WAIT: Duration = Duration::from_secs(50);

#[async_trait]
impl History for TelegramUser {
    async fn pull(&self, grant: &Grant, cursor: Option<&str>, wait: Duration) -> Result<HistoryPage> {
        let wait = wait.min(MAX_WAIT);
        let line = self.line(grant, cursor, false).await?;
        let mut outcome = line.page(cursor, wait, self.pace).await;
        if matches!(outcome, Ok(None)) {
            // The hub stands elsewhere than this line: what was told in between was not kept.
            drop(line);
            let line = self.line(grant, cursor, true).await?;
            outcome = line.page(cursor, wait, self.pace).await;
        }
        match outcome {
            Ok(page) => page.ok_or_else(super::errors::line_broke),
            // Telegram wants us to be slow, not to go away.
            Err(error) if matches!(error.kind, ErrorKind::RateLimited { .. }) => Err(error),
            Err(error) => {
                self.lines.close(grant.account_id).await;
                Err(error)
            }
        }
    }

    /// The line is opened by the first reading.
    async fn prepare(&self, _grant: &Grant) -> Result<()> {
        Ok(())
    }

    fn told(&self, receipt: &Verified) -> Result<Vec<Parsed>> {
        let me = receipt.account.as_ref().and_then(|account| account.as_str().parse().ok());
        let Some(me) = me else { return Ok(vec![Parsed::Unreadable("a receipt of no account".to_owned())]) };
        Ok(kept::read(&receipt.body, me))
    }

    async fn lately(&self, grant: &Grant, from: Option<&str>) -> Result<HistoryPage> {
        self.once_more(grant, from).await
    }

    async fn release(&self, account: AccountId) {
        self.lines.close(account).await;
    }
}
