//! Reactions. The platform tells which stand now; when one went is told by the message's history, where it is kept.

use super::super::wire::{ChatMessage, identity, instant};
use super::{Scene, near};
use crate::meta::values::words;
use hub_domain::inbound::InboundBody;
use hub_domain::{RemoteConversationId, RemoteMessageId, RemoteParticipantId, Timestamp};
use hub_platform_kit::platform::Parsed;
use serde_json::Value;

/// The older names of reactions.
const NAMED: &[(&str, &str)] = &[
    ("like", "👍"),
    ("heart", "❤️"),
    ("laugh", "😆"),
    ("surprised", "😮"),
    ("sad", "😢"),
    ("angry", "😡"),
];

/// One reaction.
struct Reaction {
    actor: String,
    emoji: String,
    at: Option<Timestamp>,
}

/// Adds what the message tells of reactions; true when one of them is what changed last.
pub(super) fn events(
    scene: &Scene<'_>,
    chat: &str,
    id: &str,
    message: ChatMessage<'_>,
    out: &mut Vec<Parsed>,
) -> bool {
    let modified = message.modified().or_else(|| message.created());
    let mut explained = false;
    let mut tell = |kind: &str, reaction: Reaction, stands: bool| {
        explained |= near(message.modified(), reaction.at);
        let Some(at) = reaction.at.or(modified) else { return };
        let emoji = vec![reaction.emoji.clone()];
        let (added, removed) = if stands { (emoji, Vec::new()) } else { (Vec::new(), emoji) };
        let body = InboundBody::Reacted {
            conversation: RemoteConversationId::from(chat),
            message: RemoteMessageId::from(id),
            actor: RemoteParticipantId::from(reaction.actor.as_str()),
            added,
            removed,
            replaces: false,
            at,
        };
        let key = [chat, id, &reaction.actor, &reaction.emoji, &at.to_rfc3339()];
        out.push(scene.event(kind, &key, body));
    };
    for undone in message.history().filter(|one| words(one.get("actions")).is_some_and(|did| did == "reactionRemoved")) {
        if let Some(reaction) = undone.get("reaction").and_then(read) {
            let at = instant(undone, "modifiedDateTime").or(reaction.at);
            tell("unreacted", Reaction { at, ..reaction }, false);
        }
    }
    for reaction in message.reactions().filter_map(read) {
        tell("reacted", reaction, true);
    }
    explained
}

fn read(value: &Value) -> Option<Reaction> {
    let actor = identity(value.get("user")?)?.id;
    let kind = words(value.get("reactionType"))?;
    let emoji = match kind.as_str() {
        "custom" => words(value.get("displayName")).unwrap_or(kind),
        named => NAMED.iter().find(|(name, _)| *name == named).map_or(kind.clone(), |(_, emoji)| (*emoji).to_owned()),
    };
    Some(Reaction { actor, emoji, at: instant(value, "createdDateTime") })
}

/// The account's own reactions to a message, in the platform's words.
pub(in crate::teams) fn own(message: &Value, account: &str) -> Vec<String> {
    let mine = |one: &&Value| {
        let actor = one.get("user").and_then(identity);
        actor.is_some_and(|actor| actor.id.eq_ignore_ascii_case(account))
    };
    ChatMessage(message).reactions().filter(mine).filter_map(|one| words(one.get("reactionType"))).collect()
}
