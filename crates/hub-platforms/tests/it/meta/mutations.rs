//! Nothing that arrives makes the reader panic, and nothing unreadable hides its neighbours.

use super::offline;
use crate::support::fixtures;
use crate::support::mutants::{odd, put};
use hub_domain::InboundBody;
use hub_platform_kit::PlatformHandle;
use hub_platform_kit::platform::Parsed;
use hub_platform_kit::webhook::Verified;
use proptest::collection::vec;
use proptest::prelude::{Just, Strategy, any, prop_oneof, proptest};
use proptest::sample::{Index, select};
use serde_json::{Value, json};
use std::sync::OnceLock;

/// All recorded deliveries, and pages that were read back.
fn recorded() -> &'static [(&'static str, Value)] {
    static RECORDED: OnceLock<Vec<(&'static str, Value)>> = OnceLock::new();
    RECORDED.get_or_init(|| {
        let one = |(name, count): (&'static str, usize)| {
            let read = |file: &str| -> Value { serde_json::from_slice(&fixtures::payload(name, file)).unwrap() };
            let page = json!({
                "object": "hub_read_back", "account": read("conversations.json")["data"][0]["participants"]["data"][1]["id"],
                "also": [], "since": null,
                "threads": [{ "conversation": read("conversations.json")["data"][0], "messages": read("conversation_messages.json") }],
            });
            let deliveries = fixtures::all(name, count).into_iter().filter(|f| f.kind == "webhook");
            let deliveries: Vec<Value> = deliveries.map(|f| read(&f.file)).collect();
            deliveries.into_iter().chain([page]).map(move |body| (name, body)).collect::<Vec<_>>()
        };
        [("facebook", 65), ("instagram", 43)].into_iter().flat_map(one).collect()
    })
}

fn parse(platform: &str, body: &[u8]) -> Vec<Parsed> {
    static PLATFORMS: OnceLock<[PlatformHandle; 2]> = OnceLock::new();
    let [facebook, instagram] = PLATFORMS.get_or_init(|| [offline("facebook"), offline("instagram")]);
    let platform = if platform == "facebook" { facebook } else { instagram };
    platform.parse(&Verified { body: body.to_vec().into(), account: None }).unwrap()
}

/// Reasons are shown and logged: none quotes what somebody wrote.
fn is_discreet(parsed: &[Parsed]) -> bool {
    parsed.iter().all(|one| match one {
        Parsed::Unreadable(reason) => reason.len() < 100 && !reason.contains("hello"),
        _ => true,
    })
}

fn text(mid: &str) -> Value {
    json!({ "sender": { "id": "1254459154682919" }, "recipient": { "id": "682498302938465" }, "timestamp": 1_763_704_803_000_i64,
            "message": { "mid": mid, "text": "hello" } })
}

#[test]
fn a_broken_event_falls_alone() {
    let good = text("m_1").to_string();
    // A lone half of a pair, a number without end, nesting without end: nothing a reader of whole bodies survives.
    let deep = format!("{}{}", "[".repeat(400), "]".repeat(400));
    for bad in [r#"{"message":{"mid":"x","text":"\ud83d hello"}}"#, r#"{"timestamp":1e999}"#, &deep, "17", "null"] {
        let body = format!(
            r#"{{"object":"page","entry":[{{"id":"682498302938465","time":1,"messaging":[{bad},{good},{bad}]}},17,{{"id":"682498302938465","messaging":[{}]}}]}}"#,
            text("m_2")
        );
        let parsed = parse("facebook", body.as_bytes());
        let events =
            parsed.iter().filter(|one| matches!(one, Parsed::Event(e) if matches!(e.body, InboundBody::Message(_))));
        assert_eq!((events.count(), parsed.len()), (2, 5), "{bad}");
        assert!(is_discreet(&parsed));
    }
}

#[test]
fn a_whole_batch_is_read_in_order() {
    let entry = |n: usize| json!({ "id": "682498302938465", "time": 1, "messaging": [text(&format!("m_{n}"))] });
    let body = json!({ "object": "page", "entry": (0..1000).map(entry).collect::<Vec<_>>() });
    let parsed = parse("facebook", body.to_string().as_bytes());
    let ids: Vec<String> = parsed
        .iter()
        .map(|one| match one {
            Parsed::Event(event) => match &event.body {
                InboundBody::Message(message) => message.id.as_str().to_owned(),
                other => panic!("{other:?}"),
            },
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(ids, (0..1000).map(|n| format!("m_{n}")).collect::<Vec<_>>());
}

#[test]
fn what_is_not_ours_is_counted() {
    let reason = |platform: &str, body: Value| match parse(platform, body.to_string().as_bytes()).as_slice() {
        [Parsed::Event(event)] => match &event.body {
            InboundBody::Ignored { reason } => reason.clone(),
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    };
    assert_eq!(reason("facebook", json!({ "object": "instagram", "entry": [] })), "other_object");
    assert_eq!(reason("instagram", json!({ "object": "page", "entry": [] })), "other_object");
    assert_eq!(reason("facebook", json!({})), "other_object");
    assert_eq!(
        reason("facebook", json!({ "object": "page", "entry": [{ "id": "1", "hop_context": [] }] })),
        "unknown_entry"
    );
    let of = |list: &str, event: Value| json!({ "object": "page", "entry": [{ "id": "1", "time": 1, list: [event] }] });
    assert_eq!(reason("facebook", of("changes", json!({ "field": "feed", "value": {} }))), "feed");
    assert_eq!(reason("facebook", of("changes", json!({ "field": "tomorrow" }))), "unknown_change");
    assert_eq!(
        reason("facebook", of("messaging", json!({ "sender": { "id": "2" }, "tomorrow": {} }))),
        "unknown_event"
    );
    // A plugin's visitor without an id is nobody to talk to.
    assert_eq!(
        reason("facebook", of("messaging", json!({ "recipient": { "id": "1" }, "optin": { "ref": "x" } }))),
        "nobody"
    );
    assert!(parse("facebook", br#"{"object":"page"}"#).is_empty());
}

proptest! {
    #[test]
    fn any_bytes_have_an_outcome(body in vec(any::<u8>(), 0..200)) {
        for platform in ["facebook", "instagram"] {
            assert_eq!(parse(platform, &body).len(), 1);
        }
    }

    #[test]
    fn any_cut_or_flipped_byte_is_survived(body in select(recorded()), cut in any::<Index>(), byte in any::<u8>()) {
        let (platform, body) = body;
        let mut body = body.to_string().into_bytes();
        let at = cut.index(body.len());
        body[at] = byte;
        assert!(is_discreet(&parse(platform, &body)));
        body.truncate(at);
        assert!(matches!(parse(platform, &body).as_slice(), [Parsed::Unreadable(_)]));
    }

    #[test]
    fn any_changed_members_are_survived(
        body in select(recorded()),
        changes in vec((any::<Index>(), prop_oneof![odd(), Just(json!({ "id": 1 }))]), 1..4),
    ) {
        let (platform, mut body) = body;
        for (turn, value) in &changes {
            put(&mut body, *turn, value);
        }
        assert!(is_discreet(&parse(platform, body.to_string().as_bytes())));
    }

    #[test]
    fn a_batch_keeps_every_readable_event(events in vec((any::<bool>(), odd().prop_filter("an object is read", |v| !v.is_object())), 0..8)) {
        let list: Vec<Value> = events.iter().enumerate().map(|(n, (good, bad))| if *good { text(&format!("m_{n}")) } else { bad.clone() }).collect();
        let body = json!({ "object": "page", "entry": [{ "id": "682498302938465", "time": 1, "messaging": list }] });
        let parsed = parse("facebook", body.to_string().as_bytes());
        assert_eq!(parsed.len(), events.len());
        for (parsed, (good, _)) in parsed.iter().zip(&events) {
            assert_eq!(matches!(parsed, Parsed::Event(_)), *good, "order is kept");
        }
    }
}
