//! Everybody's accounts.

use super::{Admin, Order, Place, Slice, Span, search, slice};
use crate::error::Result;
use crate::nouns::PUBLISHED;
use crate::nouns::accounts::{SHOWN, WIDTH, read as read_account};
use crate::sql::{Row, Sql};
use hub_domain::{Account, AccountId, ChannelState, UserId};

/// Which accounts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FindAccounts {
    /// Words of the account's name, its id at the platform or its owner's address, or an id here.
    pub search: Option<String>,
    /// Of one platform only.
    pub platform: Option<String>,
    /// Only those whose channel stands like this.
    pub state: Option<ChannelState>,
    /// Of one user only.
    pub user: Option<UserId>,
    /// Behind this place.
    pub after: Option<Place>,
    /// So many at most.
    pub limit: u32,
}

/// An account with its owner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnedAccount {
    /// The account.
    pub account: Account,
    /// The address of its owner.
    pub owner: String,
}

const ORDER: Order = Order { at: "COALESCE(ts(a.created_at), '1970-01-01T00:00:00.000000Z')", id: "a.id" };

fn read(row: &Row) -> Result<OwnedAccount> {
    Ok(OwnedAccount { account: read_account(row)?, owner: row.get(WIDTH)? })
}

impl Admin<'_> {
    fn select_accounts(&self) -> Sql {
        self.0
            .sql(&format!("SELECT {SHOWN}, u.email FROM connected_accounts a JOIN users u ON u.id = a.user_id"))
            .add("LEFT JOIN hub_channels h ON h.account_id = a.id WHERE a.platform IN")
            .list(PUBLISHED)
    }

    /// A part of the accounts, the newest first, disconnected ones included.
    pub async fn accounts(&self, query: &FindAccounts) -> Result<Slice<OwnedAccount>> {
        let columns = ["a.platform_username", "a.platform_user_id", "u.email"];
        let mut sql = search(self.select_accounts(), query.search.as_deref(), &columns, "a.id");
        if let Some(platform) = &query.platform {
            sql = sql.add("AND a.platform = ?").bind(platform.as_str());
        }
        if let Some(user) = query.user {
            sql = sql.add("AND a.user_id = ?").bind(user.0);
        }
        match query.state {
            None => {}
            Some(ChannelState::Off) => sql = sql.add("AND a.is_active = FALSE"),
            Some(state) => {
                sql = sql
                    .add("AND (a.is_active = TRUE OR a.is_active IS NULL) AND COALESCE(h.state, ?) = ?")
                    .bind(ChannelState::default().as_str())
                    .bind(state.as_str());
            }
        }
        let sql = ORDER.sorted(ORDER.narrow(sql, Span::default(), query.after), query.limit);
        let place = |owned: &OwnedAccount| Place { at: owned.account.created_at, id: owned.account.id.0 };
        Ok(slice(self.0.read(sql, read).await?, query.limit, place))
    }

    /// One of them.
    pub async fn account(&self, id: AccountId) -> Result<Option<OwnedAccount>> {
        self.0.read_one(self.select_accounts().add("AND a.id = ?").bind(id.0), read).await
    }

    /// How many active accounts stand in which state.
    pub async fn channel_states(&self) -> Result<Vec<(ChannelState, i64)>> {
        let sql = self
            .0
            .sql("SELECT h.state, COUNT(*) FROM connected_accounts a LEFT JOIN hub_channels h ON h.account_id = a.id")
            .add("WHERE a.user_id IS NOT NULL AND (a.is_active = TRUE OR a.is_active IS NULL) AND a.platform IN")
            .list(PUBLISHED)
            .add("GROUP BY h.state");
        let read = |row: &Row| Ok((ChannelState::from_stored(row.get::<Option<String>>(0)?.as_deref()), row.get(1)?));
        self.0.read(sql, read).await
    }
}
