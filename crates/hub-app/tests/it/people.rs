//! Names, pictures, files that are not kept, and what is read back from the past.

use crate::talk::{Talk, register};
use hub_app::media::{self, MediaAccess, MediaBytes, MediaLink};
use hub_app::{AppError, Caller, ErrorKind, PlatformError};
use hub_domain::{AttachmentState, ConversationId, EventBody};
use hub_platform_kit::platform::{Fetched, Profile};
use hub_testkit::database::engines;
use serde_json::json;

/// The first bytes of a picture.
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";
const WEEK: u64 = 7 * 24 * 3_600;

fn fetched(bytes: &'static [u8]) -> Fetched {
    Fetched { bytes: bytes.into(), mime_type: Some("image/png".to_owned()) }
}

fn profile(picture: Option<&str>) -> Profile {
    Profile { name: Some("Ada L.".to_owned()), username: None, picture: picture.map(str::to_owned) }
}

fn link(address: &str) -> MediaLink {
    let (_, query) = address.split_once('?').expect("a query");
    let parts: std::collections::HashMap<_, _> = query.split('&').filter_map(|part| part.split_once('=')).collect();
    MediaLink {
        expires: parts["exp"].parse().expect("a number"),
        user: parts["user"].parse::<uuid::Uuid>().expect("an id").into(),
        signature: parts["sig"].to_owned(),
    }
}

