//! Refusals beyond the recorded ones, broken lines, and files that must not be fetched.

use super::{TOKEN, block_on, grant, handle, settings};
use crate::support::stand_in::{Reply, StandIn};
use hub_domain::{Attachment, AttachmentId, AttachmentState, ContentKind, RemoteConversationId};
use hub_platform_kit::platform::OutboundMessage;
use hub_platform_kit::webhook::Callback;
use hub_platform_kit::{ErrorKind, PlatformError, Secret};
use hub_platforms::telegram_bot::MAX_DOWNLOAD_BYTES;
use std::time::Duration;

fn words() -> OutboundMessage {
    OutboundMessage {
        conversation: RemoteConversationId::from("5"),
        address: None,
        text: Some("x".to_owned()),
        attachments: Vec::new(),
        reply_to: None,
        client_key: "k:0".to_owned(),
        ..OutboundMessage::default()
    }
}

/// The error of sending and of polling when the answer is `reply`.
fn both(reply: &Reply) -> (PlatformError, PlatformError) {
    block_on(async {
        let stand_in = StandIn::start(vec![reply.clone(), reply.clone()]).await;
        let platform = handle(settings(&stand_in.base));
        let sent = platform.send(&grant(TOKEN), &words()).await.unwrap_err();
        (sent, platform.pull(&grant(TOKEN), None, Duration::ZERO).await.unwrap_err())
    })
}

fn html(status: u16) -> Reply {
    Reply { status, headers: vec![("content-type".into(), "text/html".into())], body: b"<html>no</html>".to_vec() }
}

#[test]
fn only_a_send_can_be_in_doubt() {
    let doubt = ErrorKind::Transient { maybe_applied: true };
    let harmless = ErrorKind::Transient { maybe_applied: false };
    for status in [500, 502, 504] {
        let (sent, pulled) = both(&html(status));
        assert_eq!((sent.kind, pulled.kind), (doubt, harmless), "{status}");
    }
    // An answer of success that nobody understands: the message is probably out.
    for body in ["<html>", "{}", r#"{"ok":true,"result":17}"#, r#"{"ok":true,"result":{"chat":{"id":1}}}"#] {
        let (sent, pulled) = both(&Reply::json(200, body));
        assert_eq!((sent.kind, pulled.kind), (doubt, ErrorKind::UnexpectedReply), "{body}");
    }
    // A refusal nobody understands: nothing happened.
    let (sent, pulled) = both(&html(418));
    assert_eq!((sent.kind, pulled.kind), (ErrorKind::UnexpectedReply, ErrorKind::UnexpectedReply));
    assert_eq!(both(&html(413)).0.kind, ErrorKind::BadInput);
    // A redirect is never followed: it would carry the token elsewhere.
    let moved =
        Reply { status: 302, headers: vec![("location".into(), "http://127.0.0.1:9/".into())], body: Vec::new() };
    assert_eq!(both(&moved).1.kind, ErrorKind::UnexpectedReply);
}

/// The line breaks after the request has left.
#[test]
fn a_cut_line_leaves_only_a_send_in_doubt() {
    block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move {
            loop {
                let (mut line, _) = listener.accept().await.unwrap();
                let mut some = [0_u8; 1024];
                tokio::io::AsyncReadExt::read(&mut line, &mut some).await.unwrap();
            }
        });
        let platform = handle(settings(&base));
        let sent = platform.send(&grant(TOKEN), &words()).await.unwrap_err();
        assert_eq!(sent.kind, ErrorKind::Transient { maybe_applied: true });
        let pulled = platform.pull(&grant(TOKEN), None, Duration::ZERO).await.unwrap_err();
        assert_eq!(pulled.kind, ErrorKind::Transient { maybe_applied: false });
    });
}

