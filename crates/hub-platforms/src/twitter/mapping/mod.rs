//! X's words in the hub's words. Pure, but for the ids of attachments. Every event is read on its own, so that one nobody can
//! read falls alone.

mod account;
mod content;
mod encrypted;
mod messages;
mod read_back;
mod signals;

pub(super) use read_back::ReadBack;

use super::ids;
use super::wire::{People, id, words};
use aws_lc_rs::digest;
use hub_domain::inbound::{ConversationRef, Inbound, InboundBody, Participant};
use hub_domain::{RemoteAccountId, RemoteConversationId, RemoteParticipantId};
use hub_platform_kit::alone;
use hub_platform_kit::platform::Parsed;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Member of a conversation's address: it is a group's.
pub(super) const GROUP: &str = "group";
/// Member of a conversation's address: it is a chat that only the platform's own apps can read and write.
pub(super) const ENCRYPTED: &str = "encrypted";
/// Bytes of a digest that are kept in a key.
const KEY_DIGEST_BYTES: usize = 16;
/// Members that say of whom and by whom, and tell nothing themselves.
const SURROUNDINGS: &[&str] = &["for_user_id", "users", "apps", "user_has_blocked", "is_blocked_by"];
/// Lists that are known and nothing for an inbox, with the word they are counted under.
const NOT_FOR_AN_INBOX: &[(&str, &str)] = &[
    ("block_events", "block"),
    ("favorite_events", "favorite"),
    ("follow_events", "follow"),
    ("mute_events", "mute"),
    ("tweet_create_events", "post"),
    ("tweet_delete_events", "post_deleted"),
];

/// Why an event could not be read; never its text, because reasons are shown and logged.
type Unreadable = &'static str;
/// Members of an object, unread.
type Shell<'a> = BTreeMap<String, &'a RawValue>;

/// Whose events they are, and who is known.
struct Scene {
    /// The account.
    account: String,
    people: People,
    /// Escapes of HTML in texts stand for the signs.
    unescape: bool,
}

/// Reads a delivery of either kind, or a page that the hub read back.
pub(super) fn delivery(body: &[u8], unescape: bool) -> Vec<Parsed> {
    let Ok(shell) = serde_json::from_slice::<Shell<'_>>(body) else {
        return vec![unreadable("a delivery that is no object")];
    };
    if let Some(page) = ReadBack::of(&shell) {
        return page.events(unescape);
    }
    let mut out = Vec::new();
    match shell.get("data") {
        Some(data) => activity(data, unescape, &mut out),
        None => account_activity(&shell, unescape, &mut out),
    }
    if out.is_empty() {
        out.push(ignored(None, "empty", body));
    }
    out
}

/// A delivery of the activity API: one event, though the platform shows lists as well.
fn activity(data: &RawValue, unescape: bool, out: &mut Vec<Parsed>) {
    let text = data.get();
    let events = serde_json::from_str::<Vec<&RawValue>>(text).unwrap_or_else(|_| vec![data]);
    for event in events {
        match serde_json::from_str::<Shell<'_>>(event.get()) {
            Ok(event) => one_activity(&event, unescape, out),
            Err(_) => out.push(unreadable("an event that is no object")),
        }
    }
}

fn one_activity(event: &Shell<'_>, unescape: bool, out: &mut Vec<Parsed>) {
    let member = |name: &str| value(event.get(name).copied());
    let kind = member("event_type");
    let Some(kind) = words(&kind) else { return out.push(unreadable("an event without its kind")) };
    if kind == "oauth.revoke" {
        return out.extend(account::revoked_by(&member("payload")));
    }
    let is_private = kind.starts_with("dm.") || kind.starts_with("chat.");
    let subscriber = id(&member("filter")["user_id"]);
    let digest = event.values().map(|raw| raw.get()).collect::<String>();
    if !is_private {
        return out.push(ignored(subscriber.as_deref(), "not_a_message", digest.as_bytes()));
    }
    let Some(account) = subscriber else { return out.push(unreadable("an event without its subscriber")) };
    let payload = event.get("payload").map_or("", |raw| raw.get());
    if kind.starts_with("chat.") {
        let scene = Scene { account, people: People::default(), unescape };
        return out.push(encrypted::read(&scene, kind, &value(event.get("payload").copied())));
    }
    match serde_json::from_str::<Shell<'_>>(payload) {
        Ok(payload) => {
            let before = out.len();
            let scene = Scene { account, people: People::of(&value(payload.get("users").copied())), unescape };
            lists(&scene, &payload, out);
            if out.len() == before {
                out.push(ignored(Some(&scene.account), "empty", digest.as_bytes()));
            }
        }
        Err(_) => out.push(unreadable("an event without a payload")),
    }
}

