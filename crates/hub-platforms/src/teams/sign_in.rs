//! The Microsoft identity platform: where people sign in, and its tokens.

use super::errors;
use super::settings::Settings;
use aws_lc_rs::{digest, rand};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::TimeDelta;
use hub_domain::Timestamp;
use hub_platform_kit::grant::Tokens;
use hub_platform_kit::platform::ConnectContext;
use hub_platform_kit::transport::{MAX_ANSWER_BYTES, Transport};
use hub_platform_kit::{ErrorKind, PlatformError, Result, Secret};
use serde_json::Value;
use url::Url;

/// What is asked for: the contract's list, in its order.
pub(super) const SCOPES: &str = "offline_access User.Read Chat.Read Chat.ReadWrite ChatMessage.Send";
/// What an account cannot work without; writing includes reading.
const REQUIRED: &[&str] = &["Chat.ReadWrite"];
/// What stands before a scope in some answers.
const SCOPE_OF_GRAPH: &str = "https://graph.microsoft.com/";
/// Random bytes of a verifier; 43 characters of it.
const VERIFIER_BYTES: usize = 32;
/// Longest token that is believed to be one.
const MAX_TOKEN_BYTES: usize = 64 * 1024;

/// Where people sign in. Cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct SignIn {
    transport: Transport,
    base: String,
    tenant: String,
}

/// What the browser's way in is proven with.
pub(super) struct Pkce {
    /// Kept here.
    pub(super) verifier: String,
    /// Shown there.
    pub(super) challenge: String,
}

/// Tokens as they were handed out.
#[derive(Debug)]
pub(super) struct Granted {
    pub(super) tokens: Tokens,
    /// What was granted; `None` when the answer does not say.
    scopes: Option<Vec<String>>,
}

impl SignIn {
    pub(super) fn new(transport: Transport, settings: &Settings) -> Self {
        let base = settings.login_base_url.trim().trim_end_matches('/').to_owned();
        Self { transport, base, tenant: settings.tenant().to_owned() }
    }

    fn address(&self, name: &str) -> Result<Url> {
        let wrong = || PlatformError::new(ErrorKind::Misconfigured, "the address of the sign-in is not an address");
        let odd = || PlatformError::new(ErrorKind::Misconfigured, "MICROSOFT_TENANT_ID is not a tenant");
        if !self.tenant.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_')) {
            return Err(odd());
        }
        let mut url = Url::parse(&self.base).map_err(|_| wrong())?;
        let mut path = url.path_segments_mut().map_err(|()| wrong())?;
        path.pop_if_empty().extend([&self.tenant, "oauth2", "v2.0", name]);
        drop(path);
        Ok(url)
    }

    /// The address of the page.
    pub(super) fn page(&self, settings: &Settings, context: &ConnectContext, pkce: &Pkce) -> Result<String> {
        let (client_id, _) = credentials(settings)?;
        let mut url = self.address("authorize")?;
        url.query_pairs_mut()
            .append_pair("client_id", client_id)
            .append_pair("redirect_uri", redirect_uri(context)?)
            .append_pair("response_type", "code")
            .append_pair("response_mode", "query")
            .append_pair("scope", SCOPES)
            .append_pair("state", &context.state)
            .append_pair("code_challenge", &pkce.challenge)
            .append_pair("code_challenge_method", "S256")
            .append_pair("prompt", "select_account");
        Ok(url.into())
    }

    /// Exchanges a code, which counts once.
    pub(super) async fn exchange(
        &self,
        settings: &Settings,
        context: &ConnectContext,
        code: &str,
        verifier: &str,
    ) -> Result<Granted> {
        let fields = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", redirect_uri(context)?),
            ("code_verifier", verifier),
        ];
        self.token(settings, &fields, Some(context.now)).await
    }

    /// Fresh tokens for an old one.
    pub(super) async fn refresh(&self, settings: &Settings, refresh_token: &str) -> Result<Granted> {
        self.token(settings, &[("grant_type", "refresh_token"), ("refresh_token", refresh_token)], None).await
    }

    async fn token(&self, settings: &Settings, fields: &[(&str, &str)], now: Option<Timestamp>) -> Result<Granted> {
        let (client_id, secret) = credentials(settings)?;
        let own = [("client_id", client_id), ("client_secret", secret), ("scope", SCOPES)];
        let form: Vec<(&str, &str)> = own.into_iter().chain(fields.iter().copied()).collect();
        let request = self.transport.request(reqwest::Method::POST, self.address("token")?.as_str()).form(&form);
        let answer = self.transport.call(request, MAX_ANSWER_BYTES).await.map_err(errors::harmless)?;
        if answer.status != 200 {
            return Err(errors::sign_in_refusal(&answer));
        }
        let odd = || PlatformError::new(ErrorKind::UnexpectedReply, "the sign-in's answer holds no token");
        let body: Value = serde_json::from_slice(&answer.body).map_err(|_| odd())?;
        granted(&body, now.or_else(|| errors::said_at(&answer))).ok_or_else(odd)
    }
}

