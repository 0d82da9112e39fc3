//! The platforms' loose values: ids and times come as numbers or as text.

use aws_lc_rs::digest;
use chrono::DateTime;
use hub_domain::Timestamp;
use hub_domain::time::{from_unix_millis, from_unix_seconds};
use serde_json::{Map, Value};

/// Numbers below this count seconds, all others milliseconds.
const FIRST_MILLISECOND: i64 = 100_000_000_000;
/// Bytes of a digest that are kept in a key.
const KEY_DIGEST_BYTES: usize = 16;

/// An id: text as it is, a whole number as its digits. A number with a fraction or beyond 64 bits has lost digits, so it is none.
pub(crate) fn id(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) if number.is_u64() || number.is_i64() => Some(number.to_string()),
        _ => None,
    }
}

/// The id in a member that is an object with one: `sender`, `recipient`, `from`.
pub(crate) fn id_in(members: &Map<String, Value>, name: &str) -> Option<String> {
    members.get(name).and_then(|inner| inner.get("id")).and_then(id)
}

/// A text that says something.
pub(crate) fn words(value: Option<&Value>) -> Option<String> {
    value.and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned)
}

/// A whole number, also as digits.
pub(crate) fn number(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

/// An instant: seconds or milliseconds, as a number or as digits.
pub(crate) fn instant(value: &Value) -> Option<Timestamp> {
    let number = number(value).filter(|number| *number > 0)?;
    if number < FIRST_MILLISECOND { from_unix_seconds(number) } else { from_unix_millis(number) }
}

/// An instant as the Graph API writes it; the offset may lack its colon.
pub(crate) fn written_instant(value: Option<&Value>) -> Option<Timestamp> {
    let text = value?.as_str()?;
    let read = DateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f%z").or_else(|_| DateTime::parse_from_rfc3339(text));
    read.ok().map(Timestamp::from)
}

/// "Yes", also as text: some pages of the documentation print it so.
pub(crate) fn is_true(value: Option<&Value>) -> bool {
    matches!(value, Some(Value::Bool(true))) || value.and_then(Value::as_str) == Some("true")
}

/// A key that is the same for the same parts, and short however long they are.
pub(crate) fn key(account: &str, kind: &str, parts: &[&str]) -> String {
    let mut digest = digest::Context::new(&digest::SHA256);
    for part in parts {
        // The length before each part: no two lists of parts look alike.
        digest.update(&(part.len() as u64).to_be_bytes());
        digest.update(part.as_bytes());
    }
    let digest = digest.finish();
    format!("{account}:{kind}:{}", hex::encode(&digest.as_ref()[..KEY_DIGEST_BYTES]))
}

#[cfg(test)]
mod tests {
    use super::{id, instant, key, written_instant};
    use hub_domain::time::to_contract;
    use serde_json::json;

    #[test]
    fn ids_keep_every_digit() {
        assert_eq!(id(&json!("0042")).as_deref(), Some("0042"));
        assert_eq!(id(&json!(17_841_405_822_304_914_u64)).as_deref(), Some("17841405822304914"));
        assert_eq!(id(&json!(u64::MAX)).as_deref(), Some("18446744073709551615"));
        for none in [json!(1.5), json!(""), json!(null), json!({"id": 1}), json!(true)] {
            assert_eq!(id(&none), None, "{none}");
        }
        let beyond: serde_json::Value = serde_json::from_str("18446744073709551616").unwrap();
        assert_eq!(id(&beyond), None);
    }

    #[test]
    fn times_come_in_many_coats() {
        let read = |value| instant(&value).map(to_contract);
        assert_eq!(read(json!(1_763_704_811_000_i64)).as_deref(), Some("2025-11-21T06:00:11.000Z"));
        assert_eq!(read(json!("1763704811000")).as_deref(), Some("2025-11-21T06:00:11.000Z"));
        assert_eq!(read(json!("1763704811")).as_deref(), Some("2025-11-21T06:00:11.000Z"));
        assert_eq!(read(json!(1_763_704_811)).as_deref(), Some("2025-11-21T06:00:11.000Z"));
        for none in [json!(0), json!(-5), json!("soon"), json!(1.5), json!(i64::MAX), json!(null)] {
            assert_eq!(read(none.clone()), None, "{none}");
        }
        for text in ["2026-11-20T10:11:12+0000", "2026-11-20T10:11:12+00:00", "2026-11-20T10:11:12Z"] {
            let at = written_instant(Some(&json!(text))).map(to_contract);
            assert_eq!(at.as_deref(), Some("2026-11-20T10:11:12.000Z"), "{text}");
        }
        assert_eq!(written_instant(Some(&json!("yesterday"))), None);
    }

    #[test]
    fn keys_tell_parts_apart() {
        assert_ne!(key("1", "m", &["ab", "c"]), key("1", "m", &["a", "bc"]));
        assert_eq!(key("1", "m", &["ab"]), key("1", "m", &["ab"]));
        assert!(key("1", "m", &[&"x".repeat(10_000)]).len() < 64);
    }
}
