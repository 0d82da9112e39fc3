//! How silent a channel usually is, learned from its own past.
//!
//! A week is not alike: a shop sleeps at night and on Sundays. So the model keeps, for every quarter of an hour of a working
//! day and of a day of the weekend (UTC), how often something arrived in it: 192 small numbers that forget slowly. A silence
//! is unusual when, by these numbers, it would come about once in a thousand times. That knows nights without being told,
//! notices a busy channel's death within an hour, gives a quiet one days, and says nothing of a channel it does not know yet.
//! Longest gaps alone would wait a whole weekend before they believed that a busy Tuesday is too quiet; one average would call
//! every night a death.
//!
//! An alarm is cheap: the channel is read back and the platform asked. So the model may be wrong about holidays.

use crate::Timestamp;
use serde::{Deserialize, Serialize};

/// Length of a slot, in seconds.
const SLOT: i64 = 15 * 60;
/// Slots of a day.
const DAY: i64 = 24 * 3_600 / SLOT;
/// Slots of both kinds of days.
const SLOTS: usize = 192;
/// A slot in which something always arrives. Never quite certain: then one empty slot would be an alarm.
const CERTAIN: u16 = 950;
/// One slot counts for this part of what is known of its like: after a month the past is half forgotten.
const FORGETS: u16 = 8;
/// Odds below which a silence is unusual: `ln(1/1000)`.
const UNUSUAL: f64 = -6.9;
/// Slots looked at in one go: four weeks. What is older tells no more.
const MAX_SLOTS: i64 = 28 * DAY;
/// Days of 1970 begin on a Thursday.
const THURSDAY: i64 = 3;

/// What is usual for one channel.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pace {
    /// Of every slot, how often something arrived in it, in parts of 1,000; empty = nothing is known yet.
    #[serde(default)]
    often: Vec<u16>,
    /// The slot that is being watched, counted since 1970.
    #[serde(default)]
    watched: Option<i64>,
    /// Whether something arrived in it.
    #[serde(default)]
    heard: bool,
}

impl Pace {
    /// Something arrived.
    pub fn arrived(&mut self, at: Timestamp) {
        self.learn(at);
        if self.watched == Some(slot(at)) {
            self.heard = true;
        }
    }

    /// Time went by while the hub listened. Slots that are over are learned from.
    pub fn learn(&mut self, now: Timestamp) {
        let current = slot(now);
        let Some(watched) = self.watched else {
            self.watched = Some(current);
            return;
        };
        if current <= watched {
            return;
        }
        self.settle(watched, self.heard);
        for empty in (watched + 1).max(current - MAX_SLOTS)..current {
            self.settle(empty, false);
        }
        (self.watched, self.heard) = (Some(current), false);
    }

    /// Time went by of which nothing can be learned: the hub was away, or the channel was in trouble.
    pub fn skip(&mut self, now: Timestamp) {
        if self.watched.is_none_or(|watched| watched < slot(now)) {
            (self.watched, self.heard) = (Some(slot(now)), false);
        }
    }

    /// True when it is unusual that nothing arrived since `last`.
    pub fn is_unusual(&self, last: Timestamp, now: Timestamp) -> bool {
        if self.often.len() != SLOTS {
            return false;
        }
        let (from, until) = (slot(last) + 1, slot(now));
        let mut odds = 0.0;
        for empty in from.max(until - MAX_SLOTS)..until {
            let often = self.often[place(empty)].min(CERTAIN);
            odds += (1.0 - f64::from(often) / 1_000.0).ln();
            if odds < UNUSUAL {
                return true;
            }
        }
        false
    }

    fn settle(&mut self, number: i64, heard: bool) {
        if self.often.len() != SLOTS {
            if !heard {
                return; // A channel that was never heard has nothing to be compared with.
            }
            self.often = vec![0; SLOTS];
        }
        let known = &mut self.often[place(number)];
        *known = if heard { *known + (1_000 - *known).div_ceil(FORGETS) } else { *known - known.div_ceil(FORGETS) };
    }
}

fn slot(at: Timestamp) -> i64 {
    at.timestamp().div_euclid(SLOT)
}

/// The place of a slot among those of its kind of day.
fn place(number: i64) -> usize {
    let day = (number.div_euclid(DAY) + THURSDAY).rem_euclid(7);
    let weekend = if day >= 5 { DAY } else { 0 };
    usize::try_from(weekend + number.rem_euclid(DAY)).unwrap_or_default().min(SLOTS - 1)
}
