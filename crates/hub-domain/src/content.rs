//! What a message says: text, files, and the few structured things people send.

use crate::{AttachmentId, RemoteMessageId, Timestamp};
use serde::{Deserialize, Serialize};

/// The kind of a message's content. Finer than the contract's four message types.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ContentKind {
    /// Words only.
    Text,
    /// A picture.
    Image,
    /// A moving picture, with or without sound.
    Video,
    /// Music or a voice note.
    Audio,
    /// Any other file.
    File,
    /// A place.
    Location,
    /// A sticker.
    Sticker,
    /// One or more address-book entries.
    Contacts,
    /// A post, reel or page somebody passed on; `extra.link` names it.
    Share,
    /// Somebody mentioned the account in a story of theirs.
    StoryMention,
    /// A prepared message with slots, or one with buttons.
    Template,
    /// A pressed button that speaks: its words are the message.
    Postback,
    /// An order of goods; `extra.order` lists them.
    Order,
    /// Something the hub shows by name only; [`Details::unsupported`] names it.
    Unsupported,
}

impl ContentKind {
    /// As stored and shown.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Image => "image",
            Self::Video => "video",
            Self::Audio => "audio",
            Self::File => "file",
            Self::Location => "location",
            Self::Sticker => "sticker",
            Self::Contacts => "contacts",
            Self::Share => "share",
            Self::StoryMention => "story_mention",
            Self::Template => "template",
            Self::Postback => "postback",
            Self::Order => "order",
            Self::Unsupported => "unsupported",
        }
    }

    /// Reads the message type of an original's row, which says less than our kinds: what is none of the contract's types is a
    /// file where there is a media reference, else words (schema contract, section 5).
    pub fn from_original(value: &str, has_media: bool) -> Self {
        match value {
            "image" => Self::Image,
            "video" => Self::Video,
            "file" => Self::File,
            "audio" if has_media => Self::Audio,
            "text" => Self::Text,
            _ if has_media => Self::File,
            _ => Self::Text,
        }
    }

    /// Reads a stored value. Unknown values of the originals become `File` with a media reference, else `Text`.
    pub fn from_stored(value: &str, has_media: bool) -> Self {
        match value {
            "text" => Self::Text,
            "image" => Self::Image,
            "video" => Self::Video,
            "audio" => Self::Audio,
            "file" => Self::File,
            "location" => Self::Location,
            "sticker" => Self::Sticker,
            "contacts" => Self::Contacts,
            "share" => Self::Share,
            "story_mention" => Self::StoryMention,
            "template" => Self::Template,
            "postback" => Self::Postback,
            "order" => Self::Order,
            "unsupported" => Self::Unsupported,
            _ if has_media => Self::File,
            _ => Self::Text,
        }
    }

    /// The contract's `message_type`: only `text`, `image`, `video` or `file`, whatever the platform calls it (C17).
    pub fn contract_type(self) -> &'static str {
        match self {
            Self::Image | Self::Sticker => "image",
            Self::Video => "video",
            Self::Audio | Self::File | Self::StoryMention => "file",
            Self::Text
            | Self::Location
            | Self::Contacts
            | Self::Share
            | Self::Template
            | Self::Postback
            | Self::Order
            | Self::Unsupported => "text",
        }
    }
}

/// The content of a message.
#[derive(Clone, Debug, PartialEq)]
pub struct Content {
    /// What it is.
    pub kind: ContentKind,
    /// The words, or the caption of a file; `None` when there are none.
    pub text: Option<String>,
    /// Files, in order.
    pub attachments: Vec<Attachment>,
    /// Structured extras; stored sealed, like the words.
    pub details: Details,
}

impl Content {
    /// Words only.
    pub fn text(text: impl Into<String>) -> Self {
        Self { kind: ContentKind::Text, text: Some(text.into()), attachments: Vec::new(), details: Details::default() }
    }

