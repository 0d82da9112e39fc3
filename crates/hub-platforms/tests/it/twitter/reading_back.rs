//! Reading back: pages, cursors, and what counts as news.

use super::{ME, PERSON, TOKEN, block_on, grant, handle, offline, settings};
use crate::support::stand_in::{Asked, Reply, StandIn};
use hub_domain::inbound::InboundBody;
use hub_platform_kit::ErrorKind;
use hub_platform_kit::platform::{HistoryPage, Parsed};
use hub_platform_kit::webhook::Verified;
use proptest::collection::{btree_set, vec};
use proptest::prelude::{ProptestConfig, any, proptest};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::Duration;

/// The smallest id of a message in these tests.
const FIRST: u64 = 2_021_494_673_377_329_163;

fn event(id: u64) -> Value {
    json!({ "id": id.to_string(), "event_type": "MessageCreate", "text": format!("said {id}"), "sender_id": PERSON,
        "dm_conversation_id": super::BOTH, "created_at": "2026-02-11T08:01:02.000Z" })
}

/// A page of these, newest first.
fn page(ids: &[u64], next: Option<&str>) -> Reply {
    let mut body = json!({ "meta": { "result_count": ids.len() } });
    if !ids.is_empty() {
        body["data"] = ids.iter().map(|id| event(*id)).collect();
    }
    if let Some(next) = next {
        body["meta"]["next_token"] = next.into();
    }
    Reply::json(200, body.to_string())
}

/// Pulls once for each, going on from the cursor that the one before gave.
fn pull_from(cursor: Option<String>, replies: Vec<Reply>) -> (Vec<HistoryPage>, Option<String>, Vec<Asked>) {
    block_on(async {
        let times = replies.len();
        let stand_in = StandIn::start(replies).await;
        let platform = handle(settings(&stand_in.base));
        let mut cursor = cursor;
        let mut pages = Vec::new();
        for _ in 0..times {
            let page = platform.pull(&grant(), cursor.as_deref(), Duration::ZERO).await.unwrap();
            cursor = page.next.clone().or(cursor);
            pages.push(page);
        }
        let asked = stand_in.asked();
        super::spec::check(&asked);
        (pages, cursor, asked)
    })
}

/// Ids and whether they are the past.
fn said(page: &HistoryPage) -> Vec<(u64, bool)> {
    let one = |parsed: &Parsed| match parsed {
        Parsed::Event(event) => match &event.body {
            InboundBody::Message(said) => (said.id.as_str().parse().unwrap(), said.history),
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    };
    page.events.iter().map(one).collect()
}

#[test]
fn the_first_run_is_the_past_and_the_next_one_news() {
    let (pages, cursor, asked) =
        pull_from(None, vec![page(&[FIRST + 3, FIRST + 2], Some("N")), page(&[FIRST + 1, FIRST], None)]);
    assert_eq!(said(&pages[0]), [(FIRST + 2, true), (FIRST + 3, true)], "oldest first");
    assert_eq!(said(&pages[1]), [(FIRST, true), (FIRST + 1, true)]);
    assert_eq!((pages[0].more, pages[1].more), (true, false));
    assert_eq!(asked[1].query["pagination_token"], "N");
    assert!(asked.iter().all(|one| one.path == "/2/dm_events" && one.token.as_deref() == Some(TOKEN)));
    assert_eq!(asked[0].query["max_results"], "100");
    for needed in ["created_at", "sender_id", "dm_conversation_id", "attachments", "participant_ids", "entities"] {
        assert!(asked[0].query["dm_event.fields"].split(',').any(|field| field == needed), "{needed}");
    }
    // Nothing happened: nothing is stored. Every event that is told costs money, so few are asked for.
    let (quiet, same, asked) = pull_from(cursor.clone(), vec![page(&[FIRST + 3, FIRST + 2], Some("N"))]);
    assert!(quiet[0].events.is_empty() && quiet[0].next.is_none() && !quiet[0].more);
    assert_eq!((same, asked[0].query["max_results"].as_str()), (cursor.clone(), "10"));
    // Two more, on two pages: the second one meets what is known.
    let (news, last, _) =
        pull_from(cursor, vec![page(&[FIRST + 5], Some("M")), page(&[FIRST + 4, FIRST + 3], Some("L"))]);
    assert_eq!((said(&news[0]), said(&news[1])), (vec![(FIRST + 5, false)], vec![(FIRST + 4, false)]));
    assert_eq!((news[0].more, news[1].more), (true, false));
    let last: Value = serde_json::from_str(&last.unwrap()).unwrap();
    assert_eq!(last, json!({ "since": (FIRST + 5).to_string() }));
}

#[test]
fn an_account_without_a_past_hears_news() {
    let (pages, cursor, _) = pull_from(None, vec![page(&[], None)]);
    assert!(pages[0].events.is_empty() && !pages[0].more);
    let (news, ..) = pull_from(cursor, vec![page(&[FIRST], None)]);
    assert_eq!(said(&news[0]), [(FIRST, false)]);
}

#[test]
fn a_mark_that_is_no_longer_known_begins_the_run_anew() {
    let cursor = json!({ "page": "OLD", "since": FIRST.to_string(), "newest": (FIRST + 9).to_string() });
    let body = json!({ "errors": [{ "parameters": { "pagination_token": ["OLD"] }, "message": "Invalid" }],
        "title": "Invalid Request", "type": "https://api.twitter.com/2/problems/invalid-request" });
    let (pages, cursor, _) = pull_from(Some(cursor.to_string()), vec![Reply::json(400, body.to_string())]);
    assert!(pages[0].events.is_empty() && !pages[0].more, "no loop");
    let cursor: Value = serde_json::from_str(&cursor.unwrap()).unwrap();
    assert_eq!(cursor, json!({ "since": FIRST.to_string(), "newest": (FIRST + 9).to_string() }));
}

/// The publisher's description renames members that its pages still name.
#[test]
fn fields_that_are_refused_are_not_asked_for_again() {
    let body = json!({ "errors": [{ "parameters": { "dm_event.fields": ["id,referenced_tweets"] },
        "message": "The `dm_event.fields` query parameter value [referenced_tweets] is not one of [id,text]" }],
        "title": "Invalid Request", "type": "https://api.twitter.com/2/problems/invalid-request" });
    block_on(async {
        let stand_in = StandIn::start(vec![Reply::json(400, body.to_string()), page(&[FIRST], None)]).await;
        let pulled = handle(settings(&stand_in.base)).pull(&grant(), None, Duration::ZERO).await.unwrap();
        assert_eq!(said(&pulled), [(FIRST, true)]);
        assert!(!stand_in.asked()[1].query["dm_event.fields"].contains("referenced_tweets"));
    });
}

#[test]
fn a_cursor_nobody_understands_is_none() {
    for spoiled in ["", "[]", "{\"since\":7}", "12"] {
        let (pages, ..) = pull_from(Some(spoiled.to_owned()), vec![page(&[FIRST], None)]);
        assert_eq!(said(&pages[0]), [(FIRST, true)], "{spoiled}");
    }
}

/// A page is kept like a delivery, and can be read again.
#[test]
fn a_page_reads_the_same_again() {
    let cursor = Some(json!({ "since": FIRST.to_string() }).to_string());
    let (pages, ..) = pull_from(cursor, vec![page(&[FIRST + 2, FIRST + 1, FIRST], None)]);
    let verified = Verified { body: pages[0].raw.clone(), account: Some(ME.into()) };
    let again = offline().parse(&verified).unwrap();
    let again = HistoryPage { events: again, raw: pages[0].raw.clone(), next: None, more: false, progress: None };
    assert_eq!(said(&again), said(&pages[0]));
    assert_eq!(said(&again), [(FIRST + 1, false), (FIRST + 2, false)]);
}

#[test]
fn a_success_may_name_what_is_missing() {
    let body = json!({ "data": [event(FIRST)], "errors": [{ "title": "Not Found Error", "detail": "no user",
        "type": "https://api.twitter.com/2/problems/resource-not-found" }], "meta": { "result_count": 1 } });
    let (pages, ..) = pull_from(None, vec![Reply::json(200, body.to_string())]);
    assert_eq!(said(&pages[0]), [(FIRST, true)]);
}

#[test]
fn a_dead_sign_in_says_so() {
    block_on(async {
        let stand_in = StandIn::start(vec![super::fixtures::named("api_error_401").reply()]).await;
        let error = handle(settings(&stand_in.base)).pull(&grant(), None, Duration::ZERO).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::ReauthRequired);
    });
}

