//! Messages: new ones, changed ones, and those of the past.

use super::{Scene, content, instant, message_id, service};
use crate::telegram_user::peers;
use grammers_tl_types as tl;
use hub_domain::inbound::{InboundBody, InboundMessage, Participant};
use hub_domain::{Direction, RemoteMessageId, Timestamp};
use hub_platform_kit::platform::Parsed;
use tl::enums::{Message, MessageReplyHeader};

/// What somebody said, or what happened in a chat.
pub(super) fn new(message: &Message, scene: &Scene<'_>) -> Vec<Parsed> {
    match message {
        Message::Message(said) => {
            let chat = peers::peer_id(&said.peer_id);
            vec![match read(said, scene) {
                Some(read) => scene.event(&format!("{chat}:{}", said.id), InboundBody::Message(Box::new(read))),
                None => Parsed::Unreadable("a message without a usable date".to_owned()),
            }]
        }
        Message::Service(happened) => vec![service::event(happened, scene)],
        Message::Empty(_) => Vec::new(),
    }
}

/// A message as it stands now. Changes that are hidden from people (the preview of a link came, somebody reacted) are none of its words.
pub(super) fn edited(message: &Message, pts: i32, scene: &Scene<'_>) -> Vec<Parsed> {
    let Message::Message(said) = message else { return Vec::new() };
    let chat = peers::peer_id(&said.peer_id);
    let mut events = Vec::new();
    if !said.edit_hide && said.edit_date.is_some() {
        events.push(match read(said, scene) {
            Some(read) => scene.event(&format!("{chat}:{}:edit:{pts}", said.id), InboundBody::Edited(Box::new(read))),
            None => Parsed::Unreadable("a changed message without a usable date".to_owned()),
        });
    }
    if let Some(reactions) = &said.reactions {
        events.extend(super::events::reactions(chat, said.id, reactions, scene));
    }
    events
}

/// What a chat's messages of the past are measured by.
#[derive(Clone, Copy, Debug)]
pub(in crate::telegram_user) struct Past {
    /// Since when the line listens, in seconds since 1970.
    pub(in crate::telegram_user) listening: i32,
    /// The chat's last message when the chats were listed; 0 = not known.
    pub(in crate::telegram_user) last: i32,
    /// Up to where the person had read.
    pub(in crate::telegram_user) read: i32,
}

impl Past {
    /// Telegram's times are whole seconds, so in the second in which the line opened the list of chats decides.
    fn holds(self, said: &tl::types::Message) -> bool {
        said.date <= self.listening && (self.last == 0 || said.id <= self.last)
    }
}

/// What was said before anybody listened, and what was said since: the line tells that as well, but perhaps later, and it is news.
/// Either waits to be read until the person has read it. What happened in a chat back then is none.
pub(in crate::telegram_user) fn past_message(message: &Message, scene: &Scene<'_>, past: Past) -> Option<Parsed> {
    let Message::Message(said) = message else { return None };
    let chat = peers::peer_id(&said.peer_id);
    let read = InboundMessage { history: past.holds(said), is_read: said.id <= past.read, ..read(said, scene)? };
    Some(scene.event(&format!("{chat}:{}", said.id), InboundBody::Message(Box::new(read))))
}

/// When a message was said.
pub(in crate::telegram_user) fn said_at(message: &Message) -> Option<Timestamp> {
    match message {
        Message::Message(said) => instant(said.date),
        Message::Service(happened) => instant(happened.date),
        Message::Empty(_) => None,
    }
}

fn read(said: &tl::types::Message, scene: &Scene<'_>) -> Option<InboundMessage> {
    let chat = peers::peer_id(&said.peer_id);
    let outgoing = said.out || said.from_id.as_ref().is_some_and(|from| peers::peer_id(from) == scene.me);
    Some(InboundMessage {
        conversation: scene.conversation(chat),
        id: message_id(said.id),
        sequence: Some(i64::from(said.id)),
        sender: sender(said, chat, outgoing, scene),
        direction: if outgoing { Direction::Outgoing } else { Direction::Incoming },
        content: content::content(said, chat, scene),
        reply_to: said.reply_to.as_ref().and_then(answered),
        sent_at: instant(said.date)?,
        edited_at: said.edit_date.filter(|_| !said.edit_hide).and_then(instant),
        client_key: None,
        history: false,
        is_read: false,
    })
}

/// `from_id` is missing in private chats, and where a channel speaks.
fn sender(said: &tl::types::Message, chat: i64, outgoing: bool, scene: &Scene<'_>) -> Participant {
    let id = match &said.from_id {
        Some(from) => peers::peer_id(from),
        None if outgoing && chat > 0 => scene.me,
        None => chat,
    };
    scene.participant(id)
}

/// The message it answers, if that is one of the same chat. In a topic everything "answers" the topic's first message.
fn answered(header: &MessageReplyHeader) -> Option<RemoteMessageId> {
    let MessageReplyHeader::Header(header) = header else { return None };
    let implied = header.forum_topic && header.reply_to_top_id.is_none();
    let elsewhere = header.reply_to_peer_id.is_some();
    header.reply_to_msg_id.filter(|_| !implied && !elsewhere).map(message_id)
}
