//! What leaves, exactly.
#![allow(clippy::needless_pass_by_value, reason = "payloads are written where they are used")]

use super::spec::spec;
use super::{NUMBER, TOKEN, WABA, check_head, grant, handle, settings};
use crate::support::block_on;
use crate::support::stand_in::{Asked, Reply, StandIn};
use bytes::Bytes;
use hub_domain::ContentKind;
use hub_domain::content::{Location, SharedContact};
use hub_platform_kit::platform::{OutboundFile, OutboundMessage, Sent, Template};
use hub_platform_kit::{ErrorKind, PlatformError};
use serde_json::{Value, json};

const WA_ID: &str = "491700000001";

fn to(conversation: &str) -> OutboundMessage {
    OutboundMessage { conversation: conversation.into(), client_key: "k:1".to_owned(), ..OutboundMessage::default() }
}

fn words(conversation: &str, text: &str) -> OutboundMessage {
    OutboundMessage { text: Some(text.to_owned()), ..to(conversation) }
}

fn taken(id: &str, contact: Value) -> Reply {
    Reply::json(
        200,
        json!({ "messaging_product": "whatsapp", "contacts": [contact], "messages": [{ "id": id }] }).to_string(),
    )
}

fn uploaded(id: &str) -> Reply {
    Reply::json(200, json!({ "id": id }).to_string())
}

fn send(message: &OutboundMessage, replies: Vec<Reply>) -> (Result<Sent, PlatformError>, Vec<Asked>) {
    block_on(async {
        let stand_in = StandIn::start(replies).await;
        let outcome = handle(settings(&stand_in.base)).send(&grant(), message).await;
        let asked = stand_in.asked();
        for asked in asked.iter().filter(|asked| asked.path.ends_with("/messages")) {
            check_head(asked, "POST", &format!("{NUMBER}/messages"), TOKEN);
            if let Some(spec) = spec() {
                spec.check_request(&asked.parameters);
            }
        }
        (outcome, asked)
    })
}

/// The one body that left.
fn body(message: &OutboundMessage) -> Value {
    let (outcome, asked) = send(message, vec![taken("wamid.1", json!({ "wa_id": WA_ID }))]);
    outcome.unwrap();
    assert_eq!(asked.len(), 1, "{asked:?}");
    Value::Object(asked[0].parameters.clone())
}

fn refused(message: &OutboundMessage) -> String {
    let (outcome, asked) = send(message, Vec::new());
    let error = outcome.unwrap_err();
    assert_eq!((error.kind, asked.len()), (ErrorKind::BadInput, 0), "{error}");
    error.message
}

fn file(kind: ContentKind, name: &str, mime: &str) -> OutboundFile {
    OutboundFile {
        kind,
        file_name: name.to_owned(),
        mime_type: mime.to_owned(),
        bytes: Bytes::from_static(b"bytes"),
        link: None,
    }
}

#[test]
fn words_go_to_whom_they_are_for() {
    let sent = |conversation: &str| body(&words(conversation, "hi https://example.com"));
    let text = json!({ "preview_url": false, "body": "hi https://example.com" });
    assert_eq!(
        sent(WA_ID),
        json!({ "messaging_product": "whatsapp", "recipient_type": "individual", "to": format!("+{WA_ID}"),
            "type": "text", "text": text, "biz_opaque_callback_data": "k:1" })
    );
    assert_eq!(sent("+491700000001")["to"], "+491700000001");
    let scoped = sent("US.13491208655302741918");
    assert_eq!((&scoped["recipient"], scoped.get("to")), (&json!("US.13491208655302741918"), None));
    assert_eq!(sent("US.ENT.11815799212886844830")["recipient"], "US.ENT.11815799212886844830");
    let group = sent("Y2FwaV9ncm91cDox");
    assert_eq!((&group["recipient_type"], &group["to"]), (&json!("group"), &json!("Y2FwaV9ncm91cDox")));
    refused(&words("", "x"));
    refused(&to(WA_ID));
    refused(&words(WA_ID, ""));
}

#[test]
fn an_answer_quotes() {
    let answer = OutboundMessage { reply_to: Some("wamid.Q".into()), ..words(WA_ID, "x") };
    assert_eq!(body(&answer)["context"], json!({ "message_id": "wamid.Q" }));
    assert_eq!(body(&words(WA_ID, "x")).get("context"), None);
}

