//! What leaves, exactly.

use super::{BOTH, ME, PERSON, TOKEN, block_on, grant, handle, settings};
use crate::support::stand_in::{Asked, Reply, StandIn};
use bytes::Bytes;
use hub_domain::ContentKind;
use hub_domain::content::Location;
use hub_platform_kit::platform::{OutboundFile, OutboundMessage, Sent};
use hub_platform_kit::{ErrorKind, Grant, PlatformError};
use hub_platforms::twitter::Settings;
use serde_json::{Value, json};
use std::time::Duration;

const EVENT: &str = "1582103724607971332";
/// Bytes of a piece of a file.
const PIECE: usize = 4 * 1024 * 1024;

fn to(conversation: &str) -> OutboundMessage {
    OutboundMessage { conversation: conversation.into(), client_key: "k:0".to_owned(), ..OutboundMessage::default() }
}

fn words(conversation: &str, text: &str) -> OutboundMessage {
    OutboundMessage { text: Some(text.to_owned()), ..to(conversation) }
}

fn file(kind: ContentKind, mime: &str, bytes: &[u8]) -> OutboundFile {
    OutboundFile {
        kind,
        file_name: "a".to_owned(),
        mime_type: mime.to_owned(),
        bytes: Bytes::copy_from_slice(bytes),
        link: None,
    }
}

fn taken(conversation: &str) -> Reply {
    let data = json!({ "dm_conversation_id": conversation, "dm_event_id": EVENT });
    Reply::json(201, json!({ "data": data }).to_string())
}

fn state(state: &str, wait: u64) -> Reply {
    let info = json!({ "state": state, "check_after_secs": wait });
    Reply::json(200, json!({ "data": { "id": "77", "processing_info": info } }).to_string())
}

fn begun() -> Reply {
    Reply::json(200, json!({ "data": { "id": "77" } }).to_string())
}

fn send_as(grant: &Grant, message: &OutboundMessage, replies: Vec<Reply>) -> (Result<Sent, PlatformError>, Vec<Asked>) {
    block_on(async {
        let stand_in = StandIn::start(replies).await;
        let outcome = handle(settings(&stand_in.base)).send(grant, message).await;
        let asked = stand_in.asked();
        super::spec::check(&asked);
        for one in &asked {
            assert_eq!(one.token.as_deref(), Some(TOKEN), "{}", one.path);
        }
        (outcome, asked)
    })
}

fn send(message: &OutboundMessage, replies: Vec<Reply>) -> (Result<Sent, PlatformError>, Vec<Asked>) {
    send_as(&grant(), message, replies)
}

/// Where it went, and what the hub learned.
fn went(message: &OutboundMessage, told: &str) -> (String, Value, Sent) {
    let (sent, mut asked) = send(message, vec![taken(told)]);
    assert_eq!((asked.len(), asked[0].method.as_str()), (1, "POST"));
    let asked = asked.remove(0);
    (asked.path, Value::Object(asked.parameters), sent.unwrap())
}

#[test]
fn words_go_to_the_other_end() {
    let (path, body, sent) = went(&words(BOTH, "Hello!"), BOTH);
    assert_eq!(path, format!("/2/dm_conversations/with/{PERSON}/messages"));
    assert_eq!(body, json!({ "text": "Hello!" }));
    assert_eq!((sent.messages[0].as_str(), sent.recipient), (EVENT, None));
    assert_eq!(sent.sequence.map(|place| place.to_string()).as_deref(), Some(EVENT));
    // A row of the originals knows the person alone, and learns the conversation's id.
    let (path, _, sent) = went(&words(PERSON, "x"), BOTH);
    assert_eq!(path, format!("/2/dm_conversations/with/{PERSON}/messages"));
    assert_eq!(sent.recipient.unwrap().as_str(), BOTH);
    let (path, ..) = went(&words(&format!("{ME}-{ME}"), "x"), BOTH);
    assert_eq!(path, format!("/2/dm_conversations/with/{ME}/messages"), "a note to oneself");
}

#[test]
fn a_group_is_named_by_its_address() {
    let group = OutboundMessage { address: Some(json!({ "group": true })), ..words("1578398451921985538", "x") };
    let (path, _, sent) = went(&group, "1578398451921985538");
    assert_eq!((path.as_str(), sent.recipient), ("/2/dm_conversations/1578398451921985538/messages", None));
}

#[test]
fn what_cannot_go_is_never_asked() {
    let place = Location { latitude: 1.0, longitude: 2.0, name: None, address: None };
    let picture = file(ContentKind::Image, "image/png", b"p");
    for (message, kind) in [
        (words("5-7", "between others"), ErrorKind::BadInput),
        (words("", "x"), ErrorKind::BadInput),
        (words("../2/users", "x"), ErrorKind::BadInput),
        (to(BOTH), ErrorKind::BadInput),
        (words(BOTH, ""), ErrorKind::BadInput),
        (OutboundMessage { location: Some(place), ..words(BOTH, "x") }, ErrorKind::Unsupported),
        (OutboundMessage { attachments: vec![picture.clone(), picture], ..to(BOTH) }, ErrorKind::BadInput),
        (
            OutboundMessage { attachments: vec![file(ContentKind::File, "text/plain", b"t")], ..to(BOTH) },
            ErrorKind::BadInput,
        ),
        (OutboundMessage { address: Some(json!({ "encrypted": true })), ..words("g1:2", "x") }, ErrorKind::Rejected),
    ] {
        let (outcome, asked) = send(&message, Vec::new());
        assert_eq!((outcome.unwrap_err().kind, asked.len()), (kind, 0), "{message:?}");
    }
}

