//! What calls are counted as; also the names that faults go by.

use super::call::Call;
use axum::http::Method;

/// What a call is counted as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Endpoint {
    /// The authorize page.
    Authorize,
    /// Tokens.
    Token,
    /// The sign-in's configuration and keys.
    Discovery,
    /// `/me`.
    Me,
    /// Other people.
    Users,
    /// Pictures of people.
    Photo,
    /// Lists of chats, single chats and their members.
    Chats,
    /// Making a chat.
    CreateChat,
    /// Reading messages.
    Messages,
    /// Sending a message, with a quote or without.
    Send,
    /// Editing one.
    Edit,
    /// Deleting one, and taking that back.
    Delete,
    /// Reactions.
    React,
    /// Read marks.
    MarkRead,
    /// Pictures inside of messages.
    Hosted,
    /// Subscriptions.
    Subscriptions,
    /// Nothing that exists.
    Other,
}

/// Names, in the order of [`Endpoint`].
const NAMES: [(Endpoint, &str); 17] = [
    (Endpoint::Authorize, "authorize"),
    (Endpoint::Token, "token"),
    (Endpoint::Discovery, "discovery"),
    (Endpoint::Me, "me"),
    (Endpoint::Users, "users"),
    (Endpoint::Photo, "photo"),
    (Endpoint::Chats, "chats"),
    (Endpoint::CreateChat, "create_chat"),
    (Endpoint::Messages, "messages"),
    (Endpoint::Send, "send"),
    (Endpoint::Edit, "edit"),
    (Endpoint::Delete, "delete"),
    (Endpoint::React, "react"),
    (Endpoint::MarkRead, "mark_read"),
    (Endpoint::Hosted, "hosted"),
    (Endpoint::Subscriptions, "subscriptions"),
    (Endpoint::Other, "other"),
];

impl Endpoint {
    /// Its name.
    pub fn name(self) -> &'static str {
        NAMES.iter().find(|(endpoint, _)| *endpoint == self).map_or("other", |(_, name)| name)
    }

    /// The endpoint of a name.
    pub fn named(name: &str) -> Option<Self> {
        NAMES.iter().find(|(_, known)| *known == name).map(|(endpoint, _)| *endpoint)
    }

    /// What a call is counted as.
    pub(super) fn of(call: &Call) -> Self {
        let path: Vec<&str> = call.segments.iter().map(String::as_str).collect();
        let path = match path.as_slice() {
            ["v1.0", path @ ..] => path,
            [_, "oauth2", "v2.0", "authorize"] => return Self::Authorize,
            [_, "oauth2", "v2.0", "token"] => return Self::Token,
            [.., ".well-known", "openid-configuration"] | [_, "discovery", ..] => return Self::Discovery,
            _ => return Self::Other,
        };
        match path {
            ["me" | "users", .., "photo" | "$value"] | ["users", _, "photos", ..] | ["me", "photos", ..]
                if !path.contains(&"hostedContents") =>
            {
                Self::Photo
            }
            ["me"] => Self::Me,
            ["users", _] => Self::Users,
            ["me", "chats", rest @ ..] | ["users", _, "chats", rest @ ..] | ["chats", rest @ ..] => {
                Self::of_chats(&call.method, rest)
            }
            ["subscriptions", ..] => Self::Subscriptions,
            _ => Self::Other,
        }
    }

    fn of_chats(method: &Method, rest: &[&str]) -> Self {
        match rest {
            [] if method == Method::POST => Self::CreateChat,
            ["getAllMessages", ..] => Self::Messages,
            [] | [_] | [_, "members", ..] => Self::Chats,
            [_, "markChatReadForUser" | "markChatUnreadForUser"] => Self::MarkRead,
            [_, "messages", .., "hostedContents"] | [_, "messages", _, "hostedContents", ..] => Self::Hosted,
            [_, "messages"] | [_, "messages", "replyWithQuote"] if method == Method::POST => Self::Send,
            [_, "messages", _] if method == Method::PATCH => Self::Edit,
            [_, "messages", _, "softDelete" | "undoSoftDelete"] => Self::Delete,
            [_, "messages", _, "setReaction" | "unsetReaction"] => Self::React,
            [_, "messages", ..] => Self::Messages,
            _ => Self::Other,
        }
    }
}
