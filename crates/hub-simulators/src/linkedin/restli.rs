//! Rest.li's way to write keys and parameters: `(name:value,…)`, `List(a,b)`, and values with every reserved sign encoded.

use super::error::RestError;
use std::collections::BTreeMap;

/// Signs that mean something to Rest.li; inside a value they are encoded.
const RESERVED: [char; 5] = ['(', ')', ',', ':', '\''];
/// Members of a key or a list at most.
const MAX_MEMBERS: usize = 200;

/// What is wrong with a part of the path.
pub(super) fn bad_path() -> RestError {
    RestError::new(400, "Syntax exception in path variables")
}

/// What is wrong with a parameter.
pub(super) fn bad_parameter(name: &str) -> RestError {
    let words = format!("Invalid query parameters passed to request: {name}");
    RestError { code: Some("ILLEGAL_ARGUMENT".to_owned()), ..RestError::new(400, words) }
}

/// A plain value. `strict`: of protocol 2, where reserved signs must be encoded.
pub(super) fn plain(raw: &str, strict: bool) -> Option<String> {
    if strict && raw.contains(RESERVED) {
        return None;
    }
    decoded(raw)
}

/// `(name:value,…)`, all of it of protocol 2.
pub(super) fn record(raw: &str) -> Option<BTreeMap<String, String>> {
    let inner = raw.strip_prefix('(')?.strip_suffix(')')?;
    let mut members = BTreeMap::new();
    for member in inner.split(',').take(MAX_MEMBERS) {
        let (name, value) = member.split_once(':')?;
        members.insert(plain(name, true)?, plain(value, true)?);
    }
    Some(members)
}

/// `List(a,b)`, of protocol 2.
pub(super) fn list(raw: &str) -> Option<Vec<String>> {
    let inner = raw.strip_prefix("List(")?.strip_suffix(')')?;
    if inner.is_empty() {
        return Some(Vec::new());
    }
    inner.split(',').take(MAX_MEMBERS).map(|item| plain(item, true)).collect()
}

/// Percent signs read; `None` where they are none, or the result is no text.
pub(super) fn decoded(raw: &str) -> Option<String> {
    let mut out = Vec::with_capacity(raw.len());
    let mut bytes = raw.bytes();
    while let Some(byte) = bytes.next() {
        if byte == b'%' {
            let digits = [bytes.next()?, bytes.next()?];
            let digits = std::str::from_utf8(&digits).ok()?;
            out.push(u8::from_str_radix(digits, 16).ok()?);
        } else {
            out.push(byte);
        }
    }
    String::from_utf8(out).ok()
}

#[cfg(test)]
mod tests {
    use super::{decoded, list, plain, record};

    #[test]
    fn values_are_told_from_signs() {
        assert_eq!(plain("urn%3Ali%3Aactivity%3A1", true).as_deref(), Some("urn:li:activity:1"));
        assert_eq!(plain("urn:li:activity:1", true), None);
        assert_eq!(plain("urn:li:activity:1", false).as_deref(), Some("urn:li:activity:1"));
        let key = record("(user:urn%3Ali%3Aperson%3Ax,eventType:E)").unwrap();
        assert_eq!((key["user"].as_str(), key["eventType"].as_str()), ("urn:li:person:x", "E"));
        assert_eq!(record("(user:urn:li:person:x)"), None);
        assert_eq!(list("List(A,B)"), Some(vec!["A".to_owned(), "B".to_owned()]));
        assert_eq!((list("List%28A%29"), list("List()")), (None, Some(Vec::new())));
        assert_eq!((decoded("%zz"), decoded("%4")), (None, None));
    }
}
