//! Ids: numbers that grow with time, and conversation ids made of people's.

/// Where the platform's ids begin, in Unix milliseconds.
const EPOCH_MS: i64 = 1_288_834_974_657;
/// Bits below the milliseconds.
const LOW_BITS: u32 = 22;

/// The smallest id of a moment.
pub(super) fn at(ms: i64) -> u64 {
    u64::try_from(ms - EPOCH_MS).unwrap_or_default() << LOW_BITS
}

/// The moment of an id.
pub(super) fn moment(id: u64) -> i64 {
    i64::try_from(id >> LOW_BITS).unwrap_or_default() + EPOCH_MS
}

/// The conversation of two people: the smaller id first, as numbers.
pub(super) fn between(one: &str, other: &str) -> String {
    let number = |id: &str| id.parse::<u64>().unwrap_or(u64::MAX);
    if number(one) <= number(other) { format!("{one}-{other}") } else { format!("{other}-{one}") }
}

/// 1 to 19 digits.
pub(super) fn is_id(text: &str) -> bool {
    (1..=19).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}
