//! What chats and messages are.

use crate::teams::world::{MAX_KEPT, World};
use serde_json::Value;
use std::collections::HashMap;

/// What sort of chat it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ChatKind {
    /// Of two people.
    #[default]
    OneOnOne,
    /// Of several.
    Group,
    /// Beside a meeting.
    Meeting,
}

impl ChatKind {
    /// As the API names it.
    pub fn name(self) -> &'static str {
        match self {
            Self::OneOnOne => "oneOnOne",
            Self::Group => "group",
            Self::Meeting => "meeting",
        }
    }

    /// The kind of a name.
    pub fn named(name: &str) -> Option<Self> {
        [Self::OneOnOne, Self::Group, Self::Meeting].into_iter().find(|kind| kind.name() == name)
    }
}

/// Somebody in a chat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Their id.
    pub user: String,
    /// Whether they own the chat.
    pub owner: bool,
}

/// A chat.
#[derive(Clone, Debug, Default)]
pub struct Chat {
    /// Its id.
    pub id: String,
    /// Its kind.
    pub kind: ChatKind,
    /// Its name.
    pub topic: Option<String>,
    /// Tenant it belongs to.
    pub tenant_id: String,
    /// When it was made, in Unix milliseconds.
    pub created_ms: i64,
    /// When its name or members changed last.
    pub updated_ms: i64,
    /// Who is in it.
    pub members: Vec<Member>,
    /// What was said, in the order of ids.
    pub messages: Vec<Message>,
    /// Up to when people have read.
    pub read: HashMap<String, i64>,
    /// The last moment at which a message changed; later changes have later ones.
    pub(in crate::teams) last_stamp: i64,
}

impl Chat {
    /// Whether somebody is in it.
    pub fn has(&self, user: &str) -> bool {
        self.members.iter().any(|member| member.user == user)
    }

    /// A message of it.
    pub fn message(&self, id: i64) -> Option<&Message> {
        self.messages.iter().find(|message| message.id == id)
    }
}

/// Who wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sender {
    /// Nobody: it is an event, or the platform does not tell.
    Nobody,
    /// A person's id.
    User(String),
    /// A bot.
    App {
        /// Its id.
        id: String,
        /// Its name.
        name: String,
    },
}

/// A reaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reaction {
    /// The sign, or an older name such as `like`.
    pub kind: String,
    /// Who.
    pub user: String,
    /// When.
    pub at_ms: i64,
}

/// What is to be written.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Draft {
    /// Whether `content` is HTML.
    pub html: bool,
    /// The words.
    pub content: String,
    /// Files, quotes and cards, as the API names them.
    pub attachments: Vec<Value>,
    /// Mentions, as the API names them.
    pub mentions: Vec<Value>,
    /// When, in Unix milliseconds; also the message's id where it is free. `None` = now.
    pub at_ms: Option<i64>,
}

impl Draft {
    /// Plain words.
    pub fn text(content: &str) -> Self {
        Self { content: content.to_owned(), ..Self::default() }
    }

    /// Words in HTML.
    pub fn html(content: &str) -> Self {
        Self { html: true, ..Self::text(content) }
    }
}

/// A message.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    /// Its id in its chat: Unix milliseconds.
    pub id: i64,
    /// Chat id.
    pub chat: String,
    /// Who wrote it.
    pub from: Sender,
    /// When.
    pub created_ms: i64,
    /// When anything of it changed last; also its version.
    pub modified_ms: i64,
    /// When its words changed last.
    pub edited_ms: Option<i64>,
    /// When it was deleted.
    pub deleted_ms: Option<i64>,
    /// Whether `content` is HTML.
    pub html: bool,
    /// Its words.
    pub content: String,
    /// Files, quotes and cards.
    pub attachments: Vec<Value>,
    /// Mentions.
    pub mentions: Vec<Value>,
    /// Reactions.
    pub reactions: Vec<Reaction>,
    /// What happened, where it is an event and not a message.
    pub event: Option<Value>,
}

impl World {
    /// Keeps a message and gives it. Ids are unique in a chat only. `None` = no such chat.
    pub(in crate::teams) fn keep(
        &mut self,
        chat: &str,
        from: Sender,
        draft: Draft,
        event: Option<Value>,
    ) -> Option<Message> {
        let now = self.now_ms();
        let chat = self.chats.get_mut(chat)?;
        let created_ms = draft.at_ms.unwrap_or(now);
        let mut id = created_ms;
        while chat.message(id).is_some() {
            id += 1;
        }
        let modified_ms = now.max(chat.last_stamp + 1).max(id);
        let message = Message {
            id,
            chat: chat.id.clone(),
            from,
            created_ms: id,
            // Whatever is told late was written then, and comes up in a list of what changed since.
            modified_ms: if draft.at_ms.is_some() { id } else { modified_ms },
            edited_ms: None,
            deleted_ms: None,
            html: draft.html,
            content: draft.content,
            attachments: draft.attachments,
            mentions: draft.mentions,
            reactions: Vec::new(),
            event,
        };
        chat.last_stamp = chat.last_stamp.max(message.modified_ms);
        if chat.messages.len() >= MAX_KEPT {
            chat.messages.remove(0);
        }
        chat.messages.push(message.clone());
        Some(message)
    }

    /// Changes a message and stamps it. `None` = there is none, or the change did not want to be.
    pub(in crate::teams) fn change(
        &mut self,
        chat: &str,
        id: i64,
        change: impl FnOnce(&mut Message, i64) -> bool,
    ) -> Option<Message> {
        let now = self.now_ms();
        let chat = self.chats.get_mut(chat)?;
        let stamp = now.max(chat.last_stamp + 1);
        let message = chat.messages.iter_mut().find(|message| message.id == id)?;
        if !change(message, stamp) {
            return None;
        }
        message.modified_ms = stamp;
        chat.last_stamp = stamp;
        Some(message.clone())
    }
}
