//! Splitting a delivery. Each event is read on its own, so one that nobody can read falls alone.

use crate::values::{id, instant, key};
use hub_domain::inbound::{Inbound, InboundBody};
use hub_domain::{RemoteAccountId, Timestamp};
use hub_platform_kit::alone;
use hub_platform_kit::platform::Parsed;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// The shell of a delivery.
#[derive(Deserialize)]
struct Shell {
    #[serde(default)]
    object: Option<Box<RawValue>>,
    #[serde(default)]
    entry: Option<Vec<Box<RawValue>>>,
}

/// One event of an entry.
#[derive(Debug)]
pub(crate) struct Event {
    /// Whose entry it is in.
    pub(crate) entry_id: String,
    /// The entry's time, for events that have none.
    pub(crate) entry_time: Option<Timestamp>,
    /// In which list it stood: `messaging`, `standby`, `changes`.
    pub(crate) list: &'static str,
    /// Its members.
    pub(crate) members: Map<String, Value>,
    /// A digest of its bytes, for events that have no id.
    pub(crate) digest: String,
}

/// Why an event could not be read; never its text, because reasons are shown and logged.
pub(crate) type Unreadable = String;

/// Splits a delivery of `object` into the events of the named lists and reads each. An entry without any of the lists, or a
/// delivery of another object, is ignored.
pub(crate) fn split(
    body: &[u8],
    object: &str,
    lists: &'static [&'static str],
    read: impl Fn(&Event) -> Result<Vec<Inbound>, Unreadable>,
) -> Vec<Parsed> {
    split_each(body, object, lists, |event| match read(&event) {
        Ok(events) => events.into_iter().map(Parsed::Event).collect(),
        Err(reason) => vec![Parsed::Unreadable(reason)],
    })
}

/// Like [`split`], for events that hold many things of their own, each of which may fall alone.
pub(crate) fn split_each(
    body: &[u8],
    object: &str,
    lists: &'static [&'static str],
    read: impl Fn(Event) -> Vec<Parsed>,
) -> Vec<Parsed> {
    let Ok(shell) = serde_json::from_slice::<Shell>(body) else {
        return vec![Parsed::Unreadable("the delivery has an unknown shape".to_owned())];
    };
    let named = shell.object.and_then(|object| serde_json::from_str::<String>(object.get()).ok());
    if named.as_deref() != Some(object) {
        return vec![ignored(Vec::new(), "other_object", body)];
    }
    shell.entry.unwrap_or_default().iter().flat_map(|entry| split_entry(entry, lists, &read)).collect()
}

fn split_entry(entry: &RawValue, lists: &'static [&'static str], read: &impl Fn(Event) -> Vec<Parsed>) -> Vec<Parsed> {
    let Ok(members) = serde_json::from_str::<BTreeMap<String, &RawValue>>(entry.get()) else {
        return vec![Parsed::Unreadable("an entry that is not an object".to_owned())];
    };
    let value = |name: &str| members.get(name).and_then(|raw| serde_json::from_str::<Value>(raw.get()).ok());
    let Some(entry_id) = value("id").as_ref().and_then(id) else {
        return vec![Parsed::Unreadable("an entry without an id".to_owned())];
    };
    let entry_time = value("time").as_ref().and_then(instant);
    let mut parsed = Vec::new();
    for list in lists {
        let Some(raw) = members.get(*list) else { continue };
        let Ok(events) = serde_json::from_str::<Vec<&RawValue>>(raw.get()) else {
            parsed.push(Parsed::Unreadable(format!("{list} is not a list")));
            continue;
        };
        for raw in events {
            let Ok(event) = serde_json::from_str::<Map<String, Value>>(raw.get()) else {
                parsed.push(Parsed::Unreadable(format!("an event of {list} that is not an object")));
                continue;
            };
            let digest = key("", "", &[raw.get()]);
            let event = Event { entry_id: entry_id.clone(), entry_time, list, members: event, digest };
            parsed.extend(alone(|| read(event), |fallen| vec![fallen]));
        }
    }
    if parsed.is_empty() && !lists.iter().any(|list| members.contains_key(*list)) {
        parsed.push(ignored(vec![RemoteAccountId::new(entry_id)], "unknown_entry", entry.get().as_bytes()));
    }
    parsed
}

/// Authentic, and nothing for an inbox.
fn ignored(accounts: Vec<RemoteAccountId>, reason: &str, bytes: &[u8]) -> Parsed {
    let event_key = key("", "ignored", &[&String::from_utf8_lossy(bytes)]);
    Parsed::Event(Inbound { accounts, event_key, body: InboundBody::Ignored { reason: reason.to_owned() } })
}

#[cfg(test)]
mod tests {
    use super::{Parsed, split};
    use hub_platform_kit::READER_FAILED;

    #[test]
    fn a_reader_that_panics_takes_no_neighbour_with_it() {
        let body = br#"{"object": "page", "entry": [{"id": "1", "messaging": [{"n": 1}, {"n": 2}, {"n": 3}]}]}"#;
        let parsed = split(body, "page", &["messaging"], |event| {
            assert!(event.members["n"] != 2, "no reader is without faults");
            Err(event.members["n"].to_string())
        });
        let told: Vec<&str> = parsed
            .iter()
            .filter_map(|one| if let Parsed::Unreadable(why) = one { Some(&**why) } else { None })
            .collect();
        assert_eq!(told, ["1", READER_FAILED, "3"]);
    }
}
