//! Nothing that arrives makes the reader panic, and nothing unreadable hides its neighbours.

use super::told::delivery;
use super::{fixtures, parse};
use hub_platform_kit::platform::Parsed;
use proptest::collection::vec;
use proptest::prelude::{Just, Strategy, any, prop_oneof, proptest};
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

/// Something a member never is.
fn odd() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        Just(json!({})),
        Just(json!([])),
        Just(json!([[]])),
        Just(json!("x".repeat(5000))),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,8}".prop_map(Value::from),
    ]
}

/// Puts `value` at the place that `turn` finds among all places of `tree`.
fn put(tree: &mut Value, turn: Index, value: &Value) {
    let mut at = turn.index(count(tree));
    walk(tree, &mut at, value);
}

fn count(tree: &Value) -> usize {
    1 + match tree {
        Value::Object(members) => members.values().map(count).sum(),
        Value::Array(list) => list.iter().map(count).sum::<usize>(),
        _ => 0,
    }
}

fn walk(tree: &mut Value, at: &mut usize, value: &Value) -> bool {
    if *at == 0 {
        *tree = value.clone();
        return true;
    }
    *at -= 1;
    match tree {
        Value::Object(members) => members.values_mut().any(|member| walk(member, at, value)),
        Value::Array(list) => list.iter_mut().any(|member| walk(member, at, value)),
        _ => false,
    }
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
