//! What leaves for a conversation, and through which door.

use super::PLATFORM;
use crate::meta::calls::words;
use crate::meta::{IG_PERSON, IG_TOKEN, PAGE_PROOF, PAGE_TOKEN, account, account_behind_page, at, offline, page};
use crate::support::block_on;
use crate::support::stand_in::{Asked, Reply, StandIn};
use hub_domain::ContentKind;
use hub_domain::text::{LengthUnit, split};
use hub_platform_kit::platform::{OutboundFile, OutboundMessage, Sent};
use hub_platform_kit::{ErrorKind, Grant, PlatformError};
use serde_json::{Value, json};

fn taken(id: &str) -> Reply {
    Reply::json(200, json!({ "recipient_id": IG_PERSON, "message_id": id }).to_string())
}

async fn send(
    grant: &Grant,
    message: &OutboundMessage,
    replies: Vec<Reply>,
) -> (Result<Sent, PlatformError>, Vec<Asked>) {
    let stand_in = StandIn::start(replies).await;
    let sent = at(PLATFORM, &stand_in.base).send(grant, message).await;
    (sent, stand_in.asked())
}

fn file(kind: ContentKind, name: &str) -> OutboundFile {
    let link = Some(format!("https://hub.example/files/{name}"));
    OutboundFile { kind, file_name: name.to_owned(), mime_type: "x/y".to_owned(), bytes: b"x".as_slice().into(), link }
}

fn files(files: Vec<OutboundFile>) -> OutboundMessage {
    OutboundMessage { text: None, attachments: files, ..words(IG_PERSON, "") }
}

#[test]
fn words_leave_through_the_accounts_own_door() {
    let mut message = words(IG_PERSON, "Hi");
    message.tag = Some("HUMAN_AGENT".to_owned());
    let (sent, asked) = block_on(send(&account(), &message, vec![taken("m_1")]));
    assert_eq!(sent.unwrap().messages, ["m_1".into()]);
    let expected = json!({ "recipient": { "id": IG_PERSON }, "message": { "text": "Hi" }, "tag": "HUMAN_AGENT" });
    assert_eq!(Value::Object(asked[0].parameters.clone()), expected);
    let of = (asked[0].method.as_str(), asked[0].path.as_str(), asked[0].token.as_deref());
    assert_eq!(of, ("POST", "/v25.0/17841405822304914/messages", Some(IG_TOKEN)));
}

#[test]
fn only_a_page_answers_a_single_message() {
    let mut message = words(IG_PERSON, "Hi");
    message.reply_to = Some("m_0".into());
    let (sent, asked) = block_on(send(&account_behind_page(), &message, vec![taken("m_1")]));
    assert!(sent.is_ok());
    let expected =
        json!({ "recipient": { "id": IG_PERSON }, "message": { "text": "Hi" }, "reply_to": { "mid": "m_0" } });
    assert_eq!(Value::Object(asked[0].parameters.clone()), expected);
    let of = (asked[0].path.as_str(), asked[0].token.as_deref(), asked[0].query["appsecret_proof"].as_str());
    assert_eq!(of, ("/v25.0/682498302938465/messages", Some(PAGE_TOKEN), PAGE_PROOF));
    let error = block_on(offline(PLATFORM).send(&account(), &message)).unwrap_err();
    assert_eq!(error.kind, ErrorKind::BadInput);
}

#[test]
fn pictures_leave_together_and_everything_else_alone() {
    let mut all: Vec<OutboundFile> = (0..12).map(|n| file(ContentKind::Image, &format!("{n}.png"))).collect();
    all.push(file(ContentKind::Video, "v.mp4"));
    all.push(file(ContentKind::File, "f.pdf"));
    all.push(file(ContentKind::Image, "last.png"));
    let mut message = files(all);
    message.reply_to = Some("m_0".into());
    let replies = ["a", "b", "c", "d", "e"].map(taken).to_vec();
    let (sent, asked) = block_on(send(&account_behind_page(), &message, replies));
    assert_eq!(sent.unwrap().messages, ["a", "b", "c", "d", "e"].map(Into::into));
    let message = |at: usize| asked[at].parameters["message"].clone();
    let counts: Vec<usize> = [0, 1, 4].map(|at| message(at)["attachments"].as_array().unwrap().len()).into();
    assert_eq!(counts, [10, 2, 1]);
    let picture = json!({ "type": "image", "payload": { "url": "https://hub.example/files/0.png" } });
    assert_eq!(message(0)["attachments"][0], picture);
    let video = json!({ "attachment": { "type": "video", "payload": { "url": "https://hub.example/files/v.mp4" } } });
    assert_eq!(message(2), video);
    assert_eq!(message(3)["attachment"]["type"], "file");
    let answers: Vec<bool> = asked.iter().map(|one| one.parameters.contains_key("reply_to")).collect();
    assert_eq!(answers, [true, false, false, false, false], "the first one answers");
}

