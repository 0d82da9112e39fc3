//! How the app's address and an account's subscriptions stand. Both lists are the app's, so many accounts share one look.

use super::Twitter;
use super::hooks::{Hook, Subscribed};
use super::webhook::NEEDED;
use hub_platform_kit::webhook::{Inquiry, Inspection, Report};
use hub_platform_kit::{ErrorKind, Grant, Result};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::Mutex;

/// A look at the lists serves for this long: the accounts of one round, whose budget is the app's.
const FRESH: Duration = Duration::from_secs(5);

/// The last look.
#[derive(Debug, Default)]
pub(super) struct Looks(Mutex<Option<(Instant, Arc<Lists>)>>);

impl Looks {
    /// The next one who asks looks anew.
    pub(super) async fn forget(&self) {
        *self.0.lock().await = None;
    }
}

#[derive(Debug)]
struct Lists {
    hooks: Vec<Hook>,
    subscriptions: Vec<Subscribed>,
}

/// Asks whether X calls the hub for this account.
pub(super) async fn inspect(x: &Twitter, grant: &Grant, inquiry: &Inquiry) -> Result<Inspection> {
    let lists = look(x).await?;
    let Some(hook) = lists.hooks.iter().find(|hook| hook.url == inquiry.url.as_str()) else {
        return Ok(match lists.hooks.first() {
            Some(other) => inquiry.judge(&other.url),
            None => Inspection::Gone { why: "X has no address to call" },
        });
    };
    if !hook.valid {
        return Ok(Inspection::Gone { why: "X has marked the hub's address as not working" });
    }
    let user = grant.remote_id.as_str();
    let of_account =
        |kind: &str| lists.subscriptions.iter().find(|one| one.event_type == kind && one.user.as_deref() == Some(user));
    let found: Vec<_> = NEEDED.iter().filter_map(|kind| of_account(kind)).collect();
    if found.iter().any(|one| one.webhook.as_deref().is_some_and(|at| at != hook.id)) {
        let elsewhere =
            found.iter().find_map(|one| lists.hooks.iter().find(|hook| Some(&hook.id) == one.webhook.as_ref()));
        return Ok(elsewhere.map_or(Inspection::Gone { why: "X calls another address for this account" }, |hook| {
            inquiry.judge(&hook.url)
        }));
    }
    if found.len() == NEEDED.len() {
        return Ok(Inspection::Standing(Report::default()));
    }
    // An app may have the older way alone.
    match x.api.account_is_subscribed(grant.token(), &hook.id).await {
        Ok(true) => Ok(Inspection::Standing(Report::default())),
        Ok(false) => Ok(Inspection::Gone { why: "X does not know the account's subscription any more" }),
        Err(error) if matches!(error.kind, ErrorKind::NotFound | ErrorKind::Rejected | ErrorKind::Misconfigured) => {
            Ok(Inspection::Gone { why: "X does not know the account's subscription any more" })
        }
        Err(error) => Err(error),
    }
}

/// The lists, as fresh as they must be. Whoever comes meanwhile waits for the same look.
async fn look(x: &Twitter) -> Result<Arc<Lists>> {
    let mut last = x.looks.0.lock().await;
    if let Some((at, lists)) = &*last
        && at.elapsed() < FRESH
    {
        return Ok(lists.clone());
    }
    let lists = Lists { hooks: x.api.hooks().await?, subscriptions: x.api.subscriptions().await? };
    let lists = Arc::new(lists);
    *last = Some((Instant::now(), lists.clone()));
    Ok(lists)
}
