//! How often linking may reach somebody outside, such as the owner of a telephone that gets a code: each time is seen by a person
//! who may not have asked for it.

use super::attempt::digest;
use crate::{App, Result};
use chrono::TimeDelta;
use hub_domain::{Timestamp, UserId};
use hub_platform_kit::{ErrorKind, PlatformError};
use hub_store::Tx;
use std::time::Duration;

/// Times one person outside may be reached within [`DAY`].
const PER_PERSON: usize = 5;
/// Times one user may have somebody reached within [`DAY`].
const PER_USER: usize = 10;
/// After this long a time no longer counts.
const DAY: Duration = Duration::from_hours(24);

/// Counts one time; the refusal says when the next may be. Whom it is about is kept as a keyed digest only.
pub(super) async fn reach(app: &App, user: UserId, platform: &str, whom: &str) -> Result<Option<PlatformError>> {
    let now = app.now();
    let tx = app.store().begin().await?;
    let (person, user) = (format!("{platform}\0{whom}"), user.to_string());
    for (kind, name, most) in [("person", &person, PER_PERSON), ("user", &user, PER_USER)] {
        let mac = hex::encode(app.sealer().mac("connect.reach", &[kind.as_bytes(), name.as_bytes()]));
        let places: Vec<String> = (0..most).map(|place| digest(&format!("{mac}:{place}"))).collect();
        if let Some(until) = take_one(&tx, &places, now).await? {
            tx.rollback().await?;
            return Ok(Some(refusal(until, now)));
        }
    }
    app.commit(tx, Vec::new()).await?;
    Ok(None)
}

/// Takes the first free place; else gives when the next one will be free.
async fn take_one(tx: &Tx, places: &[String], now: Timestamp) -> Result<Option<Timestamp>> {
    let until = now + TimeDelta::from_std(DAY).unwrap_or_default();
    for place in places {
        if tx.used_proofs().take(place, now, until).await? {
            return Ok(None);
        }
    }
    Ok(Some(tx.used_proofs().soonest(places).await?.unwrap_or(until)))
}

fn refusal(until: Timestamp, now: Timestamp) -> PlatformError {
    let wait = (until - now).to_std().unwrap_or_default();
    let words = format!("This was asked for too often; try again at {} UTC.", until.format("%Y-%m-%d %H:%M"));
    PlatformError::new(ErrorKind::RateLimited { retry_after: Some(wait) }, words)
}
