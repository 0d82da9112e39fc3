//! What leaves for a page's conversation.

use super::PLATFORM;
use crate::meta::calls::words;
use crate::meta::{PAGE, PAGE_PROOF, PAGE_TOKEN, PERSON, at, offline, page};
use crate::support::block_on;
use crate::support::stand_in::{Asked, Reply, StandIn};
use hub_domain::content::Location;
use hub_domain::{ContentKind, RemoteMessageId};
use hub_platform_kit::platform::{OutboundFile, OutboundMessage, Sent};
use hub_platform_kit::{ErrorKind, PlatformError, PlatformHandle};
use serde_json::{Value, json};

fn taken() -> Reply {
    Reply::json(200, json!({ "recipient_id": PERSON, "message_id": "m_1" }).to_string())
}

async fn send(message: &OutboundMessage) -> (Sent, Asked) {
    let stand_in = StandIn::start(vec![taken()]).await;
    let sent = at(PLATFORM, &stand_in.base).send(&page(), message).await.unwrap();
    (sent, stand_in.only())
}

fn file(kind: ContentKind, name: &str, mime: &str) -> OutboundFile {
    let bytes = b"the bytes".as_slice().into();
    OutboundFile { kind, file_name: name.to_owned(), mime_type: mime.to_owned(), bytes, link: None }
}

#[test]
fn an_answer_names_what_it_answers_beside_the_message() {
    let mut message = words(PERSON, "Hi");
    message.reply_to = Some("m_0".into());
    let (_, asked) = block_on(send(&message));
    let expected = json!({
        "recipient": { "id": PERSON }, "messaging_type": "RESPONSE", "reply_to": { "mid": "m_0" },
        "message": { "text": "Hi", "metadata": "hub:out:7f3a" },
    });
    assert_eq!(Value::Object(asked.parameters), expected);
    assert_eq!((asked.token.as_deref(), asked.query["appsecret_proof"].as_str()), (Some(PAGE_TOKEN), PAGE_PROOF));
    assert_eq!(asked.query.len(), 1);
}

#[test]
fn a_tag_makes_it_a_tagged_message() {
    let mut message = words(PERSON, "Hi");
    message.tag = Some("HUMAN_AGENT".to_owned());
    let (_, asked) = block_on(send(&message));
    assert_eq!(
        (&asked.parameters["messaging_type"], &asked.parameters["tag"]),
        (&json!("MESSAGE_TAG"), &json!("HUMAN_AGENT"))
    );
}

#[test]
fn a_file_leaves_as_it_is() {
    for (kind, word) in [
        (ContentKind::Image, "image"),
        (ContentKind::Video, "video"),
        (ContentKind::Audio, "audio"),
        (ContentKind::File, "file"),
        (ContentKind::Sticker, "file"),
    ] {
        let message = OutboundMessage {
            text: None,
            attachments: vec![file(kind, "ä.png", "image/png")],
            reply_to: Some("m_0".into()),
            tag: Some("HUMAN_AGENT".to_owned()),
            ..words(PERSON, "")
        };
        let (sent, asked) = block_on(send(&message));
        assert!(asked.is_form && sent.messages == [RemoteMessageId::from("m_1")]);
        let field = |name: &str| -> Value { serde_json::from_str(asked.parameters[name].as_str().unwrap()).unwrap() };
        assert_eq!(field("recipient"), json!({ "id": PERSON }));
        assert_eq!(field("reply_to"), json!({ "mid": "m_0" }));
        let attachment = json!({ "type": word, "payload": {} });
        assert_eq!(field("message"), json!({ "attachment": attachment, "metadata": "hub:out:7f3a" }));
        assert_eq!(
            (&asked.parameters["messaging_type"], &asked.parameters["tag"]),
            (&json!("MESSAGE_TAG"), &json!("HUMAN_AGENT"))
        );
        let [(part, name, mime, bytes)] = asked.files.as_slice() else { panic!() };
        assert_eq!(
            (part.as_str(), name.as_str(), mime.as_str(), &bytes[..]),
            ("filedata", "ä.png", "image/png", b"the bytes".as_slice())
        );
        assert_eq!(asked.query["appsecret_proof"], PAGE_PROOF);
    }
}

