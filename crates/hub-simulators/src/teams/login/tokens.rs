//! The token endpoint: codes for tokens, and refresh tokens for newer ones; the older ones stay good.

use super::authorize::short;
use crate::teams::call::Call;
use crate::teams::problem::{Outcome, Problem};
use crate::teams::world::{App, MAX_KEPT, World, opaque};
use aws_lc_rs::digest;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

/// Milliseconds a code lives.
pub(super) const CODE_LIFE: i64 = 10 * 60 * 1_000;
/// Seconds an access token lives at least, and by how many it varies.
const ACCESS_LIFE: (i64, i64) = (3_600, 1_800);
/// Milliseconds a refresh token lives without use.
const REFRESH_LIFE: i64 = 90 * 24 * 60 * 60 * 1_000;
/// Scopes that are no permissions of Graph, in the order in which answers name them.
const OPENID: [&str; 3] = ["profile", "openid", "email"];

/// What somebody granted.
#[derive(Clone, Debug)]
pub(in crate::teams) struct Grant {
    pub(in crate::teams) client_id: String,
    /// Who.
    pub(in crate::teams) user: String,
    /// Short names.
    pub(in crate::teams) scopes: Vec<String>,
    pub(super) nonce: Option<String>,
    pub(super) redirect_uri: String,
}

impl Grant {
    /// A grant that did not come from the page.
    pub(in crate::teams) fn new(client_id: &str, user: &str, scopes: &[&str]) -> Self {
        Self {
            client_id: client_id.to_owned(),
            user: user.to_owned(),
            scopes: scopes.iter().map(|scope| short(scope)).collect(),
            nonce: None,
            redirect_uri: String::new(),
        }
    }
}

/// What the verifier of a code is compared with.
#[derive(Clone, Debug)]
pub(super) struct Pkce {
    pub(super) challenge: String,
    pub(super) plain: bool,
}

/// A code.
#[derive(Clone, Debug)]
pub(in crate::teams) struct Code {
    pub(super) grant: Grant,
    pub(super) pkce: Option<Pkce>,
    pub(super) expires_ms: i64,
    pub(super) used: bool,
}

/// An access token.
#[derive(Clone, Debug)]
pub(in crate::teams) struct Access {
    pub(in crate::teams) grant: Grant,
    pub(in crate::teams) expires_ms: i64,
}

/// A refresh token.
#[derive(Clone, Debug)]
pub(in crate::teams) struct Refresh {
    pub(in crate::teams) grant: Grant,
    last_used_ms: i64,
}

/// What is wrong with somebody's refresh tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// They were revoked.
    Revoked,
    /// The person or their administrator took the consent back.
    ConsentWithdrawn,
    /// The person must sign in once more, with another factor; these claims go with it.
    Interaction {
        /// Claims to ask for, if any.
        claims: Option<String>,
    },
}

impl Trouble {
    fn problem(&self) -> Problem {
        match self {
            Self::Revoked => {
                let words = "The provided grant has expired due to it being revoked, a fresh auth token is needed. The \
                             user might have changed or reset their password.";
                Problem::invalid_grant(50_173, words)
            }
            Self::ConsentWithdrawn => {
                let words = "The user or administrator has not consented to use the application. Send an interactive \
                             authorization request for this user and resource.";
                let mut problem = Problem::invalid_grant(65_001, words);
                problem.body["suberror"] = "consent_required".into();
                problem
            }
            Self::Interaction { claims } => {
                let words = "Due to a configuration change made by your administrator, or because you moved to a new \
                             location, you must use multi-factor authentication.";
                let mut problem = Problem::login(400, "interaction_required", 50_076, words);
                problem.body["suberror"] = "basic_action".into();
                if let Some(claims) = claims {
                    problem.body["claims"] = claims.as_str().into();
                }
                problem
            }
        }
    }
}

fn missing(name: &str) -> Problem {
    let words = format!("The request body must contain the following parameter: '{name}'.");
    Problem::login(400, "invalid_request", 900_144, &words)
}

