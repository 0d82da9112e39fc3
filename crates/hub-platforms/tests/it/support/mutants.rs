//! Payloads with something in them that is never there.

use proptest::prelude::{Just, Strategy, any, prop_oneof};
use proptest::sample::Index;
use serde_json::{Value, json};

/// Something a member never is.
pub(crate) fn odd() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        Just(json!({})),
        Just(json!([])),
        Just(json!([[]])),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,8}".prop_map(Value::from),
    ]
}

/// Puts `value` at the place that `turn` finds among all places of `tree`.
pub(crate) fn put(tree: &mut Value, turn: Index, value: &Value) {
    let places = count(tree);
    let mut at = turn.index(places);
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
