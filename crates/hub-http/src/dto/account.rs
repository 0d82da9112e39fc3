//! Linked accounts.

use hub_domain::{Account, Reading, time};
use serde::Serialize;
use utoipa::ToSchema;

/// A linked account. Tokens are never shown.
#[derive(Serialize, ToSchema)]
#[schema(as = Account)]
pub(crate) struct AccountDto {
    id: String,
    /// Published platform name.
    platform: String,
    /// Tells kinds of accounts on one platform apart, such as `bot`.
    account_kind: Option<String>,
    platform_user_id: String,
    platform_username: Option<String>,
    /// By which of the platform's ways it was linked; `connect` of the platform tells what such accounts lack.
    connect_method: Option<String>,
    /// False once disconnected.
    is_active: bool,
    /// `ok`, or `needs_reauth` when the platform no longer accepts the sign-in.
    health: &'static str,
    /// How its channel stands: `ok`, `catching_up`, `suspect`, `rate_limited`, `transient`, `needs_reauth`, `permissions`,
    /// `misconfigured`, `taken_over` or `off`.
    state: &'static str,
    /// What the person can do about it: `none`, `wait`, `reconnect`, `reclaim`, `fix_permissions` or `fix_settings`.
    action: &'static str,
    /// How far the reading of what was said before has got; null when nothing is being read.
    progress: Option<ReadingDto>,
    /// A larger thing at the platform it belongs to, such as a business with several numbers.
    platform_group_id: Option<String>,
    user_id: String,
    created_at: String,
    updated_at: String,
}

/// How far the reading of what was said before has got.
#[derive(Serialize, ToSchema)]
#[schema(as = ReadingProgress)]
pub(crate) struct ReadingDto {
    since: String,
    /// Conversations that were read; null where the platform does not list by conversation.
    conversations_done: Option<i64>,
    /// Conversations there are to be read; null while the platform has not told.
    conversations_total: Option<i64>,
    /// New messages so far.
    messages: i64,
}

impl From<&Reading> for ReadingDto {
    fn from(reading: &Reading) -> Self {
        Self {
            since: time::to_contract(reading.since),
            conversations_done: reading.conversations,
            conversations_total: reading.of,
            messages: reading.messages,
        }
    }
}

impl From<&Account> for AccountDto {
    fn from(account: &Account) -> Self {
        Self {
            id: account.id.to_string(),
            platform: account.platform_name.clone(),
            account_kind: account.kind.clone(),
            platform_user_id: account.remote_id.to_string(),
            platform_username: account.username.clone(),
            connect_method: account.method.clone(),
            is_active: account.is_active,
            health: account.health.as_str(),
            state: account.shown_state().as_str(),
            action: account.shown_state().action().as_str(),
            progress: account.reading.as_ref().filter(|_| account.is_active).map(ReadingDto::from),
            platform_group_id: account.group.as_ref().map(ToString::to_string),
            user_id: account.user_id.to_string(),
            created_at: time::to_contract(account.created_at),
            updated_at: time::to_contract(account.updated_at),
        }
    }
}
