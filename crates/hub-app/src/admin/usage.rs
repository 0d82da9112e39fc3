//! Who asked for what.

use crate::{App, AppError, Result};
use hub_store::{FindUsage, Slice, UsageRow};
use uuid::Uuid;

/// A part of the usage log, the newest first.
pub async fn find_usage(app: &App, query: &FindUsage) -> Result<Slice<UsageRow>> {
    Ok(app.store().read().admin().usage(query).await?)
}

/// One row of it.
pub async fn open_usage(app: &App, id: Uuid) -> Result<UsageRow> {
    app.store().read().admin().usage_row(id).await?.ok_or(AppError::NotFound("Row"))
}