#[test]
fn what_a_page_cannot_send_never_leaves() {
    let picture = || file(ContentKind::Image, "a.png", "image/png");
    let empty = || OutboundMessage { text: None, ..words(PERSON, "") };
    let place = Location { latitude: 1.0, longitude: 2.0, name: None, address: None };
    for message in [
        empty(),
        OutboundMessage { attachments: vec![picture()], ..words(PERSON, "words too") },
        OutboundMessage { attachments: vec![picture(), picture()], ..empty() },
        OutboundMessage { attachments: vec![file(ContentKind::File, "a", "no type")], ..empty() },
        OutboundMessage { location: Some(place), ..empty() },
        OutboundMessage { extra: json!({ "template": {} }).as_object().unwrap().clone(), ..empty() },
        words("t_../x", "x"),
    ] {
        let error = block_on(offline(PLATFORM).send(&page(), &message)).unwrap_err();
        assert_eq!(error.kind, ErrorKind::BadInput, "{message:?}");
    }
}

/// Rows of the originals hold the thread's id where the person's belongs.
#[test]
fn a_threads_person_is_looked_up() {
    let participants = json!({ "id": "t_1", "participants": { "data": [{ "id": PAGE }, { "id": PERSON }] } });
    let thread = || Reply::json(200, participants.to_string());
    block_on(async {
        let stand_in = StandIn::start(vec![thread(), taken(), thread(), Reply::json(200, "{}")]).await;
        let platform = at(PLATFORM, &stand_in.base);
        let sent = platform.send(&page(), &words("t_1", "x")).await.unwrap();
        assert_eq!(sent.recipient, Some(PERSON.into()), "the id to write to from now on");
        platform.mark_read(&page(), &"t_1".into(), &"m_0".into()).await.unwrap();
        let asked = stand_in.asked();
        assert_eq!((asked[0].method.as_str(), asked[0].path.as_str()), ("GET", "/v25.0/t_1"));
        assert_eq!(
            (&asked[1].parameters["recipient"], &asked[3].parameters["recipient"]),
            (&json!({ "id": PERSON }), &json!({ "id": PERSON }))
        );
        let alone = json!({ "participants": { "data": [{ "id": PAGE }] } }).to_string();
        let stand_in = StandIn::start(vec![Reply::json(200, alone)]).await;
        let error = at(PLATFORM, &stand_in.base).send(&page(), &words("t_1", "x")).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::NotFound);
    });
}

/// What is told to the person's app, and how often.
async fn told<F: AsyncFn(&PlatformHandle) -> Result<(), PlatformError>>(work: F) -> Value {
    let stand_in = StandIn::start(vec![Reply::json(200, json!({ "recipient_id": PERSON }).to_string())]).await;
    work(&at(PLATFORM, &stand_in.base)).await.unwrap();
    let asked = stand_in.only();
    assert_eq!((asked.method.as_str(), asked.path.as_str()), ("POST", "/v25.0/682498302938465/messages"));
    Value::Object(asked.parameters)
}

#[test]
fn actions_are_no_messages() {
    block_on(async {
        let action = |name: &str| json!({ "recipient": { "id": PERSON }, "sender_action": name });
        let read = told(async |p| p.mark_read(&page(), &PERSON.into(), &"m_0".into()).await).await;
        assert_eq!(read, action("mark_seen"));
        let typing = told(async |p| p.typing(&page(), &PERSON.into(), Some(&"m_0".into())).await).await;
        assert_eq!(typing, action("typing_on"));
        let mut reacted = action("react");
        reacted["payload"] = json!({ "message_id": "m_0", "reaction": "😊" });
        assert_eq!(told(async |p| p.react(&page(), &PERSON.into(), &"m_0".into(), Some("😊")).await).await, reacted);
        let mut taken_away = action("unreact");
        taken_away["payload"] = json!({ "message_id": "m_0" });
        assert_eq!(told(async |p| p.react(&page(), &PERSON.into(), &"m_0".into(), None).await).await, taken_away);
        let platform = offline(PLATFORM);
        assert_eq!(platform.templates(&page()).await.unwrap_err().kind, ErrorKind::Unsupported);
        assert_eq!(platform.acknowledge(&page(), &json!({})).await.unwrap_err().kind, ErrorKind::Unsupported);
    });
}
