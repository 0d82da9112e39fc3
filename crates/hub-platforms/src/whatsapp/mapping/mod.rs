//! WhatsApp's words in the hub's words. Pure, but for the ids of attachments, and linear in the size of a delivery: the history
//! of a number comes as thousands of messages in one body.

mod account;
mod content;
mod history;
mod messages;
mod people;
mod statuses;

use super::lenient::Word;
use super::wire::Metadata;
use crate::meta::envelope::{self, Event};
use crate::values;
use hub_domain::id::REMOTE_ID_MAX_CHARS;
use hub_domain::inbound::{Inbound, InboundBody};
use hub_domain::{RemoteAccountId, Timestamp};
use hub_platform_kit::alone;
use hub_platform_kit::platform::Parsed;
use people::People;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use people::digits;
pub(in crate::whatsapp) use people::plain;

/// What a delivery of WhatsApp names itself.
pub(super) const OBJECT: &str = "whatsapp_business_account";
/// Fields that belong to one number and mean nothing without it.
const ABOUT_A_NUMBER: &[&str] =
    &["messages", "smb_message_echoes", "history", "smb_app_state_sync", "user_id_update", "user_preferences", "calls"];
/// Fields that are known and nothing for an inbox.
const NOT_FOR_AN_INBOX: &[&str] = &[
    "automatic_events",
    "flows",
    "group_lifecycle_update",
    "group_participants_update",
    "group_settings_update",
    "group_status_update",
    "message_template_components_update",
    "messaging_handovers",
    "partner_solutions",
    "standby",
    "tracking_events",
];

/// Why an event could not be read; never its text, because reasons are shown and logged.
type Unreadable = &'static str;

/// What one event means, before it has accounts.
struct Reading {
    /// Its key among all events of the account.
    key: String,
    body: InboundBody,
}

/// Where a change was found, and what it says of its surroundings.
struct Scene {
    /// The business account.
    waba: String,
    /// The number, where the change is about one.
    phone: Option<String>,
    /// That number as people dial it, digits only.
    number: Option<String>,
    /// When the delivery was made, where it says so.
    time: Option<Timestamp>,
    /// A digest of the change, for events that have no id.
    digest: String,
    people: People,
}

impl Scene {
    /// The account: the number, else the business account with all its numbers.
    fn account(&self) -> &str {
        self.phone.as_deref().unwrap_or(&self.waba)
    }

    fn event(&self, reading: Reading) -> Parsed {
        Parsed::Event(Inbound {
            accounts: vec![RemoteAccountId::from(self.account())],
            event_key: reading.key,
            body: reading.body,
        })
    }

    fn key(&self, kind: &str, parts: &[&str]) -> String {
        values::key(self.account(), kind, parts)
    }

    /// The key of an event without an id: what it says, and when the delivery was made.
    fn key_of_content(&self, kind: &str, content: &Value) -> String {
        let time = self.time.map_or(0, |at| at.timestamp()).to_string();
        self.key(kind, &[&time, &content.to_string()])
    }
}

/// Reads a delivery: accounts with their changes.
pub(super) fn delivery(body: &[u8]) -> Vec<Parsed> {
    envelope::split_each(body, OBJECT, &["changes"], |event| {
        let mut out = Vec::new();
        change(event, &mut out);
        out
    })
}

