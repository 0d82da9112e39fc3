//! Renewal: every refresh token is used once. The front end of the originals never stores the new one and renews twice in
//! parallel, so a token rotated moments ago still works, and a cookie can stand in for it (contract, `http.md` 3.3).

use super::throttle::Attempt;
use super::tokens::Mark;
use super::{Session, is_standing, start_session, tokens};
use crate::{App, AppError, Result};
use hub_domain::{Timestamp, UserId};
use hub_platform_kit::Secret;
use hub_store::RefreshToken;
use secrecy::ExposeSecret;
use std::net::IpAddr;
use uuid::Uuid;

const INVALID: AppError = AppError::BadRefreshToken("Invalid refresh token");
const REVOKED: AppError = AppError::BadRefreshToken("Refresh token has been revoked");
const EXPIRED: AppError = AppError::BadRefreshToken("Refresh token has expired");

/// What a renewal presents.
#[derive(Clone, Debug)]
pub struct Refresh {
    /// The token of the body.
    pub token: Secret,
    /// The token of the rotation cookie.
    pub cookie: Option<Secret>,
    /// Where the request came from.
    pub address: Option<IpAddr>,
}

/// Renews.
pub async fn refresh(app: &App, input: Refresh) -> Result<Session> {
    app.auth_state().throttle.admit(Attempt::Refresh, input.address)?;
    let presented = known(app, input.token.expose_secret()).await?.ok_or(INVALID)?;
    let mark = app.auth_state().tokens.mark(input.token.expose_secret(), app.now());
    // What is made of it belongs to the same generation: a renewal that overtakes the end of the sessions is over as well.
    if !is_standing(app, presented.user_id, mark.generation).await? {
        return Err(REVOKED);
    }
    let mut stands = standing(app, &presented, app.now());
    let mut token = presented;
    if matches!(stands, Standing::Revoked)
        && let Some((descendant, its)) = descendant(app, &token, input.cookie.as_ref()).await?
    {
        (token, stands) = (descendant, its);
    }
    match stands {
        Standing::Good => rotate(app, token, mark).await,
        Standing::Expired => Err(EXPIRED),
        Standing::Graced => again(app, token.user_id, family(&token), mark).await,
        Standing::Revoked => {
            if token.replaced_at.is_some() {
                tracing::warn!(user = %token.user_id, "a refresh token was presented again long after its rotation");
            }
            Err(REVOKED)
        }
    }
}

enum Standing {
    Good,
    /// Rotated moments ago.
    Graced,
    Revoked,
    Expired,
}

fn standing(app: &App, token: &RefreshToken, now: Timestamp) -> Standing {
    let grace = app.settings().refresh_grace;
    match (token.revoked_at, token.replaced_at) {
        (None, _) if token.expires_at <= now => Standing::Expired,
        (None, _) => Standing::Good,
        (Some(_), Some(replaced)) if (now - replaced).to_std().unwrap_or_default() < grace => Standing::Graced,
        (Some(_), _) => Standing::Revoked,
    }
}

/// The row of a token that is ours and not over.
async fn known(app: &App, token: &str) -> Result<Option<RefreshToken>> {
    if !app.auth_state().tokens.is_refresh(token, app.now()) {
        return Ok(None);
    }
    Ok(app.store().read().refresh_tokens().find(&[token, &tokens::hashed(token)]).await?)
}

/// All tokens of one log-in. A row of an original starts its own.
fn family(token: &RefreshToken) -> Uuid {
    token.family.unwrap_or(token.id)
}

async fn rotate(app: &App, token: RefreshToken, mark: Mark) -> Result<Session> {
    let family = family(&token);
    let user = app.store().read().users().get(token.user_id).await?.ok_or(INVALID)?;
    let tx = app.store().begin().await?;
    if token.family.is_none() {
        tx.refresh_tokens().adopt(token.id, family).await?;
    }
    if !tx.refresh_tokens().replace(token.id, app.now()).await? {
        // Another request was faster; this one gets the grace of the honest race, or the refusal of a log-out.
        tx.rollback().await?;
        let now_stands = app.store().read().refresh_tokens().by_id(token.id).await?.ok_or(INVALID)?;
        return match standing(app, &now_stands, app.now()) {
            Standing::Graced => again(app, token.user_id, family, mark).await,
            _ => Err(REVOKED),
        };
    }
    let session = start_session(app, &tx, user, Some(family), mark).await?;
    app.commit(tx, Vec::new()).await?;
    Ok(session)
}

/// Another valid pair of the same log-in.
async fn again(app: &App, user_id: UserId, family: Uuid, mark: Mark) -> Result<Session> {
    let user = app.store().read().users().get(user_id).await?.ok_or(INVALID)?;
    let tx = app.store().begin().await?;
    let session = start_session(app, &tx, user, Some(family), mark).await?;
    app.commit(tx, Vec::new()).await?;
    Ok(session)
}

/// The cookie's token, if it still works and is of the same log-in as a token that was revoked by rotation. One that was rotated
/// moments ago works too: of two renewals at once the slower one still carries the cookie that the faster one has just used.
async fn descendant(
    app: &App,
    presented: &RefreshToken,
    cookie: Option<&Secret>,
) -> Result<Option<(RefreshToken, Standing)>> {
    let (Some(cookie), Some(_)) = (cookie, presented.replaced_at) else { return Ok(None) };
    let Some(token) = known(app, cookie.expose_secret()).await? else { return Ok(None) };
    let same = token.user_id == presented.user_id && family(&token) == family(presented);
    let stands = standing(app, &token, app.now());
    Ok((same && matches!(stands, Standing::Good | Standing::Graced)).then_some((token, stands)))
}
