//! Reports about everything up to a point: "delivered up to this time", "read up to that message".

use super::messages::Messages;
use crate::error::Result;
use hub_domain::{ConversationId, DeliveryStatus, MessageId, Timestamp};

/// Messages one report changes at most; older ones have long been reported.
const MOST: i64 = 500;

/// A report that stands for a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Report {
    /// How far everything got.
    pub status: DeliveryStatus,
    /// Everything said at or before this time.
    pub up_to: Timestamp,
    /// When the platform said so.
    pub at: Timestamp,
}

impl Messages<'_> {
    /// Keeps a report, for messages whose own time comes to light later. An older one changes nothing.
    pub async fn note_report(&self, conversation: ConversationId, report: Report) -> Result<()> {
        let sql = self
            .0
            .sql("INSERT INTO hub_reports (conversation_id, status, up_to, at) VALUES (?, ?, ?, ?)")
            .add("ON CONFLICT (conversation_id, status) DO UPDATE SET up_to = excluded.up_to, at = excluded.at")
            .add("WHERE excluded.up_to > hub_reports.up_to")
            .bind(conversation.0)
            .bind(report.status.as_str())
            .time(report.up_to)
            .time(report.at);
        self.0.run(sql).await.map(|_| ())
    }

    /// The reports that stand for a conversation.
    pub async fn reports(&self, conversation: ConversationId) -> Result<Vec<Report>> {
        let sql = self
            .0
            .sql("SELECT status, ts(up_to), ts(at) FROM hub_reports WHERE conversation_id = ?")
            .bind(conversation.0);
        let rows = self.0.read(sql, |row| Ok((row.get::<String>(0)?, row.time(1)?, row.time(2)?))).await?;
        let read = |(status, up_to, at): (String, Timestamp, Timestamp)| {
            Some(Report { status: DeliveryStatus::from_stored(&status)?, up_to, at })
        };
        Ok(rows.into_iter().filter_map(read).collect())
    }

    /// Moves everything the platform took in a conversation at or before the report's time on; gives what changed. `from` are
    /// the statuses that may be replaced.
    pub async fn apply_report(
        &self,
        conversation: ConversationId,
        from: &[DeliveryStatus],
        report: Report,
    ) -> Result<Vec<MessageId>> {
        let sql = self
            .0
            .sql("UPDATE messages SET status = ?, failure = NULL, delivered_at = COALESCE(delivered_at, ?) WHERE id IN")
            .add("(SELECT m.id FROM messages m WHERE m.conversation_id = ? AND m.is_outgoing = TRUE AND m.sent_at <= ?")
            // What has no id of the platform has not left yet.
            .add("AND m.platform_message_id NOT LIKE 'hub:%' AND m.status IN ('sent', 'delivered') AND m.status IN")
            .bind(report.status.as_str())
            .time(report.at)
            .bind(conversation.0)
            .time(report.up_to)
            .list(from.iter().map(|status| status.as_str()))
            .add("ORDER BY m.sent_at DESC LIMIT ?) RETURNING id")
            .bind(MOST);
        self.0.read(sql, |row| row.id(0)).await
    }

    /// When a message was said.
    pub async fn sent_at(&self, id: MessageId) -> Result<Option<Timestamp>> {
        self.0.read_one(self.0.sql("SELECT ts(sent_at) FROM messages WHERE id = ?").bind(id.0), |row| row.time(0)).await
    }
}
