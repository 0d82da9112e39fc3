//! What the operator sets for Teams.

use hub_platform_kit::Secret;
use secrecy::ExposeSecret;

/// Microsoft Graph.
pub const DEFAULT_GRAPH_BASE_URL: &str = "https://graph.microsoft.com";
/// Where people sign in.
pub const DEFAULT_LOGIN_BASE_URL: &str = "https://login.microsoftonline.com";
/// Who may sign in, unless the operator says otherwise.
pub const DEFAULT_TENANT: &str = "consumers";
/// The application that publishes changes of Microsoft Graph.
pub const DEFAULT_PUBLISHER_ID: &str = "0bf30f3b-4a52-48df-9a82-234910c4a086";
/// Who issues the tokens that prove deliveries: the older and the newer form.
pub const DEFAULT_ISSUERS: &str = "https://sts.windows.net/{tenant}/,https://login.microsoftonline.com/{tenant}/v2.0";

/// Settings of the adapter. An empty setting is no setting.
#[derive(Clone, Debug)]
pub struct Settings {
    /// `MICROSOFT_CLIENT_ID`: the app.
    pub client_id: Option<String>,
    /// `MICROSOFT_CLIENT_SECRET`: its secret.
    pub client_secret: Option<Secret>,
    /// `MICROSOFT_TENANT_ID`: who may sign in: a tenant's id, `organizations`, `common` or `consumers`.
    pub tenant: Option<String>,
    /// `TEAMS_APP_ID`: a further id that tokens of deliveries may be made for.
    pub app_id: Option<String>,
    /// `MICROSOFT_GRAPH_BASE_URL`: address of Microsoft Graph, without the version.
    pub graph_base_url: String,
    /// `MICROSOFT_LOGIN_BASE_URL`: address of the sign-in.
    pub login_base_url: String,
    /// `MICROSOFT_KEYS_URL`: the keys that sign tokens of deliveries; `None` = where the sign-in says they are.
    pub keys_url: Option<String>,
    /// `MICROSOFT_TOKEN_ISSUERS`: who issues those tokens, separated by commas; `{tenant}` stands for the tenant's id.
    pub issuers: String,
    /// `MICROSOFT_CHANGE_PUBLISHER_ID`: the application those tokens are issued to.
    pub publisher_id: String,
    /// Files may be fetched from this machine, without TLS: for simulators only.
    pub loopback_media: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            client_id: None,
            client_secret: None,
            tenant: None,
            app_id: None,
            graph_base_url: DEFAULT_GRAPH_BASE_URL.to_owned(),
            login_base_url: DEFAULT_LOGIN_BASE_URL.to_owned(),
            keys_url: None,
            issuers: DEFAULT_ISSUERS.to_owned(),
            publisher_id: DEFAULT_PUBLISHER_ID.to_owned(),
            loopback_media: false,
        }
    }
}

impl Settings {
    pub(super) fn client_id(&self) -> Option<&str> {
        filled(self.client_id.as_deref())
    }

    pub(super) fn client_secret(&self) -> Option<&str> {
        filled(self.client_secret.as_ref().map(ExposeSecret::expose_secret))
    }

    pub(super) fn tenant(&self) -> &str {
        filled(self.tenant.as_deref()).unwrap_or(DEFAULT_TENANT)
    }

    /// Whom a delivery's token may be made for.
    pub(super) fn audiences(&self) -> impl Iterator<Item = &str> {
        self.client_id().into_iter().chain(filled(self.app_id.as_deref()))
    }

    /// Who may have issued a delivery's token for `tenant`.
    pub(super) fn issuers_for(&self, tenant: &str) -> impl Iterator<Item = String> {
        let list = filled(Some(&self.issuers)).unwrap_or(DEFAULT_ISSUERS).split(',').map(str::trim);
        list.filter(|issuer| !issuer.is_empty()).map(move |issuer| issuer.replace("{tenant}", tenant))
    }

    pub(super) fn publisher_id(&self) -> &str {
        filled(Some(&self.publisher_id)).unwrap_or(DEFAULT_PUBLISHER_ID)
    }

    pub(super) fn keys_url(&self) -> Option<&str> {
        filled(self.keys_url.as_deref())
    }
}

fn filled(text: Option<&str>) -> Option<&str> {
    text.map(str::trim).filter(|text| !text.is_empty())
}
