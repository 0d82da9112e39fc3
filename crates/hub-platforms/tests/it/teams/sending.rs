//! What the account does: sending, reacting, reading, and what goes wrong.
#![allow(clippy::needless_pass_by_value, reason = "payloads are written where they are used")]

use super::{ACCOUNT, GROUP, OTHER, PAIR, TENANT, TOKEN, at, grant, ok};
use crate::support::block_on;
use crate::support::stand_in::{Asked, Reply, StandIn};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use hub_domain::{Attachment, AttachmentId, AttachmentState, ContentKind, RemoteConversationId, RemoteMessageId};
use hub_platform_kit::platform::{OutboundFile, OutboundMessage, Sent};
use hub_platform_kit::{ErrorKind, Grant, PlatformError, PlatformHandle};
use serde_json::{Value, json};
use std::time::Duration;

const CHAT: &str = GROUP;

fn chat() -> RemoteConversationId {
    RemoteConversationId::from(CHAT)
}

fn words(text: &str) -> OutboundMessage {
    OutboundMessage { conversation: chat(), text: Some(text.to_owned()), ..OutboundMessage::default() }
}

pub(crate) fn picture(bytes: &[u8]) -> OutboundFile {
    OutboundFile {
        kind: ContentKind::Image,
        file_name: "dot.png".to_owned(),
        mime_type: "image/png".to_owned(),
        bytes: bytes.to_vec().into(),
        link: None,
    }
}

fn taken() -> Reply {
    Reply::json(201, json!({ "id": "1616991463150", "createdDateTime": "2021-03-29T04:17:43.15Z" }).to_string())
}

/// Does something against these answers.
fn with<T>(replies: Vec<Reply>, work: impl AsyncFnOnce(&PlatformHandle) -> T) -> (T, Vec<Asked>) {
    block_on(async {
        let stand_in = StandIn::start(replies).await;
        let outcome = work(&at(&stand_in.base)).await;
        let asked = stand_in.asked();
        super::spec::check(&asked);
        (outcome, asked)
    })
}

fn send(message: &OutboundMessage, reply: Reply) -> (Result<Sent, PlatformError>, Vec<Asked>) {
    with(vec![reply], async |platform| platform.send(&grant(), message).await)
}

#[test]
fn words_leave_as_they_are() {
    let (sent, asked) = send(&words("a <b> & \"c\"\nd"), taken());
    let sent = sent.unwrap();
    assert_eq!((sent.messages.len(), sent.sequence), (1, Some(1_616_991_463_150)));
    assert_eq!(sent.at.unwrap().timestamp_millis(), 1_616_991_463_150);
    assert_eq!(asked[0].path, format!("/v1.0/chats/{CHAT}/messages"));
    assert_eq!(asked[0].token.as_deref(), Some(TOKEN));
    assert_eq!(asked[0].parameters["body"], json!({ "contentType": "text", "content": "a <b> & \"c\"\nd" }));
}

#[test]
fn a_picture_stands_in_the_text() {
    let message = OutboundMessage { attachments: vec![picture(b"png")], ..words("look <here> & there\nnow") };
    let (sent, asked) = send(&message, taken());
    sent.unwrap();
    let body = &asked[0].parameters["body"];
    assert_eq!(body["contentType"], "html");
    let html = "<p>look &lt;here&gt; &amp; there<br>now</p><p><img src=\"../hostedContents/1/$value\" alt=\"\"></p>";
    assert_eq!(body["content"], html);
    let hosted = json!([{ "@microsoft.graph.temporaryId": "1", "contentBytes": BASE64.encode(b"png"),
        "contentType": "image/png" }]);
    assert_eq!(asked[0].parameters["hostedContents"], hosted);
    let quoting = OutboundMessage { reply_to: Some(RemoteMessageId::from("16")), ..message };
    let (sent, asked) = send(&quoting, taken());
    sent.unwrap();
    assert_eq!(asked[0].path, format!("/v1.0/chats/{CHAT}/messages/replyWithQuote"));
    assert_eq!(asked[0].parameters["messageIds"], json!(["16"]));
    assert_eq!(asked[0].parameters["replyMessage"]["hostedContents"], hosted);
}

#[test]
fn what_cannot_be_sent_is_not_asked_for() {
    let file = |kind, size: usize| OutboundMessage {
        attachments: vec![OutboundFile { kind, ..picture(&vec![0; size]) }],
        ..words("")
    };
    for (message, kind) in [
        (words(""), ErrorKind::BadInput),
        (words(&"x".repeat(12_501)), ErrorKind::BadInput),
        (words(&"\u{20ac}".repeat(8_400)), ErrorKind::BadInput),
        (file(ContentKind::File, 1), ErrorKind::Unsupported),
        (file(ContentKind::Image, 2_800_001), ErrorKind::BadInput),
        (OutboundMessage { conversation: RemoteConversationId::from("a/b"), ..words("hello") }, ErrorKind::BadInput),
        (OutboundMessage { conversation: RemoteConversationId::from(".."), ..words("hello") }, ErrorKind::BadInput),
    ] {
        let (outcome, asked) = send(&message, taken());
        assert_eq!((outcome.unwrap_err().kind, asked.len()), (kind, 0));
    }
    // Whatever the card lets pass fits, in either encoding.
    for longest in ["x".repeat(8_000), "\u{20ac}".repeat(8_000), "\u{1f600}".repeat(4_000)] {
        send(&words(&longest), taken()).0.unwrap();
    }
}

