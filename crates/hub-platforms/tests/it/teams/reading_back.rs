//! How reading back goes on, stops and starts again.
#![allow(clippy::needless_pass_by_value, reason = "payloads are written where they are used")]

use super::expected::{deleted_at, only_message};
use super::{ACCOUNT, GROUP, OTHER, PAIR, at, grant, ok};
use crate::support::block_on;
use crate::support::stand_in::{Asked, Reply, StandIn};
use hub_domain::InboundBody;
use hub_platform_kit::platform::{HistoryPage, Parsed};
use hub_platform_kit::webhook::Verified;
use hub_platform_kit::{ErrorKind, PlatformError};
use serde_json::{Value, json};
use std::time::Duration;

/// The platform's clock says noon, unless somebody says otherwise.
const DATE: &str = "Wed, 25 Nov 2026 12:00:00 GMT";

fn dated(mut reply: Reply) -> Reply {
    reply.headers.push(("date".to_owned(), DATE.to_owned()));
    reply
}

fn chat(id: &str, spoken: &str) -> Value {
    json!({ "id": id, "chatType": "group", "topic": format!("Topic {id}"),
        "lastMessagePreview": { "createdDateTime": spoken } })
}

fn listing(chats: &[Value], next: Option<&str>) -> Reply {
    let mut answer = json!({ "value": chats });
    if let Some(next) = next {
        answer["@odata.nextLink"] = next.into();
    }
    dated(ok(&answer))
}

fn message(chat: &str, id: &str, at: &str) -> Value {
    json!({ "id": id, "etag": id, "chatId": chat, "messageType": "message", "createdDateTime": at,
        "lastModifiedDateTime": at, "from": { "user": { "id": OTHER, "displayName": "Robin Kline" } },
        "body": { "contentType": "text", "content": id } })
}

/// Reads on, run after run, until there is no more; gives every page and every question.
fn pull_all(replies: Vec<Reply>, cursor: Option<&str>) -> (Vec<HistoryPage>, Vec<Asked>) {
    block_on(async {
        let stand_in = StandIn::start(replies).await;
        let platform = at(&stand_in.base);
        let (mut pages, mut cursor) = (Vec::new(), cursor.map(str::to_owned));
        loop {
            let page = platform.pull(&grant(), cursor.as_deref(), Duration::ZERO).await.unwrap();
            cursor = page.next.clone().or(cursor);
            let more = page.more;
            pages.push(page);
            if !more {
                let asked = stand_in.asked();
                super::spec::check(&asked);
                return (pages, asked);
            }
        }
    })
}

fn pull(replies: Vec<Reply>, cursor: Option<&str>) -> (Result<HistoryPage, PlatformError>, Vec<Asked>) {
    block_on(async {
        let stand_in = StandIn::start(replies).await;
        let read = at(&stand_in.base).pull(&grant(), cursor, Duration::ZERO).await;
        let asked = stand_in.asked();
        super::spec::check(&asked);
        (read, asked)
    })
}

