//! Threads.

use crate::{AccountId, ConversationId, RemoteConversationId, RemoteParticipantId, Timestamp};

/// A thread on one account, with what the inbox shows of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conversation {
    /// Our id.
    pub id: ConversationId,
    /// The account it is on.
    pub account_id: AccountId,
    /// Published platform name of that account.
    pub platform_name: String,
    /// Name of that account at its platform.
    pub account_username: Option<String>,
    /// False when that account was disconnected.
    pub account_active: bool,
    /// The thread's id at the platform.
    pub remote_id: RemoteConversationId,
    /// The other person's name, or the group's title.
    pub participant_name: Option<String>,
    /// The other person's id, or the group's.
    pub participant_id: Option<RemoteParticipantId>,
    /// Picture of the other person.
    pub participant_avatar_url: Option<String>,
    /// Names the hub's own copy of that picture; a link of the platform would die.
    pub picture_key: Option<String>,
    /// Time of the newest message; never moves back.
    pub last_message_at: Option<Timestamp>,
    /// Unread incoming messages.
    pub unread_count: i32,
    /// When the row was made.
    pub created_at: Timestamp,
    /// When the row last changed.
    pub updated_at: Timestamp,
}
