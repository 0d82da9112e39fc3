//! What people did through the API, in order.

use super::world::{MAX_KEPT, World};

/// A sort of deed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deed {
    /// Sent a message.
    Sent,
    /// Answered messages with quotes of them.
    Quoted(Vec<i64>),
    /// Changed a message.
    Edited,
    /// Deleted one.
    Deleted,
    /// Brought one back.
    Undeleted,
    /// Put this sign there.
    Reacted(String),
    /// Took it away.
    Unreacted(String),
    /// Marked a chat as read.
    Read,
    /// Marked it as unread.
    Unread,
}

/// Something that somebody did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done {
    /// Who.
    pub user: String,
    /// Chat id.
    pub chat: String,
    /// Message id; `None` = it was about the chat.
    pub message: Option<i64>,
    /// What.
    pub deed: Deed,
}

impl World {
    /// Keeps a deed.
    pub(super) fn did(&mut self, user: &str, chat: &str, message: Option<i64>, deed: Deed) {
        if self.deeds.len() >= MAX_KEPT {
            self.deeds.remove(0);
        }
        self.deeds.push(Done { user: user.to_owned(), chat: chat.to_owned(), message, deed });
    }

    /// Chat and id of what was sent, oldest first.
    pub(super) fn sent(&self) -> impl Iterator<Item = (&str, i64)> {
        let sent = self.deeds.iter().filter(|done| matches!(done.deed, Deed::Sent | Deed::Quoted(_)));
        sent.filter_map(|done| Some((done.chat.as_str(), done.message?)))
    }
}
