//! Reading back: the past of a page, what notifications kept to themselves, and a member's messages.

use super::{PAGE, THREAD, check_head, encoded, fixtures, handle, member, offline, ok, page, parse, refused, settings};
use crate::support::block_on;
use crate::support::stand_in::{Asked, Reply, StandIn};
use hub_domain::inbound::{InboundBody, InboundMessage};
use hub_platform_kit::platform::{HistoryPage, Parsed};
use hub_platform_kit::{ErrorKind, Grant};
use serde_json::{Value, json};
use std::time::Duration;

const SHARE: &str = "urn:li:share:7456975906406400003";

/// Reads on until there is no more.
fn run(grant: &Grant, start: Option<&Value>, replies: Vec<Reply>) -> (Vec<HistoryPage>, Vec<Asked>, Value) {
    block_on(async {
        let stand_in = StandIn::start(replies).await;
        let platform = handle(settings(&stand_in.base));
        let mut cursor = start.map(Value::to_string);
        let mut pages = Vec::new();
        loop {
            let read = platform.pull(grant, cursor.as_deref(), Duration::ZERO).await.unwrap();
            cursor = read.next.clone().or(cursor);
            let more = read.more;
            pages.push(read);
            assert!(pages.len() < 50, "it never ends");
            if !more {
                break;
            }
        }
        (pages, stand_in.asked(), serde_json::from_str(&cursor.unwrap_or_else(|| "null".to_owned())).unwrap())
    })
}

fn messages(pages: &[HistoryPage]) -> Vec<InboundMessage> {
    let events = pages.iter().flat_map(|page| &page.events);
    events
        .filter_map(|one| match one {
            Parsed::Event(event) => match &event.body {
                InboundBody::Message(said) | InboundBody::Edited(said) => Some((**said).clone()),
                _ => None,
            },
            _ => None,
        })
        .collect()
}

fn dated(body: &Value) -> Reply {
    let mut reply = ok(body);
    reply.headers.push(("date".to_owned(), "Mon, 04 May 2026 12:00:00 GMT".to_owned()));
    reply
}

fn posts() -> Value {
    json!({ "elements": [{ "id": SHARE, "commentary": "Our spring release is out\nmore" },
        { "id": "urn:li:ugcPost:5", "commentary": "Gone" }] })
}

/// No notifications, at the end of the past.
fn none() -> Reply {
    ok(&json!({ "elements": [] }))
}

/// Noon of that day, in milliseconds.
const NOON: i64 = 1_777_896_000_000;

#[test]
fn the_past_is_read_once_and_rings_no_bell() {
    let comments = fixtures::value("api_comments_list.json");
    let (pages, asked, cursor) =
        run(&page(), None, vec![dated(&posts()), ok(&comments), refused(404, "Could not find entity"), none()]);
    let said = messages(&pages);
    assert_eq!(said.len(), 3);
    assert!(said.iter().all(|message| message.history));
    assert!(said.iter().all(|message| message.conversation.id.as_str() == THREAD), "the thread, not the post");
    assert!(said.iter().all(|message| message.conversation.name.as_deref() == Some("Our spring release is out")));
    assert_eq!(said[0].conversation.aliases, [SHARE.into()]);
    let times: Vec<_> = said.iter().map(|message| message.sent_at).collect();
    assert!(times.is_sorted(), "oldest first");
    assert_eq!((&cursor["begun"], &cursor["since"]), (&json!(true), &json!(NOON)), "then notifications tell");
    check_head(&asked[0], "GET", "/rest/posts");
    assert_eq!((asked[0].query["author"].as_str(), asked[0].query["q"].as_str()), (PAGE, "author"));
    check_head(&asked[1], "GET", &format!("/rest/socialActions/{}/comments", encoded(SHARE)));
    // A page of it is kept and can be read again like a delivery.
    for one in pages.iter().filter(|one| one.next.is_some()) {
        let again = parse(&one.raw);
        assert_eq!(format!("{again:?}"), format!("{:?}", one.events));
    }
}

/// Answers that the list leaves out are read with the comment; those that it holds are not.
#[test]
fn answers_are_read_where_they_are_missing() {
    let comments = fixtures::value("api_comments_list.json");
    let mut without = comments.clone();
    let answer = without["elements"].as_array_mut().unwrap().remove(0);
    let start = json!({ "posts": [[THREAD, null]] });
    let answers = json!({ "elements": [answer] });
    let (pages, asked, _) = run(&page(), Some(&start), vec![ok(&without), ok(&answers), none()]);
    let parent = "urn:li:comment:(urn:li:activity:7456975906406400003,7457006357053440003)";
    check_head(&asked[1], "GET", &format!("/rest/socialActions/{}/comments", encoded(parent)));
    let said = messages(&pages);
    assert_eq!((said.len(), said[2].reply_to.as_ref().unwrap().as_str()), (3, parent));
    let (pages, asked, _) = run(&page(), Some(&start), vec![ok(&comments), none()]);
    assert_eq!((messages(&pages).len(), asked.len()), (3, 2));
}

