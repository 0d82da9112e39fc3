//! Starts linking an account. What must be remembered is kept sealed under a random, single-use key that is bound to the user,
//! the platform and the browser.

use super::attempt::{self, Attempt, Memory};
use super::link::link;
use super::resume_connect::{Arrival, ResumeConnect, resume_connect};
use crate::auth::{Reproof, step_up};
use crate::{App, AppError, Caller, Result};
use hub_domain::connect::{Answers, Step};
use hub_domain::{Account, Timestamp};
use hub_platform_kit::platform::{ConnectContext, Progress};
use hub_platform_kit::{Card, ErrorKind, PlatformError};

/// What to link.
#[derive(Clone, Debug, Default)]
pub struct BeginConnect {
    /// Published platform name.
    pub platform: String,
    /// One of the card's methods; `None` = the first.
    pub method: Option<String>,
    /// Answers known beforehand, so that a program needs one call.
    pub answers: Option<Answers>,
    /// A random value that only this browser holds.
    pub browser: Option<String>,
    /// The caller's password, given once more for what wants a fresh proof.
    pub reproof: Option<Reproof>,
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
#[expect(clippy::large_enum_variant, reason = "made once per sign-in")]
pub enum ConnectProgress {
    /// The person must act.
    Step(Step),
    /// The person must decide on the hub's own page, in this very browser: whoever opened the platform's page may not be
    /// whoever asked for the link.
    Page {
        /// The value for this browser's cookie.
        browser: String,
    },
    /// Done.
    Linked(Account),
}

/// Starts linking.
pub async fn begin_connect(app: &App, caller: &Caller, input: BeginConnect) -> Result<Connecting> {
    let platforms = app.platforms();
    let found = platforms.for_linking(&input.platform, input.method.as_deref());
    let (handle, method) = found.ok_or_else(|| match &input.method {
        Some(method) if platforms.for_linking(&input.platform, None).is_some() => {
            AppError::Invalid(format!("{} has no way to link named {method}", input.platform))
        }
        _ => AppError::NotConfigured(input.platform.clone()),
    })?;
    if handle.card().way(method).is_some_and(|way| way.full_access) && handle.not_configured().is_none() {
        step_up(app, caller, input.reproof.as_ref()).await?;
    }
    let state = crate::clock::random_hex().ok_or_else(|| AppError::Internal("no randomness".to_owned()))?;
    let context = context(app, handle.card(), method, &state);
    let progress = handle.begin(&context).await.map_err(|e| refused(&input.platform, e))?;
    match progress {
        Progress::Linked { identity, tokens, .. } => {
            let account = link(app, caller.user_id, handle, method, &identity, &tokens).await?;
            Ok(Connecting { state, progress: ConnectProgress::Linked(account) })
        }
        Progress::Next { step, memory } => {
            let memory = Memory::Step { adapter: memory, step: step.clone() };
            let attempt = Attempt {
                state: state.clone(),
                user_id: caller.user_id,
                begun: app.now(),
                platform: input.platform.clone(),
                method: method.to_owned(),
                browser: input.browser.clone(),
                memory,
            };
            attempt::keep(app, &attempt, context.redirect_uri.clone()).await?;
            match input.answers {
                Some(answers) if !matches!(step, Step::Redirect { .. }) => {
                    let resume = ResumeConnect {
                        platform: input.platform,
                        state,
                        caller: Some(caller.clone()),
                        browser: input.browser,
                        arrival: Arrival::Program,
                        answers,
                    };
                    Box::pin(resume_connect(app, resume)).await
                }
                _ => Ok(Connecting { state, progress: ConnectProgress::Step(step) }),
            }
        }
    }
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

/// A platform's refusal while linking: bad input is the person's to correct, missing settings the operator's.
pub(super) fn refused(platform: &str, error: PlatformError) -> AppError {
    match error.kind {
        ErrorKind::BadInput => AppError::Invalid(error.message),
        ErrorKind::Misconfigured => AppError::NotConfigured(platform.to_owned()),
        _ => AppError::Platform { platform: platform.to_owned(), error },
    }
}
