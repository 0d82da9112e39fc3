//! What happened besides messages.

use crate::error::Result;
use crate::sql::{Conn, Row};
use hub_domain::{AccountId, ConversationId, RemoteParticipantId, Timestamp, UserId};
use uuid::Uuid;

/// A new notice.
#[derive(Clone, Debug)]
pub struct NewNotice {
    /// Id.
    pub id: Uuid,
    /// Account.
    pub account_id: AccountId,
    /// Thread, if it is known.
    pub conversation_id: Option<ConversationId>,
    /// The event's own key: a repeat has no effect.
    pub event_key: String,
    /// Its name.
    pub kind: String,
    /// Who did it.
    pub actor: Option<RemoteParticipantId>,
    /// Further members, as JSON.
    pub data: String,
    /// When.
    pub at: Timestamp,
}

/// A stored notice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Id.
    pub id: Uuid,
    /// Thread.
    pub conversation_id: Option<ConversationId>,
    /// Its name.
    pub kind: String,
    /// Who did it.
    pub actor: Option<RemoteParticipantId>,
    /// Further members, as JSON.
    pub data: String,
    /// When.
    pub at: Timestamp,
}

/// Statements about notices.
pub struct Notices<'a>(pub(crate) Conn<'a>);

const COLUMNS: &str = "n.id, n.conversation_id, n.kind, n.actor, n.data, ts(n.at)";

fn read(row: &Row) -> Result<Notice> {
    Ok(Notice {
        id: row.get(0)?,
        conversation_id: row.maybe_id(1)?,
        kind: row.get(2)?,
        actor: row.maybe_text(3)?,
        data: row.get(4)?,
        at: row.time(5)?,
    })
}

impl Notices<'_> {
    /// Stores a notice; false when it is known.
    pub async fn insert(&self, notice: &NewNotice) -> Result<bool> {
        let sql = self
            .0
            .sql("INSERT INTO hub_notices (id, account_id, conversation_id, event_key, kind, actor, data, at)")
            .add("VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING")
            .bind(notice.id)
            .bind(notice.account_id.0)
            .bind(notice.conversation_id.map(|id| id.0))
            .bind(notice.event_key.as_str())
            .bind(notice.kind.as_str())
            .bind(notice.actor.as_ref().map(|id| id.as_str().to_owned()))
            .bind(notice.data.as_str())
            .time(notice.at);
        Ok(self.0.run(sql).await? > 0)
    }

    /// The newest notices of one of the user's conversations.
    pub async fn list(&self, user: UserId, conversation: ConversationId, limit: u32) -> Result<Vec<Notice>> {
        let sql = self
            .0
            .sql(&format!("SELECT {COLUMNS} FROM hub_notices n JOIN connected_accounts a ON a.id = n.account_id"))
            .add("WHERE n.conversation_id = ? AND a.user_id = ? ORDER BY n.at DESC, n.id DESC LIMIT ?")
            .bind(conversation.0)
            .bind(user.0)
            .bind(i64::from(limit));
        self.0.read(sql, read).await
    }

    /// The newest notices of one of the user's accounts that belong to no conversation.
    pub async fn of_account(&self, user: UserId, account: AccountId, limit: u32) -> Result<Vec<Notice>> {
        let sql = self
            .0
            .sql(&format!("SELECT {COLUMNS} FROM hub_notices n JOIN connected_accounts a ON a.id = n.account_id"))
            .add("WHERE n.account_id = ? AND n.conversation_id IS NULL AND a.user_id = ?")
            .add("ORDER BY n.at DESC, n.id DESC LIMIT ?")
            .bind(account.0)
            .bind(user.0)
            .bind(i64::from(limit));
        self.0.read(sql, read).await
    }

    /// Deletes up to `limit` notices of a kind that are older than `before`.
    pub async fn purge(&self, kind: &str, before: Timestamp, limit: u32) -> Result<u64> {
        let sql = self
            .0
            .sql("DELETE FROM hub_notices WHERE id IN (SELECT n.id FROM hub_notices n WHERE n.kind = ? AND n.at < ? LIMIT ?)")
            .bind(kind)
            .time(before)
            .bind(i64::from(limit));
        self.0.run(sql).await
    }

    /// By id, for work in the background.
    pub async fn get(&self, id: Uuid) -> Result<Option<Notice>> {
        let sql = self.0.sql(&format!("SELECT {COLUMNS} FROM hub_notices n WHERE n.id = ?")).bind(id);
        self.0.read_one(sql, read).await
    }
}
