//! Who speaks, and where.

use super::super::wire::{Identity, instant, list};
use super::Scene;
use crate::values::{id, words};
use hub_domain::inbound::{ConversationRef, Participant};
use hub_domain::{Direction, RemoteConversationId, RemoteParticipantId, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Who said something that names nobody.
const NOBODY: &str = "unknown";
/// What a chat of two is called at its ends.
const PAIR: (&str, &str) = ("19:", "@unq.gbl.spaces");
/// Members whose names make the title of a group without one.
const MAX_NAMED_MEMBERS: usize = 5;

/// What is known of a chat.
#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq, Eq)]
#[serde(default)]
pub(in crate::teams) struct Chat {
    /// Its id.
    pub(in crate::teams) id: String,
    /// The other person's name, or the group's title.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::teams) name: Option<String>,
    /// The other person's address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::teams) handle: Option<String>,
    /// The other person, in a chat of two.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::teams) other: Option<String>,
    /// Up to when the account has read it at the platform.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::teams) read: Option<Timestamp>,
}

/// A member of a chat.
struct Member {
    id: Option<String>,
    name: Option<String>,
    email: Option<String>,
    tenant: Option<String>,
}

impl Chat {
    /// Reads a chat, as `account` sees it.
    pub(in crate::teams) fn of(value: &Value, account: &str) -> Option<Self> {
        let chat = value.get("id").and_then(id)?;
        let is_pair = words(value.get("chatType")).is_some_and(|kind| kind == "oneOnOne");
        let others: Vec<Member> = members(value)
            .filter(|member| member.id.as_deref().is_none_or(|id| !id.eq_ignore_ascii_case(account)))
            .collect();
        let read = value.get("viewpoint").and_then(|view| instant(view, "lastMessageReadDateTime"));
        let other = if is_pair { others.first() } else { None };
        let names: Vec<&str> = others.iter().filter_map(|member| member.name.as_deref()).collect();
        let title = words(value.get("topic")).or_else(|| (!names.is_empty()).then(|| title(&names)));
        Some(Self {
            other: other.and_then(|other| other.id.clone()).or_else(|| other_of(&chat, account)),
            name: title,
            handle: other.and_then(|other| other.email.clone()),
            read,
            id: chat,
        })
    }

    /// As an event names it.
    pub(in crate::teams) fn conversation(&self) -> ConversationRef {
        let person = self.other.as_deref().unwrap_or(&self.id);
        ConversationRef {
            id: RemoteConversationId::from(self.id.as_str()),
            name: self.name.clone(),
            handle: self.handle.clone(),
            participant_id: Some(RemoteParticipantId::from(person)),
            ..ConversationRef::default()
        }
    }
}

/// The members that a chat lists.
fn members(chat: &Value) -> impl Iterator<Item = Member> {
    list(chat, "members").map(|member| Member {
        id: member.get("userId").and_then(id),
        name: words(member.get("displayName")),
        email: words(member.get("email")),
        tenant: words(member.get("tenantId")),
    })
}

/// The tenant of a member, as a chat names it.
pub(in crate::teams) fn tenant_of(chat: &Value, user: &str) -> Option<String> {
    let is_user = |member: &Member| member.id.as_deref().is_some_and(|id| id.eq_ignore_ascii_case(user));
    members(chat).find(is_user).and_then(|member| member.tenant)
}

/// The names of a few members, as the platform's own apps call a group without a title.
fn title(names: &[&str]) -> String {
    let more = names.len().saturating_sub(MAX_NAMED_MEMBERS);
    let named = names.iter().take(MAX_NAMED_MEMBERS).copied().collect::<Vec<_>>().join(", ");
    if more > 0 { format!("{named} +{more}") } else { named }
}

/// The other person of a chat of two: its id is made of both.
fn other_of(chat: &str, account: &str) -> Option<String> {
    let (one, other) = chat.strip_prefix(PAIR.0)?.strip_suffix(PAIR.1)?.split_once('_')?;
    let found = match (one.eq_ignore_ascii_case(account), other.eq_ignore_ascii_case(account)) {
        (true, false) => other,
        (false, true) => one,
        _ => return None,
    };
    (!found.is_empty()).then(|| found.to_owned())
}

/// The conversation that a message stands in.
pub(super) fn conversation(scene: &Scene<'_>, chat: &str, sender: Option<&Identity>) -> ConversationRef {
    if let Some(known) = scene.chat {
        return known.conversation();
    }
    let other = other_of(chat, scene.account);
    let name = sender.filter(|sender| other.as_deref() == Some(&sender.id)).and_then(|sender| sender.name.clone());
    Chat { id: chat.to_owned(), name, other, ..Chat::default() }.conversation()
}

pub(super) fn direction(scene: &Scene<'_>, sender: Option<&Identity>) -> Direction {
    match sender {
        Some(sender) if !sender.is_bot && scene.is_self(&sender.id) => Direction::Outgoing,
        _ => Direction::Incoming,
    }
}

pub(super) fn participant(sender: Option<Identity>) -> Participant {
    let sender = sender.unwrap_or(Identity { id: NOBODY.to_owned(), name: None, is_bot: false });
    Participant { id: RemoteParticipantId::from(sender.id), name: sender.name, username: None, is_bot: sender.is_bot }
}
