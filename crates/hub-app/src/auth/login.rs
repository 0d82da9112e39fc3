//! Log-in. An unknown address and a wrong password get the same answer after the same work.

use super::throttle::Attempt;
use super::tokens::Mark;
use super::{Credentials, Session, legacy_passwords, passwords, start_session};
use crate::{App, AppError, Result};
use hub_platform_kit::Secret;
use secrecy::ExposeSecret;

/// Signs in.
pub async fn login(app: &App, input: Credentials) -> Result<Session> {
    let state = app.auth_state();
    let email = input.email.to_lowercase();
    state.throttle.admit(Attempt::Login, input.address)?;
    state.throttle.may_try(&email, input.address)?;

    let known = app.store().read().users().by_email(&email).await?;
    let hash = match &known {
        Some(stored) => stored.password_hash.clone(),
        None => state.passwords.dummy_hash().await?.to_owned(),
    };
    let fits = fits(app, &input.password, &hash).await?;
    let (Some(stored), Some(fit)) = (known, fits) else {
        state.throttle.settle(&email, input.address, false);
        return Err(AppError::BadCredentials);
    };
    state.throttle.settle(&email, input.address, true);

    let now = app.now();
    let rehashed = match fit {
        Fit::AsTyped => None,
        Fit::Altered => Some(state.passwords.hash(&input.password).await?),
    };
    let tx = app.store().begin().await?;
    let standing = tx.users().standing(stored.user.id).await?;
    if standing.deactivated_at.is_some() {
        return Err(AppError::Deactivated);
    }
    if let Some(hash) = rehashed {
        tx.users().set_password_hash(stored.user.id, &hash, now).await?;
    }
    let mark = Mark { proven: Some(now), generation: standing.generation };
    let session = start_session(app, &tx, stored.user, None, mark).await?;
    app.commit(tx, Vec::new()).await?;
    Ok(session)
}

/// How a password fits.
pub(super) enum Fit {
    /// As it was typed.
    AsTyped,
    /// An original altered the password before hashing; the real one is hashed now.
    Altered,
}

/// Whether a password fits a hash, and how.
pub(super) async fn fits(app: &App, password: &Secret, hash: &str) -> Result<Option<Fit>> {
    let pool = &app.auth_state().passwords;
    if pool.verify(password, hash).await? {
        return Ok(Some(Fit::AsTyped));
    }
    for form in legacy_passwords::altered_forms(password) {
        if pool.verify(&form, hash).await? {
            // A password beyond bcrypt's reach stays as it is stored.
            let short = password.expose_secret().len() <= passwords::MAX_BYTES;
            return Ok(Some(if short { Fit::Altered } else { Fit::AsTyped }));
        }
    }
    Ok(None)
}
