//! Which conversation an id means. A conversation may have several ids at once, get another one, or move.

use super::conversations::{ConversationKey, Conversations, Located, OtherPerson, UpsertConversation};
use super::messages::Messages;
use crate::error::Result;
use crate::sql::{Row, chunk};
use hub_domain::{AccountId, ConversationId, RemoteConversationId, Timestamp};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Parameters of one conversation, and of one further id.
const CONVERSATION_WIDTH: usize = 10;
const ALIAS_WIDTH: usize = 4;

/// An id of an account.
type Key = (AccountId, RemoteConversationId);

/// What is known of an id.
#[derive(Clone, Debug)]
struct Known {
    id: ConversationId,
    /// The conversation's own id at the platform.
    own: RemoteConversationId,
    /// The id is of the time before a move.
    moved: bool,
    /// The id is the conversation's own.
    is_own: bool,
}

impl Conversations<'_> {
    /// By id at the platform: its own, a further one, or one of the time before a move.
    pub async fn by_remote_any(&self, account: AccountId, remote: &RemoteConversationId) -> Result<Option<Located>> {
        let sql = self
            .0
            .sql("SELECT id, FALSE FROM conversations WHERE account_id = ? AND platform_conversation_id = ?")
            .add("UNION ALL SELECT conversation_id, moved FROM hub_conversation_aliases")
            .add("WHERE account_id = ? AND remote_id = ?")
            .bind(account.0)
            .bind(remote.as_str())
            .bind(account.0)
            .bind(remote.as_str());
        self.0.read_one(sql, |row| Ok(Located { id: row.id(0)?, moved: row.flag(1, false)? })).await
    }

    /// Finds or makes many conversations. The rows are touched in one order everywhere, so that two transactions never wait
    /// for each other.
    pub async fn upsert_many(&self, rows: &[UpsertConversation]) -> Result<Vec<ConversationKey>> {
        let known = self.known_ids(rows).await?;
        let mut keys = Vec::with_capacity(rows.len());
        let mut wanted: BTreeMap<Key, UpsertConversation> = BTreeMap::new();
        let mut asked: Vec<(Key, Vec<Key>)> = Vec::new();
        for group in groups(rows, &known) {
            if let [row] = group.as_slice()
                && let Some(moved) = known.get(&key(row)).into_iter().flatten().find(|known| known.moved)
            {
                let found = Located { id: moved.id, moved: true };
                let (account_id, remote_id) = key(row);
                keys.push(ConversationKey { account_id, remote_id, found, other: OtherPerson::default() });
                continue;
            }
            let own = self.one_of(&group, &known).await?;
            let mut ids: Vec<Key> = Vec::new();
            for row in &group {
                let wish = (row.account_id, own.clone());
                match wanted.entry(wish) {
                    std::collections::btree_map::Entry::Vacant(slot) => {
                        slot.insert(UpsertConversation { remote_id: own.clone(), ..(*row).clone() });
                    }
                    std::collections::btree_map::Entry::Occupied(mut slot) => add_to(slot.get_mut(), row),
                }
                ids.extend(all_ids(row).map(|id| (row.account_id, id.clone())));
            }
            asked.push(((group[0].account_id, own), ids));
        }
        let wanted: Vec<UpsertConversation> = wanted.into_values().collect();
        let mut found: HashMap<Key, (ConversationId, OtherPerson)> = HashMap::with_capacity(wanted.len());
        for some in wanted.chunks(chunk(CONVERSATION_WIDTH)) {
            found.extend(self.upsert_some(some).await?);
        }
        for row in wanted.iter().filter(|row| row.handle.is_some()) {
            if let Some((id, other)) = found.get_mut(&key(row)).filter(|(_, other)| other.name.is_none()) {
                other.name.clone_from(&row.handle);
                self.name_by_handle(*id, row).await?;
            }
        }
        let mut further = Vec::new();
        for (own, ids) in asked {
            let Some((id, other_person)) = found.get(&own) else { continue };
            let id = *id;
            for other in ids.iter().filter(|other| **other != own) {
                if !known.get(other).into_iter().flatten().any(|known| known.id == id && !known.is_own) {
                    further.push((other.clone(), id));
                }
            }
            let found = Located { id, moved: false };
            keys.extend(ids.into_iter().map(|(account_id, remote_id)| {
                let other = other_person.clone();
                ConversationKey { account_id, remote_id, found, other }
            }));
        }
        self.add_aliases(&further).await?;
        Ok(keys)
    }

    /// Everything that is known of the ids of these rows. The own ids of conversations are only looked up where
    /// ids are linked; else they are found when they are written.
    async fn known_ids(&self, rows: &[UpsertConversation]) -> Result<HashMap<Key, Vec<Known>>> {
        let mut known: HashMap<Key, Vec<Known>> = HashMap::new();
        let accounts: BTreeSet<AccountId> = rows.iter().map(|row| row.account_id).collect();
        let all: Vec<&RemoteConversationId> = rows.iter().flat_map(all_ids).collect();
        let linking = rows.iter().any(|row| !row.aliases.is_empty());
        if linking {
            self.link_alone(&accounts).await?;
        }
        // Both lists are named, because the indexes begin with the account.
        for some in all.chunks(chunk(2)) {
            let sql = self
                .0
                .sql("SELECT al.account_id, al.remote_id, al.conversation_id, c.platform_conversation_id, al.moved")
                .add("FROM hub_conversation_aliases al JOIN conversations c ON c.id = al.conversation_id")
                .add("WHERE al.account_id IN")
                .list(accounts.iter().map(|id| id.0))
                .add("AND al.remote_id IN")
                .list(some.iter().map(|id| id.as_str()));
            let read = |row: &Row| {
                let found = Known { id: row.id(2)?, own: row.text(3)?, moved: row.flag(4, true)?, is_own: false };
                Ok(((row.id(0)?, row.text(1)?), found))
            };
            for (key, found) in self.0.read(sql, read).await? {
                known.entry(key).or_default().push(found);
            }
        }
        for some in all.chunks(chunk(2)).filter(|_| linking) {
            let sql = self
                .0
                .sql("SELECT account_id, platform_conversation_id, id FROM conversations WHERE account_id IN")
                .list(accounts.iter().map(|id| id.0))
                .add("AND platform_conversation_id IN")
                .list(some.iter().map(|id| id.as_str()));
            let read = |row: &Row| {
                let own: RemoteConversationId = row.text(1)?;
                Ok(((row.id(0)?, own.clone()), Known { id: row.id(2)?, own, moved: false, is_own: true }))
            };
            for (key, found) in self.0.read(sql, read).await? {
                known.entry(key).or_default().push(found);
            }
        }
        Ok(known)
    }

    /// Ids of one account are linked by one transaction at a time: two that each see half of a person would make two of
    /// them.
    async fn link_alone(&self, accounts: &BTreeSet<AccountId>) -> Result<()> {
        let sql = self.0.sql("SELECT id FROM connected_accounts WHERE id IN").list(accounts.iter().map(|id| id.0));
        self.0.all(sql.add("ORDER BY id {FOR NO KEY UPDATE}")).await.map(|_| ())
    }

    /// The own id of the conversation that a group of rows means. If several were made before anybody knew that they are
    /// one, they become one now.
    async fn one_of(
        &self,
        group: &[&UpsertConversation],
        known: &HashMap<Key, Vec<Known>>,
    ) -> Result<RemoteConversationId> {
        let first = group[0];
        let mut found: Vec<&Known> = Vec::new();
        for id in group.iter().flat_map(|row| all_ids(row)) {
            for one in known.get(&(first.account_id, id.clone())).into_iter().flatten().filter(|one| !one.moved) {
                if !found.iter().any(|other| other.id == one.id) {
                    found.push(one);
                }
            }
        }
        let Some((keep, others)) = found.split_first() else { return Ok(first.remote_id.clone()) };
        for other in others {
            self.merge(first.account_id, keep.id, other.id, first.at).await?;
        }
        Ok(keep.own.clone())
    }

    async fn upsert_some(&self, rows: &[UpsertConversation]) -> Result<Vec<(Key, (ConversationId, OtherPerson))>> {
        let sql = self
            .0
            .sql("INSERT INTO conversations (id, account_id, platform_conversation_id, participant_name,")
            .add("participant_id, participant_avatar_url, address, unread_count, created_at, updated_at) VALUES")
            .rows(CONVERSATION_WIDTH, rows, |sql, row| {
                sql.bind(row.id.0)
                    .bind(row.account_id.0)
                    .bind(row.remote_id.as_str())
                    .bind(row.name.clone())
                    .bind(row.participant_id.as_ref().map(|id| id.as_str().to_owned()))
                    .bind(row.avatar_url.clone())
                    .bind(row.address.clone())
                    .bind(0)
                    .time(row.at)
                    .time(row.at)
            })
            .add("ON CONFLICT (account_id, platform_conversation_id) DO UPDATE SET")
            .add("participant_name = COALESCE(excluded.participant_name, conversations.participant_name),")
            .add("participant_id = COALESCE(excluded.participant_id, conversations.participant_id),")
            .add("participant_avatar_url =")
            .add("COALESCE(excluded.participant_avatar_url, conversations.participant_avatar_url),")
            .add("address = COALESCE(excluded.address, conversations.address), updated_at = excluded.updated_at")
            .add("RETURNING id, account_id, platform_conversation_id, participant_id, participant_name");
        let read = |row: &Row| {
            let other = OtherPerson { participant_id: row.maybe_text(3)?, name: row.get(4)? };
            Ok(((row.id(1)?, row.text(2)?), (row.id(0)?, other)))
        };
        self.0.read(sql, read).await
    }

    async fn name_by_handle(&self, id: ConversationId, row: &UpsertConversation) -> Result<()> {
        let sql = self.0.sql("UPDATE conversations SET participant_name = ? WHERE id = ? AND participant_name IS NULL");
        self.0.run(sql.bind(row.handle.clone()).bind(id.0)).await.map(|_| ())
    }

    async fn add_aliases(&self, rows: &[(Key, ConversationId)]) -> Result<()> {
        for some in rows.chunks(chunk(ALIAS_WIDTH)) {
            let sql = self
                .0
                .sql("INSERT INTO hub_conversation_aliases (account_id, remote_id, conversation_id, moved) VALUES")
                .rows(ALIAS_WIDTH, some, |sql, ((account, remote), conversation)| {
                    sql.bind(account.0).bind(remote.as_str()).bind(conversation.0).bind(false)
                })
                .add("ON CONFLICT (account_id, remote_id) DO NOTHING");
            self.0.run(sql).await?;
        }
        Ok(())
    }

    /// Notes a further id of a conversation that is known.
    pub async fn also_known_as(
        &self,
        account: AccountId,
        id: ConversationId,
        remote: &RemoteConversationId,
    ) -> Result<()> {
        if self.by_remote_any(account, remote).await?.is_some() {
            return Ok(());
        }
        self.add_aliases(&[((account, remote.clone()), id)]).await
    }

    /// Holds conversations of which one will go: whoever is storing a message in it ends first, or finds it gone.
    async fn hold(&self, ids: &[ConversationId]) -> Result<()> {
        let sql = self.0.sql("SELECT id FROM conversations WHERE id IN").list(ids.iter().map(|id| id.0));
        self.0.all(sql.add("ORDER BY id {FOR UPDATE}")).await.map(|_| ())
    }

    /// Makes one conversation of two. What was said in both is there once.
    async fn merge(
        &self,
        account: AccountId,
        keep: ConversationId,
        lose: ConversationId,
        now: Timestamp,
    ) -> Result<()> {
        self.hold(&[keep, lose]).await?;
        // What was sent from here stays, with its key and its parts; what was seen of it from outside goes.
        let echoes = self
            .0
            .sql("DELETE FROM messages WHERE conversation_id IN (?, ?) AND EXISTS (SELECT 1 FROM hub_message_parts p")
            .add("WHERE p.conversation_id IN (?, ?) AND p.remote_id = messages.platform_message_id")
            .add("AND p.message_id <> messages.id)")
            .bind(keep.0)
            .bind(lose.0)
            .bind(keep.0)
            .bind(lose.0);
        self.0.run(echoes).await?;
        for (table, column) in [("messages", "platform_message_id"), ("hub_message_parts", "remote_id")] {
            let sql = self
                .0
                .sql(&format!("DELETE FROM {table} WHERE conversation_id = ? AND {column} IN"))
                .add(&format!("(SELECT k.{column} FROM {table} k WHERE k.conversation_id = ?)"))
                .bind(lose.0)
                .bind(keep.0);
            self.0.run(sql).await?;
        }
        // A client's key is unique per conversation; one that was answered long ago need not be kept.
        self.0.run(self.0.sql("UPDATE messages SET client_key = NULL WHERE conversation_id = ?").bind(lose.0)).await?;
        for table in ["messages", "hub_message_parts", "hub_notices", "hub_conversation_aliases"] {
            let sql = self.0.sql(&format!("UPDATE {table} SET conversation_id = ? WHERE conversation_id = ?"));
            self.0.run(sql.bind(keep.0).bind(lose.0)).await?;
        }
        for report in Messages(self.0).reports(lose).await? {
            Messages(self.0).note_report(keep, report).await?;
        }
        let sql = self.0.sql("SELECT platform_conversation_id FROM conversations WHERE id = ?").bind(lose.0);
        let own: Option<RemoteConversationId> = self.0.read_one(sql, |row| row.text(0)).await?;
        let sql = self
            .0
            .sql("UPDATE conversations SET customer_at = (SELECT MAX(b.customer_at) FROM conversations b WHERE b.id IN (?, ?)),")
            .add("last_message_at = (SELECT MAX(b.last_message_at) FROM conversations b WHERE b.id IN (?, ?)),")
            .add("participant_name = COALESCE(participant_name,")
            .add("(SELECT b.participant_name FROM conversations b WHERE b.id = ?)) WHERE id = ?")
            .bind(keep.0)
            .bind(lose.0)
            .bind(keep.0)
            .bind(lose.0)
            .bind(lose.0)
            .bind(keep.0);
        self.0.run(sql).await?;
        self.0.run(self.0.sql("DELETE FROM conversations WHERE id = ?").bind(lose.0)).await?;
        if let Some(own) = own {
            self.add_aliases(&[((account, own), keep)]).await?;
        }
        self.recount(keep, now).await
    }

    /// The other person has other ids: `to` from now on, the first of them to write to. `None` = nobody known.
    pub async fn reidentify(
        &self,
        account: AccountId,
        from: &[RemoteConversationId],
        to: &[RemoteConversationId],
        now: Timestamp,
    ) -> Result<Option<ConversationId>> {
        let Some(new) = to.first() else { return Ok(None) };
        let mut found: Vec<ConversationId> = Vec::new();
        for remote in from.iter().chain(to) {
            if let Some(one) = self.by_remote_any(account, remote).await?
                && !found.contains(&one.id)
            {
                found.push(one.id);
            }
        }
        let Some((keep, others)) = found.split_first() else { return Ok(None) };
        for other in others {
            self.merge(account, *keep, *other, now).await?;
        }
        let sql = self.0.sql("SELECT platform_conversation_id FROM conversations WHERE id = ?").bind(keep.0);
        let old: Option<RemoteConversationId> = self.0.read_one(sql, |row| row.text(0)).await?;
        let sql = self.0.sql("DELETE FROM hub_conversation_aliases WHERE account_id = ? AND remote_id = ?");
        self.0.run(sql.bind(account.0).bind(new.as_str())).await?;
        let sql = self
            .0
            .sql("UPDATE conversations SET platform_conversation_id = ?, participant_id = ?, address = NULL,")
            .add("updated_at = ? WHERE id = ?")
            .bind(new.as_str())
            .bind(new.as_str())
            .time(now)
            .bind(keep.0);
        self.0.run(sql).await?;
        let further: Vec<_> = from
            .iter()
            .chain(to)
            .chain(&old)
            .filter(|id| *id != new)
            .map(|id| ((account, id.clone()), *keep))
            .collect();
        self.add_aliases(&further).await?;
        Ok(Some(*keep))
    }

    /// Gives a conversation its new id at the platform. History and future are one: the old id stays known, messages of that
    /// time get the old id before theirs, and a conversation that was already made under the new id is taken in.
    pub async fn move_remote(
        &self,
        account: AccountId,
        from: &RemoteConversationId,
        to: &RemoteConversationId,
        now: Timestamp,
    ) -> Result<Option<ConversationId>> {
        let find = |remote: &RemoteConversationId| {
            let sql = self.0.sql("SELECT id FROM conversations WHERE account_id = ? AND platform_conversation_id = ?");
            self.0.read_one(sql.bind(account.0).bind(remote.as_str().to_owned()), |row| row.id::<ConversationId>(0))
        };
        let Some(id) = find(from).await? else { return Ok(None) };
        if from == to {
            return Ok(None);
        }
        // Ids of that time, answers that point at them, and parts of messages that were or are being sent.
        let prefix = format!("{from}:");
        for (table, column) in
            [("messages", "platform_message_id"), ("messages", "reply_to"), ("hub_message_parts", "remote_id")]
        {
            let sql = self
                .0
                .sql(&format!("UPDATE {table} SET {column} = CAST(? AS text) || {column}"))
                .add(&format!("WHERE conversation_id = ? AND {column} NOT LIKE 'hub:%'"))
                .bind(prefix.as_str())
                .bind(id.0);
            self.0.run(sql).await?;
        }
        if let Some(early) = find(to).await? {
            self.hold(&[id, early]).await?;
            for table in ["messages", "hub_message_parts", "hub_notices"] {
                let sql = self.0.sql(&format!("UPDATE {table} SET conversation_id = ? WHERE conversation_id = ?"));
                self.0.run(sql.bind(id.0).bind(early.0)).await?;
            }
            self.0.run(self.0.sql("DELETE FROM conversations WHERE id = ?").bind(early.0)).await?;
        }
        let sql =
            self.0.sql("UPDATE conversations SET platform_conversation_id = ?, participant_id = ?, last_message_at =");
        let sql = sql
            .add("(SELECT MAX(m.sent_at) FROM messages m WHERE m.conversation_id = conversations.id) WHERE id = ?")
            .bind(to.as_str())
            .bind(to.as_str())
            .bind(id.0);
        self.0.run(sql).await?;
        let sql = self.0.sql("INSERT INTO hub_conversation_aliases (account_id, remote_id, conversation_id, moved)");
        let sql = sql.add("VALUES (?, ?, ?, TRUE) ON CONFLICT DO NOTHING");
        let sql = sql.bind(account.0).bind(from.as_str()).bind(id.0);
        self.0.run(sql).await?;
        self.recount(id, now).await?;
        Ok(Some(id))
    }
}

