//! What WhatsApp's refusals mean, as a table.

use super::wire::Problem;
use crate::meta::errors::Row;
use hub_platform_kit::{ErrorKind, PlatformError};
use std::sync::LazyLock;

/// Characters of the platform's own words that are kept.
const MAX_WORDS: usize = 300;

/// What one or several codes mean.
struct Meaning {
    codes: &'static [i64],
    kind: ErrorKind,
    /// One sentence for a person.
    words: &'static str,
}

const fn is(codes: &'static [i64], kind: ErrorKind, words: &'static str) -> Meaning {
    Meaning { codes, kind, words }
}

const TRANSIENT: ErrorKind = ErrorKind::Transient { maybe_applied: false };
const SLOW_DOWN: ErrorKind = ErrorKind::RateLimited { retry_after: None };
/// A refused permission.
const NO_PERMISSION: &str =
    "The permission for this WhatsApp account is missing. Please connect it again and grant it.";
/// Codes of refused permissions.
const PERMISSIONS: std::ops::RangeInclusive<i64> = 200..=299;
/// What the subcode says when something that was asked for is not there.
const GONE: Row = (100, Some(33), ErrorKind::NotFound);

/// Codes by what they mean. Those of refused permissions are a family and not listed.
const MEANINGS: &[Meaning] = &[
    is(
        &[0, 190],
        ErrorKind::ReauthRequired,
        "WhatsApp no longer accepts the access token. Please connect the account again.",
    ),
    is(&[3, 10, 131_005], ErrorKind::ReauthRequired, NO_PERMISSION),
    is(
        &[133_010, 131_045, 133_006],
        ErrorKind::ReauthRequired,
        "The phone number is not registered at WhatsApp. Register it with its PIN, then connect it again.",
    ),
    is(&[133_005], ErrorKind::BadInput, "The PIN of the phone number is wrong."),
    is(
        &[133_008, 133_009, 133_016],
        ErrorKind::Rejected,
        "The phone number was tried too often. WhatsApp asks to wait before registering it again.",
    ),
    is(
        &[133_000, 133_004, 133_015],
        ErrorKind::Rejected,
        "WhatsApp cannot register the phone number now. Try again later.",
    ),
    is(&[4, 80_007, 80_008, 130_429], SLOW_DOWN, "WhatsApp asks to slow down."),
    is(&[131_056], SLOW_DOWN, "Too many messages to this person in a short time."),
    is(
        &[131_048, 131_064, 368, 131_031, 130_497, 131_037],
        ErrorKind::Rejected,
        "WhatsApp has restricted this business account. An administrator must look at it in WhatsApp Manager.",
    ),
    is(
        &[131_042, 131_044],
        ErrorKind::Rejected,
        "The payment method of the WhatsApp business account does not work. An administrator must look at it.",
    ),
    is(
        &[131_047, 470],
        ErrorKind::Rejected,
        "More than 24 hours have passed since this person last wrote; only a template can be sent.",
    ),
    is(
        &[131_026, 131_030, 131_021, 131_062],
        ErrorKind::Rejected,
        "WhatsApp cannot reach this person with the number.",
    ),
    is(
        &[131_049, 131_050, 130_472, 131_063],
        ErrorKind::Rejected,
        "WhatsApp held this marketing message back. Try again after a day at the earliest.",
    ),
    is(&[131_052], ErrorKind::BadInput, "WhatsApp could not fetch the file."),
    is(
        &[131_053],
        ErrorKind::BadInput,
        "WhatsApp does not take this file; its type or its content is not one it allows.",
    ),
    is(&[132_000, 132_012, 132_018], ErrorKind::BadInput, "The template's values do not fit its slots."),
    is(&[132_001], ErrorKind::BadInput, "There is no such template in this language, or it is not approved."),
    is(&[132_005], ErrorKind::BadInput, "The template with its values is too long."),
    is(&[132_007], ErrorKind::Rejected, "The template breaks a policy of WhatsApp."),
    is(&[132_015], ErrorKind::Rejected, "WhatsApp has paused this template because of its quality."),
    is(&[132_016], ErrorKind::Rejected, "WhatsApp has disabled this template."),
    is(&[132_008, 132_068, 132_069], ErrorKind::Rejected, "The template or its form cannot be sent now."),
    is(&[137_000], ErrorKind::Rejected, "This person's security code changed, so the message was held back."),
    is(
        &[33, 100, 131_008, 131_009, 131_051, 135_000],
        ErrorKind::BadInput,
        "WhatsApp does not take the message as it is.",
    ),
    is(&[1, 2, 131_000, 131_016, 131_057], TRANSIENT, "WhatsApp is in trouble for the moment."),
];

/// The table as the calls use it.
pub(super) fn rows() -> &'static [Row] {
    static ROWS: LazyLock<Vec<Row>> = LazyLock::new(|| {
        let known = MEANINGS.iter().flat_map(|meaning| meaning.codes.iter().map(|code| (*code, None, meaning.kind)));
        std::iter::once(GONE).chain(known).collect()
    });
    &ROWS
}

fn words(code: i64) -> Option<&'static str> {
    if PERMISSIONS.contains(&code) {
        return Some(NO_PERMISSION);
    }
    MEANINGS.iter().find(|meaning| meaning.codes.contains(&code)).map(|meaning| meaning.words)
}

/// A refusal with our words before the platform's.
pub(super) fn explained(error: PlatformError) -> PlatformError {
    let code = error.remote_code.as_deref().and_then(|code| code.split('/').next()?.parse().ok());
    match code.and_then(words) {
        Some(_) => PlatformError { message: sentence(code, Some(&error.message)), ..error },
        None => error,
    }
}

/// Why something failed, in words for a person: ours where the code is known, and the platform's.
pub(super) fn reason(problem: Option<&Problem>) -> String {
    let Some(problem) = problem else { return "WhatsApp gives no reason.".to_owned() };
    let details = problem.error_data.as_ref().and_then(|data| data.details.as_deref());
    let theirs = details.or(problem.title.as_deref()).or(problem.message.as_deref());
    sentence(*problem.code, theirs)
}

/// Our sentence with the platform's own words behind it.
pub(super) fn sentence(code: Option<i64>, theirs: Option<&str>) -> String {
    let ours = code.and_then(words);
    let theirs: Option<String> =
        theirs.map(|words| words.chars().filter(|c| !c.is_control()).take(MAX_WORDS).collect());
    let code = code.map(|code| format!(" (code {code})")).unwrap_or_default();
    match (ours, theirs) {
        (Some(ours), Some(theirs)) => format!("{ours} WhatsApp says: {theirs}{code}"),
        (Some(ours), None) => format!("{ours}{code}"),
        (None, Some(theirs)) => format!("WhatsApp says: {theirs}{code}"),
        (None, None) => format!("WhatsApp gives no reason{code}."),
    }
}