#[test]
fn a_file_is_put_there_in_pieces() {
    let mut bytes = vec![1_u8; PIECE];
    bytes.extend([2; 10]);
    let message =
        OutboundMessage { attachments: vec![file(ContentKind::Image, "image/png", &bytes)], ..words(BOTH, "look") };
    let piece = || Reply::json(200, json!({ "data": { "expires_at": 1 } }).to_string());
    let (sent, asked) = send(&message, vec![begun(), piece(), piece(), begun(), taken(BOTH)]);
    sent.unwrap();
    let paths: Vec<&str> = asked.iter().map(|one| one.path.as_str()).collect();
    let message_path = format!("/2/dm_conversations/with/{PERSON}/messages");
    let [upload, append, finalize] =
        ["initialize", "77/append", "77/finalize"].map(|end| format!("/2/media/upload/{end}"));
    assert_eq!(paths, [upload.as_str(), &append, &append, &finalize, &message_path]);
    let announced = json!({ "media_category": "dm_image", "media_type": "image/png", "total_bytes": PIECE + 10 });
    assert_eq!(Value::Object(asked[0].parameters.clone()), announced);
    for (place, size) in [(0, PIECE), (1, 10)] {
        let one = &asked[1 + place];
        assert_eq!(one.parameters["segment_index"], json!(place.to_string()));
        assert_eq!((one.files[0].0.as_str(), one.files[0].3.len()), ("media", size));
    }
    assert_eq!(asked[4].parameters["text"], "look");
    assert_eq!(asked[4].parameters["attachments"], json!([{ "media_id": "77" }]));
}

#[test]
fn files_have_their_sorts() {
    for (kind, mime, category) in [
        (ContentKind::Image, "image/jpeg", "dm_image"),
        (ContentKind::Image, "image/gif", "dm_gif"),
        (ContentKind::Video, "video/mp4", "dm_video"),
    ] {
        let message = OutboundMessage { attachments: vec![file(kind, mime, b"x")], ..to(BOTH) };
        let (sent, asked) = send(&message, vec![begun(), begun(), begun(), taken(BOTH)]);
        sent.unwrap();
        assert_eq!(asked[0].parameters["media_category"], category);
        assert_eq!(Value::Object(asked[3].parameters.clone()), json!({ "attachments": [{ "media_id": "77" }] }));
    }
}

/// What is there is not put there again, however often it is asked for.
#[test]
fn a_file_that_takes_its_time_is_found_again() {
    block_on(async {
        let video = OutboundMessage { attachments: vec![file(ContentKind::Video, "video/mp4", b"v")], ..to(BOTH) };
        let replies = vec![
            begun(),
            begun(),
            state("pending", 3_600),
            Reply { status: 502, headers: Vec::new(), body: Vec::new() },
            state("succeeded", 0),
            taken(BOTH),
        ];
        let stand_in = StandIn::start(replies).await;
        let hurried = Settings { upload_patience: Duration::from_millis(999), ..settings(&stand_in.base) };
        let platform = handle(hurried);
        for _ in 0..2 {
            let error = platform.send(&grant(), &video).await.unwrap_err();
            assert_eq!(error.kind, ErrorKind::Transient { maybe_applied: false }, "{error}");
        }
        platform.send(&grant(), &video).await.unwrap();
        let paths: Vec<String> = stand_in.asked().into_iter().map(|one| one.path).collect();
        let upload = "/2/media/upload";
        assert_eq!(paths[..3], ["initialize", "77/append", "77/finalize"].map(|end| format!("{upload}/{end}")));
        assert_eq!(paths[3..5], [upload, upload]);
        assert!(paths.len() == 6 && paths[5].ends_with("/messages"), "{paths:?}");
    });
}

#[test]
fn a_file_the_platform_cannot_use_is_refused() {
    let video = OutboundMessage { attachments: vec![file(ContentKind::Video, "video/mp4", b"v")], ..to(BOTH) };
    let (outcome, asked) = send(&video, vec![begun(), begun(), state("failed", 0)]);
    assert_eq!((outcome.unwrap_err().kind, asked.len()), (ErrorKind::BadInput, 3));
}

/// Nothing a person sees has happened before the message itself.
#[test]
fn trouble_with_a_file_leaves_no_doubt() {
    let picture = OutboundMessage { attachments: vec![file(ContentKind::Image, "image/png", b"p")], ..to(BOTH) };
    let gateway = Reply { status: 502, headers: Vec::new(), body: b"<html>".to_vec() };
    for before in 0..3 {
        let mut replies = vec![begun(); before];
        replies.push(gateway.clone());
        let (outcome, _) = send(&picture, replies);
        assert_eq!(outcome.unwrap_err().kind, ErrorKind::Transient { maybe_applied: false }, "{before}");
    }
}

#[test]
fn without_the_permission_only_files_stay_here() {
    let mut poor = grant();
    poor.facts = json!({ "scopes": ["dm.read", "dm.write"] });
    let picture = OutboundMessage { attachments: vec![file(ContentKind::Image, "image/png", b"p")], ..to(BOTH) };
    let (outcome, asked) = send_as(&poor, &picture, Vec::new());
    let error = outcome.unwrap_err();
    assert!(error.kind == ErrorKind::Rejected && error.message.contains("files"), "{error}");
    assert!(asked.is_empty());
    send_as(&poor, &words(BOTH, "x"), vec![taken(BOTH)]).0.unwrap();
    // Rows of the originals do not say what was granted: the platform is asked.
    poor.facts = Value::Null;
    send_as(&poor, &picture, vec![begun(), begun(), begun(), taken(BOTH)]).0.unwrap();
}