impl Granted {
    /// Refuses what an account could not work with.
    pub(super) fn check(&self) -> Result<()> {
        if let Some(scopes) = &self.scopes {
            let has = |scope: &&&str| scopes.iter().any(|granted| granted.eq_ignore_ascii_case(scope));
            if let Some(missing) = REQUIRED.iter().find(|scope| !has(scope)) {
                return Err(PlatformError::bad_input(format!(
                    "The permission {missing} was not granted. Please sign in again, or ask your administrator to allow it."
                )));
            }
        }
        if self.tokens.refresh.is_none() {
            return Err(PlatformError::bad_input(
                "Microsoft did not allow the hub to stay signed in. Please sign in again and accept all permissions.",
            ));
        }
        Ok(())
    }
}

impl Pkce {
    pub(super) fn fresh() -> Result<Self> {
        let mut bytes = [0; VERIFIER_BYTES];
        let failed = |_| PlatformError::new(ErrorKind::Transient { maybe_applied: false }, "no randomness");
        rand::fill(&mut bytes).map_err(failed)?;
        let verifier = URL_SAFE_NO_PAD.encode(bytes);
        let challenge = URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, verifier.as_bytes()));
        Ok(Self { verifier, challenge })
    }
}

/// Reads an answer of the token endpoint. What the access token holds is none of a client's business.
fn granted(body: &Value, now: Option<Timestamp>) -> Option<Granted> {
    let text = |name: &str| body.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    let token = |name: &str| text(name).filter(|token| token.len() <= MAX_TOKEN_BYTES);
    let life = body.get("expires_in").and_then(|life| life.as_i64().or_else(|| life.as_str()?.trim().parse().ok()));
    let expires_at = life.and_then(TimeDelta::try_seconds).and_then(|life| now?.checked_add_signed(life));
    let scopes = text("scope").map(|scopes| {
        scopes.split_whitespace().map(|one| one.strip_prefix(SCOPE_OF_GRAPH).unwrap_or(one).to_owned()).collect()
    });
    let tokens = Tokens {
        access: Secret::from(token("access_token")?.to_owned()),
        refresh: token("refresh_token").map(|token| Secret::from(token.to_owned())),
        expires_at,
    };
    Some(Granted { tokens, scopes })
}

fn credentials(settings: &Settings) -> Result<(&str, &str)> {
    match (settings.client_id(), settings.client_secret()) {
        (Some(id), Some(secret)) => Ok((id, secret)),
        _ => Err(PlatformError::new(ErrorKind::Misconfigured, "the app's id or secret is not set")),
    }
}

fn redirect_uri(context: &ConnectContext) -> Result<&str> {
    let missing = || PlatformError::new(ErrorKind::Misconfigured, "the hub has no public address to come back to");
    context.redirect_uri.as_deref().ok_or_else(missing)
}
