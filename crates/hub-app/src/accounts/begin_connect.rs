//! Starts linking an account. What the adapter must remember is kept sealed under a random, single-use key that is bound to
//! the user, the platform and the browser.

use super::link::link;
use super::resume_connect::{ResumeConnect, resume_connect};
use crate::{App, AppError, Caller, Result};
use hub_domain::connect::{Answers, Step};
use hub_domain::{Account, Timestamp};
use hub_platform_kit::platform::{ConnectContext, Progress};
use hub_platform_kit::{Card, ErrorKind, PlatformError};
use hub_store::ConnectAttempt;
use std::time::Duration;

/// How long a person may take.
pub const ATTEMPT_LIFETIME: Duration = Duration::from_mins(10);

/// What to link.
#[derive(Clone, Debug)]
pub struct BeginConnect {
    /// Published platform name.
    pub platform: String,
    /// One of the card's methods; `None` = the first.
    pub method: Option<String>,
    /// Answers known beforehand, so that a program needs one call.
    pub answers: Option<Answers>,
    /// A random value that only this browser holds.
    pub browser: Option<String>,
}

/// Where linking stands.
#[derive(Clone, Debug)]
pub struct Connecting {
    /// The key of this attempt: 64 hex digits, single use.
    pub state: String,
    /// What comes next.
    pub progress: ConnectProgress,
}

/// What comes next.
#[derive(Clone, Debug)]
pub enum ConnectProgress {
    /// The person must act.
    Step(Step),
    /// Done.
    Linked(Account),
}

/// Starts linking.
pub async fn begin_connect(app: &App, caller: &Caller, input: BeginConnect) -> Result<Connecting> {
    let (handle, method) = app
        .platforms()
        .for_linking(&input.platform, input.method.as_deref())
        .ok_or_else(|| AppError::NotConfigured(input.platform.clone()))?;
    let state = crate::clock::random_hex().ok_or_else(|| AppError::Internal("no randomness".to_owned()))?;
    let context = context(app, handle.card(), method, &state);
    let progress = handle.begin(&context).await.map_err(|e| refused(&input.platform, e))?;
    match progress {
        Progress::Linked { identity, tokens, .. } => {
            let account = link(app, caller.user_id, handle.card(), &identity, &tokens).await?;
            Ok(Connecting { state, progress: ConnectProgress::Linked(account) })
        }
        Progress::Next { step, memory } => {
            let attempt = Attempt { state: &state, platform: &input.platform, method, memory: &memory };
            keep(app, caller.user_id, &attempt, input.browser.clone(), &context).await?;
            match input.answers {
                Some(answers) if !matches!(step, Step::Redirect { .. }) => {
                    let resume = ResumeConnect {
                        platform: input.platform,
                        state,
                        caller: Some(caller.clone()),
                        browser: input.browser,
                        answers,
                    };
                    Box::pin(resume_connect(app, resume)).await
                }
                _ => Ok(Connecting { state, progress: ConnectProgress::Step(step) }),
            }
        }
    }
}

/// What is remembered of an attempt.
pub(super) struct Attempt<'a> {
    pub(super) state: &'a str,
    pub(super) platform: &'a str,
    pub(super) method: &'a str,
    pub(super) memory: &'a serde_json::Value,
}

/// Stores an attempt under the digest of its key.
pub(super) async fn keep(
    app: &App,
    user_id: hub_domain::UserId,
    attempt: &Attempt<'_>,
    browser: Option<String>,
    context: &ConnectContext,
) -> Result<()> {
    let digest = state_digest(attempt.state);
    let memory = app.sealer().wrap(&memory_context(&digest), attempt.memory.to_string().as_bytes());
    let tx = app.store().begin().await?;
    let row = ConnectAttempt {
        state_digest: digest,
        user_id,
        platform_name: attempt.platform.to_owned(),
        method: attempt.method.to_owned(),
        memory,
        browser: browser.map(|b| state_digest(&b)),
        redirect_uri: context.redirect_uri.clone(),
        expires_at: context.now + ATTEMPT_LIFETIME,
        at: context.now,
    };
    tx.connect_attempts().insert(&row).await?;
    app.commit(tx, Vec::new()).await
}

/// What an adapter may know of its surroundings.
pub(super) fn context(app: &App, card: &Card, method: &str, state: &str) -> ConnectContext {
    let now: Timestamp = app.now();
    ConnectContext {
        method: method.to_owned(),
        state: state.to_owned(),
        redirect_uri: app.settings().public_url.as_ref().map(|base| format!("{base}{}", card.callback_path)),
        frontend_url: app.settings().frontend_url.clone().or_else(|| app.settings().public_url.clone()),
        now,
    }
}

/// Keys are stored and compared as digests only.
pub(super) fn state_digest(state: &str) -> String {
    hex::encode(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, state.as_bytes()))
}

/// Binds a sealed memory to its attempt.
pub(super) fn memory_context(digest: &str) -> String {
    format!("hub_connect_attempts.memory.{digest}")
}

/// A platform's refusal while linking: bad input is the person's to correct, missing settings the operator's.
pub(super) fn refused(platform: &str, error: PlatformError) -> AppError {
    match error.kind {
        ErrorKind::BadInput => AppError::Invalid(error.message),
        ErrorKind::Misconfigured => AppError::NotConfigured(platform.to_owned()),
        _ => AppError::Platform { platform: platform.to_owned(), error },
    }
}
