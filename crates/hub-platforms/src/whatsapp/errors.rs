//! What WhatsApp's refusals mean, as a table.

use super::wire::Problem;
use hub_platform_kit::ErrorKind;

/// Characters of the platform's own words that are kept.
const MAX_WORDS: usize = 300;

/// What one or several codes mean.
pub(super) struct Meaning {
    codes: &'static [i64],
    /// What to do about it.
    pub(super) kind: ErrorKind,
    /// True when "slow down" is meant for the whole account.
    pub(super) whole_account: bool,
    /// One sentence for a person.
    pub(super) words: &'static str,
}

const fn final_no(codes: &'static [i64], kind: ErrorKind, words: &'static str) -> Meaning {
    Meaning { codes, kind, whole_account: false, words }
}

const fn slow_down(codes: &'static [i64], whole_account: bool, words: &'static str) -> Meaning {
    Meaning { codes, kind: ErrorKind::RateLimited { retry_after: None }, whole_account, words }
}

const fn trouble(codes: &'static [i64], words: &'static str) -> Meaning {
    Meaning { codes, kind: ErrorKind::Transient { maybe_applied: false }, whole_account: false, words }
}

/// Codes by what they mean. Codes of 200 to 299 are one family and not listed.
const MEANINGS: &[Meaning] = &[
    final_no(
        &[0, 190],
        ErrorKind::ReauthRequired,
        "WhatsApp no longer accepts the access token. Please connect the account again.",
    ),
    final_no(
        &[3, 10, 131_005],
        ErrorKind::ReauthRequired,
        "The permission for this WhatsApp account is missing. Please connect it again and grant it.",
    ),
    final_no(
        &[133_010, 131_045, 133_006],
        ErrorKind::ReauthRequired,
        "The phone number is not registered at WhatsApp. Register it with its PIN, then connect it again.",
    ),
    final_no(&[133_005], ErrorKind::BadInput, "The PIN of the phone number is wrong."),
    final_no(
        &[133_008, 133_009, 133_016],
        ErrorKind::Rejected,
        "The phone number was tried too often. WhatsApp asks to wait before registering it again.",
    ),
    final_no(
        &[133_000, 133_004, 133_015],
        ErrorKind::Rejected,
        "WhatsApp cannot register the phone number now. Try again later.",
    ),
    slow_down(&[4, 80_007, 80_008, 130_429], true, "WhatsApp asks to slow down."),
    slow_down(&[131_056], false, "Too many messages to this person in a short time."),
    final_no(
        &[131_048, 131_064, 368, 131_031, 130_497, 131_037],
        ErrorKind::Rejected,
        "WhatsApp has restricted this business account. An administrator must look at it in WhatsApp Manager.",
    ),
    final_no(
        &[131_042, 131_044],
        ErrorKind::Rejected,
        "The payment method of the WhatsApp business account does not work. An administrator must look at it.",
    ),
    final_no(
        &[131_047, 470],
        ErrorKind::Rejected,
        "More than 24 hours have passed since this person last wrote; only a template can be sent.",
    ),
    final_no(
        &[131_026, 131_030, 131_021, 131_062],
        ErrorKind::Rejected,
        "WhatsApp cannot reach this person with the number.",
    ),
    final_no(
        &[131_049, 131_050, 130_472, 131_063],
        ErrorKind::Rejected,
        "WhatsApp held this marketing message back. Try again after a day at the earliest.",
    ),
    final_no(&[131_052], ErrorKind::BadInput, "WhatsApp could not fetch the file."),
    final_no(
        &[131_053],
        ErrorKind::BadInput,
        "WhatsApp does not take this file; its type or its content is not one it allows.",
    ),
    final_no(&[132_000, 132_012, 132_018], ErrorKind::BadInput, "The template's values do not fit its slots."),
    final_no(&[132_001], ErrorKind::BadInput, "There is no such template in this language, or it is not approved."),
    final_no(&[132_005], ErrorKind::BadInput, "The template with its values is too long."),
    final_no(&[132_007], ErrorKind::Rejected, "The template breaks a policy of WhatsApp."),
    final_no(&[132_015], ErrorKind::Rejected, "WhatsApp has paused this template because of its quality."),
    final_no(&[132_016], ErrorKind::Rejected, "WhatsApp has disabled this template."),
    final_no(&[132_008, 132_068, 132_069], ErrorKind::Rejected, "The template or its form cannot be sent now."),
    final_no(&[137_000], ErrorKind::Rejected, "This person's security code changed, so the message was held back."),
    final_no(
        &[33, 100, 131_008, 131_009, 131_051, 135_000],
        ErrorKind::BadInput,
        "WhatsApp does not take the message as it is.",
    ),
    trouble(&[1, 2, 131_000, 131_016, 131_057], "WhatsApp is in trouble for the moment."),
];

/// A refused permission, from 200 to 299.
const PERMISSION: Meaning = final_no(
    &[],
    ErrorKind::ReauthRequired,
    "The permission for this WhatsApp account is missing. Please connect it again and grant it.",
);

/// What a code means; `None` for one nobody knows.
pub(super) fn meaning(code: i64) -> Option<&'static Meaning> {
    if (200..300).contains(&code) {
        return Some(&PERMISSION);
    }
    MEANINGS.iter().find(|meaning| meaning.codes.contains(&code))
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
    let ours = code.and_then(meaning).map(|meaning| meaning.words);
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
