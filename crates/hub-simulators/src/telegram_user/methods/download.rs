//! Files on their way down, in pieces.

use super::super::account::{Account, now};
use super::super::calls::{Caller, Refusal};
use super::super::chats::Place;
use super::super::files::File;
use super::peers;
use grammers_tl_types::{enums, functions as f, types};

/// Offsets and lengths are multiples of this.
const GRAIN: i64 = 4 * 1_024;
/// Bytes of a piece at most.
const MAX_PIECE: i64 = 512 * 1_024;
/// Pieces lie within blocks of this size.
const BLOCK: i64 = 1_024 * 1_024;

/// The file that a call means.
fn find<'a>(account: &'a Account, location: &enums::InputFileLocation) -> Result<&'a File, Refusal> {
    let invalid = || Refusal::bad("LOCATION_INVALID");
    let (id, access_hash, reference) = match location {
        enums::InputFileLocation::InputDocumentFileLocation(at) => (at.id, at.access_hash, &at.file_reference),
        enums::InputFileLocation::InputPhotoFileLocation(at) => (at.id, at.access_hash, &at.file_reference),
        enums::InputFileLocation::InputPeerPhotoFileLocation(at) => {
            let photo = match peers::place(account, &at.peer)? {
                Place::Person(id) => account.people.get(&id).and_then(|person| person.photo),
                place => account.chats.get(&place).and_then(|chat| chat.photo),
            };
            let (id, _) = photo.filter(|(id, _)| *id == at.photo_id).ok_or_else(invalid)?;
            return account.files.get(&id).ok_or_else(invalid);
        }
        _ => return Err(invalid()),
    };
    let file = account.files.get(&id).filter(|file| file.access_hash == access_hash).ok_or_else(invalid)?;
    if *reference != account.reference() {
        return Err(Refusal::bad("FILE_REFERENCE_EXPIRED"));
    }
    Ok(file)
}

pub(super) fn get_file(caller: &Caller<'_>, call: f::upload::GetFile) -> Result<enums::upload::File, Refusal> {
    let id = caller.account()?;
    let world = caller.world();
    let account = world.accounts.get(&id).ok_or_else(|| Refusal::new(401, "USER_DEACTIVATED"))?;
    let file = find(account, &call.location)?;
    if file.dc != caller.dc {
        return Err(Refusal::new(303, format!("FILE_MIGRATE_{}", file.dc)));
    }
    let limit = i64::from(call.limit);
    let grain = if call.precise { 1_024 } else { GRAIN };
    if call.offset < 0 || call.offset % grain != 0 {
        return Err(Refusal::bad("OFFSET_INVALID"));
    }
    let fits = limit > 0 && limit % grain == 0 && limit <= MAX_PIECE;
    if !fits || call.offset / BLOCK != (call.offset + limit - 1) / BLOCK {
        return Err(Refusal::bad("LIMIT_INVALID"));
    }
    let length = file.bytes.len();
    let begin = usize::try_from(call.offset).unwrap_or(length).min(length);
    let end = begin.saturating_add(usize::try_from(limit).unwrap_or_default()).min(length);
    let r#type = match file.mime_type.as_str() {
        "image/jpeg" => enums::storage::FileType::FileJpeg,
        "image/png" => enums::storage::FileType::FilePng,
        "video/mp4" => enums::storage::FileType::FileMp4,
        _ => enums::storage::FileType::FileUnknown,
    };
    Ok(types::upload::File { r#type, mtime: now(), bytes: file.bytes[begin..end].to_vec() }.into())
}
