//! LinkedIn's limits count by endpoint, app and member from midnight to midnight UTC, and no answer says how much is left. The
//! hub remembers who was refused where, and asks again later and later.

use hub_domain::Timestamp;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// Places remembered at most; further ones are not held back.
const MAX_PLACES: usize = 10_000;
/// Pauses after the first refusals in a row: they may only protect against a rush.
const PAUSES: [Duration; 3] = [Duration::from_mins(1), Duration::from_mins(5), Duration::from_mins(30)];
/// Refusals further apart than this after the pause are not in a row.
const IN_A_ROW: Duration = Duration::from_mins(30);
/// The pause when nobody knows how long it is until midnight.
const LONGEST_GUESS: Duration = Duration::from_hours(1);
/// The platform's words for a limit of the day.
const OF_THE_DAY: &str = "throttle limit";
/// Seconds of a day.
const DAY_S: i64 = 24 * 3600;

#[derive(Clone, Copy, Debug)]
struct Held {
    until: Instant,
    refusals: usize,
}

/// Places (an endpoint for an account) that must not be called.
#[derive(Debug, Default)]
pub(super) struct Limits {
    held: Mutex<HashMap<String, Held>>,
}

impl Limits {
    /// How long the place still has to rest.
    pub(super) fn wait(&self, place: &str) -> Option<Duration> {
        let held = *self.held.lock().unwrap_or_else(PoisonError::into_inner).get(place)?;
        held.until.checked_duration_since(Instant::now()).filter(|left| !left.is_zero())
    }

    /// Notes a refusal with its words and the platform's own time, and says how long to wait.
    pub(super) fn refused(&self, place: &str, words: &str, at: Option<Timestamp>) -> Duration {
        let now = Instant::now();
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let before = held.get(place).filter(|held| now < held.until + IN_A_ROW).map_or(0, |held| held.refusals);
        let pause = PAUSES.get(before).copied().filter(|_| !words.contains(OF_THE_DAY));
        let pause = pause.unwrap_or_else(|| at.map_or(LONGEST_GUESS, until_midnight));
        if held.len() >= MAX_PLACES {
            held.retain(|_, held| held.until > now);
        }
        if held.len() < MAX_PLACES || held.contains_key(place) {
            held.insert(place.to_owned(), Held { until: now + pause, refusals: before + 1 });
        }
        pause
    }
}

/// The limits of a day end with it.
fn until_midnight(at: Timestamp) -> Duration {
    let left = DAY_S - at.timestamp().rem_euclid(DAY_S);
    Duration::from_secs(u64::try_from(left).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::Limits;
    use hub_domain::time::from_unix_seconds;
    use std::time::Duration;

    /// 23:00 UTC.
    const LATE: i64 = 82_800;

    #[tokio::test(start_paused = true)]
    async fn pauses_grow_until_midnight() {
        let limits = Limits::default();
        let at = from_unix_seconds(LATE);
        for minutes in [1, 5, 30, 60] {
            assert_eq!(limits.refused("a", "", at), Duration::from_mins(minutes));
            assert_eq!(limits.wait("a"), Some(Duration::from_mins(minutes)));
            tokio::time::advance(Duration::from_mins(minutes)).await;
            assert_eq!(limits.wait("a"), None);
        }
        assert_eq!(limits.wait("b"), None);
        tokio::time::advance(Duration::from_mins(31)).await;
        assert_eq!(limits.refused("a", "", at), Duration::from_mins(1), "that was long ago");
    }

    #[tokio::test(start_paused = true)]
    async fn a_limit_of_the_day_ends_at_midnight() {
        let limits = Limits::default();
        let words = "Resource level throttle limit for calls to this resource is reached.";
        assert_eq!(limits.refused("a", words, from_unix_seconds(LATE)), Duration::from_hours(1));
        assert_eq!(limits.refused("a", words, from_unix_seconds(0)), Duration::from_hours(24));
        assert_eq!(limits.refused("a", words, None), Duration::from_hours(1));
    }
}
