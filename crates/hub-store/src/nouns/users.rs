//! People who sign in.

use crate::error::Result;
use crate::sql::{Conn, Row};
use hub_domain::{Timestamp, User, UserId};

/// A new user.
#[derive(Clone, Debug)]
pub struct NewUser {
    /// Id.
    pub id: UserId,
    /// Lower-case address.
    pub email: String,
    /// bcrypt.
    pub password_hash: String,
    /// Now.
    pub at: Timestamp,
}

/// A user with what proves them.
#[derive(Clone, Debug)]
pub struct StoredUser {
    /// The user.
    pub user: User,
    /// bcrypt.
    pub password_hash: String,
}

/// Statements about users.
pub struct Users<'a>(pub(crate) Conn<'a>);

const COLUMNS: &str = "id, email, ts(created_at), ts(updated_at), password_hash";

fn read(row: &Row) -> Result<StoredUser> {
    let created_at = row.maybe_time(2)?.unwrap_or_default();
    let user =
        User { id: row.id(0)?, email: row.get(1)?, created_at, updated_at: row.maybe_time(3)?.unwrap_or(created_at) };
    Ok(StoredUser { user, password_hash: row.get(4)? })
}

impl Users<'_> {
    /// Stores a user; false when the address is taken.
    pub async fn insert(&self, user: &NewUser) -> Result<bool> {
        let sql = self
            .0
            .sql("INSERT INTO users (id, email, password_hash, created_at, updated_at) VALUES (?, ?, ?, ?, ?)")
            .add("ON CONFLICT DO NOTHING")
            .bind(user.id.0)
            .bind(user.email.as_str())
            .bind(user.password_hash.as_str())
            .time(user.at)
            .time(user.at);
        Ok(self.0.run(sql).await? > 0)
    }

    /// By lower-case address. An original may have stored capitals.
    pub async fn by_email(&self, email: &str) -> Result<Option<StoredUser>> {
        let sql = self.0.sql(&format!("SELECT {COLUMNS} FROM users WHERE email = ?")).bind(email);
        if let Some(found) = self.0.read_one(sql, read).await? {
            return Ok(Some(found));
        }
        let sql =
            self.0.sql(&format!("SELECT {COLUMNS} FROM users WHERE lower(email) = ? ORDER BY id LIMIT 1")).bind(email);
        self.0.read_one(sql, read).await
    }

    /// By id.
    pub async fn get(&self, id: UserId) -> Result<Option<User>> {
        let sql = self.0.sql(&format!("SELECT {COLUMNS} FROM users WHERE id = ?")).bind(id.0);
        self.0.read_one(sql, |row| read(row).map(|stored| stored.user)).await
    }

    /// Replaces the password hash.
    pub async fn set_password_hash(&self, id: UserId, hash: &str, now: Timestamp) -> Result<()> {
        let sql = self.0.sql("UPDATE users SET password_hash = ?, updated_at = ? WHERE id = ?");
        self.0.run(sql.bind(hash).time(now).bind(id.0)).await.map(|_| ())
    }

    /// Gives a role. Twice is fine.
    pub async fn add_role(&self, id: UserId, role: &str, now: Timestamp) -> Result<()> {
        let sql = self.0.sql("INSERT INTO hub_roles (user_id, role, at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING");
        self.0.run(sql.bind(id.0).bind(role).time(now)).await.map(|_| ())
    }

    /// True when the user has the role.
    pub async fn has_role(&self, id: UserId, role: &str) -> Result<bool> {
        let sql = self.0.sql("SELECT 1 FROM hub_roles WHERE user_id = ? AND role = ?").bind(id.0).bind(role);
        Ok(self.0.one(sql).await?.is_some())
    }

    /// How many there are.
    pub async fn count(&self) -> Result<i64> {
        let row = self.0.read_one(self.0.sql("SELECT COUNT(*) FROM users"), |row| row.get(0)).await?;
        Ok(row.unwrap_or_default())
    }
}