/// A page may be shorter than asked for without being the last.
#[test]
fn a_list_goes_on_while_it_says_so() {
    let mut first = fixtures::value("api_comments_list.json");
    first["elements"].as_array_mut().unwrap().truncate(1);
    first["paging"]["links"] = json!([{ "rel": "next", "href": "/rest/x?start=100" }]);
    let last = json!({ "elements": [fixtures::value("api_comments_list.json")["elements"][2]] });
    let start = json!({ "posts": [[THREAD, null]] });
    let (pages, asked, _) = run(&page(), Some(&start), vec![ok(&first), ok(&last), none()]);
    assert_eq!((messages(&pages).len(), asked[1].query["start"].as_str()), (2, "100"));
}

#[test]
fn what_was_missed_is_read_and_rings() {
    let mut told = fixtures::value("org_batch.json")["notifications"].as_array().unwrap().clone();
    told.extend(fixtures::value("org_comment_edit_and_delete.json")["notifications"].as_array().unwrap().clone());
    let bare = |told: &mut Value| {
        told.as_object_mut().unwrap().remove("decoratedGeneratedActivity");
    };
    // A comment and an edit keep their words to themselves.
    bare(&mut told[1]);
    bare(&mut told[4]);
    told[2]["decoratedGeneratedActivity"] = json!({});
    let found = fixtures::value("api_comments_list.json")["elements"][2].clone();
    let start = json!({ "begun": true, "since": NOON });
    let gone = refused(404, "Could not find entity");
    let replies = vec![ok(&json!({ "elements": told })), ok(&found), gone, ok(&found)];
    let (pages, asked, cursor) = run(&page(), Some(&start), replies);
    check_head(&asked[0], "GET", "/rest/organizationalEntityNotifications");
    assert_eq!(asked[0].query["actions"], "List(COMMENT,ADMIN_COMMENT,COMMENT_EDIT,COMMENT_DELETE)");
    assert_eq!(asked[0].query["organizationalEntity"], PAGE);
    assert_eq!(asked[0].query["timeRange"], format!("(start:{})", NOON - 600_000), "some of it twice");
    check_head(&asked[1], "GET", &format!("/rest/socialActions/{}/comments/7457006105395200002", encoded(THREAD)));
    let said = messages(&pages);
    assert_eq!(said.len(), 2, "one comment is gone");
    assert!(said.iter().all(|message| !message.history && message.content.text.is_some()));
    assert_eq!(said[1].edited_at.unwrap().timestamp_millis(), 1_777_889_100_000);
    assert_eq!((&cursor["since"], &cursor["newest"]), (&json!(NOON), &json!(0)), "time does not go back");
    // The same comes by delivery and by reading: one key.
    let keys = |parsed: &[Parsed]| -> Vec<String> {
        let key = |one: &Parsed| match one {
            Parsed::Event(event) => Some(event.event_key.clone()),
            _ => None,
        };
        parsed.iter().filter_map(key).collect()
    };
    let delivered = parse(&fixtures::payload("org_batch.json"));
    assert!(keys(&pages[0].events).contains(&keys(&delivered)[1]));
}

#[test]
fn nothing_new_leaves_no_trace() {
    let (pages, _, cursor) =
        run(&page(), Some(&json!({ "begun": true, "since": 5 })), vec![ok(&json!({ "elements": [] }))]);
    assert!(pages[0].events.is_empty() && pages[0].next.is_none());
    assert_eq!(cursor["since"], 5);
}

/// Where posts cannot be listed, notifications tell of the past; where notifications cannot be asked for, posts are looked
/// through.
#[test]
fn one_way_of_reading_stands_in_for_the_other() {
    let told = fixtures::value("org_comment.json")["notifications"].clone();
    let replies = vec![refused(404, "no"), ok(&json!({ "elements": told }))];
    let (pages, asked, cursor) = run(&page(), None, replies);
    assert_eq!(asked[1].query["timeRange"], "(start:0)");
    let said = messages(&pages);
    assert!(said.len() == 1 && said[0].history, "{said:?}");
    assert_eq!(cursor["past"], false);

    let comments = fixtures::value("api_comments_list.json");
    let replies = vec![refused(400, "no"), dated(&posts()), ok(&comments), refused(404, "gone")];
    let (pages, _, cursor) = run(&page(), Some(&json!({ "begun": true, "since": 5 })), replies);
    let said = messages(&pages);
    assert!(said.len() == 3 && said.iter().all(|message| !message.history), "{said:?}");
    assert_eq!(cursor["by_posts"], true);
}

