//! Reactions to messages. One that was taken away leaves a trace with its time, so that older news cannot bring it back.

use super::messages::Messages;
use crate::error::Result;
use hub_domain::{MessageId, RemoteParticipantId, Timestamp};
use std::collections::HashSet;

impl Messages<'_> {
    /// Puts one person's reaction there, or takes it away; false when that changes nothing, or when something newer is known.
    pub async fn react(
        &self,
        id: MessageId,
        actor: &RemoteParticipantId,
        emoji: &str,
        standing: bool,
        at: Timestamp,
    ) -> Result<bool> {
        let sql = self
            .0
            .sql("UPDATE hub_reactions SET standing = ?, at = ? WHERE message_id = ? AND actor_id = ? AND emoji = ?")
            .add("AND standing <> ? AND at <= ?")
            .bind(standing)
            .time(at)
            .bind(id.0)
            .bind(actor.as_str())
            .bind(emoji)
            .bind(standing)
            .time(at);
        if self.0.run(sql).await? > 0 {
            return Ok(true);
        }
        let sql =
            self.0.sql("INSERT INTO hub_reactions (message_id, actor_id, emoji, at, standing) VALUES (?, ?, ?, ?, ?)");
        let sql = sql.add("ON CONFLICT DO NOTHING").bind(id.0).bind(actor.as_str()).bind(emoji).time(at).bind(standing);
        Ok(self.0.run(sql).await? > 0 && standing)
    }

    /// Takes all of one person's reactions to a message away but `keep`; false when that changes nothing.
    pub async fn clear_reactions(
        &self,
        id: MessageId,
        actor: &RemoteParticipantId,
        keep: &[String],
        at: Timestamp,
    ) -> Result<bool> {
        let sql = self
            .0
            .sql("UPDATE hub_reactions SET standing = FALSE, at = ? WHERE message_id = ? AND actor_id = ? AND standing = TRUE")
            .time(at)
            .bind(id.0)
            .bind(actor.as_str());
        let sql = if keep.is_empty() { sql } else { sql.add("AND emoji NOT IN").list(keep.iter().map(String::as_str)) };
        let changed = self.0.run(sql).await? > 0;
        // A trace that names no emoji: nothing of theirs from before this stands.
        let sql = self
            .0
            .sql("INSERT INTO hub_reactions (message_id, actor_id, emoji, at, standing) VALUES (?, ?, '', ?, FALSE)")
            .add("ON CONFLICT (message_id, actor_id, emoji) DO UPDATE SET at = excluded.at")
            .add("WHERE hub_reactions.at < excluded.at")
            .bind(id.0)
            .bind(actor.as_str())
            .time(at);
        self.0.run(sql).await?;
        Ok(changed)
    }

    /// True when something later is known of a person's reactions to a message.
    pub async fn reacted_after(&self, id: MessageId, actor: &RemoteParticipantId, at: Timestamp) -> Result<bool> {
        let sql = self.0.sql("SELECT COUNT(*) FROM hub_reactions WHERE message_id = ? AND actor_id = ? AND at > ?");
        let sql = sql.bind(id.0).bind(actor.as_str()).time(at);
        Ok(self.0.read_one(sql, |row| row.get::<i64>(0)).await?.unwrap_or_default() > 0)
    }

    /// Makes exactly these stand at a message, as of `at`; false when that changes nothing, or when something newer is known.
    pub async fn set_reactions(
        &self,
        id: MessageId,
        standing: &[(RemoteParticipantId, String, Timestamp)],
        at: Timestamp,
    ) -> Result<bool> {
        let sql =
            self.0.sql("SELECT actor_id, emoji, ts(at), standing FROM hub_reactions WHERE message_id = ?").bind(id.0);
        let known = self.0.read(sql, |row| {
            Ok((row.text::<RemoteParticipantId>(0)?, row.get::<String>(1)?, row.time(2)?, row.flag(3, true)?))
        });
        let known = known.await?;
        if known.iter().any(|(_, _, known_at, _)| *known_at > at) {
            return Ok(false);
        }
        let wanted: HashSet<_> = standing.iter().map(|(actor, emoji, _)| (actor, emoji)).collect();
        let mut changed = false;
        for (actor, emoji, _, _) in
            known.iter().filter(|(actor, emoji, _, here)| *here && !wanted.contains(&(actor, emoji)))
        {
            changed |= self.react(id, actor, emoji, false, at).await?;
        }
        for (actor, emoji, _) in standing {
            changed |= self.react(id, actor, emoji, true, at).await?;
        }
        Ok(changed)
    }
}
