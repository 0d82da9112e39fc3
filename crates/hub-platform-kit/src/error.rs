//! One error type for every call to a platform. Its kind answers "what now?" in one place: [`ErrorKind::remedy`].

use std::fmt;
use std::time::Duration;

/// The result of a call to a platform.
pub type Result<T, E = PlatformError> = std::result::Result<T, E>;

/// What a failed call means for the hub.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// Network or server trouble. `maybe_applied` is true when the request had left and no answer came.
    Transient {
        /// The platform may have done it all the same.
        maybe_applied: bool,
    },
    /// Slow down.
    RateLimited {
        /// How long the platform asks us to wait; `None` when it does not say.
        retry_after: Option<Duration>,
    },
    /// Nothing left: what it takes is held by another process, or not yet by this one. It says nothing about the platform.
    NotHere {
        /// When to come again.
        retry_after: Duration,
    },
    /// The grant is dead. Only an answer about credentials says so.
    ReauthRequired,
    /// A final no: window closed, blocked, policy, missing rights.
    Rejected,
    /// The recipient, thread or object is gone.
    NotFound,
    /// What was asked cannot be sent.
    BadInput,
    /// The card does not offer it.
    Unsupported,
    /// Our app id, secret or permission.
    Misconfigured,
    /// The shape of their answer changed.
    UnexpectedReply,
}

/// What the hub does about an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remedy {
    /// Try again after a pause that grows; counts as an attempt.
    RetryLater,
    /// Try again after exactly this long; does not count as an attempt.
    RetryAfter(Duration),
    /// Nobody knows whether it was applied: mark it so and wait for evidence.
    Unconfirmed,
    /// Give up and tell the person.
    Fail,
    /// Give up and mark the account as needing a new sign-in.
    MarkAccount,
    /// Give up, let the platform rest and tell the operator.
    RestPlatform,
}

/// How long to wait when a platform says "slow down" without a number.
pub const DEFAULT_RETRY_AFTER: Duration = Duration::from_secs(30);

impl ErrorKind {
    /// What to do about it. `resend_is_safe` comes from the card: the platform drops repeats of one send.
    pub fn remedy(self, resend_is_safe: bool) -> Remedy {
        match self {
            Self::Transient { maybe_applied: true } if !resend_is_safe => Remedy::Unconfirmed,
            Self::Transient { .. } | Self::UnexpectedReply => Remedy::RetryLater,
            Self::RateLimited { retry_after } => Remedy::RetryAfter(retry_after.unwrap_or(DEFAULT_RETRY_AFTER)),
            Self::NotHere { retry_after } => Remedy::RetryAfter(retry_after),
            Self::ReauthRequired => Remedy::MarkAccount,
            Self::Misconfigured => Remedy::RestPlatform,
            Self::Rejected | Self::NotFound | Self::BadInput | Self::Unsupported => Remedy::Fail,
        }
    }

    /// A stable word for logs and metrics.
    pub fn label(self) -> &'static str {
        match self {
            Self::Transient { maybe_applied: false } => "transient",
            Self::Transient { maybe_applied: true } => "maybe_applied",
            Self::RateLimited { .. } => "rate_limited",
            Self::NotHere { .. } => "not_here",
            Self::ReauthRequired => "reauth_required",
            Self::Rejected => "rejected",
            Self::NotFound => "not_found",
            Self::BadInput => "bad_input",
            Self::Unsupported => "unsupported",
            Self::Misconfigured => "misconfigured",
            Self::UnexpectedReply => "unexpected_reply",
        }
    }
}

/// A failed call. Holds no secret and no message text.
#[derive(Clone, Debug, thiserror::Error)]
pub struct PlatformError {
    /// What it means.
    pub kind: ErrorKind,
    /// The platform's HTTP status, if there was an answer.
    pub status: Option<u16>,
    /// The platform's own code, as text.
    pub remote_code: Option<String>,
    /// One sentence for a person; the platform's own words where they help.
    pub message: String,
    /// The conversation's new id, when the platform says it moved: re-key and send once more.
    pub moved_to: Option<String>,
    /// True when "slow down" is meant for the whole account, not for one conversation.
    pub whole_account: bool,
}

impl PlatformError {
    /// An error of our own making or without a code.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, status: None, remote_code: None, message: message.into(), moved_to: None, whole_account: false }
    }
    /// Adds the HTTP status of the answer.
    #[must_use]
    pub fn with_status(mut self, status: u16) -> Self {
        self.status = Some(status);
        self
    }
    /// Adds the platform's own code.
    #[must_use]
    pub fn with_code(mut self, code: impl Into<String>) -> Self {
        self.remote_code = Some(code.into());
        self
    }
    /// Adds the conversation's new id.
    #[must_use]
    pub fn with_moved_to(mut self, id: impl Into<String>) -> Self {
        self.moved_to = Some(id.into());
        self
    }
    /// "Slow down" is meant for the whole account.
    #[must_use]
    pub fn for_whole_account(mut self) -> Self {
        self.whole_account = true;
        self
    }
    /// The card does not offer this.
    pub fn unsupported(what: &str) -> Self {
        Self::new(ErrorKind::Unsupported, format!("{what} is not offered by this platform"))
    }
    /// What was asked cannot be sent.
    pub fn bad_input(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::BadInput, message)
    }
}

impl fmt::Display for PlatformError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.kind.label(), self.message)?;
        if let Some(code) = &self.remote_code {
            write!(f, " (code {code})")?;
        }
        Ok(())
    }
}
