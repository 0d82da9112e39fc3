//! An attempt to link, as it is remembered between two steps.

use crate::{App, AppError, Result};
use hub_domain::connect::{LinkedIdentity, Step};
use hub_domain::{Timestamp, UserId};
use hub_platform_kit::Secret;
use hub_platform_kit::grant::Tokens;
use hub_store::ConnectAttempt;
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::time::Duration;

/// How long a person may take for one step.
pub const LIFETIME: Duration = Duration::from_mins(10);
/// How long all steps of an attempt may take together, however often the same is asked again.
pub const WHOLE_LIFETIME: Duration = Duration::from_mins(30);

/// An attempt.
#[derive(Clone, Debug)]
pub(super) struct Attempt {
    /// Its single-use key.
    pub(super) state: String,
    /// Who started it.
    pub(super) user_id: UserId,
    /// When they did.
    pub(super) begun: Timestamp,
    /// Published platform name.
    pub(super) platform: String,
    /// Which way of linking.
    pub(super) method: String,
    /// The browser it is bound to.
    pub(super) browser: Option<String>,
    /// Where it stands.
    pub(super) memory: Memory,
}

/// Where an attempt stands. Kept sealed: it holds tokens.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) enum Memory {
    /// The person must do something.
    Step {
        /// What the adapter must remember.
        adapter: Value,
        /// What to do.
        step: Step,
    },
    /// The platform agreed; the person in front of this browser must say that this is meant.
    Agreed(Agreed),
}

/// What the platform agreed to.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Agreed {
    pub(super) identity: LinkedIdentity,
    access: String,
    refresh: Option<String>,
    expires_at: Option<Timestamp>,
}

impl Agreed {
    pub(super) fn new(identity: LinkedIdentity, tokens: &Tokens) -> Self {
        Self {
            identity,
            access: tokens.access.expose_secret().to_owned(),
            refresh: tokens.refresh.as_ref().map(|token| token.expose_secret().to_owned()),
            expires_at: tokens.expires_at,
        }
    }

    pub(super) fn tokens(&self) -> Tokens {
        Tokens {
            access: Secret::from(self.access.clone()),
            refresh: self.refresh.clone().map(Secret::from),
            expires_at: self.expires_at,
        }
    }
}

/// Stores an attempt under the digest of its key.
pub(super) async fn keep(app: &App, attempt: &Attempt, redirect_uri: Option<String>) -> Result<()> {
    let digest = digest(&attempt.state);
    let json = serde_json::to_vec(&attempt.memory).map_err(|e| AppError::Internal(e.to_string()))?;
    let row = ConnectAttempt {
        memory: app.sealer().wrap(&context(&digest), &json),
        state_digest: digest,
        user_id: attempt.user_id,
        platform_name: attempt.platform.clone(),
        method: attempt.method.clone(),
        browser: attempt.browser.as_deref().map(self::digest),
        redirect_uri,
        expires_at: (app.now() + LIFETIME).min(attempt.begun + WHOLE_LIFETIME),
        at: attempt.begun,
    };
    let tx = app.store().begin().await?;
    tx.connect_attempts().insert(&row).await?;
    app.commit(tx, Vec::new()).await
}

/// What a row remembers; `None` when no key opens it.
pub(super) fn open(app: &App, row: &ConnectAttempt) -> Option<Memory> {
    let json = app.sealer().unwrap(&context(&row.state_digest), &row.memory)?;
    serde_json::from_slice(&json).ok()
}

/// Keys are stored and compared as digests only.
pub(super) fn digest(state: &str) -> String {
    hex::encode(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, state.as_bytes()))
}

/// Binds a sealed memory to its attempt.
fn context(digest: &str) -> String {
    format!("hub_connect_attempts.memory.{digest}")
}
