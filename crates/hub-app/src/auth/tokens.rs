//! Access and refresh tokens: HS256 JWTs with the claims of both originals plus a random `jti`, so that two tokens of one
//! second differ. Each kind has its own key; nothing else tells them apart, therefore equal keys are refused at the start.

use super::Caller;
use crate::{AppError, AppSettings, Result};
use chrono::TimeDelta;
use hub_domain::{Timestamp, User, time};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode};
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::time::Duration;
use uuid::Uuid;

/// Longest token that is looked at, in bytes.
const MAX_TOKEN_BYTES: usize = 4096;

/// Why an access token is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccessError {
    /// Ours, and its time is over.
    Expired,
    /// Anything else.
    Invalid,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Claims {
    user_id: Uuid,
    email: String,
    #[serde(default)]
    iat: i64,
    exp: i64,
    /// Absent in tokens of the originals.
    #[serde(skip_serializing_if = "Option::is_none")]
    jti: Option<Uuid>,
    /// When the person gave the password; a renewal carries it on. Absent in tokens of the originals.
    #[serde(rename = "auth_time", default, skip_serializing_if = "Option::is_none")]
    auth_time: Option<i64>,
    /// The generation of sessions it belongs to. Absent for the first, and in tokens of the originals.
    #[serde(rename = "gen", default, skip_serializing_if = "is_first")]
    generation: i32,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands out references")]
fn is_first(generation: &i32) -> bool {
    *generation == 0
}

/// What a token says beyond whose it is.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Mark {
    /// When the person gave the password, if that is known.
    pub(super) proven: Option<Timestamp>,
    /// The generation of the user's sessions it belongs to.
    pub(super) generation: i32,
}

pub(crate) struct Tokens {
    access: Pair,
    refresh: Pair,
}

struct Pair {
    sign: EncodingKey,
    verify: DecodingKey,
    lifetime: Duration,
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tokens")
    }
}

impl Tokens {
    pub(super) fn new(settings: &AppSettings) -> Self {
        let pair = |secret: &hub_platform_kit::Secret, lifetime| Pair {
            sign: EncodingKey::from_secret(secret.expose_secret().as_bytes()),
            verify: DecodingKey::from_secret(secret.expose_secret().as_bytes()),
            lifetime,
        };
        Self {
            access: pair(&settings.jwt_secret, settings.access_lifetime),
            refresh: pair(&settings.jwt_refresh_secret, settings.refresh_lifetime),
        }
    }

    pub(super) fn sign_access(&self, user: &User, mark: Mark, now: Timestamp) -> Result<String> {
        Ok(self.access.sign(user, mark, now)?.0)
    }

    pub(super) fn sign_refresh(&self, user: &User, mark: Mark, now: Timestamp) -> Result<(String, Timestamp)> {
        self.refresh.sign(user, mark, now)
    }

    pub(super) fn open_access(&self, token: &str, now: Timestamp) -> Result<Caller, AccessError> {
        let claims = self.access.open(token, now)?;
        let expires_at = time::from_unix_seconds(claims.exp).ok_or(AccessError::Invalid)?;
        let proven_at = claims.auth_time.and_then(time::from_unix_seconds);
        let generation = claims.generation;
        Ok(Caller { user_id: claims.user_id.into(), email: claims.email, expires_at, proven_at, generation })
    }

    /// True when a refresh token is ours and its time is not over. Whether it is still good, the database knows.
    pub(super) fn is_refresh(&self, token: &str, now: Timestamp) -> bool {
        self.refresh.open(token, now).is_ok()
    }

    /// What a refresh token says; nothing, if it is none of ours.
    pub(super) fn mark(&self, token: &str, now: Timestamp) -> Mark {
        let Ok(claims) = self.refresh.open(token, now) else { return Mark::default() };
        Mark { proven: claims.auth_time.and_then(time::from_unix_seconds), generation: claims.generation }
    }
}

impl Pair {
    fn sign(&self, user: &User, mark: Mark, now: Timestamp) -> Result<(String, Timestamp)> {
        let lifetime = TimeDelta::from_std(self.lifetime).unwrap_or(TimeDelta::MAX);
        let expires_at = now.checked_add_signed(lifetime).unwrap_or(Timestamp::MAX_UTC);
        let claims = Claims {
            user_id: user.id.0,
            email: user.email.clone(),
            iat: now.timestamp(),
            exp: expires_at.timestamp(),
            jti: Some(random_id()),
            auth_time: mark.proven.map(|at| at.timestamp()),
            generation: mark.generation,
        };
        let token = encode(&Header::new(Algorithm::HS256), &claims, &self.sign);
        Ok((token.map_err(|e| AppError::Internal(format!("a token could not be signed: {e}")))?, expires_at))
    }

    fn open(&self, token: &str, now: Timestamp) -> Result<Claims, AccessError> {
        if token.len() > MAX_TOKEN_BYTES {
            return Err(AccessError::Invalid);
        }
        let mut rules = Validation::new(Algorithm::HS256);
        // The hub's own clock decides below; the library would read the machine's.
        rules.validate_exp = false;
        rules.validate_aud = false;
        let claims = decode::<Claims>(token, &self.verify, &rules).map_err(|_| AccessError::Invalid)?.claims;
        // No leeway: both originals give none.
        if now.timestamp() >= claims.exp { Err(AccessError::Expired) } else { Ok(claims) }
    }
}

/// A `jti` carries no time: it must not be guessable.
#[expect(clippy::disallowed_methods, reason = "not an id of a row, but a random mark")]
fn random_id() -> Uuid {
    Uuid::new_v4()
}

/// How a refresh token is stored (crypto contract, section 4).
pub(crate) fn hashed(token: &str) -> String {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, token.as_bytes());
    format!("sha256:{}", hex::encode(digest))
}
