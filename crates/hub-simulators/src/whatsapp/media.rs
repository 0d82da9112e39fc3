//! Files: uploads, the two steps of a download, and what people attach.

use super::check::product;
use super::refuse::{invalid, missing, refuse_with};
use super::world::{Media, World};
use crate::meta::{Call, Expiry, GraphError, HostedFile, Meta, Outcome};
use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde_json::{Value, json};
use std::time::Duration;

const KB: usize = 1_024;
const MB: usize = 1_024 * KB;
/// Largest file of any kind, in bytes.
pub(super) const LARGEST: usize = 100 * MB;
/// How long an address is good.
const ADDRESS_LIFE: Duration = Duration::from_mins(5);
/// How long an upload can be named, and how long a customer's file, in milliseconds.
const UPLOAD_LIFE: i64 = 30 * 24 * 60 * 60 * 1_000;
const INBOUND_LIFE: i64 = 7 * 24 * 60 * 60 * 1_000;
/// Bytes of files kept at most.
const MAX_BYTES: usize = 512 * MB;

/// MIME types that are taken, their kind, and how large a file may be.
const TAKEN: [(&str, &str, usize); 19] = [
    ("image/jpeg", "image", 5 * MB),
    ("image/png", "image", 5 * MB),
    ("image/webp", "sticker", 500 * KB),
    ("audio/aac", "audio", 16 * MB),
    ("audio/amr", "audio", 16 * MB),
    ("audio/mpeg", "audio", 16 * MB),
    ("audio/mp4", "audio", 16 * MB),
    ("audio/ogg", "audio", 16 * MB),
    ("audio/opus", "audio", 16 * MB),
    ("video/mp4", "video", 16 * MB),
    ("video/3gpp", "video", 16 * MB),
    ("text/plain", "document", LARGEST),
    ("application/pdf", "document", LARGEST),
    ("application/msword", "document", LARGEST),
    ("application/vnd.ms-excel", "document", LARGEST),
    ("application/vnd.ms-powerpoint", "document", LARGEST),
    ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", "document", LARGEST),
    ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "document", LARGEST),
    ("application/vnd.openxmlformats-officedocument.presentationml.presentation", "document", LARGEST),
];

/// Something that people attach.
#[derive(Clone, Debug)]
pub struct Attachment {
    /// `image`, `video`, `audio`, `document`, `sticker`.
    pub kind: String,
    /// With its parameters, such as `audio/ogg; codecs=opus`.
    pub mime: String,
    /// The file.
    pub bytes: Bytes,
    /// Words under it.
    pub caption: Option<String>,
    /// Name of a document.
    pub filename: Option<String>,
    /// Recorded in the chat.
    pub voice: bool,
    /// A sticker that moves.
    pub animated: bool,
}

impl Attachment {
    /// A file without words.
    pub fn new(kind: &str, mime: &str, bytes: impl Into<Bytes>) -> Self {
        Self {
            kind: kind.to_owned(),
            mime: mime.to_owned(),
            bytes: bytes.into(),
            caption: None,
            filename: None,
            voice: false,
            animated: false,
        }
    }

    /// A picture.
    pub fn image(bytes: impl Into<Bytes>, caption: Option<&str>) -> Self {
        Self { caption: caption.map(str::to_owned), ..Self::new("image", "image/jpeg", bytes) }
    }

    /// A voice note.
    pub fn voice_note(bytes: impl Into<Bytes>) -> Self {
        Self { voice: true, ..Self::new("audio", "audio/ogg; codecs=opus", bytes) }
    }

    /// A document.
    pub fn document(filename: &str, mime: &str, bytes: impl Into<Bytes>) -> Self {
        Self { filename: Some(filename.to_owned()), ..Self::new("document", mime, bytes) }
    }

    /// A sticker.
    pub fn sticker(bytes: impl Into<Bytes>) -> Self {
        Self::new("sticker", "image/webp", bytes)
    }
}

/// What messages say of an attachment, and its file for the host.
pub(super) fn attach(world: &mut World, meta: &Meta, number: &str, attached: &Attachment, now: i64) -> Value {
    let id = keep(world, number, &attached.mime, attached.bytes.clone(), now + INBOUND_LIFE);
    let hash = digest(&SHA256, &attached.bytes);
    let mut content = json!({"mime_type": attached.mime, "sha256": STANDARD.encode(hash), "id": id});
    if world.options.media_addresses
        && let Some(media) = world.media.get(&id)
    {
        content["url"] = address(meta, &id, media).into();
    }
    if let Some(caption) = &attached.caption {
        content["caption"] = caption.as_str().into();
    }
    if let Some(filename) = &attached.filename {
        content["filename"] = filename.as_str().into();
    }
    match attached.kind.as_str() {
        "audio" => content["voice"] = attached.voice.into(),
        "sticker" => content["animated"] = attached.animated.into(),
        _ => {}
    }
    content
}

