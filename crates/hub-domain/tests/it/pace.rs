//! What silence is usual.

use hub_domain::time::from_unix_seconds;
use hub_domain::{Pace, Timestamp};
use proptest::prelude::*;

const QUARTER: i64 = 15 * 60;
const DAY: i64 = 24 * 3_600;
/// A Monday at midnight, UTC.
const MONDAY: i64 = 1_767_571_200;

fn at(second: i64) -> Timestamp {
    from_unix_seconds(MONDAY + second).expect("a time")
}

/// True when something arrives in this quarter of an hour: on working days between two hours, `every` so many quarters.
fn arrives(quarter: i64, open: (i64, i64), every: i64) -> bool {
    let (day, of_day) = (quarter.div_euclid(96), quarter.rem_euclid(96));
    day.rem_euclid(7) < 5 && (open.0 * 4..open.1 * 4).contains(&of_day) && of_day % every == 0
}

/// Lives through some days; gives the times at which a silence was called unusual.
fn live(
    pace: &mut Pace,
    last: &mut i64,
    days: std::ops::Range<i64>,
    open: (i64, i64),
    every: i64,
    alive: bool,
) -> Vec<i64> {
    let mut alarms = Vec::new();
    for quarter in days.start * 96..days.end * 96 {
        let second = quarter * QUARTER + 60;
        if alive && arrives(quarter, open, every) {
            pace.arrived(at(second));
            *last = second;
        } else {
            pace.learn(at(second));
        }
        if pace.is_unusual(at(*last), at(second)) {
            alarms.push(second);
        }
    }
    alarms
}

#[test]
fn of_a_channel_nobody_knows_nothing_is_said() {
    let mut pace = Pace::default();
    assert!(!pace.is_unusual(at(0), at(400 * DAY)));
    for day in 0..30 {
        pace.learn(at(day * DAY));
    }
    assert!(!pace.is_unusual(at(0), at(400 * DAY)), "silence alone teaches nothing");
    pace.arrived(at(31 * DAY));
    pace.learn(at(32 * DAY));
    assert!(!pace.is_unusual(at(31 * DAY), at(33 * DAY)), "one word is no habit");
}

#[test]
fn what_is_learned_survives_being_written_down_and_time_away_teaches_nothing() {
    let (mut pace, mut last) = (Pace::default(), 0);
    live(&mut pace, &mut last, 0..14, (8, 18), 1, true);
    let text = serde_json::to_string(&pace).unwrap();
    assert!(text.len() < 1_200, "small: {}", text.len());
    assert_eq!(serde_json::from_str::<Pace>(&text).unwrap(), pace);
    let mut away = pace.clone();
    away.skip(at(100 * DAY));
    assert!(away.is_unusual(at(99 * DAY), at(100 * DAY)), "habits stay");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Nights and weekends raise no alarm once they are known; a channel that dies is noticed within its second working day.
    #[test]
    fn habits_are_no_alarm_and_death_is(opens in 0_i64..12, hours in 4_i64..12, every in 1_i64..4) {
        let (open, mut pace, mut last) = ((opens, opens + hours), Pace::default(), 0);
        live(&mut pace, &mut last, 0..21, open, every, true);
        let alarms = live(&mut pace, &mut last, 21..35, open, every, true);
        prop_assert!(alarms.is_empty(), "{:?}", alarms.first());
        let alarms = live(&mut pace, &mut last, 35..37, open, every, false);
        prop_assert!(!alarms.is_empty(), "two working days of silence are unusual");
        prop_assert!(alarms[0] >= 35 * DAY + open.0 * 3_600, "not before it should have spoken");
    }
}
