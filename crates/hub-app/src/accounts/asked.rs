//! What an attempt asks for now, without using it up.

use super::attempt::{self, Memory, digest};
use crate::{App, AppError, Caller, Result};
use hub_domain::connect::Step;

/// The step at which the caller's attempt stands.
pub async fn asked(app: &App, caller: &Caller, platform: &str, state: &str) -> Result<Step> {
    let row = app.store().read().connect_attempts().find(&digest(state), app.now()).await?;
    let row = row.filter(|row| row.user_id == caller.user_id && row.platform_name == platform);
    match row.and_then(|row| attempt::open(app, &row)) {
        Some(Memory::Step { step, .. }) => Ok(step),
        Some(Memory::Agreed(_)) | None => Err(AppError::InvalidState),
    }
}
