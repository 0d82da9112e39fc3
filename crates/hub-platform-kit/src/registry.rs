//! All platforms of this hub, found by id or by the names in rows and routes.

use crate::handle::PlatformHandle;
use crate::platform::Platform;
use hub_domain::PlatformId;
use std::sync::Arc;

/// All platforms of this hub, in the order they were registered.
#[derive(Clone, Debug, Default)]
pub struct Registry {
    handles: Arc<Vec<PlatformHandle>>,
}

impl Registry {
    /// Builds the registry; two platforms with one id, or a card that disagrees with its facets, are a programming error
    /// that stops the start.
    pub fn new(platforms: Vec<Arc<dyn Platform>>) -> Result<Self, String> {
        let mut handles: Vec<PlatformHandle> = Vec::new();
        for platform in platforms {
            let card = platform.card();
            if handles.iter().any(|h| h.card().id == card.id) {
                return Err(format!("two platforms are called {}", card.id));
            }
            if card.intake.webhook != platform.webhook().is_some() {
                return Err(format!("the card of {} and its webhook facet disagree", card.id));
            }
            if (card.intake.pull != crate::card::Pull::No) != platform.history().is_some() {
                return Err(format!("the card of {} and its history facet disagree", card.id));
            }
            if card.connect.is_empty() {
                return Err(format!("the card of {} names no way to link an account", card.id));
            }
            handles.push(PlatformHandle::new(platform));
        }
        Ok(Self { handles: Arc::new(handles) })
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &PlatformHandle> {
        self.handles.iter()
    }

    /// By adapter id.
    pub fn get(&self, id: &PlatformId) -> Option<&PlatformHandle> {
        self.handles.iter().find(|h| h.card().id == *id)
    }

    /// All adapters with a published name; the first is the default one.
    pub fn published(&self, name: &str) -> Vec<&PlatformHandle> {
        self.handles.iter().filter(|h| h.card().published_name == name).collect()
    }

    /// The adapter of a stored account: by published name and account kind; rows without a kind get the first one.
    pub fn of_account(&self, published_name: &str, kind: Option<&str>) -> Option<&PlatformHandle> {
        let mut named = self.handles.iter().filter(|h| h.card().published_name == published_name);
        match kind {
            None => named.next(),
            Some(kind) => named.find(|h| h.card().account_kind == Some(kind)),
        }
    }

    /// For the row of an original, which names no kind: the account kind and the way of linking that its token tells; `None` when
    /// none of several adapters says so, and the first one serves it.
    pub fn kind_of_token(&self, published_name: &str, token: &str) -> Option<(&'static str, &'static str)> {
        let named = self.published(published_name);
        if named.len() < 2 {
            return None;
        }
        named.into_iter().find_map(|handle| Some((handle.card().account_kind?, handle.recognises(token)?)))
    }

    /// The adapter that offers a way of linking under a published name; without a method, the first adapter's first.
    pub fn for_linking(&self, published_name: &str, method: Option<&str>) -> Option<(&PlatformHandle, &'static str)> {
        self.handles.iter().filter(|h| h.card().published_name == published_name).find_map(|handle| {
            let methods = handle.card().connect;
            let found = match method {
                None => methods.first(),
                Some(id) => methods.iter().find(|m| m.id == id),
            };
            found.map(|m| (handle, m.id))
        })
    }
}
