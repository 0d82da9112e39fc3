//! Refusals beyond the recorded ones: doubt, limits that are used up, and words that must not get out.

use super::calls::words;
use super::{APP_SECRET, PAGE, PAGE_TOKEN, PERSON, at, page};
use crate::support::block_on;
use crate::support::stand_in::{Reply, StandIn};
use hub_domain::{Attachment, AttachmentId, AttachmentState, ContentKind};
use hub_platform_kit::{ErrorKind, PlatformError};
use serde_json::json;
use std::time::Duration;

const DOUBT: ErrorKind = ErrorKind::Transient { maybe_applied: true };
const HARMLESS: ErrorKind = ErrorKind::Transient { maybe_applied: false };

/// The errors of sending and of reading back when the answer is `reply`.
fn both(reply: &Reply) -> (PlatformError, PlatformError) {
    block_on(async {
        let stand_in = StandIn::start(vec![reply.clone(), reply.clone()]).await;
        // An adapter of its own for each: what one learned of a limit must not answer for the other.
        let sent = at("facebook", &stand_in.base).send(&page(), &words(PERSON, "x")).await.unwrap_err();
        let pulled = at("facebook", &stand_in.base).pull(&page(), None, Duration::ZERO).await.unwrap_err();
        assert_eq!(stand_in.asked().len(), 2);
        (sent, pulled)
    })
}

fn html(status: u16) -> Reply {
    Reply { status, headers: vec![("content-type".into(), "text/html".into())], body: b"<html>no</html>".to_vec() }
}

fn refusal(status: u16, code: i64, subcode: Option<i64>) -> Reply {
    let error = json!({ "message": "(#1) why", "type": "OAuthException", "code": code, "error_subcode": subcode });
    Reply::json(status, json!({ "error": error }).to_string())
}

#[test]
fn only_a_send_can_be_in_doubt() {
    for status in [500, 502, 504] {
        let (sent, pulled) = both(&html(status));
        assert_eq!((sent.kind, pulled.kind), (DOUBT, HARMLESS), "{status}");
        assert_eq!(both(&refusal(status, 1, None)).0.kind, DOUBT);
        // The platform looked at the request and says that it did not do it.
        assert_eq!(both(&refusal(status, 2, None)).0.kind, HARMLESS);
    }
    // An answer of success that nobody understands: the message is probably out.
    for body in ["<html>", "[]", "17", r#"{"message_id":null}"#] {
        assert_eq!(both(&Reply::json(200, body)).0.kind, DOUBT, "{body}");
    }
    assert_eq!(both(&Reply::json(200, "<html>")).1.kind, ErrorKind::UnexpectedReply);
    // A refusal before anything happened.
    assert_eq!(both(&refusal(400, 2, None)).0.kind, HARMLESS);
    let (sent, pulled) = both(&html(403));
    assert_eq!((sent.kind, pulled.kind), (HARMLESS, HARMLESS), "a gateway");
    assert_eq!(both(&html(413)).0.kind, ErrorKind::BadInput);
    // A redirect is never followed: it would carry the token elsewhere.
    let moved =
        Reply { status: 302, headers: vec![("location".into(), "http://127.0.0.1:9/".into())], body: Vec::new() };
    assert_eq!(both(&moved).1.kind, ErrorKind::UnexpectedReply);
}

#[test]
fn a_cut_line_leaves_a_send_in_doubt() {
    let (sent, pulled) = block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move {
            loop {
                let (mut line, _) = listener.accept().await.unwrap();
                let mut some = [0; 16];
                tokio::io::AsyncReadExt::read_exact(&mut line, &mut some).await.unwrap();
            }
        });
        let platform = at("facebook", &base);
        let sent = platform.send(&page(), &words(PERSON, "x")).await.unwrap_err();
        (sent.kind, platform.pull(&page(), None, Duration::ZERO).await.unwrap_err().kind)
    });
    assert_eq!((sent, pulled), (DOUBT, HARMLESS));
    let unreachable = block_on(at("facebook", "http://127.0.0.1:9").send(&page(), &words(PERSON, "x"))).unwrap_err();
    assert_eq!(unreachable.kind, HARMLESS, "nothing ever left");
}