/// A delivery of the older account activity API: lists of many kinds about one person.
fn account_activity(shell: &Shell<'_>, unescape: bool, out: &mut Vec<Parsed>) {
    let member = |name: &str| value(shell.get(name).copied());
    if shell.contains_key("user_event") {
        out.extend(account::user_event(&member("user_event")));
    }
    if let Some(raw) = shell.get("replay_job_status") {
        let done = words(&member("replay_job_status")["job_state"]) == Some("Complete");
        out.push(ignored(None, if done { "replay_complete" } else { "replay_incomplete" }, raw.get().as_bytes()));
    }
    let Some(account) = id(&member("for_user_id")) else {
        if out.is_empty() && shell.values().any(|raw| raw.get().starts_with('[')) {
            out.push(unreadable("a delivery without the person it is for"));
        }
        return;
    };
    let scene = Scene { account, people: People::of(&member("users")), unescape };
    lists(&scene, shell, out);
}

/// The lists of things that happened. Both APIs write them alike.
fn lists(scene: &Scene, shell: &Shell<'_>, out: &mut Vec<Parsed>) {
    for (name, raw) in shell {
        match name.as_str() {
            "direct_message_events" => each(scene, raw, messages::read, out),
            "direct_message_indicate_typing_events" => each(scene, raw, signals::typing, out),
            "direct_message_mark_read_events" => each(scene, raw, signals::read, out),
            "user_event" | "replay_job_status" => {}
            name if SURROUNDINGS.contains(&name) => {}
            name => {
                let known = NOT_FOR_AN_INBOX.iter().find(|(list, _)| *list == name);
                let reason = known.map_or("unknown_list", |(_, reason)| reason);
                out.push(ignored(Some(&scene.account), reason, raw.get().as_bytes()));
            }
        }
    }
}

fn each(
    scene: &Scene,
    list: &RawValue,
    read: fn(&Scene, &Value) -> Result<Inbound, Unreadable>,
    out: &mut Vec<Parsed>,
) {
    let Ok(events) = serde_json::from_str::<Vec<&RawValue>>(list.get()) else {
        return out.push(unreadable("a list that is none"));
    };
    for event in events {
        let event = serde_json::from_str::<Value>(event.get()).map_err(|_| "an event that is no JSON");
        let read = || match event.and_then(|event| read(scene, &event)) {
            Ok(event) => Parsed::Event(event),
            Err(reason) => unreadable(reason),
        };
        out.push(alone(read, |fallen| fallen));
    }
}

impl Scene {
    fn event(&self, event_key: String, body: InboundBody) -> Inbound {
        Inbound { accounts: vec![RemoteAccountId::from(self.account.as_str())], event_key, body }
    }

    fn key(&self, kind: &str, parts: &[&str]) -> String {
        key(&self.account, kind, parts)
    }

    /// The conversation with somebody. The originals called it by the person alone.
    fn with(&self, other: &str) -> Option<ConversationRef> {
        let person = self.people.get(other);
        Some(ConversationRef {
            id: RemoteConversationId::from(ids::between(&self.account, other)?),
            aliases: vec![RemoteConversationId::from(other)],
            name: person.name,
            handle: person.username,
            participant_id: Some(RemoteParticipantId::from(other)),
            ..ConversationRef::default()
        })
    }

    /// A conversation as its id names it; `None` when the account has no part in it.
    fn named(&self, conversation: &str) -> Option<ConversationRef> {
        match ids::conversation(conversation, &self.account) {
            ids::Conversation::With(other) => self.with(other),
            ids::Conversation::Digits(group) => Some(group_of(group)),
            ids::Conversation::OfOthers | ids::Conversation::Unknown => None,
        }
    }

    fn participant(&self, id: &str) -> Participant {
        let person = self.people.get(id);
        Participant { id: RemoteParticipantId::from(id), name: person.name, username: person.username, is_bot: false }
    }
}

/// A group. An answer must say that it is one: its id looks like a person's.
fn group_of(id: &str) -> ConversationRef {
    ConversationRef {
        id: RemoteConversationId::from(id),
        participant_id: Some(RemoteParticipantId::from(id)),
        address: Some(json!({ GROUP: true })),
        ..ConversationRef::default()
    }
}

fn value(raw: Option<&RawValue>) -> Value {
    raw.and_then(|raw| serde_json::from_str(raw.get()).ok()).unwrap_or_default()
}

fn unreadable(reason: Unreadable) -> Parsed {
    Parsed::Unreadable(reason.to_owned())
}

fn ignored(account: Option<&str>, reason: &str, bytes: &[u8]) -> Parsed {
    let event_key =
        key(account.unwrap_or_default(), "ignored", &[&hex::encode(digest::digest(&digest::SHA256, bytes))]);
    let accounts = account.map(RemoteAccountId::from).into_iter().collect();
    Parsed::Event(Inbound { accounts, event_key, body: InboundBody::Ignored { reason: reason.to_owned() } })
}

/// A key that is the same for the same parts, and short however long they are.
fn key(account: &str, kind: &str, parts: &[&str]) -> String {
    let mut digest = digest::Context::new(&digest::SHA256);
    for part in parts {
        // The length before each part: no two lists of parts look alike.
        digest.update(&(part.len() as u64).to_be_bytes());
        digest.update(part.as_bytes());
    }
    format!("{account}:{kind}:{}", hex::encode(&digest.finish().as_ref()[..KEY_DIGEST_BYTES]))
}
