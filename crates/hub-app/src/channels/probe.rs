//! Every few minutes each channel is looked at: how the platform says it stands, and whether its silence is usual.

use super::witness::{apply, witness};
use super::{heal, silence};
use crate::accounts::grants::{call_with, open_grant};
use crate::accounts::subscribe_webhook::{self, inquiry};
use crate::{App, Result};
use chrono::TimeDelta;
use futures_util::StreamExt;
use hub_domain::{Account, AccountId, ChannelState, Evidence, EvidenceKind, Timestamp};
use hub_platform_kit::Grant;
use hub_platform_kit::webhook::{Inspection, Report};
use hub_store::Channel;
use std::time::Duration;

/// Accounts looked at in one turn; the rest follows in the next.
const AT_ONCE: u32 = 200;
/// Of them so many side by side.
const SIDE_BY_SIDE: usize = 8;
/// Turns in one interval.
const TURNS: u32 = 5;
/// Shortest and longest pause between two turns.
const SHORTEST_TICK: Duration = Duration::from_millis(200);
const LONGEST_TICK: Duration = Duration::from_secs(30);

/// A sign-in that is dead is not asked about: only its owner can change that.
const fn is_asked(state: ChannelState) -> bool {
    !matches!(state, ChannelState::NeedsReauth | ChannelState::Off)
}

/// How often the watch goes round.
pub fn tick(app: &App) -> Duration {
    (app.settings().probe_interval / TURNS).clamp(SHORTEST_TICK, LONGEST_TICK)
}

/// Looks at every channel whose turn has come. Claimed in the database, so that two processes do not ask twice.
pub async fn probe_due(app: &App) -> Result<()> {
    silence::write_signs(app).await?;
    let now = app.now();
    let tx = app.store().begin().await?;
    let latest = now + TimeDelta::from_std(app.settings().probe_interval * 2).unwrap_or_default();
    let due = tx.channels().due(now, latest, AT_ONCE).await?;
    for id in &due {
        tx.channels().postpone(*id, next_look(app, *id, now)).await?;
    }
    app.commit(tx, Vec::new()).await?;
    let looks = futures_util::stream::iter(due.into_iter().map(|id| look(app, id)));
    looks.buffer_unordered(SIDE_BY_SIDE).collect::<Vec<()>>().await;
    Ok(())
}

/// Nine to eleven tenths of the interval, by the account's own id: a crowd linked at once spreads out.
fn next_look(app: &App, id: AccountId, now: Timestamp) -> Timestamp {
    let spread = u32::from(id.0.as_bytes()[15]) ^ (now.timestamp_subsec_micros() & 0xff);
    let interval = app.settings().probe_interval;
    let pause = interval * 9 / 10 + interval / 5 * spread / 255;
    now + TimeDelta::from_std(pause).unwrap_or_default()
}

async fn look(app: &App, id: AccountId) {
    if let Err(error) = try_look(app, id).await {
        tracing::debug!(account = %id, %error, "a channel could not be looked at");
    }
}

async fn try_look(app: &App, id: AccountId) -> Result<()> {
    let session = app.store().read();
    let Some(account) = session.accounts().get(id).await?.filter(|account| is_asked(account.state)) else {
        return Ok(());
    };
    let Some(channel) = session.channels().get(id).await? else { return Ok(()) };
    let now = app.now();
    if account.state == ChannelState::CatchingUp && now - channel.standing.since > heal::CATCH_UP_LIMIT {
        return heal::gave_up(app, id, "the platform did not let it be read to its end").await;
    }
    let unusual = silence::observe(app, &account, &channel, now).await?;
    if unusual {
        silence::suspect(app, &account, &channel, now).await?;
    }
    inspect(app, id, &channel, unusual).await
}

