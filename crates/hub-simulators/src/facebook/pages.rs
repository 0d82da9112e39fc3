//! Pages, the tokens made for them, and who may do what.

use super::server::Facebook;
use crate::meta::inbox::Kind;
use crate::meta::{Asset, Call, GraphError, Token, TokenKind, User};

/// The shortest life of a long-lived token in seconds: Page tokens made from one have no end.
const LONG: i64 = 7 * 24 * 3_600;

/// A Page.
#[derive(Clone, Debug)]
pub struct Page {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What the people who log in may do on it: `MESSAGING`, `MODERATE`, `MANAGE`…
    pub tasks: Vec<String>,
    /// The Instagram account linked to it.
    pub instagram: Option<LinkedInstagram>,
}

/// A professional account linked to a Page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkedInstagram {
    /// Its id.
    pub id: String,
    /// Its handle.
    pub username: String,
}

impl Page {
    /// A Page on which everything may be done.
    pub fn new(id: &str, name: &str) -> Self {
        let tasks = ["ADVERTISE", "ANALYZE", "CREATE_CONTENT", "MESSAGING", "MODERATE", "MANAGE"];
        let tasks = tasks.into_iter().map(str::to_owned).collect();
        Self { id: id.to_owned(), name: name.to_owned(), tasks, instagram: None }
    }

    /// The same with an Instagram account.
    #[must_use]
    pub fn with_instagram(mut self, id: &str, username: &str) -> Self {
        self.instagram = Some(LinkedInstagram { id: id.to_owned(), username: username.to_owned() });
        self
    }
}

impl Facebook {
    /// Makes a Page with its inboxes, and lets a person grant it; a person nobody knows is made.
    pub(super) fn create_page(&self, user_id: &str, page: Page) {
        let asset = Asset { id: page.id.clone(), name: page.name.clone() };
        {
            let mut state = self.inboxes.meta().state();
            let user = state.users.entry(user_id.to_owned()).or_insert_with(|| User {
                id: user_id.to_owned(),
                name: format!("Person {user_id}"),
                assets: Vec::new(),
            });
            user.assets.retain(|known| known.id != asset.id);
            user.assets.push(asset);
        }
        self.inboxes.create(Kind::Messenger, &page.id, &page.name, &page.id);
        if let Some(account) = &page.instagram {
            self.inboxes.create(Kind::PageInstagram, &account.id, &account.username, &page.id);
        }
        self.pages().insert(page.id.clone(), page);
    }

    /// The token of a Page, made for the person of a token. Made again from the same token it is the same.
    pub(super) fn page_token(&self, made_from: &Token, page_id: &str) -> Token {
        let key = (made_from.value.clone(), page_id.to_owned());
        let mut made = self.page_tokens();
        let mut state = self.inboxes.meta().state();
        if let Some(token) = made.get(&key).and_then(|value| state.tokens.get(value)) {
            return token.clone();
        }
        let endless = made_from.expires_at.is_none_or(|at| at - made_from.issued_at > LONG);
        let issued_at = state.now();
        let token = state.issue(Token {
            value: String::new(),
            kind: TokenKind::Page,
            profile_id: Some(page_id.to_owned()),
            targets: vec![page_id.to_owned()],
            expires_at: if endless { None } else { made_from.expires_at },
            issued_at,
            ..made_from.clone()
        });
        made.insert(key, token.value.clone());
        token
    }

    /// The Page that a call is about, and the Page's token it came with; checks the permission and the task.
    pub(super) fn page_of(&self, call: &Call, id: &str, scope: &str, task: &str) -> Result<(Page, Token), GraphError> {
        let token = self.inboxes.meta().authorise(call)?;
        let Some(profile) = token.profile_id.clone() else {
            let words = "This method must be called with a Page Access Token";
            return Err(GraphError::new(190, words));
        };
        if id != "me" && id != profile {
            return Err(GraphError::missing(id));
        }
        let page = self.pages().get(&profile).cloned().ok_or_else(|| GraphError::missing(&profile))?;
        if !token.allows(scope) {
            let messaging = scope == Kind::Messenger.scope() || scope == Kind::PageInstagram.scope();
            let bare = GraphError::new(10, "(#10) Application does not have permission for this action");
            return Err(if messaging { bare } else { GraphError::permission(scope) });
        }
        if !page.tasks.iter().any(|known| known == task) {
            let words = format!("(#200) The person who made this token lacks the task {task} on the Page");
            return Err(GraphError::new(200, words));
        }
        Ok((page, token))
    }
}
