//! `/{id}`: people, Pages, Instagram accounts, threads and messages.

use super::server::Facebook;
use crate::meta::{Call, Fields, GraphError, Outcome, TokenKind};
use serde_json::json;

impl Facebook {
    /// Reads one thing by its id.
    pub(super) fn node(&self, call: &Call, id: &str) -> Outcome {
        let token = self.inboxes.meta().authorise(call)?;
        let id = match id {
            "me" => token.profile_id.clone().unwrap_or_else(|| token.user_id.clone()),
            id => id.to_owned(),
        };
        let asked = call.text("fields");
        let visible = |page: &str| match token.kind {
            TokenKind::Page => token.profile_id.as_deref() == Some(page),
            _ => token.targets.iter().any(|target| target == page),
        };
        let pages: Vec<_> = self.pages().values().filter(|page| visible(&page.id)).cloned().collect();
        if let Some(page) = pages.iter().find(|page| page.id == id) {
            return Ok(self.shown_page(page, &token, &Fields::parse(asked.as_deref(), "id,name")));
        }
        let linked = pages.iter().filter_map(|page| page.instagram.as_ref()).find(|account| account.id == id);
        if let Some(account) = linked {
            let shown = json!({
                "id": account.id, "username": account.username, "name": account.username,
                "profile_picture_url": "https://scontent.example/ig.png",
            });
            return Ok(Fields::parse(asked.as_deref(), "id").select(&shown));
        }
        if id == token.user_id && token.kind != TokenKind::Page {
            let name = self.inboxes.meta().state().users.get(&id).map(|user| user.name.clone()).unwrap_or_default();
            return Ok(Fields::parse(asked.as_deref(), "id,name").select(&json!({"id": id, "name": name})));
        }
        for page in &pages {
            let linked = page.instagram.as_ref().map(|account| account.id.as_str());
            for account in [Some(page.id.as_str()), linked].into_iter().flatten() {
                if let Some(found) = self.inboxes.profile(call, account, &id) {
                    return found;
                }
                if let Some(found) = self.inboxes.history_node(call, account, &id, false) {
                    return found;
                }
            }
        }
        Err(GraphError::missing(&id))
    }

    /// `/{thread}/messages`.
    pub(super) fn thread_messages(&self, call: &Call, thread: &str) -> Outcome {
        let (page, _) = self.page_of(call, "me", "pages_read_engagement", "MESSAGING")?;
        let linked = page.instagram.as_ref().map(|account| account.id.as_str());
        let accounts = [Some(page.id.as_str()), linked];
        let found = accounts.into_iter().flatten().find_map(|id| self.inboxes.history_node(call, id, thread, true));
        found.unwrap_or_else(|| Err(GraphError::missing(thread)))
    }
}
