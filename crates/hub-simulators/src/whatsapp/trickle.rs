//! Invented people, who write, send files, react and read by themselves.

use super::calls::Desk;
use super::inbound::Inbound;
use super::media::Attachment;
use super::person::Person;
use super::statuses::{Status, StatusScript};
use bytes::Bytes;
use serde_json::Value;
use std::time::Duration;

/// Pause before an invented person answers.
const TYPING: Duration = Duration::from_millis(1_500);

/// The invented people: number, id, username, name. One of them shows no number.
const CAST: [(Option<&str>, &str, Option<&str>, &str); 4] = [
    (Some("15550100001"), "US.5000000000000000001", None, "Ada Example"),
    (Some("351920100002"), "PT.5000000000000000002", Some("brunosample"), "Bruno Sample"),
    (Some("2348010100003"), "NG.5000000000000000003", None, "Chidi Specimen"),
    (None, "DE.5000000000000000004", Some("doramuster"), "Dora Muster"),
];

/// What they say, in turn.
const LINES: [&str; 10] = [
    "Hello! Is anybody there?",
    "Do you ship to Lisbon as well?",
    "My order has not arrived yet. Could you look?",
    "Thank you, that was quick 👍",
    "What are your opening hours on Saturday?",
    "I changed my mind about the colour. Blue, please.",
    "Is the blue one back in stock?",
    "Sorry, wrong chat!",
    "Could I pick it up tomorrow morning?",
    "Great, see you then.",
];

/// A picture of one grey dot.
const DOT_PNG: &[u8] = &[
    0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0x00, 0x00, 0x00, 0x0d, 0x49, 0x48, 0x44, 0x52, 0x00, 0x00, 0x00,
    0x01, 0x00, 0x00, 0x00, 0x01, 0x08, 0x00, 0x00, 0x00, 0x00, 0x3a, 0x7e, 0x9b, 0x55, 0x00, 0x00, 0x00, 0x0a, 0x49,
    0x44, 0x41, 0x54, 0x78, 0x9c, 0x63, 0x68, 0x00, 0x00, 0x00, 0x82, 0x00, 0x81, 0x77, 0xcd, 0x72, 0xb6, 0x00, 0x00,
    0x00, 0x00, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82,
];

fn member(place: usize) -> Person {
    let (wa_id, user_id, username, name) = CAST[place % CAST.len()];
    Person {
        name: name.to_owned(),
        wa_id: wa_id.map(str::to_owned),
        user_id: Some(user_id.to_owned()),
        username: username.map(str::to_owned),
        ..Person::default()
    }
}

/// Lets them begin; each turn is one event.
pub(super) fn start(desk: &Desk, number: &str, every: Duration) {
    for place in 0..CAST.len() {
        desk.world().put_person(member(place));
    }
    let (desk, number) = (desk.clone(), number.to_owned());
    desk.meta.tasks().clone().spawn(async move {
        for turn in 0_usize.. {
            take_turn(&desk, &number, turn);
            tokio::select! {
                () = tokio::time::sleep(every) => {}
                () = desk.meta.stopped() => return,
            }
        }
    });
}

/// What happens in one turn: words mostly, everything else now and then.
fn take_turn(desk: &Desk, number: &str, turn: usize) {
    /// Turns until all kinds have come.
    const ROUND: usize = 9;
    let person = member(turn);
    let who = person.key();
    match turn % ROUND {
        2 => {
            let picture =
                Attachment { mime: "image/png".to_owned(), ..Attachment::image(DOT_PNG, Some("Like this one?")) };
            desk.attach(number, who, &picture);
        }
        4 => {
            desk.attach(number, who, &Attachment::voice_note(Bytes::from_static(b"OggS, a voice note of nobody")));
        }
        5 => {
            let place = Inbound::location(38.7139, -9.1394, Some("Largo do Carmo"), Some("1200-092 Lisboa"));
            desk.write(number, who, &place);
        }
        6 => {
            desk.attach(number, who, &Attachment::sticker(Bytes::from_static(b"RIFF, a sticker of nobody")));
        }
        7 => match newest_to(desk, number, who) {
            Some(id) => {
                desk.write(number, who, &Inbound::reaction(&id, Some("👍")));
            }
            None => say(desk, number, who, turn),
        },
        8 => {
            let fate = newest_to(desk, number, who).and_then(|id| desk.world().fate(&id));
            match fate {
                Some(fate) => desk.tell_status(&fate, Status::Read),
                None => say(desk, number, who, turn),
            }
        }
        _ => say(desk, number, who, turn),
    }
}

fn say(desk: &Desk, number: &str, who: &str, turn: usize) {
    desk.write(number, who, &Inbound::text(LINES[turn % LINES.len()]));
}

/// The newest message of the business to somebody.
fn newest_to(desk: &Desk, number: &str, who: &str) -> Option<String> {
    let world = desk.world();
    let theirs = |sent: &&super::world::Sent| sent.phone_number_id == number && sent.to == who;
    let message = |sent: &&super::world::Sent| !matches!(sent.kind.as_str(), "read" | "typing" | "reaction");
    world.sent.iter().rev().filter(theirs).find(message).map(|sent| sent.message_id.clone())
}

/// One of the cast answers what the business wrote; others keep silent, so that tests are not disturbed.
pub(super) fn answered(desk: &Desk, number: &str, to: &str, body: &Value) {
    let known = CAST.iter().any(|(wa_id, user_id, ..)| *wa_id == Some(to) || *user_id == to);
    if !known || body["type"] == "reaction" {
        return;
    }
    let words = body["text"]["body"].as_str().unwrap_or("that").chars().take(60).collect::<String>();
    let (desk, number, to) = (desk.clone(), number.to_owned(), to.to_owned());
    desk.meta.tasks().clone().spawn(async move {
        tokio::select! {
            () = tokio::time::sleep(TYPING) => {
                desk.write(&number, &to, &Inbound::text(&format!("Thanks for “{words}”")));
            }
            () = desk.meta.stopped() => {}
        }
    });
}

/// The statuses while the invented people are there: they read some messages later.
pub(super) fn script() -> StatusScript {
    StatusScript { pause: Duration::from_millis(400), ..StatusScript::in_order(&[Status::Sent, Status::Delivered]) }
}
