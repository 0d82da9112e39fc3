//! Comparing the copy with what it was copied from, row by row and column by column: everything with an owner is here, and
//! says the same. What the hub itself changed since (an import may be done again when it has worked) is left out: a row that
//! bears a later date is compared by what nobody changes.

use super::copy::stored_token;
use super::opening::token_of;
use super::pages::{Page, walk};
use super::{Doing, Finding, Original, OriginalCounts, OriginalKeys, Progress, Report, Step, Tell, Why};
use crate::accounts::grants;
use crate::inbox::seal as words;
use crate::sealing::{Field, Opened};
use crate::{App, Result};
use hub_domain::Timestamp;
use hub_store::{
    CopiedAccount, CopiedMessage, Imports, OriginalAccount, OriginalConversation, OriginalMessage, OriginalToken,
    OriginalUsage, OriginalUser, Session,
};
use std::collections::HashMap;
use uuid::Uuid;

/// Compares everything.
pub(super) async fn compare(
    app: &App,
    original: &Original,
    keys: &OriginalKeys,
    counts: &OriginalCounts,
    report: &mut Report,
    tell: Tell<'_>,
) -> Result<()> {
    let session: Session = app.store().read();
    let judge = Judge { app, keys, copies: session.imports() };
    for step in Step::ALL {
        let (total, mut done) = (step.total(counts), 0_u64);
        walk(original, step, None, async |page| {
            done += page.len();
            for (column, row, why) in judge.page(&page).await? {
                report.wrong.add(Finding { step, column, row, why });
            }
            tell(Progress { doing: Doing::Comparing, step, done, total });
            Ok(())
        })
        .await?;
        report.compared += done;
    }
    Ok(())
}

/// A column (empty for the whole row), a row, and what is wrong with it.
type Wrong = (&'static str, Uuid, Why);

struct Judge<'a> {
    app: &'a App,
    keys: &'a OriginalKeys,
    copies: Imports<'a>,
}

/// Whether a row says the same; else the first column that does not.
type Same = std::result::Result<(), &'static str>;

