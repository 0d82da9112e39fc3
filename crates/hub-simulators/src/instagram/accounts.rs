//! Professional accounts: their two ids, and `/me`.

use super::server::Instagram;
use crate::meta::inbox::Kind;
use crate::meta::{Call, Fields, GraphError, Outcome, Token, TokenKind, User};
use serde_json::json;

/// A professional account.
#[derive(Clone, Debug)]
pub struct Account {
    /// The id that webhooks and sending use (`user_id`).
    pub id: String,
    /// The id that only this app sees (`id`).
    pub app_scoped_id: String,
    /// Its handle.
    pub username: String,
    /// Its name.
    pub name: String,
}

impl Instagram {
    /// Makes an account with its inbox, which can log in.
    pub(super) fn create_account(&self, account: Account) {
        let user = User { id: account.id.clone(), name: account.username.clone(), assets: Vec::new() };
        self.inboxes.meta().create_user(user);
        self.inboxes.create(Kind::Instagram, &account.id, &account.username, &account.id);
        self.accounts().insert(account.id.clone(), account);
    }

    /// The account of a call, and its token; checks the permission. `id` is `me` or the account's.
    pub(super) fn account_of(&self, call: &Call, id: &str, scope: &str) -> Result<(Account, Token), GraphError> {
        let token = self.inboxes.meta().authorise(call)?;
        if token.kind != TokenKind::Instagram {
            return Err(self.inboxes.meta().dead_token("Cannot parse access token", None));
        }
        let account = self.accounts().get(&token.user_id).cloned();
        let account = account.filter(|account| id == "me" || id == account.id || id == account.app_scoped_id);
        let account = account.ok_or_else(|| GraphError::missing(id))?;
        if !token.allows(scope) {
            return Err(GraphError::new(10, "(#10) Application does not have permission for this action"));
        }
        Ok((account, token))
    }

    /// `/me`, and the account by its id.
    pub(super) fn me(&self, call: &Call, id: &str) -> Outcome {
        let (account, _) = self.account_of(call, id, super::tokens::BASIC)?;
        let all = json!({
            "id": account.app_scoped_id, "user_id": account.id, "username": account.username, "name": account.name,
            "account_type": "BUSINESS", "profile_picture_url": self.picture(), "followers_count": 10,
            "follows_count": 10, "media_count": 3,
        });
        Ok(Fields::parse(call.text("fields").as_deref(), "id").select(&all))
    }
}
