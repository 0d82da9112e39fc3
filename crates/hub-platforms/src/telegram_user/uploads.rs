//! Handing files over, part by part.

use super::errors;
use super::line::Line;
use grammers_tl_types as tl;
use hub_domain::ContentKind;
use hub_platform_kit::platform::OutboundFile;
use hub_platform_kit::{ErrorKind, PlatformError, Result};
use tl::enums::{DocumentAttribute, InputFile, InputMedia};

/// Bytes of a part; Telegram's own limit.
const PART: usize = 512 * 1024;
/// From this size on Telegram wants files handed over in another way, in bytes.
const BIG: usize = 10 * 1024 * 1024;

/// Hands a file over; what comes back names it for sending. `id` is ours, and the same for a repeat.
pub(super) async fn upload(line: &Line, id: i64, file: &OutboundFile) -> Result<InputMedia> {
    let odd = || PlatformError::new(ErrorKind::BadInput, "the file is too large");
    let parts = i32::try_from(file.bytes.len().div_ceil(PART)).map_err(|_| odd())?;
    let big = file.bytes.len() > BIG;
    for (number, bytes) in (0..parts).zip(file.bytes.chunks(PART)) {
        let bytes = bytes.to_vec();
        let taken = if big {
            let (file_id, file_part, file_total_parts) = (id, number, parts);
            let request = tl::functions::upload::SaveBigFilePart { file_id, file_part, file_total_parts, bytes };
            line.connection.call(&request).await
        } else {
            line.connection.call(&tl::functions::upload::SaveFilePart { file_id: id, file_part: number, bytes }).await
        };
        if !taken.map_err(|error| errors::meaning(&error))? {
            return Err(PlatformError::new(ErrorKind::UnexpectedReply, "Telegram did not take a part of the file"));
        }
    }
    let name = file.file_name.clone();
    let handed: InputFile = if big {
        tl::types::InputFileBig { id, parts, name }.into()
    } else {
        tl::types::InputFile { id, parts, name, md5_checksum: String::new() }.into()
    };
    Ok(media(file, handed))
}

fn media(file: &OutboundFile, handed: InputFile) -> InputMedia {
    let picture = matches!(file.mime_type.as_str(), "image/jpeg" | "image/png" | "image/webp");
    if file.kind == ContentKind::Image && picture {
        return tl::types::InputMediaUploadedPhoto {
            spoiler: false,
            live_photo: false,
            file: handed,
            stickers: None,
            ttl_seconds: None,
            video: None,
        }
        .into();
    }
    tl::types::InputMediaUploadedDocument {
        nosound_video: false,
        force_file: file.kind == ContentKind::File,
        spoiler: false,
        file: handed,
        thumb: None,
        mime_type: file.mime_type.clone(),
        attributes: attributes(file),
        stickers: None,
        video_cover: None,
        video_timestamp: None,
        ttl_seconds: None,
    }
    .into()
}

/// What the file is shown as. Sizes and lengths are for Telegram to find out.
fn attributes(file: &OutboundFile) -> Vec<DocumentAttribute> {
    let mut attributes = vec![tl::types::DocumentAttributeFilename { file_name: file.file_name.clone() }.into()];
    match (file.kind, file.mime_type.as_str()) {
        (ContentKind::Image, "image/gif") => attributes.push(DocumentAttribute::Animated),
        (ContentKind::Video, _) => attributes.push(
            tl::types::DocumentAttributeVideo {
                round_message: false,
                supports_streaming: true,
                nosound: false,
                duration: 0.0,
                w: 0,
                h: 0,
                preload_prefix_size: None,
                video_start_ts: None,
                video_codec: None,
            }
            .into(),
        ),
        (ContentKind::Audio, mime) => attributes.push(
            tl::types::DocumentAttributeAudio {
                voice: matches!(mime, "audio/ogg" | "audio/opus"),
                duration: 0,
                title: None,
                performer: None,
                waveform: None,
            }
            .into(),
        ),
        _ => {}
    }
    attributes
}
