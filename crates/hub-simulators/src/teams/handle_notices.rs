//! Working the simulator from Rust: subscriptions, and notices that are forged, repeated or made by hand.

use super::handle::TeamsHandle;
use super::notices::forge::Forgery;
use super::notices::subscription::Subscription;
use serde_json::Value;

impl TeamsHandle {
    /// An item for a subscription about any message as Graph tells of it, with its own encryption: for requests made by hand. `None` =
    /// there is no such subscription.
    pub fn notice(&self, subscription: &str, change: &str, message: &Value) -> Option<Value> {
        self.shared.world().made_up(subscription, change, message)
    }

    /// A request of such items, with good tokens for all the subscriptions that they name.
    pub fn request(&self, items: &[Value]) -> Value {
        self.shared.world().request(items)
    }

    /// Tells the subscriptions that cover a chat something that is wrong, of a message that is there or of a made-up one. Gives how
    /// many are told.
    pub fn forge(&self, chat: &str, message: Option<i64>, forgery: Forgery) -> usize {
        self.shared.act(|world| world.forge(chat, message, forgery))
    }

    /// Delivers the last items once more, with fresh keys; gives how many.
    pub fn repeat(&self, count: usize) -> usize {
        self.shared.act(|world| world.repeat(count))
    }

    /// Subscriptions that live.
    pub fn subscriptions(&self) -> Vec<Subscription> {
        let mut world = self.shared.world();
        world.expire_subscriptions();
        world.subscriptions.clone()
    }

    /// Access must be proved again; nothing is delivered until it is.
    pub fn ask_reauthorization(&self, subscription: &str) -> bool {
        self.shared.act(|world| world.ask_reauthorization(subscription))
    }

    /// A subscription is removed, and its owner is told.
    pub fn remove_subscription(&self, subscription: &str) -> bool {
        self.shared.act(|world| world.remove_subscription(subscription))
    }

    /// A subscription dies, and nobody is told.
    pub fn kill_subscription(&self, subscription: &str) -> bool {
        self.shared.act(|world| world.kill_subscription(subscription))
    }

    /// Tells a subscription's owner any event, such as `missed`.
    pub fn lifecycle(&self, subscription: &str, event: &str) -> bool {
        self.shared.act(|world| {
            let found = world.subscriptions.iter().find(|one| one.id == subscription).cloned();
            let found = found.inspect(|one| world.tell_lifecycle(one, event));
            found.is_some()
        })
    }
}