fn change(event: Event, out: &mut Vec<Parsed>) {
    let Event { entry_id: waba, entry_time: time, members: mut change, digest, .. } = event;
    let field = change.remove("field").map(Word::of).unwrap_or_default().take().unwrap_or_default();
    let Some(Value::Object(mut value)) = change.remove("value") else {
        return out.push(unreadable("a change without a value"));
    };
    let metadata: Metadata = value.remove("metadata").and_then(shaped).unwrap_or_default();
    let scene = Scene {
        number: metadata.display_phone_number.as_deref().map(digits),
        phone: usable(metadata.phone_number_id.take()),
        waba,
        time,
        digest,
        people: People::new(list(&mut value, "contacts")),
    };
    match field.as_str() {
        _ if account::is_about_account(&field) => out.push(account::notice(&scene, &field, value)),
        field if scene.phone.is_none() && ABOUT_A_NUMBER.contains(&field) => {
            out.push(unreadable("a change without the number it is for"));
        }
        "messages" => said(&scene, &mut value, out),
        "smb_message_echoes" => {
            every(&mut value, "message_echoes", out, |echo, out| {
                messages::read(&scene, echo, messages::Source::BusinessApp, out);
            });
        }
        "history" => history::read(&scene, &mut value, out),
        "smb_app_state_sync" => each(&scene, "state_sync", &mut value, people::synced, out),
        "user_id_update" => each(&scene, "user_id_update", &mut value, people::new_user_id, out),
        "user_preferences" => each(&scene, "user_preferences", &mut value, people::preference, out),
        "calls" => each(&scene, "calls", &mut value, people::call, out),
        _ => {
            let reason = NOT_FOR_AN_INBOX.iter().find(|name| **name == field).unwrap_or(&"unknown_field");
            let body = InboundBody::Ignored { reason: (*reason).to_owned() };
            out.push(scene.event(Reading { key: scene.key("ignored", &[&scene.digest]), body }));
        }
    }
}

/// Messages, statuses and complaints share a field.
fn said(scene: &Scene, value: &mut Map<String, Value>, out: &mut Vec<Parsed>) {
    let before = out.len();
    every(value, "messages", out, |message, out| messages::read(scene, message, messages::Source::Customer, out));
    every(value, "statuses", out, |status, out| statuses::read(scene, status, out));
    every(value, "errors", out, |problem, out| out.push(account::platform_error(scene, problem)));
    if out.len() == before {
        let body = InboundBody::Ignored { reason: "empty".to_owned() };
        out.push(scene.event(Reading { key: scene.key("ignored", &[&scene.digest]), body }));
    }
}

/// Reads every member of a list that has no ids of its own; the key is made of what it says.
fn each<T: DeserializeOwned>(
    scene: &Scene,
    name: &str,
    value: &mut Map<String, Value>,
    read: fn(&Scene, &T) -> Result<InboundBody, Unreadable>,
    out: &mut Vec<Parsed>,
) {
    every(value, name, out, |one, out| {
        let key = scene.key_of_content(name, &one);
        out.push(match shaped(one).ok_or("a member of an unknown shape").and_then(|one| read(scene, &one)) {
            Ok(body) => scene.event(Reading { key, body }),
            Err(reason) => unreadable(reason),
        });
    });
}

/// Takes a list out of an object and reads every member of it, each alone.
fn every(
    object: &mut Map<String, Value>,
    name: &str,
    out: &mut Vec<Parsed>,
    mut read: impl FnMut(Value, &mut Vec<Parsed>),
) {
    for one in list(object, name) {
        let read = || {
            let mut told = Vec::new();
            read(one, &mut told);
            told
        };
        out.extend(alone(read, |fallen| vec![fallen]));
    }
}

/// Takes a list out of an object.
fn list(object: &mut Map<String, Value>, name: &str) -> Vec<Value> {
    match object.remove(name) {
        Some(Value::Array(list)) => list,
        _ => Vec::new(),
    }
}

fn shaped<T: DeserializeOwned>(value: Value) -> Option<T> {
    if value.is_object() { serde_json::from_value(value).ok() } else { None }
}

fn unreadable(reason: Unreadable) -> Parsed {
    Parsed::Unreadable(reason.to_owned())
}

/// An id that can be kept as it is.
fn usable(id: Option<String>) -> Option<String> {
    id.filter(|id| !id.is_empty() && id.chars().count() <= REMOTE_ID_MAX_CHARS && !id.chars().any(char::is_control))
}

/// The time of an event.
fn instant(time: &Word) -> Option<Timestamp> {
    values::instant(&Value::from(time.as_deref()?))
}
