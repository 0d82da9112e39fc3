//! Graph's words in the hub's words. Pure, but for the ids of attachments.

mod attachments;
mod content;
mod events;
mod people;
mod reactions;

use super::wire::ChatMessage;
use crate::values::key;
use chrono::TimeDelta;
use hub_domain::id::REMOTE_ID_MAX_CHARS;
use hub_domain::inbound::{Inbound, InboundBody, InboundMessage, UpTo};
use hub_domain::{RemoteAccountId, RemoteConversationId, RemoteMessageId, Timestamp};
use hub_platform_kit::platform::Parsed;

pub(super) use people::{Chat, tenant_of};
pub(super) use reactions::own as own_reactions;

/// Two times this near tell of one change.
const ONE_CHANGE: TimeDelta = TimeDelta::seconds(1);

/// Why an event could not be read; never its text, because reasons are shown and logged.
type Unreadable = &'static str;

/// How a message's state came to be known.
#[derive(Clone, Copy, Debug)]
pub(super) enum Told {
    /// It was just said.
    Said,
    /// Something about it changed.
    Changed,
    /// It was read back; what was said up to this time counts as read.
    ReadBack(Option<Timestamp>),
}

/// Whose view it is, and where.
pub(super) struct Scene<'a> {
    /// The account's id.
    pub(super) account: &'a str,
    /// What is known of the chat.
    pub(super) chat: Option<&'a Chat>,
}

impl Scene<'_> {
    fn event(&self, kind: &str, parts: &[&str], body: InboundBody) -> Parsed {
        Parsed::Event(Inbound {
            accounts: vec![RemoteAccountId::from(self.account)],
            event_key: key(self.account, kind, parts),
            body,
        })
    }

    fn is_self(&self, id: &str) -> bool {
        id.eq_ignore_ascii_case(self.account)
    }
}

/// Everything that the state of a message tells. The platform tells whole states and seldom what changed, so that each fact
/// has a key of its own, and one that was told before has no effect.
pub(super) fn state(scene: &Scene<'_>, told: Told, message: ChatMessage<'_>) -> Vec<Parsed> {
    try_state(scene, told, message).unwrap_or_else(|reason| vec![Parsed::Unreadable(reason.to_owned())])
}

fn try_state(scene: &Scene<'_>, told: Told, message: ChatMessage<'_>) -> Result<Vec<Parsed>, Unreadable> {
    let chat = scene.chat.map(|chat| chat.id.clone()).or_else(|| message.chat_id());
    let chat = usable(chat).ok_or("a message without its chat")?;
    let id = usable(message.id()).ok_or("a message without an id")?;
    if !events::is_message(message) {
        return Ok(vec![events::event(scene, &chat, &id, message)]);
    }
    if let Some(at) = message.deleted() {
        let body = deleted(&chat, &id, Some(at));
        return Ok(vec![scene.event("deleted", &[&chat, &id, &at.to_rfc3339()], body)]);
    }
    let said = said(scene, told, &chat, &id, message)?;
    let edited = said.edited_at;
    let mut out = Vec::new();
    if !matches!(told, Told::Changed) {
        out.push(scene.event("message", &[&chat, &id], InboundBody::Message(Box::new(said.clone()))));
    }
    if let Some(at) = edited {
        let body = InboundBody::Edited(Box::new(said.clone()));
        out.push(scene.event("edited", &[&chat, &id, &at.to_rfc3339()], body));
    }
    let standing = reactions::Standing::of(message);
    let changed_at = message.modified().unwrap_or(said.sent_at);
    let untouched = changed_at <= said.sent_at;
    if !(untouched && standing.is_empty()) {
        let body = standing.event(&chat, &id, changed_at);
        out.push(scene.event("reactions", &[&chat, &id, &message.version()], body));
    }
    let explained = untouched || near(Some(changed_at), edited) || standing.explains(message);
    if !explained && !matches!(told, Told::Said) {
        // Nothing that stands there was done just now: something was undone, and it may have been a deletion.
        let body = InboundBody::Restored { message: Box::new(said), at: changed_at };
        out.push(scene.event("restored", &[&chat, &id, &message.version()], body));
    }
    Ok(out)
}

/// A message of which only the ids are known was taken back.
pub(super) fn gone(scene: &Scene<'_>, chat: &str, message: &str) -> Parsed {
    scene.event("deleted", &[chat, message, ""], deleted(chat, message, None))
}

/// What a listing tells of a chat.
pub(super) fn contact(scene: &Scene<'_>) -> Option<Parsed> {
    let conversation = scene.chat.filter(|chat| chat.name.is_some())?.conversation();
    let (id, name) = (conversation.id.as_str().to_owned(), conversation.name.clone().unwrap_or_default());
    Some(scene.event("contact", &[&id, &name], InboundBody::Contact { conversation }))
}

/// Up to when the account has read a chat at the platform.
pub(super) fn read_elsewhere(scene: &Scene<'_>) -> Option<Parsed> {
    let chat = scene.chat?;
    // A chat that was never read says so with the first year.
    let at = chat.read.filter(|at| *at > Timestamp::UNIX_EPOCH)?;
    let conversation = RemoteConversationId::from(chat.id.as_str());
    let body = InboundBody::ReadElsewhere { conversation, up_to: UpTo::Time(at), at };
    Some(scene.event("read", &[&chat.id, &at.to_rfc3339()], body))
}

/// A message as it stands.
fn said(
    scene: &Scene<'_>,
    told: Told,
    chat: &str,
    id: &str,
    message: ChatMessage<'_>,
) -> Result<InboundMessage, Unreadable> {
    let sent_at = message.created().ok_or("a message without a usable time")?;
    let sender = message.from();
    let (content, reply_to) = content::content(message);
    let edited_at = message.edited().filter(|at| *at > sent_at);
    let is_read = matches!(told, Told::ReadBack(read) if read.is_some_and(|read| sent_at <= read));
    Ok(InboundMessage {
        conversation: people::conversation(scene, chat, sender.as_ref()),
        id: RemoteMessageId::from(id),
        sequence: id.parse().ok(),
        direction: people::direction(scene, sender.as_ref()),
        sender: people::participant(sender),
        content,
        reply_to: usable(reply_to).map(RemoteMessageId::from),
        sent_at,
        edited_at,
        client_key: None,
        history: is_read,
        is_read,
    })
}

fn deleted(chat: &str, message: &str, at: Option<Timestamp>) -> InboundBody {
    InboundBody::Deleted {
        conversation: RemoteConversationId::from(chat),
        messages: vec![RemoteMessageId::from(message)],
        at,
    }
}

fn near(one: Option<Timestamp>, other: Option<Timestamp>) -> bool {
    matches!((one, other), (Some(one), Some(other)) if (one - other).abs() <= ONE_CHANGE)
}

/// An id that can be kept as it is.
pub(super) fn usable(id: Option<String>) -> Option<String> {
    id.filter(|id| !id.is_empty() && id.chars().count() <= REMOTE_ID_MAX_CHARS && !id.chars().any(char::is_control))
}
