//! What Graph sends, read as far as it can be: an odd member counts as missing, so that it never hides its neighbours.

use crate::values::{id, words, written_instant};
use hub_domain::Timestamp;
use serde_json::Value;

/// Reactions, attachments and mentions read of one message.
pub(super) const MAX_LISTED: usize = 200;

/// A `chatMessage`.
#[derive(Clone, Copy, Debug)]
pub(super) struct ChatMessage<'a>(pub(super) &'a Value);

/// A person or program, as `from` and its like name them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Identity {
    pub(super) id: String,
    pub(super) name: Option<String>,
    pub(super) is_bot: bool,
}

/// How a message's words are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Body<'a> {
    /// As they are.
    Text(&'a str),
    /// In HTML.
    Html(&'a str),
}

impl<'a> ChatMessage<'a> {
    /// Its id, unique in its chat only.
    pub(super) fn id(self) -> Option<String> {
        self.0.get("id").and_then(id)
    }
    pub(super) fn chat_id(self) -> Option<String> {
        self.0.get("chatId").and_then(id)
    }
    /// Changes with every change.
    pub(super) fn version(self) -> String {
        let version = self.0.get("etag").and_then(id);
        version.or_else(|| words(self.0.get("lastModifiedDateTime"))).unwrap_or_default()
    }
    pub(super) fn kind(self) -> &'a str {
        self.text("messageType").unwrap_or("message")
    }
    pub(super) fn created(self) -> Option<Timestamp> {
        instant(self.0, "createdDateTime")
    }
    pub(super) fn modified(self) -> Option<Timestamp> {
        instant(self.0, "lastModifiedDateTime")
    }
    pub(super) fn edited(self) -> Option<Timestamp> {
        instant(self.0, "lastEditedDateTime")
    }
    pub(super) fn deleted(self) -> Option<Timestamp> {
        instant(self.0, "deletedDateTime")
    }
    pub(super) fn from(self) -> Option<Identity> {
        self.0.get("from").and_then(identity)
    }
    pub(super) fn body(self) -> Body<'a> {
        let body = self.0.get("body");
        let content = body.and_then(|body| body.get("content")).and_then(Value::as_str).unwrap_or_default();
        match body.and_then(|body| body.get("contentType")).and_then(Value::as_str) {
            Some(kind) if kind.eq_ignore_ascii_case("html") => Body::Html(content),
            _ => Body::Text(content),
        }
    }
    /// What happened, where it is an event and no words.
    pub(super) fn event(self) -> Option<&'a Value> {
        self.0.get("eventDetail").filter(|detail| detail.is_object())
    }
    pub(super) fn attachments(self) -> impl Iterator<Item = &'a Value> {
        list(self.0, "attachments")
    }
    pub(super) fn mentions(self) -> impl Iterator<Item = &'a Value> {
        list(self.0, "mentions")
    }
    pub(super) fn reactions(self) -> impl Iterator<Item = &'a Value> {
        list(self.0, "reactions")
    }
    /// What was done to the message, newest or oldest first.
    pub(super) fn history(self) -> impl Iterator<Item = &'a Value> {
        list(self.0, "messageHistory")
    }
    pub(super) fn text(self, name: &str) -> Option<&'a str> {
        self.0.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())
    }
}

/// A person or program in an identity set.
pub(super) fn identity(set: &Value) -> Option<Identity> {
    let of = |name: &str, is_bot: bool| {
        let one = set.get(name)?;
        Some(Identity { id: one.get("id").and_then(id)?, name: words(one.get("displayName")), is_bot })
    };
    of("user", false).or_else(|| of("application", true))
}

/// The members of a list, a bounded number of them.
pub(super) fn list<'a>(of: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> {
    let list = of.get(name).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    list.iter().take(MAX_LISTED).filter(|one| one.is_object())
}

/// An instant; with up to seven digits of a second.
pub(super) fn instant(of: &Value, name: &str) -> Option<Timestamp> {
    written_instant(of.get(name))
}

/// The chat and the message that a resource names: `chats('a')/messages('b')` or `chats/a/messages/b`.
pub(super) fn resource(text: &str) -> Option<(String, String)> {
    let text = text.trim_start_matches('/');
    let rest = strip_word(text, "chats")?;
    let (chat, rest) = key(rest)?;
    let rest = strip_word(rest.strip_prefix('/')?, "messages")?;
    let (message, _) = key(rest)?;
    Some((chat, message))
}

fn strip_word<'a>(text: &'a str, word: &str) -> Option<&'a str> {
    let start = text.get(..word.len())?;
    start.eq_ignore_ascii_case(word).then(|| &text[word.len()..])
}

/// A key in brackets and quotes, or the next part of a path.
fn key(text: &str) -> Option<(String, &str)> {
    let (key, rest) = if let Some(quoted) = text.strip_prefix("('") {
        quoted.split_once("')")?
    } else {
        let path = text.strip_prefix('/')?;
        path.split_at(path.find('/').unwrap_or(path.len()))
    };
    if key.is_empty() { None } else { Some((key.to_owned(), rest)) }
}

#[cfg(test)]
mod tests {
    use super::resource;

    #[test]
    fn a_resource_names_a_chat_and_a_message() {
        let both = Some(("19:a_b@unq.gbl.spaces".to_owned(), "17".to_owned()));
        assert_eq!(resource("chats('19:a_b@unq.gbl.spaces')/messages('17')"), both);
        assert_eq!(resource("/chats/19:a_b@unq.gbl.spaces/messages/17"), both);
        assert_eq!(resource("Chats('19:a_b@unq.gbl.spaces')/Messages('17')/replies"), both);
        for odd in ["", "chats", "chats('a')", "chats('')/messages('1')", "teams('a')/messages('1')", "ch\u{e4}ts('a')"]
        {
            assert_eq!(resource(odd), None, "{odd}");
        }
    }
}
