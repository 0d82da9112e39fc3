//! The books of what came in and what went out. Every counter is written where its cause is decided, in the transaction of
//! the cause, so both sides of a sum are counted by different hands: a sum that does not come out shows that something was
//! lost or counted twice.
//!
//! What comes in is counted by item: one thing a delivery says, for however many accounts.
//!
//! ```text
//! received = applied + known + ignored + dismissed + parked + waiting
//! sent     = taken + failed + unconfirmed + open
//! ```
//!
//! A repeat counts on both sides: the whole delivery (known by its digest) as well as a single message (known by its key).
//! Reading a delivery again moves its items from one counter to another and leaves the sum alone. `open` is no counter: it is
//! counted from the messages that have not left yet.

use std::collections::BTreeMap;

/// One column of the books.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Counter {
    /// Items of stored deliveries, as read.
    Received,
    /// Items that did what they said.
    Applied,
    /// Items that said nothing new.
    Known,
    /// Items that were for nobody here, or nothing for an inbox.
    Ignored,
    /// Items an operator put aside.
    Dismissed,
    /// Items that wait for an operator.
    Parked,
    /// Items that wait for the message they speak of.
    Waiting,
    /// Messages accepted for sending.
    Sent,
    /// Messages the platform took.
    Taken,
    /// Messages that were given up.
    Failed,
    /// Messages whose fate nobody knows.
    Unconfirmed,
}

impl Counter {
    /// All of them, in the order of the equations.
    pub const ALL: [Self; 11] = [
        Self::Received,
        Self::Applied,
        Self::Known,
        Self::Ignored,
        Self::Dismissed,
        Self::Parked,
        Self::Waiting,
        Self::Sent,
        Self::Taken,
        Self::Failed,
        Self::Unconfirmed,
    ];

    /// As stored and shown.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::Applied => "applied",
            Self::Known => "known",
            Self::Ignored => "ignored",
            Self::Dismissed => "dismissed",
            Self::Parked => "parked",
            Self::Waiting => "waiting",
            Self::Sent => "sent",
            Self::Taken => "taken",
            Self::Failed => "failed",
            Self::Unconfirmed => "unconfirmed",
        }
    }

    /// Reads a stored value.
    pub fn from_stored(value: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|counter| counter.as_str() == value)
    }
}

/// What became of one item of a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// For nobody here, or nothing for an inbox.
    Ignored,
    /// It said nothing new.
    Known,
    /// It did what it said.
    Applied,
    /// It waits for the message it speaks of.
    Waiting,
    /// It waits for an operator.
    Parked,
    /// An operator put it aside.
    Dismissed,
}

impl Verdict {
    /// The counter it stands in.
    pub fn counter(self) -> Counter {
        match self {
            Self::Ignored => Counter::Ignored,
            Self::Known => Counter::Known,
            Self::Applied => Counter::Applied,
            Self::Waiting => Counter::Waiting,
            Self::Parked => Counter::Parked,
            Self::Dismissed => Counter::Dismissed,
        }
    }

    /// Of an item that is for several accounts: what is still to be done outweighs what was done, and that what was not.
    #[must_use]
    pub fn or_for_another(self, other: Self) -> Self {
        let weight = |verdict| match verdict {
            Self::Ignored => 0,
            Self::Known => 1,
            Self::Applied => 2,
            Self::Waiting => 3,
            Self::Parked => 4,
            Self::Dismissed => 5,
        };
        if weight(other) > weight(self) { other } else { self }
    }

    /// After the item was read again. What once did its work stays so, though a second reading finds it done; only what an
    /// operator must look at is looked at anew.
    #[must_use]
    pub fn read_again(self, later: Self) -> Self {
        match (self, later) {
            (_, Self::Parked) => later,
            (Self::Applied, _) => self,
            (Self::Known, _) if later != Self::Applied => self,
            _ => later,
        }
    }

    fn letter(self) -> char {
        match self {
            Self::Ignored => 'i',
            Self::Known => 'k',
            Self::Applied => 'a',
            Self::Waiting => 'w',
            Self::Parked => 'p',
            Self::Dismissed => 'd',
        }
    }

