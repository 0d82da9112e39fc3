//! What the operator sets for Instagram.

use crate::meta::App;

/// The Graph API of accounts that sign in with Instagram.
pub const DEFAULT_GRAPH_BASE_URL: &str = "https://graph.instagram.com";
/// Where people sign in with Instagram.
pub const DEFAULT_DIALOG_BASE_URL: &str = "https://www.instagram.com";
/// Where codes of that sign-in become tokens.
pub const DEFAULT_TOKEN_BASE_URL: &str = "https://api.instagram.com";
/// Everything the hub wants to hear of. Instagram's own pages differ about the names, hence a setting.
pub const DEFAULT_FIELDS: &str = "messages,messaging_postbacks,messaging_seen,message_reactions,messaging_referral,\
                                  messaging_handover,message_edit,standby";

/// Settings of the adapter.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The Instagram app with its addresses: `INSTAGRAM_APP_ID`, `INSTAGRAM_APP_SECRET`, `INSTAGRAM_VERIFY_TOKEN`. Its id and
    /// secret are not those of the Meta app around it.
    pub app: App,
    /// Where codes become tokens.
    pub token_base_url: String,
    /// The Facebook app, for accounts behind a page: `FACEBOOK_APP_ID`, `FACEBOOK_APP_SECRET`. Its verify token is not used.
    pub page_app: App,
    /// The events that are subscribed to, separated by commas.
    pub fields: String,
}

impl Default for Settings {
    fn default() -> Self {
        let app = App {
            graph_base_url: DEFAULT_GRAPH_BASE_URL.to_owned(),
            dialog_base_url: DEFAULT_DIALOG_BASE_URL.to_owned(),
            ..App::default()
        };
        Self {
            app,
            token_base_url: DEFAULT_TOKEN_BASE_URL.to_owned(),
            page_app: App::default(),
            fields: DEFAULT_FIELDS.to_owned(),
        }
    }
}

impl Settings {
    /// Every secret that may have signed a delivery: reports differ about which app signs those of Instagram's own sign-in.
    pub(super) fn signing_secrets(&self) -> impl Iterator<Item = &str> {
        self.app.signing_secrets().chain(self.page_app.signing_secrets())
    }
}
