//! Reactions to messages.

use super::messages::Messages;
use crate::error::Result;
use hub_domain::{MessageId, RemoteParticipantId, Timestamp};
use std::collections::HashSet;

impl Messages<'_> {
    /// Puts one person's reaction there, or takes it away; false when that changes nothing.
    pub async fn react(
        &self,
        id: MessageId,
        actor: &RemoteParticipantId,
        emoji: &str,
        standing: bool,
        at: Timestamp,
    ) -> Result<bool> {
        let sql = if standing {
            let sql = self.0.sql("INSERT INTO hub_reactions (message_id, actor_id, emoji, at) VALUES (?, ?, ?, ?)");
            sql.add("ON CONFLICT DO NOTHING").bind(id.0).bind(actor.as_str()).bind(emoji).time(at)
        } else {
            let sql = self.0.sql("DELETE FROM hub_reactions WHERE message_id = ? AND actor_id = ? AND emoji = ?");
            sql.bind(id.0).bind(actor.as_str()).bind(emoji)
        };
        Ok(self.0.run(sql).await? > 0)
    }

    /// Takes all of one person's reactions to a message away but `keep`; false when that changes nothing.
    pub async fn clear_reactions(&self, id: MessageId, actor: &RemoteParticipantId, keep: &[String]) -> Result<bool> {
        let sql = self.0.sql("DELETE FROM hub_reactions WHERE message_id = ? AND actor_id = ?");
        let sql = sql.bind(id.0).bind(actor.as_str());
        let sql = if keep.is_empty() { sql } else { sql.add("AND emoji NOT IN").list(keep.iter().map(String::as_str)) };
        Ok(self.0.run(sql).await? > 0)
    }

    /// Makes exactly these stand at a message, as of `at`; false when that changes nothing, or when something newer is known.
    pub async fn set_reactions(
        &self,
        id: MessageId,
        standing: &[(RemoteParticipantId, String, Timestamp)],
        at: Timestamp,
    ) -> Result<bool> {
        let sql = self.0.sql("SELECT actor_id, emoji, ts(at) FROM hub_reactions WHERE message_id = ?").bind(id.0);
        let known =
            self.0.read(sql, |row| Ok((row.text::<RemoteParticipantId>(0)?, row.get::<String>(1)?, row.time(2)?)));
        let known = known.await?;
        if known.iter().any(|(_, _, known_at)| *known_at > at) {
            return Ok(false);
        }
        let wanted: HashSet<_> = standing.iter().map(|(actor, emoji, _)| (actor, emoji)).collect();
        let mut changed = false;
        for (actor, emoji, _) in known.iter().filter(|(actor, emoji, _)| !wanted.contains(&(actor, emoji))) {
            changed |= self.react(id, actor, emoji, false, at).await?;
        }
        for (actor, emoji, since) in standing {
            changed |= self.react(id, actor, emoji, true, *since).await?;
        }
        Ok(changed)
    }
}
