//! Reports about everything up to a point: "delivered up to this time", "read up to that message".

use super::messages::Messages;
use crate::error::Result;
use crate::sql::{Row, Sql};
use hub_domain::{ConversationId, DeliveryStatus, MessageId, Timestamp};

/// Messages one report changes at most; older ones have long been reported.
const MOST: i64 = 500;

/// A point in a conversation: everything said before an instant, and of what was said in that instant what counts no higher.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Point {
    /// The instant.
    pub at: Timestamp,
    /// The number there, where the platform counts; `None` = everything said in the instant.
    pub sequence: Option<i64>,
}

impl From<Timestamp> for Point {
    fn from(at: Timestamp) -> Self {
        Self { at, sequence: None }
    }
}

/// Whether a message lies at or before a point.
pub(super) fn up_to(sql: Sql, point: Point) -> Sql {
    sql.add("(sent_at < ? OR (sent_at = ? AND (sequence IS NULL OR sequence <= ?)))")
        .time(point.at)
        .time(point.at)
        .bind(point.sequence.unwrap_or(i64::MAX))
}

/// A report that stands for a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Report {
    /// How far everything got.
    pub status: DeliveryStatus,
    /// Everything said at or before this point.
    pub up_to: Point,
    /// When the platform said so.
    pub at: Timestamp,
}

impl Messages<'_> {
    /// Keeps a report, for messages whose own time comes to light later. An older one changes nothing.
    pub async fn note_report(&self, conversation: ConversationId, report: Report) -> Result<()> {
        let sql = self
            .0
            .sql("INSERT INTO hub_reports (conversation_id, status, up_to, sequence, at) VALUES (?, ?, ?, ?, ?)")
            .add("ON CONFLICT (conversation_id, status) DO UPDATE SET up_to = excluded.up_to,")
            .add("sequence = excluded.sequence, at = excluded.at WHERE excluded.up_to > hub_reports.up_to")
            .add("OR (excluded.up_to = hub_reports.up_to")
            .add("AND (excluded.sequence IS NULL OR excluded.sequence > hub_reports.sequence))")
            .bind(conversation.0)
            .bind(report.status.as_str())
            .time(report.up_to.at)
            .bind(report.up_to.sequence)
            .time(report.at);
        self.0.run(sql).await.map(|_| ())
    }

    /// The reports that stand for a conversation.
    pub async fn reports(&self, conversation: ConversationId) -> Result<Vec<Report>> {
        let sql = self
            .0
            .sql("SELECT status, ts(up_to), sequence, ts(at) FROM hub_reports WHERE conversation_id = ?")
            .bind(conversation.0);
        let read = |row: &Row| {
            let up_to = Point { at: row.time(1)?, sequence: row.get(2)? };
            Ok((row.get::<String>(0)?, up_to, row.time(3)?))
        };
        let known = |(status, up_to, at): (String, Point, Timestamp)| {
            Some(Report { status: DeliveryStatus::from_stored(&status)?, up_to, at })
        };
        Ok(self.0.read(sql, read).await?.into_iter().filter_map(known).collect())
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
            .add("(SELECT m.id FROM messages m WHERE m.conversation_id = ? AND m.is_outgoing = TRUE")
            // What has no id of the platform has not left yet.
            .add("AND m.platform_message_id NOT LIKE 'hub:%' AND m.status IN ('sent', 'delivered') AND m.status IN")
            .bind(report.status.as_str())
            .time(report.at)
            .bind(conversation.0)
            .list(from.iter().map(|status| status.as_str()))
            .add("AND");
        let sql = up_to(sql, report.up_to).add("ORDER BY m.sent_at DESC LIMIT ?) RETURNING id").bind(MOST);
        self.0.read(sql, |row| row.id(0)).await
    }

    /// The point after the last message of a conversation that counts no higher than `number`; `None` = there is none.
    pub async fn point_of(&self, conversation: ConversationId, number: i64) -> Result<Option<Point>> {
        let sql = self
            .0
            .sql("SELECT ts(sent_at) FROM messages WHERE conversation_id = ? AND sequence <= ? AND sent_at IS NOT NULL")
            .add("ORDER BY sent_at DESC LIMIT 1")
            .bind(conversation.0)
            .bind(number);
        self.0.read_one(sql, |row| Ok(Point { at: row.time(0)?, sequence: Some(number) })).await
    }

    /// The point at which a message was said.
    pub async fn point(&self, id: MessageId) -> Result<Option<Point>> {
        let sql = self.0.sql("SELECT ts(sent_at), sequence FROM messages WHERE id = ?").bind(id.0);
        self.0.read_one(sql, |row| Ok(Point { at: row.time(0)?, sequence: row.get(1)? })).await
    }
}
