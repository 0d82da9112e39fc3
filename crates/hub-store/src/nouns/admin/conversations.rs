//! Everybody's conversations.

use super::{Admin, Order, Place, Slice, Span, search, slice};
use crate::error::Result;
use crate::nouns::PUBLISHED;
use crate::nouns::conversations::{COLUMNS, WIDTH, read as read_conversation};
use crate::sql::{Row, Sql};
use hub_domain::{AccountId, Conversation, ConversationId, UserId};

/// Which conversations.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FindConversations {
    /// Words of the other person's name, their id or the conversation's at the platform, or an id here.
    pub search: Option<String>,
    /// Of one platform only.
    pub platform: Option<String>,
    /// Of one user only.
    pub user: Option<UserId>,
    /// Of one account only.
    pub account: Option<AccountId>,
    /// Only those with or without unread messages.
    pub unread: Option<bool>,
    /// Something was last said within.
    pub span: Span,
    /// Behind this place.
    pub after: Option<Place>,
    /// So many at most.
    pub limit: u32,
}

/// A conversation with its owner.
#[derive(Clone, Debug, PartialEq)]
pub struct OwnedConversation {
    /// The conversation.
    pub conversation: Conversation,
    /// Its owner.
    pub user_id: UserId,
    /// Their address.
    pub owner: String,
}

/// One in which nothing was said yet stands where it was begun.
const ORDER: Order =
    Order { at: "COALESCE(ts(c.last_message_at), ts(c.created_at), '1970-01-01T00:00:00.000000Z')", id: "c.id" };

fn read(row: &Row) -> Result<OwnedConversation> {
    let (conversation, user_id) = read_conversation(row)?;
    Ok(OwnedConversation { conversation, user_id, owner: row.get(WIDTH)? })
}

impl Admin<'_> {
    fn select_conversations(&self) -> Sql {
        self.0
            .sql(&format!("SELECT {COLUMNS}, u.email FROM conversations c"))
            .add("JOIN connected_accounts a ON a.id = c.account_id JOIN users u ON u.id = a.user_id")
            .add("LEFT JOIN hub_pictures p ON p.conversation_id = c.id WHERE a.platform IN")
            .list(PUBLISHED)
    }

    /// A part of the conversations, those with the newest message first.
    pub async fn conversations(&self, query: &FindConversations) -> Result<Slice<OwnedConversation>> {
        let columns = ["c.participant_name", "c.participant_id", "c.platform_conversation_id"];
        let mut sql = search(self.select_conversations(), query.search.as_deref(), &columns, "c.id");
        if let Some(platform) = &query.platform {
            sql = sql.add("AND a.platform = ?").bind(platform.as_str());
        }
        if let Some(user) = query.user {
            sql = sql.add("AND a.user_id = ?").bind(user.0);
        }
        if let Some(account) = query.account {
            sql = sql.add("AND c.account_id = ?").bind(account.0);
        }
        match query.unread {
            Some(true) => sql = sql.add("AND c.unread_count > 0"),
            Some(false) => sql = sql.add("AND (c.unread_count <= 0 OR c.unread_count IS NULL)"),
            None => {}
        }
        let sql = ORDER.sorted(ORDER.narrow(sql, query.span, query.after), query.limit);
        let place = |owned: &OwnedConversation| {
            let conversation = &owned.conversation;
            Place { at: conversation.last_message_at.unwrap_or(conversation.created_at), id: conversation.id.0 }
        };
        Ok(slice(self.0.read(sql, read).await?, query.limit, place))
    }

    /// One of them.
    pub async fn conversation(&self, id: ConversationId) -> Result<Option<OwnedConversation>> {
        self.0.read_one(self.select_conversations().add("AND c.id = ?").bind(id.0), read).await
    }

    /// How many messages are in a conversation.
    pub async fn count_messages(&self, id: ConversationId) -> Result<i64> {
        let sql = self.0.sql("SELECT COUNT(*) FROM messages WHERE conversation_id = ?").bind(id.0);
        Ok(self.0.read_one(sql, |row| row.get(0)).await?.unwrap_or_default())
    }
}
