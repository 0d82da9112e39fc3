//! Lifetimes as people write them: `15m`, `7d`, `900`.

use anyhow::{Context, bail};
use std::time::Duration;

/// Reads a number with one of the units `s`, `m`, `h`, `d`; a bare number counts seconds.
pub(super) fn parse(text: &str) -> anyhow::Result<Duration> {
    let text = text.trim();
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let number: u64 = digits.trim().parse().with_context(|| format!("{text:?} is not a duration such as 15m or 7d"))?;
    let seconds = match &text[digits.len()..] {
        "" | "s" => 1,
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        unit => bail!("{unit:?} is not a unit of time; use s, m, h or d"),
    };
    if number == 0 {
        bail!("a lifetime of nothing locks everybody out");
    }
    number.checked_mul(seconds).map(Duration::from_secs).context("the duration is too long")
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn reads_what_people_write() {
        for (text, seconds) in [("15m", 900), ("7d", 604_800), ("900", 900), (" 2 h", 7_200), ("1s", 1)] {
            assert_eq!(parse(text).map(|d| d.as_secs()).ok(), Some(seconds), "{text}");
        }
        for text in ["", "m", "15 min", "-1m", "0", "99999999999999999999d"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
