//! Linked accounts and their sealed tokens.

use super::PUBLISHED;
use crate::error::{Result, StoreError};
use crate::sql::{Conn, Row, Sql};
use hub_domain::{Account, AccountId, ChannelState, Reading, RemoteAccountId, Timestamp, UserId};

/// Tokens, sealed.
#[derive(Clone, Debug)]
pub struct SealedTokens {
    /// The contract's column.
    pub access_token: String,
    /// The seal beside it.
    pub access_token_seal: Option<String>,
    /// The contract's column.
    pub refresh_token: Option<String>,
    /// The seal beside it.
    pub refresh_token_seal: Option<String>,
    /// When the access token ends.
    pub expires_at: Option<Timestamp>,
}

/// An account to be linked.
#[derive(Clone, Debug)]
pub struct LinkedAccount {
    /// Id of the row, if it is new.
    pub id: AccountId,
    /// Whose.
    pub user_id: UserId,
    /// Published platform name.
    pub platform_name: String,
    /// Tells adapters with one name apart.
    pub kind: Option<String>,
    /// Id at the platform.
    pub remote_id: RemoteAccountId,
    /// Name at the platform.
    pub username: Option<String>,
    /// A larger thing at the platform that events may name instead.
    pub group: Option<RemoteAccountId>,
    /// By which of the card's ways.
    pub method: String,
    /// Whose permission it hangs on.
    pub grantor: Option<String>,
    /// What the adapter wants to be told at every call, as JSON.
    pub facts: Option<String>,
    /// Tokens.
    pub tokens: SealedTokens,
    /// Now.
    pub at: Timestamp,
}

/// An account with its tokens.
#[derive(Clone, Debug)]
pub struct StoredGrant {
    /// The account.
    pub account: Account,
    /// What the adapter wants to be told at every call, as JSON.
    pub facts: Option<String>,
    /// Tokens.
    pub tokens: SealedTokens,
}

/// Statements about accounts.
pub struct Accounts<'a>(pub(crate) Conn<'a>);

/// What [`read`] reads, with or without what opens an account: columns 11 to 16, which [`read_grant`] reads.
macro_rules! columns {
    ($opening:literal) => {
        concat!(
            "a.id, a.user_id, a.platform, a.account_kind, a.platform_user_id, a.platform_username, a.is_active, h.state, \
             ts(a.created_at), ts(a.updated_at), a.remote_group, ",
            $opening,
            ", a.connect_method, ts(h.reading_since), h.reading_done, h.reading_total, h.reading_messages"
        )
    };
}
const COLUMNS: &str = columns!(
    "a.access_token, a.access_token_seal, a.refresh_token, a.refresh_token_seal, ts(a.token_expires_at), a.facts"
);
/// The same with nothing that opens an account.
pub(super) const SHOWN: &str = columns!("NULL, NULL, NULL, NULL, NULL, NULL");
/// How many columns these are.
pub(super) const WIDTH: usize = 22;

pub(super) fn read(row: &Row) -> Result<Account> {
    let created_at = row.maybe_time(8)?.unwrap_or_default();
    let is_active = row.flag(6, true)?;
    let known = ChannelState::from_stored(row.get::<Option<String>>(7)?.as_deref());
    let state = if is_active { known } else { ChannelState::Off };
    Ok(Account {
        id: row.id(0)?,
        user_id: row.id(1)?,
        platform_name: row.get(2)?,
        kind: row.get(3)?,
        remote_id: row.text(4)?,
        username: row.get(5)?,
        is_active,
        state,
        health: state.into(),
        created_at,
        updated_at: row.maybe_time(9)?.unwrap_or(created_at),
        group: row.maybe_text(10)?,
        method: row.get(17)?,
        reading: reading(row)?,
    })
}

fn reading(row: &Row) -> Result<Option<Reading>> {
    let Some(since) = row.maybe_time(18)? else { return Ok(None) };
    let count = |column| row.get::<Option<i32>>(column).map(|count| count.map(i64::from));
    let messages = row.get::<Option<i64>>(21)?.unwrap_or_default();
    Ok(Some(Reading { since, conversations: count(19)?, of: count(20)?, messages }))
}

fn read_grant(row: &Row) -> Result<StoredGrant> {
    let tokens = SealedTokens {
        access_token: row.get(11)?,
        access_token_seal: row.get(12)?,
        refresh_token: row.get(13)?,
        refresh_token_seal: row.get(14)?,
        expires_at: row.maybe_time(15)?,
    };
    Ok(StoredGrant { account: read(row)?, facts: row.get(16)?, tokens })
}

