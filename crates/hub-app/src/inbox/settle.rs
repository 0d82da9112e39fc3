//! How a batch ended: slow work is left to workers, cursors are kept, and for every delivery it is written down what became of
//! each thing it says.

use super::ingest::Effects;
use super::lane::{Delivery, ReadOn};
use hub_domain::{Counter, EventBody, ReceiptId, Timestamp, Verdict, Verdicts};
use hub_platform_kit::platform::Parsed;
use hub_store::{Held, NewEvent, Reading, ReadingStep, StoreError, Tx};
use std::collections::HashMap;

/// The deliveries of a batch that are read again, as they stood before.
#[derive(Debug, Default)]
pub(crate) struct Again(HashMap<ReceiptId, Held>);

impl Again {
    /// Holds them until the transaction ends.
    pub(crate) async fn hold(tx: &Tx, batch: &[Delivery]) -> Result<Self, StoreError> {
        let ids: Vec<ReceiptId> = batch.iter().filter(|delivery| delivery.replay).map(|d| d.receipt.id).collect();
        Ok(Self(tx.receipts().hold(&ids).await?.into_iter().map(|held| (held.id, held)).collect()))
    }
}

/// Writes down how far the reading of an account's past has got; gives the word to its owner.
pub(crate) async fn read_on(
    tx: &Tx,
    reading: ReadOn,
    messages: u64,
    now: Timestamp,
) -> Result<Option<NewEvent>, StoreError> {
    let told = if reading.ended {
        tx.channels().end_reading(reading.account).await?
    } else {
        let count = |count: u32| i32::try_from(count).unwrap_or(i32::MAX);
        let step = ReadingStep {
            conversations: reading.progress.map(|progress| count(progress.read)),
            left: reading.progress.and_then(|progress| progress.left).map(count),
            messages: i64::try_from(messages).unwrap_or(i64::MAX),
        };
        tx.channels().read_on(reading.account, step, now).await?;
        true
    };
    let body = EventBody::AccountChanged { account_id: reading.account };
    Ok(told.then_some(NewEvent { user_id: reading.owner, at: now, body }))
}

/// Writes it all down. `fresh` says which deliveries were not known.
pub(crate) async fn settle(
    tx: &Tx,
    batch: &[Delivery],
    fresh: &[bool],
    mut again: Again,
    now: Timestamp,
    effects: &mut Effects,
) -> Result<(), StoreError> {
    if !effects.jobs.is_empty() {
        tx.jobs().enqueue_many(&effects.jobs).await?;
        effects.enqueued = true;
    }
    let mut decided: Vec<Verdicts> = batch.iter().map(|delivery| Verdicts::undecided(delivery.parsed.len())).collect();
    for (position, item, verdict) in effects.verdicts.drain(..) {
        decided[position].decide(item, verdict);
    }
    let mut readings = Vec::with_capacity(batch.len());
    for ((position, delivery), mut read) in batch.iter().enumerate().zip(decided) {
        if let Some((account, cursor)) = &delivery.cursor {
            tx.cursors().set(*account, cursor, now).await?;
        }
        if let Some(reading) = delivery.reading {
            let messages = effects.stored[position].messages;
            effects.events.extend(read_on(tx, reading, messages, now).await?);
        }
        let platform = delivery.receipt.platform.as_str();
        if !fresh[position] && !delivery.replay {
            let known = i64::try_from(delivery.parsed.len()).unwrap_or(i64::MAX);
            tx.ledger().note(platform, Counter::Known, known);
            continue;
        }
        let mut reason = effects.faults.remove(&position);
        for (item, parsed) in delivery.parsed.iter().enumerate() {
            if let Parsed::Unreadable(why) = parsed {
                effects.stored[position].parked += 1;
                read.decide(item, Verdict::Parked);
                reason.get_or_insert_with(|| why.clone());
            }
        }
        let before = if delivery.replay {
            // One that was deleted meanwhile has its place in the books already.
            let Some(held) = again.0.get_mut(&delivery.receipt.id) else { continue };
            tx.receipts().count_again(held, platform, delivery.parsed.len()).await?;
            let before = held.verdicts.clone();
            read = before.read_again(&read);
            // It may stand in this batch twice.
            held.items = delivery.parsed.len();
            held.verdicts = read.clone();
            before
        } else {
            Verdicts::default()
        };
        let platform = platform.to_owned();
        readings.push(Reading { id: delivery.receipt.id, platform, before, after: read, reason });
    }
    tx.receipts().settle(&readings).await
}
