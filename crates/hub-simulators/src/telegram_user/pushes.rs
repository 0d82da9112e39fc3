//! Telling everybody who listens for an account.

use super::chats::Place;
use super::wire::Outgoing;
use super::world::World;
use super::{seen, short};
use grammers_tl_types::{Serializable, enums, types};

/// The channel that an update is of.
fn channel_of(update: &enums::Update) -> Option<Place> {
    let of = |message: &enums::Message| match message {
        enums::Message::Message(message) => Some(Place::of(&message.peer_id)),
        enums::Message::Service(message) => Some(Place::of(&message.peer_id)),
        enums::Message::Empty(_) => None,
    };
    match update {
        enums::Update::NewChannelMessage(update) => of(&update.message),
        enums::Update::EditChannelMessage(update) => of(&update.message),
        enums::Update::DeleteChannelMessages(update) => Some(Place::Channel(update.channel_id)),
        enums::Update::ReadChannelInbox(update) => Some(Place::Channel(update.channel_id)),
        enums::Update::ReadChannelOutbox(update) => Some(Place::Channel(update.channel_id)),
        enums::Update::ChannelUserTyping(update) => Some(Place::Channel(update.channel_id)),
        enums::Update::MessageReactions(update) => {
            Some(Place::of(&update.peer)).filter(|place| matches!(place, Place::Channel(_)))
        }
        _ => None,
    }
}

impl World {
    /// Sends updates of an account to all its connections but the one that caused them.
    pub(super) fn publish(&mut self, account: i64, except: Option<u64>, updates: Vec<enums::Update>) {
        let Some(owner) = self.accounts.get_mut(&account) else { return };
        if owner.lost > 0 {
            owner.lost -= 1;
            return;
        }
        let quiet = |update: &enums::Update| {
            channel_of(update).and_then(|place| owner.chats.get(&place)).is_some_and(|chat| chat.unpushed)
        };
        let told: Vec<enums::Update> = updates.into_iter().filter(|update| !quiet(update)).collect();
        if told.is_empty() {
            return;
        }
        let short = if self.options.short_pushes { short::short(&told) } else { None };
        let updates = short.unwrap_or_else(|| seen::updates(owner, told));
        self.send(account, except, &updates);
    }

    /// Lets a device into an account, and tells the device that it may ask now.
    pub(super) fn scan(&mut self, account: i64, token: &[u8]) -> bool {
        let Some(waiting) = self.login_tokens.get_mut(token) else { return false };
        waiting.account = Some(account);
        let device = waiting.device;
        let (update, date) = (enums::Update::LoginToken, super::account::now());
        let body = enums::Updates::UpdateShort(types::UpdateShort { update, date }).to_bytes();
        for connection in self.connections.values() {
            let of_device = self.keys.get(&connection.key).is_some_and(|key| key.device == device);
            if of_device && connection.queue.try_send(Outgoing::push(body.clone())).is_err() {
                connection.cut.cancel();
            }
        }
        true
    }

    /// Sends anything as it is.
    pub(super) fn send(&self, account: i64, except: Option<u64>, updates: &enums::Updates) {
        let Some(owner) = self.accounts.get(&account) else { return };
        let body = updates.to_bytes();
        for (id, connection) in &self.connections {
            let Some(key) = self.keys.get(&connection.key) else { continue };
            let home = key.account == Some(account) && key.refusal.is_none() && key.dc == owner.settings.dc;
            if home
                && connection.listens
                && Some(*id) != except
                && connection.queue.try_send(Outgoing::push(body.clone())).is_err()
            {
                connection.cut.cancel();
            }
        }
    }
}
