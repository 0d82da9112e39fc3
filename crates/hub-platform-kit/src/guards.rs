//! What is known of a call to a platform before it is made.

use hub_domain::AccountId;
use std::time::Duration;

/// What is being called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Operation {
    /// Linking.
    Connect,
    /// Renewing tokens.
    Refresh,
    /// Taking the permission back.
    Revoke,
    /// Sending a message.
    Send,
    /// Telling that messages were read.
    MarkRead,
    /// Answering a notice.
    Acknowledge,
    /// Reacting to a message.
    React,
    /// Showing that somebody is typing.
    Typing,
    /// Asking who somebody is.
    Profile,
    /// Listing prepared messages.
    Templates,
    /// Asking the platform to call us, or to stop.
    Subscribe,
    /// Asking how the subscription stands.
    Inspect,
    /// Reading what happened.
    Pull,
    /// Fetching a file.
    Fetch,
}

impl Operation {
    /// A stable word for logs and metrics.
    pub fn label(self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::Refresh => "refresh",
            Self::Revoke => "revoke",
            Self::Send => "send",
            Self::MarkRead => "mark_read",
            Self::Acknowledge => "acknowledge",
            Self::React => "react",
            Self::Typing => "typing",
            Self::Profile => "profile",
            Self::Templates => "templates",
            Self::Subscribe => "subscribe",
            Self::Inspect => "inspect",
            Self::Pull => "pull",
            Self::Fetch => "fetch",
        }
    }

    /// Longest time a call may take before it is cut off.
    pub fn limit(self) -> Duration {
        match self {
            Self::Connect
            | Self::Refresh
            | Self::Revoke
            | Self::Subscribe
            | Self::MarkRead
            | Self::Acknowledge
            | Self::React
            | Self::Typing
            | Self::Profile
            | Self::Templates => Duration::from_secs(30),
            // Asked all the time and of many: a slow answer is an answer too.
            Self::Inspect => Duration::from_secs(15),
            Self::Send | Self::Pull | Self::Fetch => Duration::from_secs(90),
        }
    }

    /// True when the call spends the card's quota. Files, pictures, renewals and the like must not be held up by it.
    pub fn spends(self) -> bool {
        matches!(self, Self::Send | Self::MarkRead | Self::React | Self::Pull | Self::Acknowledge)
    }

    /// True when a cut-off call may have changed something that a repeat would change again.
    pub fn is_send(self) -> bool {
        self == Self::Send
    }
}

/// One call.
#[derive(Clone, Debug)]
pub struct Call {
    /// What.
    pub operation: Operation,
    /// For which account; `None` while linking.
    pub account: Option<AccountId>,
    /// In which conversation, for limits per conversation.
    pub conversation: Option<String>,
}
