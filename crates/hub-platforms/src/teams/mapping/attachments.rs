//! What hangs on a message: files, pictures in the text, quotes, forwarded words, cards.

use super::super::html::{self, Media};
use super::super::wire::instant;
use crate::values::{id, words};
use hub_domain::content::ForwardOrigin;
use hub_domain::{Attachment, AttachmentId, AttachmentState, ContentKind, Details, RemoteMessageId};
use serde_json::{Value, json};

/// A file in SharePoint or OneDrive, by its address.
const REFERENCE: &str = "reference";
/// The message that is answered.
const QUOTE: &str = "messageReference";
/// A message of another place.
const FORWARDED: &str = "forwardedMessageReference";
/// Cards of programs, and what else the apps draw themselves.
const DRAWN: &str = "application/vnd.microsoft.card.";
/// Characters of a type that is told on.
const MAX_NAME_CHARS: usize = 64;

/// What hangs on a message.
#[derive(Default)]
pub(super) struct Files {
    pub(super) list: Vec<Attachment>,
    /// The message it answers.
    pub(super) answers: Option<String>,
    /// What was said elsewhere.
    pub(super) forwarded_words: Option<String>,
    pub(super) details: Details,
}

impl Files {
    /// A picture or film that stands in the text.
    pub(super) fn medium(&mut self, medium: &Media) {
        let kind = match medium.element {
            "video" => ContentKind::Video,
            "audio" => ContentKind::Audio,
            _ if medium.is_sticker => ContentKind::Sticker,
            _ => ContentKind::Image,
        };
        self.list.push(file(kind, medium.src.clone(), None, None));
    }

    pub(super) fn attachment(&mut self, attachment: &Value) {
        let text = |name: &str| words(attachment.get(name));
        let kind = text("contentType").unwrap_or_default();
        match kind.as_str() {
            REFERENCE => match text("contentUrl") {
                Some(url) => {
                    self.link(&url, text("name").as_deref());
                    self.list.push(file(ContentKind::File, url, text("name"), None));
                }
                None => self.shown_by_name("file"),
            },
            QUOTE => {
                let quoted = content_of(attachment).as_ref().and_then(|quote| quote.get("messageId").and_then(id));
                self.answers = self.answers.take().or(quoted).or_else(|| text("id"));
            }
            FORWARDED => self.forwarded(attachment),
            kind if kind.starts_with(DRAWN) => {
                self.shown_by_name(kind.trim_start_matches("application/vnd.microsoft."));
                self.card(attachment);
            }
            kind => match (media_kind(kind), text("contentUrl")) {
                (Some(is), Some(url)) => self.list.push(file(is, url, text("name"), Some(kind.to_owned()))),
                _ => self.shown_by_name(if kind.is_empty() { "attachment" } else { kind }),
            },
        }
    }

    /// A file of SharePoint opens for people who may see it there; the hub mostly may not, so its address is shown.
    fn link(&mut self, url: &str, title: Option<&str>) {
        let links = self.details.extra.entry("links").or_insert_with(|| json!([]));
        if let Some(links) = links.as_array_mut() {
            links.push(json!({ "url": url, "title": title }));
        }
    }

    /// Titles and links of a card are data for whoever draws it.
    fn card(&mut self, attachment: &Value) {
        let card = content_of(attachment).unwrap_or_default();
        let title = ["title", "text", "summary", "fallbackText"].iter().find_map(|name| words(card.get(*name)));
        if let Some(title) = title.or_else(|| words(attachment.get("name"))) {
            self.details.extra.entry("card").or_insert_with(|| json!({ "title": title }));
        }
    }

    fn forwarded(&mut self, attachment: &Value) {
        let Some(origin) = content_of(attachment) else { return self.shown_by_name("forwarded") };
        let said = words(origin.get("originalMessageContent")).map(|html| html::read(&html).text);
        self.forwarded_words = said.filter(|text| !text.is_empty());
        let sender = origin.get("originalMessageSender").and_then(|sender| sender.get("user"));
        self.details.forwarded_from = Some(ForwardOrigin {
            kind: "user".to_owned(),
            name: sender.and_then(|sender| words(sender.get("displayName"))),
            chat_id: origin.get("originalConversationId").and_then(id),
            message_id: origin.get("originalMessageId").and_then(id).map(RemoteMessageId::from),
            at: instant(&origin, "originalSentDateTime"),
        });
    }

    /// Content that is shown by its name only, unless there is more.
    fn shown_by_name(&mut self, name: &str) {
        let name = || name.chars().filter(|c| !c.is_control()).take(MAX_NAME_CHARS).collect();
        self.details.unsupported.get_or_insert_with(name);
    }
}

/// The content of an attachment: an object, or one written as text.
fn content_of(attachment: &Value) -> Option<Value> {
    match attachment.get("content")? {
        Value::String(text) => serde_json::from_str(text).ok().filter(Value::is_object),
        content @ Value::Object(_) => Some(content.clone()),
        _ => None,
    }
}

fn media_kind(mime: &str) -> Option<ContentKind> {
    match mime.split_once('/')?.0 {
        "image" => Some(ContentKind::Image),
        "video" => Some(ContentKind::Video),
        "audio" => Some(ContentKind::Audio),
        _ => None,
    }
}

/// A file by its address. Neither type nor size arrives with it.
fn file(kind: ContentKind, url: String, file_name: Option<String>, mime_type: Option<String>) -> Attachment {
    Attachment {
        id: new_attachment_id(),
        kind,
        remote_ref: url,
        remote_unique_ref: None,
        mime_type,
        file_name,
        size: None,
        width: None,
        height: None,
        duration_s: None,
        flavour: None,
        state: AttachmentState::Pending,
    }
}

/// A fresh id: a link to the file can exist before its bytes do.
#[allow(clippy::disallowed_methods, reason = "the clock of the use cases cannot be reached from here")]
fn new_attachment_id() -> AttachmentId {
    AttachmentId(uuid::Uuid::now_v7())
}