#[test]
fn a_pause_is_found_wherever_it_stands() {
    let with = |body: &str, header: Option<&str>| {
        let mut reply = Reply::json(429, body);
        reply.headers.extend(header.map(|h| ("retry-after".to_owned(), h.to_owned())));
        let kind = both(&reply).0.kind;
        let ErrorKind::RateLimited { retry_after } = kind else { panic!("{kind:?}") };
        retry_after.map(|wait| wait.as_secs())
    };
    let parameters = r#"{"ok":false,"error_code":429,"description":"Too Many Requests: retry after 9","parameters":{"retry_after":7}}"#;
    assert_eq!(with(parameters, Some("8")), Some(7));
    let bare = r#"{"ok":false,"error_code":429,"description":"Too Many Requests: retry after 9"}"#;
    assert_eq!(with(bare, Some("8")), Some(8));
    assert_eq!(with(bare, None), Some(9));
    assert_eq!(with(r#"{"ok":false,"error_code":429}"#, None), None);
    assert_eq!(with("<html>", Some("8")), Some(8));
}

#[test]
fn words_decide_where_the_code_is_not_enough() {
    for (code, words, kind) in [
        (400, "Bad Request: message thread not found", ErrorKind::NotFound),
        (400, "Bad Request: CHAT_WRITE_FORBIDDEN", ErrorKind::Rejected),
        (400, "Bad Request: something new", ErrorKind::BadInput),
        (403, "Forbidden: something new", ErrorKind::Rejected),
        (404, "Not Found", ErrorKind::Misconfigured),
        (420, "Enhance your calm", ErrorKind::BadInput),
    ] {
        let body = serde_json::json!({ "ok": false, "error_code": code, "description": words }).to_string();
        let (error, _) = both(&Reply::json(code, body));
        assert_eq!(error.kind, kind, "{words}");
        assert_eq!(error.remote_code.as_deref(), Some(code.to_string().as_str()));
    }
}

#[test]
fn the_token_is_never_told() {
    let echo = serde_json::json!({ "ok": false, "error_code": 400, "description": format!("no /bot{TOKEN}/x") });
    let (error, _) = both(&Reply::json(400, echo.to_string()));
    assert_eq!(error.message, "no /bot[token]/x");
    // Nobody listens there: the address is in the library's error, and must not get into ours.
    let platform = handle(settings("http://127.0.0.1:9"));
    let error = block_on(platform.send(&grant(TOKEN), &words())).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Transient { maybe_applied: false });
    assert!(!format!("{error:?} {error}").contains("AAFixtureToken"));
    assert!(!format!("{:?}", grant(TOKEN)).contains("AAFixtureToken"));
}

#[test]
fn a_secret_telegram_would_refuse_is_the_operators_matter() {
    let platform = handle(settings("http://127.0.0.1:9"));
    for secret in [String::new(), "with space".to_owned(), "x".repeat(257)] {
        let callback = Callback {
            url: "https://hub.example/x".parse().unwrap(),
            secret: Secret::from(secret),
            previous: None,
            now: hub_domain::Timestamp::UNIX_EPOCH,
        };
        let error = block_on(platform.subscribe(&grant(TOKEN), &callback)).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Misconfigured);
    }
}

