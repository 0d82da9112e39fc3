//! What Telegram's refusals mean, as a table. Names count; the numbers beside them vary.

use grammers_mtsender::{InvocationError, RpcError};
use hub_platform_kit::{ErrorKind, PlatformError};
use std::time::Duration;

/// What a refusal means: how its name begins, the kind. The first line that fits counts.
const BY_NAME: &[(&str, ErrorKind)] = &[
    ("AUTH_KEY_PERM_EMPTY", ErrorKind::Transient { maybe_applied: false }),
    // Two processes used one sign-in at the same time, and Telegram has ended it.
    ("AUTH_KEY_", ErrorKind::ReauthRequired),
    ("SESSION_REVOKED", ErrorKind::ReauthRequired),
    ("SESSION_EXPIRED", ErrorKind::ReauthRequired),
    ("USER_DEACTIVATED", ErrorKind::ReauthRequired),
    ("API_ID_", ErrorKind::Misconfigured),
    ("PEER_FLOOD", ErrorKind::Rejected),
    ("PHONE_NUMBER_FLOOD", ErrorKind::Rejected),
    ("PHONE_PASSWORD_FLOOD", ErrorKind::Rejected),
    ("PHONE_NUMBER_BANNED", ErrorKind::Rejected),
    ("PHONE_NUMBER_UNOCCUPIED", ErrorKind::Rejected),
    ("PHONE_NUMBER_INVALID", ErrorKind::BadInput),
    ("USER_IS_BLOCKED", ErrorKind::Rejected),
    ("YOU_BLOCKED_USER", ErrorKind::Rejected),
    ("CHAT_WRITE_FORBIDDEN", ErrorKind::Rejected),
    ("CHAT_SEND_", ErrorKind::Rejected),
    ("CHAT_ADMIN_REQUIRED", ErrorKind::Rejected),
    ("CHAT_RESTRICTED", ErrorKind::Rejected),
    ("USER_BANNED_IN_CHANNEL", ErrorKind::Rejected),
    ("USER_PRIVACY_RESTRICTED", ErrorKind::Rejected),
    ("PRIVACY_PREMIUM_REQUIRED", ErrorKind::Rejected),
    ("CHANNEL_PRIVATE", ErrorKind::Rejected),
    ("PEER_ID_INVALID", ErrorKind::NotFound),
    ("CHANNEL_INVALID", ErrorKind::NotFound),
    ("USER_ID_INVALID", ErrorKind::NotFound),
    ("CHAT_ID_INVALID", ErrorKind::NotFound),
    ("INPUT_USER_DEACTIVATED", ErrorKind::NotFound),
    ("MSG_ID_INVALID", ErrorKind::NotFound),
    ("MESSAGE_ID_INVALID", ErrorKind::NotFound),
    ("FILE_REFERENCE_", ErrorKind::NotFound),
    ("LOCATION_INVALID", ErrorKind::NotFound),
    ("FILE_ID_INVALID", ErrorKind::NotFound),
];

/// Refusals that ask to wait, with the seconds as their value.
const WAITS: &[&str] = &["FLOOD_WAIT", "FLOOD_PREMIUM_WAIT", "SLOWMODE_WAIT", "FLOOD_TEST_PHONE_WAIT"];

/// Words for people, where Telegram's name alone says too little.
const WORDS: &[(&str, &str)] = &[
    ("AUTH_KEY_DUPLICATED", "Telegram ended this sign-in, because two programs used it at the same time."),
    ("USER_DEACTIVATED", "This Telegram account is gone."),
    ("API_ID_", "Telegram is not set up on this hub."),
    ("PEER_FLOOD", "Telegram has limited this account: it may not write to new people for a while."),
    ("PHONE_NUMBER_FLOOD", "Too many attempts with this number; try tomorrow."),
    ("PHONE_PASSWORD_FLOOD", "Too many attempts with this number; try tomorrow."),
    ("PHONE_NUMBER_BANNED", "Telegram has blocked this number."),
    ("PHONE_NUMBER_UNOCCUPIED", "No Telegram account has this number."),
    ("PHONE_NUMBER_INVALID", "This is not a phone number Telegram knows. Use +country code and number."),
];

/// The name of a refusal.
pub(super) fn name(error: &InvocationError) -> Option<&str> {
    match error {
        InvocationError::Rpc(refusal) => Some(&refusal.name),
        _ => None,
    }
}

/// Whether a call was refused with this name.
pub(super) fn is(error: &InvocationError, expected: &str) -> bool {
    name(error) == Some(expected)
}

/// The data centre that a refusal sends us to.
pub(super) fn elsewhere(error: &InvocationError) -> Option<i32> {
    match error {
        InvocationError::Rpc(refusal) if refusal.name.ends_with("_MIGRATE") => i32::try_from(refusal.value?).ok(),
        _ => None,
    }
}

/// An error of a call that changes nothing, or that may be repeated.
pub(super) fn meaning(error: &InvocationError) -> PlatformError {
    match error {
        InvocationError::Rpc(refusal) => refused(refusal),
        InvocationError::Deserialize(_) => {
            PlatformError::new(ErrorKind::UnexpectedReply, "Telegram's answer has an unknown shape")
        }
        _ => line_broke(),
    }
}