    fn from_letter(letter: char) -> Option<Self> {
        [Self::Ignored, Self::Known, Self::Applied, Self::Waiting, Self::Parked, Self::Dismissed]
            .into_iter()
            .find(|verdict| verdict.letter() == letter)
    }
}

/// Stands for an item nobody decided about: it is in no counter, and the sum shows it.
const UNDECIDED: char = '?';

/// What became of every item of one delivery, in its order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdicts(Vec<Option<Verdict>>);

impl Verdicts {
    /// Of a delivery with so many items, before anything is decided.
    pub fn undecided(items: usize) -> Self {
        Self(vec![None; items])
    }

    /// Notes what became of an item, for one more account.
    pub fn decide(&mut self, item: usize, verdict: Verdict) {
        if let Some(place) = self.0.get_mut(item) {
            *place = Some(place.map_or(verdict, |known| known.or_for_another(verdict)));
        }
    }

    /// How many items there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// True when there is no item.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many items stand so.
    pub fn count(&self, verdict: Verdict) -> i64 {
        i64::try_from(self.0.iter().filter(|known| **known == Some(verdict)).count()).unwrap_or(i64::MAX)
    }

    /// After the delivery was read again. When it now has another number of items, the new reading stands alone.
    #[must_use]
    pub fn read_again(&self, later: &Self) -> Self {
        if self.len() != later.len() {
            return later.clone();
        }
        let both = self.0.iter().zip(&later.0);
        Self(both.map(|(old, new)| old.map_or(*new, |old| Some(new.map_or(old, |new| old.read_again(new))))).collect())
    }

    /// Everything that stands as `from` stands as `to` now.
    #[must_use]
    pub fn moved(&self, from: Verdict, to: Verdict) -> Self {
        Self(self.0.iter().map(|known| if *known == Some(from) { Some(to) } else { *known }).collect())
    }

    /// What changes in the books when these replace `before`.
    pub fn changes_from(&self, before: &Self) -> BTreeMap<Counter, i64> {
        let mut changes: BTreeMap<Counter, i64> = BTreeMap::new();
        for verdict in self.0.iter().flatten() {
            *changes.entry(verdict.counter()).or_default() += 1;
        }
        for verdict in before.0.iter().flatten() {
            *changes.entry(verdict.counter()).or_default() -= 1;
        }
        changes.retain(|_, by| *by != 0);
        changes
    }

    /// One letter per item.
    pub fn to_stored(&self) -> String {
        self.0.iter().map(|verdict| verdict.map_or(UNDECIDED, Verdict::letter)).collect()
    }

    /// Reads what was stored; a letter of a later version is undecided.
    pub fn from_stored(letters: &str) -> Self {
        Self(letters.chars().map(Verdict::from_letter).collect())
    }
}

/// The books of one platform.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Book {
    counts: BTreeMap<Counter, i64>,
    /// Messages accepted for sending that have not left, counted from the messages themselves.
    pub open: i64,
}

/// What is missing in each sum; zero when it comes out, negative when something is there twice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Balance {
    /// Items received and nowhere to be found.
    pub inbound: i64,
    /// Messages accepted for sending and nowhere to be found.
    pub outbound: i64,
}

impl Balance {
    /// True when both sums come out.
    pub fn is_even(self) -> bool {
        self == Self::default()
    }
}

impl Book {
    /// What a counter says.
    pub fn count(&self, counter: Counter) -> i64 {
        self.counts.get(&counter).copied().unwrap_or_default()
    }

    /// Adds to a counter.
    pub fn add(&mut self, counter: Counter, by: i64) {
        let count = self.counts.entry(counter).or_default();
        *count = count.saturating_add(by);
    }

    /// Adds the books of another adapter of the same published platform.
    pub fn add_all(&mut self, other: &Self) {
        for (counter, by) in &other.counts {
            self.add(*counter, *by);
        }
        self.open += other.open;
    }