#[test]
fn the_webhook_is_taken_away_without_dropping_what_waits() {
    block_on(async {
        let stand_in = StandIn::start(vec![Reply::json(200, r#"{"ok":true,"result":true}"#); 2]).await;
        let platform = handle(settings(&stand_in.base));
        platform.prepare_pull(&grant(TOKEN)).await.unwrap();
        platform.unsubscribe(&grant(TOKEN), None).await.unwrap();
        for asked in stand_in.asked() {
            assert!(asked.path.ends_with("/deleteWebhook"));
            assert!(!asked.parameters.contains_key("drop_pending_updates"));
        }
    });
}

#[test]
fn a_long_wait_is_cut_to_what_the_server_grants() {
    block_on(async {
        let page: Vec<_> = (1..=100).map(|id| serde_json::json!({ "update_id": id, "poll": {} })).collect();
        let body = serde_json::json!({ "ok": true, "result": page }).to_string();
        let stand_in = StandIn::start(vec![Reply::json(200, body)]).await;
        let page = handle(settings(&stand_in.base)).pull(&grant(TOKEN), None, Duration::from_hours(1)).await.unwrap();
        let asked = stand_in.only();
        assert_eq!(asked.parameters["timeout"], 50);
        assert!(!asked.parameters.contains_key("offset"), "without a cursor nothing is confirmed");
        assert!(page.more, "a full page is not the last one");
        assert_eq!(page.next.as_deref(), Some("101"));
    });
}

fn attachment(size: Option<i64>) -> Attachment {
    Attachment {
        id: AttachmentId(uuid::Uuid::nil()),
        kind: ContentKind::File,
        remote_ref: "id".to_owned(),
        remote_unique_ref: None,
        mime_type: None,
        file_name: None,
        size,
        width: None,
        height: None,
        duration_s: None,
        flavour: None,
        state: AttachmentState::Pending,
    }
}

/// Fetches when `getFile` answers with `file`; the error and how many questions were asked.
fn fetch(
    size: Option<i64>,
    file: &serde_json::Value,
    second: Reply,
    max: u64,
) -> (Result<Vec<u8>, PlatformError>, usize) {
    block_on(async {
        let body = serde_json::json!({ "ok": true, "result": file }).to_string();
        let stand_in = StandIn::start(vec![Reply::json(200, body), second]).await;
        let fetched = handle(settings(&stand_in.base)).fetch(&grant(TOKEN), &attachment(size), max).await;
        (fetched.map(|f| f.bytes.to_vec()), stand_in.asked().len())
    })
}

#[test]
fn a_file_path_leads_nowhere_else() {
    for path in
        ["../secret", "/etc/passwd", "a/../b", "http://evil/x", "a//b", "a\\b", "a%2e%2e/b", "a?b", "a#b", "", "a\nb"]
    {
        let file = serde_json::json!({ "file_id": "id", "file_path": path });
        let (fetched, asked) = fetch(None, &file, Reply::json(200, "x"), u64::MAX);
        assert_eq!(fetched.unwrap_err().kind, ErrorKind::UnexpectedReply, "{path}");
        assert_eq!(asked, 1, "{path}");
    }
}

#[test]
fn a_file_is_never_larger_than_allowed() {
    let over = i64::try_from(MAX_DOWNLOAD_BYTES).unwrap() + 1;
    let good = serde_json::json!({ "file_id": "id", "file_path": "documents/a b.pdf", "file_size": 3 });
    let (fetched, asked) = fetch(Some(over), &good, Reply::json(200, "abc"), u64::MAX);
    assert_eq!((fetched.unwrap_err().kind, asked), (ErrorKind::BadInput, 0), "known beforehand");
    let announced = serde_json::json!({ "file_id": "id", "file_path": "a", "file_size": over });
    let (fetched, asked) = fetch(None, &announced, Reply::json(200, "abc"), u64::MAX);
    assert_eq!((fetched.unwrap_err().kind, asked), (ErrorKind::BadInput, 1), "announced");
    let (fetched, _) = fetch(None, &good, Reply::json(200, "abcd"), 3);
    assert_eq!(fetched.unwrap_err().kind, ErrorKind::BadInput, "a size that lied");
    let (fetched, _) = fetch(None, &good, Reply::json(200, "abc"), 3);
    assert_eq!(fetched.unwrap(), b"abc");
    let gone = r#"{"ok":false,"error_code":404,"description":"Not Found"}"#;
    let (fetched, _) = fetch(None, &good, Reply::json(404, gone), u64::MAX);
    assert_eq!(fetched.unwrap_err().kind, ErrorKind::NotFound, "a link that ran out");
    let (fetched, asked) = fetch(None, &serde_json::json!({ "file_id": "id" }), Reply::json(200, "x"), 3);
    assert_eq!((fetched.unwrap_err().kind, asked), (ErrorKind::NotFound, 1));
}