/// The messages of a page, each with whether it is only past.
fn said(pages: &[HistoryPage]) -> Vec<(String, bool)> {
    let one = |parsed: &Parsed| match parsed {
        Parsed::Event(event) => match &event.body {
            InboundBody::Message(message) => Some((message.id.to_string(), message.history)),
            InboundBody::Contact { .. } | InboundBody::Reactions { .. } | InboundBody::ReadElsewhere { .. } => None,
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    };
    pages.iter().flat_map(|page| page.events.iter().filter_map(one)).collect()
}

fn paths(asked: &[Asked]) -> Vec<&str> {
    asked.iter().map(|asked| asked.path.as_str()).collect()
}

#[test]
fn the_first_run_reads_one_page_of_each_chat_as_the_past() {
    let read = |chat: &mut Value, at: &str| chat["viewpoint"] = json!({ "lastMessageReadDateTime": at });
    let (mut first, second) = (chat("19:a", "2026-11-25T11:00:00Z"), chat("19:b", "2026-01-01T00:00:00Z"));
    read(&mut first, "2026-11-25T10:30:00Z");
    let page = json!({ "value": [message("19:a", "2", "2026-11-25T11:00:00Z"), message("19:a", "1", "2026-11-25T10:00:00Z")],
        "@odata.nextLink": "https://elsewhere.example/never" });
    let old = json!({ "value": [message("19:b", "9", "2026-01-01T00:00:00Z")] });
    let (pages, asked) = pull_all(vec![listing(&[first, second], None), ok(&page), ok(&old)], None);
    assert_eq!(paths(&asked), ["/v1.0/me/chats", "/v1.0/chats/19:a/messages", "/v1.0/chats/19:b/messages"]);
    assert!(!asked[1].query.contains_key("$filter"));
    assert_eq!(
        (asked[1].query["$orderby"].as_str(), asked[1].query["$top"].as_str()),
        ("lastModifiedDateTime desc", "50")
    );
    // Oldest first; what was read at the platform counts as read here, and of a chat that does not say all of it.
    let past = [("9".to_owned(), true), ("1".to_owned(), true), ("2".to_owned(), false)];
    assert_eq!(said(&pages), past);
    let cursor: Value = serde_json::from_str(pages[0].next.as_deref().unwrap()).unwrap();
    assert_eq!(cursor, json!({ "since": "2026-11-25T11:59:30Z" }), "by the platform's clock, with some overlap");
}

/// What was read in Teams is read here; whoever answers has read what came before.
#[test]
fn what_was_read_there_is_read_here() {
    let cursor = json!({ "since": "2026-11-25T11:00:00Z" }).to_string();
    let mut chat = chat(PAIR, "2026-11-25T11:50:00Z");
    let told = |chat: &Value, messages: &[Value]| {
        let list: Vec<Value> = messages.iter().rev().cloned().collect();
        let (pages, _) =
            pull_all(vec![listing(std::slice::from_ref(chat), None), ok(&json!({ "value": list }))], Some(&cursor));
        pages
    };
    let first = message(PAIR, "1", "2026-11-25T11:10:00Z");
    let mut own = message(PAIR, "2", "2026-11-25T11:20:00Z");
    own["from"]["user"]["id"] = ACCOUNT.into();
    let last = message(PAIR, "3", "2026-11-25T11:30:00Z");
    let pages = told(&chat, &[first.clone(), own, last.clone()]);
    let expected = [("1".to_owned(), true), ("2".to_owned(), true), ("3".to_owned(), false)];
    assert_eq!(said(&pages), expected);
    chat["viewpoint"] = json!({ "lastMessageReadDateTime": "2026-11-25T11:15:00Z" });
    let pages = told(&chat, &[first, last]);
    assert_eq!(said(&pages), [("1".to_owned(), true), ("3".to_owned(), false)]);
    let marks = |pages: &[HistoryPage]| {
        let is_mark =
            |one: &&Parsed| matches!(one, Parsed::Event(e) if matches!(e.body, InboundBody::ReadElsewhere { .. }));
        pages.iter().flat_map(|page| &page.events).filter(is_mark).count()
    };
    assert_eq!(marks(&pages), 1);
    assert_eq!(marks(&told(&chat, &[])), 1, "also when nothing was said");
    chat["viewpoint"] = json!({ "lastMessageReadDateTime": "0001-01-01T00:00:00Z" });
    assert_eq!(marks(&told(&chat, &[])), 0, "never read");
}

#[test]
fn the_next_run_asks_for_what_changed_and_stops_at_what_is_quiet() {
    let cursor = json!({ "since": "2026-11-25T11:00:00Z" }).to_string();
    let chats = [
        chat("19:a", "2026-11-25T11:30:00Z"),
        chat("19:b", "2026-11-20T00:00:00Z"),
        chat("19:c", "2026-11-01T00:00:00Z"),
    ];
    let news = json!({ "value": [message("19:a", "2", "2026-11-25T11:30:00Z")] });
    let replies = vec![listing(&chats, Some("http://never.example/")), ok(&news), ok(&json!({ "value": [] }))];
    let (pages, asked) = pull_all(replies, Some(&cursor));
    assert_eq!(paths(&asked), ["/v1.0/me/chats", "/v1.0/chats/19:a/messages", "/v1.0/chats/19:b/messages"]);
    assert_eq!(asked[1].query["$filter"], "lastModifiedDateTime gt 2026-11-25T11:00:00.000Z");
    assert_eq!(asked[1].query["$orderby"], "lastModifiedDateTime desc", "heeded only beside the same order");
    assert_eq!(said(&pages), [("2".to_owned(), false)], "news");
    // When nothing happened nothing is kept.
    let replies = vec![listing(&chats, None), ok(&json!({ "value": [] })), ok(&json!({ "value": [] }))];
    let (pages, _) = pull_all(replies, Some(&cursor));
    assert!(pages[0].events.is_empty() && pages[0].next.is_none() && !pages[0].more);
}

#[test]
fn following_pages_are_taken_as_they_come_but_only_from_graph() {
    block_on(async {
        let cursor = json!({ "since": "2026-11-25T11:00:00Z" }).to_string();
        let stand_in = StandIn::start(Vec::new()).await;
        let link = |path: &str| format!("{}/v1.0/{path}", stand_in.base);
        let empty = json!({ "value": [], "@odata.nextLink": link("chats/19:a/messages?$top=3&$skiptoken=M2~x%3D") });
        let last = json!({ "value": [message("19:a", "1", "2026-11-25T11:10:00Z")] });
        for reply in [
            listing(&[], Some(&link("me/chats?$skiptoken=two"))),
            listing(&[chat("19:a", "2026-11-25T11:30:00Z")], None),
            ok(&empty),
            ok(&last),
        ] {
            stand_in.give(reply);
        }
        let platform = at(&stand_in.base);
        let first = platform.pull(&grant(), Some(&cursor), Duration::ZERO).await.unwrap();
        assert!(first.more && first.events.is_empty(), "a page may be empty and still have a following one");
        let second = platform.pull(&grant(), first.next.as_deref(), Duration::ZERO).await.unwrap();
        assert!(!second.more);
        assert_eq!(only_message(&second.events).id.as_str(), "1");
        let asked = stand_in.asked();
        super::spec::check(&asked);
        assert_eq!(asked[1].query, [("$skiptoken".to_owned(), "two".to_owned())].into());
        assert_eq!(asked[3].query["$skiptoken"], "M2~x=");
        assert_eq!(asked[3].query["$top"], "3");
        // A link that leads away gets no token; the list is read from its beginning instead, but not for ever.
        let elsewhere = StandIn::start(vec![listing(&[], None)]).await;
        for link in [&elsewhere.base, "https://graph.microsoft.com/v1.0/me/chats", "nowhere", "//x"] {
            stand_in.give(listing(&[], None));
            let cursor =
                |returns| json!({ "then": "2026-01-01T00:00:00Z", "chats": link, "returns": returns }).to_string();
            let asked = stand_in.asked().len();
            let page = platform.pull(&grant(), Some(&cursor(0)), Duration::ZERO).await.unwrap();
            assert!(!page.more && !stand_in.asked()[asked].query.contains_key("$skiptoken"), "{link}");
            let error = platform.pull(&grant(), Some(&cursor(8)), Duration::ZERO).await.unwrap_err();
            assert_eq!(error.kind, ErrorKind::UnexpectedReply, "{link}");
        }
        assert!(elsewhere.asked().is_empty());
    });
}

/// A link that ended in the middle of a chat costs no message: the chat is read from its first page again.
#[test]
fn a_link_that_ended_costs_no_message() {
    block_on(async {
        let stand_in = StandIn::start(Vec::new()).await;
        let link = format!("{}/v1.0/chats/19:a/messages?$skiptoken=old", stand_in.base);
        for status in [400, 404, 410] {
            let cursor = json!({ "since": "2026-11-25T11:00:00Z", "then": "2026-11-25T11:59:00Z", "pages": 1,
                "messages": link, "todo": [{ "id": "19:a" }] });
            stand_in.give(Reply::json(status, r#"{"error":{"code":"BadRequest","message":"Skip token is invalid."}}"#));
            stand_in.give(ok(&json!({ "value": [message("19:a", "1", "2026-11-25T11:10:00Z")] })));
            let page = at(&stand_in.base).pull(&grant(), Some(&cursor.to_string()), Duration::ZERO).await.unwrap();
            assert_eq!(said(std::slice::from_ref(&page)), [("1".to_owned(), false)], "{status}");
            assert!(!page.more);
        }
        let asked = stand_in.asked();
        super::spec::check(&asked);
        assert_eq!(asked[1].query["$filter"], "lastModifiedDateTime gt 2026-11-25T11:00:00.000Z");
    });
}

#[test]
fn trouble_in_the_middle_keeps_what_was_read() {
    let chats: Vec<Value> = (0..3).map(|n| chat(&format!("19:{n}"), "2026-11-25T11:30:00Z")).collect();
    let news = json!({ "value": [message("19:0", "1", "2026-11-25T11:30:00Z")] });
    let mut slow = Reply::json(429, "{}");
    slow.headers.push(("retry-after".into(), "2.128".into()));
    let (page, _) = pull(vec![listing(&chats, None), ok(&news), slow.clone()], None);
    let page = page.unwrap();
    assert!(page.more);
    assert_eq!(said(std::slice::from_ref(&page)).len(), 1);
    let cursor: Value = serde_json::from_str(page.next.as_deref().unwrap()).unwrap();
    assert_eq!(cursor["todo"].as_array().unwrap().len(), 2, "{cursor}");
    // At once is no progress, so it is told.
    let (again, asked) = pull(vec![slow], page.next.as_deref());
    let wait = Duration::from_millis(2_128);
    assert_eq!(again.unwrap_err().kind, ErrorKind::RateLimited { retry_after: Some(wait) });
    assert_eq!(paths(&asked), ["/v1.0/chats/19:1/messages"], "it goes on where it stopped");
    let (refused, _) = pull(vec![Reply::json(401, "{}")], None);
    assert_eq!(refused.unwrap_err().kind, ErrorKind::ReauthRequired);
    let (odd, _) = pull(vec![ok(&json!({ "values": [] }))], None);
    assert_eq!(odd.unwrap_err().kind, ErrorKind::UnexpectedReply, "an answer without a list is no end");
}

#[test]
fn many_chats_take_several_turns() {
    let chats: Vec<Value> = (0..25).map(|n| chat(&format!("19:{n}"), "2026-11-25T11:30:00Z")).collect();
    let messages = (0..25).map(|n| ok(&json!({ "value": [message(&format!("19:{n}"), "1", "2026-11-25T11:30:00Z")] })));
    let replies = std::iter::once(listing(&chats, None)).chain(messages).collect();
    let (pages, asked) = pull_all(replies, None);
    assert_eq!((pages.len(), asked.len()), (3, 26), "the list is read once");
    assert_eq!(said(&pages).len(), 25);
    let ids: std::collections::HashSet<String> = pages
        .iter()
        .flat_map(|page| &page.events)
        .map(|one| match one {
            Parsed::Event(event) => event.event_key.clone(),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(ids.len(), 50, "one id in many chats is many messages: each has its name and its message");
}

/// What happened to a message while nobody listened: edits, deletions, reactions and what was undone.
#[test]
fn changes_are_read_back_as_well() {
    let at = "2026-11-25T11:30:00Z";
    let with = |change: Value| {
        let mut message = message(PAIR, "1", "2026-11-25T10:00:00Z");
        message.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        let chats = [json!({ "id": PAIR, "chatType": "oneOnOne", "lastMessagePreview": { "createdDateTime": at } })];
        let cursor = json!({ "since": "2026-11-25T11:00:00Z" }).to_string();
        let (page, _) = pull(vec![listing(&chats, None), ok(&json!({ "value": [message] }))], Some(&cursor));
        page.unwrap().events
    };
    let kinds = |events: &[Parsed]| -> Vec<&'static str> {
        let one = |parsed: &Parsed| match parsed {
            Parsed::Event(event) => match &event.body {
                InboundBody::Message(_) => "message",
                InboundBody::Edited(_) => "edited",
                InboundBody::Restored { .. } => "restored",
                InboundBody::Deleted { .. } => "deleted",
                InboundBody::Reactions { .. } => "reactions",
                other => panic!("{other:?}"),
            },
            other => panic!("{other:?}"),
        };
        events.iter().map(one).collect()
    };
    let edited = with(json!({ "lastModifiedDateTime": at, "lastEditedDateTime": at }));
    assert_eq!(kinds(&edited), ["message", "edited", "reactions"]);
    assert!(only_message(&edited).history, "the message itself is of the past");
    let deleted = with(json!({ "lastModifiedDateTime": at, "deletedDateTime": at }));
    assert_eq!(kinds(&deleted), ["deleted"]);
    assert_eq!(deleted_at(&deleted), Some(super::instant(at)));
    let reaction = json!([{ "reactionType": "like", "createdDateTime": at, "user": { "user": { "id": OTHER } } }]);
    let reacted = with(json!({ "lastModifiedDateTime": at, "reactions": reaction }));
    assert_eq!(kinds(&reacted), ["message", "reactions"]);
    let undone = with(json!({ "lastModifiedDateTime": at }));
    assert_eq!(kinds(&undone), ["message", "reactions", "restored"]);
    let history = json!([{ "actions": "reactionRemoved", "modifiedDateTime": at, "reaction": reaction[0] }]);
    let taken = with(json!({ "lastModifiedDateTime": at, "messageHistory": history }));
    assert_eq!(kinds(&taken), ["message", "reactions"], "what its history explains was not undone");
}

/// A page is kept as the receipt and can be read again.
#[test]
fn a_page_reads_the_same_from_its_receipt() {
    let own = json!({ "from": { "user": { "id": ACCOUNT.to_uppercase() } } });
    let mut answer = message(GROUP, "3", "2026-11-25T11:30:00Z");
    answer.as_object_mut().unwrap().extend(own.as_object().unwrap().clone());
    let (page, _) =
        pull(vec![listing(&[chat(GROUP, "2026-11-25T11:30:00Z")], None), ok(&json!({ "value": [answer, 7] }))], None);
    let page = page.unwrap();
    let again = at("http://127.0.0.1:9").parse(&Verified { body: page.raw.clone(), account: None }).unwrap();
    let keys = |events: &[Parsed]| format!("{events:?}");
    assert_eq!(keys(&again), keys(&page.events));
    let message = only_message(&page.events);
    assert_eq!(message.direction, hub_domain::Direction::Outgoing, "letters of ids may be large or small");
    assert_eq!(message.conversation.name.as_deref(), Some(format!("Topic {GROUP}").as_str()));
}
