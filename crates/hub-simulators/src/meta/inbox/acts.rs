//! What people do.

use super::super::HostedFile;
use serde_json::Value;

/// A file that a person sends.
#[derive(Clone, Debug)]
pub struct Made {
    /// Type of the attachment: `image`, `video`, `audio`, `file`, `sticker`.
    pub kind: String,
    /// The file; `None` = a small made-up one.
    pub file: Option<HostedFile>,
}

impl Made {
    /// A made-up file of a kind.
    pub fn sample(kind: &str) -> Self {
        Self { kind: kind.to_owned(), file: None }
    }
}

/// Something a person does.
#[derive(Clone, Debug)]
pub enum Act {
    /// Says something.
    Text(String),
    /// Answers one message with words.
    Reply {
        /// The message that is answered.
        mid: String,
        /// Words.
        text: String,
    },
    /// Sends files, in one message.
    Files(Vec<Made>),
    /// Any content of `message`; it gets an id.
    Message(Value),
    /// Presses a quick reply.
    QuickReply {
        /// Its title.
        text: String,
        /// Its payload.
        payload: String,
    },
    /// Presses a button.
    Postback {
        /// Its title.
        title: String,
        /// Its payload.
        payload: String,
    },
    /// Reacts to a message.
    React {
        /// The message.
        mid: String,
        /// The emoji; its name is made from it.
        emoji: String,
    },
    /// Takes the reaction back.
    Unreact {
        /// The message.
        mid: String,
    },
    /// Changes own words.
    Edit {
        /// The message.
        mid: String,
        /// New words.
        text: String,
    },
    /// Takes a message back (Messenger tells nobody).
    Unsend {
        /// The message.
        mid: String,
    },
    /// Reads everything so far.
    Read,
    /// Comes by a link.
    Referral {
        /// What the link says.
        reference: String,
    },
    /// Answers a story (Instagram).
    StoryReply {
        /// Words.
        text: String,
    },
    /// Mentions the account in a story (Instagram).
    StoryMention,
    /// Shares a post.
    Share,
    /// Sends something that the API does not show (Instagram).
    Unsupported,
}
