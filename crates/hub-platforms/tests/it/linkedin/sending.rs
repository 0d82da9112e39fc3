//! Answering as a page, and not pretending to be able to do more.

use super::{ADMIN, PAGE, THREAD, check_head, encoded, handle, member, offline, ok, page, refused, settings};
use crate::support::block_on;
use crate::support::stand_in::{Reply, StandIn};
use hub_domain::ContentKind;
use hub_platform_kit::ErrorKind;
use hub_platform_kit::platform::{OutboundFile, OutboundMessage};
use serde_json::{Value, json};

const PARENT: &str = "urn:li:comment:(urn:li:activity:7456975906406400003,7457003195848458241)";
const ANSWER: &str = "urn:li:comment:(urn:li:activity:7456975906406400003,7457006105395200002)";

fn said(words: &str) -> OutboundMessage {
    OutboundMessage {
        conversation: THREAD.into(),
        text: Some(words.to_owned()),
        client_key: "key:0".to_owned(),
        ..OutboundMessage::default()
    }
}

fn answering(comment: &str) -> OutboundMessage {
    OutboundMessage { reply_to: Some(comment.into()), ..said("Thank you!") }
}

/// 201 with the number in the header and nothing in the body.
fn created(number: &str) -> Reply {
    Reply { status: 201, headers: vec![("x-restli-id".to_owned(), number.to_owned())], body: Vec::new() }
}

#[test]
fn a_comment_stands_under_the_post() {
    block_on(async {
        let stand_in = StandIn::start(vec![created("7457036306481152005")]).await;
        let sent = handle(settings(&stand_in.base)).send(&page(), &said("Thank you!")).await.unwrap();
        let asked = stand_in.only();
        check_head(&asked, "POST", &format!("/rest/socialActions/{}/comments", encoded(THREAD)));
        let body = json!({ "actor": PAGE, "object": THREAD, "message": { "text": "Thank you!" } });
        assert_eq!(Value::from(asked.parameters), body);
        let id = format!("urn:li:comment:({THREAD},7457036306481152005)");
        assert_eq!(sent.messages, [id.as_str().into()], "the number in the header is only half of the id");
        assert_eq!(sent.sequence, Some(7_457_036_306_481_152_005));
    });
}

/// There is one level: an answer to an answer belongs under the comment above both.
#[test]
fn an_answer_to_an_answer_stands_beside_it() {
    block_on(async {
        let found =
            json!({ "commentUrn": ANSWER, "actor": "urn:li:person:a", "object": THREAD, "parentComment": PARENT });
        let stand_in = StandIn::start(vec![ok(&found), created("7457036306481152005")]).await;
        handle(settings(&stand_in.base)).send(&page(), &answering(ANSWER)).await.unwrap();
        let asked = stand_in.asked();
        check_head(&asked[0], "GET", &format!("/rest/socialActions/{}/comments/7457006105395200002", encoded(THREAD)));
        check_head(&asked[1], "POST", &format!("/rest/socialActions/{}/comments", encoded(PARENT)));
        assert_eq!(asked[1].parameters["parentComment"], PARENT);
    });
}

/// Looking up what is answered must not stop the answer, unless it is gone.
#[test]
fn what_cannot_be_looked_up_is_answered_all_the_same() {
    let send = |reply: Reply| {
        block_on(async {
            let stand_in = StandIn::start(vec![reply, created("7457036306481152005")]).await;
            let outcome = handle(settings(&stand_in.base)).send(&page(), &answering(ANSWER)).await;
            (outcome.map(|_| ()).map_err(|error| error.kind), stand_in.asked().len())
        })
    };
    assert_eq!(send(refused(429, "")), (Ok(()), 2));
    assert_eq!(send(refused(403, "Not enough permissions to access: x")), (Ok(()), 2));
    assert_eq!(send(refused(404, "Could not find entity")), (Err(ErrorKind::NotFound), 1));
    assert_eq!(send(refused(401, "")), (Err(ErrorKind::ReauthRequired), 1));
}

