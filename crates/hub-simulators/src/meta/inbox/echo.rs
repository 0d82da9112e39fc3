//! What apps hear of the account's own messages: echoes and deliveries.

use super::super::{Event, Meta};
use super::message::Message;
use super::{Inbox, Inboxes, Kind};
use serde_json::{Value, json};

/// The Page inbox as it names itself in echoes.
const PAGE_INBOX: &str = "26390203743090";

impl Inbox {
    /// The echo of a message.
    pub(super) fn echo(
        &self,
        person: &str,
        message: &Message,
        app_id: &str,
        metadata: Option<&str>,
        meta: &Meta,
    ) -> Event {
        let mut told = json!({"mid": message.mid, "is_echo": true});
        if let Some(text) = &message.text {
            told["text"] = text.clone().into();
        }
        if !message.attachments.is_empty() {
            told["attachments"] = message.attachments.clone().into();
        }
        if let Some(mid) = &message.reply_to {
            told["reply_to"] = json!({ "mid": mid });
        }
        if self.kind == Kind::Messenger {
            told["app_id"] = app_id.parse::<u64>().map_or_else(|_| json!(app_id), Value::from);
            if let Some(metadata) = metadata {
                told["metadata"] = metadata.into();
            }
        }
        let event = json!({
            "sender": {"id": self.account}, "recipient": {"id": person}, "timestamp": message.at_ms, "message": told,
        });
        self.wrapped("echo", &event, meta)
    }

    /// The delivery of a message; like the real one it has no time of its own.
    pub(super) fn delivery(&self, person: &str, message: &Message, meta: &Meta) -> Event {
        let told = json!({"mids": [message.mid], "watermark": message.at_ms});
        let event = json!({"sender": {"id": person}, "recipient": {"id": self.account}, "delivery": told});
        self.wrapped("delivery", &event, meta)
    }
}

impl Inboxes {
    /// Somebody writes in the platform's own inbox, as the account; gives the message's id.
    pub fn write_in_inbox(&self, account: &str, person: &str, text: &str) -> String {
        let (mid, event) = {
            let mut inboxes = self.all();
            let Some(inbox) = inboxes.get_mut(account) else { return String::new() };
            let mut message = Message::new(inbox.kind.message_id(), true, self.meta().now_ms());
            message.text = Some(text.to_owned());
            let event = inbox.echo(person, &message, PAGE_INBOX, None, self.meta());
            let mid = message.mid.clone();
            let thread = inbox.thread(person);
            // Whoever answers there has read it.
            thread.unread = 0;
            thread.keep(message);
            (mid, event)
        };
        self.meta().emit(&event);
        mid
    }
}
