//! Notices made by hand, with everything that proves them.

use super::item::{Change, Item};
use crate::teams::chats::model::{Message, Sender};
use crate::teams::handle::TeamsHandle;
use serde_json::Value;

impl TeamsHandle {
    /// The body of a delivery that tells a subscription of these messages, encrypted and beside a token; nothing is sent. `None` = no
    /// such subscription, or one whose notices have no content.
    pub fn notice(&self, subscription: &str, messages: &[Value]) -> Option<Value> {
        let world = self.shared.world();
        let one = world.subscriptions.iter().find(|one| one.id == subscription)?;
        let item = |told: &Value| -> Option<Item> {
            let number = |name: &str| told[name].as_str().and_then(|text| text.parse().ok());
            let named = Message {
                id: number("id").unwrap_or_default(),
                chat: told["chatId"].as_str().unwrap_or_default().to_owned(),
                from: Sender::Nobody,
                created_ms: 0,
                modified_ms: 0,
                edited_ms: None,
                deleted_ms: None,
                html: false,
                content: String::new(),
                attachments: Vec::new(),
                mentions: Vec::new(),
                reactions: Vec::new(),
                event: None,
            };
            let mut item = world.item(one, &named, Change::Created);
            item.secret.as_mut()?.plain = told.to_string();
            Some(item)
        };
        let items: Option<Vec<Item>> = messages.iter().map(item).collect();
        Some(world.envelope(&items?))
    }

    /// Everything as of now that may be shown nowhere: tokens, codes, secrets of apps and of subscriptions.
    pub fn secrets(&self) -> Vec<String> {
        let world = self.shared.world();
        let apps = world.apps.values().map(|app| app.client_secret.clone());
        let states = world.subscriptions.iter().filter_map(|one| one.client_state.clone());
        let tokens = world.access.keys().chain(world.refresh.keys()).chain(world.codes.keys()).cloned();
        apps.chain(states).chain(tokens).collect()
    }
}
