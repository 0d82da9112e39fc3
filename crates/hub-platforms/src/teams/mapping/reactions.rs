//! Reactions. The platform tells which stand now, and not who took one away.

use super::super::wire::{ChatMessage, identity, instant};
use super::near;
use crate::values::words;
use hub_domain::inbound::InboundBody;
use hub_domain::{RemoteConversationId, RemoteMessageId, RemoteParticipantId, Timestamp};
use serde_json::Value;

/// The older names of reactions.
const NAMED: &[(&str, &str)] =
    &[("like", "👍"), ("heart", "❤️"), ("laugh", "😆"), ("surprised", "😮"), ("sad", "😢"), ("angry", "😡")];

/// One reaction.
struct Reaction {
    actor: String,
    emoji: String,
    at: Option<Timestamp>,
}

/// The reactions that stand at a message.
pub(super) struct Standing(Vec<Reaction>);

impl Standing {
    pub(super) fn of(message: ChatMessage<'_>) -> Self {
        Self(message.reactions().filter_map(read).collect())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All of them, as of `at`.
    pub(super) fn event(&self, chat: &str, id: &str, at: Timestamp) -> InboundBody {
        let one = |reaction: &Reaction| {
            let actor = RemoteParticipantId::from(reaction.actor.as_str());
            (actor, reaction.emoji.clone(), reaction.at.unwrap_or(at).min(at))
        };
        InboundBody::Reactions {
            conversation: RemoteConversationId::from(chat),
            message: RemoteMessageId::from(id),
            standing: self.0.iter().map(one).collect(),
            at,
        }
    }

    /// True when a reaction, put there or taken away, is what changed last.
    pub(super) fn explains(&self, message: ChatMessage<'_>) -> bool {
        let done = message.history().map(|one| instant(one, "modifiedDateTime"));
        self.0.iter().map(|reaction| reaction.at).chain(done).any(|at| near(message.modified(), at))
    }
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