/// Asks the platform how the subscription stands.
async fn inspect(app: &App, id: AccountId, channel: &Channel, silent: bool) -> Result<()> {
    let (account, grant) = open_grant(app, id).await?;
    let Some((inspection, began)) = ask(app, &account, &grant).await? else {
        return subscribe_webhook::try_again(app, &account, &grant).await;
    };
    take(app, (&account, &grant), &inspection, channel, began).await?;
    let nothing_to_read = account.state == ChannelState::Suspect && !super::is_readable(app, &account);
    if (silent || channel.standing.evidence.kind == EvidenceKind::Silent)
        && nothing_to_read
        && matches!(inspection, Inspection::Standing(_))
    {
        let words = "It was unusually silent; the platform says that it calls the hub and that nothing waits.";
        witness(app, &account, Evidence::new(EvidenceKind::SilenceConfirmed, words, began)).await?;
    }
    Ok(())
}

/// The platform's answer and when it was asked; `None` = there is nothing to ask about, or no answer.
pub(crate) async fn ask(app: &App, account: &Account, grant: &Grant) -> Result<Option<(Inspection, Timestamp)>> {
    let Some(inquiry) = inquiry(app, account, grant).await? else { return Ok(None) };
    let handle = app.handle_of(account)?;
    let (began, inquiry) = (app.now(), &inquiry);
    let ask = |grant: Grant| async move { handle.inspect(&grant, inquiry).await };
    // What a failure says about the account, the call itself has written down.
    Ok(call_with(app, account, grant, "inspect", ask).await.ok().map(|inspection| (inspection, began)))
}

/// Writes down what the platform says. A subscription that is gone is made anew, however the channel stands besides.
pub(crate) async fn take(
    app: &App,
    (account, grant): (&Account, &Grant),
    inspection: &Inspection,
    channel: &Channel,
    began: Timestamp,
) -> Result<()> {
    let Some(evidence) = evidence(app, inspection, channel, began) else { return Ok(()) };
    let is_gone = evidence.kind == EvidenceKind::SubscriptionGone;
    let tx = app.store().begin().await?;
    if is_gone {
        subscribe_webhook::gone(app, &tx, account, grant).await?;
    }
    let followed = apply(app, &tx, account, &evidence).await?;
    app.commit(tx, followed.events).await?;
    if followed.enqueued || is_gone {
        app.bus().wake_workers();
    }
    Ok(())
}

fn evidence(app: &App, inspection: &Inspection, channel: &Channel, began: Timestamp) -> Option<Evidence> {
    Some(match inspection {
        Inspection::Standing(report) => match undelivered(app, report, channel, began) {
            Some(why) => {
                let words = format!("The platform says that it cannot deliver to this hub: {why}");
                Evidence::new(EvidenceKind::NotDelivered, words, began)
            }
            None => Evidence::new(EvidenceKind::Standing, "The platform says that it calls this hub.", began),
        },
        Inspection::Gone { why } => {
            Evidence::new(EvidenceKind::SubscriptionGone, format!("The subscription is gone: {why}."), began)
        }
        Inspection::TakenOver { by_host } => {
            let words = format!("The platform calls {by_host} instead of this hub.");
            Evidence::new(EvidenceKind::TakenOver, words, began).with_code(Some(by_host))
        }
        Inspection::Lacks { permissions } => {
            let words = format!("The sign-in lacks permissions that are needed: {}.", permissions.join(", "));
            Evidence::new(EvidenceKind::PermissionsLack, words, began)
        }
        Inspection::Unknown => return None,
    })
}

/// What the platform could not deliver lately, and nothing has arrived since.
fn undelivered<'a>(app: &App, report: &'a Report, channel: &Channel, now: Timestamp) -> Option<&'a str> {
    let (at, why) = report.last_error.as_ref()?;
    let lately = now - TimeDelta::from_std(app.settings().probe_interval * 2).unwrap_or_default();
    let waits = report.pending.is_none_or(|pending| pending > 0);
    let heard_since = channel.last_event_at.is_some_and(|last| last > *at);
    (*at > lately && waits && !heard_since).then_some(why.as_str())
}
