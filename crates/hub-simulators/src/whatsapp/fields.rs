//! Fields of webhooks, and the entry that carries a value.

use super::OBJECT;
use crate::meta::Event;
use serde_json::{Value, json};

/// A field as an event names it.
pub(super) type Field = &'static [&'static str];

pub(super) const MESSAGES: Field = &["messages"];
pub(super) const ECHOES: Field = &["smb_message_echoes"];
pub(super) const HISTORY: Field = &["history"];
pub(super) const STATE_SYNC: Field = &["smb_app_state_sync"];
pub(super) const USER_ID: Field = &["user_id_update"];
pub(super) const TEMPLATE_STATUS: Field = &["message_template_status_update"];
pub(super) const ACCOUNT: Field = &["account_update"];
pub(super) const QUALITY: Field = &["phone_number_quality_update"];
pub(super) const PREFERENCES: Field = &["user_preferences"];

/// Every field that can be told of.
const ALL: [Field; 9] =
    [MESSAGES, ECHOES, HISTORY, STATE_SYNC, USER_ID, TEMPLATE_STATUS, ACCOUNT, QUALITY, PREFERENCES];

/// A field by its name.
pub(super) fn named(name: &str) -> Option<Field> {
    ALL.into_iter().find(|field| field[0] == name)
}

/// What is told; `at` (Unix seconds) stands beside values that concern a whole business account.
pub(super) fn event(account: &str, field: Field, value: &Value, at: Option<i64>) -> Event {
    let mut entry = json!({"id": account, "changes": [{"value": value, "field": field[0]}]});
    if let Some(at) = at {
        entry["time"] = at.into();
    }
    Event { object: OBJECT, asset: account.to_owned(), fields: field, fields_of_asset: false, entry }
}
