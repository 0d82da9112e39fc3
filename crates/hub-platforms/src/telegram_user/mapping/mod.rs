//! Telegram's words in the hub's words. Pure, but for the ids of attachments.

mod content;
mod events;
mod messages;
mod service;

pub(super) use events::read_up_to;
pub(super) use messages::{Past, past_message};

use super::peers::{self, Names};
use super::session::OwnSession;
use grammers_tl_types as tl;
use hub_domain::inbound::{ConversationRef, Inbound, InboundBody, Participant};
use hub_domain::{RemoteAccountId, RemoteConversationId, RemoteMessageId, RemoteParticipantId, Timestamp};
use hub_platform_kit::platform::Parsed;
use tl::enums::Update;

/// What is known beside an update.
pub(super) struct Scene<'a> {
    /// The account's own id.
    pub(super) me: i64,
    /// Everybody's names.
    pub(super) names: &'a Names,
    /// Secret numbers.
    pub(super) session: &'a OwnSession,
    /// When it was told, in seconds since 1970.
    pub(super) date: i32,
}

impl Scene<'_> {
    /// An event of this account. The key is unique among its events.
    pub(super) fn event(&self, key: &str, body: InboundBody) -> Parsed {
        Parsed::Event(Inbound {
            accounts: vec![RemoteAccountId::new(self.me.to_string())],
            event_key: format!("{}:{key}", self.me),
            body,
        })
    }

    /// A chat, with what is known of it.
    fn conversation(&self, chat: i64) -> ConversationRef {
        let name = self.names.of(chat);
        ConversationRef {
            id: conversation_id(chat),
            aliases: Vec::new(),
            name: name.and_then(|name| name.full.clone()),
            handle: name.and_then(|name| name.username.clone()),
            participant_id: Some(participant_id(chat)),
            avatar_url: None,
            address: peers::address(self.session, chat),
        }
    }

    /// Named as the contract names senders: handle, else first name.
    fn participant(&self, id: i64) -> Participant {
        let known = self.names.of(id);
        Participant {
            id: participant_id(id),
            name: known.and_then(|name| name.username.clone().or_else(|| name.short.clone())),
            username: known.and_then(|name| name.username.clone()),
            is_bot: known.is_some_and(|name| name.is_bot),
        }
    }
}

/// What an update means; nothing for what happens all the time and is for no inbox, such as who is online.
pub(super) fn update(update: &Update, scene: &Scene<'_>) -> Vec<Parsed> {
    match update {
        Update::NewMessage(new) => messages::new(&new.message, scene),
        Update::NewChannelMessage(new) => messages::new(&new.message, scene),
        Update::EditMessage(edit) => messages::edited(&edit.message, edit.pts, scene),
        Update::EditChannelMessage(edit) => messages::edited(&edit.message, edit.pts, scene),
        Update::DeleteMessages(gone) => vec![events::deleted(&gone.messages, gone.pts, scene)],
        Update::DeleteChannelMessages(gone) => {
            vec![events::deleted_in(peers::channel_id(gone.channel_id), &gone.messages, gone.pts, scene)]
        }
        Update::ReadHistoryInbox(read) => vec![events::read_here(peers::peer_id(&read.peer), read.max_id, scene)],
        Update::ReadHistoryOutbox(read) => vec![events::read_there(peers::peer_id(&read.peer), read.max_id, scene)],
        Update::ReadChannelInbox(read) => {
            vec![events::read_here(peers::channel_id(read.channel_id), read.max_id, scene)]
        }
        Update::ReadChannelOutbox(read) => {
            vec![events::read_there(peers::channel_id(read.channel_id), read.max_id, scene)]
        }
        Update::MessageReactions(changed) => {
            let chat = peers::peer_id(&changed.peer);
            events::reactions(chat, changed.msg_id, &changed.reactions, scene).into_iter().collect()
        }
        Update::ServiceNotification(notice) => vec![events::notification(notice, scene)],
        _ => Vec::new(),
    }
}

/// The chat of an update, whose secret number is worth keeping.
pub(super) fn place(update: &Update) -> Option<i64> {
    let message = match update {
        Update::NewMessage(new) => &new.message,
        Update::NewChannelMessage(new) => &new.message,
        _ => return None,
    };
    match message {
        tl::enums::Message::Message(message) => Some(peers::peer_id(&message.peer_id)),
        tl::enums::Message::Service(message) => Some(peers::peer_id(&message.peer_id)),
        tl::enums::Message::Empty(_) => None,
    }
}

/// The id of a message: its number.
pub(super) fn message_id(number: i32) -> RemoteMessageId {
    RemoteMessageId::new(number.to_string())
}

fn conversation_id(chat: i64) -> RemoteConversationId {
    RemoteConversationId::new(chat.to_string())
}

fn participant_id(id: i64) -> RemoteParticipantId {
    RemoteParticipantId::new(id.to_string())
}

/// Telegram counts in seconds; zero stands for "not known".
fn instant(seconds: i32) -> Option<Timestamp> {
    if seconds == 0 { None } else { hub_domain::time::from_unix_seconds(i64::from(seconds)) }
}