#[test]
fn code_and_subcode_decide() {
    use ErrorKind::{BadInput, Misconfigured, NotFound, ReauthRequired, Rejected};
    let slow = ErrorKind::RateLimited { retry_after: None };
    for (code, subcode, kind) in [
        (10, Some(2_018_278), Rejected),
        (10, Some(2_018_065), Rejected),
        (10, Some(2_018_108), Rejected),
        (10, None, ReauthRequired),
        (10, Some(1), ReauthRequired),
        (3, None, ReauthRequired),
        (200, None, ReauthRequired),
        (230, None, ReauthRequired),
        (299, None, ReauthRequired),
        (200, Some(2_018_028), Misconfigured),
        (102, None, ReauthRequired),
        (190, Some(467), ReauthRequired),
        (1, Some(99), ReauthRequired),
        (1, None, HARMLESS),
        (1200, None, HARMLESS),
        (100, Some(2_018_294), HARMLESS),
        (100, Some(33), NotFound),
        (100, Some(2_018_109), BadInput),
        (368, None, Rejected),
        (9, None, slow),
        (17, None, slow),
        (32, None, slow),
        (341, None, slow),
        (80_006, None, slow),
        (80_008, None, slow),
        (31_337, None, BadInput),
    ] {
        let (sent, pulled) = both(&refusal(400, code, subcode));
        assert_eq!((sent.kind, pulled.kind), (kind, kind), "{code}/{subcode:?}");
        assert_eq!(sent.whole_account, matches!(kind, ErrorKind::RateLimited { .. }), "{code}");
    }
    assert!(!both(&refusal(400, 613, None)).0.whole_account, "too much to one person holds nobody else back");
    // Only the status is left where nobody knows the code.
    assert_eq!(both(&refusal(403, 31_337, None)).1.kind, Rejected);
    assert_eq!(both(&refusal(404, 31_337, None)).1.kind, NotFound);
    assert_eq!(both(&refusal(500, 31_337, None)).1.kind, HARMLESS);
}

#[test]
fn words_are_for_people_and_hold_no_secret() {
    let said = |error: serde_json::Value| {
        let (sent, _) = both(&Reply::json(400, json!({ "error": error }).to_string()));
        sent.message
    };
    assert_eq!(said(json!({ "code": 368, "message": "(#368) Blocked." })), "Blocked.");
    assert_eq!(said(json!({ "code": 368, "message": "x", "error_user_msg": "You are blocked." })), "You are blocked.");
    assert_eq!(said(json!({ "code": 368, "message": "x", "error_data": { "details": "Details." } })), "Details.");
    assert_eq!(said(json!({ "code": 368, "message": "x", "error_data": "Details." })), "Details.");
    assert_eq!(said(json!({ "code": 368 })), "no reason given");
    let leak = said(json!({ "code": 190, "message": format!("Bad token {PAGE_TOKEN}\u{7} and {APP_SECRET}") }));
    assert_eq!(leak, "Bad token [secret] and [secret]");
    assert_eq!(said(json!({ "code": 100, "message": "x".repeat(10_000) })).len(), 300);
}

fn used_up(minutes: u64, account: &str) -> Vec<(String, String)> {
    let usage = json!({ account: [
        { "type": "pages", "call_count": 12, "total_cputime": 1, "total_time": 1, "estimated_time_to_regain_access": 0 },
        { "type": "messenger", "call_count": 100, "total_cputime": 1, "total_time": 1, "estimated_time_to_regain_access": minutes },
    ] });
    vec![("content-type".into(), "application/json".into()), ("x-business-use-case-usage".into(), usage.to_string())]
}

