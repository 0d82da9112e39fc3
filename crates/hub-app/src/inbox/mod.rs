//! What arrives, and what the inbox shows.

pub mod conversations;
pub(crate) mod early;
pub(crate) mod echo;
pub mod events;
pub mod greet_webhook;
mod heard;
pub(crate) mod ingest;
mod ingest_changes;
pub(crate) mod lane;
pub mod mark_read;
pub mod messages;
pub mod parked;
pub mod receive_webhook;
pub mod replay_receipt;
pub(crate) mod seal;
pub(crate) mod settle;
pub mod views;

pub use conversations::{
    UnreadCount, addresses, conversation_of, find_conversation, list_conversations, notices, unread_count,
};
pub use events::{Replay, events_after, events_after_for, latest_offset};
pub use greet_webhook::greet_webhook;
pub use mark_read::{mark_conversation_read, mark_message_read};
pub use messages::{MessageView, list_all_messages, list_messages};
pub use receive_webhook::{Accepted, Refused, receive_webhook};
pub use replay_receipt::replay_receipt;
pub use views::{EventView, views};