proptest! {
    // Each case starts a server.
    #![proptest_config(ProptestConfig::with_cases(16))]

    /// However the events fall on pages, and whatever was known: everything new is told once, and nothing else.
    #[test]
    fn every_event_is_told_once(
        all in btree_set(0_u64..1_000, 0..30),
        cuts in vec(1_usize..6, 30),
        known in any::<Option<u16>>(),
    ) {
        let all: BTreeSet<u64> = all.into_iter().map(|id| FIRST + id).collect();
        let since = known.map(|known| FIRST + u64::from(known) % 1_000);
        let mut newest_first: Vec<u64> = all.iter().rev().copied().collect();
        let mut replies = Vec::new();
        for size in cuts {
            let rest = newest_first.split_off(size.min(newest_first.len()));
            let next = if rest.is_empty() { None } else { Some("next") };
            replies.push(page(&newest_first, next));
            newest_first = rest;
            if newest_first.is_empty() {
                break;
            }
        }
        let (told, cursor) = block_on(async {
            let stand_in = StandIn::start(replies).await;
            let platform = handle(settings(&stand_in.base));
            let mut cursor = since.map(|since| json!({ "since": since.to_string() }).to_string());
            let mut told = Vec::new();
            // The budget of fifteen readings is the core's; each page here is asked for by an account of its own.
            loop {
                let mut grant = grant();
                grant.account_id = hub_domain::AccountId(uuid::Uuid::from_u128(told.len() as u128));
                let page = platform.pull(&grant, cursor.as_deref(), Duration::ZERO).await.unwrap();
                told.push(said(&page));
                cursor = page.next.clone().or(cursor);
                if !page.more {
                    break (told, cursor);
                }
            }
        });
        let told: Vec<u64> = told.into_iter().flatten().map(|(id, _)| id).collect();
        let once: BTreeSet<u64> = told.iter().copied().collect();
        assert_eq!(once.len(), told.len());
        let wanted: BTreeSet<u64> = all.iter().copied().filter(|id| since.is_none_or(|since| *id > since)).collect();
        assert_eq!(once, wanted);
        if let Some(last) = all.last() {
            let cursor: Value = serde_json::from_str(&cursor.unwrap()).unwrap();
            let reached = since.map_or(*last, |since| since.max(*last));
            assert_eq!(cursor, json!({ "since": reached.to_string() }));
        }
    }
}
