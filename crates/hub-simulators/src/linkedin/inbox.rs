//! Private messages between members, and the log of them that members may let an app read.

use super::options::millis;
use super::state::{MAX_KEPT, State};
use super::urn;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Everything about private messages.
#[derive(Debug, Default)]
pub(super) struct Inbox {
    /// Members of a thread, by its id.
    pub(super) threads: BTreeMap<String, Vec<String>>,
    /// By id.
    pub(super) messages: BTreeMap<String, Direct>,
    pub(super) events: Vec<Event>,
    next: u64,
}

/// A private message.
#[derive(Clone, Debug)]
pub(super) struct Direct {
    pub(super) id: String,
    pub(super) thread: String,
    pub(super) author: String,
    pub(super) subject: String,
    pub(super) text: String,
    pub(super) created: i64,
    /// The words that came with an invitation.
    pub(super) invitation: bool,
}

/// An entry of a member's log.
#[derive(Clone, Debug)]
pub(super) struct Event {
    pub(super) owner: String,
    /// When it can be read, in Unix milliseconds.
    pub(super) processed_at: i64,
    pub(super) value: Value,
}

/// What a message becomes in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    Create,
    Edit,
    Delete,
}

impl Change {
    fn method(self) -> &'static str {
        match self {
            Self::Create => "CREATE",
            Self::Edit => "PARTIAL_UPDATE",
            Self::Delete => "DELETE",
        }
    }
}

impl State {
    /// The thread of these members; made when there is none.
    pub(super) fn thread_of(&mut self, members: &[&str]) -> String {
        let mut wanted: Vec<String> = members.iter().map(|member| (*member).to_owned()).collect();
        wanted.sort();
        wanted.dedup();
        if let Some((id, _)) = self.inbox.threads.iter().find(|(_, known)| **known == wanted) {
            return id.clone();
        }
        if self.inbox.threads.len() >= MAX_KEPT {
            self.inbox.threads.pop_first();
        }
        self.inbox.next += 1;
        let id = format!("2-{}", STANDARD.encode(format!("thread-{:08}", self.inbox.next)));
        self.inbox.threads.insert(id.clone(), wanted);
        id
    }

    /// A member writes in a thread; gives the message's id. `None` = no such thread, or they are not in it.
    pub(super) fn write(
        &mut self,
        author: &str,
        thread: &str,
        text: &str,
        subject: &str,
        invitation: bool,
    ) -> Option<String> {
        let inside = self.inbox.threads.get(thread)?.iter().any(|member| member == author);
        if !inside {
            return None;
        }
        let created = self.now_ms();
        self.inbox.next += 1;
        let id = format!("2-{}", STANDARD.encode(format!("{created}-{:06}", self.inbox.next)));
        let message = Direct {
            id: id.clone(),
            thread: thread.to_owned(),
            author: author.to_owned(),
            subject: subject.to_owned(),
            text: text.to_owned(),
            created,
            invitation,
        };
        if self.inbox.messages.len() >= MAX_KEPT {
            self.inbox.messages.pop_first();
        }
        self.inbox.messages.insert(id.clone(), message.clone());
        self.log_message(&message, Change::Create, "SUCCESS");
        Some(id)
    }

    /// A message gets other words, or goes (`None`); tells whether it is there.
    pub(super) fn rewrite(&mut self, id: &str, text: Option<&str>) -> bool {
        let Some(message) = self.inbox.messages.get_mut(id) else { return false };
        if let Some(text) = text {
            text.clone_into(&mut message.text);
        }
        let message = message.clone();
        if text.is_none() {
            self.inbox.messages.remove(id);
        }
        self.log_message(&message, if text.is_some() { Change::Edit } else { Change::Delete }, "SUCCESS");
        true
    }

    /// The creation of a message enters the logs again, as a repeat or as a failure.
    pub(super) fn relog(&mut self, id: &str, status: &str) -> bool {
        let Some(message) = self.inbox.messages.get(id).cloned() else { return false };
        self.log_message(&message, Change::Create, status);
        true
    }

    fn log_message(&mut self, message: &Direct, change: Change, status: &str) {
        let members = self.inbox.threads.get(&message.thread).cloned().unwrap_or_default();
        let author = urn::person(&message.author);
        let mut activity = json!({});
        if change != Change::Delete {
            activity = json!({
                "owner": author, "author": author, "createdAt": message.created,
                "thread": format!("urn:li:messagingThread:{}", message.thread), "id": message.id,
                "content": {"format": "TEXT", "formatVersion": 1, "fallback": message.text}, "attachments": [],
            });
        }
        if message.invitation {
            let kind = "com.linkedin.voyager.messaging.event.message.InvitationMessageContent";
            activity["extensionContent"] = json!({"extensionContent": {kind: {"message": message.text}}});
        }
        for owner in members {
            let entry = Entry { resource: "messages", id: &message.id, method: change.method(), status };
            self.log_event(&owner, &message.author, &entry, &activity);
        }
    }

    /// Something of another kind enters a member's log.
    pub(super) fn log_other(&mut self, owner: &str, resource: &str) {
        let entry = Entry { resource, id: "x", method: "CREATE", status: "SUCCESS" };
        self.log_event(owner, owner, &entry, &json!({}));
    }

    fn log_event(&mut self, owner: &str, actor: &str, entry: &Entry<'_>, activity: &Value) {
        let captured = self.now_ms();
        let processed_at = captured + millis(self.options.changelog_delay);
        self.inbox.next += 1;
        let value = json!({
            "id": 70_000 + self.inbox.next, "capturedAt": captured, "processedAt": processed_at, "configVersion": 1,
            "owner": urn::person(owner), "actor": urn::person(actor), "resourceName": entry.resource,
            "resourceId": entry.id, "resourceUri": format!("/{}/{}", entry.resource, entry.id),
            "method": entry.method, "activity": activity, "processedActivity": {}, "siblingActivities": [],
            "parentSiblingActivities": [], "activityId": uuid::Uuid::new_v4().to_string(),
            "activityStatus": entry.status,
        });
        if self.inbox.events.len() >= MAX_KEPT {
            self.inbox.events.remove(0);
        }
        self.inbox.events.push(Event { owner: owner.to_owned(), processed_at, value });
    }
}

/// What an entry of a log is about.
struct Entry<'a> {
    resource: &'a str,
    id: &'a str,
    method: &'a str,
    status: &'a str,
}
