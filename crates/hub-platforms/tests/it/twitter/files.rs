//! Files that come in, and what messages say of them.
#![allow(clippy::needless_pass_by_value, reason = "payloads are written where they are used")]

use super::{TOKEN, block_on, delivery, grant, handle, message, parse, settings};
use crate::support::stand_in::{Reply, StandIn};
use hub_domain::inbound::InboundBody;
use hub_domain::{Attachment, AttachmentId, AttachmentState, Content, ContentKind};
use hub_platform_kit::ErrorKind;
use hub_platform_kit::platform::Parsed;
use hub_platforms::PlatformSettings;
use hub_platforms::twitter::Settings;
use serde_json::{Value, json};

const ADDRESS: &str = "https://ton.twitter.com/1.1/ton/data/dm/11/22/name.jpg";

fn attachment(address: &str) -> Attachment {
    Attachment {
        id: AttachmentId(uuid::Uuid::nil()),
        kind: ContentKind::Image,
        remote_ref: address.to_owned(),
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

fn bytes(status: u16) -> Reply {
    Reply { status, headers: vec![("content-type".into(), "image/jpeg".into())], body: b"the file".to_vec() }
}

fn gone() -> Reply {
    let body = json!({ "title": "Not Found Error", "type": "https://api.twitter.com/2/problems/resource-not-found" });
    Reply::json(404, body.to_string())
}

#[test]
fn a_file_is_fetched_with_the_sign_in() {
    block_on(async {
        let stand_in = StandIn::start(vec![bytes(200)]).await;
        let fetched = handle(settings(&stand_in.base)).fetch(&grant(), &attachment(ADDRESS), 8).await.unwrap();
        assert_eq!((&fetched.bytes[..], fetched.mime_type.as_deref()), (&b"the file"[..], Some("image/jpeg")));
        let asked = stand_in.only();
        assert_eq!(asked.path, "/2/dm_conversations/media/11/22/name.jpg");
        assert_eq!(asked.token.as_deref(), Some(TOKEN));
        super::spec::check(&[asked]);
    });
}

#[test]
fn its_name_is_tried_with_its_ending_and_without() {
    block_on(async {
        let stand_in = StandIn::start(vec![gone(), bytes(200)]).await;
        let platform = handle(settings(&stand_in.base));
        platform.fetch(&grant(), &attachment(ADDRESS), 100).await.unwrap();
        assert_eq!(stand_in.asked()[1].path, "/2/dm_conversations/media/11/22/name");
    });
    block_on(async {
        let stand_in = StandIn::start(vec![gone(), gone()]).await;
        let platform = handle(settings(&stand_in.base));
        let error = platform.fetch(&grant(), &attachment(ADDRESS), 100).await.unwrap_err();
        assert_eq!((error.kind, stand_in.asked().len()), (ErrorKind::NotFound, 2));
    });
}

#[test]
fn one_that_is_too_large_is_not_kept_and_not_asked_for_twice() {
    block_on(async {
        let stand_in = StandIn::start(vec![bytes(200), bytes(200)]).await;
        let error = handle(settings(&stand_in.base)).fetch(&grant(), &attachment(ADDRESS), 7).await.unwrap_err();
        assert_eq!((error.kind, stand_in.asked().len()), (ErrorKind::BadInput, 1));
    });
}

#[test]
fn no_other_server_is_asked() {
    let settings = PlatformSettings {
        twitter: Settings { loopback_media: false, ..settings("http://127.0.0.1:9") },
        ..PlatformSettings::default()
    };
    let platform = handle(settings.twitter);
    for address in [
        "http://127.0.0.1:9/file.jpg",
        "https://evil.example/1.1/ton/file.jpg",
        "https://eviltwimg.com/a.jpg",
        "file:///etc/passwd",
        "not an address",
    ] {
        let error = block_on(platform.fetch(&grant(), &attachment(address), 100)).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Rejected, "{address}");
        let error = block_on(platform.picture(&grant(), address, 100)).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Rejected, "{address}");
    }
}

