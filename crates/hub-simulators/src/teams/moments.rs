//! Moments, as the platform writes and reads them.

use chrono::DateTime;

/// Unix milliseconds in UTC; the fraction has no zeros at its end, and is not there at all when it is nought.
pub(super) fn written(ms: i64) -> String {
    let text = moment(ms).format("%Y-%m-%dT%H:%M:%S%.3f").to_string();
    let text = text.trim_end_matches('0').trim_end_matches('.');
    format!("{text}Z")
}

/// Seven digits of fraction and an offset, as notices write when a subscription ends.
pub(super) fn with_offset(ms: i64) -> String {
    format!("{}0000+00:00", moment(ms).format("%Y-%m-%dT%H:%M:%S%.3f"))
}

/// As errors of the sign-in write it.
pub(super) fn in_login(ms: i64) -> String {
    moment(ms).format("%Y-%m-%d %H:%M:%SZ").to_string()
}

/// Without a zone, as errors of Graph write it.
pub(super) fn in_errors(ms: i64) -> String {
    moment(ms).format("%Y-%m-%dT%H:%M:%S").to_string()
}

/// As HTTP headers write it.
pub(super) fn in_headers(ms: i64) -> String {
    moment(ms).format("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

/// Any RFC 3339 text, as Unix milliseconds.
pub(super) fn read(text: &str) -> Option<i64> {
    DateTime::parse_from_rfc3339(text.trim()).ok().map(|at| at.timestamp_millis())
}

fn moment(ms: i64) -> DateTime<chrono::Utc> {
    DateTime::from_timestamp_millis(ms).unwrap_or_default()
}
