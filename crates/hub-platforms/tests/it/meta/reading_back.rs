//! How reading back goes on, stops and starts again.

use super::{PAGE, PAGE_TOKEN, PERSON, account_behind_page, at, page};
use crate::support::block_on;
use crate::support::stand_in::{Asked, Reply, StandIn};
use hub_domain::InboundBody;
use hub_platform_kit::platform::{HistoryPage, Parsed};
use hub_platform_kit::{ErrorKind, Grant, PlatformError};
use serde_json::{Value, json};
use std::time::Duration;

/// The conversation with the n-th person, last changed in that minute.
fn conversation(n: u32, unread: u32) -> Value {
    json!({ "id": format!("t_{n}"), "updated_time": format!("2026-11-20T10:{n:02}:00+0000"), "unread_count": unread,
        "participants": { "data": [{ "id": PAGE, "name": "The page" }, { "id": format!("9{n}"), "name": format!("P{n}") }] } })
}

/// Conversations, newest first, and the mark of what follows.
fn listing(conversations: &[Value], after: Option<&str>) -> Reply {
    let mut answer = json!({ "data": conversations });
    if let Some(after) = after {
        let next = format!("https://graph.example/x?access_token={PAGE_TOKEN}&after={after}");
        answer["paging"] = json!({ "cursors": { "before": "b", "after": after }, "next": next });
    }
    Reply::json(200, answer.to_string())
}

fn message(from: &str, id: &str, at: &str) -> Value {
    json!({ "id": id, "created_time": at, "from": { "id": from }, "message": id })
}

fn messages(list: &[Value]) -> Reply {
    Reply::json(200, json!({ "messages": { "data": list } }).to_string())
}

async fn pull(
    grant: &Grant,
    cursor: Option<&str>,
    replies: Vec<Reply>,
) -> (Result<HistoryPage, PlatformError>, Vec<Asked>) {
    let stand_in = StandIn::start(replies).await;
    let platform = if grant.fact("door").is_some() { "instagram" } else { "facebook" };
    let read = at(platform, &stand_in.base).pull(grant, cursor, Duration::ZERO).await;
    (read, stand_in.asked())
}

