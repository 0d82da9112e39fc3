//! Files that come in, and who somebody is.

use super::{ALICE, ME, Reader, WITH_ALICE, words, world};
use hub_domain::{Attachment, ContentKind, RemoteParticipantId};
use hub_platform_kit::ErrorKind;
use hub_simulators::telegram_user::{FileKind, NewFile, TelegramUserHandle};

async fn received(telegram: &TelegramUserHandle, reader: &mut Reader, file: NewFile) -> Attachment {
    telegram.sends_file(ME, WITH_ALICE, ALICE, file).unwrap();
    let message = reader.message().await;
    message.content.attachments[0].clone()
}

#[tokio::test]
async fn a_file_is_fetched_in_chunks_from_where_it_lies() {
    let telegram = world().await;
    let mut reader = Reader::on(&telegram);
    reader.past().await;
    let bytes: Vec<u8> = (0_u32..1_200_000).map(|n| (n % 251) as u8).collect();
    for dc in [2, 4] {
        let file = NewFile { dc, ..NewFile::document("report.pdf", "application/pdf", &bytes) };
        let attachment = received(&telegram, &mut reader, file).await;
        assert_eq!(attachment.file_name.as_deref(), Some("report.pdf"));
        assert_eq!((attachment.kind, attachment.size), (ContentKind::File, Some(1_200_000)));
        let fetched = reader.handle.fetch(&reader.grant, &attachment, 2_000_000).await.unwrap();
        assert_eq!(fetched.bytes.as_ref(), bytes.as_slice());
        assert_eq!(fetched.mime_type.as_deref(), Some("application/pdf"));
        let refused = reader.handle.fetch(&reader.grant, &attachment, 1_000_000).await.unwrap_err();
        assert_eq!(refused.kind, ErrorKind::BadInput);
    }
}

#[tokio::test]
async fn an_old_reference_is_renewed_through_its_message() {
    let telegram = world().await;
    let mut reader = Reader::on(&telegram);
    reader.past().await;
    let file = NewFile::document("a.txt", "text/plain", b"what it says");
    let attachment = received(&telegram, &mut reader, file).await;
    telegram.expire_references(ME);
    let fetched = reader.handle.fetch(&reader.grant, &attachment, 1_000).await.unwrap();
    assert_eq!(fetched.bytes.as_ref(), b"what it says");
}

#[tokio::test]
async fn a_sign_in_that_was_ended_ends_a_download_at_once() {
    let telegram = world().await;
    let mut reader = Reader::on(&telegram);
    reader.past().await;
    let file = NewFile::document("a.txt", "text/plain", b"what it says");
    let attachment = received(&telegram, &mut reader, file).await;
    telegram.revoke(ME);
    let error = reader.handle.fetch(&reader.grant, &attachment, 1_000).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::ReauthRequired);
    assert_eq!(telegram.calls_of("upload.getFile").len(), 1);
}

#[tokio::test]
async fn files_are_shown_as_what_they_are() {
    let telegram = world().await;
    let mut reader = Reader::on(&telegram);
    reader.past().await;
    let cases = [
        (FileKind::Photo, "image/jpeg", ContentKind::Image, None),
        (FileKind::Video, "video/mp4", ContentKind::Video, None),
        (FileKind::Round, "video/mp4", ContentKind::Video, Some("round")),
        (FileKind::Voice, "audio/ogg", ContentKind::Audio, Some("voice")),
        (FileKind::Audio, "audio/mpeg", ContentKind::Audio, None),
        (FileKind::Sticker, "image/webp", ContentKind::Sticker, None),
        (FileKind::Animation, "video/mp4", ContentKind::Video, Some("animation")),
        (FileKind::Document, "application/zip", ContentKind::File, None),
    ];
    for (kind, mime, shown, flavour) in cases {
        let named = format!("{kind:?}");
        let file = NewFile { kind, caption: "look".to_owned(), ..NewFile::document("x", mime, b"bytes of a file") };
        telegram.sends_file(ME, WITH_ALICE, ALICE, file).unwrap();
        let message = reader.message().await;
        let attachment = &message.content.attachments[0];
        assert_eq!((message.content.kind, attachment.kind, words(&message)), (shown, shown, "look"), "{named}");
        assert_eq!(attachment.flavour.as_deref(), flavour, "{named}");
        let fetched = reader.handle.fetch(&reader.grant, attachment, 1_000).await.unwrap();
        assert_eq!(fetched.bytes.as_ref(), b"bytes of a file", "{named}");
    }
}

#[tokio::test]
async fn people_have_names_and_pictures() {
    let telegram = world().await;
    telegram.put_photo(ME, ALICE, b"a face");
    telegram.says(ME, WITH_ALICE, ALICE, "hello");
    let mut reader = Reader::on(&telegram);
    reader.past().await;
    let alice = RemoteParticipantId::new(ALICE.to_string());
    let profile = reader.handle.profile(&reader.grant, &alice).await.unwrap();
    assert_eq!((profile.name.as_deref(), profile.username.as_deref()), (Some("Alice"), Some("alice")));
    let picture = reader.handle.picture(&reader.grant, &profile.picture.unwrap(), 1_000).await.unwrap();
    assert_eq!(picture.bytes.as_ref(), b"a face");
    let stranger = RemoteParticipantId::new("7999999999");
    assert_eq!(reader.handle.profile(&reader.grant, &stranger).await.unwrap().name, None);
}
