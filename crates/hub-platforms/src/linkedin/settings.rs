//! What the operator sets.

use hub_platform_kit::Secret;
use secrecy::ExposeSecret;

/// The REST API.
pub(super) const DEFAULT_API_BASE_URL: &str = "https://api.linkedin.com";
/// Where people sign in and tokens are made.
pub(super) const DEFAULT_AUTH_BASE_URL: &str = "https://www.linkedin.com";
/// The version of the REST API that is asked for; each lives about a year.
pub(super) const DEFAULT_VERSION: &str = "202607";
/// The version that the data portability product stays on.
pub(super) const DEFAULT_PORTABILITY_VERSION: &str = "202312";
/// What pages need; an app has only what its products give it.
pub(super) const DEFAULT_SCOPES: &str =
    "openid profile r_organization_social rw_organization_admin w_organization_social";
/// Longest comment in characters; the platform's manual is silent about it.
pub(super) const DEFAULT_COMMENT_MAX: usize = 1250;

/// The app as it is registered at LinkedIn. An empty setting is no setting.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The app's client id.
    pub client_id: Option<String>,
    /// The app's secret: trades codes, answers challenges and signs deliveries.
    pub client_secret: Option<Secret>,
    /// Further secrets that may have signed a delivery: an old one while it is replaced.
    pub further_secrets: Vec<Secret>,
    /// The app's number, as the address of its page at LinkedIn shows it; subscriptions name it.
    pub application_id: Option<String>,
    /// What is asked for when a page is linked, separated by blanks.
    pub scopes: String,
    /// What is asked for when a person links their own messages, separated by blanks; empty = nobody can.
    pub member_scopes: String,
    /// LinkedIn has approved the app for sending private messages.
    pub messages_approved: bool,
    /// Version of the REST API, such as `202607`.
    pub version: String,
    /// Version of the data portability product.
    pub portability_version: String,
    /// Longest comment in characters.
    pub comment_max: usize,
    /// Address of the REST API.
    pub api_base_url: String,
    /// Address of the sign-in.
    pub auth_base_url: String,
    /// Pictures may be fetched from this machine, without TLS: for simulators only.
    pub loopback_media: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            client_id: None,
            client_secret: None,
            further_secrets: Vec::new(),
            application_id: None,
            scopes: DEFAULT_SCOPES.to_owned(),
            member_scopes: String::new(),
            messages_approved: false,
            version: DEFAULT_VERSION.to_owned(),
            portability_version: DEFAULT_PORTABILITY_VERSION.to_owned(),
            comment_max: DEFAULT_COMMENT_MAX,
            api_base_url: DEFAULT_API_BASE_URL.to_owned(),
            auth_base_url: DEFAULT_AUTH_BASE_URL.to_owned(),
            loopback_media: false,
        }
    }
}

impl Settings {
    /// The app's client id.
    pub(super) fn client_id(&self) -> Option<&str> {
        self.client_id.as_deref().map(str::trim).filter(|id| !id.is_empty())
    }

    /// The app's secret.
    pub(super) fn client_secret(&self) -> Option<&str> {
        filled(self.client_secret.as_ref())
    }

    /// Every secret that may have signed a delivery.
    pub(super) fn signing_secrets(&self) -> impl Iterator<Item = &str> {
        self.client_secret().into_iter().chain(self.further_secrets.iter().filter_map(|secret| filled(Some(secret))))
    }

    /// The app's number, without the words that may stand before it.
    pub(super) fn application_id(&self) -> Option<&str> {
        let named = self.application_id.as_deref()?.trim();
        let number = named.strip_prefix("urn:li:developerApplication:").unwrap_or(named);
        (!number.is_empty() && number.bytes().all(|digit| digit.is_ascii_digit())).then_some(number)
    }

    /// True when people can sign in with it.
    pub(super) fn is_configured(&self) -> bool {
        self.client_id().is_some() && self.client_secret().is_some()
    }

    /// True when people can link their own messages.
    pub(super) fn links_members(&self) -> bool {
        !self.member_scopes.trim().is_empty()
    }
}

fn filled(secret: Option<&Secret>) -> Option<&str> {
    secret.map(|secret| secret.expose_secret().trim()).filter(|text| !text.is_empty())
}
