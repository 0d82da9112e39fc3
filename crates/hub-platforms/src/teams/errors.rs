//! What refusals of Graph and of the sign-in mean, as tables.

use chrono::DateTime;
use hub_domain::Timestamp;
use hub_platform_kit::transport::Answer;
use hub_platform_kit::{ErrorKind, PlatformError};
use serde_json::Value;
use std::time::Duration;

/// Characters of the platform's own words that are kept.
const MAX_WORDS: usize = 300;
/// The longest wait that is believed.
const MAX_WAIT: Duration = Duration::from_hours(24);

const TRANSIENT: ErrorKind = ErrorKind::Transient { maybe_applied: false };
const SLOW_DOWN: ErrorKind = ErrorKind::RateLimited { retry_after: None };

/// What Graph's statuses mean. Its codes are many and its words change; neither is looked at.
const STATUSES: &[(u16, ErrorKind)] = &[
    (400, ErrorKind::BadInput),
    (401, ErrorKind::ReauthRequired),
    (402, ErrorKind::Misconfigured),
    // No longer a member, blocked, or a permission is missing.
    (403, ErrorKind::Rejected),
    (404, ErrorKind::NotFound),
    (405, ErrorKind::Rejected),
    (406, ErrorKind::Rejected),
    (409, ErrorKind::Rejected),
    (410, ErrorKind::NotFound),
    (412, ErrorKind::Rejected),
    (413, ErrorKind::BadInput),
    (415, ErrorKind::BadInput),
    (422, ErrorKind::BadInput),
    (429, SLOW_DOWN),
    (503, TRANSIENT),
    (509, SLOW_DOWN),
];

/// What the sign-in's words mean. The numbers beside them are many and change, so they are never looked at.
const SIGN_IN: &[(&str, ErrorKind)] = &[
    ("invalid_grant", ErrorKind::ReauthRequired),
    ("interaction_required", ErrorKind::ReauthRequired),
    ("consent_required", ErrorKind::ReauthRequired),
    ("login_required", ErrorKind::ReauthRequired),
    ("access_denied", ErrorKind::ReauthRequired),
    ("invalid_client", ErrorKind::Misconfigured),
    ("unauthorized_client", ErrorKind::Misconfigured),
    ("invalid_scope", ErrorKind::Misconfigured),
    ("invalid_resource", ErrorKind::Misconfigured),
    ("unsupported_grant_type", ErrorKind::Misconfigured),
    ("unsupported_response_type", ErrorKind::Misconfigured),
    ("invalid_request", ErrorKind::Misconfigured),
    ("temporarily_unavailable", TRANSIENT),
    ("server_error", TRANSIENT),
];

/// A refusal of Graph.
pub(super) fn refusal(answer: &Answer) -> PlatformError {
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let error = body.get("error").filter(|error| error.is_object());
    let text = |value: Option<&Value>| value.and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned);
    let inner = error.and_then(|error| error.get("innerError").or_else(|| error.get("innererror")));
    let request_id = text(inner.and_then(|inner| inner.get("request-id")));
    let request_id = request_id.or_else(|| answer.header("request-id").map(str::to_owned));
    tracing::debug!(status = answer.status, request_id, "Graph refused a call");
    let said = error.and_then(|error| text(error.get("message"))).map(|words| shortened(&words));
    let ours = sentence(answer.status);
    let message = said.map_or_else(|| format!("{ours}."), |theirs| format!("{ours}. Microsoft says: {theirs}"));
    let refused = PlatformError::new(kind(answer), message).with_status(answer.status);
    let code = error.and_then(|error| text(error.get("code")));
    code.into_iter().fold(refused, |refused, code| refused.with_code(shortened(&code)))
}

