//! The cellar: the only crate that knows SQL. One text per statement serves SQLite and PostgreSQL; what differs between
//! them is in [`dialect`](Engine). The schema is the contract's, with additions only.
//!
//! A [`Session`] reads; a [`Tx`] is a unit of work: rows, jobs and events commit together, and only a commit hands events
//! out. Finders that serve a person take that person's id and find nothing that is not theirs.

mod bulk;
mod certificates;
mod connect;
mod dialect;
mod error;
mod migrate;
mod nouns;
mod original;
mod presence;
mod sql;
mod tx;

pub use connect::{Store, StoreSettings};
pub use dialect::Engine;
pub use error::{Result, StoreError};
pub use migrate::MigrationReport;
pub use nouns::accounts::{Accounts, LinkedAccount, SealedTokens, StoredGrant};
pub use nouns::admin::{
    Admin, FindAccounts, FindConversations, FindMessages, FindUsage, FindUsers, KnownUser, OwnedAccount,
    OwnedConversation, Place, RowCounts, Slice, Span, UsageRow,
};
pub use nouns::attachments::{Attachments, StoredAttachment};
pub use nouns::channels::{Channel, Channels, ReadingStep, SignsOfLife};
pub use nouns::connect_attempts::{ConnectAttempt, ConnectAttempts, UsedProofs};
pub use nouns::conversations::{
    Bump, ConversationKey, Conversations, ListConversations, Located, OtherPerson, Page, UpsertConversation,
};
pub use nouns::early_news::EarlyNews;
pub use nouns::events::{Events, NewEvent};
pub use nouns::forgetting::Remembered;
pub use nouns::import_copies::{CopiedAccount, CopiedMessage};
pub use nouns::imports::{ImportPlace, ImportedAccount, ImportedMessage, Imports};
pub use nouns::jobs::{DeadJob, Job, JobCounts, JobEnd, Jobs, NewJob, POOL_SHARE};
pub use nouns::leases::{Cursors, Leases};
pub use nouns::ledger::Ledger;
pub use nouns::message_lists::ListMessages;
pub use nouns::message_rows::StoredMessage;
pub use nouns::messages::{Marked, MessageEdit, Messages, NewMessage};
pub use nouns::notices::{NewNotice, Notice, Notices};
pub use nouns::pictures::{Picture, Pictures};
pub use nouns::receipts::{Held, ListParked, NewReceipt, Parked, Reading, Receipt, ReceiptState, Receipts};
pub use nouns::refresh_tokens::{NewRefreshToken, RefreshToken, RefreshTokens};
pub use nouns::reports::{Point, Report};
pub use nouns::seals::{Resealed, SealedRow, SealedTable, Seals};
pub use nouns::standing::UserStanding;
pub use nouns::subscriptions::{Subscription, Subscriptions};
pub use nouns::unread::Looked;
pub use nouns::usage::{REQUESTS, Usage, UsageLog};
pub use nouns::users::{NewUser, StoredUser, Users};
pub use original::{
    AccountIdentity, ConversationIdentity, Original, OriginalAccount, OriginalConversation, OriginalCounts,
    OriginalMessage, OriginalToken, OriginalUsage, OriginalUser,
};
pub use presence::{Entrance, Presence};
pub use tx::{Session, Tx};
