//! Conversations and their messages, newest first; only the newest messages have content.

use super::super::{Call, Fields, GraphError, Outcome, Wanted};
use super::kind::iso;
use super::message::account_as_party;
use super::{Inbox, Inboxes, Person, SHOWN, Thread};
use serde_json::{Value, json};

/// Milliseconds after which an Instagram request that nobody answered is no longer listed: 30 days.
const REQUEST_SHOWN_FOR: i64 = 30 * 24 * 3_600 * 1_000;
/// What is told of a message when nothing was asked for.
const MESSAGE_FIELDS: &str = "id,created_time";

impl Inboxes {
    /// `/{account}/conversations`.
    pub(crate) fn conversations(&self, call: &Call, account: &str, path: &str) -> Outcome {
        let inboxes = self.all();
        let inbox = inboxes.get(account).ok_or_else(|| GraphError::missing(account))?;
        let fields = Fields::parse(call.text("fields").as_deref(), "id,updated_time");
        let only = call.text("user_id");
        let now = self.meta().now_ms();
        let mut listed: Vec<(&String, &Thread)> = inbox
            .threads
            .iter()
            .filter(|(person, thread)| {
                let answered = thread.messages.iter().any(|message| message.from_account);
                let gone = inbox.kind.is_instagram() && !answered && now - thread.updated_ms > REQUEST_SHOWN_FOR;
                !thread.messages.is_empty() && !gone && only.as_ref().is_none_or(|only| only == *person)
            })
            .collect();
        listed.sort_by_key(|(_, thread)| std::cmp::Reverse(thread.updated_ms));
        let items: Vec<(String, Value)> = listed
            .into_iter()
            .map(|(person, thread)| (thread.id.clone(), self.conversation(inbox, person, thread, &fields, call)))
            .collect();
        Ok(self.meta().page(&items, &Wanted::of(call), path, call))
    }

    /// `/{thread}`, `/{thread}/messages` or `/{message}` of one account; `None` = nothing of that id.
    pub(crate) fn history_node(&self, call: &Call, account: &str, id: &str, messages: bool) -> Option<Outcome> {
        let inboxes = self.all();
        let inbox = inboxes.get(account)?;
        let asked = call.text("fields");
        for (person, thread) in &inbox.threads {
            if thread.id == id {
                if messages {
                    let fields = Fields::parse(asked.as_deref(), MESSAGE_FIELDS);
                    return Some(Ok(self.messages_page(inbox, person, thread, &fields, &Wanted::of(call), call)));
                }
                let fields = Fields::parse(asked.as_deref(), "id,updated_time");
                return Some(Ok(self.conversation(inbox, person, thread, &fields, call)));
            }
            let found = thread.messages.iter().rev().enumerate().find(|(_, message)| message.mid == id);
            if let Some((age, message)) = found.filter(|_| !messages) {
                if age >= SHOWN || message.deleted {
                    return Some(Err(GraphError::parameter("The message has been deleted")));
                }
                let shown = message.shown(inbox, &party(inbox, person), false);
                return Some(Ok(Fields::parse(asked.as_deref(), MESSAGE_FIELDS).select(&shown)));
            }
        }
        None
    }

    fn conversation(&self, inbox: &Inbox, person: &str, thread: &Thread, fields: &Fields, call: &Call) -> Value {
        let customer = party(inbox, person).as_party(inbox.kind);
        let mut participants = vec![customer, account_as_party(inbox)];
        if inbox.kind.is_instagram() {
            participants.reverse();
        }
        let mut all = json!({
            "id": thread.id, "updated_time": iso(thread.updated_ms), "participants": {"data": participants},
            "message_count": thread.messages.len(), "unread_count": thread.unread, "is_owner": true, "can_reply": true,
            "link": format!("/{}/inbox/{}/", inbox.account, thread.id), "name": Value::Null,
        });
        if let Some(asked) = fields.get("messages") {
            let wanted = Wanted {
                limit: asked.modifier("limit").and_then(|limit| limit.parse().ok()),
                after: asked.modifier("after").map(str::to_owned),
                before: asked.modifier("before").map(str::to_owned),
            };
            let inner = asked.inner();
            let inner = if inner.is_empty() { Fields::parse(None, MESSAGE_FIELDS) } else { inner.clone() };
            // Chosen here already, so that the choice below finds them as they are.
            all["messages"] = self.messages_page(inbox, person, thread, &inner, &wanted, call);
        }
        fields.select(&all)
    }

    fn messages_page(
        &self,
        inbox: &Inbox,
        person: &str,
        thread: &Thread,
        fields: &Fields,
        wanted: &Wanted,
        call: &Call,
    ) -> Value {
        let customer = party(inbox, person);
        let items: Vec<(String, Value)> = thread
            .messages
            .iter()
            .rev()
            .enumerate()
            .map(|(age, message)| {
                let shown = message.shown(inbox, &customer, age >= SHOWN);
                (message.mid.clone(), fields.select(&shown))
            })
            .collect();
        self.meta().page(&items, wanted, &format!("{}/messages", thread.id), call)
    }
}

fn party(inbox: &Inbox, person: &str) -> Person {
    inbox.people.get(person).cloned().unwrap_or_else(|| Person { id: person.to_owned(), ..Person::default() })
}
