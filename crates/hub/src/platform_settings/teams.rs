//! What the operator sets for Microsoft Teams.

use super::{is_here, without_slash};
use confique::Config;
use hub_platform_kit::Secret;
use hub_platforms::teams;

/// Microsoft Teams.
#[derive(Config)]
pub(crate) struct Teams {
    /// Id of the app at Microsoft.
    #[config(env = "MICROSOFT_CLIENT_ID")]
    client_id: Option<String>,
    /// Its secret.
    #[config(env = "MICROSOFT_CLIENT_SECRET")]
    client_secret: Option<Secret>,
    /// Who may sign in: a tenant's id, or `organizations` for all of them. Chats need a work or school account, so the
    /// default of old, which lets in private accounts only, should be replaced.
    #[config(env = "MICROSOFT_TENANT_ID", default = "consumers")]
    tenant: String,
    /// A further app id that deliveries may be meant for.
    #[config(env = "TEAMS_APP_ID")]
    app_id: Option<String>,
    /// Address of Microsoft Graph.
    #[config(env = "MICROSOFT_GRAPH_BASE_URL", default = "https://graph.microsoft.com")]
    graph_base_url: String,
    /// Address of the sign-in.
    #[config(env = "MICROSOFT_LOGIN_BASE_URL", default = "https://login.microsoftonline.com")]
    login_base_url: String,
    /// Where the keys lie that sign the tokens of deliveries; unset = where the sign-in says.
    #[config(env = "MICROSOFT_KEYS_URL")]
    keys_url: Option<String>,
    /// Who issues those tokens, separated by commas; `{tenant}` stands for the tenant's id.
    #[config(
        env = "MICROSOFT_TOKEN_ISSUERS",
        default = "https://sts.windows.net/{tenant}/,https://login.microsoftonline.com/{tenant}/v2.0"
    )]
    token_issuers: String,
    /// The application that publishes changes of Microsoft Graph.
    #[config(env = "MICROSOFT_CHANGE_PUBLISHER_ID", default = "0bf30f3b-4a52-48df-9a82-234910c4a086")]
    change_publisher_id: String,
}

impl Teams {
    /// Points the platform at its simulator.
    #[cfg(feature = "demo")]
    pub(super) fn use_simulator(&mut self, demo: &super::Simulated) {
        self.client_id = Some(demo.microsoft_app_id.clone());
        self.client_secret = Some(demo.app_secret.clone());
        "organizations".clone_into(&mut self.tenant);
        self.graph_base_url.clone_from(&demo.teams);
        self.login_base_url.clone_from(&demo.teams);
    }

    pub(super) fn settings(&self, production: bool) -> teams::Settings {
        teams::Settings {
            client_id: self.client_id.clone(),
            client_secret: self.client_secret.clone(),
            tenant: Some(self.tenant.clone()),
            app_id: self.app_id.clone(),
            graph_base_url: without_slash(&self.graph_base_url),
            login_base_url: without_slash(&self.login_base_url),
            keys_url: self.keys_url.clone(),
            issuers: self.token_issuers.clone(),
            publisher_id: self.change_publisher_id.clone(),
            loopback_media: !production && is_here(&self.graph_base_url),
        }
    }
}
