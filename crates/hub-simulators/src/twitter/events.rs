//! DM events: messages, joins and leaves.

use super::ids;
use super::world::{MAX_KEPT, World};

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EventKind {
    /// Somebody wrote; with the id of a file or without.
    MessageCreate {
        /// Its words.
        text: String,
        /// Its file.
        media: Option<String>,
    },
    /// These came in.
    ParticipantsJoin(Vec<String>),
    /// These left.
    ParticipantsLeave(Vec<String>),
}

/// An event of a conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DmEvent {
    /// Its id; grows with time.
    pub id: u64,
    /// Conversation id.
    pub conversation: String,
    /// Who did it.
    pub sender: String,
    /// What.
    pub kind: EventKind,
}

impl EventKind {
    /// As the API names it.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::MessageCreate { .. } => "MessageCreate",
            Self::ParticipantsJoin(_) => "ParticipantsJoin",
            Self::ParticipantsLeave(_) => "ParticipantsLeave",
        }
    }
}

impl DmEvent {
    /// When, in Unix milliseconds.
    pub fn at_ms(&self) -> i64 {
        ids::moment(self.id)
    }
}

impl World {
    /// Who is in a conversation.
    pub(super) fn members(&self, conversation: &str) -> Vec<String> {
        if let Some(group) = self.groups.get(conversation) {
            return group.iter().cloned().collect();
        }
        let Some((one, other)) = conversation.split_once('-') else { return Vec::new() };
        let mut both = vec![one.to_owned()];
        if other != one {
            both.push(other.to_owned());
        }
        both
    }

    /// Keeps an event.
    pub(super) fn happen(&mut self, conversation: &str, sender: &str, kind: EventKind) -> DmEvent {
        let event =
            DmEvent { id: self.new_id(), conversation: conversation.to_owned(), sender: sender.to_owned(), kind };
        if self.events.len() >= MAX_KEPT {
            self.events.remove(0);
        }
        self.events.push(event.clone());
        event
    }

    /// Keeps a message and tells everybody's webhooks.
    pub(super) fn message(&mut self, conversation: &str, sender: &str, text: &str, media: Option<&str>) -> DmEvent {
        let text = match media {
            Some(_) if text.is_empty() => "https://t.co/Zz00000001".to_owned(),
            Some(_) => format!("{text} https://t.co/Zz00000001"),
            None => text.to_owned(),
        };
        let kind = EventKind::MessageCreate { text, media: media.map(str::to_owned) };
        let event = self.happen(conversation, sender, kind);
        self.tell_message(&event);
        event
    }
}
