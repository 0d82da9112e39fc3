//! Who calls, and whether the token is good for it.

use super::app::App;
use super::call::{Call, Surface};
use super::error::RestError;
use super::handle::Platform;
use super::options::millis;
use super::token::Grant;
use super::versions;

/// Scopes that read a page's posts and comments.
pub(super) const READ: [&str; 2] = ["r_organization_social", "r_organization_social_feed"];
/// Scopes that write them.
pub(super) const WRITE: [&str; 2] = ["w_organization_social", "w_organization_social_feed"];
/// The scope that subscribes to pages.
pub(super) const ADMIN: [&str; 1] = ["rw_organization_admin"];
/// Scopes that see who is what on pages.
pub(super) const ADMIN_READ: [&str; 2] = ["rw_organization_admin", "r_organization_admin"];

/// 401 for a token that was taken back.
pub(super) fn revoked() -> RestError {
    let words = "The token used in the request has been revoked by the user";
    RestError::coded(401, 65_601, "REVOKED_ACCESS_TOKEN", words)
}

impl Platform {
    /// The grant of a call, counted against the day's limits.
    pub(super) fn authorise(&self, call: &Call) -> Result<(Grant, App), RestError> {
        let Some(value) = call.bearer.as_deref().filter(|value| !value.is_empty()) else {
            let words = "Empty oauth2 access token";
            return Err(RestError { service: Some(65_604), ..RestError::new(401, words) });
        };
        let mut state = self.state();
        let now = state.now_ms();
        let invalid = || RestError { service: Some(65_600), ..RestError::new(401, "Invalid access token") };
        let token = state.tokens.access.get(value).cloned().ok_or_else(invalid)?;
        if token.revoked || now < token.issued_at + millis(state.options.young_tokens_refused) {
            return Err(revoked());
        }
        if token.expires_at <= now {
            let words = "The token used in the request has expired";
            return Err(RestError::coded(401, 65_602, "EXPIRED_ACCESS_TOKEN", words));
        }
        let app = state.apps.get(&token.grant.client_id).cloned().ok_or_else(invalid)?;
        state.limits.count(&token.grant, call.endpoint(), app.development, now)?;
        Ok((token.grant, app))
    }

    /// The same, where one of these scopes is needed.
    pub(super) fn authorise_for(&self, call: &Call, any: &[&str]) -> Result<(Grant, App), RestError> {
        let (grant, app) = self.authorise(call)?;
        if grant.allows(any) { Ok((grant, app)) } else { Err(denied(call)) }
    }

    /// Refuses members who do not administer a page.
    pub(super) fn must_administer(&self, grant: &Grant, organization: &str) -> Result<(), RestError> {
        if self.state().administers(&grant.member, organization) {
            return Ok(());
        }
        Err(RestError::role(&super::urn::organization(organization)))
    }
}

/// 403 for something that the app or its token may not do, named as the real one names it.
pub(super) fn denied(call: &Call) -> RestError {
    let version = call.version.as_deref().and_then(versions::padded);
    let version = version.unwrap_or_else(|| "NO_VERSION".to_owned());
    let resource = if call.surface == Surface::Rest {
        call.segments.iter().step_by(2).map(String::as_str).collect::<Vec<_>>().join("/")
    } else {
        call.endpoint().to_owned()
    };
    RestError::denied(&format!("{resource}.{}.{version}", call.action()))
}
