//! Who calls, and with which kind of token.

use super::call::Call;
use super::problem::Problem;
use super::tokens::Grant;
use super::world::{App, World};

impl World {
    /// The person's token, with these scopes.
    pub(super) fn person(&self, call: &Call, scopes: &[&str]) -> Result<Grant, Problem> {
        let bearer = call.bearer().ok_or_else(Problem::unauthorized)?;
        if self.app_of_bearer(bearer).is_some() {
            return Err(Problem::typed(
                403,
                "unsupported-authentication",
                "Unsupported Authentication",
                "Authenticating with OAuth 2.0 Application-Only is forbidden for this endpoint.  Supported authentication \
                 types are [OAuth 1.0a User Context, OAuth 2.0 User Context].",
            ));
        }
        let access = self.access.get(bearer).filter(|access| access.expires_at > self.now());
        let grant = access.map(|access| access.grant.clone()).ok_or_else(Problem::unauthorized)?;
        let lacks = scopes.iter().any(|scope| !grant.scopes.iter().any(|granted| granted == scope));
        if lacks { Err(Problem::forbidden("Forbidden")) } else { Ok(grant) }
    }

    /// The app-only token.
    pub(super) fn app(&self, call: &Call) -> Result<App, Problem> {
        let bearer = call.bearer().ok_or_else(Problem::unauthorized)?;
        if let Some(app) = self.app_of_bearer(bearer) {
            return Ok(app.clone());
        }
        self.person(call, &[])?;
        Err(Problem::typed(
            403,
            "unsupported-authentication",
            "Unsupported Authentication",
            "Authenticating with OAuth 2.0 User Context is forbidden for this endpoint.  Supported authentication types \
             are [OAuth 2.0 Application-Only].",
        ))
    }

    /// Client id and person of a call, for the budgets; `None` = the call is refused anyway.
    pub(super) fn caller(&self, call: &Call) -> Option<(String, Option<String>)> {
        let bearer = call.bearer()?;
        if let Some(app) = self.app_of_bearer(bearer) {
            return Some((app.client_id.clone(), None));
        }
        let grant = self.person(call, &[]).ok()?;
        Some((grant.client_id, Some(grant.user)))
    }
}