impl World {
    /// Which app calls: its secret is in the body or in a Basic header.
    fn client(&self, call: &Call) -> Result<App, Problem> {
        let basic = call.authorization.as_deref().and_then(|header| header.strip_prefix("Basic "));
        let basic = basic.and_then(|text| STANDARD.decode(text).ok()).and_then(|bytes| String::from_utf8(bytes).ok());
        let basic = basic.as_deref().and_then(|pair| pair.split_once(':'));
        let id = basic.map(|(id, _)| id).or_else(|| call.text("client_id")).ok_or_else(|| missing("client_id"))?;
        let app = self.apps.get(id).ok_or_else(|| {
            let words = format!("Application with identifier '{id}' was not found in the directory.");
            Problem::login(400, "unauthorized_client", 700_016, &words)
        })?;
        let secret = basic.map(|(_, secret)| secret).or_else(|| call.text("client_secret")).ok_or_else(|| {
            let words = "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.";
            Problem::login(401, "invalid_client", 7_000_218, words)
        })?;
        if app.secret_expired {
            let words = format!("The provided client secret keys for app '{id}' are expired.");
            return Err(Problem::login(401, "invalid_client", 7_000_222, &words));
        }
        if secret != app.client_secret {
            let words = format!("Invalid client secret provided for app '{id}'.");
            return Err(Problem::login(401, "invalid_client", 7_000_215, &words));
        }
        Ok(app.clone())
    }

    /// `POST /{tenant}/oauth2/v2.0/token`
    pub(in crate::teams) fn token(&mut self, tenant: &str, call: &Call) -> Outcome {
        let app = self.client(call)?;
        let grant = match call.text("grant_type") {
            Some("authorization_code") => self.exchange(call, &app)?,
            Some("refresh_token") => self.refreshed(call, &app)?,
            Some(_) => {
                let words = "The app requested an unsupported grant type.";
                return Err(Problem::login(400, "unsupported_grant_type", 70_003, words));
            }
            None => return Err(missing("grant_type")),
        };
        let home = self.users.get(&grant.user).map(|user| user.tenant_id.clone()).unwrap_or_default();
        if !matches!(tenant, "common" | "organizations") && tenant != home {
            let words = "User account does not exist in this tenant and cannot access the application.";
            return Err(Problem::invalid_grant(50_020, words));
        }
        let mut told = self.issue(grant.clone());
        if call.text("client_info") == Some("1") {
            let info = json!({"uid": grant.user, "utid": home}).to_string();
            told["client_info"] = URL_SAFE_NO_PAD.encode(info).into();
        }
        Ok((200, told))
    }

