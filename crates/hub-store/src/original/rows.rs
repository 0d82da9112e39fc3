//! Rows of the originals' tables: what they hold, which columns that is, and how it is read. The hub's own tables have the same
//! columns, so a copy is read by the same text.

use crate::error::Result;
use crate::sql::Row;
use hub_domain::Timestamp;
use uuid::Uuid;

/// A person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OriginalUser {
    /// Id of the row.
    pub id: Uuid,
    /// Address, with capitals where an original took them.
    pub email: String,
    /// bcrypt.
    pub password_hash: String,
    /// When the row was made.
    pub created_at: Option<Timestamp>,
    /// When it was changed.
    pub updated_at: Option<Timestamp>,
}

/// What tells an account from all others, whichever id its row has.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct AccountIdentity {
    /// Id of the row.
    pub id: Uuid,
    /// Whose.
    pub user_id: Uuid,
    /// Published platform name, or one of a later state.
    pub platform: String,
    /// Id at the platform.
    pub remote_id: String,
}

/// A linked account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OriginalAccount {
    /// Which.
    pub identity: AccountIdentity,
    /// Name at the platform.
    pub username: Option<String>,
    /// As it is stored.
    pub access_token: String,
    /// As it is stored.
    pub refresh_token: Option<String>,
    /// When the access token ends.
    pub token_expires_at: Option<Timestamp>,
    /// Connected.
    pub is_active: bool,
    /// When the row was made.
    pub created_at: Option<Timestamp>,
    /// When it was changed.
    pub updated_at: Option<Timestamp>,
}

/// What renews a log-in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OriginalToken {
    /// Id of the row.
    pub id: Uuid,
    /// Whose.
    pub user_id: Uuid,
    /// The complete token, in clear text.
    pub token: String,
    /// When it ends.
    pub expires_at: Timestamp,
    /// When the row was made.
    pub created_at: Option<Timestamp>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
}

/// What tells a conversation from all others, whichever id its row has.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ConversationIdentity {
    /// Id of the row.
    pub id: Uuid,
    /// Its account.
    pub account: AccountIdentity,
    /// Id at the platform; empty for the threads into which an original put everything it could not place.
    pub remote_id: String,
}

/// A thread.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OriginalConversation {
    /// Which.
    pub identity: ConversationIdentity,
    /// The other person's name.
    pub participant_name: Option<String>,
    /// The other person.
    pub participant_id: Option<String>,
    /// Picture.
    pub participant_avatar_url: Option<String>,
    /// Time of the newest message.
    pub last_message_at: Option<Timestamp>,
    /// When the row was made.
    pub created_at: Option<Timestamp>,
    /// When it was changed.
    pub updated_at: Option<Timestamp>,
}

/// A message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OriginalMessage {
    /// Id of the row.
    pub id: Uuid,
    /// Its thread.
    pub conversation: ConversationIdentity,
    /// Id at the platform.
    pub remote_id: String,
    /// Who said it.
    pub sender_id: String,
    /// Their name.
    pub sender_name: Option<String>,
    /// As it is stored.
    pub content: String,
    /// One of the contract's types, or another.
    pub message_type: Option<String>,
    /// The platform's handle of a file.
    pub media_url: Option<String>,
    /// Ours.
    pub is_outgoing: bool,
    /// Read.
    pub is_read: bool,
    /// When it was said.
    pub sent_at: Timestamp,
    /// When it arrived.
    pub delivered_at: Option<Timestamp>,
    /// When the row was made.
    pub created_at: Option<Timestamp>,
}

/// A call that was noted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OriginalUsage {
    /// Id of the row.
    pub id: Uuid,
    /// Through which account; those of others' rows are passed over.
    pub account: Option<AccountIdentity>,
    /// Who asked.
    pub user_id: Option<Uuid>,
    /// Published platform name, or `api`.
    pub platform: String,
    /// Method and route, or the platform's own path.
    pub endpoint: String,
    /// Calls, 1 where the column is null.
    pub request_count: i32,
    /// When.
    pub at: Option<Timestamp>,
}

/// The identity of an account, columns 0 to 3 of every row that hangs on one.
pub(crate) const ACCOUNT: &str = "a.id, a.user_id, a.platform, a.platform_user_id";
/// A user.
pub(crate) const USER: &str = "u.id, u.email, u.password_hash, ts(u.created_at), ts(u.updated_at)";
/// What an account has besides its identity.
pub(crate) const ACCOUNT_FURTHER: &str = "a.platform_username, a.access_token, a.refresh_token, ts(a.token_expires_at), \
    a.is_active, ts(a.created_at), ts(a.updated_at)";
