//! What X's refusals mean, as tables. Problems are known by the end of their `type`, because its host differs between the
//! description and the wild.

use super::wire::{list, number, words};
use chrono::DateTime;
use hub_domain::Timestamp;
use hub_platform_kit::transport::Answer;
use hub_platform_kit::{ErrorKind, PlatformError};
use serde_json::Value;
use std::time::Duration;

/// Characters of the platform's own words that are kept.
const MAX_WORDS: usize = 300;
/// How long to wait when a limit names no end.
const UNNAMED_WAIT: Duration = Duration::from_mins(1);
/// How long to wait when a day's limit names no end: calls are left in the short window, and still none passes.
const UNNAMED_DAY_WAIT: Duration = Duration::from_hours(1);
/// Longest pause that is believed.
const MAX_WAIT: Duration = Duration::from_hours(25);
/// What headers of limits begin with: a quarter of an hour, a day of the person, a day of the app.
const LIMITS: [&str; 3] = ["x-rate-limit", "x-user-limit-24hour", "x-app-limit-24hour"];
/// The older API's code for "slow down".
const OLD_SLOW_DOWN: i64 = 88;

const TRANSIENT: ErrorKind = ErrorKind::Transient { maybe_applied: false };
const CONFIGURATION: &str =
    "X does not let the hub's app do this. An administrator must look at the app's settings at X.";

/// Problems by the end of their type.
const PROBLEMS: &[(&str, ErrorKind, &str)] = &[
    (
        "credits",
        ErrorKind::Misconfigured,
        "The app's credits at X are used up, or its spending cap is reached. An administrator must look at its billing.",
    ),
    (
        "usage-capped",
        ErrorKind::Misconfigured,
        "The app's monthly allowance at X is used up. An administrator must look at its plan.",
    ),
    ("unsupported-authentication", ErrorKind::Misconfigured, CONFIGURATION),
    ("client-forbidden", ErrorKind::Misconfigured, CONFIGURATION),
    ("not-authorized-for-resource", ErrorKind::Rejected, "X does not allow the account to do this."),
    ("resource-not-found", ErrorKind::NotFound, "X does not know it any more."),
    ("invalid-request", ErrorKind::BadInput, "X does not take it as it is."),
];

/// Answers without a problem the table knows, by status.
const STATUSES: &[(u16, ErrorKind, &str)] = &[
    (400, ErrorKind::BadInput, "X does not take it as it is."),
    (401, ErrorKind::ReauthRequired, "X no longer accepts the sign-in. Please connect the account again."),
    (402, ErrorKind::Misconfigured, "X wants to be paid first. An administrator must look at the app's billing."),
    (403, ErrorKind::Rejected, "X does not allow this."),
    (404, ErrorKind::NotFound, "X does not know it any more."),
    (408, TRANSIENT, "X gave up waiting."),
    (409, TRANSIENT, "X is busy with something that gets in the way."),
    (410, ErrorKind::NotFound, "X does not have it any more."),
    (413, ErrorKind::BadInput, "It is too large for X."),
];

/// Refusals of the endpoints of tokens. What `invalid_request` means depends on what was asked.
const TOKEN_ERRORS: &[(&str, ErrorKind, &str)] = &[
    (
        "invalid_request",
        ErrorKind::ReauthRequired,
        "X no longer accepts the sign-in. Please connect the account again.",
    ),
    ("invalid_grant", ErrorKind::ReauthRequired, "X no longer accepts the sign-in. Please connect the account again."),
    ("invalid_client", ErrorKind::Misconfigured, CONFIGURATION),
    ("unauthorized_client", ErrorKind::Misconfigured, CONFIGURATION),
    ("invalid_scope", ErrorKind::Misconfigured, CONFIGURATION),
    ("unsupported_grant_type", ErrorKind::Misconfigured, CONFIGURATION),
];

