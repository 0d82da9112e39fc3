//! Who asked for what.

use super::{Admin, Order, Place, Slice, Span, search, slice};
use crate::error::Result;
use crate::sql::Row;
use hub_domain::{AccountId, Timestamp, UserId};
use uuid::Uuid;

/// Which rows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FindUsage {
    /// Words of the endpoint, or a row's id.
    pub search: Option<String>,
    /// Of one platform only; `api` = requests to the hub.
    pub platform: Option<String>,
    /// Of one user only.
    pub user: Option<UserId>,
    /// Of one account only.
    pub account: Option<AccountId>,
    /// Within.
    pub span: Span,
    /// Behind this place.
    pub after: Option<Place>,
    /// So many at most.
    pub limit: u32,
}

/// One request, or one call of an original.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsageRow {
    /// Id of the row.
    pub id: Uuid,
    /// Who.
    pub user_id: Option<UserId>,
    /// Their address.
    pub email: Option<String>,
    /// Through which account.
    pub account_id: Option<AccountId>,
    /// Published platform name, or `api`.
    pub platform: String,
    /// Method and route pattern.
    pub endpoint: String,
    /// How often.
    pub count: i32,
    /// When.
    pub at: Timestamp,
}

const ORDER: Order = Order { at: "l.\"timestamp\"", id: "l.id" };
const SELECT: &str = "SELECT l.id, l.user_id, u.email, l.account_id, l.platform, l.endpoint, l.request_count, \
    ts(l.\"timestamp\") FROM api_usage_logs l LEFT JOIN users u ON u.id = l.user_id WHERE l.\"timestamp\" IS NOT NULL";

fn read(row: &Row) -> Result<UsageRow> {
    Ok(UsageRow {
        id: row.get(0)?,
        user_id: row.maybe_id(1)?,
        email: row.get(2)?,
        account_id: row.maybe_id(3)?,
        platform: row.get(4)?,
        endpoint: row.get(5)?,
        count: row.get::<Option<i32>>(6)?.unwrap_or(1),
        at: row.time(7)?,
    })
}

impl Admin<'_> {
    /// A part of the usage log, the newest first. Rows without a time are passed over.
    pub async fn usage(&self, query: &FindUsage) -> Result<Slice<UsageRow>> {
        let mut sql = search(self.0.sql(SELECT), query.search.as_deref(), &["l.endpoint"], "l.id");
        if let Some(platform) = &query.platform {
            sql = sql.add("AND l.platform = ?").bind(platform.as_str());
        }
        if let Some(user) = query.user {
            sql = sql.add("AND l.user_id = ?").bind(user.0);
        }
        if let Some(account) = query.account {
            sql = sql.add("AND l.account_id = ?").bind(account.0);
        }
        let sql = ORDER.sorted(ORDER.narrow(sql, query.span, query.after), query.limit);
        Ok(slice(self.0.read(sql, read).await?, query.limit, |row| Place { at: row.at, id: row.id }))
    }

    /// One row.
    pub async fn usage_row(&self, id: Uuid) -> Result<Option<UsageRow>> {
        self.0.read_one(self.0.sql(SELECT).add("AND l.id = ?").bind(id), read).await
    }
}