/// Calling on while a limit is used up prolongs the block.
#[test]
fn a_used_up_limit_is_obeyed_until_it_ends() {
    let taken = Reply { headers: used_up(5, PAGE), ..Reply::json(200, r#"{"recipient_id":"1","message_id":"m"}"#) };
    let other = Reply::json(200, r#"{"recipient_id":"1","message_id":"m"}"#);
    block_on(async {
        let stand_in = StandIn::start(vec![taken, other.clone(), other]).await;
        let platform = at("facebook", &stand_in.base);
        platform.send(&page(), &words(PERSON, "x")).await.unwrap();
        let error = platform.send(&page(), &words("2", "x")).await.unwrap_err();
        let ErrorKind::RateLimited { retry_after: Some(wait) } = error.kind else { panic!("{error:?}") };
        assert!(wait <= Duration::from_mins(5) && wait > Duration::from_mins(4), "{wait:?}");
        assert!(error.whole_account && error.status.is_none());
        assert_eq!(stand_in.asked().len(), 1, "nothing left the hub");
        let mut another = page();
        another.remote_id = "4711".into();
        another.account_id = hub_domain::AccountId(uuid::Uuid::max());
        platform.send(&another, &words("2", "x")).await.unwrap();
        assert_eq!(stand_in.asked().len(), 2, "another page goes on");
    });
}

#[test]
fn the_longest_pause_counts() {
    let pause = |headers: Vec<(String, String)>| {
        let (sent, _) = both(&Reply { headers, ..refusal(400, 80_006, None) });
        match sent.kind {
            ErrorKind::RateLimited { retry_after } => retry_after,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(pause(used_up(19, PAGE)), Some(Duration::from_mins(19)));
    let mut also_said = used_up(2, "somebody else");
    also_said.push(("retry-after".into(), "7".into()));
    assert_eq!(pause(also_said), Some(Duration::from_mins(2)));
    assert_eq!(pause(vec![("retry-after".into(), "7".into())]), Some(Duration::from_secs(7)));
    for odd in ["", "17", "{", r#"{"1":[{"estimated_time_to_regain_access":-5}]}"#, r#"{"1":{}}"#] {
        assert_eq!(pause(vec![("x-business-use-case-usage".into(), odd.into())]), None, "{odd}");
    }
    let endless = used_up(u64::MAX, PAGE);
    assert_eq!(pause(endless), Some(Duration::from_hours(24)), "no answer silences an account for ever");
}

fn file(address: &str) -> Attachment {
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

#[test]
fn files_come_from_metas_servers_and_without_a_token() {
    for (name, grant) in [("facebook", page()), ("instagram", super::account())] {
        block_on(async {
            let gone = [401, 403, 404, 410].map(html);
            let picture =
                Reply { headers: vec![("content-type".into(), "image/png".into())], ..Reply::json(200, "bytes") };
            let replies = [picture.clone()].into_iter().chain(gone).chain([html(500), picture.clone(), picture]);
            let stand_in = StandIn::start(replies.collect()).await;
            let platform = at(name, &stand_in.base);
            let here = file(&format!("{}/x.png?oe=1", stand_in.base));
            let fetched = platform.fetch(&grant, &here, 100).await.unwrap();
            assert_eq!((&fetched.bytes[..], fetched.mime_type.as_deref()), (b"bytes".as_slice(), Some("image/png")));
            for _ in 0..4 {
                assert_eq!(platform.fetch(&grant, &here, 100).await.unwrap_err().kind, ErrorKind::NotFound);
            }
            assert_eq!(platform.fetch(&grant, &here, 100).await.unwrap_err().kind, HARMLESS);
            assert_eq!(platform.fetch(&grant, &here, 4).await.unwrap_err().kind, ErrorKind::BadInput, "too large");
            let picture = platform.picture(&grant, &here.remote_ref, 5).await.unwrap();
            assert_eq!(&picture.bytes[..], b"bytes");
            assert!(stand_in.asked().iter().all(|one| one.token.is_none() && one.query.len() == 1));
            for elsewhere in [
                "https://evil.example/x",
                "http://scontent.xx.fbcdn.net/x",
                "https://10.0.0.1/x",
                "file:///etc/passwd",
                "x",
            ] {
                let error = platform.fetch(&grant, &file(elsewhere), 5).await.unwrap_err();
                assert_eq!(error.kind, ErrorKind::Rejected, "{elsewhere}");
            }
        });
    }
}

#[test]
fn this_machine_is_no_file_server_in_production() {
    let mut settings = super::settings("http://127.0.0.1:9");
    settings.facebook.app.loopback_media = false;
    let error = block_on(super::handle("facebook", &settings).fetch(&page(), &file("http://127.0.0.1:9/x"), 5));
    assert_eq!(error.unwrap_err().kind, ErrorKind::Rejected);
}
