//! Reports about everything up to a point in a conversation.

use hub_domain::{ConversationId, DeliveryStatus, MessageId};
use hub_store::{Report, StoreError, Tx};

/// Statuses that news of a platform may replace, per new status: the stored form of [`DeliveryStatus::advance`].
pub(crate) fn replaceable_by(news: DeliveryStatus) -> Vec<DeliveryStatus> {
    use DeliveryStatus::{Delivered, Failed, Queued, Read, Sending, Sent, Unconfirmed};
    [Queued, Sending, Sent, Delivered, Read, Failed, Unconfirmed]
        .into_iter()
        .filter(|old| *old != news && old.advance(news) == news)
        .collect()
}

/// What a report about many messages may replace: only what the platform took. A failed one is not among "everything".
fn replaceable_by_report(news: DeliveryStatus) -> Vec<DeliveryStatus> {
    let taken = [DeliveryStatus::Sent, DeliveryStatus::Delivered];
    taken.into_iter().filter(|old| *old != news && old.advance(news) == news).collect()
}

/// Applies a report and keeps it for messages whose time comes to light later; gives what changed.
pub(crate) async fn apply(tx: &Tx, conversation: ConversationId, report: Report) -> Result<Vec<MessageId>, StoreError> {
    tx.messages().note_report(conversation, report).await?;
    tx.messages().apply_report(conversation, &replaceable_by_report(report.status), report).await
}

/// Applies the reports that stand, after a message was sent; gives what changed.
pub(crate) async fn catch_up(tx: &Tx, conversation: ConversationId) -> Result<Vec<MessageId>, StoreError> {
    let mut changed = Vec::new();
    for report in tx.messages().reports(conversation).await? {
        changed.extend(tx.messages().apply_report(conversation, &replaceable_by_report(report.status), report).await?);
    }
    changed.sort_unstable();
    changed.dedup();
    Ok(changed)
}