#[test]
fn a_failure_in_the_middle_leaves_the_rest_to_the_person() {
    let both = files(vec![file(ContentKind::Video, "a"), file(ContentKind::Video, "b")]);
    let refused = Reply::json(400, r#"{"error":{"message":"(#100) too large","code":100,"error_subcode":2018109}}"#);
    let (sent, asked) = block_on(send(&account(), &both, vec![taken("a"), refused.clone()]));
    let error = sent.unwrap_err();
    assert_eq!((error.kind, asked.len()), (ErrorKind::Transient { maybe_applied: true }, 2));
    assert_eq!(error.message, "only 1 of 2 messages with files were sent: too large");
    let (sent, _) = block_on(send(&account(), &both, vec![refused]));
    assert_eq!(sent.unwrap_err().kind, ErrorKind::BadInput, "nothing was sent");
}

#[test]
fn what_cannot_be_sent_never_leaves() {
    let hidden = OutboundFile { link: None, ..file(ContentKind::Image, "b") };
    let no_address = files(vec![file(ContentKind::Image, "a"), file(ContentKind::Video, "v"), hidden]);
    let error = block_on(offline(PLATFORM).send(&account(), &no_address)).unwrap_err();
    assert_eq!(error.kind, ErrorKind::BadInput);
    assert!(error.message.contains("no public address"), "{}", error.message);
    let both = OutboundMessage { attachments: vec![file(ContentKind::Image, "a")], ..words(IG_PERSON, "words too") };
    for message in [files(vec![]), both] {
        let error = block_on(offline(PLATFORM).send(&account(), &message)).unwrap_err();
        assert_eq!(error.kind, ErrorKind::BadInput);
    }
    // What an original left names no door.
    let error = block_on(offline(PLATFORM).send(&page(), &words(IG_PERSON, "x"))).unwrap_err();
    assert_eq!(error.kind, ErrorKind::ReauthRequired);
}

#[test]
fn bytes_are_counted() {
    let card = offline(PLATFORM);
    let rules = card.card().text;
    assert_eq!((rules.unit, rules.max), (LengthUnit::Bytes, 1000));
    let parts = split(&"😀".repeat(251), rules.max, rules.unit).iter().map(|part| part.len()).collect::<Vec<_>>();
    assert_eq!(parts, [1000, 4]);
}

#[test]
fn actions_go_through_the_page_and_reactions_through_both() {
    block_on(async {
        let platform = offline(PLATFORM);
        let person = IG_PERSON.into();
        let read = platform.mark_read(&account(), &person, &"m_0".into()).await.unwrap_err();
        let typing = platform.typing(&account(), &person, None).await.unwrap_err();
        assert_eq!((read.kind, typing.kind), (ErrorKind::Unsupported, ErrorKind::Unsupported));

        let stand_in = StandIn::start(vec![Reply::json(200, "{}"); 5]).await;
        let platform = at(PLATFORM, &stand_in.base);
        platform.mark_read(&account_behind_page(), &person, &"m_0".into()).await.unwrap();
        platform.typing(&account_behind_page(), &person, None).await.unwrap();
        platform.react(&account(), &person, &"m_0".into(), Some("love")).await.unwrap();
        platform.react(&account(), &person, &"m_0".into(), None).await.unwrap();
        platform.react(&account_behind_page(), &person, &"m_0".into(), Some("😀")).await.unwrap();
        let asked = stand_in.asked();
        let did: Vec<(&str, &Value)> =
            asked.iter().map(|one| (one.path.as_str(), &one.parameters["sender_action"])).collect();
        let (page, own) = ("/v25.0/682498302938465/messages", "/v25.0/17841405822304914/messages");
        let actions = [json!("mark_seen"), json!("typing_on"), json!("react"), json!("unreact"), json!("react")];
        assert_eq!(
            did,
            [(page, &actions[0]), (page, &actions[1]), (own, &actions[2]), (own, &actions[3]), (page, &actions[4])]
        );
        assert_eq!(asked[2].parameters["payload"], json!({ "message_id": "m_0", "reaction": "love" }));
        assert_eq!(asked[3].parameters["payload"], json!({ "message_id": "m_0" }));
    });
}
