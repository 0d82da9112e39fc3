//! Names of things: `urn:li:…`.

/// What stands in the place of a reserved sign.
const RESERVED: [(char, &str); 4] = [('(', "%28"), (')', "%29"), (',', "%2C"), (':', "%3A")];

/// The URN of a member.
pub(super) fn person(id: &str) -> String {
    format!("urn:li:person:{id}")
}

/// The URN of an organisation.
pub(super) fn organization(id: &str) -> String {
    format!("urn:li:organization:{id}")
}

/// The URN of the thread that a post began.
pub(super) fn activity(id: i64) -> String {
    format!("urn:li:activity:{id}")
}

/// The URN of a post.
pub(super) fn share(id: i64) -> String {
    format!("urn:li:share:{id}")
}

/// The URN of a comment.
pub(super) fn comment(activity: i64, id: i64) -> String {
    format!("urn:li:comment:(urn:li:activity:{activity},{id})")
}

/// The same as notifications spell it: without the beginning of the inner URN.
pub(super) fn short_comment(activity: i64, id: i64) -> String {
    format!("urn:li:comment:(activity:{activity},{id})")
}

/// The last part of a URN of this kind.
pub(super) fn id<'a>(urn: &'a str, kind: &str) -> Option<&'a str> {
    urn.strip_prefix("urn:li:")?.strip_prefix(kind)?.strip_prefix(':').filter(|id| !id.is_empty())
}

/// The inner URN of a comment's URN, and its own id.
pub(super) fn comment_parts(urn: &str) -> Option<(&str, i64)> {
    let inner = id(urn, "comment")?.strip_prefix('(')?.strip_suffix(')')?;
    let (object, own) = inner.rsplit_once(',')?;
    Some((object, own.parse().ok()?))
}

/// As it stands in an address.
pub(super) fn encoded(urn: &str) -> String {
    let mut out = String::with_capacity(urn.len() + 16);
    for letter in urn.chars() {
        match RESERVED.iter().find(|(sign, _)| *sign == letter) {
            Some((_, instead)) => out.push_str(instead),
            None => out.push(letter),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{comment, comment_parts, encoded, id, short_comment};

    #[test]
    fn a_comment_names_its_thread() {
        let urn = comment(7_456_975, 745_700);
        assert_eq!(urn, "urn:li:comment:(urn:li:activity:7456975,745700)");
        assert_eq!(comment_parts(&urn), Some(("urn:li:activity:7456975", 745_700)));
        assert_eq!(short_comment(1, 2), "urn:li:comment:(activity:1,2)");
        assert_eq!(encoded("urn:li:comment:(a,1)"), "urn%3Ali%3Acomment%3A%28a%2C1%29");
        assert_eq!(id("urn:li:person:x", "person"), Some("x"));
        assert_eq!((id("urn:li:person:", "person"), comment_parts("urn:li:comment:5")), (None, None));
    }
}