/// The platform's own words name only the path; whichever host they name, the hub asks the API.
#[test]
fn a_picture_of_a_person_needs_no_token() {
    block_on(async {
        let stand_in = StandIn::start(vec![bytes(200)]).await;
        let platform = handle(settings(&stand_in.base));
        platform.picture(&grant(), &format!("{}/profile_images/1/a.jpg", stand_in.base), 100).await.unwrap();
        assert_eq!(stand_in.only().token, None);
    });
}

fn content(data: &Value) -> Content {
    let parsed = parse(delivery(&message("954491830116155396", data)).to_string().as_bytes());
    let Some(Parsed::Event(event)) = parsed.into_iter().next() else { panic!() };
    let InboundBody::Message(said) = event.body else { panic!() };
    said.content
}

fn with_media(kind: &str, more: Value) -> Value {
    let mut media = json!({ "id": 1_218_168_684_226_711_552_u64, "id_str": "1218168684226711552", "type": kind,
        "media_url_https": ADDRESS, "url": "https://t.co/abc", "sizes": { "large": { "w": 16, "h": 9 } } });
    for (name, value) in more.as_object().unwrap() {
        media[name] = value.clone();
    }
    json!({ "text": "look https://t.co/abc", "attachment": { "type": "media", "media": media } })
}

#[test]
fn the_best_video_is_the_video() {
    let variants = json!([
        { "bitrate": 320_000, "content_type": "video/mp4", "url": "https://video.twimg.com/low.mp4" },
        { "content_type": "application/x-mpegURL", "url": "https://video.twimg.com/list.m3u8" },
        { "bitrate": 832_000, "content_type": "video/mp4", "url": "https://video.twimg.com/high.mp4" },
    ]);
    let video =
        content(&with_media("video", json!({ "video_info": { "variants": variants, "duration_millis": 5_400 } })));
    let file = &video.attachments[0];
    assert_eq!((video.kind, file.remote_ref.as_str()), (ContentKind::Video, "https://video.twimg.com/high.mp4"));
    assert_eq!((file.width, file.height, file.duration_s), (Some(16), Some(9), Some(5)));
    assert_eq!((file.mime_type.as_deref(), video.text.as_deref()), (Some("video/mp4"), Some("look")));
    let one = json!({ "video_info": { "variants": [{ "bitrate": 0, "content_type": "video/mp4", "url": "https://video.twimg.com/g.mp4" }] } });
    let moving = content(&with_media("animated_gif", one));
    assert_eq!((moving.kind, moving.attachments[0].flavour.as_deref()), (ContentKind::Video, Some("animated")));
}

#[test]
fn what_cannot_be_shown_is_named_and_the_words_stand() {
    let strange = content(&with_media("hologram", json!({})));
    assert_eq!((strange.kind, strange.text.as_deref()), (ContentKind::Text, Some("look")));
    assert_eq!(strange.details.extra["attachment"], "hologram");
    let place = content(&json!({ "text": "", "attachment": { "type": "location" } }));
    assert_eq!((place.kind, place.details.unsupported.as_deref()), (ContentKind::Unsupported, Some("location")));
    let nothing = content(&json!({}));
    assert_eq!((nothing.kind, nothing.details.unsupported.as_deref()), (ContentKind::Unsupported, Some("empty")));
}

#[test]
fn escapes_are_signs_only_where_the_operator_says_so() {
    let data = json!({ "text": "a &amp;lt; b &lt; c" });
    assert_eq!(content(&data).text.as_deref(), Some("a &amp;lt; b &lt; c"));
    let decoding = handle(Settings { unescape_text: true, ..settings("http://127.0.0.1:9") });
    let body = delivery(&message("954491830116155396", &data)).to_string().into_bytes();
    let verified = hub_platform_kit::webhook::Verified { body: body.into(), account: None };
    let Parsed::Event(event) = decoding.parse(&verified).unwrap().remove(0) else { panic!() };
    let InboundBody::Message(said) = event.body else { panic!() };
    assert_eq!(said.content.text.as_deref(), Some("a &lt; b < c"), "once");
}
