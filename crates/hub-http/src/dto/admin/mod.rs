//! What administrators are shown. Nothing here has a token, a password or its hash, and no link opens a file of others.

mod conversation;
mod message;
mod user;

pub(crate) use conversation::AdminConversationDto;
pub(crate) use message::AdminMessageDto;
pub(crate) use user::AdminUserDto;

use super::account::AccountDto;
use super::both_casings;
use super::channel::ChannelDto;
use hub_app::UsageRow;
use hub_app::admin::accounts::AccountFile;
use hub_app::channels::ChannelView;
use hub_domain::time;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// A row of the usage log.
#[derive(Serialize, ToSchema)]
#[schema(as = AdminUsage)]
pub(crate) struct AdminUsageDto {
    id: String,
    user_id: Option<String>,
    user_email: Option<String>,
    account_id: Option<String>,
    /// `api` for requests to the hub, else the platform that was called.
    platform: String,
    /// Method and route pattern.
    endpoint: String,
    request_count: i32,
    timestamp: String,
}

impl From<&UsageRow> for AdminUsageDto {
    fn from(row: &UsageRow) -> Self {
        Self {
            id: row.id.to_string(),
            user_id: row.user_id.map(|id| id.to_string()),
            user_email: row.email.clone(),
            account_id: row.account_id.map(|id| id.to_string()),
            platform: row.platform.clone(),
            endpoint: row.endpoint.clone(),
            request_count: row.count,
            timestamp: time::to_contract(row.at),
        }
    }
}

/// An account with how its channel stands (`channel`) and whose it is (`user_email`).
pub(crate) fn account(file: &AccountFile) -> Value {
    let mut shown = account_of(&file.channel);
    shown["user_email"] = file.owner.clone().into();
    shown["userEmail"] = file.owner.clone().into();
    shown
}

/// The same where the owner is known.
pub(crate) fn account_of(channel: &ChannelView) -> Value {
    let mut shown = both_casings(&AccountDto::from(&channel.account));
    shown["channel"] = both_casings(&ChannelDto::from(channel));
    shown
}
