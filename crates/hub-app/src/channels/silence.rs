//! A channel that is silent for unusually long is read back and asked about at once.

use super::witness::{reading_from, witness};
use super::{is_pushed, is_readable, signs};
use crate::{App, Result};
use hub_domain::{Account, ChannelState, Evidence, EvidenceKind, Pace, Timestamp};
use hub_store::Channel;

/// Learns from the time since the last look, and says whether the silence is unusual. Called for one account at a time.
pub(super) async fn observe(app: &App, account: &Account, channel: &Channel, now: Timestamp) -> Result<bool> {
    if !is_pushed(app, account) {
        return Ok(false);
    }
    let known: Pace = channel.pace.as_deref().and_then(|pace| serde_json::from_str(pace).ok()).unwrap_or_default();
    let mut pace = known.clone();
    if channel.standing.state == ChannelState::Ok {
        if let Some(last) = channel.last_event_at {
            pace.arrived(last);
        }
        pace.learn(now);
    } else {
        // Trouble teaches nothing about habits.
        pace.skip(now);
    }
    if pace != known {
        let tx = app.store().begin().await?;
        tx.channels().set_pace(account.id, &serde_json::to_string(&pace).unwrap_or_default()).await?;
        app.commit(tx, Vec::new()).await?;
    }
    // A silence that was found to be real counts anew from there.
    let quiet_from = channel.last_event_at.map(|last| last.max(channel.standing.since));
    let ok = channel.standing.state == ChannelState::Ok;
    Ok(ok && quiet_from.is_some_and(|from| pace.is_unusual(from, now)))
}

/// Says so, and begins to read back what may have been missed since the last arrival.
pub(super) async fn suspect(app: &App, account: &Account, channel: &Channel, now: Timestamp) -> Result<()> {
    let words = "Nothing has arrived for unusually long.";
    witness(app, account, Evidence::new(EvidenceKind::Silent, words, now)).await?;
    if !is_readable(app, account) {
        return Ok(());
    }
    let words =
        "Nothing has arrived for unusually long; the platform is being read to see whether anything was missed.";
    let evidence = Evidence::new(EvidenceKind::CheckingSilence, words, now);
    let tx = app.store().begin().await?;
    let followed = reading_from(app, &tx, account, &evidence, channel.last_event_at).await?;
    app.commit(tx, followed.events).await?;
    app.bus().wake_workers();
    Ok(())
}

/// What is not written down yet is written first, so that the look is at the newest.
pub(super) async fn write_signs(app: &App) -> Result<()> {
    signs::write(app).await
}
