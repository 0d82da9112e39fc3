//! What a returning client missed.

use crate::{App, Caller, Result};
use hub_domain::HubEvent;

/// What a client missed since its last offset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Replay {
    /// These, in order; fewer than asked for means: that was all.
    Events(Vec<HubEvent>),
    /// Too much is gone from the log: load afresh and go on from here.
    TooOld {
        /// The newest offset.
        latest: i64,
    },
}

/// The events after `offset`, oldest first.
pub async fn events_after(app: &App, caller: &Caller, offset: i64, limit: u32) -> Result<Replay> {
    let session = app.store().read();
    let (oldest, latest) = session.events().bounds(caller.user_id).await?;
    // An offset from the future belongs to another database.
    if offset > latest || offset + 1 < oldest {
        return Ok(Replay::TooOld { latest });
    }
    Ok(Replay::Events(session.events().after(caller.user_id, offset, limit).await?))
}

/// The newest offset.
pub async fn latest_offset(app: &App, caller: &Caller) -> Result<i64> {
    Ok(app.store().read().events().bounds(caller.user_id).await?.1)
}