/// Brazil, Mexico, Argentina: the platform writes to another number than the one that was typed.
#[test]
fn the_platforms_own_id_is_adopted() {
    let recipient = |conversation: &str, contact: Value| {
        let (sent, _) = send(&words(conversation, "x"), vec![taken("m", contact)]);
        sent.unwrap().recipient.map(|id| id.as_str().to_owned())
    };
    assert_eq!(recipient("5511987654321", json!({ "wa_id": "551187654321" })).as_deref(), Some("551187654321"));
    assert_eq!(recipient(WA_ID, json!({ "wa_id": WA_ID })), None);
    assert_eq!(recipient("+491700000001", json!({ "wa_id": WA_ID })), None);
    assert_eq!(recipient("US.1", json!({ "user_id": "US.1" })), None);
    assert_eq!(recipient("US.1", json!({ "wa_id": WA_ID, "user_id": "US.1" })), None);
    assert_eq!(recipient("US.1", json!({ "user_id": "US.2" })).as_deref(), Some("US.2"));
    assert_eq!(recipient(WA_ID, json!({})), None);
}

#[test]
fn a_file_is_put_there_and_sent_by_its_id() {
    for (kind, mime, name, captioned) in [
        (ContentKind::Image, "image/jpeg", "image", true),
        (ContentKind::Video, "video/mp4", "video", true),
        (ContentKind::File, "application/pdf", "document", true),
        (ContentKind::Audio, "audio/mpeg", "audio", false),
        (ContentKind::Sticker, "image/webp", "sticker", false),
    ] {
        let message = OutboundMessage { attachments: vec![file(kind, "a.bin", mime)], ..to(WA_ID) };
        let (sent, asked) = send(&message, vec![uploaded("77"), taken("m", json!({ "wa_id": WA_ID }))]);
        assert_eq!(sent.unwrap().messages.len(), 1);
        let [upload, sent] = asked.as_slice() else { panic!("{asked:?}") };
        check_head(upload, "POST", &format!("{NUMBER}/media"), TOKEN);
        assert_eq!(upload.parameters, *json!({ "messaging_product": "whatsapp", "type": mime }).as_object().unwrap());
        assert_eq!(upload.files, [("file".to_owned(), "a.bin".to_owned(), mime.to_owned(), b"bytes".to_vec())]);
        let expected =
            if name == "document" { json!({ "id": "77", "filename": "a.bin" }) } else { json!({ "id": "77" }) };
        assert_eq!((&sent.parameters["type"], &sent.parameters[name]), (&json!(name), &expected));

        // Words are the caption where there can be one, else a message of their own behind the file.
        let message = OutboundMessage { text: Some("words".to_owned()), reply_to: Some("q".into()), ..message };
        let replies = vec![uploaded("77"), taken("m1", json!({})), taken("m2", json!({}))];
        let (sent, asked) = send(&message, replies);
        let ids: Vec<_> = sent.unwrap().messages.iter().map(|id| id.as_str().to_owned()).collect();
        assert_eq!(asked[1].parameters[name].get("caption").is_some(), captioned, "{name}");
        if captioned {
            assert_eq!((asked[1].parameters[name]["caption"].as_str(), ids), (Some("words"), vec!["m1".to_owned()]));
        } else {
            assert_eq!(
                (asked[2].parameters["text"]["body"].as_str(), ids),
                (Some("words"), vec!["m1".to_owned(), "m2".to_owned()])
            );
            assert!(asked[1].parameters.contains_key("context") && !asked[2].parameters.contains_key("context"));
        }
    }
}

#[test]
fn several_files_leave_in_order_and_the_first_that_can_carries_the_words() {
    let attachments = vec![
        file(ContentKind::Audio, "1.mp3", "audio/mpeg"),
        file(ContentKind::Image, "2.png", "image/png"),
        file(ContentKind::File, "3.txt", "text/plain"),
    ];
    let message = OutboundMessage { attachments, ..words(WA_ID, "words") };
    let replies = ["a", "b", "c"].into_iter().flat_map(|id| [uploaded(id), taken(id, json!({}))]).collect();
    let (sent, asked) = send(&message, replies);
    assert_eq!(sent.unwrap().messages.len(), 3);
    let captions: Vec<_> = asked
        .iter()
        .filter_map(|asked| {
            let kind = asked.parameters.get("type")?.as_str()?;
            asked.parameters.get(kind).map(|media| media.get("caption").is_some())
        })
        .collect();
    assert_eq!(captions, [false, true, false]);
}

