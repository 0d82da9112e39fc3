//! Invented people who write by themselves.

use super::chats::Place;
use super::handle::Shared;
use super::people::NewPerson;
use std::time::Duration;

/// Invented people: id, first name, last name, handle.
const CAST: [(i64, &str, &str, &str); 3] = [
    (6_000_000_001, "Edda", "Example", "edda_example"),
    (6_000_000_002, "Farid", "Sample", "farid_sample"),
    (6_000_000_003, "Greta", "Specimen", "greta_specimen"),
];
/// What they say, in turn.
const LINES: [&str; 6] = [
    "Are you coming tonight?",
    "I put the keys under the mat.",
    "Did you see the pictures from Sunday?",
    "Call me when you can 📞",
    "Train is late again, start without me.",
    "Sounds good!",
];

pub(super) fn run(shared: &Shared, account: i64, every: Duration) {
    let shared = shared.clone();
    shared.tasks.clone().spawn(async move {
        for turn in 0_usize.. {
            let (id, first, last, handle) = CAST[turn % CAST.len()];
            let mut person = NewPerson::named(id, first);
            person.last_name = Some(last.to_owned());
            person.username = Some(handle.to_owned());
            shared.quietly(account, |owner| owner.meet(person));
            shared.say(account, Place::Person(id), id, LINES[turn % LINES.len()]);
            tokio::select! {
                () = tokio::time::sleep(every) => {}
                () = shared.stop.cancelled() => return,
            }
        }
    });
}
