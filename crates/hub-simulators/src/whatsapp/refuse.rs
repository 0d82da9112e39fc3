//! Why WhatsApp refuses, by code: the same words in answers and in failed statuses.

use crate::meta::GraphError;
use serde_json::{Value, json};

/// Code, HTTP status, title, details.
type Reason = (i64, u16, &'static str, &'static str);

/// The reasons that are told by name. Others can be scripted with words of their own.
const REASONS: &[Reason] = &[
    (3, 403, "Application does not have the capability to make this API call", ""),
    (4, 400, "Application request limit reached", ""),
    (10, 403, "Application does not have permission for this action", ""),
    (33, 400, "Parameter value is not valid", "The business phone number has been deleted."),
    (100, 400, "Invalid parameter", ""),
    (130_429, 400, "Rate limit hit", "Cloud API message throughput has been reached."),
    (130_472, 400, "User's number is part of an experiment", "Message was not sent as part of an experiment."),
    (130_497, 403, "Business account is restricted from messaging users in this country", ""),
    (131_000, 500, "Something went wrong", "Message failed to send due to an unknown error."),
    (131_005, 403, "Access denied", "Permission is either not granted or has been removed."),
    (131_008, 400, "Required parameter is missing", ""),
    (131_009, 400, "Parameter value is not valid", ""),
    (131_016, 500, "Service unavailable", "A service is temporarily unavailable."),
    (131_021, 400, "Recipient cannot be sender", "Sender and recipient phone number is the same."),
    (131_026, 400, "Message undeliverable", "Message Undeliverable."),
    (
        131_030,
        400,
        "Recipient phone number not in allowed list",
        "Add recipient phone number to recipient list and try again.",
    ),
    (131_031, 403, "Business Account locked", "Account has been locked"),
    (
        131_042,
        400,
        "Business eligibility payment issue",
        "There were one or more errors related to your payment method.",
    ),
    (
        131_047,
        400,
        "Re-engagement message",
        "Message failed to send because more than 24 hours have passed since the customer last replied to this number.",
    ),
    (
        131_048,
        400,
        "Spam rate limit hit",
        "There are restrictions on how many messages can be sent from this phone number.",
    ),
    (
        131_049,
        400,
        "This message was not delivered to maintain healthy ecosystem engagement.",
        "In order to maintain a healthy ecosystem engagement, the message failed to be delivered.",
    ),
    (131_050, 400, "User has stopped marketing messages", "The recipient chose to stop receiving marketing messages."),
    (131_051, 400, "Unsupported message type", "Message type is not currently supported."),
    (131_052, 400, "Media download error", "Unable to download the media sent by the user."),
    (131_053, 400, "Media upload error", "Unable to upload the media used in the message."),
    (
        131_056,
        400,
        "(Business Account, Consumer Account) pair rate limit hit",
        "There were too many messages sent from this phone number to the same phone number in a short period of time.",
    ),
    (131_057, 500, "Account in maintenance mode", "Business account is in maintenance mode"),
    (132_000, 400, "Number of parameters does not match the expected number of params", ""),
    (132_001, 404, "Template name does not exist in the translation", ""),
    (132_005, 400, "Translated text too long", ""),
    (132_012, 400, "Parameter format does not match format in the created template", ""),
    (132_015, 400, "Template is Paused", ""),
    (132_016, 400, "Template is Disabled", ""),
    (133_005, 400, "Two step verification PIN Mismatch", ""),
    (133_008, 400, "Too Many two step verification PIN guesses", ""),
    (133_010, 400, "Account not registered", ""),
    (80_007, 400, "Rate limit issues", "WhatsApp Business Account has reached its rate limit"),
];

/// Codes that stand for something that passes.
const PASSING: [i64; 3] = [131_000, 131_016, 131_057];

fn reason(code: i64) -> Reason {
    REASONS.iter().find(|known| known.0 == code).copied().unwrap_or((code, 400, "Message failed", ""))
}

/// A refusal with the words that go with its code.
pub(super) fn refuse(code: i64) -> GraphError {
    let (_, status, title, details) = reason(code);
    let mut error = GraphError::new(code, format!("(#{code}) {title}")).with_status(status);
    error.transient = PASSING.contains(&code);
    if details.is_empty() { error } else { error.with_data(data(details)) }
}

/// A refusal that says what exactly is wrong.
pub(super) fn refuse_with(code: i64, details: &str) -> GraphError {
    refuse(code).with_data(data(details))
}

/// Something required is not there.
pub(super) fn missing(name: &str) -> GraphError {
    refuse_with(131_008, &format!("Required parameter {name} is missing"))
}

/// Something has a value that it cannot have.
pub(super) fn invalid(details: &str) -> GraphError {
    refuse_with(131_009, details)
}

/// A text is longer than the platform takes.
pub(super) fn too_long(name: &str, most: usize) -> GraphError {
    let words = format!("Param {name} must be at most {most} characters long.");
    GraphError::parameter(&words).with_data(data(&words))
}

fn data(details: &str) -> Value {
    json!({"messaging_product": "whatsapp", "details": details})
}

/// The entry in `errors` of a failed status, of an unreadable message, or of a whole value.
pub(super) fn entry(code: i64) -> Value {
    let (_, _, title, details) = reason(code);
    json!({
        "code": code, "title": title, "message": title,
        "error_data": {"details": if details.is_empty() { title } else { details }},
        "href": "https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes/",
    })
}
