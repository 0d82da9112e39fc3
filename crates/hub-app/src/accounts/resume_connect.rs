//! Goes on with linking: with form answers, or with what the browser brought back from a platform.

use super::begin_connect::{
    Attempt, ConnectProgress, Connecting, context, keep, memory_context, refused, state_digest,
};
use super::link::link;
use crate::{App, AppError, Caller, Result};
use hub_domain::connect::Answers;
use hub_platform_kit::ErrorKind;
use hub_platform_kit::platform::Progress;

/// How long a single-use proof of a platform is remembered: longer than the contract lets one be valid.
const PROOF_MEMORY: std::time::Duration = std::time::Duration::from_hours(48);

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
    /// Form answers or redirect parameters.
    pub answers: Answers,
}

/// Goes on. The attempt is used up, whatever happens; only answers the person may correct keep it alive.
pub async fn resume_connect(app: &App, input: ResumeConnect) -> Result<Connecting> {
    let digest = state_digest(&input.state);
    let tx = app.store().begin().await?;
    let attempt = tx.connect_attempts().take(&digest, app.now()).await?;
    app.commit(tx, Vec::new()).await?;
    let attempt = attempt.ok_or(AppError::InvalidState)?;

    let wrong_browser = match (&attempt.browser, &input.browser) {
        (Some(started), Some(came)) => *started != state_digest(came),
        // An absent cookie is tolerated: a front end on another origin never receives it.
        _ => false,
    };
    let wrong_user = input.caller.as_ref().is_some_and(|c| c.user_id != attempt.user_id);
    if attempt.platform_name != input.platform || wrong_browser || wrong_user {
        return Err(AppError::InvalidState);
    }
    let memory = app
        .sealer()
        .unwrap(&memory_context(&digest), &attempt.memory)
        .and_then(|json| serde_json::from_slice(&json).ok())
        .ok_or(AppError::InvalidState)?;
    let (handle, method) = app
        .platforms()
        .for_linking(&input.platform, Some(&attempt.method))
        .ok_or_else(|| AppError::NotConfigured(input.platform.clone()))?;

    let context = context(app, handle.card(), method, &input.state);
    match handle.resume(&context, &memory, &input.answers).await {
        Ok(Progress::Linked { identity, tokens, proof }) => {
            if let Some(proof) = proof {
                use_up(app, &proof).await?;
            }
            let account = link(app, attempt.user_id, handle.card(), &identity, &tokens).await?;
            Ok(Connecting { state: input.state, progress: ConnectProgress::Linked(account) })
        }
        Ok(Progress::Next { step, memory }) => {
            let next = Attempt { state: &input.state, platform: &input.platform, method, memory: &memory };
            keep(app, attempt.user_id, &next, input.browser, &context).await?;
            Ok(Connecting { state: input.state, progress: ConnectProgress::Step(step) })
        }
        Err(error) => {
            // A mistyped answer may be corrected until the attempt ends; redirects are single use.
            if error.kind == ErrorKind::BadInput && input.caller.is_some() {
                let tx = app.store().begin().await?;
                tx.connect_attempts().insert(&attempt).await?;
                app.commit(tx, Vec::new()).await?;
            }
            Err(refused(&input.platform, error))
        }
    }
}

/// A proof that a platform signed may be used once.
async fn use_up(app: &App, proof: &str) -> Result<()> {
    let tx = app.store().begin().await?;
    let fresh = tx.used_proofs().insert(&state_digest(proof), app.now() + PROOF_MEMORY).await?;
    app.commit(tx, Vec::new()).await?;
    if fresh {
        Ok(())
    } else {
        Err(AppError::Invalid("This sign-in was used before. Please sign in again.".to_owned()))
    }
}
