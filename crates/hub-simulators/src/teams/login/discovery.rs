//! What the sign-in publishes about itself.

use crate::teams::call::Call;
use crate::teams::problem::{Outcome, Problem};
use crate::teams::world::World;
use serde_json::{Value, json};

impl World {
    /// `GET /{tenant}/.well-known/openid-configuration`, with `/v2.0` before it or without.
    pub(in crate::teams) fn configuration(&self, tenant: &str, v2: bool) -> Outcome {
        let base = self.base();
        let place = match tenant {
            "common" | "organizations" | "consumers" => "{tenantid}".to_owned(),
            tenant if self.users.values().any(|user| user.tenant_id == tenant) => tenant.to_owned(),
            tenant => {
                let words = format!("Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID.");
                return Err(Problem::login(400, "invalid_tenant", 90_002, &words));
            }
        };
        let (version, issuer) = if v2 {
            ("/v2.0", format!("{}{place}/v2.0", self.options.issuer_v2))
        } else {
            ("", format!("{}{place}/", self.options.issuer_v1))
        };
        let oauth = format!("{base}/{tenant}/oauth2{version}");
        Ok((
            200,
            json!({"token_endpoint": format!("{oauth}/token"), "authorization_endpoint": format!("{oauth}/authorize"),
                "jwks_uri": format!("{base}/{tenant}/discovery{version}/keys"), "issuer": issuer,
                "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt", "client_secret_basic"],
                "response_modes_supported": ["query", "fragment", "form_post"],
                "subject_types_supported": ["pairwise"], "id_token_signing_alg_values_supported": ["RS256"],
                "response_types_supported": ["code"], "scopes_supported": ["openid", "profile", "email", "offline_access"],
                "request_uri_parameter_supported": false, "http_logout_supported": true,
                "tenant_region_scope": null, "cloud_instance_name": "microsoftonline.com",
                "cloud_graph_host_name": "graph.windows.net", "msgraph_host": "graph.microsoft.com"}),
        ))
    }

    /// `GET /common/discovery/instance`: which hosts are one cloud.
    pub(in crate::teams) fn instance(&self, call: &Call) -> Value {
        let host = call.asked("authorization_endpoint").and_then(|text| url::Url::parse(text).ok());
        let host = host.and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default();
        let tenant = format!("{}/organizations/v2.0/.well-known/openid-configuration", self.base());
        let cloud =
            json!({"preferred_network": host, "preferred_cache": host, "aliases": [host, "login.microsoftonline.com"]});
        json!({"tenant_discovery_endpoint": tenant, "api-version": call.asked("api-version"), "metadata": [cloud]})
    }
}