/// Who loses the role on a page loses its comments, not the sign-in: the account says so.
#[test]
fn a_lost_page_is_told() {
    let start = json!({ "begun": true, "since": 5 });
    let denied = "Member does not have permission to act for urn:li:organization:2414183";
    let (pages, ..) = run(&page(), Some(&start), vec![refused(403, denied)]);
    let [Parsed::Event(event)] = pages[0].events.as_slice() else { panic!("{:?}", pages[0].events) };
    assert!(matches!(&event.body, InboundBody::AccountNotice { kind, .. } if kind == "page_access_lost"), "{event:?}");
    assert!(pages[0].next.is_none());
    assert_eq!(format!("{:?}", parse(&pages[0].raw)), format!("{:?}", pages[0].events));
}

#[test]
fn a_member_who_allowed_nothing_is_not_read() {
    let mut grant = member();
    grant.facts["reads_messages"] = false.into();
    let read = block_on(offline().pull(&grant, None, Duration::ZERO)).unwrap();
    assert!(read.events.is_empty() && !read.more && read.next.is_none());
}

#[test]
fn a_members_past_comes_first_and_the_log_ever_after() {
    let rows = fixtures::value("api_member_snapshot_inbox.json");
    let log = fixtures::value("api_member_changelog_messages.json");
    let last = json!({ "elements": [log["elements"][1]], "paging": { "total": 1 } });
    let (pages, asked, cursor) = run(&member(), None, vec![ok(&rows), ok(&log)]);
    let said = messages(&pages);
    assert_eq!(said.len(), 3);
    assert_eq!((said[0].history, said[1].history), (true, false));
    assert_eq!(said[0].conversation.id, said[1].conversation.id, "old and new words meet in one thread");
    assert_eq!(asked[1].query["startTime"], "0");
    // The question includes its start, so the last entry comes again and nothing is stored for it.
    let (pages, asked, _) = run(&member(), Some(&cursor), vec![ok(&last)]);
    assert_eq!(asked[0].query["startTime"], "1780297505222");
    assert!(pages[0].events.is_empty() && pages[0].next.is_none());
    // Without old messages the platform finds nothing.
    let (pages, ..) = run(&member(), None, vec![refused(404, "No data found"), ok(&log)]);
    assert_eq!(messages(&pages).len(), 2);
}

#[test]
fn the_log_tells_changes_too_and_no_invitations() {
    let mut log = fixtures::value("api_member_changelog_messages.json");
    let entry = |change: fn(&mut Value)| {
        let mut entry = fixtures::value("api_member_changelog_messages.json")["elements"][0].clone();
        change(&mut entry);
        entry
    };
    log["elements"] = json!([
        entry(|entry| entry["activityStatus"] = "FAILURE".into()),
        entry(|entry| entry["activity"]["extensionContent"] = json!({ "com.linkedin.InvitationMessageContent": {} })),
        entry(|entry| {
            entry["method"] = "PARTIAL_UPDATE".into();
            entry["activity"]["content"]["fallback"] = "Changed".into();
        }),
        entry(|entry| {
            entry["method"] = "DELETE".into();
            entry["activity"] = json!({});
        }),
    ]);
    let start = json!({ "begun": true, "since": 1 });
    let (pages, ..) = run(&member(), Some(&start), vec![ok(&log)]);
    let kinds: Vec<&str> = pages[0]
        .events
        .iter()
        .map(|one| match one {
            Parsed::Event(event) => match &event.body {
                InboundBody::Ignored { reason } => reason.as_str(),
                InboundBody::Edited(said) => said.content.text.as_deref().unwrap(),
                InboundBody::Deleted { .. } => "deleted",
                other => panic!("{other:?}"),
            },
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(kinds, ["no_message", "no_message", "Changed", "deleted"]);
}

/// A picture is found by its name and fetched from LinkedIn's own hosts only.
#[test]
fn a_picture_is_fetched_where_it_lies() {
    block_on(async {
        let bytes =
            Reply { status: 200, headers: vec![("content-type".to_owned(), "image/png".to_owned())], body: vec![7] };
        let stand_in = StandIn::start(Vec::new()).await;
        let named = ok(&json!({ "downloadUrl": format!("{}/dms/image/x", stand_in.base) }));
        let replies = StandIn::start(vec![named, ok(&json!({ "downloadUrl": "https://evil.example/x" }))]).await;
        let platform = handle(settings(&replies.base));
        let error = platform.picture(&page(), "urn:li:image:C1", 10).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Transient { maybe_applied: false }, "the stand-in had nothing to say");
        let error = platform.picture(&page(), "urn:li:image:C1", 10).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Rejected);
        check_head(&replies.asked()[0], "GET", "/rest/images/urn%3Ali%3Aimage%3AC1");
        let files = StandIn::start(vec![bytes]).await;
        let file = handle(settings(&files.base)).picture(&page(), &format!("{}/x", files.base), 10).await.unwrap();
        assert_eq!((file.bytes.as_ref(), file.mime_type.as_deref()), ([7].as_slice(), Some("image/png")));
        assert_eq!(files.only().token, None, "the address is its own permission");
    });
}
