//! What can go wrong in a use case. `hub-http` alone turns this into statuses and bodies.

use hub_platform_kit::PlatformError;
use hub_store::StoreError;
use std::time::Duration;

/// Result of a use case.
pub type Result<T, E = AppError> = std::result::Result<T, E>;

/// What can go wrong.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// A value is not acceptable; the sentence is for the person.
    #[error("{0}")]
    Invalid(String),
    /// The e-mail address is taken.
    #[error("User with this email already exists")]
    EmailTaken,
    /// Unknown address or wrong password, deliberately the same.
    #[error("Invalid email or password")]
    BadCredentials,
    /// The password is right, but an administrator lets this user in no more.
    #[error("This user was deactivated. Ask an administrator of the hub.")]
    Deactivated,
    /// The caller is no administrator, or no longer.
    #[error("Administrators only")]
    AdminsOnly,
    /// The rules of the house forbid it as things are; the sentence is for the person.
    #[error("{0}")]
    Refused(&'static str),
    /// What is asked for opens much, and the caller gave the password long ago.
    #[error(
        "This opens a whole account. Sign in to the hub again, or give your password here with it, and link it then."
    )]
    StepUpRequired,
    /// A refresh token that cannot be used; the text is the contract's.
    #[error("{0}")]
    BadRefreshToken(&'static str),
    /// Too many tries.
    #[error("Too many attempts. Please try again later.")]
    Throttled {
        /// How long to wait.
        retry_after: Duration,
        /// How many tries there are per minute.
        limit: u32,
    },
    /// The account is not the caller's, unknown, or inactive.
    #[error("Account not found or inactive")]
    AccountNotFound,
    /// The conversation is not the caller's or unknown.
    #[error("Access denied to this conversation")]
    ConversationForbidden,
    /// The object is not the caller's or unknown.
    #[error("{0} not found")]
    NotFound(&'static str),
    /// A connect attempt that is unknown, expired, used, of another platform or another browser.
    #[error("Invalid or expired state parameter")]
    InvalidState,
    /// The platform cannot be linked here.
    #[error("{0} is not configured")]
    NotConfigured(String),
    /// The other person was silent for too long: the platform would refuse free text.
    #[error("{platform} allows free messages only within {hours} hours after the other person last wrote.{}", ways(*tag, *templates))]
    WindowClosed {
        /// Name for people.
        platform: &'static str,
        /// The window.
        hours: u64,
        /// A tag under which it may still go out.
        tag: Option<&'static str>,
        /// Prepared messages may go out.
        templates: bool,
    },
    /// The account was disconnected.
    #[error("Account is not connected")]
    AccountInactive,
    /// The platform no longer accepts the grant.
    #[error("The account needs a new sign-in at the platform")]
    AccountNeedsReauth,
    /// The same idempotency key with a different body.
    #[error("This Idempotency-Key was used with another message")]
    IdempotencyConflict,
    /// A platform said no.
    #[error("{platform} API error: {}", error.message)]
    Platform {
        /// Published name.
        platform: String,
        /// What it said.
        error: PlatformError,
    },
    /// The database is away, or the hub is too busy to store: try again, nothing was lost.
    #[error("The service is temporarily unavailable")]
    Unavailable,
    /// Our fault; the log knows more.
    #[error("An unexpected error occurred")]
    Internal(String),
}

/// What may be done instead.
fn ways(tag: Option<&str>, templates: bool) -> String {
    match (tag, templates) {
        (Some(tag), _) => format!(" A person's answer may still go out under the tag {tag}."),
        (None, true) => " Now only a template may be sent.".to_owned(),
        (None, false) => " Wait until they write again.".to_owned(),
    }
}

impl From<StoreError> for AppError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable(_) | StoreError::Conflict(_) => {
                tracing::warn!(%error, "database unavailable");
                Self::Unavailable
            }
            StoreError::Invalid(_) | StoreError::Corrupt(_) => Self::Internal(error.to_string()),
        }
    }
}
