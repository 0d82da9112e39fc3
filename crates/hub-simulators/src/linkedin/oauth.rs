//! `/oauth/v2/accessToken` and `/oauth/v2/introspectToken`.

use super::app::{App, PORTABILITY};
use super::call::Call;
use super::error::oauth_refusal;
use super::handle::Platform;
use super::token::{ACCESS_LIFE, Grant};
use axum::Json;
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

/// Seconds a statement about who signed in lives.
const ID_TOKEN_LIFE: i64 = 3_600;

impl Platform {
    /// Codes and refresh tokens for access tokens.
    pub(super) fn access_token(&self, call: &Call) -> Response {
        let app = match self.client(call) {
            Ok(app) => app,
            Err(refusal) => return refusal,
        };
        match call.text("grant_type") {
            Some("authorization_code") => self.redeem(call, &app),
            Some("refresh_token") => self.refresh(call, &app),
            Some("client_credentials") => {
                let words = "This application is not allowed to create application tokens";
                oauth_refusal(401, "access_denied", words)
            }
            Some(_) => oauth_refusal(400, "unsupported_grant_type", "The grant type is not known"),
            None => missing("grant_type"),
        }
    }

    /// The app that a call names and has the secret of: both in the body, never in a header.
    fn client(&self, call: &Call) -> Result<App, Response> {
        let id = call.text("client_id").ok_or_else(|| missing("client_id"))?;
        let secret = call.text("client_secret").ok_or_else(|| missing("client_secret"))?;
        let app = self.state().apps.get(id).cloned();
        app.filter(|app| app.client_secret == secret)
            .ok_or_else(|| oauth_refusal(401, "invalid_client", "Client authentication failed"))
    }

    fn redeem(&self, call: &Call, app: &App) -> Response {
        let Some(given) = call.text("code") else { return missing("code") };
        let mut state = self.state();
        let now = state.now_ms();
        let redirect = call.text("redirect_uri").unwrap_or_default().to_owned();
        let code = state.tokens.codes.get_mut(given).filter(|code| {
            code.grant.client_id == app.client_id
                && code.redirect_url == redirect
                && !code.used
                && code.expires_at > now
        });
        let Some(code) = code else {
            // One sentence for everything that may be wrong with a code.
            let words = "Unable to retrieve access token: appid/redirect uri/code verifier does not match \
                         authorization code. Or authorization code expired. Or external member binding exists";
            return oauth_refusal(400, "invalid_request", words);
        };
        code.used = true;
        let grant = code.grant.clone();
        state.remember(&grant, now);
        let access = state.tokens.issue(&grant, now);
        let mut body = json!({
            "access_token": access, "expires_in": ACCESS_LIFE / 1_000, "scope": listed(&grant), "token_type": "Bearer",
        });
        if app.refresh_tokens {
            let refresh = state.tokens.issue_refresh(&grant, now);
            body["refresh_token"] = refresh.into();
            body["refresh_token_expires_in"] = (super::token::REFRESH_LIFE / 1_000).into();
        }
        drop(state);
        if grant.allows(&["openid"]) {
            body["id_token"] = self.id_token(&grant, now / 1_000).into();
        }
        self.note_change();
        Json(body).into_response()
    }

    fn refresh(&self, call: &Call, app: &App) -> Response {
        if !app.refresh_tokens {
            let words = "The application is not allowed to use refresh tokens";
            return oauth_refusal(400, "unauthorized_client", words);
        }
        let Some(given) = call.text("refresh_token") else { return missing("refresh_token") };
        let mut state = self.state();
        let now = state.now_ms();
        let token = state
            .tokens
            .refresh
            .get(given)
            .filter(|token| token.grant.client_id == app.client_id && !token.revoked && token.expires_at > now);
        let Some(token) = token.cloned() else {
            return oauth_refusal(400, "invalid_grant", "Token has been expired or revoked.");
        };
        let access = state.tokens.issue(&token.grant, now);
        drop(state);
        self.note_change();
        // The life of the refresh token does not begin again.
        Json(json!({
            "access_token": access, "expires_in": ACCESS_LIFE / 1_000, "refresh_token": given,
            "refresh_token_expires_in": (token.expires_at - now) / 1_000, "scope": listed(&token.grant),
            "token_type": "Bearer",
        }))
        .into_response()
    }

    /// What is known of a token.
    pub(super) fn introspect(&self, call: &Call) -> Response {
        let app = match self.client(call) {
            Ok(app) => app,
            Err(refusal) => return refusal,
        };
        let Some(given) = call.text("token") else { return missing("token") };
        let state = self.state();
        let now = state.now_ms();
        let token = state.tokens.access.get(given).filter(|token| token.grant.client_id == app.client_id);
        let Some(token) = token else { return Json(json!({"active": false})).into_response() };
        let status = match (token.revoked, token.expires_at > now) {
            (true, _) => "revoked",
            (false, false) => "expired",
            (false, true) => "active",
        };
        Json(json!({
            "active": status == "active", "client_id": app.client_id, "authorized_at": token.issued_at / 1_000,
            "created_at": token.issued_at / 1_000, "status": status, "expires_at": token.expires_at / 1_000,
            "scope": listed(&token.grant), "auth_type": "3L",
        }))
        .into_response()
    }

    /// A statement about who signed in. No key of it is published here, so its signature is one byte that proves nothing.
    fn id_token(&self, grant: &Grant, now: i64) -> String {
        let member = self.state().members.get(&grant.member).cloned();
        let mut claims = member.map(|member| self.claims(&member, &grant.scopes)).unwrap_or_default();
        claims["iss"] = "https://www.linkedin.com".into();
        claims["aud"] = grant.client_id.clone().into();
        claims["iat"] = now.into();
        claims["exp"] = (now + ID_TOKEN_LIFE).into();
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        format!("{}.{}.c2ln", part(&json!({"alg": "RS256", "typ": "JWT"})), part(&claims))
    }
}

impl super::state::State {
    /// Keeps what a member gave an app. Their log is open to it from the first consent to it on.
    pub(super) fn remember(&mut self, grant: &Grant, now: i64) {
        let key = (grant.client_id.clone(), grant.member.clone());
        let alive = self.tokens.alive_until(&grant.client_id, &grant.member, &PORTABILITY, now).is_some();
        let since = self.grants.get(&key).filter(|_| alive).map_or(now, |(_, since)| *since);
        self.grants.insert(key, (grant.clone(), since));
    }
}

/// Scopes as answers list them: with commas, in the order of the alphabet.
fn listed(grant: &Grant) -> String {
    let mut scopes = grant.scopes.clone();
    scopes.sort();
    scopes.join(",")
}

fn missing(name: &str) -> Response {
    oauth_refusal(400, "invalid_request", &format!("A required parameter \"{name}\" is missing"))
}