fn keep(world: &mut World, number: &str, mime: &str, bytes: Bytes, expires_at: i64) -> String {
    let kept: usize = world.media.values().map(|media| media.bytes.len()).sum();
    if kept + bytes.len() > MAX_BYTES {
        world.media.clear();
    }
    let id = world.new_id();
    let media = Media { number: number.to_owned(), mime: mime.to_owned(), bytes, expires_at };
    world.media.insert(id.clone(), media);
    id
}

/// A fresh address, good for a short time and only with a token.
fn address(meta: &Meta, id: &str, media: &Media) -> String {
    let file = HostedFile { name: id.to_owned(), mime: media.mime.clone(), bytes: media.bytes.clone() };
    meta.host_file(file, Expiry { after: ADDRESS_LIFE, status: 404, token: true })
}

/// `POST /{phone}/media`.
pub(super) fn upload(world: &mut World, number: &str, call: &Call, now: i64) -> Outcome {
    product(&call.values)?;
    let file = call.uploads.get("file").ok_or_else(|| missing("file"))?;
    let kind = kind_of(&file.mime).ok_or_else(|| wrong_mime(&file.mime))?;
    if file.bytes.is_empty() {
        return Err(invalid("Param file must not be empty"));
    }
    fits(kind, &file.mime, file.bytes.len())?;
    let id = keep(world, number, &file.mime, file.bytes.clone(), now + UPLOAD_LIFE);
    Ok(json!({ "id": id }))
}

/// `GET` and `DELETE /{media-id}`.
pub(super) fn node(world: &mut World, meta: &Meta, call: &Call, id: &str, now: i64) -> Outcome {
    let asked = call.text("phone_number_id").filter(|number| !number.is_empty());
    let fits = |media: &&Media| media.expires_at > now && asked.as_ref().is_none_or(|number| *number == media.number);
    let media = world.media.get(id).filter(fits).ok_or_else(|| GraphError::missing(id))?;
    if call.method == axum::http::Method::DELETE {
        world.media.remove(id);
        return Ok(json!({"success": true}));
    }
    Ok(json!({
        "messaging_product": "whatsapp", "url": address(meta, id, media), "mime_type": media.mime,
        "sha256": hex::encode(digest(&SHA256, &media.bytes)), "file_size": media.bytes.len().to_string(), "id": id,
    }))
}

/// A file that a message names by id must be there, of this number, and of the message's type; gives its MIME type.
pub(super) fn checked(
    world: &World,
    number: &str,
    kind: &str,
    content: &Value,
    now: i64,
) -> Result<Option<String>, GraphError> {
    let Some(id) = content["id"].as_str() else { return Ok(None) };
    let usable = |media: &&Media| media.number == number && media.expires_at > now;
    let media = world.media.get(id).filter(usable);
    let media = media.ok_or_else(|| invalid(&format!("Media ID {id} does not exist or is not this number's")))?;
    suits(kind, &media.mime, media.bytes.len())?;
    Ok(Some(media.mime.clone()))
}

/// Whether a file can be sent as this type.
pub(super) fn suits(kind: &str, mime: &str, size: usize) -> Result<(), GraphError> {
    let is = kind_of(mime);
    // Anything goes as a document.
    if kind != "document" && is != Some(kind) {
        return Err(wrong_mime(mime));
    }
    fits(kind, mime, size)
}

fn fits(kind: &str, mime: &str, size: usize) -> Result<(), GraphError> {
    let most = TAKEN.iter().find(|known| known.0 == essence(mime)).map_or(LARGEST, |known| known.2);
    let most = if kind == "document" { LARGEST } else { most };
    if size <= most {
        return Ok(());
    }
    Err(refuse_with(
        131_053,
        &format!("Media file size too big: {size} bytes. Max file size we currently support: {most}"),
    ))
}

fn kind_of(mime: &str) -> Option<&'static str> {
    TAKEN.iter().find(|known| known.0 == essence(mime)).map(|known| known.1)
}

/// A MIME type without its parameters.
fn essence(mime: &str) -> String {
    mime.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

fn wrong_mime(mime: &str) -> GraphError {
    refuse_with(131_053, &format!("Unsupported or wrong media type {mime}"))
}
