//! Life of its own: a few invented people write now and then, and answer when they are written to.

use super::events::EventKind;
use super::handle::Shared;
use super::world::User;
use std::time::Duration;

/// Id, name without `@`, name.
const PEOPLE: [(&str, &str, &str); 3] = [
    ("3001969357", "furiouscamper", "Jordan Brinks"),
    ("2222222222222222222", "OtherUser", "Other User"),
    ("17200003", "early_bird", "Mina Early"),
];
const LINES: [&str; 5] = [
    "Hello! Is the shop open on Sunday?",
    "Thanks, got it.",
    "Could you send me the invoice again?",
    "see https://example.org/a?b=1&c=2 please",
    "Grüße aus Köln 🦊",
];

pub(super) fn start(shared: &Shared, user: &str, every: Duration) {
    let (shared, user) = (shared.clone(), user.to_owned());
    let tasks = shared.tasks.clone();
    tasks.spawn(async move {
        let mut seen = {
            let mut world = shared.world();
            for (id, username, name) in PEOPLE {
                if !world.users.contains_key(id) {
                    world.put_user(User::new(id, username, name));
                }
            }
            world.events.last().map_or(0, |event| event.id)
        };
        for turn in 0_usize.. {
            tokio::select! {
                () = tokio::time::sleep(every) => {}
                () = shared.stop.cancelled() => return,
            }
            seen = step(&shared, &user, turn, seen);
            shared.changed.notify_one();
        }
    });
}

/// One turn: somebody writes, and whoever was written to reads and answers. Gives the last event that was seen.
fn step(shared: &Shared, user: &str, turn: usize, seen: u64) -> u64 {
    let mut world = shared.world();
    let (who, _, _) = PEOPLE[turn % PEOPLE.len()];
    let asked: Vec<(u64, String)> = world
        .events
        .iter()
        .filter(|event| {
            event.id > seen && event.sender == user && matches!(event.kind, EventKind::MessageCreate { .. })
        })
        .flat_map(|event| {
            let others = world.members(&event.conversation).into_iter().filter(|other| other != user);
            others.map(|other| (event.id, other)).collect::<Vec<_>>()
        })
        .filter(|(_, other)| PEOPLE.iter().any(|(id, _, _)| id == other))
        .collect();
    for (event, other) in asked {
        world.reads(&other, user, &event.to_string());
        world.types(&other, user);
        world.say(&other, user, LINES[1]);
    }
    world.say(who, user, LINES[turn % LINES.len()]);
    world.events.last().map_or(seen, |event| event.id)
}
