//! What a message says and holds.

use super::Dialect;
use crate::values::{id, words};
use hub_domain::content::Location;
use hub_domain::{Attachment, AttachmentId, AttachmentState, Content, ContentKind, Details};
use serde_json::{Map, Value, json};

/// Attachments of one message that are read; Meta's apps send fewer.
const MAX_ATTACHMENTS: usize = 50;
/// Kinds of things that are passed on.
const SHARES: &[&str] = &["post", "ig_post", "share", "reel", "ig_reel", "story", "ig_story"];
/// Where the id of something that is passed on stands.
const SHARE_IDS: &[&str] = &["id", "ig_post_media_id", "reel_video_id"];
/// How a file that belongs to something passed on is marked.
pub(super) const SHARED: &str = "share";

/// What is being gathered.
#[derive(Default)]
struct Gathered {
    /// What the message mainly is; words alone when nothing says otherwise.
    kind: Option<ContentKind>,
    text: Option<String>,
    files: Vec<Attachment>,
    details: Details,
}

/// What the message says.
pub(super) fn content(message: &Map<String, Value>, dialect: Dialect) -> Content {
    let mut gathered = Gathered { text: words(message.get("text")), ..Gathered::default() };
    let attachments = message.get("attachments").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    for attachment in attachments.iter().take(MAX_ATTACHMENTS) {
        gathered.add(attachment, dialect);
    }
    if let Some(story) = message.get("reply_to").and_then(|reply| reply.get("story")) {
        gathered.answer_to_story(story);
    }
    if message.get("is_unsupported").and_then(Value::as_bool) == Some(true) {
        gathered.shown_by_name("unsupported");
    }
    gathered.finish()
}

impl Gathered {
    fn add(&mut self, attachment: &Value, dialect: Dialect) {
        let kind = attachment.get("type").and_then(Value::as_str).unwrap_or("unknown");
        let payload = attachment.get("payload").filter(|payload| payload.is_object());
        let member = |name: &str| payload.and_then(|payload| payload.get(name)).or_else(|| attachment.get(name));
        let url = words(member("url"));
        let title = words(member("title"));
        let sticker = payload.and_then(|payload| payload.get("sticker_id")).and_then(id);
        match (kind, url) {
            ("sticker" | "image", Some(url)) if kind == "sticker" || sticker.is_some() => self.sticker(url, sticker),
            ("image", Some(url)) => self.file(ContentKind::Image, url),
            ("video", Some(url)) => self.file(ContentKind::Video, url),
            ("audio", Some(url)) => self.file(ContentKind::Audio, url),
            ("file" | "media", Some(url)) => self.file(ContentKind::File, url),
            ("story_mention", Some(url)) => {
                self.kind = Some(ContentKind::StoryMention);
                self.files.push(of_a_story(url, "story_mention"));
            }
            ("template", _) => self.template(payload, title),
            ("location", _) => self.location(payload, title),
            ("fallback", url) => self.link(url, title),
            (share, url) if SHARES.contains(&share) => {
                let share_id = SHARE_IDS.iter().find_map(|name| member(name).and_then(id));
                self.share(share, url, title, share_id, dialect);
            }
            (other, _) => self.other(other, payload),
        }
    }

    fn file(&mut self, kind: ContentKind, url: String) {
        self.kind = self.kind.or(Some(kind));
        self.files.push(file(kind, url));
    }

    /// For a while one sticker came as a picture and as a sticker.
    fn sticker(&mut self, url: String, number: Option<String>) {
        self.kind = self.kind.or(Some(ContentKind::Sticker));
        let same =
            |known: &Attachment| known.remote_ref == url || number.is_some() && known.remote_unique_ref == number;
        if !self.files.iter().any(same) {
            self.files.push(Attachment { remote_unique_ref: number, ..file(ContentKind::Sticker, url) });
        }
    }

    fn template(&mut self, payload: Option<&Value>, title: Option<String>) {
        self.kind = Some(ContentKind::Template);
        let said = payload.and_then(|payload| words(payload.get("text"))).or(title);
        self.text = self.text.take().or(said);
        if let Some(payload) = payload {
            self.details.extra.insert("template".to_owned(), payload.clone());
        }
    }

