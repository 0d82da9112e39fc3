//! Pictures of people, copied: links of platforms die within days.

use crate::error::Result;
use crate::sql::{Conn, chunk};
use hub_domain::{ConversationId, Timestamp, UserId};

/// A copied picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// Names its bytes.
    pub blob_key: String,
    /// Media type by content.
    pub mime_type: String,
}

/// Statements about pictures.
pub struct Pictures<'a>(pub(crate) Conn<'a>);

impl Pictures<'_> {
    /// The picture of one of the user's conversations.
    pub async fn find(&self, user: UserId, conversation: ConversationId) -> Result<Option<Picture>> {
        let sql = self
            .0
            .sql("SELECT p.blob_key, p.mime_type FROM hub_pictures p JOIN conversations c ON c.id = p.conversation_id")
            .add("JOIN connected_accounts a ON a.id = c.account_id")
            .add("WHERE p.conversation_id = ? AND a.user_id = ? AND p.blob_key IS NOT NULL")
            .bind(conversation.0)
            .bind(user.0);
        let read = |row: &crate::sql::Row| {
            let mime_type = row.get::<Option<String>>(1)?.unwrap_or_default();
            Ok(Picture { blob_key: row.get(0)?, mime_type })
        };
        self.0.read_one(sql, read).await
    }

    /// Those of these conversations whose people were not asked for since `since`.
    pub async fn unasked(&self, conversations: &[ConversationId], since: Timestamp) -> Result<Vec<ConversationId>> {
        let mut asked: Vec<ConversationId> = Vec::new();
        for some in conversations.chunks(chunk(1)) {
            let sql = self.0.sql("SELECT conversation_id FROM hub_pictures WHERE at >= ? AND conversation_id IN");
            let sql = sql.time(since).list(some.iter().map(|id| id.0));
            asked.extend(self.0.read(sql, |row| row.id::<ConversationId>(0)).await?);
        }
        let mut unasked: Vec<_> = conversations.iter().copied().filter(|id| !asked.contains(id)).collect();
        unasked.sort_unstable();
        unasked.dedup();
        Ok(unasked)
    }

    /// When a conversation's picture was last asked for, and from where it came; `None` = never.
    pub async fn asked(&self, conversation: ConversationId) -> Result<Option<(Timestamp, Option<String>)>> {
        let sql = self.0.sql("SELECT ts(at), source FROM hub_pictures WHERE conversation_id = ?").bind(conversation.0);
        self.0.read_one(sql, |row| Ok((row.time(0)?, row.get(1)?))).await
    }

    /// Notes what came of asking; `None` keeps the picture that is there.
    pub async fn note(
        &self,
        conversation: ConversationId,
        source: Option<&str>,
        picture: Option<&Picture>,
        now: Timestamp,
    ) -> Result<()> {
        let sql = self
            .0
            .sql("INSERT INTO hub_pictures (conversation_id, source, blob_key, mime_type, at) VALUES (?, ?, ?, ?, ?)")
            .add("ON CONFLICT (conversation_id) DO UPDATE SET source = COALESCE(excluded.source, hub_pictures.source),")
            .add("blob_key = COALESCE(excluded.blob_key, hub_pictures.blob_key),")
            .add("mime_type = COALESCE(excluded.mime_type, hub_pictures.mime_type), at = excluded.at")
            .bind(conversation.0)
            .bind(source.map(str::to_owned))
            .bind(picture.map(|p| p.blob_key.clone()))
            .bind(picture.map(|p| p.mime_type.clone()))
            .time(now);
        self.0.run(sql).await.map(|_| ())
    }
}
