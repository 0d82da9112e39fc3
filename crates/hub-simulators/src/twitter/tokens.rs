//! The token endpoints: codes for tokens, tokens for newer ones, and taking them back.

use super::call::Call;
use super::problem::{Outcome, Problem};
use super::world::{App, MAX_KEPT, World, opaque};
use aws_lc_rs::digest;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::json;

/// Seconds an access token lives.
const ACCESS_LIFE: i64 = 7_200;
/// Seconds a code lives.
pub(super) const CODE_LIFE: i64 = 30;

/// What somebody granted.
#[derive(Clone, Debug)]
pub(super) struct Grant {
    pub(super) client_id: String,
    pub(super) user: String,
    pub(super) scopes: Vec<String>,
}

/// A code.
#[derive(Clone, Debug)]
pub(super) struct Code {
    pub(super) grant: Grant,
    pub(super) redirect_uri: String,
    pub(super) challenge: String,
    pub(super) plain: bool,
    pub(super) expires_at: i64,
}

/// An access token.
#[derive(Clone, Debug)]
pub(super) struct Access {
    pub(super) grant: Grant,
    pub(super) expires_at: i64,
}

/// A refresh token; gone once it is used.
#[derive(Clone, Debug)]
pub(super) struct Refresh {
    grant: Grant,
}

fn spent() -> Problem {
    Problem::token(400, "invalid_request", "Value passed for the token was invalid.")
}

fn no_header() -> Problem {
    Problem::token(401, "unauthorized_client", "Missing valid authorization header")
}

impl World {
    /// Which app calls: Basic for a confidential one, the id in the body for a public one.
    fn client(&self, call: &Call) -> Result<App, Problem> {
        let basic = call.authorization.as_deref().and_then(|header| header.strip_prefix("Basic "));
        if let Some(basic) = basic {
            let pair =
                STANDARD.decode(basic).ok().and_then(|bytes| String::from_utf8(bytes).ok()).ok_or_else(no_header)?;
            let (id, secret) = pair.split_once(':').ok_or_else(no_header)?;
            let app = self.apps.get(id).filter(|app| app.client_secret.as_deref() == Some(secret));
            return app.cloned().ok_or_else(no_header);
        }
        let id = call.text("client_id").ok_or_else(no_header)?;
        self.apps.get(id).filter(|app| app.client_secret.is_none()).cloned().ok_or_else(no_header)
    }

    /// `POST /2/oauth2/token`
    pub(super) fn token(&mut self, call: &Call) -> Outcome {
        let app = self.client(call)?;
        match call.text("grant_type") {
            Some("authorization_code") => self.exchange(call, &app),
            Some("refresh_token") => {
                let value = call.text("refresh_token").unwrap_or_default();
                if self.refresh.get(value).is_none_or(|refresh| refresh.grant.client_id != app.client_id) {
                    return Err(spent());
                }
                let refresh = self.refresh.remove(value).ok_or_else(spent)?;
                Ok((200, self.issue(refresh.grant)))
            }
            _ => Err(Problem::token(400, "unsupported_grant_type", "Missing or unknown grant_type parameter.")),
        }
    }

    fn exchange(&mut self, call: &Call, app: &App) -> Outcome {
        let invalid = |words: &str| Problem::token(400, "invalid_request", words);
        // A code is gone after its first use, whatever came of it.
        let value = call.text("code").unwrap_or_default();
        let code = self.codes.remove(value).filter(|code| code.expires_at > self.now());
        let code = code.filter(|code| code.grant.client_id == app.client_id);
        let code = code.ok_or_else(|| invalid("Value passed for the authorization code was invalid."))?;
        if call.text("redirect_uri") != Some(code.redirect_uri.as_str()) {
            return Err(invalid("Value passed for the redirect uri did not match the uri of the authorization code."));
        }
        let verifier = call.text("code_verifier").unwrap_or_default();
        let hashed = URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, verifier.as_bytes()));
        if (if code.plain { verifier } else { &hashed }) != code.challenge {
            return Err(invalid("Value passed for the code verifier did not match the code challenge."));
        }
        Ok((200, self.issue(code.grant)))
    }

    /// Makes tokens; a refresh token only where it was granted.
    pub(super) fn issue(&mut self, grant: Grant) -> serde_json::Value {
        let (access, refresh) = (opaque(91), opaque(91));
        let mut told = json!({"token_type": "bearer", "expires_in": ACCESS_LIFE, "access_token": access,
            "scope": grant.scopes.join(" ")});
        let renewable = grant.scopes.iter().any(|scope| scope == "offline.access");
        if renewable {
            told["refresh_token"] = refresh.as_str().into();
        }
        self.keep_tokens(grant, &access, renewable.then_some(&refresh));
        told
    }

    /// Keeps tokens of a grant.
    pub(super) fn keep_tokens(&mut self, grant: Grant, access: &str, refresh: Option<&str>) {
        if self.access.len() >= MAX_KEPT || self.refresh.len() >= MAX_KEPT {
            self.access.clear();
            self.refresh.clear();
        }
        if let Some(refresh) = refresh {
            self.refresh.insert(refresh.to_owned(), Refresh { grant: grant.clone() });
        }
        let expires_at = self.now() + ACCESS_LIFE;
        self.access.insert(access.to_owned(), Access { grant, expires_at });
    }

    /// `POST /2/oauth2/revoke`
    pub(super) fn revoke(&mut self, call: &Call) -> Outcome {
        let app = self.client(call)?;
        let value = call
            .text("token")
            .ok_or_else(|| Problem::token(400, "invalid_request", "Missing required parameter [token]."))?;
        if self.access.get(value).is_some_and(|access| access.grant.client_id == app.client_id) {
            self.access.remove(value);
        }
        if self.refresh.get(value).is_some_and(|refresh| refresh.grant.client_id == app.client_id) {
            self.refresh.remove(value);
        }
        Ok((200, json!({"revoked": true})))
    }

    /// `POST /oauth2/token`: the app-only token for key and secret.
    pub(super) fn app_token(&self, call: &Call) -> Outcome {
        let wanted = call.authorization.as_deref();
        let app = self.apps.values().find(|app| {
            let pair = STANDARD.encode(format!("{}:{}", app.consumer_key, app.consumer_secret));
            wanted == Some(format!("Basic {pair}").as_str())
        });
        let app = app.ok_or_else(Problem::unauthorized)?;
        Ok((200, json!({"token_type": "bearer", "access_token": app.bearer})))
    }

    /// Every token that works; of one person or of all.
    pub(super) fn living_tokens(&self, user: Option<&str>) -> Vec<String> {
        let of = |grant: &Grant| user.is_none_or(|user| grant.user == user);
        let now = self.now();
        let access =
            self.access.iter().filter(|(_, one)| one.expires_at > now && of(&one.grant)).map(|(value, _)| value);
        let refresh = self.refresh.iter().filter(|(_, one)| of(&one.grant)).map(|(value, _)| value);
        access.chain(refresh).cloned().collect()
    }

    /// What acts for somebody ends; what renews it stays.
    pub(super) fn end_access(&mut self, user: &str) {
        self.access.retain(|_, access| access.grant.user != user);
    }

    /// Everything that somebody gave an app dies.
    pub(super) fn kill_tokens(&mut self, user: &str) {
        self.access.retain(|_, access| access.grant.user != user);
        self.refresh.retain(|_, refresh| refresh.grant.user != user);
    }
}
