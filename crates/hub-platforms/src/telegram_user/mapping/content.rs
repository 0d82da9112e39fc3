//! What a message says.

use super::{Scene, instant, message_id};
use crate::telegram_user::{media, peers};
use grammers_tl_types as tl;
use hub_domain::content::{ForwardOrigin, Location, SharedContact};
use hub_domain::{Attachment, AttachmentId, AttachmentState, Content, ContentKind, Details};
use media::FileRef;
use serde_json::{Value, json};
use tl::enums::{
    Document, DocumentAttribute, GeoPoint, MessageEntity, MessageFwdHeader, MessageMedia, Photo, PhotoSize,
};

/// Spans of formatting kept per message; Telegram itself allows fewer.
const MAX_ENTITIES: usize = 200;
/// The name of content that Telegram destroys by itself: its terms forbid keeping it.
const SELF_DESTRUCTING: &str = "self_destructing";

/// What the message says.
pub(super) fn content(said: &tl::types::Message, chat: i64, scene: &Scene<'_>) -> Content {
    let mut details = Details {
        forwarded_from: said.fwd_from.as_ref().map(|from| origin(from, scene)),
        album_id: said.grouped_id.map(|id| id.to_string()),
        entities: said.entities.iter().flatten().take(MAX_ENTITIES).filter_map(entity).collect(),
        ..Details::default()
    };
    let mut attachments = Vec::new();
    let kind = match &said.media {
        None | Some(MessageMedia::Empty | MessageMedia::WebPage(_)) => ContentKind::Text,
        Some(MessageMedia::Photo(shown)) if shown.ttl_seconds.is_none() => match &shown.photo {
            Some(Photo::Photo(photo)) => {
                attachments.push(picture(photo, chat, said.id));
                ContentKind::Image
            }
            _ => unsupported(&mut details, "photo"),
        },
        Some(MessageMedia::Document(shown)) if shown.ttl_seconds.is_none() => match &shown.document {
            Some(Document::Document(document)) => {
                let file = file(document, chat, said.id);
                details.emoji = emoji(document);
                let kind = file.kind;
                attachments.push(file);
                kind
            }
            _ => unsupported(&mut details, "document"),
        },
        Some(MessageMedia::Photo(_) | MessageMedia::Document(_)) => unsupported(&mut details, SELF_DESTRUCTING),
        Some(MessageMedia::Geo(place)) => located(&mut details, &place.geo, None, None),
        Some(MessageMedia::GeoLive(place)) => located(&mut details, &place.geo, None, None),
        Some(MessageMedia::Venue(venue)) => located(&mut details, &venue.geo, Some(&venue.title), Some(&venue.address)),
        Some(MessageMedia::Contact(entry)) => {
            details.shared_contacts = vec![shared_contact(entry)];
            ContentKind::Contacts
        }
        Some(other) => unsupported(&mut details, named(other)),
    };
    let text = Some(said.message.clone()).filter(|text| !text.is_empty());
    Content { kind, text, attachments, details }
}

fn unsupported(details: &mut Details, name: &str) -> ContentKind {
    details.unsupported = Some(name.to_owned());
    ContentKind::Unsupported
}

fn named(media: &MessageMedia) -> &'static str {
    match media {
        MessageMedia::Poll(_) => "poll",
        MessageMedia::Dice(_) => "dice",
        MessageMedia::Game(_) => "game",
        MessageMedia::Invoice(_) => "invoice",
        MessageMedia::Story(_) => "story",
        MessageMedia::Giveaway(_) | MessageMedia::GiveawayResults(_) => "giveaway",
        MessageMedia::PaidMedia(_) => "paid_media",
        MessageMedia::ToDo(_) => "checklist",
        MessageMedia::VideoStream(_) => "video_stream",
        _ => "unknown",
    }
}

