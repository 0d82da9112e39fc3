//! Reads a parked delivery again, after a fix. Unique keys make that harmless, however often.

use super::lane::{Delivery, NotStored};
use super::receive_webhook::{body_context, read};
use crate::{App, AppError, Result};
use hub_domain::{PlatformId, ReceiptId};
use hub_platform_kit::webhook::Verified;
use hub_store::NewReceipt;

/// What a replay brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Replayed {
    /// New messages.
    pub messages: u64,
    /// Events that still cannot be applied.
    pub parked: u64,
}

/// Reads one again.
pub async fn replay_receipt(app: &App, id: ReceiptId) -> Result<Replayed> {
    let receipt = app.store().read().receipts().get(id).await?.ok_or(AppError::NotFound("Receipt"))?;
    let platform = PlatformId::new(receipt.platform.clone());
    let handle = app.platforms().get(&platform).ok_or_else(|| AppError::NotConfigured(receipt.platform.clone()))?;
    let body = app
        .sealer()
        .unwrap(&body_context(id), &receipt.body)
        .ok_or_else(|| AppError::Internal("no key opens this receipt".to_owned()))?;
    let verified = Verified { body: body.into(), account: receipt.account.clone() };
    let delivery = Delivery {
        platform,
        parsed: read(handle, &verified),
        receipt: NewReceipt {
            id,
            platform: receipt.platform,
            digest: receipt.digest,
            account: receipt.account,
            body: receipt.body,
            // Counted when it is settled: it was received before.
            items: 0,
            received_at: receipt.received_at,
        },
        only: None,
        cursor: None,
        reading: None,
        missed: None,
        pushed: false,
        replay: true,
    };
    match app.intake().store(delivery).await {
        Ok(stored) => Ok(Replayed { messages: stored.messages, parked: stored.parked }),
        Err(NotStored::Busy) => Err(AppError::Unavailable),
        Err(NotStored::Failed) => Err(AppError::Internal("the delivery could not be stored".to_owned())),
    }
}
