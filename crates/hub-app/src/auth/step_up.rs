//! A fresh proof of who sits at the hub, for what an open browser alone must not be able to do.

use super::{Caller, login};
use crate::{App, AppError, Result};
use chrono::TimeDelta;
use hub_platform_kit::Secret;
use std::net::IpAddr;

/// The caller's password, given once more.
#[derive(Clone, Debug)]
pub struct Reproof {
    /// As typed.
    pub password: Secret,
    /// Where the request came from.
    pub address: Option<IpAddr>,
}

/// Lets pass who gave the password lately, or gives it now. Guesses are slowed down like those at the log-in.
pub(crate) async fn step_up(app: &App, caller: &Caller, reproof: Option<&Reproof>) -> Result<()> {
    let within = app.settings().step_up_within;
    if within.is_zero() {
        return Ok(());
    }
    let Some(Reproof { password, address }) = reproof else {
        let since = caller.proven_at.map(|at| app.now() - at);
        let fresh = since.is_some_and(|since| since <= TimeDelta::from_std(within).unwrap_or(TimeDelta::MAX));
        return if fresh { Ok(()) } else { Err(AppError::StepUpRequired) };
    };
    let state = app.auth_state();
    let email = caller.email.to_lowercase();
    state.throttle.may_try(&email, *address)?;
    let known = app.store().read().users().by_email(&email).await?.filter(|known| known.user.id == caller.user_id);
    let Some(known) = known else { return Err(AppError::StepUpRequired) };
    let fits = login::fits(app, password, &known.password_hash).await?.is_some();
    state.throttle.settle(&email, *address, fits);
    if fits { Ok(()) } else { Err(AppError::Invalid("This is not the password you sign in here with.".to_owned())) }
}
