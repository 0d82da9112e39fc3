//! How much there is of everything.

use super::Admin;
use crate::error::Result;

/// Rows there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RowCounts {
    /// Users.
    pub users: i64,
    /// Of these: those who may not sign in.
    pub deactivated: i64,
    /// Of these: those with the role that was asked for who may sign in.
    pub holders: i64,
    /// Accounts.
    pub accounts: i64,
    /// Of these: those that are linked now.
    pub active_accounts: i64,
    /// Conversations.
    pub conversations: i64,
    /// Messages.
    pub messages: i64,
    /// Rows of the usage log.
    pub usage: i64,
}

impl Admin<'_> {
    /// Counts everything, and who has `role`.
    pub async fn counts(&self, role: &str) -> Result<RowCounts> {
        let sql = self
            .0
            .sql("SELECT (SELECT COUNT(*) FROM users),")
            .add("(SELECT COUNT(*) FROM hub_user_standing WHERE deactivated_at IS NOT NULL),")
            .add("(SELECT COUNT(*) FROM hub_roles r LEFT JOIN hub_user_standing s ON s.user_id = r.user_id")
            .add("WHERE r.role = ? AND s.deactivated_at IS NULL),")
            .bind(role)
            .add("(SELECT COUNT(*) FROM connected_accounts),")
            .add("(SELECT COUNT(*) FROM connected_accounts WHERE is_active = TRUE OR is_active IS NULL),")
            .add("(SELECT COUNT(*) FROM conversations), (SELECT COUNT(*) FROM messages),")
            .add("(SELECT COUNT(*) FROM api_usage_logs)");
        let read = |row: &crate::sql::Row| {
            Ok(RowCounts {
                users: row.get(0)?,
                deactivated: row.get(1)?,
                holders: row.get(2)?,
                accounts: row.get(3)?,
                active_accounts: row.get(4)?,
                conversations: row.get(5)?,
                messages: row.get(6)?,
                usage: row.get(7)?,
            })
        };
        Ok(self.0.read_one(sql, read).await?.unwrap_or_default())
    }
}
