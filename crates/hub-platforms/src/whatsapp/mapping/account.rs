//! What happens to the account itself: templates, restrictions, quality, complaints of the platform.

use super::super::errors;
use super::super::wire::Problem;
use super::{Reading, Scene, shaped, unreadable};
use hub_domain::inbound::InboundBody;
use hub_platform_kit::platform::Parsed;
use serde_json::{Map, Value, json};

/// Fields about the account, and what the hub calls them.
const NOTICES: &[(&str, &str)] = &[
    ("account_alerts", "account_alert"),
    ("account_review_update", "account_review"),
    ("account_update", "account_update"),
    ("business_capability_update", "business_capability"),
    ("business_status_update", "business_status"),
    ("message_template_quality_update", "template_quality"),
    ("message_template_status_update", "template_status"),
    ("payment_configuration_update", "payment_configuration"),
    ("phone_number_name_update", "phone_name"),
    ("phone_number_quality_update", "phone_quality"),
    ("security", "security"),
    ("template_category_update", "template_category"),
];
/// Events of `account_update` after which less may be sent.
const RESTRICTIONS: &[&str] = &["ACCOUNT_RESTRICTION", "ACCOUNT_VIOLATION", "DISABLED_UPDATE"];
/// Events of `account_update` after which nothing may be sent.
const REMOVALS: &[&str] = &["ACCOUNT_DELETED", "PARTNER_APP_UNINSTALLED", "PARTNER_REMOVED"];
/// The ban is lifted.
const REINSTATED: &str = "REINSTATE";
/// Longest data of a notice that are kept as they came, in bytes.
const MAX_DATA_BYTES: usize = 8 * 1024;

pub(super) fn is_about_account(field: &str) -> bool {
    NOTICES.iter().any(|(name, _)| *name == field)
}

/// Something happened to the account. These events have no ids and mostly no time of their own.
pub(super) fn notice(scene: &Scene, field: &str, value: Map<String, Value>) -> Parsed {
    let value = Value::Object(value);
    let key = scene.key_of_content(field, &value);
    let word = |name: &str| value.get(name).and_then(Value::as_str);
    let kind = match field {
        "account_update" => update(word("event").unwrap_or_default(), &value["ban_info"]["waba_ban_state"]),
        _ => NOTICES.iter().find(|(name, _)| *name == field).map_or("account_update", |(_, kind)| kind),
    };
    let mut data = json!({ "waba_id": scene.waba.as_str() });
    if kind == "template_status" || kind == "template_quality" || kind == "template_category" {
        data["template"] = word("message_template_name").into();
        data["language"] = word("message_template_language").into();
        data["status"] = word("event").into();
    }
    if value.to_string().len() <= MAX_DATA_BYTES {
        data["details"] = value;
    }
    scene.event(Reading { key, body: InboundBody::AccountNotice { kind: kind.to_owned(), data, at: scene.time } })
}

fn update(event: &str, ban: &Value) -> &'static str {
    match event {
        _ if ban.as_str() == Some(REINSTATED) => "account_reinstated",
        event if RESTRICTIONS.contains(&event) => "account_restricted",
        event if REMOVALS.contains(&event) => "account_removed",
        _ => "account_update",
    }
}

/// The platform complains, and not about one message.
pub(super) fn platform_error(scene: &Scene, problem: Value) -> Parsed {
    let key = scene.key_of_content("platform_error", &problem);
    let Some(problem) = shaped::<Problem>(problem) else { return unreadable("an error of an unknown shape") };
    let data = json!({ "code": *problem.code, "message": errors::reason(Some(&problem)) });
    let body = InboundBody::AccountNotice { kind: "platform_error".to_owned(), data, at: scene.time };
    scene.event(Reading { key, body })
}
