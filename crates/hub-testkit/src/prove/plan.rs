//! What happens in a run, drawn from a seed: the same seed draws the same.

use super::line::{Cut, Storm};
use crate::conformance::subject::Fault;
use std::time::Duration;

/// A small generator of numbers (SplitMix64), so that a seed means the same for ever.
#[derive(Clone, Debug)]
pub struct Dice(u64);

impl Dice {
    /// From a seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number.
    pub fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`.
    pub fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.roll() % end.max(1) as u64).expect("it is below")
    }

    /// True so many times in a hundred.
    pub fn chance(&mut self, percent: u64) -> bool {
        self.roll() % 100 < percent
    }
}

/// What goes wrong with one platform in one round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// The next send goes wrong at the platform.
    Send(Fault),
    /// The next request breaks on its way.
    Line(Cut),
    /// A gateway answers everything for a while.
    Storm(Storm, Duration),
}

/// How a delivery comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Post {
    /// Once.
    Plain,
    /// Several times at the same moment.
    Doubled,
    /// Now, and once more in a later round.
    Again,
    /// Only in a later round, behind what is said after it.
    Late,
}

/// What one round holds for one platform.
#[derive(Clone, Debug)]
pub struct Turn {
    /// What goes wrong.
    pub trouble: Option<Trouble>,
    /// What people say, and how it comes: person and post.
    pub said: Vec<(usize, Post)>,
    /// To whom the user writes.
    pub asked: Vec<usize>,
}

/// Draws one platform's part of a round. `harsh` = also what makes a platform pause for longer than a short run lasts.
pub fn turn(dice: &mut Dice, people: usize, harsh: bool) -> Turn {
    let trouble = dice.chance(60).then(|| trouble(dice, harsh));
    let said = (0..=dice.below(3))
        .map(|_| {
            let post = match dice.below(10) {
                0 | 1 => Post::Doubled,
                2 => Post::Again,
                3 => Post::Late,
                _ => Post::Plain,
            };
            (dice.below(people), post)
        })
        .collect();
    let asked = (0..dice.below(3)).map(|_| dice.below(people)).collect();
    Turn { trouble, said, asked }
}

fn trouble(dice: &mut Dice, harsh: bool) -> Trouble {
    let parts = |dice: &mut Dice| u8::try_from(dice.below(100)).expect("below a hundred");
    let short = Duration::from_millis(300 + dice.roll() % 1_500);
    match dice.below(14) {
        0 => Trouble::Send(Fault::Trouble),
        1 => Trouble::Send(Fault::Gateway),
        2 => Trouble::Send(Fault::Garbage),
        3 => Trouble::Send(Fault::SlowDown(Duration::from_secs(1))),
        4 => Trouble::Send(Fault::Refused),
        5 => Trouble::Send(Fault::CutBefore),
        6 => Trouble::Send(Fault::CutAfter),
        7 => Trouble::Line(Cut::BeforeRequest),
        8 => Trouble::Line(Cut::InRequest(parts(dice))),
        9 => Trouble::Line(Cut::BeforeAnswer),
        10 => Trouble::Line(Cut::InAnswer(parts(dice))),
        11 => Trouble::Line(Cut::Slow(short)),
        12 => Trouble::Storm(Storm { status: [500, 502, 503, 504][dice.below(4)], retry_after: None }, short),
        _ if harsh => Trouble::Storm(Storm { status: 429, retry_after: None }, short),
        _ => Trouble::Storm(Storm { status: 429, retry_after: Some(1) }, short),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_draws_the_same_run_and_another_seed_another() {
        let drawn = |seed| {
            let mut dice = Dice::new(seed);
            (0..500).map(|_| format!("{:?}", turn(&mut dice, 3, true))).collect::<Vec<_>>()
        };
        assert_eq!(drawn(1), drawn(1));
        assert_ne!(drawn(1), drawn(2));
        let all = drawn(3).concat();
        for kind in ["InRequest", "InAnswer", "BeforeAnswer", "Storm", "Doubled", "Late", "CutAfter"] {
            assert!(all.contains(kind), "{kind} is never drawn");
        }
    }
}
