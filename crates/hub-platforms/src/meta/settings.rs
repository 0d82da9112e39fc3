//! What the operator sets for an app of Meta's.

use hub_platform_kit::Secret;
use secrecy::ExposeSecret;

/// The Graph API of Facebook pages, WhatsApp, and Instagram accounts behind a page.
pub const DEFAULT_GRAPH_BASE_URL: &str = "https://graph.facebook.com";
/// Where people sign in.
pub const DEFAULT_DIALOG_BASE_URL: &str = "https://www.facebook.com";
/// The version that is asked for.
pub const DEFAULT_GRAPH_VERSION: &str = "v25.0";

/// An app as it is registered at Meta. An empty setting is no setting.
#[derive(Clone, Debug)]
pub struct App {
    /// The app's id.
    pub id: Option<String>,
    /// The app's secret: signs deliveries and proves calls.
    pub secret: Option<Secret>,
    /// Further secrets that may have signed a delivery: an old one while it is replaced, or another app's.
    pub further_secrets: Vec<Secret>,
    /// What Meta must show when it checks the callback's address; made up by the operator.
    pub verify_token: Option<Secret>,
    /// Address of the Graph API.
    pub graph_base_url: String,
    /// Address of the sign-in dialog.
    pub dialog_base_url: String,
    /// Version of the Graph API, such as `v25.0`.
    pub graph_version: String,
    /// Files may be fetched from this machine, without TLS: for simulators only.
    pub loopback_media: bool,
}

impl Default for App {
    fn default() -> Self {
        Self {
            id: None,
            secret: None,
            further_secrets: Vec::new(),
            verify_token: None,
            graph_base_url: DEFAULT_GRAPH_BASE_URL.to_owned(),
            dialog_base_url: DEFAULT_DIALOG_BASE_URL.to_owned(),
            graph_version: DEFAULT_GRAPH_VERSION.to_owned(),
            loopback_media: false,
        }
    }
}

impl App {
    /// The app's id.
    pub(crate) fn id(&self) -> Option<&str> {
        self.id.as_deref().map(str::trim).filter(|id| !id.is_empty())
    }

    /// The app's secret.
    pub(crate) fn secret(&self) -> Option<&str> {
        filled(self.secret.as_ref())
    }

    /// Every secret that may have signed a delivery.
    pub(crate) fn signing_secrets(&self) -> impl Iterator<Item = &str> {
        self.secret().into_iter().chain(self.further_secrets.iter().filter_map(|secret| filled(Some(secret))))
    }

    /// What Meta must show when it checks the callback's address; an empty one would let everybody in.
    pub(crate) fn verify_token(&self) -> Option<&str> {
        filled(self.verify_token.as_ref())
    }

    /// True when people can sign in with it.
    pub(crate) fn is_configured(&self) -> bool {
        self.id().is_some() && self.secret().is_some()
    }
}

fn filled(secret: Option<&Secret>) -> Option<&str> {
    secret.map(|secret| secret.expose_secret().trim()).filter(|text| !text.is_empty())
}
