//! News about messages that are not known yet: platforms keep no order. When such a message comes, the deliveries that spoke
//! of it are read again.

use crate::error::Result;
use crate::sql::{Conn, chunk};
use hub_domain::{AccountId, ReceiptId, RemoteMessageId, Timestamp};
use std::collections::BTreeSet;

/// Statements about early news.
pub struct EarlyNews<'a>(pub(crate) Conn<'a>);

impl EarlyNews<'_> {
    /// Notes that a delivery spoke of a message nobody knows.
    pub async fn note(
        &self,
        account: AccountId,
        message: &RemoteMessageId,
        receipt: ReceiptId,
        now: Timestamp,
    ) -> Result<()> {
        let sql = self
            .0
            .sql("INSERT INTO hub_early_news (account_id, remote_id, receipt_id, at) VALUES (?, ?, ?, ?)")
            .add("ON CONFLICT DO NOTHING")
            .bind(account.0)
            .bind(message.as_str())
            .bind(receipt.0)
            .time(now);
        self.0.run(sql).await.map(|_| ())
    }

    /// Takes the deliveries that spoke of these messages, in the order they came, each once. They are noted no more.
    pub async fn take(&self, messages: &[(AccountId, &RemoteMessageId)]) -> Result<Vec<ReceiptId>> {
        let mut taken: Vec<(Timestamp, ReceiptId)> = Vec::new();
        for some in messages.chunks(chunk(2)) {
            let accounts: BTreeSet<AccountId> = some.iter().map(|(account, _)| *account).collect();
            let sql = self
                .0
                .sql("SELECT account_id, remote_id, receipt_id, ts(at) FROM hub_early_news WHERE account_id IN")
                .list(accounts.iter().map(|id| id.0))
                .add("AND remote_id IN")
                .list(some.iter().map(|(_, message)| message.as_str()));
            let found: Vec<(AccountId, RemoteMessageId, ReceiptId, Timestamp)> =
                self.0.read(sql, |row| Ok((row.id(0)?, row.text(1)?, row.id(2)?, row.time(3)?))).await?;
            for (account, message, receipt, at) in found {
                if !some.iter().any(|(of, id)| *of == account && **id == message) {
                    continue;
                }
                let sql = self.0.sql("DELETE FROM hub_early_news WHERE account_id = ? AND remote_id = ?");
                self.0.run(sql.bind(account.0).bind(message.as_str())).await?;
                taken.push((at, receipt));
            }
        }
        taken.sort_unstable();
        taken.dedup_by_key(|(_, receipt)| *receipt);
        Ok(taken.into_iter().map(|(_, receipt)| receipt).collect())
    }
}
