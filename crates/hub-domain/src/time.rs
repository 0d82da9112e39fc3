//! Time as data: UTC with microseconds, because that is what both databases keep.

use chrono::{DateTime, SecondsFormat, SubsecRound, TimeZone, Utc};

/// An instant in UTC, never finer than a microsecond.
pub type Timestamp = DateTime<Utc>;

/// Cuts to microseconds, so that a value read back equals the one written.
pub fn to_micros(at: Timestamp) -> Timestamp {
    at.trunc_subsecs(6)
}

/// The instant `seconds` after 1970; `None` when a platform sends a number outside the calendar.
pub fn from_unix_seconds(seconds: i64) -> Option<Timestamp> {
    Utc.timestamp_opt(seconds, 0).single()
}

/// The instant `millis` after 1970; `None` when a platform sends a number outside the calendar.
pub fn from_unix_millis(millis: i64) -> Option<Timestamp> {
    Utc.timestamp_millis_opt(millis).single()
}

/// The contract's form: exactly three fraction digits and `Z`.
pub fn to_contract(at: Timestamp) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}
