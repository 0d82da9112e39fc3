//! Messages and how far they have got.

use crate::{Content, ConversationId, MessageId, RemoteMessageId, RemoteParticipantId, Timestamp};
use serde::{Deserialize, Serialize};

/// Who said it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// Somebody wrote to the account.
    Incoming,
    /// The account wrote, through the hub or elsewhere.
    Outgoing,
}

/// How far an outgoing message has got. It only moves forward; see [`DeliveryStatus::advance`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryStatus {
    /// Stored, not handed to the platform yet.
    Queued,
    /// Being handed over now.
    Sending,
    /// The platform took it.
    Sent,
    /// It reached the other person's device.
    Delivered,
    /// It was read.
    Read,
    /// The platform refused it, or it expired.
    Failed,
    /// The line broke after the request had left; nobody knows, and it is not sent again by itself.
    Unconfirmed,
}

impl DeliveryStatus {
    /// As stored and shown.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Sending => "sending",
            Self::Sent => "sent",
            Self::Delivered => "delivered",
            Self::Read => "read",
            Self::Failed => "failed",
            Self::Unconfirmed => "unconfirmed",
        }
    }

    /// Reads a stored value.
    pub fn from_stored(value: &str) -> Option<Self> {
        Some(match value {
            "queued" => Self::Queued,
            "sending" => Self::Sending,
            "sent" => Self::Sent,
            "delivered" => Self::Delivered,
            "read" => Self::Read,
            "failed" => Self::Failed,
            "unconfirmed" => Self::Unconfirmed,
            _ => return None,
        })
    }

    /// The status after `news`. Late, smaller news changes nothing; a failure reaches only what has not arrived;
    /// proof of arrival settles everything, also what had been given up.
    #[must_use]
    pub fn advance(self, news: Self) -> Self {
        use DeliveryStatus::{Delivered, Failed, Queued, Read, Sending, Sent, Unconfirmed};
        match (self, news) {
            (Queued | Sending | Sent | Unconfirmed, Failed) | (Queued | Sending, Unconfirmed) | (Queued, Sending) => {
                news
            }
            (Queued | Sending | Unconfirmed, Sent | Delivered | Read)
            | (Sent | Failed, Delivered | Read)
            | (Delivered, Read) => news,
            _ => self,
        }
    }
}

/// One thing said in a conversation.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    /// Our id.
    pub id: MessageId,
    /// The thread it is in.
    pub conversation_id: ConversationId,
    /// The platform's id; while a message of ours has none yet, `hub:<our id>`.
    pub remote_id: RemoteMessageId,
    /// Who said it.
    pub sender_id: RemoteParticipantId,
    /// That person's name.
    pub sender_name: Option<String>,
    /// What was said, opened.
    pub content: Content,
    /// Incoming or outgoing.
    pub direction: Direction,
    /// Read by the hub's user.
    pub is_read: bool,
    /// How far an outgoing message has got; `None` for incoming ones and rows of the originals.
    pub status: Option<DeliveryStatus>,
    /// Why it failed, in words for a person.
    pub failure: Option<String>,
    /// The message it answers.
    pub reply_to: Option<RemoteMessageId>,
    /// Reactions that stand now.
    pub reactions: Vec<Reaction>,
    /// When it was said.
    pub sent_at: Timestamp,
    /// When the platform reported its arrival.
    pub delivered_at: Option<Timestamp>,
    /// When it was last changed by its sender.
    pub edited_at: Option<Timestamp>,
    /// When its sender took it back.
    pub deleted_at: Option<Timestamp>,
    /// When the row was made.
    pub created_at: Timestamp,
    /// Missed when it was said, and found by reading back.
    pub recovered: bool,
}

/// One person's reaction to a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reaction {
    /// Who reacted.
    pub actor_id: RemoteParticipantId,
    /// The emoji, or the platform's name of a custom one.
    pub emoji: String,
    /// When.
    pub at: Timestamp,
}