#[test]
fn what_may_have_been_sent_is_never_called_failed() {
    let reply = |status: u16, body: &str| Reply::json(status, body);
    let doubt = ErrorKind::Transient { maybe_applied: true };
    for (answer, kind) in [
        (reply(500, "{}"), doubt),
        (reply(502, "<html>"), doubt),
        (reply(504, ""), doubt),
        (reply(201, "<html>"), doubt),
        (reply(201, "{}"), doubt),
        (reply(503, "{}"), ErrorKind::Transient { maybe_applied: false }),
        (reply(509, "{}"), ErrorKind::RateLimited { retry_after: None }),
        (reply(429, "{}"), ErrorKind::RateLimited { retry_after: None }),
        (reply(401, "{}"), ErrorKind::ReauthRequired),
        (reply(402, "{}"), ErrorKind::Misconfigured),
        (reply(403, "{}"), ErrorKind::Rejected),
        (reply(404, "{}"), ErrorKind::NotFound),
        (reply(410, "{}"), ErrorKind::NotFound),
        (reply(409, "{}"), ErrorKind::Rejected),
        (reply(412, "{}"), ErrorKind::Rejected),
        (reply(413, "<html>"), ErrorKind::BadInput),
        (reply(418, "{}"), ErrorKind::Rejected),
    ] {
        let status = answer.status;
        let error = send(&words("hello"), answer).0.unwrap_err();
        assert_eq!(error.kind, kind, "{status}: {error}");
        assert!(!error.message.is_empty());
    }
}

#[test]
fn waits_are_obeyed_as_they_are_written() {
    let asked = |header: &str, date: Option<&str>, status: u16| {
        let mut reply = Reply::json(status, "{}");
        reply.headers.push(("retry-after".into(), header.into()));
        reply.headers.extend(date.map(|date| ("date".into(), date.into())));
        send(&words("hello"), reply).0.unwrap_err().kind
    };
    let wait = |wait| ErrorKind::RateLimited { retry_after: Some(wait) };
    assert_eq!(asked("2.128", None, 429), wait(Duration::from_millis(2_128)));
    assert_eq!(asked("10", None, 503), wait(Duration::from_secs(10)));
    let now = Some("Wed, 25 Nov 2026 10:00:00 GMT");
    assert_eq!(asked("Wed, 25 Nov 2026 10:00:30 GMT", now, 429), wait(Duration::from_secs(30)));
    assert_eq!(asked("Wed, 25 Nov 2026 09:00:00 GMT", now, 429), wait(Duration::ZERO));
    assert_eq!(asked("99999999999", None, 429), wait(Duration::from_hours(24)), "a day at most");
    for odd in ["soon", "-1", "NaN", "inf", "1e400"] {
        assert_eq!(asked(odd, None, 429), ErrorKind::RateLimited { retry_after: None }, "{odd}");
    }
}

#[test]
fn a_refusal_names_its_code_and_no_token() {
    let body =
        json!({ "error": { "code": "Forbidden", "message": "no\u{0} rights", "innerError": { "request-id": "r" } } });
    let error = send(&words("hello"), Reply::json(403, body.to_string())).0.unwrap_err();
    assert_eq!(
        (error.status, error.remote_code.as_deref(), error.message.as_str()),
        (
            Some(403),
            Some("Forbidden"),
            "Microsoft does not allow this: you may have left the chat, or a permission is missing. Microsoft says: no rights"
        )
    );
    assert!(!format!("{error:?}").contains(TOKEN));
}