impl Accounts<'_> {
    /// Rows without an owner are orphans of the originals and are passed over everywhere.
    fn select(&self) -> Sql {
        self.0.sql(&format!("SELECT {COLUMNS} FROM connected_accounts a LEFT JOIN hub_channels h ON h.account_id = a.id WHERE a.user_id IS NOT NULL"))
    }

    /// The user's accounts, newest first.
    pub async fn list(&self, user: UserId) -> Result<Vec<Account>> {
        let sql = self.select().add("AND a.user_id = ? AND a.platform IN").bind(user.0).list(PUBLISHED);
        self.0.read(sql.add("ORDER BY a.created_at DESC, a.id DESC"), read).await
    }

    /// One of the user's accounts.
    pub async fn find(&self, user: UserId, id: AccountId) -> Result<Option<Account>> {
        self.0.read_one(self.select().add("AND a.id = ? AND a.user_id = ?").bind(id.0).bind(user.0), read).await
    }

    /// Anybody's account, for work in the background.
    pub async fn get(&self, id: AccountId) -> Result<Option<Account>> {
        self.0.read_one(self.select().add("AND a.id = ?").bind(id.0), read).await
    }

    /// An account with its tokens, for work in the background.
    pub async fn grant(&self, id: AccountId) -> Result<Option<StoredGrant>> {
        self.0.read_one(self.select().add("AND a.id = ?").bind(id.0), read_grant).await
    }

    /// Active accounts of any user with one of these ids at a platform, their own or their group's.
    pub async fn active_by_remote(&self, platform: &str, ids: &[RemoteAccountId]) -> Result<Vec<Account>> {
        let sql =
            self.select().add("AND (a.is_active = TRUE OR a.is_active IS NULL) AND a.platform = ?").bind(platform);
        let sql = sql.add("AND (a.platform_user_id IN").list(ids.iter().map(RemoteAccountId::as_str));
        let sql = sql.add("OR a.remote_group IN").list(ids.iter().map(RemoteAccountId::as_str)).add(")");
        self.0.read(sql.add("ORDER BY a.id"), read).await
    }

    /// Active accounts of all users, by id, page by page.
    pub async fn all_active(&self, after: Option<AccountId>, limit: u32) -> Result<Vec<Account>> {
        let mut sql =
            self.select().add("AND (a.is_active = TRUE OR a.is_active IS NULL) AND a.platform IN").list(PUBLISHED);
        if let Some(after) = after {
            sql = sql.add("AND a.id > ?").bind(after.0);
        }
        self.0.read(sql.add("ORDER BY a.id LIMIT ?").bind(i64::from(limit)), read).await
    }

    /// Active accounts with the same id at a platform, besides `id`.
    pub async fn count_active_elsewhere(
        &self,
        platform: &str,
        remote_id: &RemoteAccountId,
        id: AccountId,
    ) -> Result<i64> {
        let sql = self
            .0
            .sql("SELECT COUNT(*) FROM connected_accounts WHERE (is_active = TRUE OR is_active IS NULL)")
            .add("AND platform = ? AND platform_user_id = ? AND id <> ?")
            .bind(platform)
            .bind(remote_id.as_str())
            .bind(id.0);
        Ok(self.0.read_one(sql, |row| row.get(0)).await?.unwrap_or_default())
    }

    /// Active accounts, besides `id`, that hang on the same permission as it. An account that hangs on nobody's has none.
    pub async fn count_of_same_grantor(&self, id: AccountId) -> Result<i64> {
        let sql = self
            .0
            .sql("SELECT COUNT(*) FROM connected_accounts a JOIN connected_accounts mine ON mine.grantor = a.grantor")
            .add("WHERE mine.id = ? AND a.id <> mine.id AND (a.is_active = TRUE OR a.is_active IS NULL)")
            .bind(id.0);
        Ok(self.0.read_one(sql, |row| row.get(0)).await?.unwrap_or_default())
    }

    /// The row of an identity, if the user ever linked it.
    pub async fn identity(
        &self,
        user: UserId,
        platform: &str,
        remote_id: &RemoteAccountId,
    ) -> Result<Option<AccountId>> {
        let sql = self
            .0
            .sql("SELECT id FROM connected_accounts WHERE user_id = ? AND platform = ? AND platform_user_id = ?")
            .bind(user.0)
            .bind(platform)
            .bind(remote_id.as_str());
        self.0.read_one(sql, |row| row.id(0)).await
    }

    /// Links: a new row, or the old one with new tokens.
    pub async fn upsert_linked(&self, account: &LinkedAccount) -> Result<Account> {
        let tokens = &account.tokens;
        let sql = self
            .0
            .sql("INSERT INTO connected_accounts (id, user_id, platform, account_kind, platform_user_id,")
            .add("platform_username, is_active, access_token, access_token_seal, refresh_token,")
            .add("refresh_token_seal, token_expires_at, created_at, updated_at, remote_group, grantor, facts,")
            .add("connect_method) VALUES (?, ?, ?, ?, ?, ?, TRUE, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
            .add("ON CONFLICT (user_id, platform, platform_user_id) DO UPDATE SET")
            .add("account_kind = excluded.account_kind, is_active = TRUE,")
            .add("platform_username = COALESCE(excluded.platform_username, connected_accounts.platform_username),")
            .add("access_token = excluded.access_token, access_token_seal = excluded.access_token_seal,")
            .add("refresh_token = excluded.refresh_token, refresh_token_seal = excluded.refresh_token_seal,")
            .add("token_expires_at = excluded.token_expires_at, updated_at = excluded.updated_at,")
            .add("remote_group = excluded.remote_group, grantor = excluded.grantor, facts = excluded.facts,")
            .add("connect_method = excluded.connect_method RETURNING id")
            .bind(account.id.0)
            .bind(account.user_id.0)
            .bind(account.platform_name.as_str())
            .bind(account.kind.clone())
            .bind(account.remote_id.as_str())
            .bind(account.username.clone())
            .bind(tokens.access_token.as_str())
            .bind(tokens.access_token_seal.clone())
            .bind(tokens.refresh_token.clone())
            .bind(tokens.refresh_token_seal.clone())
            .maybe_time(tokens.expires_at)
            .time(account.at)
            .time(account.at)
            .bind(account.group.as_ref().map(|id| id.as_str().to_owned()))
            .bind(account.grantor.clone())
            .bind(account.facts.clone())
            .bind(account.method.as_str());
        let id = self.0.read_one(sql, |row| row.id(0)).await?;
        let linked = match id {
            Some(id) => self.get(id).await?,
            None => None,
        };
        linked.ok_or_else(|| StoreError::Corrupt("a linked account vanished".to_owned()))
    }

    /// Replaces the tokens. An account that was disconnected meanwhile stays without any.
    pub async fn save_tokens(&self, id: AccountId, tokens: &SealedTokens, now: Timestamp) -> Result<()> {
        let sql = self
            .0
            .sql("UPDATE connected_accounts SET access_token = ?, access_token_seal = ?, refresh_token = ?,")
            .add("refresh_token_seal = ?, token_expires_at = ?, updated_at = ? WHERE id = ?")
            .add("AND (is_active = TRUE OR is_active IS NULL)")
            .bind(tokens.access_token.as_str())
            .bind(tokens.access_token_seal.clone())
            .bind(tokens.refresh_token.clone())
            .bind(tokens.refresh_token_seal.clone())
            .maybe_time(tokens.expires_at)
            .time(now)
            .bind(id.0);
        self.0.run(sql).await.map(|_| ())
    }

    /// Writes down the kind of an account that has none, and by which way it was linked; true when that is news.
    pub async fn set_kind(&self, id: AccountId, kind: &str, method: &str) -> Result<bool> {
        let sql = self
            .0
            .sql("UPDATE connected_accounts SET account_kind = ?, connect_method = COALESCE(connect_method, ?)")
            .add("WHERE id = ? AND account_kind IS NULL")
            .bind(kind)
            .bind(method)
            .bind(id.0);
        Ok(self.0.run(sql).await? > 0)
    }

    /// Disconnects one of the user's accounts and erases its tokens. The conversations stay.
    pub async fn disconnect(&self, user: UserId, id: AccountId, now: Timestamp) -> Result<()> {
        let sql = self
            .0
            .sql("UPDATE connected_accounts SET is_active = FALSE, access_token = '', access_token_seal = NULL,")
            .add("refresh_token = NULL, refresh_token_seal = NULL, token_expires_at = NULL, updated_at = ?")
            .add("WHERE id = ? AND user_id = ?")
            .time(now)
            .bind(id.0)
            .bind(user.0);
        self.0.run(sql).await.map(|_| ())
    }
}
