//! Invented people who write by themselves, each in their own way.

use super::{Act, Inboxes, Kind, Made, Person};
use std::time::Duration;

/// Invented people: id, first name, last name, handle.
const CAST: [(&str, &str, &str, &str); 4] = [
    ("5000000000000101", "Ada", "Example", "ada.example"),
    ("5000000000000102", "Bruno", "Sample", "bruno.sample"),
    ("5000000000000103", "Chidi", "Specimen", "chidi.specimen"),
    ("5000000000000104", "Dora", "Muster", "dora.muster"),
];
/// Pause before an invented person answers.
const TYPING: Duration = Duration::from_millis(1_500);
/// Letters of what was written that an answer repeats.
const QUOTED: usize = 60;

/// What the invented people do, in turn.
fn act(turn: usize, instagram: bool, last: Option<String>) -> Act {
    let text = |text: &str| Act::Text(text.to_owned());
    match (turn % 14, last) {
        (0, _) => text("Hello! Do you ship to Lisbon as well?"),
        (1, _) => Act::Files(vec![Made::sample("image")]),
        (2, _) => Act::Files(vec![Made::sample("audio")]),
        (3, Some(mid)) => Act::React { mid, emoji: "❤️".to_owned() },
        (4, _) => Act::Files(vec![Made::sample("sticker")]),
        (5, _) if instagram => Act::StoryReply { text: "Love this one 😍".to_owned() },
        (5, _) => Act::QuickReply { text: "Large".to_owned(), payload: "SIZE_L".to_owned() },
        (6, Some(mid)) => Act::Reply { mid, text: "Exactly that, thank you!".to_owned() },
        (7, _) => Act::Read,
        (8, _) if instagram => Act::StoryMention,
        (8, _) => Act::Postback { title: "Talk to a human".to_owned(), payload: "HUMAN".to_owned() },
        (9, _) => Act::Share,
        (10, _) => Act::Files(vec![Made::sample("video")]),
        (11, _) => text("My order has not arrived yet. Could you look? Größe M, rot"),
        (12, _) if instagram => Act::Unsupported,
        (12, _) => Act::Files(vec![Made::sample("image"), Made::sample("image")]),
        (13, _) => Act::Files(vec![Made::sample("file")]),
        _ => text("Are you there?"),
    }
}

impl Inboxes {
    /// A few invented people write now and then: words, pictures, voice, stickers, reactions, and what else there is. They
    /// answer when they are written to.
    pub fn trickle(&self, account: &str, every: Duration) {
        for (id, first, last, handle) in CAST {
            let person = Person {
                id: id.to_owned(),
                first_name: first.to_owned(),
                last_name: last.to_owned(),
                username: handle.to_owned(),
                ..Person::default()
            };
            self.create_person(account, person);
        }
        let (inboxes, account) = (self.clone(), account.to_owned());
        self.meta().tasks().spawn(async move {
            let instagram = inboxes.all().get(&account).is_some_and(|inbox| inbox.kind != Kind::Messenger);
            for turn in 0_usize.. {
                let (id, ..) = CAST[turn % CAST.len()];
                let last = inboxes.messages(&account, id).last().map(|message| message.mid.clone());
                inboxes.act(&account, id, act(turn, instagram, last));
                tokio::select! {
                    () = tokio::time::sleep(every) => {}
                    () = inboxes.meta().stopped() => return,
                }
            }
        });
    }

    /// One of the cast answers what was written; others keep silent, so that tests are not disturbed.
    pub(super) fn answered_by_cast(&self, account: &str, person: &str, text: &str) {
        if !CAST.iter().any(|(known, ..)| *known == person) {
            return;
        }
        let words = format!("Thanks for “{}”", text.chars().take(QUOTED).collect::<String>());
        let (inboxes, account, person) = (self.clone(), account.to_owned(), person.to_owned());
        self.meta().tasks().spawn(async move {
            tokio::select! {
                () = tokio::time::sleep(TYPING) => {
                    inboxes.act(&account, &person, Act::Read);
                    inboxes.say(&account, &person, &words);
                }
                () = inboxes.meta().stopped() => {}
            }
        });
    }
}