fn all_same(columns: &[(&'static str, bool)]) -> Same {
    columns.iter().find(|(_, same)| !same).map_or(Ok(()), |(column, _)| Err(*column))
}

/// A time of the original stands; where it had none, the hub had to find one.
fn same_time(original: Option<Timestamp>, copy: Option<Timestamp>) -> bool {
    original.is_none() || original == copy
}

/// The hub has worked on the row since it was copied.
fn is_newer(original: Option<Timestamp>, copy: Option<Timestamp>, made: Option<Timestamp>) -> bool {
    copy > original.or(made)
}

impl Judge<'_> {
    async fn page(&self, page: &Page) -> Result<Vec<Wrong>> {
        match page {
            Page::Users(rows) => self.users(rows).await,
            Page::Accounts(rows) => self.accounts(rows).await,
            Page::RefreshTokens(rows) => self.refresh_tokens(rows).await,
            Page::Conversations(rows) => self.conversations(rows).await,
            Page::Messages(rows) => self.messages(rows).await,
            Page::Usage(rows) => self.usage(rows).await,
        }
    }

    async fn users(&self, rows: &[OriginalUser]) -> Result<Vec<Wrong>> {
        let here = self.copies.copied_users(&rows.iter().map(|row| row.id).collect::<Vec<_>>()).await?;
        Ok(rows.iter().filter_map(|row| verdict(row.id, here.get(&row.id).map(|copy| user(row, copy)))).collect())
    }

    async fn accounts(&self, rows: &[OriginalAccount]) -> Result<Vec<Wrong>> {
        let ids: Vec<Uuid> = rows.iter().map(|row| row.identity.id).collect();
        let here = self.copies.copied_accounts(&ids).await?;
        let absent: Vec<_> = rows.iter().map(|row| &row.identity).filter(|one| !here.contains_key(&one.id)).collect();
        let linked = self.copies.find_accounts(&absent).await?;
        let judge = |row: &OriginalAccount| {
            let id = row.identity.id;
            if linked.contains_key(&id) {
                // Linked here before the import came: the hub's own row is newer, and stays.
                return None;
            }
            verdict(id, here.get(&id).map(|copy| self.account(row, copy)))
        };
        Ok(rows.iter().filter_map(judge).collect())
    }

    /// Whether an account says the same.
    fn account(&self, row: &OriginalAccount, copy: &CopiedAccount) -> Same {
        let (id, here) = (row.identity.id.into(), &copy.row);
        let fixed = all_same(&[
            ("user_id", row.identity.user_id == here.identity.user_id),
            ("platform", row.identity.platform == here.identity.platform),
            ("platform_user_id", row.identity.remote_id == here.identity.remote_id),
            ("created_at", same_time(row.created_at, here.created_at)),
        ]);
        if fixed.is_err() || is_newer(row.updated_at, here.updated_at, here.created_at) {
            return fixed;
        }
        let token = |column, original: Option<&str>, copy: Option<&str>, seal: Option<&str>| match (original, copy) {
            (None, None) => true,
            (Some(original), Some(copy)) => {
                let expected = token_of((self.keys, self.app.platforms()), row, original).text();
                self.says(grants::field(column, id), (copy, seal), original, expected)
            }
            _ => false,
        };
        let (access, refresh) = (Some(row.access_token.as_str()), row.refresh_token.as_deref());
        all_same(&[
            ("access_token", token("access_token", access, Some(&here.access_token), copy.seals.0.as_deref())),
            ("refresh_token", token("refresh_token", refresh, here.refresh_token.as_deref(), copy.seals.1.as_deref())),
            ("platform_username", row.username == here.username),
            ("token_expires_at", row.token_expires_at == here.token_expires_at),
            ("is_active", row.is_active == here.is_active),
            ("updated_at", same_time(row.updated_at, here.updated_at)),
        ])
    }

    async fn refresh_tokens(&self, rows: &[OriginalToken]) -> Result<Vec<Wrong>> {
        let here = self.copies.copied_refresh_tokens(&rows.iter().map(|row| row.id).collect::<Vec<_>>()).await?;
        let now = self.app.now();
        let judge = |row: &OriginalToken| {
            let copy = here.get(&row.id);
            // The hub deletes what is over.
            if copy.is_none() && row.expires_at <= now {
                return None;
            }
            verdict(row.id, copy.map(|copy| log_in(row, copy)))
        };
        Ok(rows.iter().filter_map(judge).collect())
    }

    async fn conversations(&self, rows: &[OriginalConversation]) -> Result<Vec<Wrong>> {
        let ids: Vec<Uuid> = rows.iter().map(|row| row.identity.id).collect();
        let here = self.copies.copied_conversations(&ids).await?;
        let absent: Vec<_> = rows.iter().map(|row| &row.identity).filter(|one| !here.contains_key(&one.id)).collect();
        let begun = self.copies.find_conversations(&absent).await?;
        let accounts: Vec<_> = rows.iter().map(|row| &row.identity.account).collect();
        let accounts = self.copies.find_accounts(&accounts).await?;
        let judge = |row: &OriginalConversation| {
            let id = row.identity.id;
            if begun.contains_key(&id) {
                return None;
            }
            verdict(id, here.get(&id).map(|copy| conversation(row, copy, &accounts)))
        };
        Ok(rows.iter().filter_map(judge).collect())
    }

    async fn messages(&self, rows: &[OriginalMessage]) -> Result<Vec<Wrong>> {
        let here = self.copies.copied_messages(&rows.iter().map(|row| row.id).collect::<Vec<_>>()).await?;
        let conversations: Vec<_> = rows.iter().map(|row| &row.conversation).collect();
        let conversations = self.copies.find_conversations(&conversations).await?;
        let mut wrong = Vec::new();
        for row in rows {
            let conversation = conversations.get(&row.conversation.id).copied();
            let differs = match here.get(&row.id) {
                Some(copy) => Some(self.message(row, copy, conversation)),
                None => self.is_known(row, conversation).await?.then_some(Ok(())),
            };
            wrong.extend(verdict(row.id, differs));
        }
        Ok(wrong)
    }

    /// True when a message is here under another id: received by the hub itself.
    async fn is_known(&self, row: &OriginalMessage, conversation: Option<Uuid>) -> Result<bool> {
        match conversation {
            Some(conversation) => Ok(self.copies.has_message(conversation, &row.remote_id).await?),
            None => Ok(false),
        }
    }

    /// Whether a message says the same.
    fn message(&self, row: &OriginalMessage, copy: &CopiedMessage, conversation: Option<Uuid>) -> Same {
        let here = &copy.row;
        let says = |expected| {
            self.says(words::field(row.id.into()), (&here.content, copy.seal.as_deref()), &row.content, expected)
        };
        all_same(&[
            ("conversation_id", conversation == Some(here.conversation.id)),
            ("platform_message_id", row.remote_id == here.remote_id),
            ("sender_id", row.sender_id == here.sender_id),
            ("sender_name", row.sender_name == here.sender_name),
            ("content", copy.is_changed || says(self.keys.words(&row.content))),
            ("message_type", row.message_type == here.message_type),
            ("media_url", row.media_url == here.media_url),
            ("is_outgoing", row.is_outgoing == here.is_outgoing),
            // What was unread may have been read here.
            ("is_read", here.is_read || !row.is_read),
            ("sent_at", row.sent_at == here.sent_at),
            ("delivered_at", same_time(row.delivered_at, here.delivered_at)),
            ("created_at", same_time(row.created_at, here.created_at)),
        ])
    }

    async fn usage(&self, rows: &[OriginalUsage]) -> Result<Vec<Wrong>> {
        let here = self.copies.copied_usage(&rows.iter().map(|row| row.id).collect::<Vec<_>>()).await?;
        let accounts = rows.iter().filter_map(|row| row.account.as_ref()).collect::<Vec<_>>();
        let accounts = self.copies.find_accounts(&accounts).await?;
        let judge = |row: &OriginalUsage| verdict(row.id, here.get(&row.id).map(|copy| call(row, copy, &accounts)));
        Ok(rows.iter().filter_map(judge).collect())
    }

    /// True when a stored value says what it should: it opens here, with its proof, to the same text; or it could not be opened
    /// and stands as it stood.
    fn says(
        &self,
        field: Field<'_>,
        (copy, seal): (&str, Option<&str>),
        original: &str,
        expected: Option<String>,
    ) -> bool {
        match expected {
            Some(text) => self.app.sealer().open_text(field, copy, seal) == Opened::Text(text),
            None => copy == original,
        }
    }
}

/// What is wrong with a row: `None` = it is not here.
fn verdict(row: Uuid, copy: Option<Same>) -> Option<Wrong> {
    match copy {
        None => Some(("", row, Why::Missing)),
        Some(Ok(())) => None,
        Some(Err(column)) => Some((column, row, Why::Differs)),
    }
}

fn user(row: &OriginalUser, here: &OriginalUser) -> Same {
    let is_newer = is_newer(row.updated_at, here.updated_at, here.created_at);
    all_same(&[
        ("email", row.email == here.email),
        ("created_at", same_time(row.created_at, here.created_at)),
        ("password_hash", is_newer || row.password_hash == here.password_hash),
        ("updated_at", is_newer || same_time(row.updated_at, here.updated_at)),
    ])
}

fn log_in(row: &OriginalToken, here: &OriginalToken) -> Same {
    all_same(&[
        ("user_id", row.user_id == here.user_id),
        ("token", stored_token(&row.token) == here.token),
        ("expires_at", row.expires_at == here.expires_at),
        ("created_at", same_time(row.created_at, here.created_at)),
        // It may have been used, or ended, here.
        ("revoked_at", same_time(row.revoked_at, here.revoked_at)),
    ])
}

fn conversation(row: &OriginalConversation, here: &OriginalConversation, accounts: &HashMap<Uuid, Uuid>) -> Same {
    let account = accounts.get(&row.identity.account.id).copied();
    let is_newer = is_newer(row.updated_at, here.updated_at, here.created_at);
    all_same(&[
        ("account_id", account == Some(here.identity.account.id)),
        ("created_at", same_time(row.created_at, here.created_at)),
        ("platform_conversation_id", is_newer || row.identity.remote_id == here.identity.remote_id),
        ("participant_name", is_newer || row.participant_name == here.participant_name),
        ("participant_id", is_newer || row.participant_id == here.participant_id),
        ("participant_avatar_url", is_newer || row.participant_avatar_url == here.participant_avatar_url),
        ("last_message_at", is_newer || row.last_message_at == here.last_message_at),
        ("updated_at", is_newer || same_time(row.updated_at, here.updated_at)),
    ])
}

fn call(row: &OriginalUsage, here: &OriginalUsage, accounts: &HashMap<Uuid, Uuid>) -> Same {
    let account = row.account.as_ref().and_then(|account| accounts.get(&account.id).copied());
    all_same(&[
        ("account_id", account == here.account.as_ref().map(|account| account.id)),
        ("user_id", row.user_id == here.user_id),
        ("platform", row.platform == here.platform),
        ("endpoint", row.endpoint == here.endpoint),
        ("request_count", row.request_count == here.request_count),
        ("timestamp", same_time(row.at, here.at)),
    ])
}
