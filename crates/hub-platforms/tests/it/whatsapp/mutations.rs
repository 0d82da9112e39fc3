//! Nothing that arrives makes the reader panic, and nothing unreadable hides its neighbours.

use super::told::delivery;
use super::{fixtures, parse};
use crate::support::mutants::{odd, put};
use hub_platform_kit::platform::Parsed;
use proptest::collection::vec;
use proptest::prelude::{any, proptest};
use proptest::sample::{Index, select};
use serde_json::{Value, json};
use std::sync::OnceLock;

/// All recorded deliveries.
fn recorded() -> &'static [Value] {
    static RECORDED: OnceLock<Vec<Value>> = OnceLock::new();
    RECORDED.get_or_init(|| {
        fixtures::deliveries().map(|f| serde_json::from_slice(&fixtures::payload(&f.file)).unwrap()).collect()
    })
}

/// What can be kept: ids that fit, and keys that stay short.
fn can_be_kept(parsed: &[Parsed]) {
    for one in parsed {
        if let Parsed::Event(event) = one {
            assert!(event.event_key.len() <= 255 + 100, "{}", event.event_key);
            assert!(event.accounts.iter().all(|account| !account.as_str().is_empty()));
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
        can_be_kept(&parse(delivery.to_string().as_bytes()));
    }

    #[test]
    fn a_spoiled_change_hides_no_neighbour(
        spoiled in select(recorded()),
        changes in vec((any::<Index>(), odd()), 1..4),
    ) {
        let mut entry = spoiled["entry"][0].clone();
        for (turn, value) in &changes {
            put(&mut entry, *turn, value);
        }
        let mut delivery = delivery("messages", json!({ "messages": [good()] }));
        let alone = parse(delivery.to_string().as_bytes());
        delivery["entry"].as_array_mut().unwrap().insert(0, entry);
        let Some(Parsed::Event(wanted)) = alone.into_iter().next() else { panic!() };
        let parsed = parse(delivery.to_string().as_bytes());
        assert!(parsed.iter().any(|one| matches!(one, Parsed::Event(event) if event.event_key == wanted.event_key)));
    }
}

fn good() -> Value {
    json!({ "id": "wamid.good", "from": "1", "timestamp": "5", "type": "text", "text": { "body": "x" } })
}
