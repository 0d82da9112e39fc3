//! What clients are told: a log per user whose places count up by one without gaps.

use crate::error::{Result, StoreError};
use crate::sql::{Conn, Row, chunk};
use hub_domain::{EventBody, HubEvent, Timestamp, UserId};
use std::collections::BTreeMap;

/// An event without its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewEvent {
    /// Whose clients.
    pub user_id: UserId,
    /// Now.
    pub at: Timestamp,
    /// What happened.
    pub body: EventBody,
}

/// Statements about events.
pub struct Events<'a>(pub(crate) Conn<'a>);

fn read(row: &Row) -> Result<HubEvent> {
    let body: String = row.get(3)?;
    let body = serde_json::from_str(&body).map_err(|e| StoreError::Corrupt(format!("an event: {e}")))?;
    Ok(HubEvent { user_id: row.id(0)?, offset: row.get(1)?, at: row.time(2)?, body })
}

impl Events<'_> {
    /// The events of a user after `offset`, oldest first.
    pub async fn after(&self, user: UserId, offset: i64, limit: u32) -> Result<Vec<HubEvent>> {
        let sql = self
            .0
            .sql("SELECT user_id, place, ts(at), body FROM hub_events WHERE user_id = ? AND place > ?")
            .add("ORDER BY place LIMIT ?")
            .bind(user.0)
            .bind(offset)
            .bind(i64::from(limit));
        self.0.read(sql, read).await
    }

    /// The oldest place that is kept and the newest that was given; (1, 0) when there was none.
    pub async fn bounds(&self, user: UserId) -> Result<(i64, i64)> {
        let sql = self
            .0
            .sql("SELECT o.latest, (SELECT MIN(place) FROM hub_events e WHERE e.user_id = o.user_id)")
            .add("FROM hub_event_offsets o WHERE o.user_id = ?")
            .bind(user.0);
        let found = self.0.read_one(sql, |row| Ok((row.get::<i64>(0)?, row.get::<Option<i64>>(1)?))).await?;
        let (latest, oldest) = found.unwrap_or((0, None));
        Ok((oldest.unwrap_or(latest + 1), latest))
    }

    /// Deletes up to `limit` events older than `before`, from the beginning of each log. An event behind one that is kept
    /// stays, however old: times are those of the writers' clocks, and a log has no gaps.
    pub async fn purge(&self, before: Timestamp, limit: u32) -> Result<u64> {
        let sql = self
            .0
            .sql("DELETE FROM hub_events WHERE (user_id, place) IN (SELECT e.user_id, e.place FROM hub_events e")
            .add("LEFT JOIN (SELECT user_id, MIN(place) AS place FROM hub_events WHERE at >= ? GROUP BY user_id) kept")
            .add("ON kept.user_id = e.user_id WHERE e.at < ? AND (kept.place IS NULL OR e.place < kept.place)")
            .add("ORDER BY e.user_id, e.place LIMIT ?)")
            .time(before)
            .time(before)
            .bind(i64::from(limit));
        self.0.run(sql).await
    }
}

/// Parameters of one event, and of one user's count.
const EVENT_WIDTH: usize = 4;
const COUNT_WIDTH: usize = 2;

/// Gives every event its place and writes it down. Users are taken in order of their ids, so that two transactions never
/// wait for each other.
pub(crate) async fn append(conn: Conn<'_>, events: Vec<NewEvent>) -> Result<Vec<HubEvent>> {
    if events.is_empty() {
        return Ok(Vec::new());
    }
    let mut counts: BTreeMap<UserId, i64> = BTreeMap::new();
    for event in &events {
        *counts.entry(event.user_id).or_default() += 1;
    }
    let mut next: BTreeMap<UserId, i64> = BTreeMap::new();
    let counts: Vec<(UserId, i64)> = counts.into_iter().collect();
    for some in counts.chunks(chunk(COUNT_WIDTH)) {
        let sql = conn
            .sql("INSERT INTO hub_event_offsets (user_id, latest) VALUES")
            .rows(COUNT_WIDTH, some, |sql, (user, count)| sql.bind(user.0).bind(*count))
            .add("ON CONFLICT (user_id) DO UPDATE SET latest = hub_event_offsets.latest + excluded.latest")
            .add("RETURNING user_id, latest");
        for (user, latest) in conn.read(sql, |row| Ok((row.id::<UserId>(0)?, row.get::<i64>(1)?))).await? {
            next.insert(user, latest);
        }
    }
    // What came back is the last place of each user; the first one lies `count - 1` before it.
    for (user, count) in &counts {
        if let Some(latest) = next.get_mut(user) {
            *latest -= count - 1;
        }
    }
    let mut placed = Vec::with_capacity(events.len());
    for event in events {
        let Some(place) = next.get_mut(&event.user_id) else {
            return Err(StoreError::Corrupt("a user's log vanished".to_owned()));
        };
        placed.push(HubEvent { user_id: event.user_id, offset: *place, at: event.at, body: event.body });
        *place += 1;
    }
    let mut rows = Vec::with_capacity(placed.len());
    for event in &placed {
        let body = serde_json::to_string(&event.body).map_err(|e| StoreError::Corrupt(format!("an event: {e}")))?;
        rows.push((event, body));
    }
    for some in rows.chunks(chunk(EVENT_WIDTH)) {
        let sql = conn.sql("INSERT INTO hub_events (user_id, place, at, body) VALUES").rows(
            EVENT_WIDTH,
            some,
            |sql, (event, body)| sql.bind(event.user_id.0).bind(event.offset).time(event.at).bind(body.as_str()),
        );
        conn.run(sql).await?;
    }
    Ok(placed)
}