/// The ids of what was read, each with whether it is only past.
fn read(page: &HistoryPage) -> Vec<(String, bool)> {
    let one = |parsed: &Parsed| match parsed {
        Parsed::Event(event) => match &event.body {
            InboundBody::Message(message) => (message.id.as_str().to_owned(), message.history),
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    };
    page.events.iter().map(one).collect()
}

#[test]
fn a_run_goes_through_all_pages_and_the_next_one_stops_at_the_known() {
    block_on(async {
        let first = vec![
            listing(&[conversation(9, 2), conversation(8, 0)], Some("mark")),
            messages(&[
                message("99", "c", "2026-11-20T10:09:00+0000"),
                message(PAGE, "own", "2026-11-20T10:08:30+0000"),
                message("99", "b", "2026-11-20T10:08:00+0000"),
                message("99", "a", "2026-11-20T10:07:00+0000"),
            ]),
            messages(&[message("98", "z", "2026-11-20T10:07:30+0000")]),
        ];
        let (page_one, _) = pull(&page(), None, first).await;
        let page_one = page_one.unwrap();
        let ids = [("a", true), ("z", true), ("b", false), ("own", true), ("c", false)];
        assert_eq!(read(&page_one), ids.map(|(id, past)| (id.to_owned(), past)), "oldest first; two are unread");
        assert!(page_one.more);
        let cursor = page_one.next.unwrap();
        assert!(!cursor.contains(PAGE_TOKEN) && !String::from_utf8_lossy(&page_one.raw).contains(PAGE_TOKEN));

        let (page_two, asked) =
            pull(&page(), Some(&cursor), vec![listing(&[conversation(1, 0)], None), messages(&[])]).await;
        let page_two = page_two.unwrap();
        assert_eq!(asked[0].query["after"], "mark");
        assert!(!page_two.more);
        let cursor = page_two.next.unwrap();
        assert_eq!(cursor, r#"{"since":"2026-11-20T10:09:00Z"}"#, "the newest of the whole run");

        // Later: one conversation went on, the others are known. What is newer than the last run is news.
        let later = vec![
            listing(&[conversation(12, 5), conversation(9, 0), conversation(8, 0), conversation(1, 0)], Some("mark")),
            messages(&[
                message("912", "new", "2026-11-20T10:12:00+0000"),
                message("912", "at the end of the last run", "2026-11-20T10:09:00+0000"),
            ]),
            messages(&[]),
        ];
        let (third, asked) = pull(&page(), Some(&cursor), later).await;
        let third = third.unwrap();
        assert_eq!(asked.len(), 3, "an equal time may hide something, an older one does not");
        assert_eq!(read(&third), [("at the end of the last run".to_owned(), true), ("new".to_owned(), false)]);
        assert_eq!((third.next.as_deref(), third.more), (Some(r#"{"since":"2026-11-20T10:12:00Z"}"#), false));
    });
}

#[test]
fn what_was_read_before_a_refusal_is_kept() {
    block_on(async {
        let slow = json!({ "error": { "message": "x", "code": 80_006 } }).to_string();
        let all = [conversation(3, 0), conversation(2, 0), conversation(1, 0)];
        let gone = json!({ "error": { "message": "x", "code": 100, "error_subcode": 33 } }).to_string();
        let replies = vec![
            listing(&all, Some("mark")),
            Reply::json(400, gone),
            messages(&[message("92", "b", "2026-11-20T10:02:00+0000")]),
            Reply::json(400, slow.clone()),
        ];
        let (partly, _) = pull(&page(), None, replies).await;
        let partly = partly.unwrap();
        assert_eq!((read(&partly).len(), partly.more), (1, true), "a conversation that is gone is passed over");
        let cursor = partly.next.unwrap();
        let (refused, asked) =
            pull(&page(), Some(&cursor), vec![listing(&all, Some("mark")), Reply::json(400, slow)]).await;
        assert!(matches!(refused.unwrap_err().kind, ErrorKind::RateLimited { .. }));
        assert_eq!(
            (asked[0].query.contains_key("after"), asked[1].path.as_str()),
            (false, "/v25.0/t_1"),
            "the third is next"
        );
        let rest = vec![listing(&all, Some("mark")), messages(&[])];
        let (rest, _) = pull(&page(), Some(&cursor), rest).await;
        let rest: Value = serde_json::from_str(&rest.unwrap().next.unwrap()).unwrap();
        assert_eq!(rest, json!({ "after": "mark", "newest": "2026-11-20T10:03:00Z" }));
    });
}

#[test]
fn an_empty_page_ends_a_run_and_an_odd_cursor_starts_one() {
    block_on(async {
        for cursor in [None, Some(""), Some("17"), Some("{\"after\":7}")] {
            let (empty, asked) = pull(&page(), cursor, vec![listing(&[], Some("for ever"))]).await;
            let empty = empty.unwrap();
            assert_eq!((empty.events.len(), empty.more, empty.next.as_deref()), (0, false, Some("{}")));
            assert!(!asked[0].query.contains_key("after"));
        }
    });
}

#[test]
fn files_and_shares_are_read_back() {
    let from = json!({ "id": format!("91"), "name": "Anna" });
    let mut all = vec![
        json!({ "sticker": "https://scontent.xx.fbcdn.net/s.png" }),
        json!({ "message": "look", "shares": { "data": [{ "link": "https://shop.example/1", "name": "A chair" }] } }),
        json!({ "shares": { "data": [{ "link": "https://shop.example/1" }] } }),
        json!({ "attachments": { "data": [{ "mime_type": "video/mp4", "video_data": { "url": "https://video.xx.fbcdn.net/v", "width": 640, "height": 360 } }] } }),
        json!({ "attachments": { "data": [{ "mime_type": "application/pdf", "name": "a.pdf", "file_url": "https://cdn.fbsbx.com/a" }] } }),
        json!({ "attachments": { "data": [{ "mime_type": "audio/mp4", "file_url": "https://cdn.fbsbx.com/b" }] } }),
        json!({ "message": "", "is_unsupported": true }),
        json!({ "message": "yes", "reply_to": { "mid": "m_1" } }),
    ];
    for (n, one) in all.iter_mut().enumerate() {
        one["id"] = format!("m_{n}").into();
        one["created_time"] = format!("2026-11-20T10:00:{n:02}+0000").into();
        one["from"] = from.clone();
    }
    let (read, _) = block_on(pull(&page(), None, vec![listing(&[conversation(1, 0)], None), messages(&all)]));
    let said = super::state(read.unwrap().events, "files").messages;
    let kinds: Vec<&str> = said.iter().map(|(_, message)| message.content.kind.as_str()).collect();
    assert_eq!(kinds, ["sticker", "text", "share", "video", "file", "audio", "unsupported", "text"]);
    assert_eq!(said[1].1.content.details.extra["link"], json!({ "url": "https://shop.example/1", "title": "A chair" }));
    let video = &said[3].1.content.attachments[0];
    assert_eq!(
        (video.remote_ref.as_str(), video.width, video.height),
        ("https://video.xx.fbcdn.net/v", Some(640), Some(360))
    );
    assert_eq!(said[4].1.content.attachments[0].file_name.as_deref(), Some("a.pdf"));
    assert_eq!(said[7].1.reply_to.as_ref().unwrap().as_str(), "m_1");
    assert!(said.iter().all(|(_, message)| message.sender.name.as_deref() == Some("Anna")));
}

/// The same message comes once, whether it was delivered or read back.
#[test]
fn both_ways_give_one_message_one_key() {
    let delivered = json!({ "object": "page", "entry": [{ "id": PAGE, "time": 1, "messaging": [{
        "sender": { "id": PERSON }, "recipient": { "id": PAGE }, "timestamp": 1_790_000_000_000_i64, "message": { "mid": "m_1", "text": "x" } }] }] });
    let body = delivered.to_string().into();
    let delivered = at("facebook", "http://127.0.0.1:9")
        .parse(&hub_platform_kit::webhook::Verified { body, account: None })
        .unwrap();
    let thread = json!({ "id": "t_1", "participants": { "data": [{ "id": PERSON }] } });
    let replies = vec![listing(&[thread], None), messages(&[message(PERSON, "m_1", "2026-09-21T14:13:20+0000")])];
    let (read_back, _) = block_on(pull(&page(), None, replies));
    let key = |parsed: &[Parsed]| match parsed {
        [Parsed::Event(event)] => event.event_key.clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!(key(&delivered), key(&read_back.unwrap().events));
}

/// Behind a page both ids are the account's own.
#[test]
fn an_account_behind_a_page_asks_in_the_pages_name() {
    let thread = json!({ "id": "aWd", "participants": { "data": [{ "id": PAGE }, { "id": super::IG_ACCOUNT }, { "id": "5", "username": "anna" }] } });
    let both =
        [message(PAGE, "b", "2026-11-20T10:02:00+0000"), message(super::IG_ACCOUNT, "a", "2026-11-20T10:01:00+0000")];
    let (read, asked) = block_on(pull(&account_behind_page(), None, vec![listing(&[thread], None), messages(&both)]));
    assert_eq!(
        (asked[0].path.as_str(), asked[0].query["platform"].as_str()),
        ("/v25.0/682498302938465/conversations", "instagram")
    );
    for (event, message) in super::state(read.unwrap().events, "page").messages {
        assert_eq!(
            (message.direction, message.sender.id.as_str()),
            (hub_domain::Direction::Outgoing, super::IG_ACCOUNT)
        );
        assert_eq!((message.conversation.id.as_str(), message.conversation.handle.as_deref()), ("5", Some("anna")));
        assert_eq!(event.accounts, [super::IG_ACCOUNT.into()]);
    }
}
