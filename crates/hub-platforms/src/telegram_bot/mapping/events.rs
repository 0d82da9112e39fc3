//! What happens beside messages: buttons, reactions, membership, business connections.

use super::super::BUTTON_PRESSED;
use super::super::wire::{
    BusinessConnection, BusinessMessagesDeleted, CallbackQuery, ChatMember, ChatMemberUpdated, MessageReaction,
    ReactionType,
};
use super::{Reading, Unreadable, instant, message_id, notice, people};
use hub_domain::RemoteParticipantId;
use hub_domain::inbound::InboundBody;
use serde_json::{Value, json};

/// Somebody pressed a button under a message of the bot. The update has no time of its own.
pub(super) fn button(press: &CallbackQuery) -> Reading {
    let mut data = json!({ "callback_id": press.id });
    if let Some(pressed) = press.data.as_ref().or(press.game_short_name.as_ref()) {
        data["data"] = pressed.as_str().into();
    }
    let Some(message) = &press.message else {
        // The button of a message that was sent inline somewhere: no conversation of ours.
        data["actor_id"] = press.from.id.to_string().into();
        data["inline_message_id"] = press.inline_message_id.as_deref().into();
        return InboundBody::AccountNotice { kind: BUTTON_PRESSED.to_owned(), data, at: None }.into();
    };
    data["message_id"] = message_id(message.message_id).as_str().into();
    // The message is the bot's own and may be an inaccessible stub: it says nothing about where answers should go.
    let conversation = hub_domain::inbound::ConversationRef { address: None, ..people::conversation(message) };
    let body = notice(conversation, BUTTON_PRESSED, Some(press.from.id), data, None);
    Reading { body, person: people::private_person(message) }
}

/// The lists are the full sets before and after.
pub(super) fn reaction(change: MessageReaction) -> Result<Reading, Unreadable> {
    let at = instant(change.date).ok_or("a message_reaction without a usable date")?;
    let actor = change.actor_chat.map(|chat| chat.id).or(change.user.map(|user| user.id));
    let actor = actor.ok_or("a message_reaction without an actor")?;
    let names = |reactions: &[ReactionType]| reactions.iter().map(reaction_name).collect::<Vec<_>>();
    let (old, new) = (names(&change.old_reaction), names(&change.new_reaction));
    let body = InboundBody::Reacted {
        conversation: people::chat(&change.chat).id,
        message: message_id(change.message_id),
        actor: RemoteParticipantId::new(actor.to_string()),
        added: new.iter().filter(|name| !old.contains(name)).cloned().collect(),
        removed: old.into_iter().filter(|name| !new.contains(name)).collect(),
        replaces: false,
        at,
    };
    Ok(Reading { body, person: people::private_chat(&change.chat) })
}

/// The emoji, or Telegram's name of a reaction that is none.
fn reaction_name(reaction: &ReactionType) -> String {
    match (&reaction.emoji, &reaction.custom_emoji_id) {
        (Some(emoji), _) => emoji.clone(),
        (None, Some(id)) => format!("{}:{id}", reaction.kind),
        (None, None) => reaction.kind.clone(),
    }
}

/// The bot's own standing in a chat changed: blocked, added, removed, promoted.
pub(super) fn membership(change: &ChatMemberUpdated) -> Reading {
    let private = people::private_chat(&change.chat);
    let (old, new) = (standing(&change.old_chat_member), standing(&change.new_chat_member));
    let kind = match (private.is_some(), old, new) {
        (true, _, Standing::Out) => "bot_blocked",
        (true, Standing::Out, _) => "bot_unblocked",
        (false, Standing::Out, Standing::Member | Standing::Admin | Standing::Restricted) => "bot_added",
        (false, _, Standing::Out) => "bot_removed",
        (_, _, Standing::Admin) => "bot_promoted",
        (_, Standing::Admin, Standing::Member) => "bot_demoted",
        (_, _, Standing::Restricted) => "bot_restricted",
        _ => "bot_member_changed",
    };
    let actor = change.from.as_ref().map(|user| user.id);
    let at = change.date.and_then(instant);
    Reading { body: notice(people::chat(&change.chat), kind, actor, json!({}), at), person: private }
}

#[derive(Clone, Copy)]
enum Standing {
    Out,
    Restricted,
    Member,
    Admin,
}

fn standing(member: &ChatMember) -> Standing {
    match (member.status.as_str(), member.is_member) {
        ("left" | "kicked", _) | ("restricted", Some(false)) => Standing::Out,
        ("restricted", _) => Standing::Restricted,
        ("administrator" | "creator", _) => Standing::Admin,
        _ => Standing::Member,
    }
}

/// A person connected the bot to their own account, changed its rights, or took it away.
pub(super) fn business_connection(connection: &BusinessConnection) -> Reading {
    let kind = if connection.is_enabled { "business_connected" } else { "business_disconnected" };
    let right = |name: &str| connection.rights.as_ref().and_then(|r| r.get(name)).and_then(Value::as_bool);
    let data = json!({
        "business_connection_id": connection.id,
        "owner_id": connection.user.id.to_string(),
        "owner_name": people::full_name(&connection.user),
        "can_reply": right("can_reply").unwrap_or(false),
    });
    InboundBody::AccountNotice { kind: kind.to_owned(), data, at: connection.date.and_then(instant) }.into()
}

/// The only deletion a bot hears of. The update has no time of its own.
pub(super) fn deleted(deletion: &BusinessMessagesDeleted) -> Reading {
    InboundBody::Deleted {
        conversation: people::business(&deletion.chat, &deletion.business_connection_id).id,
        messages: deletion.message_ids.iter().map(|id| message_id(*id)).collect(),
        at: None,
    }
    .into()
}
