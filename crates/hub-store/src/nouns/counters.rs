//! Unread counters that somebody else counted.

use crate::error::Result;
use crate::sql::Conn;

/// Counts the unread messages of all conversations anew and corrects the counters that are wrong; no other row is touched.
pub(crate) async fn repair(conn: Conn<'_>) -> Result<()> {
    let sql = conn
        .sql("UPDATE conversations SET unread_count = counted.unread FROM (SELECT c.id, COUNT(m.id) AS unread")
        .add("FROM conversations c LEFT JOIN messages m ON m.conversation_id = c.id")
        .add("AND (m.is_read = FALSE OR m.is_read IS NULL) AND (m.is_outgoing = FALSE OR m.is_outgoing IS NULL)")
        .add("GROUP BY c.id) AS counted WHERE conversations.id = counted.id")
        .add("AND COALESCE(conversations.unread_count, 0) <> counted.unread");
    conn.run_unhurried(sql).await
}
