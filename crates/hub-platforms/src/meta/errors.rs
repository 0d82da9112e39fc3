//! What Meta's refusals mean, as a table. The HTTP status is a weak hint; code and subcode say it.

use super::usage::Usage;
use crate::values::number;
use hub_platform_kit::transport::Answer;
use hub_platform_kit::{ErrorKind, PlatformError};
use serde_json::Value;

/// Characters of Meta's own words that are kept.
const MAX_WORDS: usize = 300;

const TRANSIENT: ErrorKind = ErrorKind::Transient { maybe_applied: false };
const SLOW_DOWN: ErrorKind = ErrorKind::RateLimited { retry_after: None };

/// One line of a table: code, subcode (`None` = any), meaning. The first line that fits counts.
pub(crate) type Row = (i64, Option<i64>, ErrorKind);

/// What all of Meta's platforms have in common.
const SHARED: &[Row] = &[
    // Code 10 means "the reply window is over" far more often than "no permission".
    (10, Some(2_018_278), ErrorKind::Rejected),
    (10, Some(2_018_065), ErrorKind::Rejected),
    (100, Some(33), ErrorKind::NotFound),
    (100, Some(2_018_001), ErrorKind::NotFound),
    // Meta could not fetch our file in time.
    (100, Some(2_018_008), TRANSIENT),
    (100, Some(2_018_294), TRANSIENT),
    (1, Some(99), ErrorKind::ReauthRequired),
    (4, None, SLOW_DOWN),
    (9, None, SLOW_DOWN),
    (17, None, SLOW_DOWN),
    (32, None, SLOW_DOWN),
    (341, None, SLOW_DOWN),
    (613, None, SLOW_DOWN),
    (80_001, None, SLOW_DOWN),
    (80_002, None, SLOW_DOWN),
    (80_006, None, SLOW_DOWN),
    (80_007, None, SLOW_DOWN),
    (80_008, None, SLOW_DOWN),
    (0, None, ErrorKind::ReauthRequired),
    (102, None, ErrorKind::ReauthRequired),
    (190, None, ErrorKind::ReauthRequired),
    (1, None, TRANSIENT),
    (2, None, TRANSIENT),
    (1_200, None, TRANSIENT),
    (3, None, ErrorKind::ReauthRequired),
    (10, None, ErrorKind::ReauthRequired),
    (100, None, ErrorKind::BadInput),
    (368, None, ErrorKind::Rejected),
];

/// Codes of permissions that are missing.
const PERMISSIONS: std::ops::RangeInclusive<i64> = 200..=299;
/// "Slow down" codes that are meant for one conversation; all others for the whole account.
const ONE_CONVERSATION: &[i64] = &[613, 131_056];

/// A refusal as Meta words it.
struct Said {
    code: i64,
    subcode: Option<i64>,
    is_transient: bool,
    words: String,
}

/// A refusal, read with the platform's own lines before the shared ones. `secrets` are cut out of the words, should one ever
/// stand there.
pub(crate) fn refusal(answer: &Answer, body: Option<&Value>, own: &[Row], secrets: &[&str]) -> PlatformError {
    let Some(said) = body.and_then(said) else { return not_an_error_object(answer) };
    let kind = match meaning(&said, answer.status, own) {
        ErrorKind::RateLimited { .. } => {
            ErrorKind::RateLimited { retry_after: Usage::of(answer).wait().or(answer.retry_after) }
        }
        kind => kind,
    };
    let code = match said.subcode {
        Some(subcode) => format!("{}/{subcode}", said.code),
        None => said.code.to_string(),
    };
    let error = PlatformError::new(kind, clean(&said.words, secrets)).with_status(answer.status).with_code(code);
    let everywhere = matches!(kind, ErrorKind::RateLimited { .. }) && !ONE_CONVERSATION.contains(&said.code);
    if everywhere { error.for_whole_account() } else { error }
}

/// What a code means outside of an answer: deliveries of WhatsApp report failures with the same numbers.
pub(crate) fn by_code(code: i64, subcode: Option<i64>, own: &[Row]) -> Option<ErrorKind> {
    let fits = |row: &&Row| row.0 == code && (row.1.is_none() || row.1 == subcode);
    let known = own.iter().chain(SHARED).find(fits).map(|row| row.2);
    known.or_else(|| PERMISSIONS.contains(&code).then_some(ErrorKind::ReauthRequired))
}

fn meaning(said: &Said, status: u16, own: &[Row]) -> ErrorKind {
    match by_code(said.code, said.subcode, own) {
        Some(slow @ ErrorKind::RateLimited { .. }) => slow,
        _ if said.is_transient => TRANSIENT,
        Some(kind) => kind,
        None => by_status(status),
    }
}

/// Codes nobody knows. A final no is the safe reading: a retry would only repeat it.
fn by_status(status: u16) -> ErrorKind {
    match status {
        429 => SLOW_DOWN,
        500..=599 => TRANSIENT,
        400 => ErrorKind::BadInput,
        404 => ErrorKind::NotFound,
        401..=499 => ErrorKind::Rejected,
        _ => ErrorKind::UnexpectedReply,
    }
}

/// Reads the error object, or the flat form that the sign-in of Instagram uses.
fn said(body: &Value) -> Option<Said> {
    let (error, flat) = match body.get("error") {
        Some(error @ Value::Object(_)) => (error, false),
        _ if body.get("error_message").is_some() => (body, true),
        _ => return None,
    };
    // The flat form's code is an HTTP status and no code of the table.
    let code = error.get("code").and_then(number).filter(|_| !flat);
    let text = |name: &str| error.get(name).and_then(Value::as_str).filter(|text| !text.trim().is_empty());
    let details = match error.get("error_data") {
        Some(Value::String(text)) => Some(text.as_str()),
        Some(data) => data.get("details").and_then(Value::as_str),
        None => None,
    };
    let words = text("error_user_msg").or(details).or_else(|| text("message")).or_else(|| text("error_message"));
    Some(Said {
        code: code.unwrap_or(if flat { 400 } else { -1 }),
        subcode: error.get("error_subcode").and_then(number),
        is_transient: error.get("is_transient").and_then(Value::as_bool).unwrap_or(false),
        words: words.unwrap_or("no reason given").to_owned(),
    })
}

/// Gateways answer in HTML; only the status means something then.
fn not_an_error_object(answer: &Answer) -> PlatformError {
    let (kind, words) = match answer.status {
        413 => (ErrorKind::BadInput, "the file is too large for the platform"),
        429 => (ErrorKind::RateLimited { retry_after: answer.retry_after }, "the platform asks to slow down"),
        200..=399 => (ErrorKind::UnexpectedReply, "the answer is not the platform's JSON"),
        _ => (TRANSIENT, "the platform is in trouble"),
    };
    PlatformError::new(kind, words).with_status(answer.status)
}

/// Meta's words as they may be shown: short, without the code before them, without secrets.
pub(crate) fn clean(words: &str, secrets: &[&str]) -> String {
    let secrets = secrets.iter().filter(|secret| !secret.is_empty());
    let words = secrets.fold(words.to_owned(), |words, secret| words.replace(*secret, "[secret]"));
    let plain = match words.strip_prefix("(#").and_then(|rest| rest.split_once(") ")) {
        Some((code, rest)) if code.bytes().all(|b| b.is_ascii_digit()) => rest,
        _ => &words,
    };
    plain.chars().filter(|c| !c.is_control()).take(MAX_WORDS).collect()
}
