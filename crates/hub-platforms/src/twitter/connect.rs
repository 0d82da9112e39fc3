//! Linking: somebody signs in at X and comes back with a code that lives for half a minute, proven by a verifier that never
//! left the hub.

use super::api::Handed;
use super::errors::said_at;
use super::{SCOPES_FACT, SIGN_IN, Twitter};
use async_trait::async_trait;
use aws_lc_rs::digest;
use aws_lc_rs::rand::{SecureRandom, SystemRandom};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::TimeDelta;
use hub_domain::connect::{Answers, LinkedIdentity, Step};
use hub_domain::{RemoteAccountId, Timestamp};
use hub_platform_kit::grant::Tokens;
use hub_platform_kit::platform::{Connect, ConnectContext, Progress};
use hub_platform_kit::{ErrorKind, Grant, PlatformError, Result};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use url::Url;

/// What is asked for.
const SCOPES: &str = "dm.read dm.write tweet.read users.read offline.access media.write";
/// Without these nothing works; without the one for files, only files cannot be sent.
const NEEDED: [&str; 5] = ["dm.read", "dm.write", "tweet.read", "users.read", "offline.access"];
/// Random bytes of a verifier.
const VERIFIER_BYTES: usize = 48;
/// Longest code that is believed to be one.
const MAX_CODE_BYTES: usize = 4096;
/// Member of the memory between the steps.
const VERIFIER: &str = "verifier";

#[async_trait]
impl Connect for Twitter {
    async fn begin(&self, context: &ConnectContext) -> Result<Progress> {
        if context.method != SIGN_IN {
            return Err(PlatformError::unsupported("this way of linking"));
        }
        let verifier = verifier()?;
        let url = self.page(context, &challenge(&verifier))?;
        Ok(Progress::Next { step: Step::Redirect { url }, memory: json!({ VERIFIER: verifier }) })
    }

    async fn resume(&self, context: &ConnectContext, memory: &Value, answers: &Answers) -> Result<Progress> {
        if context.method != SIGN_IN {
            return Err(PlatformError::unsupported("this way of linking"));
        }
        let code = code(answers)?;
        let verifier = memory[VERIFIER].as_str().ok_or_else(again)?;
        let handed = self.trade(code, redirect_uri(context)?, verifier).await?;
        if let Some(missing) = NEEDED.iter().find(|scope| !handed.scopes.iter().any(|granted| granted == *scope)) {
            return Err(PlatformError::bad_input(format!(
                "The permission {missing} was not granted. Please sign in again and leave all permissions switched on."
            )));
        }
        let (id, person) = self.api.me(handed.access.expose_secret()).await.map_err(while_linking)?;
        let expires_at = ends(&handed, Some(context.now));
        Ok(Progress::Linked {
            identity: LinkedIdentity {
                remote_id: RemoteAccountId::from(id),
                username: person.username.or(person.name),
                group: None,
                grantor: None,
                facts: json!({ SCOPES_FACT: handed.scopes }),
            },
            tokens: Tokens { access: handed.access, refresh: handed.refresh, expires_at },
            proof: None,
        })
    }

    /// A refresh token counts once, so an answer that does not get through is kept: see [`super::rotation`].
    async fn refresh(&self, grant: &Grant) -> Result<Tokens> {
        let Some(token) = grant.refresh_token.clone() else {
            return Err(PlatformError::unsupported("renewing without a refresh token"));
        };
        let handed = self.rotation.refresh(&self.api, token).await?;
        Ok(Tokens {
            access: handed.access.clone(),
            refresh: handed.refresh.clone(),
            expires_at: ends(&handed, grant.expires_at),
        })
    }

    /// Both tokens, the lasting one first.
    async fn revoke(&self, grant: &Grant) -> Result<()> {
        if let Some(refresh) = &grant.refresh_token {
            self.api.revoke(refresh.expose_secret()).await?;
        }
        self.api.revoke(grant.token()).await
    }
}

