//! What an import has written, read back to be compared: under the ids of the original's rows.

use super::imports::Imports;
use crate::error::Result;
use crate::original::{
    ACCOUNT, ACCOUNT_FURTHER, CONVERSATION, MESSAGE, OriginalAccount, OriginalConversation, OriginalMessage,
    OriginalToken, OriginalUsage, OriginalUser, TOKEN, USAGE, USER,
};
use crate::sql::{Row, chunk};
use std::collections::HashMap;
use uuid::Uuid;

/// An account as it is here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CopiedAccount {
    /// The originals' columns.
    pub row: OriginalAccount,
    /// The seals beside the tokens.
    pub seals: (Option<String>, Option<String>),
}

/// A message as it is here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CopiedMessage {
    /// The originals' columns.
    pub row: OriginalMessage,
    /// The seal beside the words.
    pub seal: Option<String>,
    /// Its words were changed or taken back since it was copied.
    pub is_changed: bool,
}

impl Imports<'_> {
    /// Users here.
    pub async fn copied_users(&self, ids: &[Uuid]) -> Result<HashMap<Uuid, OriginalUser>> {
        let text = format!("SELECT {USER} FROM users u WHERE u.id IN");
        self.copied(&text, ids, |row| OriginalUser::read(row).map(|user| (user.id, user))).await
    }

    /// Accounts here.
    pub async fn copied_accounts(&self, ids: &[Uuid]) -> Result<HashMap<Uuid, CopiedAccount>> {
        let text = format!(
            "SELECT {ACCOUNT}, {ACCOUNT_FURTHER}, a.access_token_seal, a.refresh_token_seal FROM connected_accounts a \
             WHERE a.id IN"
        );
        let read = |row: &Row| {
            let seals = (row.get(11)?, row.get(12)?);
            OriginalAccount::read(row).map(|row| (row.identity.id, CopiedAccount { row, seals }))
        };
        self.copied(&text, ids, read).await
    }

    /// Log-ins here, hashed.
    pub async fn copied_refresh_tokens(&self, ids: &[Uuid]) -> Result<HashMap<Uuid, OriginalToken>> {
        let text = format!("SELECT {TOKEN}, ts(t.revoked_at) FROM refresh_tokens t WHERE t.id IN");
        self.copied(&text, ids, |row| OriginalToken::read(row).map(|token| (token.id, token))).await
    }

    /// Conversations here.
    pub async fn copied_conversations(&self, ids: &[Uuid]) -> Result<HashMap<Uuid, OriginalConversation>> {
        let text = format!(
            "SELECT {ACCOUNT}, {CONVERSATION} FROM conversations c JOIN connected_accounts a ON a.id = c.account_id \
             WHERE c.id IN"
        );
        self.copied(&text, ids, |row| OriginalConversation::read(row).map(|one| (one.identity.id, one))).await
    }

    /// Messages here.
    pub async fn copied_messages(&self, ids: &[Uuid]) -> Result<HashMap<Uuid, CopiedMessage>> {
        let text = format!(
            "SELECT {ACCOUNT}, {MESSAGE}, m.content_seal, m.edited_at IS NOT NULL OR m.deleted_at IS NOT NULL \
             FROM messages m JOIN conversations c ON c.id = m.conversation_id \
             JOIN connected_accounts a ON a.id = c.account_id WHERE m.id IN"
        );
        let read = |row: &Row| {
            let (seal, is_changed) = (row.get(18)?, row.flag(19, false)?);
            OriginalMessage::read(row).map(|row| (row.id, CopiedMessage { row, seal, is_changed }))
        };
        self.copied(&text, ids, read).await
    }

    /// Noted calls here.
    pub async fn copied_usage(&self, ids: &[Uuid]) -> Result<HashMap<Uuid, OriginalUsage>> {
        let text = format!(
            "SELECT {ACCOUNT}, {USAGE}, l.user_id FROM api_usage_logs l LEFT JOIN connected_accounts a \
             ON a.id = l.account_id WHERE l.id IN"
        );
        self.copied(&text, ids, |row| OriginalUsage::read(row).map(|usage| (usage.id, usage))).await
    }

    async fn copied<T>(
        &self,
        text: &str,
        ids: &[Uuid],
        read: impl Fn(&Row) -> Result<(Uuid, T)>,
    ) -> Result<HashMap<Uuid, T>> {
        let mut found = HashMap::with_capacity(ids.len());
        for some in ids.chunks(chunk(1)) {
            let sql = self.0.sql(text).list(some.iter().copied());
            found.extend(self.0.read(sql, &read).await?);
        }
        Ok(found)
    }
}
