//! One file per noun: its rows, and the statements about them.

pub mod accounts;
pub mod attachments;
pub mod connect_attempts;
pub mod conversations;
pub mod events;
pub mod jobs;
pub mod leases;
pub mod message_lists;
pub mod message_rows;
pub mod messages;
pub mod notices;
pub mod receipts;
pub mod refresh_tokens;
pub mod subscriptions;
pub mod usage;
pub mod users;

/// The contract's platforms. Rows of others, from a later state of the originals, are not listed.
pub(crate) const PUBLISHED: [&str; 7] =
    ["telegram", "twitter", "linkedin", "instagram", "whatsapp", "facebook", "teams"];