/// What a log-in has besides the time when it was revoked, which the oldest tables do not know.
pub(crate) const TOKEN: &str = "t.id, t.user_id, t.token, ts(t.expires_at), ts(t.created_at)";
/// What a conversation has besides its account.
pub(crate) const CONVERSATION: &str = "c.id, c.platform_conversation_id, c.participant_name, c.participant_id, \
    c.participant_avatar_url, ts(c.last_message_at), ts(c.created_at), ts(c.updated_at)";
/// What a message has besides its account.
pub(crate) const MESSAGE: &str = "c.id, c.platform_conversation_id, m.id, m.platform_message_id, m.sender_id, m.sender_name, \
    m.content, m.message_type, m.media_url, m.is_outgoing, m.is_read, ts(m.sent_at), ts(m.delivered_at), ts(m.created_at)";
/// What a call has besides its account and its user.
pub(crate) const USAGE: &str = "l.id, l.platform, l.endpoint, l.request_count, ts(l.\"timestamp\")";

fn account(row: &Row) -> Result<AccountIdentity> {
    Ok(AccountIdentity { id: row.get(0)?, user_id: row.get(1)?, platform: row.get(2)?, remote_id: row.get(3)? })
}

/// Columns 0 to 3 are the account's.
fn conversation(row: &Row) -> Result<ConversationIdentity> {
    Ok(ConversationIdentity { account: account(row)?, id: row.get(4)?, remote_id: row.get(5)? })
}

impl OriginalUser {
    /// From [`USER`].
    pub(crate) fn read(row: &Row) -> Result<Self> {
        Ok(Self {
            id: row.get(0)?,
            email: row.get(1)?,
            password_hash: row.get(2)?,
            created_at: row.maybe_time(3)?,
            updated_at: row.maybe_time(4)?,
        })
    }
}

impl OriginalAccount {
    /// From [`ACCOUNT`] and [`ACCOUNT_FURTHER`].
    pub(crate) fn read(row: &Row) -> Result<Self> {
        Ok(Self {
            identity: account(row)?,
            username: row.get(4)?,
            access_token: row.get(5)?,
            refresh_token: row.get(6)?,
            token_expires_at: row.maybe_time(7)?,
            is_active: row.flag(8, true)?,
            created_at: row.maybe_time(9)?,
            updated_at: row.maybe_time(10)?,
        })
    }
}

impl OriginalToken {
    /// From [`TOKEN`] and the time when it was revoked.
    pub(crate) fn read(row: &Row) -> Result<Self> {
        Ok(Self {
            id: row.get(0)?,
            user_id: row.get(1)?,
            token: row.get(2)?,
            expires_at: row.time(3)?,
            created_at: row.maybe_time(4)?,
            revoked_at: row.maybe_time(5)?,
        })
    }
}

impl OriginalConversation {
    /// From [`ACCOUNT`] and [`CONVERSATION`].
    pub(crate) fn read(row: &Row) -> Result<Self> {
        Ok(Self {
            identity: conversation(row)?,
            participant_name: row.get(6)?,
            participant_id: row.get(7)?,
            participant_avatar_url: row.get(8)?,
            last_message_at: row.maybe_time(9)?,
            created_at: row.maybe_time(10)?,
            updated_at: row.maybe_time(11)?,
        })
    }
}

impl OriginalMessage {
    /// From [`ACCOUNT`] and [`MESSAGE`].
    pub(crate) fn read(row: &Row) -> Result<Self> {
        Ok(Self {
            conversation: conversation(row)?,
            id: row.get(6)?,
            remote_id: row.get(7)?,
            sender_id: row.get(8)?,
            sender_name: row.get(9)?,
            content: row.get(10)?,
            message_type: row.get(11)?,
            media_url: row.get(12)?,
            is_outgoing: row.flag(13, false)?,
            is_read: row.flag(14, false)?,
            sent_at: row.time(15)?,
            delivered_at: row.maybe_time(16)?,
            created_at: row.maybe_time(17)?,
        })
    }
}

impl OriginalUsage {
    /// From [`ACCOUNT`], [`USAGE`] and the user, which older tables do not know.
    pub(crate) fn read(row: &Row) -> Result<Self> {
        let account = row.get::<Option<Uuid>>(0)?.map(|_| account(row)).transpose()?;
        Ok(Self {
            account,
            id: row.get(4)?,
            platform: row.get(5)?,
            endpoint: row.get(6)?,
            request_count: row.get::<Option<i32>>(7)?.unwrap_or(1),
            at: row.maybe_time(8)?,
            user_id: row.get(9)?,
        })
    }
}
