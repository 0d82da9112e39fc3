//! Everybody's messages.

use super::{Admin, Order, Place, Slice, Span, search, slice};
use crate::error::Result;
use crate::nouns::PUBLISHED;
use crate::nouns::message_rows::{COLUMNS, StoredMessage, read_whole};
use crate::sql::Sql;
use hub_domain::{AccountId, ConversationId, DeliveryStatus, Direction, MessageId, UserId};

/// Which messages. What they say is sealed: nobody can ask the database for it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FindMessages {
    /// Words of the sender's name, the sender's or the message's id at the platform, or an id here.
    pub search: Option<String>,
    /// Of one platform only.
    pub platform: Option<String>,
    /// Of one user only.
    pub user: Option<UserId>,
    /// Of one account only.
    pub account: Option<AccountId>,
    /// Of one conversation only.
    pub conversation: Option<ConversationId>,
    /// Who said it.
    pub direction: Option<Direction>,
    /// How far it got.
    pub status: Option<DeliveryStatus>,
    /// Said within.
    pub span: Span,
    /// Behind this place.
    pub after: Option<Place>,
    /// So many at most.
    pub limit: u32,
}

/// The times of messages are never missing, so that the index on them serves.
const ORDER: Order = Order { at: "m.sent_at", id: "m.id" };

impl FindMessages {
    fn filtered(&self, sql: Sql) -> Sql {
        let mut sql = sql;
        // The narrowest of these; it finds the messages by their conversations.
        if let Some(conversation) = self.conversation {
            sql = sql.add("AND m.conversation_id = ?").bind(conversation.0);
        } else if let Some(account) = self.account {
            sql = sql.add("AND m.conversation_id IN (SELECT c.id FROM conversations c WHERE c.account_id = ?)");
            sql = sql.bind(account.0);
        } else if let Some(user) = self.user {
            sql = sql
                .add("AND m.conversation_id IN (SELECT c.id FROM conversations c")
                .add("JOIN connected_accounts a ON a.id = c.account_id WHERE a.user_id = ?)")
                .bind(user.0);
        }
        // Asked of each message, so that a list begins with the newest instead of gathering everything first.
        sql = sql
            .add("AND EXISTS (SELECT 1 FROM conversations c JOIN connected_accounts a ON a.id = c.account_id")
            .add("WHERE c.id = m.conversation_id AND a.user_id IS NOT NULL");
        if let Some(user) = self.user {
            sql = sql.add("AND a.user_id = ?").bind(user.0);
        }
        if let Some(account) = self.account {
            sql = sql.add("AND a.id = ?").bind(account.0);
        }
        sql = match &self.platform {
            Some(platform) => sql.add("AND a.platform = ?)").bind(platform.as_str()),
            None => sql.add("AND a.platform IN").list(PUBLISHED).add(")"),
        };
        match self.direction {
            Some(Direction::Outgoing) => sql = sql.add("AND m.is_outgoing = TRUE"),
            Some(Direction::Incoming) => sql = sql.add("AND (m.is_outgoing = FALSE OR m.is_outgoing IS NULL)"),
            None => {}
        }
        match self.status {
            // In words of our own, so that the index on them serves.
            Some(DeliveryStatus::Failed) => {
                sql.add("AND m.status = 'failed' AND m.status IN ('failed', 'unconfirmed')")
            }
            Some(DeliveryStatus::Unconfirmed) => {
                sql.add("AND m.status = 'unconfirmed' AND m.status IN ('failed', 'unconfirmed')")
            }
            Some(status) => sql.add("AND m.status = ?").bind(status.as_str()),
            None => sql,
        }
    }
}

impl Admin<'_> {
    /// A part of the messages, the newest first.
    pub async fn messages(&self, query: &FindMessages) -> Result<Slice<StoredMessage>> {
        let columns = ["m.sender_name", "m.sender_id", "m.platform_message_id"];
        let sql = self.0.sql(&format!("SELECT {COLUMNS} FROM messages m WHERE 1 = 1"));
        let sql = query.filtered(search(sql, query.search.as_deref(), &columns, "m.id"));
        let sql = ORDER.sorted(ORDER.narrow(sql, query.span, query.after), query.limit);
        let place = |message: &StoredMessage| Place { at: message.sent_at, id: message.id.0 };
        Ok(slice(read_whole(self.0, sql).await?, query.limit, place))
    }

    /// One of them.
    pub async fn message(&self, id: MessageId) -> Result<Option<StoredMessage>> {
        let sql = self.0.sql(&format!("SELECT {COLUMNS} FROM messages m WHERE m.id = ?")).bind(id.0);
        let sql = FindMessages::default().filtered(sql);
        Ok(read_whole(self.0, sql).await?.into_iter().next())
    }
}
