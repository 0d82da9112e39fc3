//! Who may not sign in any more, and which sessions of a user still stand. A session belongs to the generation in which it
//! began; to end all of them a new generation begins. A user without a row is in the first and may sign in.

use super::users::Users;
use crate::error::Result;
use crate::sql::Row;
use hub_domain::{Timestamp, UserId};

/// How a user stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UserStanding {
    /// The generation of sessions that stands; older ones are over.
    pub generation: i32,
    /// Since when the user may not sign in.
    pub deactivated_at: Option<Timestamp>,
}

fn read(row: &Row) -> Result<UserStanding> {
    Ok(UserStanding { generation: row.get(0)?, deactivated_at: row.maybe_time(1)? })
}

impl Users<'_> {
    /// How a user stands.
    pub async fn standing(&self, id: UserId) -> Result<UserStanding> {
        let sql = self.0.sql("SELECT generation, ts(deactivated_at) FROM hub_user_standing WHERE user_id = ?");
        Ok(self.0.read_one(sql.bind(id.0), read).await?.unwrap_or_default())
    }

    /// Begins a new generation; gives its number. The sessions of earlier ones are over, and so is what would renew them.
    pub async fn end_sessions(&self, id: UserId, now: Timestamp) -> Result<i32> {
        let sql = self
            .0
            .sql("INSERT INTO hub_user_standing (user_id, generation) VALUES (?, 1) ON CONFLICT (user_id)")
            .add("DO UPDATE SET generation = hub_user_standing.generation + 1 RETURNING generation")
            .bind(id.0);
        let generation = self.0.read_one(sql, |row| row.get(0)).await?.unwrap_or_default();
        // What rotation replaced a moment ago must not be graced either.
        let sql = self
            .0
            .sql("UPDATE hub_refresh_families SET replaced_at = NULL WHERE token_id IN")
            .add("(SELECT id FROM refresh_tokens WHERE user_id = ?)")
            .bind(id.0);
        self.0.run(sql).await?;
        let sql = self.0.sql("UPDATE refresh_tokens SET revoked_at = ? WHERE user_id = ? AND revoked_at IS NULL");
        self.0.run(sql.time(now).bind(id.0)).await?;
        Ok(generation)
    }

    /// Lets a user sign in no more; false when that was so already.
    pub async fn deactivate(&self, id: UserId, now: Timestamp) -> Result<bool> {
        let sql = self
            .0
            .sql("INSERT INTO hub_user_standing (user_id, generation, deactivated_at) VALUES (?, 0, ?)")
            .add("ON CONFLICT (user_id) DO UPDATE SET deactivated_at = excluded.deactivated_at")
            .add("WHERE hub_user_standing.deactivated_at IS NULL")
            .bind(id.0)
            .time(now);
        Ok(self.0.run(sql).await? > 0)
    }

    /// Lets a user sign in again; false when they could.
    pub async fn reactivate(&self, id: UserId) -> Result<bool> {
        let sql = self.0.sql("UPDATE hub_user_standing SET deactivated_at = NULL WHERE user_id = ?").bind(id.0);
        Ok(self.0.run(sql.add("AND deactivated_at IS NOT NULL")).await? > 0)
    }

    /// Those who have a role and may sign in. Until the transaction ends nobody else takes it from them.
    pub async fn hold_role(&self, role: &str) -> Result<Vec<UserId>> {
        let sql = self.0.sql("SELECT user_id FROM hub_roles WHERE role = ? ORDER BY user_id {FOR UPDATE}").bind(role);
        self.0.all(sql).await?;
        // Read anew: whoever was waited for may have changed who is there.
        let sql = self
            .0
            .sql("SELECT r.user_id FROM hub_roles r LEFT JOIN hub_user_standing s ON s.user_id = r.user_id")
            .add("WHERE r.role = ? AND s.deactivated_at IS NULL ORDER BY r.user_id")
            .bind(role);
        self.0.read(sql, |row| row.id(0)).await
    }

    /// Takes a role away; false when the user did not have it.
    pub async fn remove_role(&self, id: UserId, role: &str) -> Result<bool> {
        let sql = self.0.sql("DELETE FROM hub_roles WHERE user_id = ? AND role = ?").bind(id.0).bind(role);
        Ok(self.0.run(sql).await? > 0)
    }
}