#[test]
fn only_words_leave_and_only_under_a_post() {
    let refused = |change: fn(&mut OutboundMessage)| {
        let mut message = said("Thank you!");
        change(&mut message);
        block_on(offline().send(&page(), &message)).unwrap_err().kind
    };
    let picture = |message: &mut OutboundMessage| {
        message.attachments = vec![OutboundFile {
            kind: ContentKind::Image,
            file_name: "a.png".to_owned(),
            mime_type: "image/png".to_owned(),
            bytes: bytes::Bytes::from_static(b"x"),
            link: None,
        }];
    };
    assert_eq!(refused(picture), ErrorKind::BadInput);
    assert_eq!(refused(|message| message.text = Some(" ".to_owned())), ErrorKind::BadInput);
    assert_eq!(refused(|message| message.text = None), ErrorKind::BadInput);
    assert_eq!(refused(|message| message.conversation = "../x".into()), ErrorKind::BadInput);
    assert_eq!(refused(|message| message.reply_to = Some("5".into())), ErrorKind::BadInput);
}

/// LinkedIn is not asked for what it would refuse: the stand-in at this address does not exist.
#[test]
fn private_messages_are_refused_with_plain_words() {
    let mut message = said("Hello");
    message.conversation = "urn:li:person:TstPrs0n1B".into();
    // A row of the originals names the member by another id.
    let mut original = member();
    original.remote_id = "TstAdm1n0A".into();
    original.facts = Value::Null;
    for grant in [member(), original] {
        let error = block_on(offline().send(&grant, &message)).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Unsupported);
        assert!(error.message.contains("approved partners"), "{error}");
    }
}

#[test]
fn an_approved_app_writes_to_people_and_threads() {
    block_on(async {
        let told = Reply { headers: vec![("x-restli-id".to_owned(), "urn:li:message:5".to_owned())], ..created("") };
        let untold = Reply { status: 201, headers: Vec::new(), body: Vec::new() };
        let stand_in = StandIn::start(vec![told, untold]).await;
        let mut settings = settings(&stand_in.base);
        settings.messages_approved = true;
        let platform = handle(settings);
        let mut message = said("Hello");
        message.conversation = "urn:li:person:TstPrs0n1B".into();
        let sent = platform.send(&member(), &message).await.unwrap();
        assert_eq!(sent.messages, ["urn:li:message:5".into()]);
        message.conversation = "urn:li:messagingThread:2-Zm==".into();
        let sent = platform.send(&member(), &message).await.unwrap();
        assert_eq!(sent.messages, ["hub-key:0".into()]);
        let asked = stand_in.asked();
        assert_eq!((asked[0].method.as_str(), asked[0].path.as_str()), ("POST", "/v2/messages"));
        let body =
            json!({ "recipients": ["urn:li:person:TstPrs0n1B"], "body": "Hello", "messageType": "MEMBER_TO_MEMBER" });
        assert_eq!(Value::from(asked[0].parameters.clone()), body);
        assert_eq!(asked[1].parameters["thread"], "urn:li:messagingThread:2-Zm==");
        assert!(!asked[1].parameters.contains_key("recipients"), "one of the two");
    });
}

/// The card promises nothing that LinkedIn does not offer.
#[test]
fn the_card_promises_what_there_is() {
    let mut settings = settings("http://127.0.0.1:9");
    settings.comment_max = 900;
    let platform = handle(settings);
    let card = platform.card();
    assert_eq!((card.text.max, card.text.split_longer), (900, false));
    assert!(card.replies && !card.reactions && !card.typing && !card.mark_read && !card.templates);
    assert!(card.attachments.is_empty() && card.sends.is_empty());
    assert_eq!(card.published_name, "linkedin");
    assert_eq!(ADMIN, member().remote_id.as_str());
}
