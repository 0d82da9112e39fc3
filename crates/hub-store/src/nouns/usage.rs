//! Who asked for what.

use crate::error::Result;
use crate::sql::{Conn, Sql, chunk};
use hub_domain::{AccountId, Timestamp, UserId};
use uuid::Uuid;

/// One request, or calls of one kind to a platform.
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
    /// Method and route pattern; of calls to a platform, what was called.
    pub endpoint: String,
    /// How many; one for a request.
    pub count: i32,
    /// When; of several the first.
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
                .rows(WIDTH, some, whole);
            self.0.run(sql).await?;
        }
        Ok(())
    }

    /// Writes a row whose count may have grown since. Nothing is noted of an account that is gone.
    pub async fn count(&self, usage: &Usage) -> Result<()> {
        let sql = self
            .0
            .sql("INSERT INTO api_usage_logs (id, user_id, account_id, platform, endpoint, request_count, \"timestamp\")")
            .add("SELECT ?, ?, ?, ?, ?, ?, ? WHERE EXISTS (SELECT 1 FROM connected_accounts WHERE id = ?)")
            .add("ON CONFLICT (id) DO UPDATE SET request_count = excluded.request_count");
        self.0.run(whole(sql, usage).bind(usage.account_id.map(|id| id.0))).await.map(|_| ())
    }

    /// Deletes up to `limit` rows of the hub's that are older than `before`. Those the originals wrote about their calls stay:
    /// they name no user.
    pub async fn purge(&self, before: Timestamp, limit: u32) -> Result<u64> {
        let sql = self
            .0
            .sql("DELETE FROM api_usage_logs WHERE id IN (SELECT id FROM api_usage_logs WHERE \"timestamp\" < ?")
            .add("AND (platform = ? OR (user_id IS NOT NULL AND account_id IS NOT NULL)) LIMIT ?)")
            .time(before)
            .bind(REQUESTS)
            .bind(i64::from(limit));
        self.0.run(sql).await
    }
}

/// All columns of a row.
fn whole(sql: Sql, usage: &Usage) -> Sql {
    sql.bind(usage.id)
        .bind(usage.user_id.map(|id| id.0))
        .bind(usage.account_id.map(|id| id.0))
        .bind(usage.platform.as_str())
        .bind(usage.endpoint.as_str())
        .bind(usage.count)
        .time(usage.at)
}
