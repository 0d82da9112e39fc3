//! Goes on with linking: with form answers, or with what the browser brought back from a platform.

use super::attempt::{self, Agreed, Attempt, Memory, digest};
use super::begin_connect::{ConnectProgress, Connecting, context, refused};
use super::link::link;
use super::reach::reach;
use crate::{App, AppError, Caller, Result};
use hub_domain::connect::Answers;
use hub_platform_kit::ErrorKind;
use hub_platform_kit::platform::Progress;
use hub_store::ConnectAttempt;

/// How long a single-use proof of a platform is remembered: longer than the contract lets one be valid.
const PROOF_MEMORY: std::time::Duration = std::time::Duration::from_hours(48);

/// How the answers came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// A program posted them.
    Program,
    /// A browser was sent here by the platform. Anybody can be made to open a platform's page, so a browser that does not
    /// carry the attempt's cookie must ask the person first.
    Redirect,
}

/// What came back.
#[derive(Clone, Debug)]
pub struct ResumeConnect {
    /// Published platform name.
    pub platform: String,
    /// The attempt's key.
    pub state: String,
    /// Who is signed in, if the request says so; must then be who started.
    pub caller: Option<Caller>,
    /// The browser's value; if it has one it must be the one that started.
    pub browser: Option<String>,
    /// How it came.
    pub arrival: Arrival,
    /// Form answers or redirect parameters.
    pub answers: Answers,
}

/// Goes on. The attempt is used up, whatever happens; only answers the person may correct keep it alive.
pub async fn resume_connect(app: &App, input: ResumeConnect) -> Result<Connecting> {
    let row = take(app, &input.state).await?;
    let wrong_browser = match (&row.browser, &input.browser) {
        (Some(started), Some(came)) => *started != digest(came),
        _ => false,
    };
    let wrong_user = input.caller.as_ref().is_some_and(|c| c.user_id != row.user_id);
    if row.platform_name != input.platform || wrong_browser || wrong_user {
        return Err(AppError::InvalidState);
    }
    // What waits for a decision in a browser is decided on the hub's page only.
    let Some(Memory::Step { adapter, .. }) = attempt::open(app, &row) else { return Err(AppError::InvalidState) };
    let (handle, method) = app
        .platforms()
        .for_linking(&input.platform, Some(&row.method))
        .ok_or_else(|| AppError::NotConfigured(input.platform.clone()))?;

    let mut context = context(app, handle.card(), method, &input.state);
    // The very address the platform was told; it may have changed in the settings since.
    context.redirect_uri.clone_from(&row.redirect_uri);
    // A program, a person who is signed in, or the browser that started: nobody else could have been made to come here.
    let same_browser = row.browser.is_some() && input.browser.is_some();
    let bound = input.arrival == Arrival::Program || input.caller.is_some() || same_browser;
    let refusal = match handle.reaches(&context, &adapter, &input.answers) {
        Some(whom) => reach(app, row.user_id, &row.platform_name, &whom).await?,
        None => None,
    };
    let outcome = match refusal {
        Some(refusal) => Err(refusal),
        None => handle.resume(&context, &adapter, &input.answers).await,
    };
    match outcome {
        Ok(Progress::Linked { identity, tokens, proof }) => {
            if let Some(proof) = proof {
                use_up(app, &proof).await?;
            }
            if !bound {
                let memory = Memory::Agreed(Agreed::new(identity, &tokens));
                return ask_here(app, &row, method, memory).await;
            }
            let account = link(app, row.user_id, handle, method, &identity, &tokens).await?;
            Ok(Connecting { state: input.state, progress: ConnectProgress::Linked(account) })
        }
        Ok(Progress::Next { step, memory: adapter }) => {
            let memory = Memory::Step { adapter, step: step.clone() };
            if input.arrival == Arrival::Redirect {
                return ask_here(app, &row, method, memory).await;
            }
            let next = Attempt {
                state: input.state.clone(),
                user_id: row.user_id,
                begun: row.at,
                platform: input.platform,
                method: method.to_owned(),
                browser: input.browser,
                memory,
            };
            attempt::keep(app, &next, context.redirect_uri).await?;
            Ok(Connecting { state: input.state, progress: ConnectProgress::Step(step) })
        }
        Err(error) => {
            // A mistyped answer may be corrected until the attempt ends, and what passes waited for; redirects are single use.
            let passes = matches!(
                error.kind,
                ErrorKind::BadInput | ErrorKind::RateLimited { .. } | ErrorKind::Transient { maybe_applied: false }
            );
            if passes && input.caller.is_some() && input.arrival == Arrival::Program {
                let tx = app.store().begin().await?;
                tx.connect_attempts().insert(&row).await?;
                app.commit(tx, Vec::new()).await?;
            }
            // Our own sentences may stand in an address; what a platform said may not.
            if input.arrival == Arrival::Redirect && error.status.is_some() {
                return Err(AppError::Platform { platform: input.platform, error });
            }
            Err(refused(&input.platform, error))
        }
    }
}

/// Takes an attempt; it is gone then.
pub(super) async fn take(app: &App, state: &str) -> Result<ConnectAttempt> {
    let tx = app.store().begin().await?;
    let taken = tx.connect_attempts().take(&digest(state), app.now()).await?;
    app.commit(tx, Vec::new()).await?;
    taken.ok_or(AppError::InvalidState)
}

/// Forgets an attempt that the platform or the person ended. One that is not there is fine.
pub async fn abandon(app: &App, state: &str) -> Result<()> {
    match take(app, state).await {
        Ok(_) | Err(AppError::InvalidState) => Ok(()),
        Err(error) => Err(error),
    }
}

/// Leaves the decision to the person in front of this browser. The key and the browser's value are new: whoever started the
/// attempt knows the old ones.
async fn ask_here(app: &App, row: &ConnectAttempt, method: &str, memory: Memory) -> Result<Connecting> {
    let random = || crate::clock::random_hex().ok_or_else(|| AppError::Internal("no randomness".to_owned()));
    let (state, browser) = (random()?, random()?);
    let next = Attempt {
        state: state.clone(),
        user_id: row.user_id,
        begun: row.at,
        platform: row.platform_name.clone(),
        method: method.to_owned(),
        browser: Some(browser.clone()),
        memory,
    };
    attempt::keep(app, &next, row.redirect_uri.clone()).await?;
    Ok(Connecting { state, progress: ConnectProgress::Page { browser } })
}

/// A proof that a platform signed may be used once.
pub(super) async fn use_up(app: &App, proof: &str) -> Result<()> {
    let tx = app.store().begin().await?;
    let fresh = tx.used_proofs().insert(&digest(proof), app.now() + PROOF_MEMORY).await?;
    app.commit(tx, Vec::new()).await?;
    if fresh {
        Ok(())
    } else {
        Err(AppError::Invalid("This sign-in was used before. Please sign in again.".to_owned()))
    }
}
