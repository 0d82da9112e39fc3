//! Linked accounts.

use crate::{AccountId, ChannelState, RemoteAccountId, Timestamp, UserId};
use serde::{Deserialize, Serialize};

/// One identity of a user on one platform. Holds no token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Our id.
    pub id: AccountId,
    /// The owner.
    pub user_id: UserId,
    /// The contract's name of the platform; two adapters may share one.
    pub platform_name: String,
    /// Tells adapters with one published name apart (`bot`, `user`); `None` on rows of the originals.
    pub kind: Option<String>,
    /// The account's id at the platform.
    pub remote_id: RemoteAccountId,
    /// The account's name at the platform.
    pub username: Option<String>,
    /// False once disconnected; the row and its conversations stay.
    pub is_active: bool,
    /// A larger thing at the platform that events may name instead, such as a business with several numbers.
    pub group: Option<RemoteAccountId>,
    /// By which of its platform's ways it was linked; `None` on rows of the originals.
    pub method: Option<String>,
    /// How its channel stands.
    pub state: ChannelState,
    /// Whether the platform still accepts our grant, by the same row.
    pub health: AccountHealth,
    /// How far the reading of its past has got, while it is read.
    pub reading: Option<Reading>,
    /// When the row was made.
    pub created_at: Timestamp,
    /// When the row last changed.
    pub updated_at: Timestamp,
}

impl Account {
    /// How its channel stands, as people are shown it: an account that works and whose past is being read is catching up.
    pub fn shown_state(&self) -> ChannelState {
        match (self.state, &self.reading) {
            (ChannelState::Ok, Some(_)) => ChannelState::CatchingUp,
            (state, _) => state,
        }
    }
}

/// How far the reading of what was said before an account was linked, or while nobody heard it, has got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading {
    /// Since when it is read.
    pub since: Timestamp,
    /// Conversations that were read; `None` = the platform does not list by conversation.
    pub conversations: Option<i64>,
    /// Conversations there are to be read; `None` = the platform has not told.
    pub of: Option<i64>,
    /// New messages that it brought so far.
    pub messages: i64,
}

impl Reading {
    /// In one sentence for a person.
    pub fn words(&self) -> String {
        let conversations = match (self.conversations, self.of) {
            (Some(done), Some(of)) => format!("{done} of {of} conversations, "),
            (Some(done), None) => format!("{done} conversations, "),
            _ => String::new(),
        };
        format!("What was said before is being read: {conversations}{} messages so far.", self.messages)
    }
}

/// What the last evidence says about an account's grant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountHealth {
    /// The platform accepts the grant.
    #[default]
    Ok,
    /// The platform said, in an answer about credentials, that the grant is dead.
    NeedsReauth,
}

impl AccountHealth {
    /// As stored and shown.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::NeedsReauth => "needs_reauth",
        }
    }
}

impl From<ChannelState> for AccountHealth {
    fn from(state: ChannelState) -> Self {
        if state == ChannelState::NeedsReauth { Self::NeedsReauth } else { Self::Ok }
    }
}
