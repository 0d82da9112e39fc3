//! What the operator sets for Facebook pages.

use crate::meta::App;

/// Settings of the adapter.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// The app: `FACEBOOK_APP_ID`, `FACEBOOK_APP_SECRET`, `FACEBOOK_VERIFY_TOKEN` and its addresses.
    pub app: App,
}
