//! Messages of the past.

use super::super::account::Account;
use super::super::calls::{Caller, Refusal};
use super::super::chats::{self, Place};
use super::super::seen::Seen;
use super::peers;
use grammers_tl_types::{enums, functions as f, types};

/// Messages of one page at most.
const MAX_PAGE: usize = 100;

/// Part of a chat's messages.
struct Window {
    /// Only older ones than this; 0 = all.
    offset_id: i32,
    /// Only older ones than this; 0 = all.
    offset_date: i32,
    /// Newer ones to begin with when below zero, ones to skip when above.
    add_offset: i32,
    limit: i32,
    /// Only up to this, excluding it; 0 = all.
    max_id: i32,
    /// Only after this.
    min_id: i32,
    /// Words that they must hold.
    words: String,
}

fn answer(account: &Account, place: Place, messages: Vec<enums::Message>, count: usize) -> enums::messages::Messages {
    let mut seen = Seen::default();
    seen.place(place);
    for message in &messages {
        seen.message(message);
    }
    seen.place(Place::Person(account.id));
    let (users, chats) = (seen.users(account), seen.chats(account));
    let whole = messages.len() == count;
    let count = i32::try_from(count).unwrap_or(i32::MAX);
    let topics = Vec::new();
    if let Place::Channel(_) = place {
        let pts = account.chats.get(&place).map_or(1, |chat| chat.stream.pts);
        return types::messages::ChannelMessages {
            inexact: false,
            pts,
            count,
            offset_id_offset: None,
            messages,
            topics,
            chats,
            users,
        }
        .into();
    }
    if whole {
        return types::messages::Messages { messages, topics, chats, users }.into();
    }
    types::messages::MessagesSlice {
        inexact: false,
        count,
        next_rate: None,
        offset_id_offset: None,
        search_flood: None,
        messages,
        topics,
        chats,
        users,
    }
    .into()
}

fn window(account: &Account, place: Place, window: &Window) -> enums::messages::Messages {
    let Some(chat) = account.chats.get(&place) else { return answer(account, place, Vec::new(), 0) };
    let fits = |message: &enums::Message| {
        window.words.is_empty()
            || matches!(message, enums::Message::Message(message) if message.message.contains(&window.words))
    };
    // Newest first.
    let all: Vec<&enums::Message> = chat.messages.values().rev().filter(|message| fits(message)).collect();
    let begin = all
        .iter()
        .position(|message| {
            // The date counts only where no message is named: several share one second.
            match window.offset_id {
                0 => window.offset_date == 0 || chats::date(message) < window.offset_date,
                id => message.id() < id,
            }
        })
        .unwrap_or(all.len());
    let skip = usize::try_from(window.add_offset.unsigned_abs()).unwrap_or_default();
    let begin = if window.add_offset < 0 { begin.saturating_sub(skip) } else { begin.saturating_add(skip) };
    let limit = usize::try_from(window.limit).unwrap_or_default().min(MAX_PAGE);
    let messages = all
        .iter()
        .skip(begin)
        .take(limit)
        .filter(|message| message.id() > window.min_id && (window.max_id == 0 || message.id() < window.max_id))
        .map(|message| (*message).clone())
        .collect();
    answer(account, place, messages, all.len())
}

pub(super) fn get_history(
    caller: &Caller<'_>,
    call: f::messages::GetHistory,
) -> Result<enums::messages::Messages, Refusal> {
    let id = caller.account()?;
    let world = caller.world();
    let account = world.accounts.get(&id).ok_or_else(|| Refusal::new(401, "USER_DEACTIVATED"))?;
    let place = peers::place(account, &call.peer)?;
    let f::messages::GetHistory { offset_id, offset_date, add_offset, limit, max_id, min_id, .. } = call;
    let words = String::new();
    Ok(window(account, place, &Window { offset_id, offset_date, add_offset, limit, max_id, min_id, words }))
}

pub(super) fn search(caller: &Caller<'_>, call: f::messages::Search) -> Result<enums::messages::Messages, Refusal> {
    let id = caller.account()?;
    let world = caller.world();
    let account = world.accounts.get(&id).ok_or_else(|| Refusal::new(401, "USER_DEACTIVATED"))?;
    let place = peers::place(account, &call.peer)?;
    let f::messages::Search { offset_id, add_offset, limit, max_id, min_id, q, .. } = call;
    Ok(window(account, place, &Window { offset_id, offset_date: 0, add_offset, limit, max_id, min_id, words: q }))
}

/// Messages by id; those that are gone come as empty ones.
fn by_id(
    account: &Account,
    ids: &[enums::InputMessage],
    find: impl Fn(i32) -> Option<Place>,
) -> (Vec<enums::Message>, Seen) {
    let mut seen = Seen::default();
    seen.place(Place::Person(account.id));
    let mut messages = Vec::new();
    for wanted in ids.iter().take(MAX_PAGE) {
        let enums::InputMessage::Id(wanted) = wanted else { continue };
        let found = find(wanted.id).and_then(|place| account.chats.get(&place)?.messages.get(&wanted.id)).cloned();
        let message = found.unwrap_or_else(|| types::MessageEmpty { id: wanted.id, peer_id: None }.into());
        seen.message(&message);
        messages.push(message);
    }
    (messages, seen)
}

pub(super) fn get_messages(
    caller: &Caller<'_>,
    call: f::messages::GetMessages,
) -> Result<enums::messages::Messages, Refusal> {
    let id = caller.account()?;
    let world = caller.world();
    let account = world.accounts.get(&id).ok_or_else(|| Refusal::new(401, "USER_DEACTIVATED"))?;
    let (messages, seen) = by_id(account, &call.id, |id| account.place_of(id));
    let (users, chats) = (seen.users(account), seen.chats(account));
    Ok(types::messages::Messages { messages, topics: Vec::new(), chats, users }.into())
}

pub(super) fn get_channel_messages(
    caller: &Caller<'_>,
    call: f::channels::GetMessages,
) -> Result<enums::messages::Messages, Refusal> {
    let id = caller.account()?;
    let world = caller.world();
    let account = world.accounts.get(&id).ok_or_else(|| Refusal::new(401, "USER_DEACTIVATED"))?;
    let place = peers::channel(account, &call.channel)?;
    let (messages, _) = by_id(account, &call.id, |_| Some(place));
    let count = messages.len();
    Ok(answer(account, place, messages, count))
}
