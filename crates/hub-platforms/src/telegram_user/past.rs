//! The first reading after linking: the chats once, then what was said in them lately, chat by chat and slowly.

use super::connection::Connection;
use super::cursor::{Cursor, Unread};
use super::errors;
use super::kept::{Kept, Told};
use super::line::Line;

use super::peers::{self, Names};
use super::session::OwnSession;
use bytes::Bytes;
use grammers_session::types::ChannelState;
use grammers_tl_types as tl;
use hub_platform_kit::platform::Parsed;
use hub_platform_kit::{ErrorKind, Result};
use std::time::Duration;

/// Pause between two calls.
pub(super) const PACE: Duration = Duration::from_secs(1);
/// Chats whose past is read.
const CHATS: i32 = 50;
/// Messages read in each of them.
const MESSAGES: i32 = 20;

/// The most recent chats, as Telegram lists them.
pub(super) struct Chats {
    dialogs: Vec<tl::enums::Dialog>,
    groups: Vec<tl::enums::Chat>,
    users: Vec<tl::enums::User>,
}

/// Asks for the most recent chats.
pub(super) async fn chats(connection: &Connection) -> Result<Chats> {
    let request = tl::functions::messages::GetDialogs {
        exclude_pinned: false,
        folder_id: None,
        offset_date: 0,
        offset_id: 0,
        offset_peer: tl::enums::InputPeer::Empty,
        limit: CHATS,
        hash: 0,
    };
    let (dialogs, groups, users) = match connection.call(&request).await.map_err(|error| errors::meaning(&error))? {
        tl::enums::messages::Dialogs::Dialogs(page) => (page.dialogs, page.chats, page.users),
        tl::enums::messages::Dialogs::Slice(page) => (page.dialogs, page.chats, page.users),
        tl::enums::messages::Dialogs::NotModified(_) => (Vec::new(), Vec::new(), Vec::new()),
    };
    Ok(Chats { dialogs, groups, users })
}

impl Chats {
    /// Notes them all to be read, and gives the counters of the channels among them.
    pub(super) fn note(&self, session: &OwnSession, names: &mut Names, cursor: &mut Cursor) -> Vec<ChannelState> {
        names.learn(session, &self.users, &self.groups);
        let mut channels = Vec::new();
        for dialog in &self.dialogs {
            let tl::enums::Dialog::Dialog(dialog) = dialog else { continue };
            let chat = peers::peer_id(&dialog.peer);
            if let (Some(pts), Some(id)) = (dialog.pts, peers::channel_of(chat)) {
                channels.push(ChannelState { id, pts });
            }
            cursor.keep_peer(session, chat);
            cursor.read_past(listed(chat, dialog));
        }
        channels
    }
}

/// How Telegram lists a chat.
fn listed(chat: i64, dialog: &tl::types::Dialog) -> Unread {
    Unread {
        chat,
        read_by_them: dialog.read_outbox_max_id,
        read_by_me: Some(dialog.read_inbox_max_id),
        last: dialog.top_message,
    }
}

/// Asks how Telegram lists one chat now; one that it does not list is as it is known.
async fn asked(line: &Line, peer: &tl::enums::InputPeer, known: Unread) -> Result<Unread> {
    let peer = tl::types::InputDialogPeer { peer: peer.clone() };
    let request = tl::functions::messages::GetPeerDialogs { peers: vec![peer.into()] };
    let tl::enums::messages::PeerDialogs::Dialogs(answer) =
        line.connection.call(&request).await.map_err(|error| errors::meaning(&error))?;
    let found = answer.dialogs.iter().find_map(|dialog| match dialog {
        tl::enums::Dialog::Dialog(dialog) if peers::peer_id(&dialog.peer) == known.chat => Some(dialog),
        _ => None,
    });
    Ok(found.map_or(known, |dialog| listed(known.chat, dialog)))
}

/// What was said lately in one chat, oldest first; `listening` = since when the line listens, in seconds since 1970. A chat that may
/// not be read is passed over.
pub(super) async fn chat(line: &Line, unread: Unread, listening: i32) -> Result<(Vec<Parsed>, Bytes)> {
    let session = &line.connection.session;
    let Some(peer) = peers::input(session, line.me, unread.chat, None) else {
        return Ok((Vec::new(), Bytes::new()));
    };
    match messages(line, peer, unread, listening).await {
        Err(error) if matches!(error.kind, ErrorKind::Rejected | ErrorKind::NotFound | ErrorKind::BadInput) => {
            Ok((Vec::new(), Bytes::new()))
        }
        outcome => outcome,
    }
}

async fn messages(
    line: &Line,
    peer: tl::enums::InputPeer,
    unread: Unread,
    listening: i32,
) -> Result<(Vec<Parsed>, Bytes)> {
    let session = &line.connection.session;
    let unread = if unread.read_by_me.is_some() { unread } else { asked(line, &peer, unread).await? };
    let request = tl::functions::messages::GetHistory {
        peer,
        offset_id: 0,
        offset_date: 0,
        add_offset: 0,
        limit: MESSAGES,
        max_id: 0,
        min_id: 0,
        hash: 0,
    };
    let answer = line.connection.call(&request).await.map_err(|error| errors::meaning(&error))?;
    let (messages, chats, users) = parts(answer);
    let kept = Kept { told: Told::Past { listening, listed: unread, messages }, users, chats };
    let events = kept.events(line.me, &mut line.names(), session);
    let mut raw = Vec::new();
    kept.write(&mut raw);
    Ok((events, raw.into()))
}

/// Messages, chats and people of an answer.
pub(super) fn parts(
    answer: tl::enums::messages::Messages,
) -> (Vec<tl::enums::Message>, Vec<tl::enums::Chat>, Vec<tl::enums::User>) {
    use tl::enums::messages::Messages;
    match answer {
        Messages::Messages(page) => (page.messages, page.chats, page.users),
        Messages::Slice(page) => (page.messages, page.chats, page.users),
        Messages::ChannelMessages(page) => (page.messages, page.chats, page.users),
        Messages::NotModified(_) => (Vec::new(), Vec::new(), Vec::new()),
    }
}