/// What is out must not be sent twice.
#[test]
fn a_half_sent_message_is_left_to_the_person() {
    let no = || Reply::json(400, r#"{"error":{"message":"no","type":"OAuthException","code":131053}}"#);
    let message =
        OutboundMessage { attachments: vec![file(ContentKind::Audio, "a", "audio/mpeg")], ..words(WA_ID, "x") };
    let (outcome, _) = send(&message, vec![uploaded("77"), taken("m1", json!({})), no()]);
    let error = outcome.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Transient { maybe_applied: true });
    assert!(error.message.starts_with("only 1 of 2 parts were sent: "), "{error}");
    // Nothing was out: the refusal counts as it is.
    let (outcome, asked) = send(&message, vec![no()]);
    assert_eq!((outcome.unwrap_err().kind, asked.len()), (ErrorKind::BadInput, 1));
    // A cut-off upload has sent nothing.
    let (outcome, _) = send(&message, vec![Reply::json(502, "<html>")]);
    assert_eq!(outcome.unwrap_err().kind, ErrorKind::Transient { maybe_applied: false });
}

#[test]
fn places_and_people_can_be_sent() {
    let place = Location { latitude: 37.5, longitude: -122.0, name: Some("HQ".to_owned()), address: None };
    let message = OutboundMessage { location: Some(place), ..to(WA_ID) };
    assert_eq!(body(&message)["location"], json!({ "latitude": "37.5", "longitude": "-122", "name": "HQ" }));

    let person = |n: usize| SharedContact {
        name: format!("P{n}"),
        phone: (n > 0).then(|| format!("+{n}")),
        user_id: (n > 1).then(|| n.to_string()),
    };
    let message = OutboundMessage { shared_contacts: (0..7).map(person).collect(), ..to(WA_ID) };
    let (sent, asked) = send(&message, vec![taken("a", json!({})), taken("b", json!({}))]);
    assert_eq!(sent.unwrap().messages.len(), 2, "five entries fit one message");
    let entries = asked[0].parameters["contacts"].as_array().unwrap();
    assert_eq!((entries.len(), asked[1].parameters["contacts"].as_array().unwrap().len()), (5, 2));
    assert_eq!(entries[0], json!({ "name": { "formatted_name": "P0", "first_name": "P0" } }));
    assert_eq!(entries[2]["phones"], json!([{ "phone": "+2", "wa_id": "2" }]));
}

fn with_extra(name: &str, value: Value) -> OutboundMessage {
    let mut message = to(WA_ID);
    message.extra.insert(name.to_owned(), value);
    message
}

#[test]
fn a_template_is_sent_as_the_platform_wants_it() {
    let components = json!([{ "type": "body", "parameters": [{ "type": "text", "text": "Ann" }] }]);
    let language = json!({ "policy": "deterministic", "code": "en_US" });
    for written in [json!("en_US"), json!({ "code": "en_US" })] {
        let template = json!({ "name": "hello", "language": written, "components": components });
        let sent = body(&with_extra("template", template));
        assert_eq!(sent["type"], "template");
        assert_eq!(sent["template"], json!({ "name": "hello", "language": language, "components": components }));
    }
    let plain = body(&with_extra("template", json!({ "name": "hello", "language": "en_US" })));
    assert_eq!(plain["template"], json!({ "name": "hello", "language": language }));
    for (wrong, what) in [
        (json!("hello"), "an object"),
        (json!({ "language": "en" }), "a name"),
        (json!({ "name": "hello" }), "a language"),
        (json!({ "name": "hello", "language": {} }), "a language"),
        (json!({ "name": "hello", "language": "en", "components": {} }), "components"),
        (json!({ "name": "hello", "language": "en", "components": ["x"] }), "components"),
    ] {
        let why = refused(&with_extra("template", wrong));
        assert!(why.contains(what), "{why}");
    }
    refused(&OutboundMessage {
        text: Some("x".to_owned()),
        ..with_extra("template", json!({ "name": "a", "language": "b" }))
    });
    refused(&with_extra("poll", json!({})));
}

#[test]
fn buttons_are_handed_through() {
    let action = json!({ "buttons": [{ "type": "reply", "reply": { "id": "y", "title": "Yes" } }] });
    let whole = json!({ "type": "button", "body": { "text": "Sure?" }, "action": action });
    assert_eq!(body(&with_extra("interactive", whole.clone()))["interactive"], whole);
    // Words of the message are its body.
    let bare = json!({ "type": "button", "action": action });
    let message = OutboundMessage { text: Some("Sure?".to_owned()), ..with_extra("interactive", bare) };
    assert_eq!(body(&message)["interactive"], whole);
    refused(&OutboundMessage { text: Some("x".to_owned()), ..with_extra("interactive", whole) });
    for wrong in [json!([]), json!({}), json!({ "type": "button" }), json!({ "type": 1, "action": {} })] {
        refused(&with_extra("interactive", wrong));
    }
    let mut both = with_extra("interactive", json!({ "type": "button", "action": {} }));
    both.extra.insert("template".to_owned(), json!({ "name": "a", "language": "b" }));
    refused(&both);
}

