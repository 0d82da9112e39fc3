//! `/me/accounts`: the Pages a person granted, each with its token.

use super::pages::Page;
use super::server::Facebook;
use crate::meta::{Call, Fields, GraphError, Outcome, Token, TokenKind, Wanted};
use serde_json::{Value, json};

/// What is told when nothing was asked for.
const DEFAULT_FIELDS: &str = "access_token,category,category_list,name,id,tasks";

impl Facebook {
    pub(super) fn accounts(&self, call: &Call) -> Outcome {
        let token = self.inboxes.meta().authorise(call)?;
        if !matches!(token.kind, TokenKind::User | TokenKind::System) {
            let words = "(#100) Tried accessing nonexisting field (accounts) on node type (Page)";
            return Err(GraphError::new(100, words));
        }
        if !token.allows("pages_show_list") {
            return Ok(json!({"data": []}));
        }
        let fields = Fields::parse(call.text("fields").as_deref(), DEFAULT_FIELDS);
        let pages: Vec<Page> = {
            let pages = self.pages();
            token.targets.iter().filter_map(|id| pages.get(id).cloned()).collect()
        };
        let items: Vec<(String, Value)> = pages
            .into_iter()
            .map(|page| {
                let shown = self.shown_page(&page, &token, &fields);
                (page.id, shown)
            })
            .collect();
        Ok(self.inboxes.meta().page(&items, &Wanted::of(call), "me/accounts", call))
    }

    /// What was asked about a Page, as far as a token may see it.
    pub(super) fn shown_page(&self, page: &Page, token: &Token, fields: &Fields) -> Value {
        let page_token = match token.kind {
            TokenKind::Page => token.value.clone(),
            _ => self.page_token(token, &page.id).value,
        };
        let mut shown = json!({
            "id": page.id, "name": page.name, "access_token": page_token, "category": "Shop",
            "category_list": [{"id": "2201", "name": "Shop"}], "tasks": page.tasks,
            "picture": {"data": {"height": 50, "width": 50, "is_silhouette": true, "url": "https://scontent.example/p.png"}},
        });
        if let Some(account) = &page.instagram {
            // Only the id comes without being asked for.
            let nested = fields.get("instagram_business_account").is_some_and(|asked| !asked.inner().is_empty());
            let all = json!({"id": account.id, "username": account.username, "name": account.username});
            shown["instagram_business_account"] = if nested { all } else { json!({"id": account.id}) };
        }
        fields.select(&shown)
    }
}
