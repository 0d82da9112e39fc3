//! Everybody who signs in.

use super::{Admin, Order, Place, Slice, Span, search, slice};
use crate::error::Result;
use crate::sql::{Row, Sql};
use hub_domain::{Timestamp, User, UserId};

/// Which users.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FindUsers {
    /// Words of the address, or an id.
    pub search: Option<String>,
    /// Only those with or without this role.
    pub role: Option<(String, bool)>,
    /// Only those who may sign in, or may not.
    pub active: Option<bool>,
    /// Behind this place.
    pub after: Option<Place>,
    /// So many at most.
    pub limit: u32,
}

/// A user as an administrator sees them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownUser {
    /// The user.
    pub user: User,
    /// What they may do beyond their own inbox.
    pub roles: Vec<String>,
    /// Since when they may not sign in.
    pub deactivated_at: Option<Timestamp>,
    /// Accounts that are linked now.
    pub accounts: i64,
    /// Log-ins that can still be renewed.
    pub sessions: i64,
    /// When the last of them was begun or renewed; forgotten some days after its end.
    pub seen_at: Option<Timestamp>,
}

/// Rows of the originals may have no time; they are the oldest.
const ORDER: Order = Order { at: "COALESCE(ts(u.created_at), '1970-01-01T00:00:00.000000Z')", id: "u.id" };

fn read(row: &Row) -> Result<KnownUser> {
    let created_at = row.maybe_time(2)?.unwrap_or_default();
    let user =
        User { id: row.id(0)?, email: row.get(1)?, created_at, updated_at: row.maybe_time(3)?.unwrap_or(created_at) };
    Ok(KnownUser {
        user,
        roles: Vec::new(),
        deactivated_at: row.maybe_time(4)?,
        accounts: row.get(5)?,
        sessions: row.get(6)?,
        seen_at: row.maybe_time(7)?,
    })
}

impl Admin<'_> {
    fn select_users(&self, now: Timestamp) -> Sql {
        self.0
            .sql("SELECT u.id, u.email, ts(u.created_at), ts(u.updated_at), ts(s.deactivated_at),")
            .add("(SELECT COUNT(*) FROM connected_accounts a WHERE a.user_id = u.id")
            .add("AND (a.is_active = TRUE OR a.is_active IS NULL)),")
            .add("(SELECT COUNT(DISTINCT COALESCE(f.family, t.id)) FROM refresh_tokens t")
            .add("LEFT JOIN hub_refresh_families f ON f.token_id = t.id")
            .add("WHERE t.user_id = u.id AND t.revoked_at IS NULL AND t.expires_at > ?),")
            .time(now)
            .add("(SELECT MAX(ts(t.created_at)) FROM refresh_tokens t WHERE t.user_id = u.id)")
            .add("FROM users u LEFT JOIN hub_user_standing s ON s.user_id = u.id WHERE 1 = 1")
    }

    /// A part of the users, the newest first.
    pub async fn users(&self, query: &FindUsers, now: Timestamp) -> Result<Slice<KnownUser>> {
        let mut sql = search(self.select_users(now), query.search.as_deref(), &["u.email"], "u.id");
        if let Some((role, has)) = &query.role {
            sql = sql.add(if *has { "AND u.id IN" } else { "AND u.id NOT IN" });
            sql = sql.add("(SELECT r.user_id FROM hub_roles r WHERE r.role = ?)").bind(role.as_str());
        }
        match query.active {
            Some(true) => sql = sql.add("AND s.deactivated_at IS NULL"),
            Some(false) => sql = sql.add("AND s.deactivated_at IS NOT NULL"),
            None => {}
        }
        let sql = ORDER.sorted(ORDER.narrow(sql, Span::default(), query.after), query.limit);
        let found = self.0.read(sql, read).await?;
        let place = |known: &KnownUser| Place { at: known.user.created_at, id: known.user.id.0 };
        let mut part = slice(found, query.limit, place);
        self.add_roles(&mut part.items).await?;
        Ok(part)
    }

    /// One of them.
    pub async fn user(&self, id: UserId, now: Timestamp) -> Result<Option<KnownUser>> {
        let mut found = self.0.read(self.select_users(now).add("AND u.id = ?").bind(id.0), read).await?;
        self.add_roles(&mut found).await?;
        Ok(found.into_iter().next())
    }

    async fn add_roles(&self, users: &mut [KnownUser]) -> Result<()> {
        let sql = self.0.sql("SELECT user_id, role FROM hub_roles WHERE user_id IN");
        let sql = sql.list(users.iter().map(|known| known.user.id.0)).add("ORDER BY role");
        for (id, role) in self.0.read(sql, |row| Ok((row.id::<UserId>(0)?, row.get::<String>(1)?))).await? {
            if let Some(known) = users.iter_mut().find(|known| known.user.id == id) {
                known.roles.push(role);
            }
        }
        Ok(())
    }

    /// The addresses of users.
    pub async fn emails(&self, ids: &[UserId]) -> Result<Vec<(UserId, String)>> {
        let sql = self.0.sql("SELECT id, email FROM users WHERE id IN").list(ids.iter().map(|id| id.0));
        self.0.read(sql, |row| Ok((row.id(0)?, row.get(1)?))).await
    }
}
