//! LinkedIn's words in the hub's words. Pure, but for the ids of attachments.

mod comments;
mod member;
mod notifications;
mod read_back;

pub(super) use comments::title;
pub(super) use member::latest_of_log;
pub(super) use read_back::{Lost, ReadBack};

use super::api::EVENT;
use super::wire::Notification;
use hub_domain::RemoteAccountId;
use hub_domain::inbound::{Inbound, InboundBody};
use hub_platform_kit::alone;
use hub_platform_kit::platform::Parsed;
use serde_json::Value;
use serde_json::value::RawValue;
use std::collections::BTreeMap;

/// Notifications read of one delivery; the platform sends ten at most.
const MAX_NOTIFICATIONS: usize = 1_000;

/// Reads a delivery, or a page that was read back and kept.
pub(super) fn delivery(body: &[u8]) -> Vec<Parsed> {
    if let Some(page) = ReadBack::of(body) {
        return page.events();
    }
    let Ok(members) = serde_json::from_slice::<BTreeMap<String, &RawValue>>(body) else {
        return vec![unreadable("the delivery is not an object")];
    };
    let kind = members.get("type").and_then(|kind| serde_json::from_str::<String>(kind.get()).ok());
    if kind.as_deref() != Some(EVENT) {
        // Leads, and whatever else an app may subscribe to at the same address.
        return vec![ignored(None, "other", "other_event")];
    }
    let listed = members.get("notifications").map(|listed| serde_json::from_str::<Vec<&RawValue>>(listed.get()));
    let Some(Ok(listed)) = listed else { return vec![unreadable("the delivery lists no notifications")] };
    if listed.is_empty() {
        return vec![ignored(None, "empty", "empty")];
    }
    listed.into_iter().take(MAX_NOTIFICATIONS).map(|told| alone(|| one(told), |fallen| fallen)).collect()
}

/// Reads one notification; one that cannot be read hides no neighbour.
fn one(raw: &RawValue) -> Parsed {
    let read: Option<Value> = serde_json::from_str(raw.get()).ok();
    match read.as_ref().and_then(Notification::of) {
        Some(told) => notifications::read(&told, None),
        None => unreadable("a notification without page or action"),
    }
}

/// An event of one account, which must be named.
fn event(account: &str, kind: &str, what: &str, body: InboundBody) -> Parsed {
    if account.is_empty() {
        return unreadable("an event without an account");
    }
    let accounts = vec![RemoteAccountId::from(account)];
    Parsed::Event(Inbound { accounts, event_key: format!("{account}:{kind}:{what}"), body })
}

/// Understood, and nothing for an inbox.
fn ignored(account: Option<&str>, what: &str, reason: &str) -> Parsed {
    let body = InboundBody::Ignored { reason: reason.to_owned() };
    match account {
        Some(account) => event(account, "ignored", what, body),
        None => Parsed::Event(Inbound { accounts: Vec::new(), event_key: format!("ignored:{what}"), body }),
    }
}

fn unreadable(reason: &str) -> Parsed {
    Parsed::Unreadable(reason.to_owned())
}
