//! Items: what one subscription is told of one change.

use super::certificate::Certificate;
use super::forge::Forgery;
use super::seal::seal;
use super::subscription::{Reach, Subscription};
use crate::teams::chats::model::Message;
use crate::teams::moments::with_offset;
use crate::teams::world::{MAX_KEPT, World};
use serde_json::{Value, json};
use tokio::time::Instant;

/// What happened to a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::teams) enum Change {
    Created,
    Updated,
    Deleted,
}

impl Change {
    fn name(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Updated => "updated",
            Self::Deleted => "deleted",
        }
    }
}

/// How a deletion is told: the platform does not always do it in the same way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Deletes {
    /// As `deleted`.
    #[default]
    Deleted,
    /// As `updated`, with the moment of deletion.
    Updated,
    /// As both, one after the other.
    Both,
}

impl Deletes {
    fn changes(self) -> &'static [Change] {
        match self {
            Self::Deleted => &[Change::Deleted],
            Self::Updated => &[Change::Updated],
            Self::Both => &[Change::Deleted, Change::Updated],
        }
    }
}

/// What is to be encrypted, and for whom.
#[derive(Clone, Debug)]
pub(in crate::teams) struct Secret {
    pub(super) plain: String,
    /// The one of when it happened: repeats stay with it.
    pub(super) certificate: Certificate,
}

/// An item that waits.
#[derive(Clone, Debug)]
pub(in crate::teams) struct Item {
    pub(super) subscription: String,
    pub(super) url: String,
    pub(super) app: String,
    pub(super) tenant: String,
    /// All of it but the encrypted content.
    pub(super) body: Value,
    pub(super) secret: Option<Secret>,
    pub(super) lifecycle: bool,
    pub(super) forgery: Option<Forgery>,
    /// Items of different lots never share a request.
    pub(super) lot: u32,
    pub(super) attempt: u32,
    pub(super) not_before: Option<Instant>,
    pub(super) born_ms: i64,
}

impl Subscription {
    /// Whether it is told of a change in a chat; `people` are in it.
    fn covers(&self, chat: &str, is_in: impl Fn(&str) -> bool, change: Change) -> bool {
        let reaches = match &self.reach {
            Reach::All => true,
            Reach::Chat(own) => own == chat,
        };
        reaches && is_in(&self.user) && self.change_types.iter().any(|kind| kind == change.name())
    }
}

impl World {
    /// Tells every subscription of a change.
    pub(in crate::teams) fn notify(&mut self, message: &Message, change: Change) {
        let changes = if change == Change::Deleted { self.deletes.changes() } else { &[change] };
        for change in changes.iter().copied() {
            let Some(chat) = self.chats.get(&message.chat) else { return };
            let is_in = |user: &str| chat.has(user);
            let told = self.subscriptions.iter().filter(|one| one.covers(&message.chat, is_in, change));
            let items: Vec<Item> = told.map(|one| self.item(one, message, change)).collect();
            for item in items {
                self.enqueue(&item);
            }
        }
    }

    /// What a subscription is told of a message.
    pub(super) fn item(&self, one: &Subscription, message: &Message, change: Change) -> Item {
        let body = self.head(one, change.name(), &message.chat, &message.id.to_string());
        let secret = one
            .certificate
            .clone()
            .map(|certificate| Secret { plain: self.message_shown(message, true).to_string(), certificate });
        Item {
            subscription: one.id.clone(),
            url: one.notification_url.clone(),
            app: one.app.clone(),
            tenant: one.tenant_id.clone(),
            body,
            secret,
            lifecycle: false,
            forgery: None,
            lot: 0,
            attempt: 0,
            not_before: None,
            born_ms: self.now_ms(),
        }
    }

    /// All of an item but the encrypted content.
    fn head(&self, one: &Subscription, change: &str, chat: &str, id: &str) -> Value {
        // Both ways of writing occur.
        let (resource, kind) = if self.slashes {
            (format!("chats/{chat}/messages/{id}"), "#microsoft.graph.chatMessage")
        } else {
            (format!("chats('{chat}')/messages('{id}')"), "#Microsoft.Graph.chatMessage")
        };
        json!({"subscriptionId": one.id, "changeType": change, "clientState": one.client_state,
            "subscriptionExpirationDateTime": with_offset(one.expires_ms), "resource": resource,
            "resourceData": {"id": id, "@odata.type": kind, "@odata.id": resource}, "tenantId": one.tenant_id})
    }

    /// An item about any message.
    pub(in crate::teams) fn made_up(&self, subscription: &str, change: &str, message: &Value) -> Option<Value> {
        let one = self.subscriptions.iter().find(|one| one.id == subscription)?;
        let (chat, id) = (message["chatId"].as_str()?, message["id"].as_str()?);
        let mut body = self.head(one, change, chat, id);
        if let Some(certificate) = &one.certificate {
            body["encryptedContent"] = seal(&message.to_string(), certificate).ok()?;
        }
        Some(body)
    }

    /// Queues an item, twice where that was asked for.
    pub(super) fn enqueue(&mut self, item: &Item) {
        let copies = if self.duplicate && !item.lifecycle { 2 } else { 1 };
        for copy in 0..copies {
            if self.queue.len() >= MAX_KEPT {
                self.queue.pop_front();
            }
            self.queue.push_back(Item { lot: item.lot + copy, ..item.clone() });
        }
    }
}