fn key(row: &UpsertConversation) -> Key {
    (row.account_id, row.remote_id.clone())
}

/// The id of a row and its further ids.
fn all_ids(row: &UpsertConversation) -> impl Iterator<Item = &RemoteConversationId> {
    std::iter::once(&row.remote_id).chain(&row.aliases)
}

/// Silence overwrites nothing; the newest word wins.
fn add_to(known: &mut UpsertConversation, row: &UpsertConversation) {
    let UpsertConversation { name, handle, participant_id, avatar_url, address, .. } = row.clone();
    known.name = name.or(known.name.take());
    known.handle = handle.or(known.handle.take());
    known.participant_id = participant_id.or(known.participant_id.take());
    known.avatar_url = avatar_url.or(known.avatar_url.take());
    known.address = address.or(known.address.take());
}

/// Rows that mean one conversation, because they share an id or are known to, directly or through others.
fn groups<'a>(rows: &'a [UpsertConversation], known: &HashMap<Key, Vec<Known>>) -> Vec<Vec<&'a UpsertConversation>> {
    let tokens = |row: &UpsertConversation| {
        let mut ids: Vec<Key> = all_ids(row).map(|id| (row.account_id, id.clone())).collect();
        let owns = ids.iter().filter_map(|id| known.get(id)).flatten().filter(|one| !one.moved);
        let owns: Vec<Key> = owns.map(|one| (row.account_id, one.own.clone())).collect();
        ids.extend(owns);
        ids
    };
    let mut groups: Vec<Vec<&UpsertConversation>> = Vec::with_capacity(rows.len());
    let mut of_id: HashMap<Key, usize> = HashMap::with_capacity(rows.len());
    for row in rows {
        let ids = tokens(row);
        let mut homes: Vec<usize> = ids.iter().filter_map(|id| of_id.get(id).copied()).collect();
        homes.sort_unstable();
        homes.dedup();
        let home = homes.first().copied().unwrap_or_else(|| {
            groups.push(Vec::new());
            groups.len() - 1
        });
        for other in homes.into_iter().skip(1) {
            let moved = std::mem::take(&mut groups[other]);
            for row in &moved {
                of_id.extend(tokens(row).into_iter().map(|id| (id, home)));
            }
            groups[home].extend(moved);
        }
        of_id.extend(ids.into_iter().map(|id| (id, home)));
        groups[home].push(row);
    }
    groups.retain(|group| !group.is_empty());
    groups
}
