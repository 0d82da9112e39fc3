//! Working the simulator from Rust: what people do.

use super::chats::model::{Draft, Message, Sender};
use super::handle::TeamsHandle;
use bytes::Bytes;
use serde_json::Value;

impl TeamsHandle {
    /// The chat of two people; made where there is none, as are people whom nobody knows.
    pub fn direct(&self, one: &str, other: &str) -> String {
        self.shared.act(|world| world.direct(one, other))
    }

    /// Somebody writes in a chat; gives the message, `None` = there is no such chat.
    pub fn say(&self, chat: &str, from: &str, text: &str) -> Option<Message> {
        self.write(chat, Sender::User(from.to_owned()), Draft::text(text))
    }

    /// Somebody, a bot or nobody writes anything in a chat.
    pub fn write(&self, chat: &str, from: Sender, draft: Draft) -> Option<Message> {
        self.shared.act(|world| world.write(chat, from, draft))
    }

    /// Somebody wrote something, and nobody is told: whoever calls this tells of it.
    pub fn note(&self, chat: &str, from: Sender, draft: Draft) -> Option<Message> {
        self.shared.world().keep(chat, from, draft, None)
    }

    /// Somebody sends a file, which is at an address of theirs.
    pub fn attach_file(&self, chat: &str, from: &str, words: &str, name: &str, url: &str) -> Option<Message> {
        self.shared.act(|world| world.attach_file(chat, from, words, name, url))
    }

    /// Somebody sends a picture of a content type between their words.
    pub fn attach_picture(&self, chat: &str, from: &str, words: &str, kind: &str, bytes: &[u8]) -> Option<Message> {
        self.shared.act(|world| world.attach_picture(chat, from, words, kind, Bytes::copy_from_slice(bytes)))
    }

    /// Pictures of a message are gone, or other bytes are in their place.
    pub fn swap_pictures(&self, chat: &str, message: i64, bytes: Option<&[u8]>) {
        let bytes = bytes.map(Bytes::copy_from_slice);
        self.shared.world().swap_pictures(chat, message, bytes.as_ref());
    }

    /// Somebody mentions somebody.
    pub fn mention(&self, chat: &str, from: &str, whom: &str, words: &str) -> Option<Message> {
        self.shared.act(|world| world.mention(chat, from, whom, words))
    }

    /// Somebody answers a message with a quote of it.
    pub fn answer(&self, chat: &str, from: &str, quoted: i64, words: &str) -> Option<Message> {
        self.shared.act(|world| world.answer(chat, from, quoted, words))
    }

    /// A message gets other words; tells whether there is one.
    pub fn edit(&self, chat: &str, message: i64, html: bool, content: &str) -> bool {
        self.shared.act(|world| world.rewrite(chat, message, html, content))
    }

    /// A message is deleted.
    pub fn delete(&self, chat: &str, message: i64) -> bool {
        self.shared.act(|world| world.vanish(chat, message, false))
    }

    /// A deleted message comes back.
    pub fn undo_delete(&self, chat: &str, message: i64) -> bool {
        self.shared.act(|world| world.vanish(chat, message, true))
    }

    /// Somebody reacts to a message, or takes that back, which is told twice.
    pub fn react(&self, chat: &str, message: i64, user: &str, kind: &str, on: bool) -> bool {
        self.shared.act(|world| world.toggle(chat, message, user, kind, on))
    }

    /// Something happens that is no message: `detail` as the API names it.
    pub fn happen(&self, chat: &str, detail: Value) -> Option<Message> {
        self.shared.act(|world| world.happen(chat, detail))
    }

    /// A chat gets another name.
    pub fn rename(&self, chat: &str, by: &str, topic: &str) -> Option<Message> {
        self.shared.act(|world| world.rename(chat, by, topic))
    }

    /// Somebody is taken into a chat.
    pub fn join(&self, chat: &str, by: &str, who: &str) -> Option<Message> {
        self.shared.act(|world| world.join(chat, by, who))
    }

    /// Somebody leaves a chat, or is put out of it.
    pub fn leave(&self, chat: &str, by: &str, who: &str) -> Option<Message> {
        self.shared.act(|world| world.leave(chat, by, who))
    }

    /// A call begins in a chat.
    pub fn call_starts(&self, chat: &str, by: &str) -> Option<Message> {
        self.shared.act(|world| world.call_starts(chat, by))
    }
}
