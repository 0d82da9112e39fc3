//! Is the hub able to do its work?

use crate::{App, AppError, Result};
use std::time::Duration;

/// Longest wait for the database to say so.
const PING_LIMIT: Duration = Duration::from_secs(2);

/// Asks the database.
pub async fn check(app: &App) -> Result<()> {
    match tokio::time::timeout(PING_LIMIT, app.store().ping()).await {
        Ok(answer) => Ok(answer?),
        Err(_) => Err(AppError::Unavailable),
    }
}