/// Calls that no person sees twice.
fn told(
    call: impl AsyncFnOnce(hub_platform_kit::PlatformHandle) -> Result<(), PlatformError>,
    reply: Reply,
) -> (Result<(), PlatformError>, Vec<Asked>) {
    block_on(async {
        let stand_in = StandIn::start(vec![reply]).await;
        let outcome = call(handle(settings(&stand_in.base))).await;
        (outcome, stand_in.asked())
    })
}

fn success() -> Reply {
    Reply::json(200, r#"{"success":true}"#)
}

#[test]
fn reading_and_typing_are_told_with_the_message() {
    let (outcome, asked) = told(async |p| p.mark_read(&grant(), &WA_ID.into(), &"wamid.R".into()).await, success());
    outcome.unwrap();
    let read = json!({ "messaging_product": "whatsapp", "status": "read", "message_id": "wamid.R" });
    assert_eq!(Value::Object(asked[0].parameters.clone()), read);
    if let Some(spec) = spec() {
        spec.check_request(&asked[0].parameters);
    }
    let (outcome, asked) = told(async |p| p.typing(&grant(), &WA_ID.into(), Some(&"wamid.R".into())).await, success());
    outcome.unwrap();
    assert_eq!(asked[0].parameters["typing_indicator"], json!({ "type": "text" }));
    let (outcome, asked) = told(async |p| p.typing(&grant(), &WA_ID.into(), None).await, success());
    assert_eq!((outcome.unwrap_err().kind, asked.len()), (ErrorKind::BadInput, 0));
    let (outcome, _) = told(async |p| p.mark_read(&grant(), &WA_ID.into(), &"m".into()).await, Reply::json(200, "{}"));
    assert_eq!(outcome.unwrap_err().kind, ErrorKind::UnexpectedReply);
}

#[test]
fn a_reaction_is_put_there_and_taken_away() {
    for (emoji, sent) in [(Some("😀"), "😀"), (None, "")] {
        let (outcome, asked) =
            told(async |p| p.react(&grant(), &WA_ID.into(), &"wamid.R".into(), emoji).await, taken("m", json!({})));
        outcome.unwrap();
        let body = &asked[0].parameters;
        assert_eq!((&body["type"], &body["to"]), (&json!("reaction"), &json!(format!("+{WA_ID}"))));
        assert_eq!(body["reaction"], json!({ "message_id": "wamid.R", "emoji": sent }));
        if let Some(spec) = spec() {
            spec.check_request(body);
        }
    }
}

fn templates(pages: Vec<Value>) -> (Result<Vec<Template>, PlatformError>, Vec<Asked>) {
    block_on(async {
        let replies = pages.into_iter().map(|page| Reply::json(200, page.to_string())).collect();
        let stand_in = StandIn::start(replies).await;
        let outcome = handle(settings(&stand_in.base)).templates(&grant()).await;
        (outcome, stand_in.asked())
    })
}

#[test]
fn templates_are_listed_page_by_page_and_not_without_end() {
    let one = |name: &str| json!({ "name": name, "language": "en_US", "category": "UTILITY", "status": "APPROVED", "components": [{ "type": "BODY" }] });
    let page = |list: Vec<Value>| json!({ "data": list, "paging": { "next": "x", "cursors": { "after": "A" } } });
    let last = json!({ "data": [one("c"), { "name": "odd" }, 7] });
    let (listed, asked) = templates(vec![page(vec![one("a"), one("b")]), last]);
    let listed = listed.unwrap();
    assert_eq!(listed.iter().map(|one| one.name.as_str()).collect::<Vec<_>>(), ["a", "b", "c"]);
    assert_eq!(listed[0].components, json!([{ "type": "BODY" }]));
    assert_eq!((listed[0].status.as_str(), listed[0].category.as_deref()), ("APPROVED", Some("UTILITY")));
    check_head(&asked[0], "GET", &format!("{WABA}/message_templates"), TOKEN);
    assert_eq!((asked[0].query.get("after"), asked[1].query["after"].as_str()), (None, "A"));

    let full = page((0..200).map(|n| one(&n.to_string())).collect());
    let (listed, asked) = templates(vec![full; 20]);
    assert_eq!((listed.unwrap().len(), asked.len()), (500, 5));
}
