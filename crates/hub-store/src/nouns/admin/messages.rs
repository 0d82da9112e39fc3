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

/// A message of somebody; what follows says of whom.
const WHOSE: &str = "AND EXISTS (SELECT 1 FROM conversations c JOIN connected_accounts a ON a.id = c.account_id \
    WHERE c.id = m.conversation_id AND a.user_id IS NOT NULL";
/// So many conversations are gone through one by one; of more, one is soon met on the way through all messages.
const FEW: usize = 500;

impl FindMessages {
    /// Whose conversations, of `conversations c` and `connected_accounts a`.
    fn of_whom(&self, mut sql: Sql) -> Sql {
        if let Some(conversation) = self.conversation {
            sql = sql.add("AND c.id = ?").bind(conversation.0);
        }
        if let Some(account) = self.account {
            sql = sql.add("AND a.id = ?").bind(account.0);
        }
        if let Some(user) = self.user {
            sql = sql.add("AND a.user_id = ?").bind(user.0);
        }
        match &self.platform {
            Some(platform) => sql.add("AND a.platform = ?").bind(platform.as_str()),
            None => sql.add("AND a.platform IN").list(PUBLISHED),
        }
    }

    fn asks_whose(&self) -> bool {
        self.conversation.is_some() || self.account.is_some() || self.user.is_some() || self.platform.is_some()
    }

    /// How they were said.
    fn how(&self, mut sql: Sql) -> Sql {
        match self.direction {
            Some(Direction::Outgoing) => sql = sql.add("AND m.is_outgoing = TRUE"),
            Some(Direction::Incoming) => sql = sql.add("AND (m.is_outgoing = FALSE OR m.is_outgoing IS NULL)"),
            None => {}
        }
        let Some(status) = self.status else { return sql };
        if matches!(status, DeliveryStatus::Failed | DeliveryStatus::Unconfirmed) {
            // In the words of the index on them, so that it serves.
            sql = sql.add("AND m.status IN ('failed', 'unconfirmed')");
        }
        sql.add("AND m.status = ?").bind(status.as_str())
    }
}

impl Admin<'_> {
    /// A part of the messages, the newest first.
    pub async fn messages(&self, query: &FindMessages) -> Result<Slice<StoredMessage>> {
        let columns = ["m.sender_name", "m.sender_id", "m.platform_message_id"];
        let sql = self.0.sql(&format!("SELECT {COLUMNS} FROM messages m WHERE 1 = 1"));
        let sql = query.how(search(sql, query.search.as_deref(), &columns, "m.id"));
        let few = if query.asks_whose() { self.few(query).await? } else { None };
        let sql = match few {
            Some(conversations) => sql.add("AND m.conversation_id IN").list(conversations.iter().map(|id| id.0)),
            // Asked of each message, so that a list begins with the newest instead of gathering everything first.
            None => query.of_whom(sql.add(WHOSE)).add(")"),
        };
        let sql = ORDER.sorted(ORDER.narrow(sql, query.span, query.after), query.limit);
        let place = |message: &StoredMessage| Place { at: message.sent_at, id: message.id.0 };
        Ok(slice(read_whole(self.0, sql).await?, query.limit, place))
    }

    /// The conversations that are asked about, if they are few.
    async fn few(&self, query: &FindMessages) -> Result<Option<Vec<ConversationId>>> {
        let sql = self.0.sql("SELECT c.id FROM conversations c JOIN connected_accounts a ON a.id = c.account_id");
        let sql = query.of_whom(sql.add("WHERE a.user_id IS NOT NULL")).add("LIMIT ?");
        let found = self.0.read(sql.bind(i64::try_from(FEW).unwrap_or(i64::MAX) + 1), |row| row.id(0)).await?;
        Ok((found.len() <= FEW).then_some(found))
    }

    /// One of them.
    pub async fn message(&self, id: MessageId) -> Result<Option<StoredMessage>> {
        let sql = self.0.sql(&format!("SELECT {COLUMNS} FROM messages m WHERE m.id = ?")).bind(id.0);
        let sql = FindMessages::default().of_whom(sql.add(WHOSE)).add(")");
        Ok(read_whole(self.0, sql).await?.into_iter().next())
    }
}
