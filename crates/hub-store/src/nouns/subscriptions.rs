//! Who calls us, at which address, with which secret.

use crate::error::Result;
use crate::sql::{Conn, Row, Sql};
use hub_domain::{AccountId, RemoteAccountId, Timestamp};
use uuid::Uuid;

/// A subscription.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscription {
    /// Id.
    pub id: Uuid,
    /// Published platform name.
    pub platform: String,
    /// Tells adapters with one name apart.
    pub kind: Option<String>,
    /// Whose deliveries it brings.
    pub remote_id: RemoteAccountId,
    /// SHA-256 of the secret, hex: finds the subscription by the secret a delivery shows.
    pub secret_digest: String,
    /// The secret, sealed.
    pub secret: String,
    /// What follows the platform's name in the address.
    pub path_key: String,
    /// `pending`, `active` or `failed`.
    pub state: String,
    /// When to renew.
    pub renew_at: Option<Timestamp>,
    /// Now.
    pub at: Timestamp,
    /// The platform's id of it.
    pub remote_subscription: Option<String>,
    /// What the adapter must remember, sealed.
    pub memory: Option<String>,
    /// The account whose grant confirmed it last.
    pub account: Option<AccountId>,
    /// The address the platform confirmed last; `None` = none yet, or not known.
    pub address: Option<String>,
}

/// Statements about subscriptions.
pub struct Subscriptions<'a>(pub(crate) Conn<'a>);

const SELECT: &str = "SELECT id, platform, account_kind, remote_id, secret_digest, secret, path_key, state, ts(renew_at), \
    ts(at), remote_subscription, memory, account_id, address FROM hub_subscriptions WHERE platform = ? AND";

fn read(row: &Row) -> Result<Subscription> {
    Ok(Subscription {
        id: row.get(0)?,
        platform: row.get(1)?,
        kind: Some(row.get::<String>(2)?).filter(|kind| !kind.is_empty()),
        remote_id: row.text(3)?,
        secret_digest: row.get(4)?,
        secret: row.get(5)?,
        path_key: row.get(6)?,
        state: row.get(7)?,
        renew_at: row.maybe_time(8)?,
        at: row.time(9)?,
        remote_subscription: row.get(10)?,
        memory: row.get(11)?,
        account: row.maybe_id(12)?,
        address: row.get(13)?,
    })
}

impl Subscriptions<'_> {
    fn select(&self, platform: &str, condition: &str) -> Sql {
        self.0.sql(SELECT).add(condition).bind(platform)
    }

    /// Of an account at a platform.
    pub async fn by_account(
        &self,
        platform: &str,
        kind: Option<&str>,
        remote_id: &RemoteAccountId,
    ) -> Result<Option<Subscription>> {
        let sql = self.select(platform, "account_kind = ? AND remote_id = ?").bind(kind.unwrap_or_default());
        self.0.read_one(sql.bind(remote_id.as_str()), read).await
    }

    /// By what follows the platform's name in the address.
    pub async fn by_path_key(&self, platform: &str, path_key: &str) -> Result<Option<Subscription>> {
        self.0.read_one(self.select(platform, "path_key = ?").bind(path_key), read).await
    }

    /// By the digest of the secret a delivery shows.
    pub async fn by_secret_digest(&self, platform: &str, digest: &str) -> Result<Option<Subscription>> {
        self.0.read_one(self.select(platform, "secret_digest = ? ORDER BY id LIMIT 1").bind(digest), read).await
    }

    /// By the platform's ids of them.
    pub async fn by_remote_ids(&self, platform: &str, ids: &[String]) -> Result<Vec<Subscription>> {
        let sql = self.select(platform, "remote_subscription IN").list(ids.iter().map(String::as_str));
        self.0.read(sql.add("ORDER BY id"), read).await
    }

    /// True when the platform confirmed that it calls for an account.
    pub async fn is_active(&self, account: AccountId) -> Result<bool> {
        let sql = self.0.sql("SELECT COUNT(*) FROM hub_subscriptions WHERE state = 'active' AND account_id = ?");
        Ok(self.0.read_one(sql.bind(account.0), |row| row.get::<i64>(0)).await?.unwrap_or_default() > 0)
    }

    /// The accounts whose subscriptions are to be renewed now, the most urgent first.
    pub async fn due(&self, now: Timestamp, limit: u32) -> Result<Vec<AccountId>> {
        let sql = self.0.sql("SELECT account_id FROM hub_subscriptions WHERE renew_at <= ?").time(now);
        let sql = sql.add("AND account_id IS NOT NULL ORDER BY renew_at LIMIT ?").bind(i64::from(limit));
        self.0.read(sql, |row| row.id(0)).await
    }

    /// Stores a subscription, or its new state.
    pub async fn upsert(&self, subscription: &Subscription) -> Result<()> {
        let sql = self
            .0
            .sql("INSERT INTO hub_subscriptions (id, platform, account_kind, remote_id, secret_digest, secret, path_key,")
            .add("state, renew_at, at, remote_subscription, memory, account_id, address)")
            .add("VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
            .add("ON CONFLICT (id) DO UPDATE SET secret_digest = excluded.secret_digest, secret = excluded.secret,")
            .add("path_key = excluded.path_key, state = excluded.state, renew_at = excluded.renew_at,")
            .add("at = excluded.at, remote_subscription = excluded.remote_subscription, memory = excluded.memory,")
            .add("account_id = excluded.account_id, address = excluded.address, reason = NULL")
            .bind(subscription.id)
            .bind(subscription.platform.as_str())
            .bind(subscription.kind.clone().unwrap_or_default())
            .bind(subscription.remote_id.as_str())
            .bind(subscription.secret_digest.as_str())
            .bind(subscription.secret.as_str())
            .bind(subscription.path_key.as_str())
            .bind(subscription.state.as_str())
            .maybe_time(subscription.renew_at)
            .time(subscription.at)
            .bind(subscription.remote_subscription.clone())
            .bind(subscription.memory.clone())
            .bind(subscription.account.map(|id| id.0))
            .bind(subscription.address.clone());
        self.0.run(sql).await.map(|_| ())
    }

    /// Notes how it stands.
    pub async fn set_state(&self, id: Uuid, state: &str, reason: Option<&str>, now: Timestamp) -> Result<()> {
        let sql = self.0.sql("UPDATE hub_subscriptions SET state = ?, reason = ?, at = ? WHERE id = ?");
        self.0.run(sql.bind(state).bind(reason.map(str::to_owned)).time(now).bind(id)).await.map(|_| ())
    }

    /// Forgets it.
    pub async fn delete(&self, id: Uuid) -> Result<()> {
        self.0.run(self.0.sql("DELETE FROM hub_subscriptions WHERE id = ?").bind(id)).await.map(|_| ())
    }
}