fn located(details: &mut Details, geo: &GeoPoint, name: Option<&str>, address: Option<&str>) -> ContentKind {
    let GeoPoint::Point(point) = geo else { return unsupported(details, "location") };
    let text = |text: Option<&str>| text.filter(|text| !text.is_empty()).map(str::to_owned);
    details.location =
        Some(Location { latitude: point.lat, longitude: point.long, name: text(name), address: text(address) });
    ContentKind::Location
}

fn shared_contact(entry: &tl::types::MessageMediaContact) -> SharedContact {
    let name = format!("{} {}", entry.first_name, entry.last_name).trim().to_owned();
    let phone = Some(entry.phone_number.clone()).filter(|phone| !phone.is_empty());
    SharedContact {
        name: if name.is_empty() { phone.clone().unwrap_or_else(|| "Unknown".to_owned()) } else { name },
        phone,
        user_id: Some(entry.user_id).filter(|id| *id != 0).map(|id| id.to_string()),
    }
}

/// The largest form of a picture.
fn picture(photo: &tl::types::Photo, chat: i64, message: i32) -> Attachment {
    let largest = photo.sizes.iter().filter_map(size).max_by_key(|(_, w, h, _)| i64::from(*w) * i64::from(*h));
    let (form, width, height, bytes) = largest.unwrap_or(("", 0, 0, 0));
    let reference = FileRef {
        photo: true,
        centre: photo.dc_id,
        id: photo.id,
        access_hash: photo.access_hash,
        reference: FileRef::encoded(&photo.file_reference),
        form: form.to_owned(),
        chat,
        message,
    };
    Attachment {
        id: new_attachment_id(),
        kind: ContentKind::Image,
        remote_ref: reference.write(),
        remote_unique_ref: Some(photo.id.to_string()),
        mime_type: Some("image/jpeg".to_owned()),
        file_name: None,
        size: Some(i64::from(bytes)).filter(|bytes| *bytes > 0),
        width: Some(width).filter(|w| *w > 0),
        height: Some(height).filter(|h| *h > 0),
        duration_s: None,
        flavour: None,
        state: AttachmentState::Pending,
    }
}