#[test]
fn a_reaction_replaces_and_goes_again() {
    let message = RemoteMessageId::from("1612289992105");
    let standing = |own: &[&str]| {
        let one = |kind: &str, user: &str| json!({ "reactionType": kind, "user": { "user": { "id": user } } });
        let all: Vec<Value> = own.iter().map(|kind| one(kind, ACCOUNT)).chain([one("sad", OTHER)]).collect();
        ok(&json!({ "id": "1612289992105", "reactions": all }))
    };
    let done = || Reply::json(204, "");
    let react = |own: &[&str], emoji: Option<&str>| {
        let (outcome, asked) = with(vec![standing(own), done(), done()], async |platform| {
            platform.react(&grant(), &chat(), &message, emoji).await
        });
        outcome.unwrap();
        let calls = asked.into_iter().skip(1);
        let prefix = format!("/v1.0/chats/{CHAT}/messages/1612289992105/");
        calls
            .map(|asked| format!("{} {}", asked.path.strip_prefix(&prefix).unwrap(), asked.parameters["reactionType"]))
            .collect::<Vec<_>>()
    };
    assert_eq!(react(&[], Some("👍")), ["setReaction \"👍\""]);
    assert_eq!(react(&["like"], Some("👍")), ["unsetReaction \"like\"", "setReaction \"👍\""]);
    assert_eq!(react(&["👍"], Some("👍")), Vec::<String>::new(), "twice changes nothing");
    assert_eq!(react(&["👍", "❤️"], None), ["unsetReaction \"👍\"", "unsetReaction \"❤️\""]);
    assert_eq!(react(&[], None), Vec::<String>::new());
}

#[test]
fn reading_needs_the_tenant_and_finds_it() {
    let message = RemoteMessageId::from("1");
    let expected = json!({ "user": { "id": ACCOUNT, "tenantId": TENANT } });
    let read = |grant: Grant, replies: Vec<Reply>, times: usize| {
        with(replies, async |platform| {
            for _ in 0..times {
                platform.mark_read(&grant, &chat(), &message).await.unwrap();
            }
        })
        .1
    };
    let asked = read(grant(), vec![Reply::json(204, "")], 1);
    assert_eq!(asked[0].path, format!("/v1.0/chats/{CHAT}/markChatReadForUser"));
    assert_eq!(Value::Object(asked[0].parameters.clone()), expected);
    let members = json!({ "id": CHAT, "members": [{ "userId": OTHER, "tenantId": "theirs" },
        { "userId": ACCOUNT.to_uppercase(), "tenantId": TENANT }] });
    let nameless = Grant { facts: Value::Null, ..grant() };
    let asked = read(nameless, vec![ok(&members), Reply::json(204, ""), Reply::json(204, "")], 2);
    assert_eq!(asked[0].path, format!("/v1.0/chats/{CHAT}"));
    assert_eq!(asked.len(), 3, "the second time it is known");
    assert!(asked[1..].iter().all(|asked| Value::Object(asked.parameters.clone()) == expected));
}

#[test]
fn typing_and_prepared_messages_are_not_offered() {
    let platform = at("http://127.0.0.1:9");
    let unsupported = |kind: ErrorKind| assert_eq!(kind, ErrorKind::Unsupported);
    unsupported(block_on(platform.typing(&grant(), &chat(), None)).unwrap_err().kind);
    unsupported(block_on(platform.templates(&grant())).unwrap_err().kind);
}

pub(crate) fn file(address: String) -> Attachment {
    Attachment {
        id: AttachmentId(uuid::Uuid::nil()),
        kind: ContentKind::Image,
        remote_ref: address,
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

/// The token of a person goes to Graph and to nobody else.
#[test]
fn files_lie_at_graph_or_nowhere() {
    let bytes =
        || Reply { status: 200, headers: vec![("content-type".into(), "image/png".into())], body: b"png".to_vec() };
    block_on(async {
        let stand_in = StandIn::start(vec![bytes(), Reply::json(404, "{}"), Reply::json(401, "{}"), bytes()]).await;
        let (other, platform) = (StandIn::start(vec![bytes()]).await, at(&stand_in.base));
        let own = file(format!("{}/v1.0/chats/{PAIR}/messages/1/hostedContents/aWQ9/$value", stand_in.base));
        let fetched = platform.fetch(&grant(), &own, 1000).await.unwrap();
        assert_eq!((fetched.bytes.as_ref(), fetched.mime_type.as_deref()), (&b"png"[..], Some("image/png")));
        assert_eq!(stand_in.only().token.as_deref(), Some(TOKEN));
        assert_eq!(platform.fetch(&grant(), &own, 1000).await.unwrap_err().kind, ErrorKind::NotFound);
        assert_eq!(platform.fetch(&grant(), &own, 1000).await.unwrap_err().kind, ErrorKind::ReauthRequired);
        assert_eq!(platform.fetch(&grant(), &own, 2).await.unwrap_err().kind, ErrorKind::BadInput, "too large");
        for elsewhere in [
            format!("{}/v1.0/file", other.base),
            "https://m365x987948.sharepoint.com/sites/test/test.docx".to_owned(),
            "https://graph.microsoft.com/v1.0/chats/x/messages/1/hostedContents/a/$value".to_owned(),
            "file:///etc/passwd".to_owned(),
            "not an address".to_owned(),
            stand_in.base.replace("http://", "http://user@"),
        ] {
            let error = platform.fetch(&grant(), &file(elsewhere.clone()), 1000).await.unwrap_err();
            assert_eq!(error.kind, ErrorKind::Rejected, "{elsewhere}");
        }
        assert!(other.asked().is_empty());
    });
}