async fn picture(talk: &Talk, id: ConversationId, access: MediaAccess) -> Result<Vec<u8>, AppError> {
    match media::open_avatar(talk.app(), id, &access).await?.bytes {
        MediaBytes::Kept(path) => Ok(std::fs::read(path).expect("kept")),
        MediaBytes::Passing(_) => panic!("pictures are kept"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_is_asked_for_once_a_week_and_their_picture_is_the_owners_to_see() {
    for engine in engines() {
        let talk = Talk::start(engine, |card| card.profiles = true).await;
        talk.test.fake.profiles.then(Ok(profile(Some("p1"))));
        talk.test.fake.pictures.then(Ok(fetched(PNG)));
        for id in ["1", "2", "3"] {
            talk.told(json!([{"id": id, "text": id, "name": null}])).await;
            talk.work().await;
        }
        assert_eq!((talk.test.fake.count("profile"), talk.test.fake.count("picture")), (1, 1));
        let shown = talk.only().await;
        assert_eq!(shown.participant_name.as_deref(), Some("Ada L."));
        let address = shown.participant_avatar_url.expect("a link");
        let given = link(&address);
        assert_eq!(picture(&talk, shown.id, MediaAccess::Link(given.clone())).await.expect("shown"), PNG);
        let eve: Caller = register(talk.app(), "eve@example.com").await;
        let forged = [
            MediaAccess::User(eve.user_id),
            MediaAccess::Link(MediaLink { user: eve.user_id, ..given.clone() }),
            MediaAccess::Link(MediaLink { expires: given.expires + 1, ..given.clone() }),
        ];
        for access in forged {
            assert!(matches!(picture(&talk, shown.id, access).await, Err(AppError::NotFound(_))));
        }
        let other = hub_app::clock::new_id();
        assert!(picture(&talk, other, MediaAccess::Link(given.clone())).await.is_err(), "one link, one picture");
        talk.later(WEEK + 1).await;
        assert!(picture(&talk, shown.id, MediaAccess::Link(given)).await.is_err(), "links end");
        talk.test.fake.profiles.then(Ok(profile(Some("p1"))));
        talk.told(json!([{"id": "4", "text": "4"}])).await;
        talk.work().await;
        assert_eq!(talk.test.fake.count("profile"), 2);
        assert_eq!(talk.test.fake.count("picture"), 1, "the same picture is not copied again");
        assert!(talk.only().await.participant_avatar_url.is_some(), "and stays");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_picture_and_a_refused_profile_are_no_failure_and_not_asked_for_again() {
    for engine in engines() {
        let no = || PlatformError::new(ErrorKind::Rejected, "no");
        for refused in [true, false] {
            let talk = Talk::start(engine, |card| card.profiles = true).await;
            if refused {
                talk.test.fake.profiles.then(Err(no()));
            } else {
                talk.test.fake.profiles.then(Ok(profile(Some("p1"))));
                talk.test.fake.pictures.then(Err(no()));
            }
            for id in ["1", "2"] {
                talk.told(json!([{"id": id, "text": id, "name": null}])).await;
                talk.later(600).await;
            }
            assert_eq!(talk.test.fake.count("profile"), 1);
            let shown = talk.only().await;
            assert_eq!(shown.participant_name.as_deref(), (!refused).then_some("Ada L."));
            assert_eq!(shown.participant_avatar_url, None);
        }
        let silent = Talk::start(engine, |_| {}).await;
        silent.told(json!([{"id": "1", "text": "one"}])).await;
        silent.work().await;
        assert_eq!(silent.test.fake.count("profile"), 0, "a platform without profiles is not asked");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn files_that_may_not_be_copied_are_handed_through() {
    for engine in engines() {
        let talk = Talk::start(engine, |_| {}).await;
        talk.told(json!([{"id": "1", "files": ["f1"], "remote": true}])).await;
        talk.work().await;
        assert_eq!(talk.test.fake.count("fetch"), 0, "nobody looked");
        let file = talk.messages().await[0].content.attachments[0].clone();
        let access = MediaAccess::User(talk.caller.user_id);
        for _ in 0..2 {
            talk.test.fake.files.then(Ok(fetched(PNG)));
            let open = media::open(talk.app(), file.id, &access).await.expect("handed through");
            assert!(open.inline);
            let MediaBytes::Passing(bytes) = open.bytes else { panic!("it was kept") };
            assert_eq!(bytes.as_ref(), PNG);
        }
        assert_eq!(talk.test.fake.count("fetch"), 2);
        assert_eq!(talk.messages().await[0].content.attachments[0].state, AttachmentState::Remote);
        let kept = std::fs::read_dir(talk.app().settings().data_dir.join("media")).map_or(0, Iterator::count);
        assert_eq!(kept, 0, "nothing of it is stored");
        talk.test.fake.files.then(Err(PlatformError::new(ErrorKind::NotFound, "gone")));
        assert!(matches!(media::open(talk.app(), file.id, &access).await, Err(AppError::NotFound("File"))));
        let eve = register(talk.app(), "eve@example.com").await;
        let strange = media::open(talk.app(), file.id, &MediaAccess::User(eve.user_id)).await;
        assert!(matches!(strange, Err(AppError::NotFound("File"))));
        assert_eq!(talk.test.fake.count("fetch"), 3, "she asked for nothing");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_past_is_read_and_rings_no_bell() {
    for engine in engines() {
        let talk = Talk::start(engine, |_| {}).await;
        let before = talk.heard().await.len();
        talk.told(json!([
            {"id": "1", "text": "one", "history": true}, {"id": "2", "text": "two", "history": true, "at": 1},
            {"id": "3", "text": "three", "history": true, "at": 2, "out": true},
            {"kind": "edited", "id": "4", "text": "four", "history": true, "at": 3},
        ]))
        .await;
        assert_eq!(talk.texts().await, ["four", "one", "three", "two"]);
        assert!(talk.messages().await.iter().all(|message| message.is_read));
        let shown = talk.only().await;
        assert_eq!((shown.unread_count, talk.unread().await), (0, 0));
        assert_eq!(shown.last_message_at.map(crate::talk::second), Some(3));
        let heard = talk.heard().await.split_off(before);
        let quiet = |body: &EventBody| matches!(body, EventBody::ConversationUpdated { .. });
        assert!(heard.iter().all(quiet) && heard.len() == 2, "one word for the batch, one for the edit: {heard:?}");
        talk.told(json!([{"id": "5", "text": "five", "at": 4}])).await;
        assert_eq!(talk.unread().await, 1);
        assert!(matches!(talk.heard().await.last(), Some(EventBody::MessageReceived { .. })));
    }
}