/// The line broke, or was never there.
pub(super) fn line_broke() -> PlatformError {
    PlatformError::new(ErrorKind::Transient { maybe_applied: false }, "the connection to Telegram broke")
}

/// An error of a call that may have been done all the same.
pub(super) fn doubtful(error: &InvocationError) -> PlatformError {
    let mut error = meaning(error);
    if matches!(error.kind, ErrorKind::Transient { .. } | ErrorKind::UnexpectedReply) {
        error.kind = ErrorKind::Transient { maybe_applied: true };
    }
    error
}

fn refused(refusal: &RpcError) -> PlatformError {
    let kind = kind(refusal);
    let words = WORDS.iter().find(|(start, _)| refusal.name.starts_with(start)).map(|(_, words)| (*words).to_owned());
    let words = words.unwrap_or_else(|| match kind {
        ErrorKind::RateLimited { retry_after: Some(wait) } => {
            format!("Telegram asks to wait {} seconds", wait.as_secs())
        }
        ErrorKind::ReauthRequired => "You were signed out of Telegram.".to_owned(),
        _ => format!("Telegram refused: {}", shown(&refusal.name)),
    });
    let error = PlatformError::new(kind, words).with_code(shown(&refusal.name));
    let error = match u16::try_from(refusal.code) {
        Ok(code) => error.with_status(code),
        Err(_) => error,
    };
    // Slow mode is one group's; a flood is the account's.
    if matches!(kind, ErrorKind::RateLimited { .. }) && refusal.name != "SLOWMODE_WAIT" {
        error.for_whole_account()
    } else {
        error
    }
}

fn kind(refusal: &RpcError) -> ErrorKind {
    if WAITS.contains(&refusal.name.as_str()) {
        let seconds = refusal.value.map(u64::from);
        return ErrorKind::RateLimited { retry_after: seconds.map(Duration::from_secs) };
    }
    let listed = BY_NAME.iter().find(|(start, _)| refusal.name.starts_with(start)).map(|(_, kind)| *kind);
    listed.unwrap_or(match refusal.code {
        401 => ErrorKind::ReauthRequired,
        403 => ErrorKind::Rejected,
        420 => ErrorKind::RateLimited { retry_after: None },
        400..=499 => ErrorKind::BadInput,
        303 | 500..=599 | ..=-1 => ErrorKind::Transient { maybe_applied: false },
        _ => ErrorKind::UnexpectedReply,
    })
}

/// A name as it may be shown: capitals, digits and underscores only.
fn shown(name: &str) -> String {
    /// Characters of a name that are kept.
    const MAX: usize = 64;
    name.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '_').take(MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(code: i32, name: &str, value: Option<u32>) -> PlatformError {
        meaning(&InvocationError::Rpc(RpcError { code, name: name.to_owned(), value, caused_by: None }))
    }

    #[test]
    fn refusals_are_told_apart_by_their_names() {
        for name in ["AUTH_KEY_UNREGISTERED", "SESSION_REVOKED", "USER_DEACTIVATED_BAN", "SOMETHING_NEW"] {
            assert_eq!(of(401, name, None).kind, ErrorKind::ReauthRequired, "{name}");
        }
        assert_eq!(of(406, "AUTH_KEY_DUPLICATED", None).kind, ErrorKind::ReauthRequired);
        assert_eq!(of(400, "PEER_FLOOD", None).kind, ErrorKind::Rejected);
        assert_eq!(of(403, "CHAT_WRITE_FORBIDDEN", None).kind, ErrorKind::Rejected);
        assert_eq!(of(400, "PEER_ID_INVALID", None).kind, ErrorKind::NotFound);
        assert_eq!(of(400, "MESSAGE_TOO_LONG", None).kind, ErrorKind::BadInput);
        assert_eq!(of(400, "API_ID_INVALID", None).kind, ErrorKind::Misconfigured);
        assert_eq!(of(500, "RPC_CALL_FAIL", None).kind, ErrorKind::Transient { maybe_applied: false });
        assert_eq!(of(-503, "Timedout", None).kind, ErrorKind::Transient { maybe_applied: false });
    }

    #[test]
    fn a_wait_is_the_accounts_but_slow_mode_is_the_groups() {
        let flood = of(420, "FLOOD_WAIT", Some(33));
        assert_eq!(flood.kind, ErrorKind::RateLimited { retry_after: Some(Duration::from_secs(33)) });
        assert!(flood.whole_account && flood.status == Some(420));
        let slow = of(420, "SLOWMODE_WAIT", Some(7));
        assert_eq!(slow.kind, ErrorKind::RateLimited { retry_after: Some(Duration::from_secs(7)) });
        assert!(!slow.whole_account);
    }

    #[test]
    fn a_line_that_broke_after_a_send_leaves_it_open() {
        let broken = InvocationError::Dropped("gone");
        assert_eq!(meaning(&broken).kind, ErrorKind::Transient { maybe_applied: false });
        assert_eq!(doubtful(&broken).kind, ErrorKind::Transient { maybe_applied: true });
    }
}
