//! What Telegram's refusals mean, as a table.

use super::wire::{Envelope, ResponseParameters};
use hub_platform_kit::transport::Answer;
use hub_platform_kit::{ErrorKind, PlatformError};
use std::time::Duration;

/// Characters of Telegram's own words that are kept.
const MAX_WORDS: usize = 300;

/// What a refusal means when its code alone does not say: the code, how the description goes on after its class, the kind.
/// The first line that fits counts.
const BY_WORDS: &[(u16, &str, ErrorKind)] = &[
    (400, "chat not found", ErrorKind::NotFound),
    (400, "user not found", ErrorKind::NotFound),
    (400, "group chat was upgraded", ErrorKind::NotFound),
    (400, "group chat was deactivated", ErrorKind::NotFound),
    (400, "topic_deleted", ErrorKind::NotFound),
    (400, "message thread not found", ErrorKind::NotFound),
    (400, "not enough rights", ErrorKind::Rejected),
    (400, "have no rights", ErrorKind::Rejected),
    (400, "need administrator rights", ErrorKind::Rejected),
    (400, "chat_write_forbidden", ErrorKind::Rejected),
    (400, "chat_restricted", ErrorKind::Rejected),
    (400, "topic_closed", ErrorKind::Rejected),
    (400, "peer_flood", ErrorKind::Rejected),
    (400, "user_is_blocked", ErrorKind::Rejected),
    (400, "business_peer_", ErrorKind::Rejected),
    (400, "business connection not found", ErrorKind::Rejected),
];

/// What a refusal means by its code.
fn by_code(code: u16) -> ErrorKind {
    match code {
        401 => ErrorKind::ReauthRequired,
        403 => ErrorKind::Rejected,
        // An unknown method: our fault, or a wrong base address.
        404 => ErrorKind::Misconfigured,
        429 => ErrorKind::RateLimited { retry_after: None },
        // 409: a webhook stands, or somebody else polls with this token.
        409 | 500..=599 => ErrorKind::Transient { maybe_applied: false },
        400..=499 => ErrorKind::BadInput,
        _ => ErrorKind::UnexpectedReply,
    }
}

fn by_words(code: u16, description: &str) -> Option<ErrorKind> {
    let words = description.split_once(": ").map_or(description, |(_, words)| words).to_ascii_lowercase();
    BY_WORDS.iter().find(|(at, start, _)| *at == code && words.starts_with(start)).map(|(_, _, kind)| *kind)
}

/// A refusal in Telegram's envelope, or an answer of something that stands before Telegram. `token` is cut out of the words,
/// should it ever stand there.
pub(super) fn refusal(answer: &Answer, envelope: Option<&Envelope>, token: &str) -> PlatformError {
    let Some(envelope) = envelope else { return not_an_envelope(answer) };
    let code = envelope.error_code.and_then(|code| u16::try_from(code).ok()).unwrap_or(answer.status);
    let words = envelope.description.as_deref().unwrap_or("no reason given");
    let parameters = envelope.parameters.clone().unwrap_or_default();
    let kind = match by_words(code, words).unwrap_or_else(|| by_code(code)) {
        ErrorKind::RateLimited { .. } => ErrorKind::RateLimited { retry_after: pause(answer, &parameters, words) },
        kind => kind,
    };
    let error = PlatformError::new(kind, clean(words, token)).with_status(answer.status).with_code(code.to_string());
    match parameters.migrate_to_chat_id {
        Some(new) => error.with_moved_to(new.to_string()),
        None => error,
    }
}

/// Gateways answer in HTML; only the status means something then.
fn not_an_envelope(answer: &Answer) -> PlatformError {
    let (kind, words) = match answer.status {
        413 => (ErrorKind::BadInput, "the file is too large for the platform"),
        429 => (ErrorKind::RateLimited { retry_after: answer.retry_after }, "the platform asks to slow down"),
        500..=599 => (ErrorKind::Transient { maybe_applied: false }, "the platform is in trouble"),
        _ => (ErrorKind::UnexpectedReply, "the answer is not the platform's JSON"),
    };
    PlatformError::new(kind, words).with_status(answer.status)
}

/// The number in the answer, else the header, else the number in the words.
fn pause(answer: &Answer, parameters: &ResponseParameters, words: &str) -> Option<Duration> {
    let said = || words.rsplit_once("retry after ")?.1.split_whitespace().next()?.parse().ok();
    let seconds = parameters.retry_after.and_then(|seconds| u64::try_from(seconds).ok());
    seconds.map(Duration::from_secs).or(answer.retry_after).or_else(|| said().map(Duration::from_secs))
}

/// Telegram's words as they may be shown: short, without the class before the colon, without the token.
fn clean(words: &str, token: &str) -> String {
    let words = if token.is_empty() { words.to_owned() } else { words.replace(token, "[token]") };
    words.chars().filter(|c| !c.is_control()).take(MAX_WORDS).collect()
}
