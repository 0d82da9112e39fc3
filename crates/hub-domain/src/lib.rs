//! The nouns of the hub, their states and the rules between them.
//!
//! Nothing here is async, touches a network or reads a clock: every rule is a pure function, so every rule can be
//! tested with plain values.

pub mod account;
pub mod channel;
pub mod connect;
pub mod content;
pub mod conversation;
pub mod event;
pub mod id;
pub mod inbound;
pub mod ledger;
pub mod message;
pub mod pace;
pub mod text;
pub mod time;
pub mod user;

pub use account::{Account, AccountHealth, Reading};
pub use channel::{ChannelState, Evidence, EvidenceKind, Hole, Standing};
pub use content::{Attachment, AttachmentState, Content, ContentKind, Details};
pub use conversation::Conversation;
pub use event::{Committed, EventBody, HubEvent};
pub use id::{
    AccountId, AttachmentId, ConversationId, JobId, MessageId, PlatformId, ReceiptId, RemoteAccountId,
    RemoteConversationId, RemoteMessageId, RemoteParticipantId, UserId,
};
pub use inbound::{Inbound, InboundBody, InboundMessage};
pub use ledger::{Balance, Book, Counter, Verdict, Verdicts};
pub use message::{DeliveryStatus, Direction, Message};
pub use pace::Pace;
pub use time::Timestamp;
pub use user::User;
