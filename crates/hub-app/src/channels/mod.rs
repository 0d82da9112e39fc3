//! How each account's channel stands: evidence from every call and delivery, questions every few minutes, and what follows.
//!
//! The row is the truth. It is written only when something changes, in the transaction of the cause where there is one; an
//! account that works costs no write per call.

pub mod heal;
pub mod list;
mod news;
mod probe;
pub mod reclaim;
mod signs;
mod silence;
mod witness;

pub use list::{ChannelView, channels};
pub use probe::{probe_due, tick};
pub use reclaim::reclaim;
pub use signs::write as write_signs;

pub use heal::{beat, started};
pub(crate) use list::{shown, whole};
pub(crate) use news::of_call;
pub(crate) use probe::{ask, take};
pub(crate) use signs::Signs;
pub(crate) use witness::{CHANGED, apply, witness};

use crate::App;
use hub_domain::Account;
use hub_platform_kit::card::Pull;

/// Whether what an account missed can be read back.
pub(crate) fn is_readable(app: &App, account: &Account) -> bool {
    app.handle_of(account).is_ok_and(|handle| match handle.card().intake.pull {
        Pull::Every(_) | Pull::Backfill | Pull::Line => true,
        Pull::LongPollWithoutWebhook => app.settings().public_url.is_none(),
        Pull::No => false,
    })
}

/// Whether the platform calls for such accounts.
pub(crate) fn is_pushed(app: &App, account: &Account) -> bool {
    app.settings().public_url.is_some() && app.handle_of(account).is_ok_and(|handle| handle.card().intake.webhook)
}

/// Whether somebody must be told to read back; where a line is held, whoever holds it reads on by itself.
pub(crate) fn wants_reading(app: &App, account: &Account) -> bool {
    let pull = app.handle_of(account).map(|handle| handle.card().intake.pull);
    matches!(pull, Ok(Pull::Every(_) | Pull::Backfill))
}
