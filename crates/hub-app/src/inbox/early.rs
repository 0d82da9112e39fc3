//! News that come before their message: kept by the delivery that brought them, which is read again once the message is here.
//! Reading twice is harmless, and everything goes through the one door.

use crate::jobs;
use hub_domain::inbound::UpTo;
use hub_domain::{AccountId, ReceiptId, RemoteMessageId, Timestamp, Verdict};
use hub_store::{NewJob, StoreError, Tx};

/// The jobs that read again what spoke of these messages before they were known.
pub(crate) async fn recall(
    tx: &Tx,
    messages: &[(AccountId, &RemoteMessageId)],
    now: Timestamp,
) -> Result<Vec<NewJob>, StoreError> {
    let receipts = tx.early_news().take(messages).await?;
    Ok(receipts.into_iter().map(|receipt| jobs::replay_receipt(receipt, now)).collect())
}

/// Notes that a delivery spoke of everything up to a message that is not known yet.
pub(crate) async fn note_point(
    tx: &Tx,
    account: AccountId,
    point: &UpTo,
    receipt: ReceiptId,
    now: Timestamp,
) -> Result<Verdict, StoreError> {
    match point {
        UpTo::Message(message) => note(tx, account, message, receipt, now).await,
        UpTo::Time(_) | UpTo::Number(_) => Ok(Verdict::Ignored),
    }
}

/// Notes that a delivery spoke of a message that is not known yet.
pub(crate) async fn note(
    tx: &Tx,
    account: AccountId,
    message: &RemoteMessageId,
    receipt: ReceiptId,
    now: Timestamp,
) -> Result<Verdict, StoreError> {
    if !message.fits() {
        return Ok(Verdict::Ignored);
    }
    tx.early_news().note(account, message, receipt, now).await?;
    Ok(Verdict::Waiting)
}