/// Name, width, height and bytes of a form that can be fetched.
fn size(size: &PhotoSize) -> Option<(&str, i32, i32, i32)> {
    match size {
        PhotoSize::Size(size) => Some((&size.r#type, size.w, size.h, size.size)),
        PhotoSize::Progressive(size) => {
            Some((&size.r#type, size.w, size.h, size.sizes.iter().max().copied().unwrap_or_default()))
        }
        _ => None,
    }
}

fn file(document: &tl::types::Document, chat: i64, message: i32) -> Attachment {
    let reference = FileRef {
        photo: false,
        centre: document.dc_id,
        id: document.id,
        access_hash: document.access_hash,
        reference: FileRef::encoded(&document.file_reference),
        form: String::new(),
        chat,
        message,
    };
    let mut file = Attachment {
        id: new_attachment_id(),
        kind: ContentKind::File,
        remote_ref: reference.write(),
        remote_unique_ref: Some(document.id.to_string()),
        mime_type: Some(document.mime_type.clone()).filter(|mime| !mime.is_empty()),
        file_name: None,
        size: Some(document.size),
        width: None,
        height: None,
        duration_s: None,
        flavour: None,
        state: AttachmentState::Pending,
    };
    let mut flavour = None;
    for attribute in &document.attributes {
        match attribute {
            DocumentAttribute::Filename(named) => file.file_name = Some(named.file_name.clone()),
            DocumentAttribute::ImageSize(size) => (file.width, file.height) = (Some(size.w), Some(size.h)),
            DocumentAttribute::Video(video) => {
                // A film that is a sticker or an animation stays one.
                if file.kind == ContentKind::File {
                    file.kind = ContentKind::Video;
                }
                (file.width, file.height) = (Some(video.w), Some(video.h));
                file.duration_s = seconds(video.duration);
                if video.round_message {
                    flavour = Some("round");
                }
            }
            DocumentAttribute::Audio(audio) => {
                file.kind = ContentKind::Audio;
                file.duration_s = Some(audio.duration);
                if audio.voice {
                    flavour = Some("voice");
                }
            }
            DocumentAttribute::Sticker(_) => file.kind = ContentKind::Sticker,
            DocumentAttribute::Animated => {
                if file.kind != ContentKind::Sticker {
                    file.kind = ContentKind::Video;
                }
                flavour = Some("animation");
            }
            DocumentAttribute::HasStickers | DocumentAttribute::CustomEmoji(_) => {}
        }
    }
    if file.kind == ContentKind::Sticker {
        flavour = match document.mime_type.as_str() {
            "application/x-tgsticker" => Some("animated"),
            "video/webm" => Some("video"),
            _ => None,
        };
    }
    file.flavour = flavour.map(str::to_owned);
    file
}

/// Whole seconds, within reason.
#[expect(clippy::cast_possible_truncation, reason = "bounded before")]
fn seconds(duration: f64) -> Option<i32> {
    (0.0..f64::from(i32::MAX)).contains(&duration).then(|| duration.round() as i32)
}

fn emoji(document: &tl::types::Document) -> Option<String> {
    document.attributes.iter().find_map(|attribute| match attribute {
        DocumentAttribute::Sticker(sticker) => Some(sticker.alt.clone()).filter(|alt| !alt.is_empty()),
        _ => None,
    })
}

/// A fresh id: a link to the file can exist before its bytes do.
#[allow(clippy::disallowed_methods, reason = "the clock of the use cases cannot be reached from here")]
fn new_attachment_id() -> AttachmentId {
    AttachmentId(uuid::Uuid::now_v7())
}

fn origin(header: &MessageFwdHeader, scene: &Scene<'_>) -> ForwardOrigin {
    let MessageFwdHeader::Header(header) = header;
    let id = header.from_id.as_ref().map(peers::peer_id);
    let kind = match id {
        None => "hidden_user",
        Some(id) if id > 0 => "user",
        Some(_) if header.channel_post.is_some() => "channel",
        Some(_) => "chat",
    };
    let known = id.and_then(|id| scene.names.of(id)).and_then(|name| name.full.clone());
    ForwardOrigin {
        kind: kind.to_owned(),
        name: known.or_else(|| header.from_name.clone()),
        chat_id: id.map(|id| id.to_string()),
        message_id: header.channel_post.map(message_id),
        at: instant(header.date),
    }
}

/// Formatting, under the names of the Bot API.
fn entity(span: &MessageEntity) -> Option<Value> {
    use MessageEntity as E;
    let plain = |kind: &str, offset: i32, length: i32| json!({ "type": kind, "offset": offset, "length": length });
    Some(match span {
        E::Mention(s) => plain("mention", s.offset, s.length),
        E::Hashtag(s) => plain("hashtag", s.offset, s.length),
        E::Cashtag(s) => plain("cashtag", s.offset, s.length),
        E::BotCommand(s) => plain("bot_command", s.offset, s.length),
        E::Url(s) => plain("url", s.offset, s.length),
        E::Email(s) => plain("email", s.offset, s.length),
        E::Phone(s) => plain("phone_number", s.offset, s.length),
        E::Bold(s) => plain("bold", s.offset, s.length),
        E::Italic(s) => plain("italic", s.offset, s.length),
        E::Underline(s) => plain("underline", s.offset, s.length),
        E::Strike(s) => plain("strikethrough", s.offset, s.length),
        E::Spoiler(s) => plain("spoiler", s.offset, s.length),
        E::Code(s) => plain("code", s.offset, s.length),
        E::Pre(s) => plain("pre", s.offset, s.length),
        E::Blockquote(s) => plain("blockquote", s.offset, s.length),
        E::MentionName(s) => plain("text_mention", s.offset, s.length),
        E::TextUrl(s) => {
            let mut linked = plain("text_link", s.offset, s.length);
            linked["url"] = s.url.clone().into();
            linked
        }
        _ => return None,
    })
}
