//! What an import writes: rows as an original had them, with their ids, sealed anew. A row that is here stays as it is.

use crate::error::Result;
use crate::original::{
    AccountIdentity, ConversationIdentity, OriginalAccount, OriginalConversation, OriginalMessage, OriginalToken,
    OriginalUsage, OriginalUser,
};
use crate::sql::{Conn, chunk};
use hub_domain::Timestamp;
use std::collections::{HashMap, HashSet};
use uuid::Uuid;

/// How far an import has got.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportPlace {
    /// Which kind of row it is at.
    pub step: String,
    /// The last row that is stored; `None` = none of this kind yet.
    pub after: Option<Uuid>,
}

/// An account to be written: the original's, with tokens sealed anew.
#[derive(Clone, Debug)]
pub struct ImportedAccount {
    /// As the original had it, the tokens replaced.
    pub row: OriginalAccount,
    /// The seals beside the tokens.
    pub seals: (Option<String>, Option<String>),
    /// Adapter and way of linking, where the original's token tells more than its platform's name.
    pub kind: Option<(String, String)>,
}

/// A message to be written: the original's, with its words sealed anew.
#[derive(Clone, Debug)]
pub struct ImportedMessage {
    /// As the original had it, the words replaced.
    pub row: OriginalMessage,
    /// The seal beside the words.
    pub seal: Option<String>,
    /// The row of its conversation here.
    pub conversation: Uuid,
}

/// Parameters of one row.
const USER_WIDTH: usize = 5;
const TOKEN_WIDTH: usize = 6;
const CONVERSATION_WIDTH: usize = 9;
const MESSAGE_WIDTH: usize = 14;
const USAGE_WIDTH: usize = 7;

/// Statements about imported rows.
pub struct Imports<'a>(pub(crate) Conn<'a>);

