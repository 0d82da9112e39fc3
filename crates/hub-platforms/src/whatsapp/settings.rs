//! What the operator sets for WhatsApp.

use crate::meta::App;
use hub_platform_kit::Secret;
use secrecy::ExposeSecret;

/// Settings of the adapter. An empty setting is no setting.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// The app: `FACEBOOK_APP_ID`, `FACEBOOK_APP_SECRET`, and `WHATSAPP_VERIFY_TOKEN` as its verify token.
    pub app: App,
    /// `WHATSAPP_CONFIG_ID`: a configuration of Facebook Login for Business; asked for instead of permissions.
    pub config_id: Option<String>,
    /// `WHATSAPP_ACCESS_TOKEN`: token of the operator's own system user.
    pub access_token: Option<Secret>,
    /// `WHATSAPP_PHONE_NUMBER_ID`: the operator's own number.
    pub phone_number_id: Option<String>,
    /// `WHATSAPP_BUSINESS_ACCOUNT_ID`: the business account of that number.
    pub business_account_id: Option<String>,
}

impl Settings {
    pub(super) fn config_id(&self) -> Option<&str> {
        filled(self.config_id.as_deref())
    }

    pub(super) fn access_token(&self) -> Option<&str> {
        filled(self.access_token.as_ref().map(ExposeSecret::expose_secret))
    }

    pub(super) fn phone_number_id(&self) -> Option<&str> {
        filled(self.phone_number_id.as_deref())
    }

    pub(super) fn business_account_id(&self) -> Option<&str> {
        filled(self.business_account_id.as_deref())
    }
}

fn filled(text: Option<&str>) -> Option<&str> {
    text.map(str::trim).filter(|text| !text.is_empty())
}
