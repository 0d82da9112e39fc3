//! How the hub stands as a whole.

use crate::auth::ADMIN;
use crate::measures::{Measures, measure};
use crate::{App, Result};
use hub_domain::ChannelState;
use hub_store::RowCounts;
use std::collections::BTreeMap;

/// What an administrator sees first.
#[derive(Clone, Debug)]
pub struct Overview {
    /// How much there is of everything.
    pub counts: RowCounts,
    /// How many active accounts stand in which state; states that none is in are left out.
    pub channels: BTreeMap<&'static str, i64>,
    /// Books, queue, parked deliveries.
    pub measures: Measures,
}

/// Looks at everything.
pub async fn overview(app: &App) -> Result<Overview> {
    let session = app.store().read();
    let mut channels: BTreeMap<&'static str, i64> = BTreeMap::new();
    for (state, count) in session.admin().channel_states().await? {
        let state: ChannelState = state;
        *channels.entry(state.as_str()).or_default() += count;
    }
    Ok(Overview { counts: session.admin().counts(ADMIN).await?, channels, measures: measure(app).await? })
}