impl Imports<'_> {
    /// Where an import that was cut off stood.
    pub async fn place(&self, source: &str) -> Result<Option<ImportPlace>> {
        let sql = self.0.sql("SELECT step, after_id FROM hub_imports WHERE source = ?").bind(source);
        self.0.read_one(sql, |row| Ok(ImportPlace { step: row.get(0)?, after: row.get(1)? })).await
    }

    /// Notes how far it has got.
    pub async fn note(&self, source: &str, place: &ImportPlace, now: Timestamp) -> Result<()> {
        let sql = self
            .0
            .sql("INSERT INTO hub_imports (source, step, after_id, at) VALUES (?, ?, ?, ?) ON CONFLICT (source)")
            .add("DO UPDATE SET step = excluded.step, after_id = excluded.after_id, at = excluded.at")
            .bind(source)
            .bind(place.step.as_str())
            .bind(place.after)
            .time(now);
        self.0.run(sql).await.map(|_| ())
    }

    /// Forgets an import that is complete, so that a later one begins anew.
    pub async fn forget(&self, source: &str) -> Result<()> {
        let sql = self.0.sql("DELETE FROM hub_imports WHERE source = ?").bind(source);
        self.0.run(sql).await.map(|_| ())
    }

    /// Users here who have one of these addresses under another id. Whether they are the same person, nobody has proven.
    pub async fn strangers(&self, users: &[OriginalUser]) -> Result<Vec<Uuid>> {
        let wanted: HashMap<String, Uuid> = users.iter().map(|user| (user.email.to_lowercase(), user.id)).collect();
        let mut found = Vec::new();
        let emails: Vec<&str> = wanted.keys().map(String::as_str).collect();
        for some in emails.chunks(chunk(1)) {
            let sql = self.0.sql("SELECT id, email FROM users WHERE lower(email) IN").list(some.iter().copied());
            let rows = self.0.read(sql, |row| Ok((row.get::<Uuid>(0)?, row.get::<String>(1)?))).await?;
            let ours: HashSet<Uuid> = users.iter().map(|user| user.id).collect();
            found.extend(rows.into_iter().map(|(id, _)| id).filter(|id| !ours.contains(id)));
        }
        Ok(found)
    }

    /// Stores users; gives how many were new.
    pub async fn users(&self, users: &[OriginalUser], now: Timestamp) -> Result<u64> {
        let mut new = 0;
        for some in users.chunks(chunk(USER_WIDTH)) {
            let sql = self
                .0
                .sql("INSERT INTO users (id, email, password_hash, created_at, updated_at) VALUES")
                .rows(USER_WIDTH, some, |sql, user| {
                    let sql = sql.bind(user.id).bind(user.email.as_str()).bind(user.password_hash.as_str());
                    let made = user.created_at.unwrap_or(now);
                    sql.time(made).time(user.updated_at.unwrap_or(made))
                })
                .add("ON CONFLICT (id) DO NOTHING");
            new += self.0.run(sql).await?;
        }
        Ok(new)
    }

    /// Stores an account; false when it is here.
    pub async fn account(&self, account: &ImportedAccount, now: Timestamp) -> Result<bool> {
        let (row, made) = (&account.row, account.row.created_at.unwrap_or(now));
        let kind = account.kind.clone().unzip();
        let sql = self
            .0
            .sql("INSERT INTO connected_accounts (id, user_id, platform, platform_user_id, platform_username,")
            .add("access_token, access_token_seal, refresh_token, refresh_token_seal, token_expires_at, is_active,")
            .add("account_kind, connect_method, created_at, updated_at)")
            .add("VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING")
            .bind(row.identity.id)
            .bind(row.identity.user_id)
            .bind(row.identity.platform.as_str())
            .bind(row.identity.remote_id.as_str())
            .bind(row.username.clone())
            .bind(row.access_token.as_str())
            .bind(account.seals.0.clone())
            .bind(row.refresh_token.clone())
            .bind(account.seals.1.clone())
            .maybe_time(row.token_expires_at)
            .bind(row.is_active)
            .bind(kind.0)
            .bind(kind.1)
            .time(made)
            .time(row.updated_at.unwrap_or(made));
        Ok(self.0.run(sql).await? > 0)
    }

    /// Stores log-ins, hashed; gives how many were new.
    pub async fn refresh_tokens(&self, tokens: &[OriginalToken], now: Timestamp) -> Result<u64> {
        let mut new = 0;
        for some in tokens.chunks(chunk(TOKEN_WIDTH)) {
            let sql = self
                .0
                .sql("INSERT INTO refresh_tokens (id, user_id, token, expires_at, created_at, revoked_at) VALUES")
                .rows(TOKEN_WIDTH, some, |sql, token| {
                    let sql = sql.bind(token.id).bind(token.user_id).bind(token.token.as_str());
                    let sql = sql.time(token.expires_at).time(token.created_at.unwrap_or(now));
                    sql.maybe_time(token.revoked_at)
                })
                .add("ON CONFLICT (id) DO NOTHING");
            new += self.0.run(sql).await?;
        }
        Ok(new)
    }

    /// The rows here of accounts of an original: with the same id, or linked here for the same user meanwhile.
    pub async fn find_accounts(&self, accounts: &[&AccountIdentity]) -> Result<HashMap<Uuid, Uuid>> {
        let mut found = HashMap::new();
        let ids: HashSet<Uuid> = accounts.iter().map(|account| account.id).collect();
        let ids: Vec<Uuid> = ids.into_iter().collect();
        for some in ids.chunks(chunk(1)) {
            let sql = self.0.sql("SELECT id FROM connected_accounts WHERE id IN").list(some.iter().copied());
            found.extend(self.0.read(sql, |row| Ok((row.get::<Uuid>(0)?, row.get::<Uuid>(0)?))).await?);
        }
        for account in accounts {
            if found.contains_key(&account.id) {
                continue;
            }
            let sql = self
                .0
                .sql("SELECT id FROM connected_accounts WHERE user_id = ? AND platform = ? AND platform_user_id = ?")
                .bind(account.user_id)
                .bind(account.platform.as_str())
                .bind(account.remote_id.as_str());
            if let Some(id) = self.0.read_one(sql, |row| row.get(0)).await? {
                found.insert(account.id, id);
            }
        }
        Ok(found)
    }

    /// Stores conversations under the accounts that [`Imports::find_accounts`] found; gives how many were new. The unread
    /// count is counted when everything is here.
    pub async fn conversations(
        &self,
        rows: &[OriginalConversation],
        accounts: &HashMap<Uuid, Uuid>,
        now: Timestamp,
    ) -> Result<u64> {
        let mut new = 0;
        let placed: Vec<(&OriginalConversation, Uuid)> =
            rows.iter().filter_map(|row| Some((row, *accounts.get(&row.identity.account.id)?))).collect();
        for some in placed.chunks(chunk(CONVERSATION_WIDTH)) {
            let sql = self
                .0
                .sql("INSERT INTO conversations (id, account_id, platform_conversation_id, participant_name,")
                .add("participant_id, participant_avatar_url, last_message_at, created_at, updated_at) VALUES")
                .rows(CONVERSATION_WIDTH, some, |sql, (row, account)| {
                    let made = row.created_at.unwrap_or(now);
                    let sql = sql.bind(row.identity.id).bind(*account).bind(row.identity.remote_id.as_str());
                    let sql = sql.bind(row.participant_name.clone()).bind(row.participant_id.clone());
                    let sql = sql.bind(row.participant_avatar_url.clone()).maybe_time(row.last_message_at);
                    sql.time(made).time(row.updated_at.unwrap_or(made))
                })
                .add("ON CONFLICT DO NOTHING");
            new += self.0.run(sql).await?;
        }
        Ok(new)
    }

    /// The rows here of conversations of an original: with the same id, or begun here for the same account meanwhile.
    pub async fn find_conversations(&self, wanted: &[&ConversationIdentity]) -> Result<HashMap<Uuid, Uuid>> {
        let mut found = HashMap::new();
        let ids: HashSet<Uuid> = wanted.iter().map(|conversation| conversation.id).collect();
        let ids: Vec<Uuid> = ids.into_iter().collect();
        for some in ids.chunks(chunk(1)) {
            let sql = self.0.sql("SELECT id FROM conversations WHERE id IN").list(some.iter().copied());
            found.extend(self.0.read(sql, |row| Ok((row.get::<Uuid>(0)?, row.get::<Uuid>(0)?))).await?);
        }
        let missing: Vec<&ConversationIdentity> =
            wanted.iter().filter(|conversation| !found.contains_key(&conversation.id)).copied().collect();
        let accounts: Vec<&AccountIdentity> = missing.iter().map(|conversation| &conversation.account).collect();
        let accounts = self.find_accounts(&accounts).await?;
        for conversation in missing {
            let Some(account) = accounts.get(&conversation.account.id) else { continue };
            let sql = self
                .0
                .sql("SELECT id FROM conversations WHERE account_id = ? AND platform_conversation_id = ?")
                .bind(*account)
                .bind(conversation.remote_id.as_str());
            if let Some(id) = self.0.read_one(sql, |row| row.get(0)).await? {
                found.insert(conversation.id, id);
            }
        }
        Ok(found)
    }

    /// Stores messages; gives how many were new.
    pub async fn messages(&self, messages: &[ImportedMessage]) -> Result<u64> {
        let mut new = 0;
        for some in messages.chunks(chunk(MESSAGE_WIDTH)) {
            let sql = self
                .0
                .sql("INSERT INTO messages (id, conversation_id, platform_message_id, sender_id, sender_name, content,")
                .add("content_seal, message_type, media_url, is_outgoing, is_read, sent_at, delivered_at, created_at)")
                .add("VALUES")
                .rows(MESSAGE_WIDTH, some, |sql, message| {
                    let row = &message.row;
                    let sql = sql.bind(row.id).bind(message.conversation).bind(row.remote_id.as_str());
                    let sql = sql.bind(row.sender_id.as_str()).bind(row.sender_name.clone());
                    let sql = sql.bind(row.content.as_str()).bind(message.seal.clone());
                    let sql = sql.bind(row.message_type.clone()).bind(row.media_url.clone());
                    let sql = sql.bind(row.is_outgoing).bind(row.is_read).time(row.sent_at);
                    sql.maybe_time(row.delivered_at).time(row.created_at.unwrap_or(row.sent_at))
                })
                .add("ON CONFLICT DO NOTHING");
            new += self.0.run(sql).await?;
        }
        Ok(new)
    }

    /// Stores noted calls under the accounts that [`Imports::find_accounts`] found; gives how many were new.
    pub async fn usage(&self, rows: &[OriginalUsage], accounts: &HashMap<Uuid, Uuid>, now: Timestamp) -> Result<u64> {
        let mut new = 0;
        for some in rows.chunks(chunk(USAGE_WIDTH)) {
            let sql = self
                .0
                .sql("INSERT INTO api_usage_logs (id, account_id, user_id, platform, endpoint, request_count, \"timestamp\")")
                .add("VALUES")
                .rows(USAGE_WIDTH, some, |sql, row| {
                    let account = row.account.as_ref().and_then(|account| accounts.get(&account.id).copied());
                    let sql = sql.bind(row.id).bind(account).bind(row.user_id).bind(row.platform.as_str());
                    sql.bind(row.endpoint.as_str()).bind(row.request_count).time(row.at.unwrap_or(now))
                })
                .add("ON CONFLICT (id) DO NOTHING");
            new += self.0.run(sql).await?;
        }
        Ok(new)
    }

    /// True when a message is here under another id: received by the hub itself.
    pub async fn has_message(&self, conversation: Uuid, remote_id: &str) -> Result<bool> {
        let sql = self.0.sql("SELECT 1 FROM messages WHERE conversation_id = ? AND platform_message_id = ?");
        Ok(self.0.one(sql.bind(conversation).bind(remote_id)).await?.is_some())
    }
}
