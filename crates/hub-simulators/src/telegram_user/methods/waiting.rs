//! The update stream: where it is, and what was missed.

use super::super::account::{Account, now};
use super::super::calls::{Caller, Refusal};
use super::super::chats::{Change, Place};
use super::super::seen::Seen;
use super::peers;
use grammers_tl_types::{enums, functions as f, types};

/// Seconds after which a client may ask again for a channel.
const CHANNEL_TIMEOUT: i32 = 30;
/// Changes of a channel in one answer at most.
const MAX_CHANNEL: usize = 100;

/// Where the account's stream is.
pub(super) fn state(account: &Account) -> types::updates::State {
    let unread_count = account.chats.values().map(super::super::chats::Chat::unread).sum();
    types::updates::State { pts: account.stream.pts, qts: 0, date: now(), seq: 0, unread_count }
}

pub(super) fn get_state(caller: &Caller<'_>, _: f::updates::GetState) -> Result<enums::updates::State, Refusal> {
    let id = caller.account()?;
    let world = caller.world();
    let account = world.accounts.get(&id).ok_or_else(|| Refusal::new(401, "USER_DEACTIVATED"))?;
    Ok(state(account).into())
}

/// New messages, other updates, and who they speak of.
fn parts(changes: Vec<Change>) -> (Vec<enums::Message>, Vec<enums::Update>, Seen) {
    let (mut messages, mut others, mut seen) = (Vec::new(), Vec::new(), Seen::default());
    for change in changes {
        seen.update(&change.update);
        match change.update {
            enums::Update::NewMessage(update) => messages.push(update.message),
            enums::Update::NewChannelMessage(update) => messages.push(update.message),
            other => others.push(other),
        }
    }
    (messages, others, seen)
}

pub(super) fn get_difference(
    caller: &Caller<'_>,
    call: f::updates::GetDifference,
) -> Result<enums::updates::Difference, Refusal> {
    let id = caller.account()?;
    let world = caller.world();
    let account = world.accounts.get(&id).ok_or_else(|| Refusal::new(401, "USER_DEACTIVATED"))?;
    if call.pts <= 0 || call.pts > account.stream.pts {
        return Err(Refusal::bad("PERSISTENT_TIMESTAMP_INVALID"));
    }
    let most = call.pts_total_limit.and_then(|most| usize::try_from(most).ok()).unwrap_or(usize::MAX);
    let Some(mut missed) = account.stream.since(call.pts, world.options.difference_most.min(most)) else {
        return Ok(types::updates::DifferenceTooLong { pts: account.stream.pts }.into());
    };
    if missed.is_empty() {
        return Ok(types::updates::DifferenceEmpty { date: now(), seq: 0 }.into());
    }
    let asked = call.pts_limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(usize::MAX);
    let slice = world.options.difference_slice.min(asked).max(1);
    let whole = missed.len() <= slice;
    missed.truncate(slice);
    let mut state = state(account);
    state.pts = missed.last().map_or(state.pts, |change| change.pts);
    let (new_messages, other_updates, mut seen) = parts(missed);
    seen.place(Place::Person(id));
    let (users, chats) = (seen.users(account), seen.chats(account));
    let (new_encrypted_messages, state) = (Vec::new(), state.into());
    Ok(if whole {
        types::updates::Difference { new_messages, new_encrypted_messages, other_updates, chats, users, state }.into()
    } else {
        types::updates::DifferenceSlice {
            new_messages,
            new_encrypted_messages,
            other_updates,
            chats,
            users,
            intermediate_state: state,
        }
        .into()
    })
}

pub(super) fn get_channel_difference(
    caller: &Caller<'_>,
    call: f::updates::GetChannelDifference,
) -> Result<enums::updates::ChannelDifference, Refusal> {
    let id = caller.account()?;
    let world = caller.world();
    let account = world.accounts.get(&id).ok_or_else(|| Refusal::new(401, "USER_DEACTIVATED"))?;
    let place = peers::channel(account, &call.channel)?;
    let chat = account.chats.get(&place).ok_or_else(|| Refusal::bad("CHANNEL_INVALID"))?;
    let timeout = Some(CHANNEL_TIMEOUT);
    let Some(mut missed) = chat.stream.since(call.pts, world.options.difference_most) else {
        let mut seen = Seen::default();
        seen.place(place);
        let messages: Vec<enums::Message> = chat.messages.values().next_back().cloned().into_iter().collect();
        for message in &messages {
            seen.message(message);
        }
        let (users, chats) = (seen.users(account), seen.chats(account));
        let dialog = chat.dialog();
        return Ok(
            types::updates::ChannelDifferenceTooLong { r#final: true, timeout, dialog, messages, chats, users }.into()
        );
    };
    if missed.is_empty() {
        let pts = call.pts.max(1);
        return Ok(types::updates::ChannelDifferenceEmpty { r#final: true, pts, timeout }.into());
    }
    let limit = usize::try_from(call.limit).unwrap_or(1).clamp(1, MAX_CHANNEL).min(world.options.difference_slice);
    let r#final = missed.len() <= limit;
    missed.truncate(limit);
    let pts = missed.last().map_or(call.pts, |change| change.pts);
    let (new_messages, other_updates, mut seen) = parts(missed);
    seen.place(place);
    let (users, chats) = (seen.users(account), seen.chats(account));
    Ok(types::updates::ChannelDifference { r#final, pts, timeout, new_messages, other_updates, chats, users }.into())
}
