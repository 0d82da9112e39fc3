//! Nothing that arrives makes the reader panic, and nothing unreadable hides its neighbours.

use super::{delivery, fixtures, keys, warmed};
use crate::support::block_on;
use crate::support::mutants::{odd, put};
use hub_platform_kit::PlatformHandle;
use hub_platform_kit::platform::Parsed;
use hub_platform_kit::webhook::Verified;
use proptest::collection::vec;
use proptest::prelude::{any, proptest};
use proptest::sample::{Index, select};
use serde_json::{Value, json};
use std::sync::OnceLock;

fn platform() -> &'static PlatformHandle {
    static PLATFORM: OnceLock<PlatformHandle> = OnceLock::new();
    PLATFORM.get_or_init(|| block_on(warmed(&[&delivery(fixtures::payload("rich_created_text.json"))])))
}

/// All recorded deliveries as they came, and as the hub keeps them.
fn recorded() -> &'static [(Value, Value)] {
    static RECORDED: OnceLock<Vec<(Value, Value)>> = OnceLock::new();
    RECORDED.get_or_init(|| {
        let one = |fixture: Value| {
            let body = fixtures::body_of(&fixture);
            let opened = platform().verify(&delivery(body.clone()), &keys()).unwrap().body;
            (serde_json::from_slice(&body).unwrap(), serde_json::from_slice(&opened).unwrap())
        };
        fixtures::of_kind("webhook").into_iter().map(one).collect()
    })
}

fn parse(body: impl Into<Vec<u8>>) -> Vec<Parsed> {
    platform().parse(&Verified { body: body.into().into(), account: None }).unwrap()
}

fn can_be_kept(parsed: &[Parsed]) {
    for one in parsed {
        if let Parsed::Event(event) = one {
            assert!(event.event_key.len() <= 255 + 100, "{}", event.event_key);
        }
    }
}

proptest! {
    #[test]
    fn any_bytes_have_an_outcome(body in vec(any::<u8>(), 0..200)) {
        assert_eq!(parse(body.clone()).len(), 1);
        let _ = platform().verify(&delivery(body), &keys());
    }

    #[test]
    fn any_odd_member_is_survived(both in select(recorded()), turn in any::<Index>(), value in odd()) {
        let (mut came, mut kept) = both;
        put(&mut kept, turn, &value);
        can_be_kept(&parse(kept.to_string()));
        put(&mut came, turn, &value);
        if let Ok(verified) = platform().verify(&delivery(came.to_string()), &keys()) {
            can_be_kept(&parse(verified.body));
        }
    }

    #[test]
    fn an_odd_item_falls_alone(value in odd(), both in select(recorded())) {
        let good: Value = serde_json::from_slice(&fixtures::payload("lifecycle_subscription_removed.json")).unwrap();
        let (mut came, _) = both;
        let mut items = came["value"].as_array().unwrap().clone();
        items.insert(0, value);
        items.push(good["value"][0].clone());
        came["value"] = json!(items);
        let verified = platform().verify(&delivery(came.to_string()), &keys()).unwrap();
        assert!(parse(verified.body).iter().any(|one| matches!(one, Parsed::ReadBack { .. })));
    }
}
