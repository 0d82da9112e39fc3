//! The header `LinkedIn-Version`: it must be there, and versions die after about a year.

use super::error::RestError;
use chrono::{DateTime, Datelike};

/// Months a version lives at least.
const LIFE: i32 = 12;
/// The day of the month after that on which it ends.
const LAST_DAY: u32 = 15;
/// The version that the data portability product stays on.
const PORTABILITY: i32 = 202_312;
/// Resources of the data portability product.
const PORTABLE: [&str; 3] = ["memberChangeLogs", "memberSnapshotData", "memberAuthorizations"];

/// A version as messages write it: with a day. `None` = it is no version.
pub(super) fn padded(header: &str) -> Option<String> {
    let digits: String = header.chars().filter(|letter| *letter != '.').collect();
    let known = digits.len() == header.len() || header.find('.') == Some(6);
    let right = known && matches!(digits.len(), 6 | 8) && digits.bytes().all(|byte| byte.is_ascii_digit());
    right.then(|| if digits.len() == 6 { format!("{digits}01") } else { digits })
}

/// Checks the version of a call.
pub(super) fn check(
    header: Option<&str>,
    endpoint: &str,
    active: Option<&[String]>,
    now_ms: i64,
) -> Result<(), RestError> {
    let Some(header) = header.filter(|header| !header.is_empty()) else {
        let words = "A version must be present. Please specify a version by adding the LinkedIn-Version header.";
        return Err(RestError::gate(400, "VERSION_MISSING", words));
    };
    let dead = |shown: &str| {
        let words = format!("Requested version {shown} is not active");
        RestError::gate(426, "NONEXISTENT_VERSION", words)
    };
    let shown = padded(header).ok_or_else(|| dead(header))?;
    let month: i32 = shown[..6].parse().map_err(|_| dead(&shown))?;
    let portable = month == PORTABILITY && PORTABLE.contains(&endpoint);
    let lives = match active {
        Some(active) => active.iter().any(|known| shown.starts_with(known.as_str())),
        None => alive(month, now_ms),
    };
    if lives || portable { Ok(()) } else { Err(dead(&shown)) }
}

/// Whether a month's version is there and has not ended.
fn alive(month: i32, now_ms: i64) -> bool {
    let Some(now) = DateTime::from_timestamp_millis(now_ms) else { return false };
    let (year, number) = (month / 100, month % 100);
    if !(1..=12).contains(&number) {
        return false;
    }
    let today = now.year() * 12 + i32::try_from(now.month0()).unwrap_or_default();
    let age = today - (year * 12 + number - 1);
    (0..LIFE).contains(&age) || (age == LIFE && now.day() <= LAST_DAY)
}

#[cfg(test)]
mod tests {
    use super::{check, padded};

    /// 2026-09-10, in milliseconds.
    const NOW: i64 = 1_789_000_000_000;

    #[test]
    fn versions_live_a_year() {
        let status = |version: &str| check(Some(version), "posts", None, NOW).err().map(|error| error.status);
        for alive in ["202609", "202601", "202509", "202607.01", "20260701"] {
            assert_eq!(status(alive), None, "{alive}");
        }
        for dead in ["202508", "202610", "202312", "202613", "2026", "soon"] {
            assert_eq!(status(dead), Some(426), "{dead}");
        }
        assert_eq!(check(Some("202312"), "memberChangeLogs", None, NOW), Ok(()));
        let missing = check(None, "posts", None, NOW).unwrap_err();
        assert_eq!((missing.status, missing.code.as_deref()), (400, Some("VERSION_MISSING")));
        assert_eq!(check(Some("202401"), "posts", Some(&["202401".to_owned()]), NOW), Ok(()));
        assert_eq!(padded("202607").as_deref(), Some("20260701"));
        assert_eq!(padded("20.2607"), None);
    }
}
