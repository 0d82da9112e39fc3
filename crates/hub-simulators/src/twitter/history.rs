//! Reading DM events: newest first, in pages, with what they name.

use super::call::Call;
use super::events::{DmEvent, EventKind};
use super::ids;
use super::problem::{Outcome, Problem};
use super::world::World;
use chrono::{DateTime, SecondsFormat};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// How far back the API looks, in milliseconds.
const WINDOW: i64 = 30 * 24 * 60 * 60 * 1_000;
const MAX_PAGE: usize = 100;
const SCOPES: [&str; 3] = ["dm.read", "tweet.read", "users.read"];
const KINDS: [&str; 3] = ["MessageCreate", "ParticipantsJoin", "ParticipantsLeave"];
const EXPANSIONS: [&str; 5] =
    ["sender_id", "participant_ids", "attachments.media_keys", "referenced_tweets.id", "referenced_posts.id"];

/// A moment in whole seconds, written as the API writes it.
pub(super) fn written(ms: i64) -> String {
    let whole = DateTime::from_timestamp(ms / 1_000, 0).unwrap_or_default();
    whole.to_rfc3339_opts(SecondsFormat::Millis, true)
}

impl World {
    /// The lists; `conversation` = one only.
    pub(super) fn list_events(&self, call: &Call, conversation: Option<&str>) -> Outcome {
        let me = self.person(call, &SCOPES)?.user;
        if let Some(id) = conversation
            && !self.members(id).contains(&me)
        {
            return Err(Problem::forbidden("This operation is not permitted."));
        }
        let size = match call.asked("max_results") {
            None => MAX_PAGE,
            Some(text) => text.parse().ok().filter(|size| (1..=MAX_PAGE).contains(size)).ok_or_else(|| {
                let words = format!("The `max_results` query parameter value [{text}] is not between 1 and 100");
                Problem::invalid("max_results", text, &words)
            })?,
        };
        let kinds = call.list("event_types");
        if let Some(wrong) = kinds.iter().find(|kind| !KINDS.contains(kind)) {
            return Err(Problem::invalid("event_types", wrong, "The `event_types` query parameter value is unknown"));
        }
        let before = match call.asked("pagination_token") {
            None => u64::MAX,
            Some(token) => read_token(token)
                .ok_or_else(|| Problem::invalid("pagination_token", token, "Invalid 'pagination_token':[value]"))?,
        };
        let oldest = ids::at(self.now_ms() - WINDOW);
        let wanted = |event: &&DmEvent| {
            event.id < before
                && event.id >= oldest
                && conversation
                    .map_or_else(|| self.members(&event.conversation).contains(&me), |id| event.conversation == id)
                && (kinds.is_empty() || kinds.contains(&event.kind.name()))
        };
        let mut found: Vec<&DmEvent> = self.events.iter().filter(wanted).collect();
        found.sort_by_key(|event| std::cmp::Reverse(event.id));
        let more = found.len() > size;
        found.truncate(size);
        let mut body = json!({"meta": {"result_count": found.len()}});
        if call.asked("pagination_token").is_some() {
            body["meta"]["previous_token"] = token(u64::MAX).into();
        }
        if let (true, Some(last)) = (more, found.last()) {
            body["meta"]["next_token"] = token(last.id).into();
        }
        if !found.is_empty() {
            body["data"] = found.iter().map(|event| shown(event, call)).collect();
        }
        self.include(call, &found, &mut body)?;
        Ok((200, body))
    }

    /// `GET /2/dm_events/{id}`
    pub(super) fn one_event(&self, call: &Call, id: &str) -> Outcome {
        let me = self.person(call, &SCOPES)?.user;
        let event = self.events.iter().find(|event| event.id.to_string() == id);
        let event = event.filter(|event| self.members(&event.conversation).contains(&me));
        let event = event.ok_or_else(|| Problem::not_found("dm_event", "event_id", id))?;
        let mut body = json!({"data": shown(event, call)});
        self.include(call, &[event], &mut body)?;
        Ok((200, body))
    }

    /// Adds the people and files that were asked for; people who are gone are named under `errors`.
    fn include(&self, call: &Call, events: &[&DmEvent], body: &mut Value) -> Result<(), Problem> {
        let expansions = call.list("expansions");
        if let Some(wrong) = expansions.iter().find(|one| !EXPANSIONS.contains(one)) {
            return Err(Problem::invalid("expansions", wrong, "The `expansions` query parameter value is unknown"));
        }
        let mut people = BTreeSet::new();
        let mut media = Vec::new();
        for event in events {
            if expansions.contains(&"sender_id") {
                people.insert(event.sender.clone());
            }
            match &event.kind {
                EventKind::ParticipantsJoin(who) | EventKind::ParticipantsLeave(who)
                    if expansions.contains(&"participant_ids") =>
                {
                    people.extend(who.iter().cloned());
                }
                EventKind::MessageCreate { media: Some(id), .. } if expansions.contains(&"attachments.media_keys") => {
                    media.extend(self.media_object(id, event.id));
                }
                _ => {}
            }
        }
        let fields = call.list("user.fields");
        let (known, gone): (Vec<_>, Vec<_>) = people.iter().partition(|id| self.users.contains_key(*id));
        let users: Vec<Value> =
            known.iter().filter_map(|id| self.users.get(*id)).map(|user| user.shown(&fields)).collect();
        if !users.is_empty() {
            body["includes"]["users"] = users.into();
        }
        if !media.is_empty() {
            body["includes"]["media"] = media.into();
        }
        if !gone.is_empty() {
            body["errors"] = gone.iter().map(|id| Problem::not_found("user", "sender_id", id).body).collect();
        }
        Ok(())
    }
}

/// An event, with the fields that were asked for.
fn shown(event: &DmEvent, call: &Call) -> Value {
    let id = event.id.to_string();
    let mut told = json!({"id": id, "event_type": event.kind.name()});
    if let EventKind::MessageCreate { text, .. } = &event.kind {
        told["text"] = text.as_str().into();
    }
    for field in call.list("dm_event.fields") {
        match (field, &event.kind) {
            ("created_at", _) => told["created_at"] = written(event.at_ms()).into(),
            ("sender_id", _) => told["sender_id"] = event.sender.as_str().into(),
            ("dm_conversation_id", _) => told["dm_conversation_id"] = event.conversation.as_str().into(),
            ("participant_ids", EventKind::ParticipantsJoin(who) | EventKind::ParticipantsLeave(who)) => {
                told["participant_ids"] = json!(who);
            }
            ("attachments", EventKind::MessageCreate { media: Some(media), .. }) => {
                told["attachments"] = json!({"media_keys": [format!("3_{media}")]});
            }
            ("entities", EventKind::MessageCreate { text, media: Some(media) }) => {
                let end = text.chars().count();
                told["entities"] = json!({"urls": [{"start": end.saturating_sub(super::shapes::SHORT_LINK), "end": end,
                    "url": text.rsplit(' ').next(), "expanded_url": format!("https://x.com/messages/media/{id}"),
                    "display_url": "pic.x.com/Zz00000001", "media_key": format!("3_{media}")}]});
            }
            _ => {}
        }
    }
    told
}

/// A page's token says nothing to whoever reads it.
fn token(id: u64) -> String {
    format!("{:X}ZZZZ", id.rotate_left(13))
}

fn read_token(text: &str) -> Option<u64> {
    u64::from_str_radix(text.strip_suffix("ZZZZ")?, 16).ok().map(|id| id.rotate_right(13))
}
