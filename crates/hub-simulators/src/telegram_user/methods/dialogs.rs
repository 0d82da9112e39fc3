//! The list of chats.

use super::super::account::Account;
use super::super::calls::{Caller, Refusal};
use super::super::chats::{self, Chat, Place};
use super::super::seen::Seen;
use super::{peers, waiting};
use grammers_tl_types::{enums, functions as f, types};

/// Chats of one page at most.
const MAX_PAGE: usize = 100;

/// Chats with something in them, pinned ones first, then the newest.
fn listed(account: &Account, folder: i32) -> Vec<&Chat> {
    let mut chats: Vec<&Chat> = account
        .chats
        .values()
        .filter(|chat| chat.folder.unwrap_or_default() == folder && !chat.messages.is_empty())
        .collect();
    chats.sort_by_key(|chat| {
        let date = chat.top().map(chats::date).unwrap_or_default();
        std::cmp::Reverse((chat.pinned, date, chat.touched))
    });
    chats
}

/// Lines, last messages, and who they speak of.
struct Page {
    dialogs: Vec<enums::Dialog>,
    messages: Vec<enums::Message>,
    users: Vec<enums::User>,
    chats: Vec<enums::Chat>,
}

fn page(account: &Account, chats: &[&Chat]) -> Page {
    let mut seen = Seen::default();
    let messages: Vec<enums::Message> = chats.iter().filter_map(|chat| chat.top().cloned()).collect();
    for chat in chats {
        seen.place(chat.place);
    }
    for message in &messages {
        seen.message(message);
    }
    seen.place(Place::Person(account.id));
    let dialogs = chats.iter().map(|chat| chat.dialog()).collect();
    Page { dialogs, messages, users: seen.users(account), chats: seen.chats(account) }
}

pub(super) fn get_dialogs(
    caller: &Caller<'_>,
    call: f::messages::GetDialogs,
) -> Result<enums::messages::Dialogs, Refusal> {
    let id = caller.account()?;
    let world = caller.world();
    let account = world.accounts.get(&id).ok_or_else(|| Refusal::new(401, "USER_DEACTIVATED"))?;
    let all = listed(account, call.folder_id.unwrap_or_default());
    let begin = if matches!(call.offset_peer, enums::InputPeer::Empty) {
        if call.offset_date == 0 {
            0
        } else {
            all.iter()
                .position(|chat| !chat.pinned && chat.top().map_or(0, chats::date) < call.offset_date)
                .unwrap_or(all.len())
        }
    } else {
        let last = peers::place(account, &call.offset_peer)?;
        all.iter().position(|chat| chat.place == last).map_or(all.len(), |at| at + 1)
    };
    let rest: Vec<&Chat> = all[begin..].iter().copied().filter(|chat| !(call.exclude_pinned && chat.pinned)).collect();
    let limit = usize::try_from(call.limit).unwrap_or_default().clamp(1, MAX_PAGE);
    let shown = &rest[..limit.min(rest.len())];
    let Page { dialogs, messages, users, chats } = page(account, shown);
    Ok(if begin == 0 && shown.len() == all.len() {
        types::messages::Dialogs { dialogs, messages, chats, users }.into()
    } else {
        let count = i32::try_from(all.len()).unwrap_or(i32::MAX);
        types::messages::DialogsSlice { count, dialogs, messages, chats, users }.into()
    })
}

fn peer_dialogs(account: &Account, shown: &[&Chat]) -> enums::messages::PeerDialogs {
    let Page { dialogs, messages, users, chats } = page(account, shown);
    let state = waiting::state(account).into();
    types::messages::PeerDialogs { dialogs, messages, chats, users, state }.into()
}

pub(super) fn get_peer_dialogs(
    caller: &Caller<'_>,
    call: f::messages::GetPeerDialogs,
) -> Result<enums::messages::PeerDialogs, Refusal> {
    let id = caller.account()?;
    let world = caller.world();
    let account = world.accounts.get(&id).ok_or_else(|| Refusal::new(401, "USER_DEACTIVATED"))?;
    let mut shown = Vec::new();
    for peer in call.peers.iter().take(MAX_PAGE) {
        match peer {
            enums::InputDialogPeer::Peer(peer) => {
                shown.extend(account.chats.get(&peers::place(account, &peer.peer)?));
            }
            enums::InputDialogPeer::Community(_) => {}
            enums::InputDialogPeer::Folder(folder) => shown.extend(listed(account, folder.folder_id)),
        }
    }
    Ok(peer_dialogs(account, &shown))
}

pub(super) fn get_pinned_dialogs(
    caller: &Caller<'_>,
    call: f::messages::GetPinnedDialogs,
) -> Result<enums::messages::PeerDialogs, Refusal> {
    let id = caller.account()?;
    let world = caller.world();
    let account = world.accounts.get(&id).ok_or_else(|| Refusal::new(401, "USER_DEACTIVATED"))?;
    let shown: Vec<&Chat> = listed(account, call.folder_id).into_iter().filter(|chat| chat.pinned).collect();
    Ok(peer_dialogs(account, &shown))
}
