//! Notices about subscriptions, and subscriptions that end without a word.

use super::item::Item;
use super::subscription::Subscription;
use crate::teams::moments::with_offset;
use crate::teams::world::World;
use serde_json::json;

impl World {
    /// Access must be proved again; nothing is delivered until it is. Tells whether there is such a subscription.
    pub(in crate::teams) fn ask_reauthorization(&mut self, id: &str) -> bool {
        let Some(one) = self.subscriptions.iter_mut().find(|one| one.id == id) else { return false };
        one.paused = true;
        let one = one.clone();
        self.tell_lifecycle(&one, "reauthorizationRequired");
        true
    }

    /// A subscription is removed, and its owner is told.
    pub(in crate::teams) fn remove_subscription(&mut self, id: &str) -> bool {
        let Some(place) = self.subscriptions.iter().position(|one| one.id == id) else { return false };
        let one = self.subscriptions.remove(place);
        self.tell_lifecycle(&one, "subscriptionRemoved");
        true
    }

    /// A subscription dies, and nobody is told.
    pub(in crate::teams) fn kill_subscription(&mut self, id: &str) -> bool {
        let before = self.subscriptions.len();
        self.subscriptions.retain(|one| one.id != id);
        self.subscriptions.len() < before
    }

    /// Any event about a subscription, such as `missed`.
    pub(in crate::teams) fn tell_lifecycle(&mut self, one: &Subscription, event: &str) {
        let Some(url) = one.lifecycle_url.clone() else { return };
        let body = json!({"subscriptionId": one.id, "subscriptionExpirationDateTime": with_offset(one.expires_ms),
            "tenantId": one.tenant_id, "clientState": one.client_state, "lifecycleEvent": event});
        let born_ms = self.now_ms();
        self.enqueue(&Item {
            subscription: one.id.clone(),
            url,
            app: one.app.clone(),
            tenant: one.tenant_id.clone(),
            body,
            secret: None,
            lifecycle: true,
            forgery: None,
            lot: 0,
            attempt: 0,
            not_before: None,
            born_ms,
        });
    }
}
