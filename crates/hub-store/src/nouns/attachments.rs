//! Files of messages: where their bytes are.

use super::message_rows::{ATTACHMENT_COLUMNS, read_attachment};
use crate::error::Result;
use crate::sql::{Conn, Row, Sql};
use hub_domain::{AccountId, Attachment, AttachmentId, ConversationId, MessageId, UserId};

/// A file and what it belongs to.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredAttachment {
    /// The file.
    pub attachment: Attachment,
    /// Names its bytes, once they are here.
    pub blob_key: Option<String>,
    /// Its message.
    pub message_id: MessageId,
    /// That one's thread.
    pub conversation_id: ConversationId,
    /// The account it came through.
    pub account_id: AccountId,
    /// Whose account that is.
    pub user_id: UserId,
}

/// Statements about files.
pub struct Attachments<'a>(pub(crate) Conn<'a>);

fn read(row: &Row) -> Result<StoredAttachment> {
    Ok(StoredAttachment {
        message_id: row.id(0)?,
        attachment: read_attachment(row)?,
        blob_key: row.get(13)?,
        conversation_id: row.id(14)?,
        account_id: row.id(15)?,
        user_id: row.id(16)?,
    })
}

impl Attachments<'_> {
    fn select(&self) -> Sql {
        self.0
            .sql(&format!("SELECT {ATTACHMENT_COLUMNS}, f.blob_key, c.id, a.id, a.user_id FROM hub_attachments f"))
            .add("JOIN messages m ON m.id = f.message_id JOIN conversations c ON c.id = m.conversation_id")
            .add("JOIN connected_accounts a ON a.id = c.account_id WHERE a.user_id IS NOT NULL")
    }

    /// A file of one of the user's messages.
    pub async fn find(&self, user: UserId, id: AttachmentId) -> Result<Option<StoredAttachment>> {
        self.0.read_one(self.select().add("AND f.id = ? AND a.user_id = ?").bind(id.0).bind(user.0), read).await
    }

    /// Anybody's file, for work in the background.
    pub async fn get(&self, id: AttachmentId) -> Result<Option<StoredAttachment>> {
        self.0.read_one(self.select().add("AND f.id = ?").bind(id.0), read).await
    }

    /// Notes that the bytes are here; false when that was known.
    pub async fn set_ready(&self, id: AttachmentId, blob_key: &str, mime_type: &str, size: i64) -> Result<bool> {
        let sql = self
            .0
            .sql("UPDATE hub_attachments SET state = 'ready', blob_key = ?, mime_type = ?, size = ?, failure = NULL")
            .add("WHERE id = ? AND state <> 'ready'")
            .bind(blob_key)
            .bind(mime_type)
            .bind(size)
            .bind(id.0);
        Ok(self.0.run(sql).await? > 0)
    }

    /// Notes that the bytes cannot be had; false when they are here.
    pub async fn set_failed(&self, id: AttachmentId, failure: &str) -> Result<bool> {
        let sql =
            self.0.sql("UPDATE hub_attachments SET state = 'failed', failure = ? WHERE id = ? AND state = 'pending'");
        Ok(self.0.run(sql.bind(failure).bind(id.0)).await? > 0)
    }
}
