//! Files on their way up.

use super::super::account::{Account, now};
use super::super::calls::{Caller, Refusal};
use super::super::files::{File, FileKind};
use grammers_tl_types::{enums, functions as f, types};

/// Bytes of a part at most.
const MAX_PART: usize = 512 * 1_024;
/// Parts of a file at most.
const MAX_PARTS: i32 = 4_000;
/// Files that may be on their way at a time.
const MAX_UPLOADS: usize = 1_000;

fn save(caller: &Caller<'_>, file: i64, part: i32, bytes: Vec<u8>) -> Result<bool, Refusal> {
    let id = caller.account()?;
    if bytes.is_empty() || bytes.len() > MAX_PART {
        return Err(Refusal::bad("FILE_PART_SIZE_INVALID"));
    }
    if !(0..MAX_PARTS).contains(&part) {
        return Err(Refusal::bad("FILE_PART_INVALID"));
    }
    let mut world = caller.world();
    let account = world.accounts.get_mut(&id).ok_or_else(|| Refusal::new(401, "USER_DEACTIVATED"))?;
    if account.uploads.len() >= MAX_UPLOADS && !account.uploads.contains_key(&file) {
        account.uploads.clear();
    }
    account.uploads.entry(file).or_default().insert(part, bytes);
    Ok(true)
}

pub(super) fn save_file_part(caller: &Caller<'_>, call: f::upload::SaveFilePart) -> Result<bool, Refusal> {
    save(caller, call.file_id, call.file_part, call.bytes)
}

pub(super) fn save_big_file_part(caller: &Caller<'_>, call: f::upload::SaveBigFilePart) -> Result<bool, Refusal> {
    save(caller, call.file_id, call.file_part, call.bytes)
}

/// Puts the parts of a file together.
fn assemble(account: &mut Account, file: &enums::InputFile) -> Result<(String, Vec<u8>), Refusal> {
    let (id, parts, name) = match file {
        enums::InputFile::File(file) => (file.id, file.parts, file.name.clone()),
        enums::InputFile::Big(file) => (file.id, file.parts, file.name.clone()),
        enums::InputFile::StoryDocument(_) => return Err(Refusal::bad("MEDIA_INVALID")),
    };
    let pieces = account.uploads.get(&id).ok_or_else(|| Refusal::bad("FILE_PARTS_INVALID"))?;
    let missing = (0..parts).find(|part| !pieces.contains_key(part));
    if let Some(part) = missing {
        return Err(Refusal::bad(&format!("FILE_PART_{part}_MISSING")));
    }
    let bytes = pieces.values().flatten().copied().collect();
    account.uploads.remove(&id);
    Ok((name, bytes))
}

/// What attributes make of a document.
fn kind(attributes: &[enums::DocumentAttribute]) -> FileKind {
    let mut kind = FileKind::Document;
    for attribute in attributes {
        match attribute {
            enums::DocumentAttribute::Animated => return FileKind::Animation,
            enums::DocumentAttribute::Sticker(_) => return FileKind::Sticker,
            enums::DocumentAttribute::Video(video) if video.round_message => kind = FileKind::Round,
            enums::DocumentAttribute::Video(_) => kind = FileKind::Video,
            enums::DocumentAttribute::Audio(audio) if audio.voice => kind = FileKind::Voice,
            enums::DocumentAttribute::Audio(_) => kind = FileKind::Audio,
            _ => {}
        }
    }
    kind
}

/// Turns what a client sends into what messages carry.
pub(super) fn keep(account: &mut Account, media: &enums::InputMedia) -> Result<enums::MessageMedia, Refusal> {
    let invalid = || Refusal::bad("MEDIA_INVALID");
    let reference = account.reference();
    let dc = account.settings.dc;
    match media {
        enums::InputMedia::UploadedPhoto(media) => {
            let (name, bytes) = assemble(account, &media.file)?;
            let (id, access_hash, mime_type) = (account.secret(), account.secret(), "image/jpeg".to_owned());
            let (kind, date) = (FileKind::Photo, now());
            let file = File { id, access_hash, kind, name, mime_type, bytes, dc, date, attributes: None };
            let media = file.media(&reference);
            account.files.insert(id, file);
            Ok(media)
        }
        enums::InputMedia::UploadedDocument(media) => {
            let (name, bytes) = assemble(account, &media.file)?;
            let (id, access_hash, mime_type) = (account.secret(), account.secret(), media.mime_type.clone());
            let (kind, date) = (kind(&media.attributes), now());
            let attributes = Some(media.attributes.clone());
            let file = File { id, access_hash, kind, name, mime_type, bytes, dc, date, attributes };
            let media = file.media(&reference);
            account.files.insert(id, file);
            Ok(media)
        }
        enums::InputMedia::Photo(media) => {
            let enums::InputPhoto::Photo(photo) = &media.id else { return Err(invalid()) };
            Ok(account.files.get(&photo.id).ok_or_else(invalid)?.media(&reference))
        }
        enums::InputMedia::Document(media) => {
            let enums::InputDocument::Document(document) = &media.id else { return Err(invalid()) };
            Ok(account.files.get(&document.id).ok_or_else(invalid)?.media(&reference))
        }
        enums::InputMedia::Contact(contact) => Ok(types::MessageMediaContact {
            phone_number: contact.phone_number.clone(),
            first_name: contact.first_name.clone(),
            last_name: contact.last_name.clone(),
            vcard: contact.vcard.clone(),
            user_id: 0,
        }
        .into()),
        enums::InputMedia::GeoPoint(geo) => {
            let enums::InputGeoPoint::Point(point) = &geo.geo_point else { return Err(invalid()) };
            let (long, lat, access_hash) = (point.long, point.lat, account.secret());
            let geo = types::GeoPoint { long, lat, access_hash, accuracy_radius: point.accuracy_radius };
            Ok(types::MessageMediaGeo { geo: geo.into() }.into())
        }
        _ => Err(invalid()),
    }
}

pub(super) fn upload_media(
    caller: &Caller<'_>,
    call: f::messages::UploadMedia,
) -> Result<enums::MessageMedia, Refusal> {
    let id = caller.account()?;
    let mut world = caller.world();
    let account = world.accounts.get_mut(&id).ok_or_else(|| Refusal::new(401, "USER_DEACTIVATED"))?;
    keep(account, &call.media)
}
