//! What the hub tells its clients. Events carry ids, not contents: whoever shows one reads the row, so a push can be
//! late but never wrong, and no message text rests in the event log.

use crate::{AccountId, ConversationId, MessageId, Timestamp, UserId};
use serde::{Deserialize, Serialize};

/// Something a client of one user should know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HubEvent {
    /// Whose clients.
    pub user_id: UserId,
    /// Counts up by one per user without gaps; a returning client names the last one it saw.
    pub offset: i64,
    /// When its cause was committed.
    pub at: Timestamp,
    /// What happened.
    pub body: EventBody,
}

/// Events whose cause is safely in the database. Only the store makes one, when a commit has succeeded; the bus publishes
/// nothing else, so no client can hear of something that was rolled back.
#[derive(Debug, Default)]
#[must_use = "committed events must be published"]
pub struct Committed(Vec<HubEvent>);

impl Committed {
    /// For the store alone, after a successful commit (a house rule checks the callers).
    pub fn after_commit(events: Vec<HubEvent>) -> Self {
        Self(events)
    }
    /// The events, for publishing.
    pub fn into_events(self) -> Vec<HubEvent> {
        self.0
    }
    /// The events, to look at.
    pub fn events(&self) -> &[HubEvent] {
        &self.0
    }
}

/// What happened, with the ids of what it happened to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[expect(missing_docs, reason = "every field is the id, or the number, of the noun it is named after")]
pub enum EventBody {
    /// A new incoming message.
    MessageReceived { message_id: MessageId, conversation_id: ConversationId },
    /// An outgoing message appeared: sent from here or written elsewhere.
    MessageSent { message_id: MessageId, conversation_id: ConversationId },
    /// A message changed: edited, taken back, reacted to, its file became readable.
    MessageUpdated { message_id: MessageId, conversation_id: ConversationId },
    /// An outgoing message got further, or failed.
    StatusChanged { message_id: MessageId, conversation_id: ConversationId },
    /// The user read one message here.
    MessageRead { message_id: MessageId, conversation_id: ConversationId },
    /// The user read a whole conversation here, or its name changed.
    ConversationUpdated { conversation_id: ConversationId },
    /// Something in a conversation that is not a message (see `Notice`).
    Notice { conversation_id: ConversationId, notice: uuid::Uuid },
    /// An account was linked, disconnected, or its grant died.
    AccountChanged { account_id: AccountId },
    /// The user's sessions of earlier generations than this one are over.
    SessionsEnded { generation: i32 },
}

impl EventBody {
    /// The conversation it is about.
    pub fn conversation_id(&self) -> Option<ConversationId> {
        match self {
            Self::MessageReceived { conversation_id, .. }
            | Self::MessageSent { conversation_id, .. }
            | Self::MessageUpdated { conversation_id, .. }
            | Self::StatusChanged { conversation_id, .. }
            | Self::MessageRead { conversation_id, .. }
            | Self::ConversationUpdated { conversation_id }
            | Self::Notice { conversation_id, .. } => Some(*conversation_id),
            Self::AccountChanged { .. } | Self::SessionsEnded { .. } => None,
        }
    }

    /// The message it is about.
    pub fn message_id(&self) -> Option<MessageId> {
        match self {
            Self::MessageReceived { message_id, .. }
            | Self::MessageSent { message_id, .. }
            | Self::MessageUpdated { message_id, .. }
            | Self::StatusChanged { message_id, .. }
            | Self::MessageRead { message_id, .. } => Some(*message_id),
            Self::ConversationUpdated { .. }
            | Self::Notice { .. }
            | Self::AccountChanged { .. }
            | Self::SessionsEnded { .. } => None,
        }
    }
}
