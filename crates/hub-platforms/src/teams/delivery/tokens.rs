//! The tokens that prove who encrypted a delivery, and the keys that sign them.

use super::super::settings::Settings;
use hub_platform_kit::transport::Transport;
use jsonwebtoken::jwk::{AlgorithmParameters, JwkSet, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde::Deserialize;
use serde_json::Value;
use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;
use url::Url;

/// Longest token that is looked at, in bytes.
const MAX_TOKEN_BYTES: usize = 16 * 1024;
/// Largest set of keys, in bytes.
const MAX_KEYS_BYTES: u64 = 512 * 1024;
/// Keys kept at most.
const MAX_KEYS: usize = 100;
/// Keys are asked for again after this long at the earliest, whoever sends which token.
const ASK_AGAIN: Duration = Duration::from_mins(1);
/// Keys are asked for again after this long, so that a withdrawn one goes.
const KEEP: Duration = Duration::from_hours(24);
/// Longest question for keys; the platform waits for no more than three seconds.
const PATIENCE: Duration = Duration::from_millis(1_500);
/// Clocks may differ by this many seconds.
const LEEWAY_S: u64 = 120;
/// Hosts where the sign-in may say that its keys lie.
const KEY_HOSTS: &[&str] = &["login.microsoftonline.com", "login.windows.net", "login.microsoftonline.us"];

/// The published keys, as far as they are known.
#[derive(Debug, Default)]
pub(in crate::teams) struct PublishedKeys {
    known: Mutex<KnownKeys>,
}

#[derive(Default)]
struct KnownKeys {
    keys: HashMap<String, DecodingKey>,
    /// Keys that were looked for when the list was last read, and that it did not name.
    missing: HashSet<String>,
    asked: Option<Instant>,
    got: Option<Instant>,
}

impl std::fmt::Debug for KnownKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} published keys", self.keys.len())
    }
}

/// What is read of a token.
#[derive(Deserialize)]
struct Claims {
    iss: String,
    /// The publisher in the older form.
    #[serde(default)]
    appid: Option<String>,
    /// The publisher in the newer form.
    #[serde(default)]
    azp: Option<String>,
}

/// What is known of a token's signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Proof {
    /// Good, and issued by this.
    Issued(String),
    /// The key is not known, and there is no way of knowing it now.
    Unknown,
    /// Not good.
    Bad,
}

impl PublishedKeys {
    /// Fetches the keys if one of these tokens needs one that is not known, but seldom.
    pub(in crate::teams) async fn warm(&self, transport: &Transport, settings: &Settings, tokens: &[String]) {
        if !self.wants(tokens) {
            return;
        }
        match tokio::time::timeout(PATIENCE, fetch(transport, settings)).await {
            Ok(Some(keys)) => {
                let missing = tokens.iter().filter_map(|token| kid(token)).filter(|kid| !keys.contains_key(kid));
                let mut known = self.lock();
                known.missing = missing.collect();
                known.keys = keys;
                known.got = Some(Instant::now());
            }
            Ok(None) => tracing::warn!("the keys that sign deliveries could not be read"),
            Err(_) => tracing::warn!("the keys that sign deliveries did not come in time"),
        }
    }

    /// True when the keys must be asked for; who hears it asks.
    fn wants(&self, tokens: &[String]) -> bool {
        let mut known = self.lock();
        let now = Instant::now();
        let old = known.got.is_none_or(|got| now - got > KEEP);
        let missing = tokens.iter().filter_map(|token| kid(token)).any(|kid| !known.keys.contains_key(&kid));
        let rests = known.asked.is_some_and(|asked| now - asked < ASK_AGAIN);
        let wants = !tokens.is_empty() && (old || missing) && !rests;
        if wants {
            known.asked = Some(now);
        }
        wants
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, KnownKeys> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Checks a token: signed by a published key with RS256, for us, in time, by the publisher of changes.
    pub(super) fn check(&self, settings: &Settings, token: &str) -> Proof {
        let Some(kid) = kid(token) else { return Proof::Bad };
        let key = {
            let known = self.lock();
            match known.keys.get(&kid) {
                Some(key) => key.clone(),
                // The list was read for it and does not name it.
                None if known.missing.contains(&kid) => return Proof::Bad,
                None => return Proof::Unknown,
            }
        };
        let mut rules = Validation::new(Algorithm::RS256);
        rules.leeway = LEEWAY_S;
        rules.validate_nbf = true;
        rules.set_required_spec_claims(&["exp", "aud", "iss"]);
        rules.set_audience(&settings.audiences().collect::<Vec<_>>());
        let Ok(token) = decode::<Claims>(token, &key, &rules) else { return Proof::Bad };
        let publisher = settings.publisher_id();
        let Claims { iss, appid, azp } = token.claims;
        let named: Vec<String> = [appid, azp].into_iter().flatten().collect();
        // Without this, any program's token for the same audience would do.
        let published = !named.is_empty() && named.iter().all(|id| id.eq_ignore_ascii_case(publisher));
        if published { Proof::Issued(iss) } else { Proof::Bad }
    }
}

/// The key a token names; `None` = it is no token that can be checked.
fn kid(token: &str) -> Option<String> {
    if token.len() > MAX_TOKEN_BYTES {
        return None;
    }
    let header = decode_header(token).ok().filter(|header| header.alg == Algorithm::RS256)?;
    header.kid.filter(|kid| !kid.is_empty())
}

async fn fetch(transport: &Transport, settings: &Settings) -> Option<HashMap<String, DecodingKey>> {
    let url = match settings.keys_url() {
        Some(url) => url.to_owned(),
        None => named_by_sign_in(transport, settings).await?,
    };
    let keys: JwkSet = serde_json::from_value(ask(transport, &url).await?).ok()?;
    let signs = |jwk: &jsonwebtoken::jwk::Jwk| {
        let signs = jwk.common.public_key_use.as_ref().is_none_or(|is| *is == PublicKeyUse::Signature);
        signs && matches!(jwk.algorithm, AlgorithmParameters::RSA(_))
    };
    let keys = keys.keys.iter().filter(|jwk| signs(jwk)).take(MAX_KEYS);
    Some(keys.filter_map(|jwk| Some((jwk.common.key_id.clone()?, DecodingKey::from_jwk(jwk).ok()?))).collect())
}

/// Where the sign-in says its keys are; anywhere else they would prove nothing.
async fn named_by_sign_in(transport: &Transport, settings: &Settings) -> Option<String> {
    let base = settings.login_base_url.trim().trim_end_matches('/');
    let about = ask(transport, &format!("{base}/common/.well-known/openid-configuration")).await;
    let named = about.as_ref().and_then(|about| about.get("jwks_uri")).and_then(Value::as_str);
    let own = Url::parse(base).ok()?.origin();
    let trusted = |url: &Url| {
        url.origin() == own || (url.scheme() == "https" && url.host_str().is_some_and(|host| KEY_HOSTS.contains(&host)))
    };
    let named = named.and_then(|named| Url::parse(named).ok()).filter(trusted).map(String::from);
    Some(named.unwrap_or_else(|| format!("{base}/common/discovery/keys")))
}

async fn ask(transport: &Transport, url: &str) -> Option<Value> {
    let request = transport.request(reqwest::Method::GET, url);
    let answer = transport.call(request, MAX_KEYS_BYTES).await.ok().filter(|answer| answer.status == 200)?;
    serde_json::from_slice(&answer.body).ok()
}
