//! Disconnecting: the tokens are erased at once; the platform is told, again and again until it has heard.

use super::grants::{open_grant, stored_grant};
use super::subscribe_webhook::previous;
use crate::channels::apply;
use crate::jobs::Outcome;
use crate::{App, AppError, Caller, Result, jobs};
use hub_domain::{AccountId, EventBody, Evidence, EvidenceKind, UserId};
use hub_platform_kit::{Grant, PlatformHandle, Remedy, Secret};
use hub_store::NewEvent;
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Disconnects one of the caller's accounts. Twice is fine. Conversations stay.
pub async fn disconnect(app: &App, caller: &Caller, id: AccountId) -> Result<()> {
    disconnect_for(app, caller.user_id, id, "It was disconnected.").await
}

/// The same for its owner; `words` say how it came about.
pub(crate) async fn disconnect_for(app: &App, owner: UserId, id: AccountId, words: &str) -> Result<()> {
    let account = app.store().read().accounts().find(owner, id).await?.ok_or(AppError::AccountNotFound)?;
    let grant = if account.is_active { last_grant(app, id).await } else { None };
    let now = app.now();
    let tx = app.store().begin().await?;
    tx.accounts().disconnect(owner, id, now).await?;
    let evidence = Evidence::new(EvidenceKind::Disconnected, words, now);
    apply(app, &tx, &account, &evidence).await?;
    if let Some(grant) = grant {
        tx.jobs().enqueue_many(&[jobs::revoke_grant(id, sealed_for_revoking(app, &grant)?, now)]).await?;
    }
    let body = EventBody::AccountChanged { account_id: id };
    let events = if account.is_active { vec![NewEvent { user_id: owner, at: now, body }] } else { Vec::new() };
    app.commit(tx, events).await?;
    app.bus().wake_workers();
    Ok(())
}

/// The grant, renewed if need be; one that cannot be renewed now may still be good for taking itself back.
async fn last_grant(app: &App, id: AccountId) -> Option<Grant> {
    let opened = match open_grant(app, id).await {
        Ok(opened) => Ok(opened),
        Err(_) => stored_grant(app, id).await,
    };
    opened.ok().map(|(_, grant)| grant)
}

/// What is kept of a grant, sealed, until the platform has heard.
#[derive(Serialize, Deserialize)]
struct Kept {
    access: String,
    refresh: Option<String>,
    facts: Value,
}

fn grant_context(id: AccountId) -> String {
    format!("revoke_grant.{id}")
}

/// What the job needs of a grant, sealed.
pub(super) fn sealed_for_revoking(app: &App, grant: &Grant) -> Result<String> {
    let kept = Kept {
        access: grant.access_token.expose_secret().to_owned(),
        refresh: grant.refresh_token.as_ref().map(|token| token.expose_secret().to_owned()),
        facts: grant.facts.clone(),
    };
    let kept = serde_json::to_vec(&kept).map_err(|e| AppError::Internal(e.to_string()))?;
    Ok(app.sealer().wrap(&grant_context(grant.account_id), &kept))
}

/// The job: takes the webhook and the permission back at the platform, unless somebody else here still uses them.
pub async fn revoke_grant(app: &App, id: AccountId, sealed: &str) -> Outcome {
    match try_revoke(app, id, sealed).await {
        Ok(outcome) => outcome,
        Err(error) => jobs::again(&error),
    }
}

async fn try_revoke(app: &App, id: AccountId, sealed: &str) -> Result<Outcome> {
    let session = app.store().read();
    let Some(account) = session.accounts().get(id).await? else { return Ok(Outcome::Done) };
    let own_session = app.handle_of(&account)?.card().own_sessions;
    if account.is_active && !own_session {
        return Ok(Outcome::Done); // linked again in the meantime
    }
    let kept = app.sealer().unwrap(&grant_context(id), sealed).and_then(|json| serde_json::from_slice(&json).ok());
    let Some(Kept { access, refresh, facts }) = kept else {
        return Ok(Outcome::Dead { why: "no key opens the grant".to_owned() });
    };
    let grant = Grant {
        account_id: id,
        remote_id: account.remote_id.clone(),
        access_token: Secret::from(access),
        refresh_token: refresh.map(Secret::from),
        expires_at: None,
        facts,
    };
    let handle = app.handle_of(&account)?;
    if own_session {
        let current = if account.is_active { stored_grant(app, id).await.ok() } else { None };
        // Only a session that nobody uses any more.
        return Ok(match current {
            Some((_, current)) if current.token() == grant.token() => Outcome::Done,
            _ => revoked(handle, &grant).await,
        });
    }
    let subscriber = handle.subscriber(&grant);
    let name = account.platform_name.as_str();
    if session.accounts().count_active_elsewhere(name, &account.remote_id, id).await? > 0 {
        return Ok(Outcome::Done);
    }
    if let Some(subscriber) = subscriber
        && let Some(subscription) =
            session.subscriptions().by_account(name, account.kind.as_deref(), &subscriber).await?
    {
        let previous = previous(app, &subscription);
        if let Err(error) = handle.unsubscribe(&grant, Some(&previous)).await
            && let Some(outcome) = worth_repeating(&error)
        {
            return Ok(outcome);
        }
        let tx = app.store().begin().await?;
        tx.subscriptions().delete(subscription.id).await?;
        app.commit(tx, Vec::new()).await?;
    }
    if session.accounts().count_of_same_grantor(id).await? > 0 {
        return Ok(Outcome::Done); // others here would lose it as well
    }
    Ok(revoked(handle, &grant).await)
}

async fn revoked(handle: &PlatformHandle, grant: &Grant) -> Outcome {
    match handle.revoke(grant).await {
        Ok(()) => Outcome::Done,
        Err(error) => worth_repeating(&error).unwrap_or(Outcome::Done),
    }
}

/// Only trouble that passes is worth repeating: a dead grant or "not offered" means there is nothing left to take back.
fn worth_repeating(error: &hub_platform_kit::PlatformError) -> Option<Outcome> {
    let why = error.to_string();
    match error.kind.remedy(true) {
        Remedy::RetryLater | Remedy::Unconfirmed => Some(Outcome::Again { after: None, counts: true, why }),
        Remedy::RetryAfter(wait) => Some(Outcome::Again { after: Some(wait), counts: false, why }),
        Remedy::Fail | Remedy::MarkAccount | Remedy::RestPlatform => None,
    }
}
