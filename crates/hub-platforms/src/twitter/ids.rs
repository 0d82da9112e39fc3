//! Ids: numbers that grow with time, and ids of conversations made of people's.

use hub_domain::Timestamp;
use hub_domain::time::from_unix_millis;

/// Where the platform's ids begin, in Unix milliseconds.
const EPOCH_MS: i64 = 1_288_834_974_657;
/// Bits of an id below its milliseconds.
const LOW_BITS: u32 = 22;
/// Stands between the two people of a conversation.
const BETWEEN: char = '-';

/// An id as the number it is: digits without a sign or a needless zero.
pub(super) fn number(id: &str) -> Option<u64> {
    let plain = id.bytes().all(|byte| byte.is_ascii_digit()) && (id == "0" || !id.starts_with('0'));
    if plain { id.parse().ok() } else { None }
}

/// When the thing with this id was made; exact to the millisecond.
pub(super) fn moment(id: &str) -> Option<Timestamp> {
    from_unix_millis(i64::try_from(number(id)? >> LOW_BITS).ok()?.checked_add(EPOCH_MS)?)
}

/// The id's place among all others.
pub(super) fn sequence(id: &str) -> Option<i64> {
    i64::try_from(number(id)?).ok()
}

/// The conversation of two people, or of one with themselves: the smaller id first, compared as numbers.
pub(super) fn between(one: &str, other: &str) -> Option<String> {
    let (first, second) = if number(one)? <= number(other)? { (one, other) } else { (other, one) };
    Some(format!("{first}{BETWEEN}{second}"))
}

/// What the id of a conversation says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Conversation<'a> {
    /// Of two people; the other one.
    With(&'a str),
    /// Digits alone: a group, or on rows of the originals a person.
    Digits(&'a str),
    /// Of two people, and the account is neither.
    OfOthers,
    /// Nothing this platform writes.
    Unknown,
}

/// Reads the id of a conversation as `account` sees it.
pub(super) fn conversation<'a>(id: &'a str, account: &str) -> Conversation<'a> {
    match id.split_once(BETWEEN) {
        None if number(id).is_some() => Conversation::Digits(id),
        Some((one, other)) if number(one).is_some() && number(other).is_some() => {
            match (one == account, other == account) {
                (true, _) => Conversation::With(other),
                (false, true) => Conversation::With(one),
                (false, false) => Conversation::OfOthers,
            }
        }
        _ => Conversation::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::{Conversation, between, conversation, moment, number, sequence};
    use hub_domain::time::to_contract;

    #[test]
    fn ids_tell_the_time() {
        let at = |id| moment(id).map(to_contract);
        assert_eq!(at("954491830116155396").as_deref(), Some("2018-01-19T23:12:40.557Z"));
        assert_eq!(at("1582103724607971332").as_deref(), Some("2022-10-17T20:18:16.669Z"));
        for none in ["", "-1", "+1", "007", "1.5", "18446744073709551616", "١٢"] {
            assert_eq!((number(none), at(none)), (None, None), "{none}");
        }
        assert_eq!((sequence("9223372036854775807"), sequence("9223372036854775808")), (Some(i64::MAX), None));
    }

    #[test]
    fn the_smaller_number_comes_first() {
        assert_eq!(between("1000000000000000001", "99").as_deref(), Some("99-1000000000000000001"));
        assert_eq!(between("99", "1000000000000000001").as_deref(), Some("99-1000000000000000001"));
        assert_eq!(between("7", "7").as_deref(), Some("7-7"));
        assert_eq!(between("7", "x"), None);
    }

    #[test]
    fn a_conversation_has_another_end() {
        assert_eq!(conversation("3-7", "7"), Conversation::With("3"));
        assert_eq!(conversation("3-7", "3"), Conversation::With("7"));
        assert_eq!(conversation("7-7", "7"), Conversation::With("7"));
        assert_eq!(conversation("3-7", "5"), Conversation::OfOthers);
        assert_eq!(conversation("1578398451921985538", "5"), Conversation::Digits("1578398451921985538"));
        for odd in ["", "-", "3-", "3-7-9", "a-7", "me"] {
            assert_eq!(conversation(odd, "7"), Conversation::Unknown, "{odd}");
        }
    }
}
