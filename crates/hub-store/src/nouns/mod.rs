//! One file per noun: its rows, and the statements about them.

pub(crate) mod accounts;
pub(crate) mod admin;
pub(crate) mod attachments;
pub(crate) mod channels;
pub(crate) mod connect_attempts;
pub(crate) mod conversation_ids;
pub(crate) mod conversations;
pub(crate) mod counters;
pub(crate) mod early_news;
pub(crate) mod events;
pub(crate) mod forgetting;
pub(crate) mod import_copies;
pub(crate) mod imports;
pub(crate) mod jobs;
pub(crate) mod leases;
pub(crate) mod ledger;
pub(crate) mod message_lists;
pub(crate) mod message_rows;
pub(crate) mod messages;
pub(crate) mod notices;
pub(crate) mod pictures;
pub(crate) mod reactions;
pub(crate) mod receipts;
pub(crate) mod refresh_tokens;
pub(crate) mod reports;
pub(crate) mod seals;
pub(crate) mod standing;
pub(crate) mod subscriptions;
pub(crate) mod unread;
pub(crate) mod usage;
pub(crate) mod users;

/// The contract's platforms. Rows of others, from a later state of the originals, are not listed.
pub(crate) const PUBLISHED: [&str; 7] =
    ["telegram", "twitter", "linkedin", "instagram", "whatsapp", "facebook", "teams"];
