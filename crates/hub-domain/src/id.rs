//! Identifiers. Ours are UUIDs with one type per noun; those of the platforms are opaque text with one type per kind.

use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::fmt;
use uuid::Uuid;

macro_rules! own_id {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { self.0.fmt(f) }
        }
        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self { Self(id) }
        }
    )+};
}

own_id! {
    /// A person who signs in to the hub.
    UserId,
    /// One identity of a user on one platform.
    AccountId,
    /// A thread on one account.
    ConversationId,
    /// One thing said.
    MessageId,
    /// A file that belongs to a message.
    AttachmentId,
    /// One delivery of a platform, kept as it came.
    ReceiptId,
    /// A piece of work to be done later.
    JobId,
}

macro_rules! remote_id {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Wraps an id exactly as the platform gave it.
            pub fn new(id: impl Into<String>) -> Self { Self(id.into()) }
            /// The id as text.
            pub fn as_str(&self) -> &str { &self.0 }
            /// True when the id fits the 255 characters of the contract's columns; a longer one is refused, never cut.
            pub fn fits(&self) -> bool { !self.0.is_empty() && self.0.chars().count() <= REMOTE_ID_MAX_CHARS }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { f.write_str(&self.0) }
        }
        impl From<&str> for $name {
            fn from(id: &str) -> Self { Self(id.to_owned()) }
        }
        impl From<String> for $name {
            fn from(id: String) -> Self { Self(id) }
        }
    )+};
}

/// Longest remote id in characters: the width of the contract's columns.
pub const REMOTE_ID_MAX_CHARS: usize = 255;

remote_id! {
    /// The id of an account at its platform (`connected_accounts.platform_user_id`).
    RemoteAccountId,
    /// The id of a conversation at its platform, unique within one account.
    RemoteConversationId,
    /// The id of a message at its platform, unique within one conversation.
    RemoteMessageId,
    /// The id of a person, bot or channel at its platform.
    RemoteParticipantId,
}

/// Names a platform adapter. Opaque on purpose: made by a card or found in the registry, never matched on.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PlatformId(Cow<'static, str>);

impl PlatformId {
    /// For cards: the id of a platform known at compile time.
    pub const fn from_static(id: &'static str) -> Self {
        Self(Cow::Borrowed(id))
    }
    /// For rows and routes: an id that the registry must still find.
    pub fn new(id: impl Into<String>) -> Self {
        Self(Cow::Owned(id.into()))
    }
    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for PlatformId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
