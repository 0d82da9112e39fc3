//! Files: down in pieces, up in parts, photos of people.

use super::{ALICE, ME, Program, peer, refusal, signed_in, within, world};
use grammers_client::media::Media;
use grammers_client::message::{InputMessage, Message};
use grammers_tl_types as tl;
use hub_simulators::telegram_user::{FileKind, NewFile, Place};

/// Bytes of a piece.
const PIECE: i32 = 128 * 1_024;

fn content(length: usize) -> Vec<u8> {
    (0..length).map(|at| u8::try_from(at % 251).unwrap()).collect()
}

async fn newest(program: &Program, place: Place) -> Message {
    let at = peer(program, place).await;
    within(program.client.iter_messages(at).limit(1).next()).await.unwrap().unwrap()
}

fn location(message: &Message) -> tl::types::InputDocumentFileLocation {
    let Some(Media::Document(document)) = message.media() else { panic!("a document") };
    let Some(tl::enums::Document::Document(document)) = document.raw.document else { panic!("a document") };
    tl::types::InputDocumentFileLocation {
        id: document.id,
        access_hash: document.access_hash,
        file_reference: document.file_reference,
        thumb_size: String::new(),
    }
}

fn piece(location: tl::enums::InputFileLocation, offset: i64, limit: i32) -> tl::functions::upload::GetFile {
    tl::functions::upload::GetFile { precise: false, cdn_supported: false, location, offset, limit }
}

async fn download(program: &Program, dc: i32, location: &tl::enums::InputFileLocation) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let offset = i64::try_from(bytes.len()).unwrap();
        let call = piece(location.clone(), offset, PIECE);
        let tl::enums::upload::File::File(file) = within(program.client.invoke_in_dc(dc, &call)).await.unwrap() else {
            panic!("a file");
        };
        let last = file.bytes.len() < usize::try_from(PIECE).unwrap();
        bytes.extend(file.bytes);
        if last {
            return bytes;
        }
    }
}

#[tokio::test]
async fn a_file_comes_in_pieces() {
    let telegram = world().await;
    let alice = Place::Person(ALICE);
    let bytes = content(300_000);
    let mut file = NewFile::document("report.pdf", "application/pdf", &bytes);
    "here it is".clone_into(&mut file.caption);
    telegram.sends_file(ME, alice, ALICE, file).unwrap();
    let program = signed_in(&telegram);
    let message = newest(&program, alice).await;
    let Some(Media::Document(document)) = message.media() else { panic!("a document") };
    assert_eq!((document.name(), document.mime_type()), (Some("report.pdf"), Some("application/pdf")));
    assert_eq!((message.text(), document.size()), ("here it is", Some(300_000)));
    let location = location(&message).into();
    assert_eq!(download(&program, 2, &location).await, bytes);
    assert_eq!(telegram.calls_of("upload.getFile").len(), 3);
    assert_eq!(refusal(program.call(&piece(location.clone(), 5, PIECE)).await), "400 OFFSET_INVALID");
    assert_eq!(refusal(program.call(&piece(location, 0, 1_000_000)).await), "400 LIMIT_INVALID");

    let mut whole = Vec::new();
    let mut pieces = program.client.iter_download(&message.media().unwrap());
    while let Some(piece) = within(pieces.next()).await.unwrap() {
        whole.extend(piece);
    }
    assert_eq!(whole, bytes);
}

#[tokio::test]
async fn a_file_elsewhere_and_an_old_reference_are_told_apart() {
    let telegram = world().await;
    let alice = Place::Person(ALICE);
    let bytes = content(5_000);
    let mut file = NewFile::document("far.bin", "application/octet-stream", &bytes);
    file.dc = 5;
    telegram.sends_file(ME, alice, ALICE, file).unwrap();
    let program = signed_in(&telegram);
    let old = location(&newest(&program, alice).await);
    assert_eq!(refusal(program.call(&piece(old.clone().into(), 0, PIECE)).await), "303 FILE_MIGRATE 5");
    let tl::enums::auth::ExportedAuthorization::Authorization(export) =
        program.call(&tl::functions::auth::ExportAuthorization { dc_id: 5 }).await.unwrap();
    let import = tl::functions::auth::ImportAuthorization { id: export.id, bytes: export.bytes };
    within(program.client.invoke_in_dc(5, &import)).await.unwrap();
    assert_eq!(download(&program, 5, &old.clone().into()).await, bytes);

    telegram.expire_references(ME);
    let outcome = within(program.client.invoke_in_dc(5, &piece(old.clone().into(), 0, PIECE))).await;
    assert_eq!(refusal(outcome), "400 FILE_REFERENCE_EXPIRED");
    let fresh = location(&newest(&program, alice).await);
    assert_ne!(fresh.file_reference, old.file_reference);
    assert_eq!(download(&program, 5, &fresh.into()).await, bytes);
}

