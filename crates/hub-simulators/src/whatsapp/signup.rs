//! Embedded sign-up: what the popup ends with.

use super::calls::{Desk, MANAGEMENT, MESSAGING};
use crate::meta::{CodeGrant, SIGN_UP_CODE_LIFE, TokenKind};

impl Desk {
    /// A customer went through the popup: the code that the page hands to the server. It is exchanged without a `redirect_uri`
    /// for a token of the business that has no end.
    pub(super) fn embedded_signup(&self, app: &str, account: &str) -> String {
        self.meta.state().issue_code(CodeGrant {
            app_id: app.to_owned(),
            redirect_uri: None,
            user_id: format!("9{account}"),
            scopes: vec![MANAGEMENT.to_owned(), MESSAGING.to_owned()],
            targets: vec![account.to_owned()],
            kind: TokenKind::System,
            code_life: SIGN_UP_CODE_LIFE,
            token_life: None,
        })
    }
}
