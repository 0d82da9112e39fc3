//! Who and what a call means. Every id comes with a number that only those know who saw the peer.

use super::super::account::Account;
use super::super::calls::Refusal;
use super::super::chats::Place;
use grammers_tl_types::enums;

fn person(account: &Account, id: i64, access_hash: Option<i64>) -> Result<Place, Refusal> {
    let known = account.people.get(&id).filter(|person| access_hash.is_none_or(|hash| hash == person.access_hash));
    known.map(|_| Place::Person(id)).ok_or_else(|| Refusal::bad("PEER_ID_INVALID"))
}

fn existing(account: &Account, place: Place, access_hash: Option<i64>, otherwise: &str) -> Result<Place, Refusal> {
    let known = account.chats.get(&place).filter(|chat| access_hash.is_none_or(|hash| hash == chat.access_hash));
    known.map(|_| place).ok_or_else(|| Refusal::bad(otherwise))
}

/// The chat that a call means.
pub(super) fn place(account: &Account, peer: &enums::InputPeer) -> Result<Place, Refusal> {
    match peer {
        enums::InputPeer::PeerSelf => Ok(Place::Person(account.id)),
        enums::InputPeer::User(user) => person(account, user.user_id, Some(user.access_hash)),
        enums::InputPeer::Chat(chat) => existing(account, Place::Group(chat.chat_id), None, "CHAT_ID_INVALID"),
        enums::InputPeer::Channel(channel) => {
            existing(account, Place::Channel(channel.channel_id), Some(channel.access_hash), "CHANNEL_INVALID")
        }
        enums::InputPeer::UserFromMessage(user) => person(account, user.user_id, None),
        enums::InputPeer::ChannelFromMessage(channel) => {
            existing(account, Place::Channel(channel.channel_id), None, "CHANNEL_INVALID")
        }
        enums::InputPeer::Empty => Err(Refusal::bad("PEER_ID_INVALID")),
    }
}

/// The channel that a call means.
pub(super) fn channel(account: &Account, channel: &enums::InputChannel) -> Result<Place, Refusal> {
    let (id, hash) = match channel {
        enums::InputChannel::Channel(channel) => (channel.channel_id, Some(channel.access_hash)),
        enums::InputChannel::FromMessage(channel) => (channel.channel_id, None),
        enums::InputChannel::Empty => return Err(Refusal::bad("CHANNEL_INVALID")),
    };
    existing(account, Place::Channel(id), hash, "CHANNEL_INVALID")
}

/// The person that a call means.
pub(super) fn user(account: &Account, user: &enums::InputUser) -> Result<i64, Refusal> {
    let (id, hash) = match user {
        enums::InputUser::UserSelf => return Ok(account.id),
        enums::InputUser::User(user) => (user.user_id, Some(user.access_hash)),
        enums::InputUser::FromMessage(user) => (user.user_id, None),
        enums::InputUser::Empty => return Err(Refusal::bad("USER_ID_INVALID")),
    };
    person(account, id, hash).map_err(|_| Refusal::bad("USER_ID_INVALID"))?;
    Ok(id)
}
