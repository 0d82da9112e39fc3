//! Nothing that arrives makes the reader panic, and nothing unreadable hides its neighbours.

use super::fixtures;
use super::updates::parse;
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
        let deliveries = fixtures::all().into_iter().filter(|f| f.kind != "api-response");
        deliveries.map(|f| serde_json::from_slice(&fixtures::payload(&f.file)).unwrap()).collect()
    })
}

/// Every delivery has one outcome.
fn outcomes(body: &[u8]) -> usize {
    parse(body).len()
}

proptest! {
    #[test]
    fn any_bytes_have_an_outcome(body in vec(any::<u8>(), 0..200)) {
        assert_eq!(outcomes(&body), 1);
    }

    #[test]
    fn any_cut_or_flipped_byte_has_an_outcome(update in select(recorded()), cut in any::<Index>(), byte in any::<u8>()) {
        let mut body = update.to_string().into_bytes();
        let at = cut.index(body.len());
        body[at] = byte;
        assert_eq!(outcomes(&body), 1);
        body.truncate(at);
        assert_eq!(outcomes(&body), 1);
    }

    #[test]
    fn any_changed_members_have_an_outcome(
        update in select(recorded()),
        changes in vec((any::<Index>(), odd()), 1..4),
    ) {
        let mut update = update;
        for (turn, value) in &changes {
            put(&mut update, *turn, value);
        }
        // A change can make an object of the kind "page"; an empty page has no events.
        if update.get("result").is_none() {
            assert_eq!(outcomes(update.to_string().as_bytes()), 1);
        }
    }

    #[test]
    fn a_page_keeps_every_readable_update(
        updates in vec((select(recorded()), any::<bool>(), odd()), 0..8),
    ) {
        let page: Vec<Value> = updates.iter().map(|(good, spoil, bad)| if *spoil { bad.clone() } else { good.clone() }).collect();
        let parsed = parse(json!({ "ok": true, "result": page }).to_string().as_bytes());
        assert_eq!(parsed.len(), updates.len());
        for ((good, spoil, _), parsed) in updates.iter().zip(&parsed) {
            match parsed {
                Parsed::Event(event) => {
                    assert!(!spoil);
                    assert!(event.event_key.ends_with(&good["update_id"].to_string()), "order is kept");
                }
                Parsed::Unreadable(_) => assert!(*spoil),
                other => panic!("{other:?}"),
            }
        }
    }
}
