//! Telling everybody who listens for an account.

use super::seen;
use super::wire::Outgoing;
use super::world::World;
use grammers_tl_types::{Serializable, enums};

impl World {
    /// Sends updates of an account to all its connections but the one that caused them.
    pub(super) fn publish(&mut self, account: i64, except: Option<u64>, updates: Vec<enums::Update>) {
        let Some(owner) = self.accounts.get_mut(&account) else { return };
        if owner.lost > 0 {
            owner.lost -= 1;
            return;
        }
        let updates = seen::updates(owner, updates);
        self.send(account, except, &updates);
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
