//! What an account did through its programs, in order: for tests that look at the other end.

use super::account::Account;
use super::calls::Call;
use super::chats::Place;
use super::handle::TelegramUserHandle;
use super::methods;
use grammers_tl_types::{enums, functions as f};
use std::collections::HashSet;

/// Something that was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deed {
    /// Where.
    pub place: Place,
    /// What.
    pub what: What,
    /// The message that came of it, or that it was about.
    pub message: Option<i32>,
    /// Words or caption.
    pub words: String,
    /// The message it answers.
    pub reply_to: Option<i32>,
}

/// Sorts of deeds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// Words.
    Text,
    /// A file of this kind and size in bytes.
    File(super::FileKind, usize),
    /// A reaction put there, or taken away.
    Reaction(Option<String>),
    /// Somebody was seen typing.
    Typing,
    /// What others wrote was read.
    Read,
}

impl TelegramUserHandle {
    /// What an account's programs did, each message once however often it was asked for.
    pub fn deeds(&self, account: i64) -> Vec<Deed> {
        let world = self.shared.world();
        let Some(owner) = world.accounts.get(&account) else { return Vec::new() };
        let done = world.calls.iter().filter(|call| call.account == Some(account) && call.refused.is_none());
        let mut seen = HashSet::new();
        done.filter_map(|call| deed(owner, call, &mut seen)).collect()
    }
}

fn deed(owner: &Account, call: &Call, seen: &mut HashSet<i64>) -> Option<Deed> {
    let at = |peer: &enums::InputPeer, what, message| {
        let place = methods::place(owner, peer)?;
        Some(Deed { place, what, message, words: String::new(), reply_to: None })
    };
    let sent = |peer: &enums::InputPeer, random_id: i64, words: String, reply_to: Option<enums::InputReplyTo>| {
        let message = number(owner.sent.get(&random_id)?, random_id);
        let reply_to = match reply_to {
            Some(enums::InputReplyTo::Message(reply)) => Some(reply.reply_to_msg_id),
            _ => None,
        };
        Some(Deed { words, reply_to, ..at(peer, What::Text, message)? })
    };
    match call.method.as_str() {
        "messages.sendMessage" => {
            let call = call.read::<f::messages::SendMessage>()?;
            if !seen.insert(call.random_id) {
                return None;
            }
            sent(&call.peer, call.random_id, call.message, call.reply_to)
        }
        "messages.sendMedia" => {
            let call = call.read::<f::messages::SendMedia>()?;
            if !seen.insert(call.random_id) {
                return None;
            }
            let deed = sent(&call.peer, call.random_id, call.message, call.reply_to)?;
            let what = file(owner, deed.place, deed.message?)?;
            Some(Deed { what, ..deed })
        }
        "messages.sendReaction" => {
            let call = call.read::<f::messages::SendReaction>()?;
            let emoji = call.reaction.unwrap_or_default().into_iter().find_map(|reaction| match reaction {
                enums::Reaction::Emoji(emoji) => Some(emoji.emoticon),
                _ => None,
            });
            at(&call.peer, What::Reaction(emoji), Some(call.msg_id))
        }
        "messages.setTyping" => at(&call.read::<f::messages::SetTyping>()?.peer, What::Typing, None),
        "messages.readHistory" => {
            let call = call.read::<f::messages::ReadHistory>()?;
            at(&call.peer, What::Read, Some(call.max_id))
        }
        _ => None,
    }
}

/// The number that a send was answered with.
fn number(answer: &enums::Updates, random_id: i64) -> Option<i32> {
    match answer {
        enums::Updates::UpdateShortSentMessage(sent) => Some(sent.id),
        enums::Updates::Updates(all) => all.updates.iter().find_map(|update| match update {
            enums::Update::MessageId(named) if named.random_id == random_id => Some(named.id),
            _ => None,
        }),
        _ => None,
    }
}

/// The file of a message.
fn file(owner: &Account, place: Place, message: i32) -> Option<What> {
    let enums::Message::Message(message) = owner.chats.get(&place)?.messages.get(&message)? else { return None };
    let id = match message.media.as_ref()? {
        enums::MessageMedia::Photo(media) => media.photo.as_ref()?.id(),
        enums::MessageMedia::Document(media) => media.document.as_ref()?.id(),
        _ => return None,
    };
    let file = owner.files.get(&id)?;
    Some(What::File(file.kind.clone(), file.bytes.len()))
}
