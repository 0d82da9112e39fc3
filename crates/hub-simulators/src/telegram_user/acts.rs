//! What happens in chats, whoever does it. Each act gives the updates that tell of it.

use super::account::{Account, now};
use super::chats::Place;
use super::shapes;
use grammers_tl_types::{enums, types};

/// Messages of one chat kept at most.
const MAX_MESSAGES: usize = 50_000;
/// Reactions that a message tells of by name.
const MAX_RECENT: usize = 3;

/// A message that was said.
#[derive(Debug)]
pub(super) struct Posted {
    pub(super) id: i32,
    pub(super) update: enums::Update,
}

/// How a message comes to be.
pub(super) enum Content<'a> {
    /// Words or a file: members beside those that every message has.
    Said(&'a mut dyn FnMut(&mut types::Message)),
    /// Something happened.
    Happened(&'a enums::MessageAction),
}

impl Account {
    /// Puts a message into a chat without counting it: it was there before anybody looked.
    pub(super) fn keep(&mut self, place: Place, from: i64, content: Content<'_>) -> Option<i32> {
        let id = self.next_id(place)?;
        let out = from == self.id;
        let touched = self.tick();
        let chat = self.chat(place)?;
        let broadcast = chat.broadcast;
        let private = matches!(place, Place::Person(_));
        let from_id = (!private && !broadcast).then(|| Place::Person(from).peer());
        let mut message = shapes::message(id, out, from_id, place.peer(), now());
        message.post = broadcast;
        let message = match content {
            Content::Said(fill) => {
                fill(&mut message);
                enums::Message::from(message)
            }
            Content::Happened(action) => shapes::service(&message, action.clone()).into(),
        };
        chat.touched = touched;
        chat.messages.insert(id, message);
        if chat.messages.len() > MAX_MESSAGES {
            chat.messages.pop_first();
        }
        Some(id)
    }

    /// Says something, so that everybody who listens hears it.
    pub(super) fn post(&mut self, place: Place, from: i64, content: Content<'_>) -> Option<Posted> {
        let id = self.keep(place, from, content)?;
        let message = self.chats.get(&place)?.messages.get(&id)?.clone();
        let update = self.count(place, 1, |pts, pts_count| match place {
            Place::Channel(_) => types::UpdateNewChannelMessage { message, pts, pts_count }.into(),
            _ => types::UpdateNewMessage { message, pts, pts_count }.into(),
        })?;
        Some(Posted { id, update })
    }

    fn next_id(&mut self, place: Place) -> Option<i32> {
        let next = match place {
            Place::Channel(_) => &mut self.chat(place)?.next_message,
            _ => &mut self.next_message,
        };
        *next += 1;
        Some(*next - 1)
    }

    /// Counts in the chat's stream.
    fn count(
        &mut self,
        place: Place,
        count: i32,
        build: impl FnOnce(i32, i32) -> enums::Update,
    ) -> Option<enums::Update> {
        let stream = match place {
            Place::Channel(_) => &mut self.chats.get_mut(&place)?.stream,
            _ => &mut self.stream,
        };
        Some(stream.add(count, |pts| build(pts, count)))
    }

    /// Changes a message.
    pub(super) fn edit(
        &mut self,
        place: Place,
        id: i32,
        change: &mut dyn FnMut(&mut types::Message),
    ) -> Option<enums::Update> {
        let enums::Message::Message(message) = self.chats.get_mut(&place)?.messages.get_mut(&id)? else { return None };
        message.edit_date = Some(now());
        change(message);
        let message = enums::Message::from(message.clone());
        self.count(place, 1, |pts, pts_count| match place {
            Place::Channel(_) => types::UpdateEditChannelMessage { message, pts, pts_count }.into(),
            _ => types::UpdateEditMessage { message, pts, pts_count }.into(),
        })
    }

    /// Takes messages away. Outside channels nobody is told which chat they were in.
    pub(super) fn delete(&mut self, place: Place, ids: &[i32]) -> Option<enums::Update> {
        let chat = self.chats.get_mut(&place)?;
        let gone: Vec<i32> = ids.iter().copied().filter(|id| chat.messages.remove(id).is_some()).collect();
        if gone.is_empty() {
            return None;
        }
        let count = i32::try_from(gone.len()).unwrap_or(i32::MAX);
        self.count(place, count, |pts, pts_count| match place {
            Place::Channel(channel_id) => {
                types::UpdateDeleteChannelMessages { channel_id, messages: gone, pts, pts_count }.into()
            }
            _ => types::UpdateDeleteMessages { messages: gone, pts, pts_count }.into(),
        })
    }

    /// The account has read what others wrote.
    pub(super) fn read_inbox(&mut self, place: Place, max_id: i32) -> Option<enums::Update> {
        let chat = self.chats.get_mut(&place)?;
        let newest = chat.messages.keys().next_back().copied().unwrap_or_default();
        let max_id = if max_id == 0 { newest } else { max_id.min(newest) };
        if max_id <= chat.read_inbox {
            return None;
        }
        chat.read_inbox = max_id;
        let (still_unread_count, folder_id) = (chat.unread(), chat.folder);
        if let Place::Channel(channel_id) = place {
            let pts = chat.stream.pts;
            let read = types::UpdateReadChannelInbox { folder_id, channel_id, max_id, still_unread_count, pts };
            return Some(read.into());
        }
        let peer = place.peer();
        self.count(place, 1, |pts, pts_count| {
            let (top_msg_id, still_unread_count) = (None, still_unread_count);
            types::UpdateReadHistoryInbox { folder_id, peer, top_msg_id, max_id, still_unread_count, pts, pts_count }
                .into()
        })
    }

    /// Somebody has read what the account wrote.
    pub(super) fn read_outbox(&mut self, place: Place, max_id: i32) -> Option<enums::Update> {
        let chat = self.chats.get_mut(&place)?;
        if max_id <= chat.read_outbox {
            return None;
        }
        chat.read_outbox = max_id;
        if let Place::Channel(channel_id) = place {
            return Some(types::UpdateReadChannelOutbox { channel_id, max_id }.into());
        }
        let peer = place.peer();
        self.count(place, 1, |pts, pts_count| types::UpdateReadHistoryOutbox { peer, max_id, pts, pts_count }.into())
    }

    /// Somebody reacts to a message; no reaction takes theirs away.
    pub(super) fn react(
        &mut self,
        place: Place,
        msg_id: i32,
        from: i64,
        with: Vec<enums::Reaction>,
    ) -> Option<enums::Update> {
        let message = self.chats.get_mut(&place)?.messages.get_mut(&msg_id)?;
        let all = self.reactions.entry((place, msg_id)).or_default();
        if with.is_empty() {
            all.remove(&from);
        } else {
            all.insert(from, with);
        }
        let mut results: Vec<types::ReactionCount> = Vec::new();
        let mut recent = Vec::new();
        for (person, theirs) in all.iter() {
            let my = *person == self.id;
            for reaction in theirs {
                match results.iter_mut().find(|result| result.reaction == *reaction) {
                    Some(result) => result.count += 1,
                    None => {
                        results.push(types::ReactionCount { chosen_order: None, reaction: reaction.clone(), count: 1 });
                    }
                }
                if my && let Some(result) = results.iter_mut().find(|result| result.reaction == *reaction) {
                    result.chosen_order = Some(0);
                }
                let peer_id = Place::Person(*person).peer();
                let (big, unread, date, reaction) = (false, false, now(), reaction.clone());
                recent.push(types::MessagePeerReaction { big, unread, my, peer_id, date, reaction }.into());
            }
        }
        recent.truncate(MAX_RECENT);
        let reactions: enums::MessageReactions = types::MessageReactions {
            min: false,
            can_see_list: true,
            reactions_as_tags: false,
            results: results.into_iter().map(Into::into).collect(),
            recent_reactions: Some(recent),
            top_reactors: None,
        }
        .into();
        match message {
            enums::Message::Message(message) => message.reactions = Some(reactions.clone()),
            enums::Message::Service(message) => message.reactions = Some(reactions.clone()),
            enums::Message::Empty(_) => return None,
        }
        let (top_msg_id, saved_peer_id) = (None, None);
        let peer = place.peer();
        Some(types::UpdateMessageReactions { peer, msg_id, top_msg_id, saved_peer_id, reactions }.into())
    }

    /// Somebody is writing.
    pub(super) fn typing(place: Place, from: i64) -> enums::Update {
        let action = enums::SendMessageAction::SendMessageTypingAction;
        let from_id = Place::Person(from).peer();
        match place {
            Place::Person(user_id) => types::UpdateUserTyping { user_id, top_msg_id: None, action }.into(),
            Place::Group(chat_id) => types::UpdateChatUserTyping { chat_id, from_id, action }.into(),
            Place::Channel(channel_id) => {
                types::UpdateChannelUserTyping { channel_id, top_msg_id: None, from_id, action }.into()
            }
        }
    }

    /// The chat that a message is in, where ids are the account's.
    pub(super) fn place_of(&self, id: i32) -> Option<Place> {
        self.chats
            .iter()
            .find(|(place, chat)| !matches!(place, Place::Channel(_)) && chat.messages.contains_key(&id))
            .map(|(place, _)| *place)
    }

    /// Gives every message that carries a file the reference of now.
    pub(super) fn expire_references(&mut self) {
        self.references += 1;
        let reference = self.reference();
        for chat in self.chats.values_mut() {
            for message in chat.messages.values_mut() {
                let enums::Message::Message(message) = message else { continue };
                match &mut message.media {
                    Some(enums::MessageMedia::Photo(media)) => {
                        if let Some(enums::Photo::Photo(photo)) = &mut media.photo {
                            photo.file_reference.clone_from(&reference);
                        }
                    }
                    Some(enums::MessageMedia::Document(media)) => {
                        if let Some(enums::Document::Document(document)) = &mut media.document {
                            document.file_reference.clone_from(&reference);
                        }
                    }
                    _ => {}
                }
            }
        }
    }
}
