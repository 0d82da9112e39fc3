//! Holds the lines that must stay open: one task per line, one process per line.

use crate::worker_name;
use hub_app::sync::{self, Line, lines::WAIT};
use hub_app::{App, AppError, Signal};
use hub_domain::{AccountId, EventBody};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// How often the list of lines is made anew, beside every change of an account.
const LOOK: Duration = Duration::from_secs(30);
/// Pause before a line that another process holds is tried again.
const TAKEN: Duration = Duration::from_secs(5);
/// A wait that brings nothing sooner than this was no wait; the next one comes after this long.
const TOO_QUICK: Duration = Duration::from_secs(1);
/// First and longest pause after a failure.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_mins(1);

pub(crate) async fn run(app: App, stop: CancellationToken) {
    let holder: Arc<str> = worker_name("lines").into();
    let mut signals = app.bus().subscribe();
    let mut tasks = JoinSet::new();
    let mut held: HashMap<String, (Line, CancellationToken)> = HashMap::new();
    loop {
        while tasks.try_join_next().is_some() {}
        match sync::wanted_lines(&app).await {
            Ok(wanted) => {
                held.retain(|_, (line, end)| {
                    let stays = wanted.contains(line) && !end.is_cancelled();
                    if !stays {
                        end.cancel();
                    }
                    stays
                });
                for line in wanted {
                    if held.contains_key(&line.key) {
                        continue;
                    }
                    let end = stop.child_token();
                    held.insert(line.key.clone(), (line.clone(), end.clone()));
                    tasks.spawn(hold(app.clone(), line, holder.clone(), end));
                }
            }
            Err(error) => tracing::debug!(%error, "the lines could not be listed"),
        }
        tokio::select! {
            () = account_changed(&mut signals, None) => {}
            () = tokio::time::sleep(LOOK) => {}
            () = stop.cancelled() => break,
        }
    }
    while tasks.join_next().await.is_some() {}
}

/// Until something about an account changes; `None` = any.
async fn account_changed(signals: &mut hub_app::Listener, one: Option<AccountId>) {
    let is_meant = |body: &EventBody| match body {
        EventBody::AccountChanged { account_id } => one.is_none_or(|one| one == *account_id),
        _ => false,
    };
    while let Some(signal) = signals.next().await {
        match &*signal {
            Signal::Event(event) if is_meant(&event.body) => return,
            Signal::CatchUp => return,
            _ => {}
        }
    }
    std::future::pending::<()>().await;
}

/// One line until it ends: not wanted any more, or its grant died.
async fn hold(app: App, line: Line, holder: Arc<str>, end: CancellationToken) {
    let mut pause = FIRST_PAUSE;
    let mut prepared = false;
    let mut signals = app.bus().subscribe();
    while !end.is_cancelled() {
        let started = tokio::time::Instant::now();
        let step = async {
            if !sync::hold_line(&app, &line.key, &holder).await? {
                return Ok(None);
            }
            if !prepared {
                sync::prepare_pull(&app, line.account).await?;
                prepared = true;
            }
            sync::pull_account(&app, line.account, WAIT).await.map(Some)
        };
        let outcome = tokio::select! {
            outcome = step => outcome,
            // How long to wait, and what comes of it, depends on how the account stands; waiting that is cut off loses nothing.
            () = account_changed(&mut signals, Some(line.account)), if line.own => continue,
            () = end.cancelled() => break,
        };
        let rest = match outcome {
            Ok(Some(pulled)) => {
                pause = FIRST_PAUSE;
                if pulled.messages > 0 || pulled.more {
                    continue;
                }
                TOO_QUICK.saturating_sub(started.elapsed())
            }
            Ok(None) => {
                // It may have been ours until now.
                sync::close_line(&app, &line).await;
                TAKEN
            }
            Err(AppError::AccountInactive | AppError::AccountNotFound | AppError::AccountNeedsReauth) => break,
            Err(error) => {
                tracing::warn!(line = line.key, %error, "a line broke; trying again");
                // Somebody else may have switched the way in.
                prepared = false;
                pause = (pause * 2).min(LONGEST_PAUSE);
                pause
            }
        };
        tokio::select! {
            () = tokio::time::sleep(rest) => {}
            () = end.cancelled() => break,
        }
    }
    end.cancel();
    // First the line, then the right to it: whoever takes it over must be the only one.
    sync::close_line(&app, &line).await;
    if let Err(error) = sync::drop_line(&app, &line.key, &holder).await {
        tracing::debug!(%error, "a line could not be given back; its lease will end");
    }
}
