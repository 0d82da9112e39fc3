//! Nothing that arrives makes the reader panic, and nothing unreadable hides its neighbours.

use super::{delivery, fixtures, message, parse};
use crate::support::mutants::{odd, put};
use hub_domain::RemoteAccountId;
use hub_platform_kit::platform::Parsed;
use proptest::collection::vec;
use proptest::prelude::{any, proptest};
use proptest::sample::{Index, select};
use serde_json::{Value, json};
use std::sync::OnceLock;

/// All recorded deliveries, and pages that were read back.
fn recorded() -> &'static [Value] {
    static RECORDED: OnceLock<Vec<Value>> = OnceLock::new();
    RECORDED.get_or_init(|| {
        let read = |file: &str| serde_json::from_slice::<Value>(&fixtures::payload(file)).unwrap();
        let deliveries = fixtures::of_kind("webhook").into_iter().map(|fixture| read(&fixture.file));
        let pages = ["api_dm_events_page1.json", "api_dm_events_group_conversation.json"]
            .map(|file| json!({ "hub_read_back": { "account": super::ME, "since": null, "page": read(file) } }));
        deliveries.chain(pages).collect()
    })
}

/// What can be kept: ids that fit, and keys that stay short.
fn can_be_kept(parsed: &[Parsed]) {
    for one in parsed {
        if let Parsed::Event(event) = one {
            assert!(event.event_key.len() <= 255 + 100, "{}", event.event_key);
            assert!(event.accounts.iter().all(RemoteAccountId::fits));
        }
    }
}

proptest! {
    #[test]
    fn any_bytes_have_an_outcome(body in vec(any::<u8>(), 0..200)) {
        assert_eq!(parse(&body).len(), 1);
    }

    #[test]
    fn any_cut_or_flipped_byte_is_survived(delivery in select(recorded()), cut in any::<Index>(), byte in any::<u8>()) {
        let mut body = delivery.to_string().into_bytes();
        let at = cut.index(body.len());
        body[at] = byte;
        can_be_kept(&parse(&body));
        body.truncate(at);
        assert_eq!(parse(&body).len(), 1);
    }

    #[test]
    fn any_changed_members_are_survived(
        delivery in select(recorded()),
        changes in vec((any::<Index>(), odd()), 1..4),
    ) {
        let mut delivery = delivery;
        for (turn, value) in &changes {
            put(&mut delivery, *turn, value);
        }
        let parsed = parse(delivery.to_string().as_bytes());
        let is_page = delivery.get("hub_read_back").is_some();
        assert!(is_page || !parsed.is_empty(), "{delivery}");
        can_be_kept(&parsed);
    }

    #[test]
    fn a_spoiled_message_hides_no_neighbour(changes in vec((any::<Index>(), odd()), 1..4)) {
        let good = message("954491830116155397", &json!({ "text": "good" }));
        let mut bad = message("954491830116155396", &json!({ "text": "bad" }));
        for (turn, value) in &changes {
            put(&mut bad, *turn, value);
        }
        let mut both = delivery(&good);
        both["direct_message_events"].as_array_mut().unwrap().insert(0, bad);
        let parsed = parse(both.to_string().as_bytes());
        let Some(Parsed::Event(wanted)) = parse(delivery(&good).to_string().as_bytes()).into_iter().next() else { panic!() };
        assert!(parsed.iter().any(|one| matches!(one, Parsed::Event(event) if event.event_key == wanted.event_key)));
        assert_eq!(parsed.len(), 2);
    }
}
