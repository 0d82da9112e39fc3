//! Life of its own: a few invented people write now and then, and answer when they are written to.

use super::chats::model::{ChatKind, Draft, Message, Sender};
use super::deeds::Deed;
use super::handle::Shared;
use super::world::{User, World};
use bytes::Bytes;
use std::time::Duration;

/// Id and name.
const PEOPLE: [(&str, &str); 3] = [
    ("5d8d505c-864f-4804-88c7-4583c966cde8", "Robin Kline"),
    ("ef1c916a-3135-4417-ba27-8eb7bd084193", "Jane Smith"),
    ("2b1fb7c4-7f0c-4f4c-9b3d-6c8f5c1c2a10", "Mina Early"),
];
/// What they say in HTML, in turn.
const LINES: [&str; 6] = [
    "<p>Hello! Is the shop open on Sunday?</p>",
    "<p>Thanks, got it.</p>",
    "<p>Could you send me the <strong>invoice</strong> again?</p>",
    "<p>see <a href=\"https://example.org/a?b=1&amp;c=2\">this page</a> please</p>",
    "<p>Grüße aus Köln&nbsp;<emoji id=\"fox\" alt=\"🦊\" title=\"Fox\"></emoji></p>",
    "<ul><li>one in blue</li><li>two in grey</li></ul>",
];
/// What they answer.
const ANSWER: &str = "<p>Great, see you then.</p>";
/// A turn in so many is something else than a line.
const ODD_TURN: usize = 5;

/// A picture of one grey dot.
const DOT_PNG: &[u8] = &[
    0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0x00, 0x00, 0x00, 0x0d, 0x49, 0x48, 0x44, 0x52, 0x00, 0x00, 0x00,
    0x01, 0x00, 0x00, 0x00, 0x01, 0x08, 0x00, 0x00, 0x00, 0x00, 0x3a, 0x7e, 0x9b, 0x55, 0x00, 0x00, 0x00, 0x0a, 0x49,
    0x44, 0x41, 0x54, 0x78, 0x9c, 0x63, 0x68, 0x00, 0x00, 0x00, 0x82, 0x00, 0x81, 0x77, 0xcd, 0x72, 0xb6, 0x00, 0x00,
    0x00, 0x00, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82,
];

pub(super) fn start(shared: &Shared, user: &str, every: Duration) {
    let (shared, user) = (shared.clone(), user.to_owned());
    let tasks = shared.tasks.clone();
    tasks.spawn(async move {
        let (team, mut answered) = {
            let mut world = shared.world();
            (settle(&mut world, &user), world.deeds.len())
        };
        for turn in 0_usize.. {
            tokio::select! {
                () = tokio::time::sleep(every) => {}
                () = shared.stop.cancelled() => return,
            }
            answered = shared.act(|world| step(world, &user, &team, turn, answered));
        }
    });
}

/// The people move in; gives their group.
fn settle(world: &mut World, user: &str) -> String {
    let tenant = world.users.get(user).map(|user| user.tenant_id.clone()).unwrap_or_default();
    for (id, name) in PEOPLE {
        let one = User { signs_in: false, ..User::new(id, &tenant, name) };
        world.users.entry(id.to_owned()).or_insert(one);
    }
    let mut people = vec![user.to_owned()];
    people.extend(PEOPLE.iter().map(|(id, _)| (*id).to_owned()));
    world.make_chat(ChatKind::Group, Some("Shop floor"), &people)
}

/// One turn: whoever was written to reacts and answers, and somebody does something. Gives how many deeds were seen.
fn step(world: &mut World, user: &str, team: &str, turn: usize, answered: usize) -> usize {
    let news = world.deeds.iter().skip(answered).filter(|done| matches!(done.deed, Deed::Sent | Deed::Quoted(_)));
    let asked: Vec<(String, i64)> = news.filter_map(|done| Some((done.chat.clone(), done.message?))).collect();
    let seen = world.deeds.len();
    for (chat, id) in asked {
        let other = world.chats.get(&chat).and_then(|chat| {
            let mut others = chat.members.iter().filter(|member| member.user != user);
            others.next().map(|member| member.user.clone())
        });
        let Some(other) = other.filter(|other| PEOPLE.iter().any(|(id, _)| id == other)) else { continue };
        world.toggle(&chat, id, &other, "👍", true);
        world.write(&chat, Sender::User(other), Draft::html(ANSWER));
    }
    let (who, _) = PEOPLE[turn % PEOPLE.len()];
    let chat = if turn % 2 == 1 { team.to_owned() } else { world.direct(user, who) };
    said(world, &chat, user, who, turn);
    seen
}

fn said(world: &mut World, chat: &str, user: &str, who: &str, turn: usize) -> Option<Message> {
    if turn % ODD_TURN != ODD_TURN - 1 {
        let draft = Draft::html(LINES[turn % LINES.len()]);
        return world.write(chat, Sender::User(who.to_owned()), draft);
    }
    match turn / ODD_TURN % 4 {
        0 => world.attach_picture(chat, who, "Look at this", "image/png", Bytes::from_static(DOT_PNG)),
        1 => world.mention(chat, who, user, "could you have a look?"),
        2 => {
            let url =
                "https://example-my.sharepoint.com/personal/robin/Documents/Microsoft%20Teams%20Chat%20Files/list.docx";
            world.attach_file(chat, who, "the list", "list.docx", url)
        }
        _ => {
            let last = world.chats.get(chat)?.messages.last()?.id;
            world.answer(chat, who, last, "Exactly.")
        }
    }
}
