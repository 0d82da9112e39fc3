//! People: what they say, by hand and by themselves.

use super::handle::Shared;
use super::world::File;
use serde_json::{Value, json};
use std::time::Duration;

/// Invented people of the trickle: id, first name, last name, handle.
const CAST: [(i64, &str, &str, &str); 4] = [
    (5_000_000_001, "Ada", "Example", "ada_example"),
    (5_000_000_002, "Bruno", "Sample", "bruno_sample"),
    (5_000_000_003, "Chidi", "Specimen", "chidi_specimen"),
    (5_000_000_004, "Dora", "Muster", "dora_muster"),
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
/// Pause before an invented person answers.
const TYPING: Duration = Duration::from_millis(1_500);

fn person(id: i64) -> (Value, Value) {
    let known = CAST.iter().find(|(known, ..)| *known == id);
    let (first, last, handle) = known.map_or_else(
        || ("Person".to_owned(), None, format!("person_{id}")),
        |(_, first, last, handle)| ((*first).to_owned(), Some(*last), (*handle).to_owned()),
    );
    let mut from = json!({"id": id, "is_bot": false, "first_name": first, "username": handle, "language_code": "en"});
    let mut chat = json!({"id": id, "type": "private", "first_name": first, "username": handle});
    if let Some(last) = last {
        from["last_name"] = last.into();
        chat["last_name"] = last.into();
    }
    (from, chat)
}

pub(super) fn say(shared: &Shared, token: &str, id: i64, text: &str) -> i64 {
    let (from, chat) = person(id);
    update(shared, token, "message", json!({"from": from, "chat": chat, "text": text}))
}

/// Queues any update; one about a chat makes the chat, one with a message without an id gives it one.
pub(super) fn update(shared: &Shared, token: &str, kind: &str, content: Value) -> i64 {
    told(shared, token, kind, content).0
}

/// A person writes in their private chat: members beside those that every message has. Gives the message's id.
pub(super) fn write(shared: &Shared, token: &str, id: i64, members: &Value) -> i64 {
    let (from, chat) = person(id);
    let mut message = json!({"from": from, "chat": chat});
    if let (Some(message), Some(members)) = (message.as_object_mut(), members.as_object()) {
        message.extend(members.clone());
    }
    told(shared, token, "message", message).1
}

/// A message of a chat as the bot sees it.
pub(super) fn message(shared: &Shared, token: &str, chat: i64, id: i64) -> Option<Value> {
    shared.world().bots.get(token)?.chats.get(&chat)?.messages.get(&id).cloned()
}

/// Somebody opens their private chat with the bot; nothing is told. Gives the chat.
pub(super) fn meet(shared: &Shared, token: &str, id: i64) -> Value {
    let (_, head) = person(id);
    let mut world = shared.world();
    let first_message = world.options.first_message_id;
    if let Some(bot) = world.bots.get_mut(token) {
        bot.chat(&head, first_message);
    }
    head
}

/// Queues an update; gives its id and its message's.
fn told(shared: &Shared, token: &str, kind: &str, mut content: Value) -> (i64, i64) {
    let mut world = shared.world();
    let first_message = world.options.first_message_id;
    let Some(bot) = world.bots.get_mut(token) else { return (0, 0) };
    if content["chat"]["id"].is_i64() {
        let head = content["chat"].clone();
        let chat = bot.chat(&head, first_message);
        if let Some(to) = content["migrate_to_chat_id"].as_i64() {
            chat.migrated_to = Some(to);
        }
        if content.get("message_id").is_none() {
            content = chat.keep(content);
        } else if let Some(id) = content["message_id"].as_i64() {
            chat.messages.insert(id, content.clone());
            chat.next_message = chat.next_message.max(id + 1);
        }
    }
    let message = content["message_id"].as_i64().unwrap_or_default();
    (bot.push(kind, content), message)
}

/// `size` is what the platform says of it.
pub(super) fn put_file(shared: &Shared, token: &str, file_id: &str, bytes: &[u8], size: u64) {
    if let Some(bot) = shared.world().bots.get_mut(token) {
        let path = format!("documents/file_{}.bin", bot.files.len() + 1);
        let file = File { path, bytes: bytes.to_vec().into(), size };
        bot.files.insert(file_id.to_owned(), file);
    }
}

pub(super) fn put_file_at(shared: &Shared, token: &str, file_id: &str, path: &str, bytes: &[u8]) {
    if let Some(bot) = shared.world().bots.get_mut(token) {
        let file = File { path: path.to_owned(), bytes: bytes.to_vec().into(), size: bytes.len() as u64 };
        bot.files.insert(file_id.to_owned(), file);
    }
}

pub(super) fn trickle(shared: &Shared, token: &str, every: Duration) {
    let (shared, token) = (shared.clone(), token.to_owned());
    shared.tasks.clone().spawn(async move {
        for turn in 0_usize.. {
            let (id, ..) = CAST[turn % CAST.len()];
            say(&shared, &token, id, LINES[turn % LINES.len()]);
            tokio::select! {
                () = tokio::time::sleep(every) => {}
                () = shared.stop.cancelled() => return,
            }
        }
    });
}

/// One of the cast answers what the bot wrote; the others keep silent, so that tests are not disturbed.
pub(super) fn answered(shared: &Shared, token: &str, message: &Value) {
    let Some(chat) = message["chat"]["id"].as_i64().filter(|id| CAST.iter().any(|(known, ..)| known == id)) else {
        return;
    };
    let words = message["text"].as_str().unwrap_or("that").chars().take(60).collect::<String>();
    let (shared, token) = (shared.clone(), token.to_owned());
    shared.tasks.clone().spawn(async move {
        tokio::select! {
            () = tokio::time::sleep(TYPING) => { say(&shared, &token, chat, &format!("Thanks for “{words}”")); }
            () = shared.stop.cancelled() => {}
        }
    });
}
