//! What LinkedIn's refusals mean, as a table.

use hub_platform_kit::{ErrorKind, PlatformError};
use serde_json::Value;

/// Characters of the platform's own words that are kept.
const MAX_WORDS: usize = 300;
const TRANSIENT: ErrorKind = ErrorKind::Transient { maybe_applied: false };
/// How the platform says that the app, not the person, lacks a permission.
const APP_LACKS: &str = "Not enough permissions to access";
/// How the platform speaks of a post that it does not know yet.
pub(super) const NO_ACTIVITY: &str = "Unable to obtain activity";

/// One line: status, the start of the platform's words (empty = any), meaning, one sentence for a person.
type Row = (u16, &'static str, ErrorKind, &'static str);

/// The first line that fits counts.
const ROWS: &[Row] = &[
    (400, "", ErrorKind::BadInput, "LinkedIn does not take the request as it is."),
    (401, "", ErrorKind::ReauthRequired, "LinkedIn no longer accepts the sign-in. Please connect the account again."),
    (
        403,
        APP_LACKS,
        ErrorKind::Misconfigured,
        "The app at LinkedIn is not approved for this. Its owner must ask LinkedIn for the product.",
    ),
    (
        403,
        "",
        ErrorKind::Rejected,
        "Whoever linked this page may not act for it any more. An administrator of the page must connect it again.",
    ),
    (404, "", ErrorKind::NotFound, "This is not at LinkedIn any more."),
    (409, "", ErrorKind::Rejected, "LinkedIn says that this is done already or changed meanwhile."),
    (422, "", ErrorKind::BadInput, "LinkedIn does not take the request as it is."),
    (
        426,
        "",
        ErrorKind::Misconfigured,
        "LinkedIn has switched off the version of its API that the hub asks for. Set LINKEDIN_VERSION to a newer month.",
    ),
    (429, "", ErrorKind::RateLimited { retry_after: None }, "LinkedIn's limit is used up."),
];

/// One line about the sign-in: what went wrong, and what it means for a code and for a refresh token.
const SIGN_IN: &[(&str, ErrorKind, &str)] = &[
    ("invalid_grant", ErrorKind::ReauthRequired, "LinkedIn no longer accepts the sign-in. Please sign in again."),
    (
        "invalid_request",
        ErrorKind::ReauthRequired,
        "The sign-in took too long or was used before. Please sign in again.",
    ),
    ("invalid_client", ErrorKind::Misconfigured, "LinkedIn does not know the app's id or secret."),
    ("unauthorized_client", ErrorKind::Misconfigured, "LinkedIn does not allow the app this kind of sign-in."),
    ("access_denied", ErrorKind::Misconfigured, "LinkedIn does not allow the app this kind of sign-in."),
];

/// What a refusal of the API says, as far as it says anything: any member may be missing.
#[derive(Debug, Default)]
pub(super) struct Said {
    /// `code` and `serviceErrorCode`, as far as they are there.
    pub(super) code: Option<String>,
    /// The platform's words.
    pub(super) words: String,
}

impl Said {
    /// Reads a body.
    pub(super) fn of(body: Option<&Value>) -> Self {
        let text = |name: &str| body.and_then(|body| body.get(name)).and_then(Value::as_str);
        let service = body.and_then(|body| body.get("serviceErrorCode")).and_then(Value::as_i64);
        let code = match (text("code").or_else(|| text("error")), service) {
            (Some(code), Some(service)) => Some(format!("{code}/{service}")),
            (Some(code), None) => Some(code.to_owned()),
            (None, service) => service.map(|service| service.to_string()),
        };
        let words = text("message").or_else(|| text("error_description")).unwrap_or_default();
        Self { code, words: words.to_owned() }
    }
}

/// A refusal of the API.
pub(super) fn refusal(status: u16, said: &Said, secrets: &[&str]) -> PlatformError {
    let row = ROWS.iter().find(|(number, start, ..)| *number == status && said.words.starts_with(start));
    let (kind, ours) = match (row, status) {
        (Some((_, _, kind, ours)), _) => (*kind, *ours),
        (None, 402..=499) => (ErrorKind::Rejected, "LinkedIn refuses this."),
        (None, 500..=599) => (TRANSIENT, "LinkedIn is in trouble for the moment."),
        _ => (ErrorKind::UnexpectedReply, "LinkedIn answered in an unknown way."),
    };
    coded(PlatformError::new(kind, sentence(ours, &said.words, secrets)), status, said.code.clone())
}

/// A refusal of the sign-in. While linking there is no account yet that could need a new sign-in.
pub(super) fn sign_in(status: u16, said: &Said, linking: bool, secrets: &[&str]) -> PlatformError {
    let row = SIGN_IN.iter().find(|(name, ..)| said.code.as_deref() == Some(name));
    let (kind, ours) = match (row, status) {
        (_, 429) => (ErrorKind::RateLimited { retry_after: None }, "LinkedIn's limit is used up."),
        (Some((_, kind, ours)), _) => (*kind, *ours),
        (None, 400 | 401) => (ErrorKind::ReauthRequired, "LinkedIn refused the sign-in. Please sign in again."),
        (None, 500..=599) => (TRANSIENT, "LinkedIn is in trouble for the moment."),
        _ => (ErrorKind::UnexpectedReply, "LinkedIn answered in an unknown way."),
    };
    let kind = if linking && kind == ErrorKind::ReauthRequired { ErrorKind::BadInput } else { kind };
    coded(PlatformError::new(kind, sentence(ours, &said.words, secrets)), status, said.code.clone())
}

fn coded(error: PlatformError, status: u16, code: Option<String>) -> PlatformError {
    let error = error.with_status(status);
    match code {
        Some(code) => error.with_code(code),
        None => error,
    }
}

/// Our sentence with the platform's own words behind it: short, on one line, without secrets.
fn sentence(ours: &str, theirs: &str, secrets: &[&str]) -> String {
    let secrets = secrets.iter().filter(|secret| !secret.is_empty());
    let theirs = secrets.fold(theirs.to_owned(), |words, secret| words.replace(*secret, "[secret]"));
    let theirs: String = theirs.chars().filter(|c| !c.is_control()).take(MAX_WORDS).collect();
    if theirs.trim().is_empty() { ours.to_owned() } else { format!("{ours} LinkedIn says: {theirs}") }
}

/// An answer that is not what the manual shows.
pub(super) fn odd_answer() -> PlatformError {
    PlatformError::new(ErrorKind::UnexpectedReply, "the answer has an unknown shape")
}

/// A missing or wrong setting.
pub(super) fn misconfigured(words: impl Into<String>) -> PlatformError {
    PlatformError::new(ErrorKind::Misconfigured, words)
}