/// A refusal of the sign-in.
pub(super) fn sign_in_refusal(answer: &Answer) -> PlatformError {
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let text = |name: &str| body.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    let code = text("error");
    let known = code.and_then(|code| SIGN_IN.iter().find(|(name, _)| *name == code)).map(|(_, kind)| *kind);
    let kind = match (known, answer.status) {
        (_, 429) => waits(answer),
        (Some(TRANSIENT) | None, 503) => busy(answer),
        (Some(kind), _) => kind,
        (None, 500..=599) => TRANSIENT,
        (None, _) => ErrorKind::UnexpectedReply,
    };
    let words = text("error_description").map_or("the sign-in gives no reason", first_line);
    let refused = PlatformError::new(kind, shortened(words)).with_status(answer.status);
    let code = code.map(|code| match text("suberror") {
        Some(more) => format!("{code}/{more}"),
        None => code.to_owned(),
    });
    code.into_iter().fold(refused, |refused, code| refused.with_code(shortened(&code)))
}

fn kind(answer: &Answer) -> ErrorKind {
    match STATUSES.iter().find(|(status, _)| *status == answer.status).map(|(_, kind)| *kind) {
        Some(SLOW_DOWN) => waits(answer),
        Some(TRANSIENT) => busy(answer),
        Some(kind) => kind,
        None => match answer.status {
            500..=599 => TRANSIENT,
            400..=499 => ErrorKind::Rejected,
            _ => ErrorKind::UnexpectedReply,
        },
    }
}

fn waits(answer: &Answer) -> ErrorKind {
    ErrorKind::RateLimited { retry_after: retry_after(answer) }
}

/// In trouble; where it says for how long, it is left alone for so long.
fn busy(answer: &Answer) -> ErrorKind {
    match retry_after(answer) {
        None => TRANSIENT,
        wait => ErrorKind::RateLimited { retry_after: wait },
    }
}

/// How long to wait: seconds with a fraction, or a date by the platform's own clock.
pub(super) fn retry_after(answer: &Answer) -> Option<Duration> {
    let said = answer.header("retry-after")?.trim();
    let wait = if let Ok(seconds) = said.parse::<f64>() {
        Duration::try_from_secs_f64(seconds).ok()?
    } else {
        let until = DateTime::parse_from_rfc2822(said).ok()?;
        (Timestamp::from(until) - said_at(answer)?).to_std().unwrap_or_default()
    };
    Some(wait.min(MAX_WAIT))
}

/// When the platform said it, by its own clock.
pub(super) fn said_at(answer: &Answer) -> Option<Timestamp> {
    DateTime::parse_from_rfc2822(answer.header("date")?).ok().map(Timestamp::from)
}

/// After a send, trouble of a server leaves open whether the message went out, and Graph drops no repeats.
pub(super) fn doubtful(mut error: PlatformError) -> PlatformError {
    let in_trouble = error.status.is_some_and(|status| matches!(status, 500 | 502 | 504));
    let accepted = error.status.is_none_or(|status| status < 400);
    match error.kind {
        ErrorKind::Transient { .. } if in_trouble => error.kind = ErrorKind::Transient { maybe_applied: true },
        ErrorKind::UnexpectedReply if accepted => error.kind = ErrorKind::Transient { maybe_applied: true },
        _ => {}
    }
    error
}

/// A cut-off question changed nothing.
pub(super) fn harmless(mut error: PlatformError) -> PlatformError {
    if let ErrorKind::Transient { maybe_applied } = &mut error.kind {
        *maybe_applied = false;
    }
    error
}

/// What a refusal means, for a person; the platform's own words are often no more than a name.
fn sentence(status: u16) -> &'static str {
    match status {
        401 => "Microsoft no longer accepts the sign-in",
        402 => "Microsoft wants a licence or a payment that the app does not have",
        403 => "Microsoft does not allow this: you may have left the chat, or a permission is missing",
        404 | 410 => "The chat or the message is not there any more",
        409 | 412 => "Microsoft has it in another state already",
        413 => "The message is too large for Teams",
        429 | 509 => "Microsoft asks to slow down",
        400..=499 => "Teams does not take it as it is",
        500..=599 => "Microsoft is in trouble for the moment",
        _ => "Microsoft gave an odd answer",
    }
}

/// What follows the first line of a description are numbers for Microsoft's support.
fn first_line(words: &str) -> &str {
    let line = words.lines().next().unwrap_or_default();
    line.split(" Trace ID:").next().unwrap_or(line)
}

fn shortened(words: &str) -> String {
    words.chars().filter(|c| !c.is_control()).take(MAX_WORDS).collect()
}