    fn exchange(&mut self, call: &Call, app: &App) -> Result<Grant, Problem> {
        let now = self.now_ms();
        let value = call.text("code").ok_or_else(|| missing("code"))?;
        let code = self.codes.get_mut(value).filter(|code| code.grant.client_id == app.client_id);
        let code = code.ok_or_else(|| {
            Problem::invalid_grant(9_002_313, "Invalid request. The authorization code is malformed or not known.")
        })?;
        if code.used {
            let words = "OAuth2 Authorization code was already redeemed, please retry with a new valid code.";
            return Err(Problem::invalid_grant(54_005, words));
        }
        if code.expires_ms <= now {
            let words = "The provided authorization code or refresh token has expired due to inactivity.";
            return Err(Problem::invalid_grant(70_008, words));
        }
        // A code is gone after its first use, whatever came of it.
        code.used = true;
        let code = code.clone();
        if call.text("redirect_uri") != Some(code.grant.redirect_uri.as_str()) {
            let words = "The reply address does not match the reply address provided when requesting the code.";
            return Err(Problem::login(400, "invalid_client", 500_112, words));
        }
        if let Some(pkce) = &code.pkce {
            let verifier = call.text("code_verifier").unwrap_or_default();
            let hashed = URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, verifier.as_bytes()));
            if (if pkce.plain { verifier } else { &hashed }) != pkce.challenge {
                let words =
                    "The Code_Verifier does not match the code_challenge supplied in the authorization request.";
                return Err(Problem::invalid_grant(501_481, words));
            }
        }
        Ok(code.grant)
    }

    fn refreshed(&mut self, call: &Call, app: &App) -> Result<Grant, Problem> {
        let now = self.now_ms();
        let value = call.text("refresh_token").ok_or_else(|| missing("refresh_token"))?;
        let refresh = self.refresh.get(value).filter(|refresh| refresh.grant.client_id == app.client_id);
        let refresh = refresh
            .ok_or_else(|| Problem::invalid_grant(9_002_313, "Invalid request. Request is malformed or invalid."))?;
        if let Some(trouble) = self.troubles.get(&refresh.grant.user) {
            return Err(trouble.problem());
        }
        if now - refresh.last_used_ms >= REFRESH_LIFE {
            let words = "The refresh token has expired due to inactivity. The token was inactive for 90.00:00:00.";
            return Err(Problem::invalid_grant(700_082, words));
        }
        let mut grant = refresh.grant.clone();
        // What is asked for may be less than what was granted, not more.
        if let Some(wanted) = call.text("scope") {
            let wanted: Vec<String> = wanted.split_whitespace().map(short).collect();
            if wanted.iter().any(|scope| !grant.scopes.contains(scope) && !OPENID.contains(&scope.as_str())) {
                return Err(Trouble::ConsentWithdrawn.problem());
            }
        }
        if let Some(refresh) = self.refresh.get_mut(value) {
            refresh.last_used_ms = now;
        }
        *self.refreshes.entry(grant.user.clone()).or_default() += 1;
        grant.nonce = None;
        Ok(grant)
    }

    /// Makes tokens; a refresh token only where it was granted.
    pub(in crate::teams) fn issue(&mut self, grant: Grant) -> Value {
        let now = self.now_ms();
        let has = |name: &str| grant.scopes.iter().any(|scope| scope == name);
        let life = Self::some_life();
        // It looks like a token that could be read, and cannot.
        let access = format!("eyJ0eXAiOiJKV1QiLCJub25jZSI6{}.{}.{}", opaque(40), opaque(600), opaque(342));
        let mut scopes: Vec<&str> = grant.scopes.iter().map(String::as_str).collect();
        scopes.retain(|scope| *scope != "offline_access" && !OPENID.contains(scope));
        if has("openid") {
            scopes.extend(OPENID);
        }
        let mut told = json!({"token_type": "Bearer", "scope": scopes.join(" "), "expires_in": life,
            "ext_expires_in": life, "access_token": access});
        let refresh = has("offline_access").then(|| format!("1.AXkA{}", opaque(700)));
        if let Some(refresh) = &refresh {
            told["refresh_token"] = refresh.as_str().into();
        }
        if has("openid") {
            told["id_token"] = self.id_token(&grant, now / 1_000).into();
        }
        self.keep_tokens(grant, &access, refresh.as_deref(), life);
        told
    }

    /// Seconds an access token lives: they differ from token to token.
    pub(in crate::teams) fn some_life() -> i64 {
        ACCESS_LIFE.0 + i64::from(uuid::Uuid::new_v4().as_bytes()[0]) * ACCESS_LIFE.1 / 256
    }

    /// Keeps tokens of a grant.
    pub(in crate::teams) fn keep_tokens(&mut self, grant: Grant, access: &str, refresh: Option<&str>, life: i64) {
        let now = self.now_ms();
        if self.access.len() >= MAX_KEPT || self.refresh.len() >= MAX_KEPT {
            self.access.clear();
            self.refresh.clear();
        }
        if let Some(refresh) = refresh {
            self.refresh.insert(refresh.to_owned(), Refresh { grant: grant.clone(), last_used_ms: now });
        }
        self.access.insert(access.to_owned(), Access { grant, expires_ms: now + life * 1_000 });
    }

    fn id_token(&self, grant: &Grant, now: i64) -> String {
        let user = self.users.get(&grant.user).cloned().unwrap_or_default();
        let mut claims = json!({"aud": grant.client_id, "iss": format!("{}{}/v2.0", self.options.issuer_v2, user.tenant_id),
            "iat": now, "nbf": now, "exp": now + 3_600, "name": user.display_name, "oid": user.id,
            "preferred_username": user.user_principal_name, "sub": format!("sub-{}", user.id), "tid": user.tenant_id,
            "uti": opaque(22), "ver": "2.0"});
        if let Some(nonce) = &grant.nonce {
            claims["nonce"] = nonce.as_str().into();
        }
        self.keys.sign(&claims)
    }
}
