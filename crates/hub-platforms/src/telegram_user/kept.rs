//! What Telegram told at once, in the form in which it is kept as the receipt: read from there once more, it says the same. Each
//! piece is a word that names its kind, when or since when it was told, and what was told with the people and chats it names, in
//! Telegram's own binary form.

use super::cursor::Unread;
use super::mapping::{self, Past, Scene};
use super::peers::Names;
use super::session::{OwnSession, Places};
use grammers_tl_types as tl;
use hub_platform_kit::alone;
use hub_platform_kit::platform::Parsed;
use tl::enums::{Chat, Message, Update, User};
use tl::{Cursor, Deserializable, Serializable};

/// Bytes of receipts after which nothing more is kept of a page.
const MAX_RAW_BYTES: usize = 1024 * 1024;
/// Begins what a line was told live.
const LIVE: u32 = u32::from_be_bytes(*b"live");
/// Begins what was read of a chat's past.
const PAST: u32 = u32::from_be_bytes(*b"past");

/// What was told.
#[derive(Debug)]
pub(super) enum Told {
    /// By the stream, at `date` in seconds since 1970.
    Live { date: i32, updates: Vec<Update> },
    /// By asking for the last messages of a chat, newest first; `listening` = since when the line listens.
    Past { listening: i32, listed: Unread, messages: Vec<Message> },
}

/// The same with everybody it names.
#[derive(Debug)]
pub(super) struct Kept {
    /// What was told.
    pub(super) told: Told,
    /// People.
    pub(super) users: Vec<User>,
    /// Groups and channels.
    pub(super) chats: Vec<Chat>,
}

impl Kept {
    /// What it means, oldest first. Everybody it names is remembered first.
    pub(super) fn events(&self, me: i64, names: &mut Names, session: &OwnSession) -> Vec<Parsed> {
        names.learn(session, &self.users, &self.chats);
        let names = &*names;
        let scene = |date| Scene { me, names, session, date };
        match &self.told {
            Told::Live { date, updates } => {
                let scene = scene(*date);
                let read = |update| alone(|| mapping::update(update, &scene), |fallen| vec![fallen]);
                updates.iter().flat_map(read).collect()
            }
            Told::Past { listening, listed, messages } => {
                let scene = scene(0);
                let read = listed.read_by_me.unwrap_or_default();
                let past = Past { listening: *listening, last: listed.last, read };
                let said = |message| alone(|| mapping::past_message(message, &scene, past), Some);
                let mut events: Vec<Parsed> = messages.iter().rev().filter_map(said).collect();
                events.extend(mapping::read_up_to(messages, &scene, listed));
                events
            }
        }
    }

    /// Writes it behind what is kept already, unless that is a lot.
    pub(super) fn write(&self, raw: &mut Vec<u8>) {
        if raw.len() >= MAX_RAW_BYTES {
            return;
        }
        match &self.told {
            Told::Live { date, updates } => {
                LIVE.serialize(raw);
                date.serialize(raw);
                updates.serialize(raw);
            }
            Told::Past { listening, listed, messages } => {
                PAST.serialize(raw);
                listening.serialize(raw);
                listed.chat.serialize(raw);
                for number in [listed.read_by_them, listed.read_by_me.unwrap_or_default(), listed.last] {
                    number.serialize(raw);
                }
                messages.serialize(raw);
            }
        }
        self.users.serialize(raw);
        self.chats.serialize(raw);
    }
}

/// Reads what is kept. What another layer of Telegram's language wrote, or what ends before its time, is parked; what stands behind the
/// last piece is none.
pub(super) fn read(body: &[u8], me: i64) -> Vec<Parsed> {
    let session = Places::default().fresh();
    let (mut names, mut from) = (Names::default(), Cursor::from_slice(body));
    let mut events = Vec::new();
    loop {
        match piece(&mut from) {
            Ok(Some(kept)) => events.extend(kept.events(me, &mut names, &session)),
            Ok(None) => return events,
            Err(_) => {
                events.push(Parsed::Unreadable("a part of the receipt has an unknown shape".to_owned()));
                return events;
            }
        }
    }
}

fn piece(from: &mut Cursor<'_>) -> Result<Option<Kept>, tl::deserialize::Error> {
    let told = match u32::deserialize(from) {
        Ok(LIVE) => Told::Live { date: i32::deserialize(from)?, updates: Vec::deserialize(from)? },
        Ok(PAST) => {
            let listening = i32::deserialize(from)?;
            let chat = i64::deserialize(from)?;
            let [read_by_them, read_by_me, last] =
                [i32::deserialize(from)?, i32::deserialize(from)?, i32::deserialize(from)?];
            let listed = Unread { chat, read_by_them, read_by_me: Some(read_by_me), last };
            Told::Past { listening, listed, messages: Vec::deserialize(from)? }
        }
        _ => return Ok(None),
    };
    Ok(Some(Kept { told, users: Vec::deserialize(from)?, chats: Vec::deserialize(from)? }))
}
