//! Files: what people send, what accounts upload, photos of people.

use grammers_tl_types::{enums, types};

/// Width and height that pictures and films are said to have.
const SIDE: i32 = 640;

/// What a file is shown as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// A picture.
    Photo,
    /// A film.
    Video,
    /// A film in a circle.
    Round,
    /// Something spoken.
    Voice,
    /// Music.
    Audio,
    /// A sticker.
    Sticker,
    /// A short film without sound that repeats.
    Animation,
    /// Anything else.
    Document,
}

impl FileKind {
    /// By name, as the control API takes it.
    pub(super) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "photo" => Self::Photo,
            "video" => Self::Video,
            "round" => Self::Round,
            "voice" => Self::Voice,
            "audio" => Self::Audio,
            "sticker" => Self::Sticker,
            "animation" => Self::Animation,
            "document" => Self::Document,
            _ => return None,
        })
    }
}

/// A file to be sent.
#[derive(Clone, Debug)]
pub struct NewFile {
    /// What it is shown as.
    pub kind: FileKind,
    /// Its name.
    pub name: String,
    /// Its MIME type.
    pub mime_type: String,
    /// Its content.
    pub bytes: Vec<u8>,
    /// The data centre it lies in.
    pub dc: i32,
    /// What is said with it.
    pub caption: String,
}

impl NewFile {
    /// A document in data centre 2.
    pub fn document(name: &str, mime_type: &str, bytes: &[u8]) -> Self {
        Self {
            kind: FileKind::Document,
            name: name.to_owned(),
            mime_type: mime_type.to_owned(),
            bytes: bytes.to_vec(),
            dc: 2,
            caption: String::new(),
        }
    }
}

/// A file that is kept.
#[derive(Clone, Debug)]
pub(super) struct File {
    pub(super) id: i64,
    pub(super) access_hash: i64,
    pub(super) kind: FileKind,
    pub(super) name: String,
    pub(super) mime_type: String,
    pub(super) bytes: Vec<u8>,
    pub(super) dc: i32,
    pub(super) date: i32,
    /// What the client said of it when it was uploaded.
    pub(super) attributes: Option<Vec<enums::DocumentAttribute>>,
}

impl File {
    /// As messages carry it.
    pub(super) fn media(&self, reference: &[u8]) -> enums::MessageMedia {
        if self.kind == FileKind::Photo {
            let photo = Some(self.photo(reference));
            return types::MessageMediaPhoto {
                spoiler: false,
                live_photo: false,
                photo,
                ttl_seconds: None,
                video: None,
            }
            .into();
        }
        types::MessageMediaDocument {
            nopremium: false,
            spoiler: false,
            video: matches!(self.kind, FileKind::Video | FileKind::Round),
            round: self.kind == FileKind::Round,
            voice: self.kind == FileKind::Voice,
            document: Some(self.document(reference)),
            alt_documents: None,
            video_cover: None,
            video_timestamp: None,
            ttl_seconds: None,
        }
        .into()
    }

    /// A picture, in one size.
    pub(super) fn photo(&self, reference: &[u8]) -> enums::Photo {
        let size = i32::try_from(self.bytes.len()).unwrap_or(i32::MAX);
        let size = types::PhotoSize { r#type: "y".to_owned(), w: SIDE, h: SIDE, size };
        types::Photo {
            has_stickers: false,
            id: self.id,
            access_hash: self.access_hash,
            file_reference: reference.to_vec(),
            date: self.date,
            sizes: vec![size.into()],
            video_sizes: None,
            dc_id: self.dc,
        }
        .into()
    }

    fn document(&self, reference: &[u8]) -> enums::Document {
        types::Document {
            id: self.id,
            access_hash: self.access_hash,
            file_reference: reference.to_vec(),
            date: self.date,
            mime_type: self.mime_type.clone(),
            size: i64::try_from(self.bytes.len()).unwrap_or(i64::MAX),
            thumbs: None,
            video_thumbs: None,
            dc_id: self.dc,
            attributes: self.attributes.clone().unwrap_or_else(|| self.usual_attributes()),
        }
        .into()
    }

    fn usual_attributes(&self) -> Vec<enums::DocumentAttribute> {
        let audio = |voice: bool, title: Option<String>| {
            let performer = title.as_ref().map(|_| "Somebody".to_owned());
            types::DocumentAttributeAudio { voice, duration: 3, title, performer, waveform: None }.into()
        };
        let video = |round_message: bool, nosound: bool| {
            types::DocumentAttributeVideo {
                round_message,
                supports_streaming: true,
                nosound,
                duration: 3.0,
                w: SIDE,
                h: SIDE,
                preload_prefix_size: None,
                video_start_ts: None,
                video_codec: None,
            }
            .into()
        };
        let name = types::DocumentAttributeFilename { file_name: self.name.clone() }.into();
        match self.kind {
            FileKind::Photo | FileKind::Document => vec![name],
            FileKind::Video => vec![video(false, false), name],
            FileKind::Round => vec![video(true, false)],
            FileKind::Voice => vec![audio(true, None)],
            FileKind::Audio => vec![audio(false, Some(self.name.clone())), name],
            FileKind::Animation => vec![video(false, true), enums::DocumentAttribute::Animated, name],
            FileKind::Sticker => {
                let size = types::DocumentAttributeImageSize { w: SIDE, h: SIDE };
                let sticker = types::DocumentAttributeSticker {
                    mask: false,
                    alt: "🙂".to_owned(),
                    stickerset: enums::InputStickerSet::Empty,
                    mask_coords: None,
                };
                vec![size.into(), sticker.into(), name]
            }
        }
    }
}
