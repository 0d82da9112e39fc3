//! The shell of a delivery, before anything about it is believed.

use crate::values::{id, words};
use serde_json::Value;
use serde_json::value::RawValue;
use std::collections::BTreeMap;

/// Items looked at in one delivery.
const MAX_ITEMS: usize = 2_000;
/// Tokens looked at in one delivery; there is one per app and tenant.
const MAX_TOKENS: usize = 20;
/// Subscriptions that are looked up for one delivery.
const MAX_SUBSCRIPTIONS: usize = 100;

/// A delivery as it came.
#[derive(Debug, Default)]
pub(in crate::teams) struct Shell {
    pub(super) items: Vec<Item>,
    pub(in crate::teams) tokens: Vec<String>,
}

/// One notification.
#[derive(Debug)]
pub(super) struct Item {
    pub(super) subscription: String,
    pub(super) client_state: String,
    pub(super) tenant: Option<String>,
    pub(super) value: Value,
}

impl Item {
    pub(super) fn text(&self, name: &str) -> Option<String> {
        words(self.value.get(name))
    }
}

impl Shell {
    /// Reads the shell; `None` = it is no object. An item without a subscription or a secret proves nothing and falls here.
    pub(in crate::teams) fn read(body: &[u8]) -> Option<Self> {
        let members = serde_json::from_slice::<BTreeMap<String, &RawValue>>(body).ok()?;
        let list = |name: &str| -> Vec<&RawValue> {
            members.get(name).and_then(|raw| serde_json::from_str(raw.get()).ok()).unwrap_or_default()
        };
        let items = list("value").into_iter().take(MAX_ITEMS).filter_map(item).collect();
        let tokens = list("validationTokens").into_iter().take(MAX_TOKENS);
        let tokens = tokens.filter_map(|raw| serde_json::from_str(raw.get()).ok()).collect();
        Some(Self { items, tokens })
    }

    /// The subscriptions that are named, each once.
    pub(in crate::teams) fn subscriptions(&self) -> Vec<String> {
        let mut named: Vec<String> = Vec::new();
        for item in &self.items {
            if named.len() >= MAX_SUBSCRIPTIONS {
                break;
            }
            if !named.contains(&item.subscription) {
                named.push(item.subscription.clone());
            }
        }
        named
    }
}

fn item(raw: &RawValue) -> Option<Item> {
    let value: Value = serde_json::from_str(raw.get()).ok().filter(Value::is_object)?;
    Some(Item {
        subscription: value.get("subscriptionId").and_then(id)?,
        client_state: words(value.get("clientState"))?,
        tenant: value.get("tenantId").and_then(id),
        value,
    })
}
