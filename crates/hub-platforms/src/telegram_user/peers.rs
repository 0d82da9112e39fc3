//! People, groups and channels of one account: what they are called, and how Telegram wants them named.

use super::session::OwnSession;
use grammers_session::types::{ChannelKind, PeerAuth, PeerId, PeerInfo};
use grammers_tl_types as tl;
use serde_json::{Value, json};
use std::collections::HashMap;
use tl::enums::{Chat, InputPeer, Peer, User};

/// Ids of channels and supergroups begin here, in the form of the Bot API.
const CHANNELS_BELOW: i64 = -1_000_000_000_000;
/// Names remembered per account.
const MAX_NAMES: usize = 20_000;

/// Somebody, as they call themselves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Name {
    /// Full name or title.
    pub(super) full: Option<String>,
    /// First name or title.
    pub(super) short: Option<String>,
    /// Handle.
    pub(super) username: Option<String>,
    /// A program.
    pub(super) is_bot: bool,
    /// Number of the picture.
    pub(super) photo: Option<i64>,
}

/// Everybody whose name was told.
#[derive(Debug, Default)]
pub(super) struct Names(HashMap<i64, Name>);

impl Names {
    /// By the form of the Bot API.
    pub(super) fn of(&self, id: i64) -> Option<&Name> {
        self.0.get(&id)
    }

    /// Remembers who was told of, and how Telegram wants them named.
    pub(super) fn learn(&mut self, session: &OwnSession, users: &[User], chats: &[Chat]) {
        for user in users {
            if let User::User(user) = user {
                self.learn_user(session, user);
            }
        }
        for chat in chats {
            self.learn_chat(session, chat);
        }
    }

    fn learn_user(&mut self, session: &OwnSession, user: &tl::types::User) {
        if PeerId::user(user.id).is_none() {
            return;
        }
        // A shortened user's number works only beside the message it came with.
        let auth = user.access_hash.filter(|_| !user.min).map(PeerAuth::from_hash);
        session.remember(&PeerInfo::User {
            id: user.id,
            auth,
            bot: Some(user.bot),
            is_self: user.is_self.then_some(true),
        });
        let photo = match &user.photo {
            Some(tl::enums::UserProfilePhoto::Photo(photo)) => Some(photo.photo_id),
            _ => None,
        };
        let full = joined(user.first_name.as_deref(), user.last_name.as_deref());
        let name = Name {
            full: full.or_else(|| user.username.clone()),
            short: filled(user.first_name.as_deref()),
            username: filled(user.username.as_deref()),
            is_bot: user.bot,
            photo,
        };
        self.keep(user.id, name);
    }

    fn learn_chat(&mut self, session: &OwnSession, chat: &Chat) {
        match chat {
            Chat::Chat(chat) if PeerId::chat(chat.id).is_some() => {
                session.remember(&PeerInfo::Chat { id: chat.id });
                self.keep(-chat.id, titled(&chat.title, None, photo(&chat.photo)));
            }
            Chat::Forbidden(chat) => self.keep(-chat.id, titled(&chat.title, None, None)),
            Chat::Channel(channel) if PeerId::channel(channel.id).is_some() => {
                let auth = channel.access_hash.filter(|_| !channel.min).map(PeerAuth::from_hash);
                let kind = if channel.broadcast { ChannelKind::Broadcast } else { ChannelKind::Megagroup };
                session.remember(&PeerInfo::Channel { id: channel.id, auth, kind: Some(kind) });
                let name = titled(&channel.title, channel.username.as_deref(), photo(&channel.photo));
                self.keep(channel_id(channel.id), name);
            }
            Chat::ChannelForbidden(channel) => {
                self.keep(channel_id(channel.id), titled(&channel.title, None, None));
            }
            _ => {}
        }
    }

    fn keep(&mut self, id: i64, name: Name) {
        if self.0.len() < MAX_NAMES || self.0.contains_key(&id) {
            self.0.insert(id, name);
        }
    }
}

fn titled(title: &str, username: Option<&str>, photo: Option<i64>) -> Name {
    let title = filled(Some(title));
    Name { full: title.clone(), short: title, username: filled(username), is_bot: false, photo }
}

fn photo(photo: &tl::enums::ChatPhoto) -> Option<i64> {
    match photo {
        tl::enums::ChatPhoto::Photo(photo) => Some(photo.photo_id),
        tl::enums::ChatPhoto::Empty => None,
    }
}

fn joined(first: Option<&str>, last: Option<&str>) -> Option<String> {
    let names: Vec<String> = [first, last].into_iter().filter_map(filled).collect();
    (!names.is_empty()).then(|| names.join(" "))
}

fn filled(text: Option<&str>) -> Option<String> {
    text.filter(|text| !text.trim().is_empty()).map(str::to_owned)
}

/// A channel in the form of the Bot API.
pub(super) fn channel_id(id: i64) -> i64 {
    CHANNELS_BELOW - id
}

/// The channel behind an id in the form of the Bot API.
pub(super) fn channel_of(id: i64) -> Option<i64> {
    (id < CHANNELS_BELOW).then(|| CHANNELS_BELOW - id)
}

/// A peer in the form of the Bot API.
pub(super) fn peer_id(peer: &Peer) -> i64 {
    match peer {
        Peer::User(user) => user.user_id,
        Peer::Chat(chat) => -chat.chat_id,
        Peer::Channel(channel) => channel_id(channel.channel_id),
    }
}

/// What an answer must carry beside the id.
pub(super) fn address(session: &OwnSession, id: i64) -> Option<Value> {
    if id < 0 && channel_of(id).is_none() {
        return Some(json!({ "type": "group", "id": id }));
    }
    let kind = if id > 0 { "user" } else { "channel" };
    let mut address = json!({ "type": kind, "id": id, "access_hash": session.access_hash(id)? });
    if is_broadcast(session, id) {
        // Only its owners write there.
        address["broadcast"] = true.into();
    }
    Some(address)
}

fn is_broadcast(session: &OwnSession, id: i64) -> bool {
    let known = PeerId::from_bot_api_dialog_id(id).and_then(|peer| session.known(peer));
    matches!(known, Some(PeerInfo::Channel { kind: Some(ChannelKind::Broadcast), .. }))
}

/// A peer as Telegram wants it named; `None` when its secret number is not known. What the session knows is newer than an address.
pub(super) fn input(session: &OwnSession, me: i64, id: i64, address: Option<&Value>) -> Option<InputPeer> {
    if id == me {
        return Some(InputPeer::PeerSelf);
    }
    if id < 0 && channel_of(id).is_none() {
        return Some(tl::types::InputPeerChat { chat_id: -id }.into());
    }
    let kept = || {
        let address = address?;
        let same = address.get("id").and_then(Value::as_i64) == Some(id);
        address.get("access_hash").and_then(Value::as_i64).filter(|_| same)
    };
    let access_hash = session.access_hash(id).or_else(kept)?;
    Some(match channel_of(id) {
        Some(channel_id) => tl::types::InputPeerChannel { channel_id, access_hash }.into(),
        None => tl::types::InputPeerUser { user_id: id, access_hash }.into(),
    })
}
