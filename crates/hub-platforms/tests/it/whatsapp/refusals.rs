//! Refusals beyond the recorded ones, and broken lines.

use super::{TOKEN, grant, handle, settings};
use crate::support::block_on;
use crate::support::stand_in::{Reply, StandIn};
use hub_platform_kit::platform::OutboundMessage;
use hub_platform_kit::{ErrorKind, PlatformError, Remedy};
use serde_json::{Value, json};
use std::time::Duration;

const DOUBT: ErrorKind = ErrorKind::Transient { maybe_applied: true };
const HARMLESS: ErrorKind = ErrorKind::Transient { maybe_applied: false };

fn words() -> OutboundMessage {
    OutboundMessage {
        conversation: "491700000001".into(),
        text: Some("x".to_owned()),
        client_key: "k".to_owned(),
        ..OutboundMessage::default()
    }
}

/// The errors of sending and of telling that something was read.
fn both(reply: &Reply) -> (PlatformError, PlatformError) {
    block_on(async {
        let stand_in = StandIn::start(vec![reply.clone(), reply.clone()]).await;
        let platform = handle(settings(&stand_in.base));
        let sent = platform.send(&grant(), &words()).await.unwrap_err();
        (sent, platform.mark_read(&grant(), &"1".into(), &"m".into()).await.unwrap_err())
    })
}

fn refusal(status: u16, code: i64) -> Reply {
    let error = json!({ "error": { "message": format!("(#{code}) theirs"), "type": "OAuthException", "code": code } });
    Reply::json(status, error.to_string())
}

fn kind(code: i64) -> ErrorKind {
    let (sent, told) = both(&refusal(400, code));
    assert_eq!(sent.kind, told.kind, "{code}");
    sent.kind
}

/// Every code of the list, by what it asks of the hub.
#[test]
fn every_code_asks_for_something() {
    for code in [0, 190, 3, 10, 200, 230, 299, 131_005, 133_010, 133_006, 131_045] {
        assert_eq!(kind(code), ErrorKind::ReauthRequired, "{code}");
    }
    for code in [4, 80_007, 80_008, 130_429, 131_056] {
        assert_eq!(kind(code).label(), "rate_limited", "{code}");
    }
    let final_nos = [
        131_048, 131_064, 368, 131_031, 130_497, 131_037, 131_042, 131_044, 131_047, 470, 131_026, 131_030, 131_021,
        131_062, 131_049, 131_050, 130_472, 131_063, 131_051, 131_008, 131_009, 100, 33, 135_000, 131_052, 131_053,
        132_000, 132_001, 132_005, 132_007, 132_008, 132_012, 132_015, 132_016, 132_018, 132_068, 132_069, 137_000,
        133_000, 133_004, 133_005, 133_008, 133_009, 133_015, 133_016,
    ];
    for code in final_nos {
        assert_eq!(kind(code).remedy(false), Remedy::Fail, "{code}");
    }
    for code in [1, 2, 131_000, 131_016, 131_057] {
        assert_eq!(kind(code), HARMLESS, "{code}");
    }
    assert_eq!(kind(987_654).remedy(false), Remedy::Fail, "an unknown refusal is a no");
}

#[test]
fn every_known_code_has_a_sentence_of_ours() {
    for code in
        [0, 200, 4, 131_056, 131_048, 131_042, 131_047, 131_026, 131_049, 131_053, 132_001, 137_000, 131_016, 133_010]
    {
        let (error, _) = both(&refusal(400, code));
        let (ours, theirs) = error.message.split_once(" WhatsApp says: ").unwrap();
        assert!(ours.len() > 20 && ours.ends_with('.'), "{error}");
        assert_eq!(theirs, format!("theirs (code {code})"));
    }
    assert!(both(&refusal(400, 133_010)).0.message.starts_with("The phone number is not registered at WhatsApp."));
}

#[test]
fn only_a_send_can_be_in_doubt() {
    for status in [500, 502, 503] {
        let (sent, told) = both(&Reply::json(status, "<html>no</html>"));
        assert_eq!((sent.kind, told.kind), (DOUBT, HARMLESS), "{status}");
    }
    // Nobody knows what went on behind an unknown trouble; the others say that nothing was sent.
    for (code, expected) in [(1, DOUBT), (2, HARMLESS), (131_000, HARMLESS), (131_016, HARMLESS), (131_057, HARMLESS)] {
        let (sent, told) = both(&refusal(500, code));
        assert_eq!((sent.kind, told.kind), (expected, HARMLESS), "{code}");
    }
    // Accepted, but nobody knows as what.
    for body in ["<html>", "{}", r#"{"messages":[]}"#, r#"{"messages":[{"id":""}]}"#, "7"] {
        let (sent, told) = both(&Reply::json(200, body));
        assert_eq!((sent.kind, told.kind), (DOUBT, ErrorKind::UnexpectedReply), "{body}");
    }
    // A redirect is never followed: it would carry the token elsewhere.
    let moved =
        Reply { status: 302, headers: vec![("location".into(), "http://127.0.0.1:9/".into())], body: Vec::new() };
    assert!(both(&moved).1.status == Some(302));
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
        assert_eq!(platform.send(&grant(), &words()).await.unwrap_err().kind, DOUBT);
        assert_eq!(platform.mark_read(&grant(), &"1".into(), &"m".into()).await.unwrap_err().kind, HARMLESS);
        // A reaction that is put there twice is one.
        assert_eq!(platform.react(&grant(), &"1".into(), &"m".into(), Some("👍")).await.unwrap_err().kind, HARMLESS);
    });
}

/// One person is slowed down, everybody else is not; a limit of the number stops them all.
#[test]
fn a_pair_limit_slows_one_conversation() {
    block_on(async {
        let taken = || Reply::json(200, r#"{"messages":[{"id":"m"}]}"#);
        let slow = |code: i64| {
            let mut reply = refusal(400, code);
            reply.headers.push(("retry-after".into(), "60".into()));
            reply
        };
        let stand_in = StandIn::start(vec![slow(131_056), taken(), slow(130_429), taken()]).await;
        let platform = handle(settings(&stand_in.base));
        let to = |conversation: &str| OutboundMessage { conversation: conversation.into(), ..words() };
        let wait = ErrorKind::RateLimited { retry_after: Some(Duration::from_mins(1)) };
        assert_eq!(platform.send(&grant(), &to("1")).await.unwrap_err().kind, wait);
        assert!(platform.send(&grant(), &to("1")).await.is_err(), "held back without asking");
        assert!(platform.send(&grant(), &to("2")).await.is_ok());
        assert_eq!(platform.send(&grant(), &to("3")).await.unwrap_err().kind, wait);
        assert!(platform.send(&grant(), &to("4")).await.is_err());
        assert_eq!(stand_in.asked().len(), 3);
    });
}

#[test]
fn no_secret_gets_into_an_error() {
    let leaky = json!({ "error": { "message": format!("bad token {TOKEN}"), "code": 190, "type": "OAuthException" } });
    let (error, _) = both(&Reply::json(401, leaky.to_string()));
    assert!(!format!("{error} {error:?}").contains(TOKEN), "{error}");
    let endless: Value = json!({ "error": { "message": "x".repeat(100_000), "code": 131_047 } });
    assert!(both(&Reply::json(400, endless.to_string())).0.message.len() < 1000);
}
