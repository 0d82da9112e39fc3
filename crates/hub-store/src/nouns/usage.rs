//! Who asked for what.

use crate::error::Result;
use crate::sql::{Conn, chunk};
use hub_domain::{AccountId, Timestamp, UserId};
use uuid::Uuid;

/// One request.
#[derive(Clone, Debug)]
pub struct Usage {
    /// Id of the row.
    pub id: Uuid,
    /// Who.
    pub user_id: Option<UserId>,
    /// Through which account.
    pub account_id: Option<AccountId>,
    /// Published platform name, or `api`.
    pub platform: String,
    /// Method and route pattern.
    pub endpoint: String,
    /// When.
    pub at: Timestamp,
}

/// Statements about usage.
pub struct UsageLog<'a>(pub(crate) Conn<'a>);

/// The platform of a row about a request to the hub itself.
pub const REQUESTS: &str = "api";
/// Parameters of one row.
const WIDTH: usize = 7;

impl UsageLog<'_> {
    /// Writes rows.
    pub async fn insert_many(&self, rows: &[Usage]) -> Result<()> {
        for some in rows.chunks(chunk(WIDTH)) {
            let sql = self
                .0
                .sql("INSERT INTO api_usage_logs (id, user_id, account_id, platform, endpoint, request_count, \"timestamp\")")
                .add("VALUES")
                .rows(WIDTH, some, |sql, usage| {
                    sql.bind(usage.id)
                        .bind(usage.user_id.map(|id| id.0))
                        .bind(usage.account_id.map(|id| id.0))
                        .bind(usage.platform.as_str())
                        .bind(usage.endpoint.as_str())
                        .bind(1)
                        .time(usage.at)
                });
            self.0.run(sql).await?;
        }
        Ok(())
    }

    /// Deletes up to `limit` rows of requests older than `before`. Those the originals wrote about their calls stay.
    pub async fn purge(&self, before: Timestamp, limit: u32) -> Result<u64> {
        let sql = self
            .0
            .sql("DELETE FROM api_usage_logs WHERE id IN (SELECT id FROM api_usage_logs WHERE platform = ?")
            .add("AND \"timestamp\" < ? LIMIT ?)")
            .bind(REQUESTS)
            .time(before)
            .bind(i64::from(limit));
        self.0.run(sql).await
    }
}