impl Twitter {
    /// The address of the sign-in page.
    fn page(&self, context: &ConnectContext, challenge: &str) -> Result<String> {
        let wrong = |why: &str| PlatformError::new(ErrorKind::Misconfigured, why);
        let client_id = self.settings.client_id().ok_or_else(|| wrong("TWITTER_CLIENT_ID is not set"))?;
        let no_address = || wrong("the address of X's sign-in page is not an address");
        let mut url = Url::parse(&self.settings.authorize_base_url).map_err(|_| no_address())?;
        url.path_segments_mut().map_err(|()| no_address())?.pop_if_empty().extend(["i", "oauth2", "authorize"]);
        url.query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair("client_id", client_id)
            .append_pair("redirect_uri", redirect_uri(context)?)
            .append_pair("scope", SCOPES)
            .append_pair("state", &context.state)
            .append_pair("code_challenge", challenge)
            .append_pair("code_challenge_method", "S256");
        Ok(url.into())
    }

    /// Trades the code at once. One that never left the hub is tried once more; any other is gone with its first use.
    async fn trade(&self, code: &str, redirect_uri: &str, verifier: &str) -> Result<Handed> {
        let mut outcome = self.api.exchange(code, redirect_uri, verifier).await;
        if matches!(&outcome, Err(error) if error.kind == ErrorKind::Transient { maybe_applied: false } && error.status.is_none())
        {
            outcome = self.api.exchange(code, redirect_uri, verifier).await;
        }
        outcome.map_err(|error| match error.kind {
            // The code was used, or is older than half a minute: nothing is wrong with anybody's account.
            ErrorKind::ReauthRequired => PlatformError { kind: ErrorKind::BadInput, message: again().message, ..error },
            _ => error,
        })
    }
}

/// When new tokens end: counted from the platform's own clock, else from `otherwise`.
fn ends(handed: &Handed, otherwise: Option<Timestamp>) -> Option<Timestamp> {
    let from = said_at(&handed.answer).or(otherwise)?;
    from.checked_add_signed(TimeDelta::from_std(handed.life?).ok()?)
}

fn verifier() -> Result<String> {
    let mut bytes = [0; VERIFIER_BYTES];
    let failed = |_| PlatformError::new(ErrorKind::Transient { maybe_applied: false }, "there is no randomness");
    SystemRandom::new().fill(&mut bytes).map_err(failed)?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

fn challenge(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, verifier.as_bytes()))
}

/// The code that the browser brought back.
fn code(answers: &Answers) -> Result<&str> {
    let code = answers.get("code").map(|code| code.trim()).unwrap_or_default();
    if (1..=MAX_CODE_BYTES).contains(&code.len()) {
        Ok(code)
    } else {
        Err(PlatformError::bad_input("The sign-in came back without a code. Please try again."))
    }
}

fn again() -> PlatformError {
    PlatformError::bad_input(
        "X did not accept the sign-in; it counts for half a minute and only once. Please try again.",
    )
}

/// Where the browser comes back to.
fn redirect_uri(context: &ConnectContext) -> Result<&str> {
    let missing = || PlatformError::new(ErrorKind::Misconfigured, "the hub has no public address to come back to");
    context.redirect_uri.as_deref().ok_or_else(missing)
}

/// There is no account yet that could need a new sign-in.
fn while_linking(error: PlatformError) -> PlatformError {
    match error.kind {
        ErrorKind::ReauthRequired => PlatformError { kind: ErrorKind::BadInput, ..error },
        _ => error,
    }
}

#[cfg(test)]
mod tests {
    use super::{challenge, verifier};

    #[test]
    fn the_challenge_fits_the_vector() {
        // RFC 7636, appendix B.
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        assert_eq!(challenge(verifier), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    }

    #[test]
    fn no_verifier_comes_twice() {
        let (one, other) = (verifier().unwrap(), verifier().unwrap());
        assert!(one != other && (43..=128).contains(&one.len()), "{one}");
    }
}
