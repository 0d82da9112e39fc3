//! Changing what was said: edits, deletions, reactions; and typing.

use super::super::account::Account;
use super::super::calls::{Caller, Refusal};
use super::super::chats::{self, Place};
use super::super::seen;
use super::super::world::World;
use super::peers;
use grammers_tl_types::{enums, functions as f, types};

/// Reactions of one person to one message at most.
const MAX_REACTIONS: usize = 3;

fn owner(world: &mut World, id: i64) -> Result<&mut Account, Refusal> {
    world.accounts.get_mut(&id).ok_or_else(|| Refusal::new(401, "USER_DEACTIVATED"))
}

pub(super) fn edit_message(caller: &Caller<'_>, call: f::messages::EditMessage) -> Result<enums::Updates, Refusal> {
    let id = caller.account()?;
    let mut world = caller.world();
    let account = owner(&mut world, id)?;
    let place = peers::place(account, &call.peer)?;
    let known = account.chats.get(&place).and_then(|chat| chat.messages.get(&call.id));
    let Some(enums::Message::Message(known)) = known else { return Err(Refusal::bad("MESSAGE_ID_INVALID")) };
    if !known.out {
        return Err(Refusal::new(403, "MESSAGE_AUTHOR_REQUIRED"));
    }
    let text = call.message.unwrap_or_else(|| known.message.clone());
    if text == known.message && call.entities == known.entities {
        return Err(Refusal::bad("MESSAGE_NOT_MODIFIED"));
    }
    let mut change = |message: &mut types::Message| {
        message.message.clone_from(&text);
        message.entities.clone_from(&call.entities);
    };
    let update = account.edit(place, call.id, &mut change).ok_or_else(|| Refusal::bad("MESSAGE_ID_INVALID"))?;
    let answer = seen::updates(account, vec![update.clone()]);
    world.publish(id, Some(caller.connection), vec![update]);
    Ok(answer)
}

/// What deletions and reads are answered with: how far the counter went.
pub(super) fn affected(pts: i32, pts_count: i32) -> enums::messages::AffectedMessages {
    types::messages::AffectedMessages { pts, pts_count }.into()
}

/// The counter after an update, and how far it went.
pub(super) fn counted(update: &enums::Update) -> (i32, i32) {
    match update {
        enums::Update::DeleteMessages(update) => (update.pts, update.pts_count),
        enums::Update::DeleteChannelMessages(update) => (update.pts, update.pts_count),
        enums::Update::ReadHistoryInbox(update) => (update.pts, update.pts_count),
        _ => (0, 0),
    }
}

pub(super) fn delete_messages(
    caller: &Caller<'_>,
    call: f::messages::DeleteMessages,
) -> Result<enums::messages::AffectedMessages, Refusal> {
    let id = caller.account()?;
    let mut world = caller.world();
    let account = owner(&mut world, id)?;
    let mut updates = Vec::new();
    for message in call.id {
        if let Some(place) = account.place_of(message) {
            updates.extend(account.delete(place, &[message]));
        }
    }
    let count = i32::try_from(updates.len()).unwrap_or(i32::MAX);
    let answer = affected(account.stream.pts, count);
    if !updates.is_empty() {
        world.publish(id, Some(caller.connection), updates);
    }
    Ok(answer)
}

pub(super) fn delete_channel_messages(
    caller: &Caller<'_>,
    call: f::channels::DeleteMessages,
) -> Result<enums::messages::AffectedMessages, Refusal> {
    let id = caller.account()?;
    let mut world = caller.world();
    let account = owner(&mut world, id)?;
    let place = peers::channel(account, &call.channel)?;
    let foreign = account.chats.get(&place).is_some_and(|chat| {
        call.id.iter().filter_map(|id| chat.messages.get(id)).any(|message| !chats::is_out(message))
    });
    if foreign {
        return Err(Refusal::new(403, "MESSAGE_DELETE_FORBIDDEN"));
    }
    let Some(update) = account.delete(place, &call.id) else {
        let pts = account.chats.get(&place).map_or(1, |chat| chat.stream.pts);
        return Ok(affected(pts, 0));
    };
    let (pts, pts_count) = counted(&update);
    world.publish(id, Some(caller.connection), vec![update]);
    Ok(affected(pts, pts_count))
}

pub(super) fn send_reaction(caller: &Caller<'_>, call: f::messages::SendReaction) -> Result<enums::Updates, Refusal> {
    let id = caller.account()?;
    let mut world = caller.world();
    let account = owner(&mut world, id)?;
    let place = peers::place(account, &call.peer)?;
    let mut with = call.reaction.unwrap_or_default();
    with.retain(|reaction| !matches!(reaction, enums::Reaction::Empty));
    if with.len() > MAX_REACTIONS {
        return Err(Refusal::bad("REACTIONS_TOO_MANY"));
    }
    let words =
        |reaction: &enums::Reaction| matches!(reaction, enums::Reaction::Emoji(emoji) if emoji.emoticon.is_ascii());
    if with.iter().any(words) {
        return Err(Refusal::bad("REACTION_INVALID"));
    }
    let update = account.react(place, call.msg_id, id, with).ok_or_else(|| Refusal::bad("MESSAGE_ID_INVALID"))?;
    let answer = seen::updates(account, vec![update.clone()]);
    world.publish(id, Some(caller.connection), vec![update]);
    Ok(answer)
}

pub(super) fn set_typing(caller: &Caller<'_>, call: f::messages::SetTyping) -> Result<bool, Refusal> {
    let id = caller.account()?;
    let mut world = caller.world();
    let account = owner(&mut world, id)?;
    let place = peers::place(account, &call.peer)?;
    let writable = account.chats.get(&place).is_none_or(|chat| chat.writable);
    if matches!(place, Place::Person(_)) || writable {
        Ok(true)
    } else {
        Err(Refusal::new(403, "CHAT_WRITE_FORBIDDEN"))
    }
}
