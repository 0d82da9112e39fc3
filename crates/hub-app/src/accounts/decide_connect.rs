//! The hub's own page between the platform and the link: what it shows, and what the person decided. Only the browser that came
//! back from the platform can do either.

use super::attempt::{self, Agreed, Attempt, Memory, digest};
use super::begin_connect::{ConnectProgress, Connecting, context, refused};
use super::link::link;
use super::resume_connect::{take, use_up};
use crate::{App, AppError, Result};
use hub_domain::connect::{Answers, Choice, Step};
use hub_platform_kit::platform::Progress;
use hub_platform_kit::{ErrorKind, PlatformHandle};
use hub_store::ConnectAttempt;

/// What the person is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// Published platform name.
    pub platform: String,
    /// Name of the platform for people.
    pub display_name: &'static str,
    /// The hub's user whose inbox will get the messages.
    pub email: String,
    /// What there is to decide.
    pub about: About,
}

/// What there is to decide.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum About {
    /// Whether to link this account.
    Account {
        /// Its name at the platform.
        name: String,
    },
    /// Which of these to link.
    Choice {
        /// What to say above the list.
        title: String,
        /// What there is to choose from.
        options: Vec<Choice>,
    },
}

/// What is asked under this key, in this browser. Looking changes nothing.
pub async fn question(app: &App, state: &str, browser: Option<&str>) -> Result<Question> {
    let session = app.store().read();
    let row = session.connect_attempts().find(&digest(state), app.now()).await?.ok_or(AppError::InvalidState)?;
    same_browser(&row, browser)?;
    let (handle, _) = app
        .platforms()
        .for_linking(&row.platform_name, Some(&row.method))
        .ok_or_else(|| AppError::NotConfigured(row.platform_name.clone()))?;
    let user = session.users().get(row.user_id).await?.ok_or(AppError::InvalidState)?;
    let about = match attempt::open(app, &row) {
        Some(Memory::Agreed(agreed)) => {
            let identity = agreed.identity;
            let name = identity.username.unwrap_or_else(|| identity.remote_id.as_str().to_owned());
            About::Account { name }
        }
        Some(Memory::Step { step: Step::Choose { title, options }, .. }) => About::Choice { title, options },
        _ => return Err(AppError::InvalidState),
    };
    Ok(Question { display_name: handle.card().display_name, platform: row.platform_name, email: user.email, about })
}

/// What the person decided.
#[derive(Clone, Debug)]
pub struct Decision {
    /// The attempt's key.
    pub state: String,
    /// The browser's value.
    pub browser: Option<String>,
    /// The chosen option, where there was a choice.
    pub choice: Option<String>,
}

/// Links what the person decided on.
pub async fn decide(app: &App, decision: Decision) -> Result<Connecting> {
    let row = take(app, &decision.state).await?;
    same_browser(&row, decision.browser.as_deref())?;
    let (handle, method) = app
        .platforms()
        .for_linking(&row.platform_name, Some(&row.method))
        .ok_or_else(|| AppError::NotConfigured(row.platform_name.clone()))?;
    let adapter = match attempt::open(app, &row) {
        Some(Memory::Agreed(agreed)) => return linked(app, &row, handle, &decision.state, &agreed).await,
        Some(Memory::Step { adapter, .. }) => adapter,
        None => return Err(AppError::InvalidState),
    };
    let answers: Answers = decision.choice.iter().map(|choice| ("choice".to_owned(), choice.clone())).collect();
    let context = context(app, handle.card(), method, &decision.state);
    match handle.resume(&context, &adapter, &answers).await {
        // The page named the hub's user and the person chose: that is their word.
        Ok(Progress::Linked { identity, tokens, proof }) => {
            if let Some(proof) = proof {
                use_up(app, &proof).await?;
            }
            linked(app, &row, handle, &decision.state, &Agreed::new(identity, &tokens)).await
        }
        Ok(Progress::Next { step, memory: adapter }) => {
            let next = Attempt {
                state: decision.state.clone(),
                user_id: row.user_id,
                begun: row.at,
                platform: row.platform_name.clone(),
                method: method.to_owned(),
                browser: decision.browser.clone(),
                memory: Memory::Step { adapter, step: step.clone() },
            };
            attempt::keep(app, &next, row.redirect_uri.clone()).await?;
            Ok(Connecting { state: decision.state.clone(), progress: ConnectProgress::Step(step) })
        }
        Err(error) => {
            if error.kind == ErrorKind::BadInput {
                let tx = app.store().begin().await?;
                tx.connect_attempts().insert(&row).await?;
                app.commit(tx, Vec::new()).await?;
            }
            Err(refused(&row.platform_name, error))
        }
    }
}

async fn linked(
    app: &App,
    row: &ConnectAttempt,
    handle: &PlatformHandle,
    state: &str,
    agreed: &Agreed,
) -> Result<Connecting> {
    let account = link(app, row.user_id, handle, &row.method, &agreed.identity, &agreed.tokens()).await?;
    Ok(Connecting { state: state.to_owned(), progress: ConnectProgress::Linked(account) })
}

/// Gives an attempt up; gives the platform's name for the way back.
pub async fn give_up(app: &App, state: &str, browser: Option<&str>) -> Result<String> {
    let row = take(app, state).await?;
    same_browser(&row, browser)?;
    Ok(row.platform_name)
}

fn same_browser(row: &ConnectAttempt, browser: Option<&str>) -> Result<()> {
    match (&row.browser, browser) {
        (Some(bound), Some(came)) if *bound == digest(came) => Ok(()),
        _ => Err(AppError::InvalidState),
    }
}