    /// Does every sum come out?
    pub fn balance(&self) -> Balance {
        use Counter::{
            Applied, Dismissed, Failed, Ignored, Known, Parked, Received, Sent, Taken, Unconfirmed, Waiting,
        };
        let sum = |counters: &[Counter]| counters.iter().map(|counter| self.count(*counter)).sum::<i64>();
        Balance {
            inbound: self.count(Received) - sum(&[Applied, Known, Ignored, Dismissed, Parked, Waiting]),
            outbound: self.count(Sent) - sum(&[Taken, Failed, Unconfirmed]) - self.open,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Book, Counter, Verdict, Verdicts};
    use proptest::prelude::*;

    fn verdict() -> impl Strategy<Value = Verdict> {
        prop::sample::select(vec![
            Verdict::Ignored,
            Verdict::Known,
            Verdict::Applied,
            Verdict::Waiting,
            Verdict::Parked,
        ])
    }

    /// One reading of a delivery: for every item, what became of it for each of its accounts.
    fn reading() -> impl Strategy<Value = Vec<Vec<Verdict>>> {
        prop::collection::vec(prop::collection::vec(verdict(), 1..4), 0..12)
    }

    fn decided(reading: &[Vec<Verdict>]) -> Verdicts {
        let mut verdicts = Verdicts::undecided(reading.len());
        for (item, accounts) in reading.iter().enumerate() {
            for verdict in accounts {
                verdicts.decide(item, *verdict);
            }
        }
        verdicts
    }

    fn count(verdicts: &Verdicts) -> i64 {
        i64::try_from(verdicts.len()).expect("few")
    }

    fn write(book: &mut Book, before: &Verdicts, after: &Verdicts) {
        book.add(Counter::Received, count(after) - count(before));
        for (counter, by) in after.changes_from(before) {
            book.add(counter, by);
        }
    }

    proptest! {
        #[test]
        fn the_books_balance_whatever_is_read_again_and_any_false_entry_shows(
            deliveries in prop::collection::vec((prop::collection::vec(reading(), 1..4), any::<bool>()), 0..8),
            wrong in prop::sample::select(Counter::ALL.to_vec()),
            by in prop::sample::select(vec![-3_i64, -1, 1, 2]),
        ) {
            let mut book = Book::default();
            for (readings, dismissed) in &deliveries {
                let mut stands = Verdicts::default();
                for reading in readings {
                    let read = decided(reading);
                    prop_assert_eq!(&Verdicts::from_stored(&read.to_stored()), &read);
                    let now = stands.read_again(&read);
                    write(&mut book, &stands, &now);
                    stands = now;
                }
                if *dismissed {
                    let now = stands.moved(Verdict::Parked, Verdict::Dismissed);
                    write(&mut book, &stands, &now);
                    prop_assert_eq!(now.count(Verdict::Parked), 0);
                }
            }
            prop_assert!(book.balance().is_even());
            book.add(wrong, by);
            prop_assert!(!book.balance().is_even());
        }
    }

    #[test]
    fn an_item_nobody_decided_about_is_missing() {
        let mut verdicts = Verdicts::undecided(3);
        verdicts.decide(0, Verdict::Applied);
        verdicts.decide(2, Verdict::Parked);
        let mut book = Book::default();
        write(&mut book, &Verdicts::default(), &verdicts);
        assert_eq!(book.balance().inbound, 1);
        assert_eq!(verdicts.to_stored(), "a?p");
    }

    #[test]
    fn a_second_reading_takes_nothing_back() {
        let again =
            |old: &str, new: &str| Verdicts::from_stored(old).read_again(&Verdicts::from_stored(new)).to_stored();
        assert_eq!(again("aaakkiwpp", "kiwkiaakp"), "aaakkaakp");
        assert_eq!(again("p", "aaa"), "aaa", "what could not be read has more in it than one thing");
        assert_eq!(again("a", "p"), "p", "what cannot be read any more is looked at");
    }

    #[test]
    fn what_is_open_is_part_of_the_sum() {
        let mut book = Book { open: 1, ..Book::default() };
        book.add(Counter::Sent, 3);
        book.add(Counter::Taken, 1);
        book.add(Counter::Unconfirmed, 1);
        assert!(book.balance().is_even());
        book.open = 0;
        assert_eq!(book.balance().outbound, 1);
    }
}
