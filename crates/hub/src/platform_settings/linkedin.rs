//! What the operator sets for LinkedIn.

use super::{is_here, listed, without_slash};
use confique::Config;
use hub_platform_kit::Secret;
use hub_platforms::linkedin;

/// LinkedIn.
#[derive(Config)]
pub(crate) struct LinkedIn {
    /// Client id of the app at LinkedIn.
    #[config(env = "LINKEDIN_CLIENT_ID")]
    client_id: Option<String>,
    /// Its secret: trades codes, answers challenges and signs deliveries.
    #[config(env = "LINKEDIN_CLIENT_SECRET")]
    client_secret: Option<Secret>,
    /// Further secrets that may sign deliveries, separated by commas: an old one while it is replaced.
    #[config(env = "LINKEDIN_CLIENT_SECRETS_OLD")]
    client_secrets_old: Option<Secret>,
    /// Number of the app, as the address of its page at LinkedIn shows it; without it LinkedIn cannot be asked to call.
    #[config(env = "LINKEDIN_APPLICATION_ID")]
    application_id: Option<String>,
    /// Permissions that are asked for when a page is linked: those that the app's page lists.
    #[config(
        env = "LINKEDIN_SCOPES",
        default = "openid profile r_organization_social rw_organization_admin w_organization_social"
    )]
    scopes: String,
    /// Permissions that are asked for when somebody links their own messages, such as `openid profile
    /// r_dma_portability_3rd_party`; without them nobody can.
    #[config(env = "LINKEDIN_MEMBER_SCOPES")]
    member_scopes: Option<String>,
    /// LinkedIn has approved the app for sending private messages.
    #[config(env = "LINKEDIN_MESSAGES_APPROVED", default = false)]
    messages_approved: bool,
    /// Version of the API: a month not older than a year.
    #[config(env = "LINKEDIN_VERSION", default = "202607")]
    version: String,
    /// Version of the API of members' own data.
    #[config(env = "LINKEDIN_PORTABILITY_VERSION", default = "202312")]
    portability_version: String,
    /// Longest comment in characters.
    #[config(env = "LINKEDIN_COMMENT_MAX", default = 1250)]
    comment_max: usize,
    /// Address of the API.
    #[config(env = "LINKEDIN_API_BASE_URL", default = "https://api.linkedin.com")]
    api_base_url: String,
    /// Address of the sign-in.
    #[config(env = "LINKEDIN_AUTH_BASE_URL", default = "https://www.linkedin.com")]
    auth_base_url: String,
}

impl LinkedIn {
    /// Points the platform at its simulator.
    #[cfg(feature = "demo")]
    pub(super) fn use_simulator(&mut self, demo: &super::Simulated) {
        self.client_id = Some(demo.linkedin_client_id.clone());
        self.client_secret = Some(demo.app_secret.clone());
        self.application_id = Some(demo.linkedin_application_id.clone());
        self.api_base_url.clone_from(&demo.linkedin);
        self.auth_base_url.clone_from(&demo.linkedin);
    }

    pub(super) fn settings(&self, production: bool) -> linkedin::Settings {
        linkedin::Settings {
            client_id: self.client_id.clone(),
            client_secret: self.client_secret.clone(),
            further_secrets: listed(self.client_secrets_old.as_ref()),
            application_id: self.application_id.clone(),
            scopes: self.scopes.clone(),
            member_scopes: self.member_scopes.clone().unwrap_or_default(),
            messages_approved: self.messages_approved,
            version: self.version.clone(),
            portability_version: self.portability_version.clone(),
            comment_max: self.comment_max,
            api_base_url: without_slash(&self.api_base_url),
            auth_base_url: without_slash(&self.auth_base_url),
            loopback_media: !production && is_here(&self.api_base_url),
        }
    }
}
