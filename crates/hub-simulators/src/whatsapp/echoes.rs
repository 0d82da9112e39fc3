//! Numbers that are used on a phone as well (coexistence): what is typed there, what was said before, who is in the address book.

use super::calls::Desk;
use super::fields::{ECHOES, HISTORY, STATE_SYNC};
use super::inbound::Inbound;
use super::statuses::Status;
use super::wamid::{self, Side};
use super::world::Kept;
use serde_json::{Value, json};

/// One conversation of the history.
#[derive(Clone, Debug, PartialEq)]
pub struct HistoryThread {
    /// With whom: a number or an id.
    pub who: String,
    /// What was said, oldest first.
    pub messages: Vec<HistoryMessage>,
}

/// One message of the history.
#[derive(Clone, Debug, PartialEq)]
pub struct HistoryMessage {
    /// What was said.
    pub message: Inbound,
    /// Whether the business said it.
    pub by_business: bool,
    /// How far it had come.
    pub status: Status,
}

impl Desk {
    /// The business writes on the phone; gives the message's id.
    pub(super) fn echo(&self, number: &str, who: &str, message: &Inbound) -> Option<String> {
        let now = self.meta.now_ms();
        let (account, value, id) = {
            let mut world = self.world();
            let place = world.somebody(who);
            let person = world.people[place].clone();
            let line = world.number(number).ok()?.clone_head();
            let id = wamid::make(Side::Business, person.key());
            let mut echo = json!({
                "from": line.display, "id": id, "timestamp": message.at.unwrap_or(now / 1_000).to_string(),
                "type": message.kind,
            });
            person.name_in(&mut echo, "to", "to_user_id", "to_parent_user_id");
            if !message.content.is_null() {
                echo[&message.kind] = message.content.clone();
            }
            if let Some(reply) = &message.reply_to {
                echo["context"] = json!({"id": reply});
            }
            let mut value = line.value();
            // Taking a message back introduces nobody.
            if message.kind != "revoke" {
                value["contacts"] = json!([person.contact()]);
            }
            value["message_echoes"] = json!([echo]);
            let kept = Kept { person: place, by_business: true, read: true, content: echo };
            world.keep(number, &id, kept);
            (line.account, value, id)
        };
        self.tell(&account, ECHOES, &value);
        Some(id)
    }

    /// One chunk of what was said before the number was connected.
    pub(super) fn history(&self, number: &str, phase: u8, chunk: u32, progress: u8, threads: &[HistoryThread]) -> bool {
        let now = self.meta.now_ms();
        let (account, value) = {
            let mut world = self.world();
            let Ok(line) = world.number(number).map(super::world::Number::clone_head) else { return false };
            let mut told = Vec::new();
            for thread in threads {
                let place = world.somebody(&thread.who);
                let person = world.people[place].clone();
                let messages: Vec<Value> = thread
                    .messages
                    .iter()
                    .map(|said| {
                        let side = if said.by_business { Side::Business } else { Side::Customer };
                        let mut message = super::inbound::message(
                            &person,
                            &line,
                            &wamid::make(side, person.key()),
                            now,
                            &said.message,
                        );
                        if said.by_business {
                            for member in ["from", "from_user_id", "from_parent_user_id"] {
                                message.as_object_mut().map(|members| members.remove(member));
                            }
                            message["from"] = line.display.as_str().into();
                            person.name_in(&mut message, "to", "to_user_id", "to_parent_user_id");
                        }
                        message["history_context"] = json!({"status": said.status.name().to_uppercase()});
                        message
                    })
                    .collect();
                told.push(json!({"id": person.key(), "messages": messages}));
            }
            let mut value = line.value();
            value["history"] = json!([{
                "metadata": {"phase": phase, "chunk_order": chunk, "progress": progress}, "threads": told,
            }]);
            (line.account, value)
        };
        self.tell(&account, HISTORY, &value);
        true
    }

    /// The business does not share what was said before.
    pub(super) fn history_declined(&self, number: &str) -> bool {
        let head = self.world().number(number).map(|line| (line.account.clone(), line.value()));
        let Ok((account, mut value)) = head else { return false };
        value["history"] = json!([{"errors": [{
            "code": 2_593_109, "title": "History sharing is turned off by the business from the WhatsApp Business App",
            "message": "History sharing is turned off by the business from the WhatsApp Business App",
            "error_data": {"details": "History sharing is turned off by the business"},
        }]}]);
        self.tell(&account, HISTORY, &value);
        true
    }

    /// Somebody is added to the phone's address book, changed or removed there: name, number, `add` or `remove`.
    pub(super) fn state_sync(&self, number: &str, entries: &[(&str, &str, &str)]) -> bool {
        let now = (self.meta.now_ms() / 1_000).to_string();
        let head = self.world().number(number).map(|line| (line.account.clone(), line.value()));
        let Ok((account, mut value)) = head else { return false };
        let synced = entries.iter().map(|(name, phone, action)| {
            let first = name.split(' ').next().unwrap_or_default();
            json!({
                "type": "contact", "contact": {"full_name": name, "first_name": first, "phone_number": phone},
                "action": action, "metadata": {"timestamp": now},
            })
        });
        value["state_sync"] = synced.collect();
        self.tell(&account, STATE_SYNC, &value);
        true
    }
}
