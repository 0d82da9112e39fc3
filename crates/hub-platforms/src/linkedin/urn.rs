//! LinkedIn's names of things: `urn:li:<kind>:<id>`.

use hub_domain::Timestamp;
use hub_domain::time::from_unix_millis;

/// How every name begins.
const PREFIX: &str = "urn:li:";
/// Longest name that is believed to be one; ours fit the columns that keep them.
const MAX_BYTES: usize = 200;
/// The lower bits of an id only number what was made within one millisecond.
const BITS_BELOW_MILLISECONDS: u32 = 22;
/// Ids of this and later times hold their time: 2010-01-01.
const FIRST_MILLISECOND: i64 = 1_262_304_000_000;

/// A comment: what it stands under, and its number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct CommentUrn {
    /// The thread of the post.
    pub(super) thread: String,
    /// The comment's own number.
    pub(super) number: i64,
}

impl CommentUrn {
    /// Reads both spellings; notifications leave out the beginning of the inner name.
    pub(super) fn parse(urn: &str) -> Option<Self> {
        let inner = urn.strip_prefix(PREFIX)?.strip_prefix("comment:(")?.strip_suffix(')')?;
        let (thread, number) = inner.rsplit_once(',')?;
        let thread = if thread.starts_with(PREFIX) { thread.to_owned() } else { format!("{PREFIX}{thread}") };
        let number = number.trim().parse().ok().filter(|number| *number > 0)?;
        (kind(&thread).is_some() && thread.len() <= MAX_BYTES).then_some(Self { thread, number })
    }

    /// The full spelling.
    pub(super) fn full(&self) -> String {
        format!("{PREFIX}comment:({},{})", self.thread, self.number)
    }

    /// When it was written.
    pub(super) fn written_at(&self) -> Option<Timestamp> {
        made_at(self.number)
    }
}

/// When a thing with this number was made.
pub(super) fn made_at(number: i64) -> Option<Timestamp> {
    let millis = number >> BITS_BELOW_MILLISECONDS;
    if millis >= FIRST_MILLISECOND { from_unix_millis(millis) } else { None }
}

/// The kind and the id of a name.
fn kind(urn: &str) -> Option<(&str, &str)> {
    let (kind, id) = urn.strip_prefix(PREFIX)?.split_once(':')?;
    let plain = |b: u8| b.is_ascii_graphic() && !b",()".contains(&b);
    let fits = !kind.is_empty() && !id.is_empty() && kind.bytes().all(|b| b.is_ascii_alphanumeric());
    (fits && id.bytes().all(plain)).then_some((kind, id))
}

/// A name of any simple kind, if the text is one that can be kept.
pub(super) fn simple(text: &str) -> Option<&str> {
    (text.len() <= MAX_BYTES && kind(text).is_some()).then_some(text)
}

/// The id in a name of this kind.
pub(super) fn id<'a>(urn: &'a str, wanted: &str) -> Option<&'a str> {
    kind(urn).filter(|(kind, _)| *kind == wanted).map(|(_, id)| id)
}

/// The name of an organisation, if it is one.
pub(super) fn is_organization(urn: &str) -> bool {
    id(urn, "organization").is_some()
}

/// The name of a member.
pub(super) fn person(id: &str) -> String {
    format!("{PREFIX}person:{id}")
}

/// As a name stands in an address: the signs that mean something there are written as numbers.
pub(super) fn encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 24);
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push('%');
            out.push_str(&hex::encode_upper([byte]));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{CommentUrn, encode, id, is_organization, made_at, simple};
    use hub_domain::time::to_contract;

    const FULL: &str = "urn:li:comment:(urn:li:activity:7456975906406400003,7457003195848458241)";

    #[test]
    fn both_spellings_of_a_comment_are_one() {
        let short = CommentUrn::parse("urn:li:comment:(activity:7456975906406400003,7457003195848458241)").unwrap();
        assert_eq!(Some(&short), CommentUrn::parse(FULL).as_ref());
        assert_eq!((short.full().as_str(), short.thread.as_str()), (FULL, "urn:li:activity:7456975906406400003"));
        assert_eq!(short.written_at().map(to_contract).as_deref(), Some("2026-05-04T09:48:26.310Z"));
        for none in [
            "",
            "urn:li:comment:5",
            "urn:li:comment:(activity:1,x)",
            "urn:li:comment:(activity:1,-2)",
            "urn:li:comment:(activity,2)",
            "urn:li:comment:((activity:1,2),3)",
            "urn:li:like:(urn:li:person:a,urn:li:activity:1)",
        ] {
            assert_eq!(CommentUrn::parse(none), None, "{none}");
        }
    }

    #[test]
    fn small_numbers_hold_no_time() {
        assert_eq!(made_at(5_637_409), None);
        assert_eq!(made_at(-1), None);
    }

    #[test]
    fn names_are_read_and_written() {
        assert_eq!(id("urn:li:person:abc-D_1", "person"), Some("abc-D_1"));
        assert_eq!(id("urn:li:person:abc", "organization"), None);
        assert!(is_organization("urn:li:organization:5") && !is_organization("urn:li:organization:"));
        assert_eq!(simple("urn:li:share:(1,2)"), None);
        assert_eq!(encode("urn:li:comment:(a,1)"), "urn%3Ali%3Acomment%3A%28a%2C1%29");
        assert_eq!(encode("2-Zm=="), "2-Zm%3D%3D");
    }
}
