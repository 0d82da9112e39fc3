//! Lines that stay open: one waiting request after the other, for platforms that cannot call a hub without a public address.

use super::pull_account::pulled_accounts;
use crate::accounts::grants::open_grant;
use crate::{App, Result};
use chrono::TimeDelta;
use hub_domain::{AccountId, PlatformId};
use std::collections::BTreeMap;
use std::time::Duration;

/// How long one wait may take; the platforms allow 50 s.
pub const WAIT: Duration = Duration::from_secs(50);
/// How long a line belongs to its holder without renewal: longer than one wait and the time after which an adapter closes a
/// connection that nobody reads, because two at once may cost a person their sign-in.
const LEASE: Duration = Duration::from_mins(3);

/// Something to hold a line for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Names the line. Accounts behind one remote identity share it, because platforms allow one reader; unless each has a session of
    /// its own there.
    pub key: String,
    /// The platform that keeps it open.
    pub platform: PlatformId,
    /// The account whose grant is used.
    pub account: AccountId,
    /// Its sign-in is this hub's alone: waiting may be cut off and begun anew at any moment. Elsewhere the platform would take the
    /// new reader for somebody else.
    pub own: bool,
}

/// The lines this installation must hold.
pub async fn wanted_lines(app: &App) -> Result<Vec<Line>> {
    let mut lines: BTreeMap<String, Line> = BTreeMap::new();
    for account in pulled_accounts(app).await? {
        let Ok((account, grant)) = open_grant(app, account.id).await else { continue };
        let handle = app.handle_of(&account)?;
        let platform = handle.card().id.clone();
        let own = handle.card().own_sessions;
        let key = if own {
            format!("{platform}:{}", account.id)
        } else {
            let reader = handle.subscriber(&grant).unwrap_or_else(|| account.remote_id.clone());
            format!("{platform}:{reader}")
        };
        lines.entry(key.clone()).or_insert(Line { key, platform, account: account.id, own });
    }
    Ok(lines.into_values().collect())
}

/// Takes or keeps a line; false when another process has it.
pub async fn hold_line(app: &App, key: &str, holder: &str) -> Result<bool> {
    let now = app.now();
    let tx = app.store().begin().await?;
    let until = now + TimeDelta::from_std(LEASE).unwrap_or_default();
    let mine = tx.leases().acquire(&format!("line:{key}"), holder, now, until).await?;
    app.commit(tx, Vec::new()).await?;
    Ok(mine)
}

/// Closes what this process keeps open of a line that is not, or no longer, its own.
pub async fn close_line(app: &App, line: &Line) {
    if let Some(handle) = app.platforms().get(&line.platform) {
        handle.release(line.account).await;
    }
}

/// Gives a line back, so that another process need not wait for the lease to end.
pub async fn drop_line(app: &App, key: &str, holder: &str) -> Result<()> {
    let tx = app.store().begin().await?;
    tx.leases().release(&format!("line:{key}"), holder).await?;
    app.commit(tx, Vec::new()).await
}