    /// A short stand-in for content without words (`[Photo]`, `[File: report.pdf]`), `None` when there are words.
    pub fn summary(&self) -> Option<String> {
        if self.text.as_deref().is_some_and(|t| !t.is_empty()) {
            return None;
        }
        Some(match self.kind {
            ContentKind::Image => "[Photo]".into(),
            ContentKind::Video => "[Video]".into(),
            ContentKind::Audio => "[Audio]".into(),
            ContentKind::Sticker => "[Sticker]".into(),
            ContentKind::Location => "[Location]".into(),
            ContentKind::Contacts => "[Contact]".into(),
            ContentKind::File => match self.attachments.first().and_then(|a| a.file_name.as_deref()) {
                Some(name) => format!("[File: {name}]"),
                None => "[File]".into(),
            },
            ContentKind::Share => match self.details.extra.get("link").and_then(|link| link["title"].as_str()) {
                Some(title) => format!("[Shared: {title}]"),
                None => "[Shared post]".into(),
            },
            ContentKind::StoryMention => "[Story mention]".into(),
            ContentKind::Order => "[Order]".into(),
            ContentKind::Template => {
                match self.details.extra.get("template").and_then(|named| named["name"].as_str()) {
                    Some(name) => format!("[Template: {name}]"),
                    None => "[Template]".into(),
                }
            }
            ContentKind::Postback => "[Button]".into(),
            ContentKind::Text | ContentKind::Unsupported => "[Message]".into(),
        })
    }
}

/// A file of a message.
#[derive(Clone, Debug, PartialEq)]
pub struct Attachment {
    /// Our id; made when the attachment is built, so that a link can exist before the bytes do.
    pub id: AttachmentId,
    /// What it is.
    pub kind: ContentKind,
    /// The platform's handle for fetching it (an opaque file id or an address); never shown as a link.
    pub remote_ref: String,
    /// A second id that is equal for equal files, where the platform has one.
    pub remote_unique_ref: Option<String>,
    /// Media type as the platform names it.
    pub mime_type: Option<String>,
    /// File name as the sender named it: hostile text.
    pub file_name: Option<String>,
    /// Size in bytes as the platform says.
    pub size: Option<i64>,
    /// Width in pixels.
    pub width: Option<i32>,
    /// Height in pixels.
    pub height: Option<i32>,
    /// Length in seconds.
    pub duration_s: Option<i32>,
    /// A voice note, a round video, an animation: shown in its own way.
    pub flavour: Option<String>,
    /// Whether the hub has the bytes.
    pub state: AttachmentState,
}

/// Where the bytes of an attachment are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AttachmentState {
    /// Not fetched yet.
    #[default]
    Pending,
    /// Copied; served from the hub.
    Ready,
    /// Cannot be fetched; the reason is shown.
    Failed,
    /// May not be copied: handed through from the platform for as long as it is there.
    Remote,
}

impl AttachmentState {
    /// As stored and shown.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Ready => "ready",
            Self::Failed => "failed",
            Self::Remote => "remote",
        }
    }
    /// Reads a stored value.
    pub fn from_stored(value: &str) -> Self {
        match value {
            "ready" => Self::Ready,
            "remote" => Self::Remote,
            "failed" => Self::Failed,
            _ => Self::Pending,
        }
    }
}

/// Structured extras of a message. Every member is optional; an empty one is not stored.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Details {
    /// A place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<Location>,
    /// Address-book entries.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub shared_contacts: Vec<SharedContact>,
    /// Where forwarded words came from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub forwarded_from: Option<ForwardOrigin>,
    /// Groups the members of an album.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub album_id: Option<String>,
    /// A topic inside the conversation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thread_id: Option<String>,
    /// The emoji of a sticker.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub emoji: Option<String>,
    /// The platform's name of content the hub cannot show.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unsupported: Option<String>,
    /// Formatting: spans of the text in UTF-16 units, as `{type, offset, length, url?}`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub entities: Vec<serde_json::Value>,
    /// Further facts by name, as data: `link`, `quick_reply_payload`, `postback_payload`, `referral`, `order`, `template`, …
    #[serde(skip_serializing_if = "serde_json::Map::is_empty")]
    pub extra: serde_json::Map<String, serde_json::Value>,
}

impl Details {
    /// True when there is nothing to store.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// A place on the earth.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Location {
    /// Degrees north.
    pub latitude: f64,
    /// Degrees east.
    pub longitude: f64,
    /// Name of the place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Postal address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
}

/// An address-book entry someone sent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SharedContact {
    /// Display name.
    pub name: String,
    /// Telephone number as sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// The person's id at the platform, if known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_id: Option<String>,
}

/// Where forwarded words came from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ForwardOrigin {
    /// `user`, `hidden_user`, `chat` or `channel`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Display name of the origin.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The origin's chat or person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chat_id: Option<String>,
    /// The message there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message_id: Option<RemoteMessageId>,
    /// When it was first sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
}
