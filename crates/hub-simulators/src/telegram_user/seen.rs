//! Answers bring the people and chats that they speak of.

use super::account::Account;
use super::chats::Place;
use grammers_tl_types::{enums, types};
use std::collections::BTreeSet;

/// People and chats that something speaks of.
#[derive(Debug, Default)]
pub(super) struct Seen(BTreeSet<Place>);

impl Seen {
    pub(super) fn place(&mut self, place: Place) {
        self.0.insert(place);
    }

    fn peer(&mut self, peer: &enums::Peer) {
        self.place(Place::of(peer));
    }

    fn maybe(&mut self, peer: Option<&enums::Peer>) {
        if let Some(peer) = peer {
            self.peer(peer);
        }
    }

    pub(super) fn message(&mut self, message: &enums::Message) {
        match message {
            enums::Message::Message(message) => {
                self.peer(&message.peer_id);
                self.maybe(message.from_id.as_ref());
                if let Some(enums::MessageFwdHeader::Header(header)) = &message.fwd_from {
                    self.maybe(header.from_id.as_ref());
                }
                if let Some(enums::MessageMedia::Contact(contact)) = &message.media {
                    self.place(Place::Person(contact.user_id));
                }
            }
            enums::Message::Service(message) => {
                self.peer(&message.peer_id);
                self.maybe(message.from_id.as_ref());
                match &message.action {
                    enums::MessageAction::ChatAddUser(action) => {
                        self.0.extend(action.users.iter().copied().map(Place::Person));
                    }
                    enums::MessageAction::ChatCreate(action) => {
                        self.0.extend(action.users.iter().copied().map(Place::Person));
                    }
                    enums::MessageAction::ChatDeleteUser(action) => self.place(Place::Person(action.user_id)),
                    enums::MessageAction::ChatMigrateTo(action) => self.place(Place::Channel(action.channel_id)),
                    _ => {}
                }
            }
            enums::Message::Empty(_) => {}
        }
    }

    pub(super) fn update(&mut self, update: &enums::Update) {
        match update {
            enums::Update::NewMessage(update) => self.message(&update.message),
            enums::Update::NewChannelMessage(update) => self.message(&update.message),
            enums::Update::EditMessage(update) => self.message(&update.message),
            enums::Update::EditChannelMessage(update) => self.message(&update.message),
            enums::Update::ReadHistoryInbox(update) => self.peer(&update.peer),
            enums::Update::ReadHistoryOutbox(update) => self.peer(&update.peer),
            enums::Update::ReadChannelInbox(update) => self.place(Place::Channel(update.channel_id)),
            enums::Update::ReadChannelOutbox(update) => self.place(Place::Channel(update.channel_id)),
            enums::Update::DeleteChannelMessages(update) => self.place(Place::Channel(update.channel_id)),
            enums::Update::ChannelTooLong(update) => self.place(Place::Channel(update.channel_id)),
            enums::Update::UserTyping(update) => self.place(Place::Person(update.user_id)),
            enums::Update::ChatUserTyping(update) => {
                self.place(Place::Group(update.chat_id));
                self.peer(&update.from_id);
            }
            enums::Update::ChannelUserTyping(update) => {
                self.place(Place::Channel(update.channel_id));
                self.peer(&update.from_id);
            }
            enums::Update::MessageReactions(update) => {
                self.peer(&update.peer);
                let enums::MessageReactions::Reactions(reactions) = &update.reactions;
                for recent in reactions.recent_reactions.iter().flatten() {
                    let enums::MessagePeerReaction::Reaction(recent) = recent;
                    self.peer(&recent.peer_id);
                }
            }
            _ => {}
        }
    }

    pub(super) fn users(&self, account: &Account) -> Vec<enums::User> {
        let people = self.0.iter().filter_map(|place| match place {
            Place::Person(id) => account.people.get(id),
            _ => None,
        });
        people.map(super::people::Person::user).collect()
    }

    pub(super) fn chats(&self, account: &Account) -> Vec<enums::Chat> {
        self.0.iter().filter_map(|place| account.chats.get(place)?.chat()).collect()
    }
}

/// Updates with everybody they speak of.
pub(super) fn updates(account: &Account, updates: Vec<enums::Update>) -> enums::Updates {
    let mut seen = Seen::default();
    for update in &updates {
        seen.update(update);
    }
    // The account itself has a place in everything it does.
    seen.place(Place::Person(account.id));
    let (users, chats) = (seen.users(account), seen.chats(account));
    types::Updates { updates, users, chats, date: super::account::now(), seq: 0 }.into()
}