#[tokio::test]
async fn every_kind_of_file_is_seen_as_what_it_is() {
    let telegram = world().await;
    let alice = Place::Person(ALICE);
    let program = signed_in(&telegram);
    let kinds = [
        (FileKind::Photo, "image/jpeg"),
        (FileKind::Video, "video/mp4"),
        (FileKind::Round, "video/mp4"),
        (FileKind::Voice, "audio/ogg"),
        (FileKind::Audio, "audio/mpeg"),
        (FileKind::Animation, "video/mp4"),
        (FileKind::Sticker, "image/webp"),
    ];
    let mut seen = Vec::new();
    for (kind, mime_type) in kinds {
        let mut file = NewFile::document("file", mime_type, b"content");
        file.kind = kind;
        telegram.sends_file(ME, alice, ALICE, file).unwrap();
        seen.push(match newest(&program, alice).await.media().unwrap() {
            Media::Photo(_) => "photo".to_owned(),
            Media::Sticker(_) => "sticker".to_owned(),
            Media::Document(document) => {
                let raw = &document.raw;
                format!("video {} round {} voice {}", raw.video, raw.round, raw.voice)
            }
            other => panic!("{other:?}"),
        });
    }
    let wanted = [
        "photo",
        "video true round false voice false",
        "video true round true voice false",
        "video false round false voice true",
        "video false round false voice false",
        "video false round false voice false",
        "sticker",
    ];
    assert_eq!(seen, wanted);
}

#[tokio::test]
async fn a_file_goes_up_in_parts() {
    let telegram = world().await;
    let alice = Place::Person(ALICE);
    telegram.says(ME, alice, ALICE, "send it").unwrap();
    let program = signed_in(&telegram);
    let at = peer(&program, alice).await;
    let bytes = content(1_200_000);
    let mut reader = &bytes[..];
    let uploaded = within(program.client.upload_stream(&mut reader, bytes.len(), "big.bin".to_owned())).await.unwrap();
    let message = InputMessage::new().text("there").document(uploaded);
    let sent = within(program.client.send_message(at, message)).await.unwrap();
    let at = location(&sent);
    assert_eq!(telegram.file(ME, at.id), Some(bytes.clone()));
    assert_eq!(download(&program, 2, &at.into()).await, bytes);

    let missing = tl::types::InputFile { id: 99, parts: 2, name: "gone".to_owned(), md5_checksum: String::new() };
    let part = tl::functions::upload::SaveFilePart { file_id: 99, file_part: 0, bytes: vec![1; 10] };
    assert!(program.call(&part).await.unwrap());
    let media = tl::types::InputMediaUploadedPhoto {
        spoiler: false,
        live_photo: false,
        file: missing.into(),
        stickers: None,
        ttl_seconds: None,
        video: None,
    };
    let call = tl::functions::messages::UploadMedia {
        business_connection_id: None,
        peer: tl::enums::InputPeer::PeerSelf,
        media: media.into(),
    };
    assert_eq!(refusal(program.call(&call).await), "400 FILE_PART_MISSING 1");
}

#[tokio::test]
async fn people_have_photos() {
    let telegram = world().await;
    let alice = Place::Person(ALICE);
    telegram.says(ME, alice, ALICE, "hello").unwrap();
    telegram.put_photo(ME, ALICE, b"a picture");
    let program = signed_in(&telegram);
    let message = newest(&program, alice).await;
    let Some(grammers_client::peer::Peer::User(user)) = message.peer().cloned() else { panic!("a person") };
    let photo = user.photo().unwrap();
    let at = peer(&program, alice).await;
    let location = tl::types::InputPeerPhotoFileLocation { big: true, peer: at.into(), photo_id: photo.photo_id };
    assert_eq!(download(&program, photo.dc_id, &location.into()).await, b"a picture");
}