/// Reads a refusal of the API. `secrets` are cut out of the platform's words.
pub(super) fn refusal(answer: &Answer, body: Option<&Value>, secrets: &[&str]) -> PlatformError {
    let none = Value::Null;
    let body = body.unwrap_or(&none);
    let kind_of_problem = words(&body["type"]).and_then(|kind| kind.rsplit('/').next()).unwrap_or_default();
    let code = list(&body["errors"]).iter().find_map(|one| number(&one["code"]));
    let known = PROBLEMS.iter().find(|(end, ..)| *end == kind_of_problem);
    let (kind, ours) = match known {
        Some((_, kind, ours)) => (*kind, *ours),
        None if answer.status == 429 || code == Some(OLD_SLOW_DOWN) => {
            (ErrorKind::RateLimited { retry_after: Some(pause(answer)) }, "X asks to slow down.")
        }
        None => by_status(answer, body),
    };
    let mut message = ours.to_owned();
    if let Some(theirs) = said(body) {
        message = format!("{message} X says: {}", clean(&theirs, secrets));
    }
    if let Some(day) = words(&body["reset_date"]) {
        message = format!("{message} (until {})", clean(day, secrets));
    }
    let error = PlatformError::new(kind, message).with_status(answer.status);
    // A title such as `CreditsDepleted` says more than the type they share.
    let title = words(&body["title"]).filter(|title| title.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    let code = code.map(|code| code.to_string());
    match code.as_deref().or_else(|| known.and(title)).or_else(|| known.map(|(end, ..)| *end)) {
        Some(code) => error.with_code(clean(code, secrets)),
        None => error,
    }
}

/// Only what the API itself answered is about credentials: a gateway's page with 401 is trouble on the way.
fn by_status(answer: &Answer, body: &Value) -> (ErrorKind, &'static str) {
    let from_the_api = body.is_object() || answer.body.is_empty();
    if matches!(answer.status, 401 | 403) && !from_the_api {
        return (TRANSIENT, "Something before X refused the call.");
    }
    match STATUSES.iter().find(|(status, ..)| *status == answer.status) {
        Some((_, kind, ours)) => (*kind, ours),
        None if answer.status >= 500 => (TRANSIENT, "X is in trouble for the moment."),
        None if answer.status >= 400 => (ErrorKind::Rejected, "X refuses this."),
        None => (ErrorKind::UnexpectedReply, "X's answer has an unknown shape."),
    }
}

/// Reads a refusal of the endpoints of tokens. Only an answer in their own words is one about credentials.
pub(super) fn token_refusal(answer: &Answer, body: Option<&Value>, secrets: &[&str]) -> PlatformError {
    let error = body.and_then(|body| words(&body["error"]));
    let Some((code, kind, ours)) = error.and_then(|error| TOKEN_ERRORS.iter().find(|(known, ..)| *known == error))
    else {
        let other = refusal(answer, body, secrets);
        return match other.kind {
            // Neither a code nor a token is judged by an answer that does not name it.
            ErrorKind::ReauthRequired | ErrorKind::BadInput | ErrorKind::Rejected | ErrorKind::NotFound => {
                PlatformError { kind: TRANSIENT, ..other }
            }
            _ => other,
        };
    };
    let theirs = body.and_then(|body| words(&body["error_description"]));
    let message = match theirs {
        Some(theirs) => format!("{ours} X says: {}", clean(theirs, secrets)),
        None => (*ours).to_owned(),
    };
    PlatformError::new(*kind, message).with_status(answer.status).with_code(*code)
}

/// What the platform says, in the order in which it is worth reading: what is wrong with a parameter, the detail, the title.
fn said(body: &Value) -> Option<String> {
    let first = list(&body["errors"]).iter().find_map(|one| words(&one["message"]).or_else(|| words(&one["detail"])));
    first.or_else(|| words(&body["detail"])).or_else(|| words(&body["title"])).map(str::to_owned)
}

fn clean(theirs: &str, secrets: &[&str]) -> String {
    let mut text: String = theirs.chars().filter(|c| !c.is_control()).take(MAX_WORDS).collect();
    for secret in secrets.iter().filter(|secret| !secret.is_empty()) {
        text = text.replace(secret, "…");
    }
    text
}

/// The moment of an answer by the platform's own clock.
pub(super) fn said_at(answer: &Answer) -> Option<Timestamp> {
    DateTime::parse_from_rfc2822(answer.header("date")?).ok().map(Timestamp::from)
}

/// How long until calls pass again: until the last of the windows that are used up begins anew.
fn pause(answer: &Answer) -> Duration {
    let told =
        |limit: &str, what: &str| answer.header(&format!("{limit}-{what}")).and_then(|text| text.parse::<i64>().ok());
    let now = said_at(answer).map(|at| at.timestamp());
    let until =
        LIMITS.iter().filter(|limit| told(limit, "remaining") == Some(0)).filter_map(|limit| told(limit, "reset"));
    let named = until.max().zip(now).map(|(until, now)| {
        // One second more than none: the window's last one is still the old one's.
        Duration::from_secs(u64::try_from(until.saturating_sub(now)).unwrap_or_default().max(1))
    });
    let calls_are_left = told(LIMITS[0], "remaining").is_some_and(|left| left > 0);
    let unnamed = if calls_are_left { UNNAMED_DAY_WAIT } else { UNNAMED_WAIT };
    named.or(answer.retry_after).unwrap_or(unnamed).min(MAX_WAIT)
}
