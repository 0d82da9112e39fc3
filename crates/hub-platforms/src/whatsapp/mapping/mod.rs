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
use aws_lc_rs::digest;
use hub_domain::inbound::{Inbound, InboundBody};
use hub_domain::time::{from_unix_millis, from_unix_seconds};
use hub_domain::{RemoteAccountId, Timestamp};
use hub_platform_kit::platform::Parsed;
use people::People;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

pub(in crate::whatsapp) use people::digits;

/// What a delivery of WhatsApp names itself.
const OBJECT: &str = "whatsapp_business_account";
/// Numbers below this are seconds after 1970, larger ones milliseconds.
const SECONDS_BELOW: i64 = 100_000_000_000;
/// Characters of an id; longer ones are nobody's.
const MAX_ID_CHARS: usize = 255;
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
struct Scene<'a> {
    /// The business account.
    waba: &'a str,
    /// The number, where the change is about one.
    phone: Option<String>,
    /// That number as people dial it, digits only.
    number: Option<String>,
    /// When the delivery was made, where it says so.
    time: Option<Timestamp>,
    people: People,
}

impl Scene<'_> {
    /// The account: the number, else the business account with all its numbers.
    fn account(&self) -> &str {
        self.phone.as_deref().unwrap_or(self.waba)
    }

    fn event(&self, reading: Reading) -> Parsed {
        Parsed::Event(Inbound {
            accounts: vec![RemoteAccountId::from(self.account())],
            event_key: format!("{}:{}", self.account(), reading.key),
            body: reading.body,
        })
    }
}

/// Reads a delivery: accounts with their changes.
pub(super) fn delivery(body: &[u8]) -> Vec<Parsed> {
    let Ok(Value::Object(mut envelope)) = serde_json::from_slice(body) else {
        return vec![unreadable("the delivery is no JSON object")];
    };
    if envelope.get("object").and_then(Value::as_str) != Some(OBJECT) {
        return vec![nobody("other_object")];
    }
    let mut out = Vec::new();
    for entry in list(&mut envelope, "entry") {
        let Value::Object(mut entry) = entry else {
            out.push(unreadable("an entry that is no object"));
            continue;
        };
        let Some(waba) = usable(entry.remove("id").map(Word::of).unwrap_or_default().take()) else {
            out.push(unreadable("an entry without an id"));
            continue;
        };
        let time = entry.get("time").and_then(instant_of);
        for one in list(&mut entry, "changes") {
            change(&waba, time, one, &mut out);
        }
    }
    if out.is_empty() { vec![nobody("empty")] } else { out }
}

fn change(waba: &str, time: Option<Timestamp>, change: Value, out: &mut Vec<Parsed>) {
    let Value::Object(mut change) = change else { return out.push(unreadable("a change that is no object")) };
    let field = change.remove("field").map(Word::of).unwrap_or_default().take().unwrap_or_default();
    let Some(Value::Object(mut value)) = change.remove("value") else {
        return out.push(unreadable("a change without a value"));
    };
    let metadata: Metadata = value.remove("metadata").and_then(shaped).unwrap_or_default();
    let scene = Scene {
        waba,
        phone: usable(metadata.phone_number_id.take()),
        number: metadata.display_phone_number.as_deref().map(digits),
        time,
        people: People::new(list(&mut value, "contacts")),
    };
    match field.as_str() {
        _ if account::is_about_account(&field) => out.push(account::notice(&scene, &field, value)),
        "messages" | "smb_message_echoes" | "history" | "smb_app_state_sync" | "user_id_update"
        | "user_preferences" | "calls"
            if scene.phone.is_none() =>
        {
            out.push(unreadable("a change without the number it is for"));
        }
        "messages" => said(&scene, &mut value, out),
        "smb_message_echoes" => {
            for echo in list(&mut value, "message_echoes") {
                messages::read(&scene, echo, messages::Source::BusinessApp, out);
            }
        }
        "history" => history::read(&scene, &mut value, out),
        "smb_app_state_sync" => each(&scene, "state_sync", &mut value, people::synced, out),
        "user_id_update" => each(&scene, "user_id_update", &mut value, people::new_user_id, out),
        "user_preferences" => each(&scene, "user_preferences", &mut value, people::preference, out),
        "calls" => each(&scene, "calls", &mut value, people::call, out),
        _ => {
            let reason = NOT_FOR_AN_INBOX.iter().find(|name| **name == field).unwrap_or(&"unknown_field");
            let body = InboundBody::Ignored { reason: (*reason).to_owned() };
            out.push(scene.event(Reading { key: key_of_content(&field, time, &Value::Object(value)), body }));
        }
    }
}

/// Messages, statuses and complaints share a field.
fn said(scene: &Scene<'_>, value: &mut Map<String, Value>, out: &mut Vec<Parsed>) {
    let before = out.len();
    for message in list(value, "messages") {
        messages::read(scene, message, messages::Source::Customer, out);
    }
    for status in list(value, "statuses") {
        statuses::read(scene, status, out);
    }
    for problem in list(value, "errors") {
        out.push(account::platform_error(scene, problem));
    }
    if out.len() == before {
        let body = InboundBody::Ignored { reason: "empty".to_owned() };
        out.push(
            scene.event(Reading { key: key_of_content("messages", scene.time, &Value::Object(value.clone())), body }),
        );
    }
}

/// Reads every member of a list that has no ids of its own; the key is made of what it says.
fn each<T: DeserializeOwned>(
    scene: &Scene<'_>,
    name: &str,
    value: &mut Map<String, Value>,
    read: fn(&Scene<'_>, &T) -> Result<InboundBody, Unreadable>,
    out: &mut Vec<Parsed>,
) {
    for one in list(value, name) {
        let key = key_of_content(name, scene.time, &one);
        out.push(match shaped(one).ok_or("a member of an unknown shape").and_then(|one| read(scene, &one)) {
            Ok(body) => scene.event(Reading { key, body }),
            Err(reason) => unreadable(reason),
        });
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

/// An event that nobody is told of.
fn nobody(reason: &str) -> Parsed {
    let body = InboundBody::Ignored { reason: reason.to_owned() };
    Parsed::Event(Inbound { accounts: Vec::new(), event_key: format!("whatsapp:{reason}"), body })
}

fn unreadable(reason: Unreadable) -> Parsed {
    Parsed::Unreadable(reason.to_owned())
}

/// The key of an event without an id: what it says, and when.
fn key_of_content(name: &str, time: Option<Timestamp>, content: &Value) -> String {
    let sum = digest::digest(&digest::SHA256, content.to_string().as_bytes());
    format!("{name}:{}:{}", time.map_or(0, |at| at.timestamp()), hex::encode(sum))
}

/// An id that can be kept as it is.
fn usable(id: Option<String>) -> Option<String> {
    id.filter(|id| !id.is_empty() && id.chars().count() <= MAX_ID_CHARS && !id.chars().any(char::is_control))
}

/// Times come as text or number, in seconds or milliseconds; zero stands for "not known".
fn instant(time: &Word) -> Option<Timestamp> {
    let number: i64 = time.as_deref()?.parse().ok()?;
    match number {
        ..=0 => None,
        seconds if seconds < SECONDS_BELOW => from_unix_seconds(seconds),
        millis => from_unix_millis(millis),
    }
}

fn instant_of(value: &Value) -> Option<Timestamp> {
    instant(&Word::of(value.clone()))
}
