//! What a returning client missed.

use crate::{App, Caller, Result};
use hub_domain::{HubEvent, UserId};

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
    events_after_for(app, caller.user_id, offset, limit).await
}

/// The same for a user who is known to be connected.
pub async fn events_after_for(app: &App, user: UserId, offset: i64, limit: u32) -> Result<Replay> {
    let session = app.store().read();
    let (oldest, latest) = session.events().bounds(user).await?;
    // An offset from the future belongs to another database.
    if offset > latest || offset + 1 < oldest {
        return Ok(Replay::TooOld { latest });
    }
    Ok(Replay::Events(session.events().after(user, offset, limit).await?))
}

/// The newest offset.
pub async fn latest_offset(app: &App, caller: &Caller) -> Result<i64> {
    Ok(app.store().read().events().bounds(caller.user_id).await?.1)
}