    fn location(&mut self, payload: Option<&Value>, title: Option<String>) {
        let place = payload.and_then(|payload| payload.get("coordinates"));
        let degrees = |name: &str, bound: f64| {
            place.and_then(|place| place.get(name)).and_then(Value::as_f64).filter(|degrees| degrees.abs() <= bound)
        };
        let (Some(latitude), Some(longitude)) = (degrees("lat", 90.0), degrees("long", 180.0)) else {
            return self.shown_by_name("location");
        };
        self.kind = Some(ContentKind::Location);
        self.details.location = Some(Location { latitude, longitude, name: title, address: None });
    }

    /// The preview of a link; the words beside it are the message. Alone it stands for something nobody can show.
    fn link(&mut self, url: Option<String>, title: Option<String>) {
        if url.is_some() || title.is_some() {
            self.name_link(url, title, None);
        }
        if self.text.is_none() {
            self.shown_by_name("fallback");
        }
    }

    /// Something passed on. For a while one post came under two names.
    fn share(&mut self, kind: &str, url: Option<String>, title: Option<String>, id: Option<String>, dialect: Dialect) {
        self.kind = Some(ContentKind::Share);
        if !dialect.shares_are_files {
            return self.name_link(url, title, id);
        }
        if title.is_some() || id.is_some() {
            self.name_link(None, title, id.clone());
        }
        let Some(url) = url else { return };
        let same = |known: &Attachment| known.remote_ref == url || id.is_some() && known.remote_unique_ref == id;
        if self.files.iter().any(same) {
            return;
        }
        let story = kind.ends_with("story");
        let shape = if kind.ends_with("reel") { ContentKind::Video } else { ContentKind::Image };
        let shared = if story { of_a_story(url, SHARED) } else { file(shape, url) };
        self.files.push(Attachment { flavour: Some(SHARED.to_owned()), remote_unique_ref: id, ..shared });
    }

    fn name_link(&mut self, url: Option<String>, title: Option<String>, id: Option<String>) {
        let members = [("url", url), ("title", title), ("id", id)];
        let link: Map<String, Value> =
            members.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?.into()))).collect();
        self.details.extra.entry("link").or_insert_with(|| json!(link));
    }

    fn answer_to_story(&mut self, story: &Value) {
        let mut reply = Map::new();
        if let Some(story_id) = story.get("id").and_then(id) {
            reply.insert("story_id".to_owned(), story_id.into());
        }
        self.details.extra.insert("story_reply".to_owned(), reply.into());
        if let Some(url) = words(story.get("url")) {
            self.files.push(of_a_story(url, "story_reply"));
        }
    }

    fn other(&mut self, kind: &str, payload: Option<&Value>) {
        self.shown_by_name(kind);
        self.details.extra.insert("attachment_type".to_owned(), kind.into());
        if let Some(booking) = payload.and_then(|payload| payload.get("booking_id")).and_then(id) {
            self.details.extra.insert("booking_id".to_owned(), booking.into());
        }
    }

    /// Content that is shown by its name only, unless there is more.
    fn shown_by_name(&mut self, name: &str) {
        self.details.unsupported.get_or_insert_with(|| name.chars().take(64).collect());
    }

    fn finish(self) -> Content {
        let Self { kind, text, files, mut details } = self;
        let answers_story = details.extra.contains_key("story_reply");
        let kind = match kind {
            Some(kind) => kind,
            None if text.is_some() || answers_story => ContentKind::Text,
            None => {
                details.unsupported.get_or_insert_with(|| "empty".to_owned());
                ContentKind::Unsupported
            }
        };
        Content { kind, text, attachments: files, details }
    }
}

/// A file by its address. Neither type nor size nor name arrives with it.
pub(super) fn file(kind: ContentKind, url: String) -> Attachment {
    Attachment {
        id: new_attachment_id(),
        kind,
        remote_ref: url,
        remote_unique_ref: None,
        mime_type: None,
        file_name: None,
        size: None,
        width: None,
        height: None,
        duration_s: None,
        flavour: None,
        state: AttachmentState::Pending,
    }
}

/// A picture of somebody's story: it may not be copied.
fn of_a_story(url: String, flavour: &str) -> Attachment {
    let flavour = Some(flavour.to_owned());
    Attachment { flavour, state: AttachmentState::Remote, ..file(ContentKind::Image, url) }
}

/// A fresh id: a link to the file can exist before its bytes do.
#[allow(clippy::disallowed_methods, reason = "the clock of the use cases cannot be reached from here")]
fn new_attachment_id() -> AttachmentId {
    AttachmentId(uuid::Uuid::now_v7())
}
