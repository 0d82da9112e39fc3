//! A page that was read back, kept as one document of the hub's own making, so that it can be read again like a delivery.

use super::content::Said;
use super::messages::{direction, message_event};
use super::{Scene, Shell, Unreadable, unreadable};
use crate::twitter::ids;
use crate::twitter::wire::{People, id, list, words, written};
use hub_domain::inbound::{InboundBody, InboundMessage};
use hub_domain::{RemoteMessageId, RemoteParticipantId};
use hub_platform_kit::alone;
use hub_platform_kit::platform::Parsed;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// The member that marks the document.
const MARK: &str = "hub_read_back";
/// People of one join or leave that are told.
const MAX_PEOPLE: usize = 50;

/// A page of what happened.
#[derive(Debug, Deserialize, Serialize)]
pub(in crate::twitter) struct ReadBack {
    /// The account's id.
    account: String,
    /// The newest event that an earlier run had read; `None` the first time, when all of it is the past.
    since: Option<String>,
    /// The platform's answer.
    page: Value,
}

impl ReadBack {
    pub(in crate::twitter) fn new(account: &str, since: Option<&str>, page: Value) -> Self {
        Self { account: account.to_owned(), since: since.map(str::to_owned), page }
    }

    /// The page, if the document is one.
    pub(super) fn of(shell: &Shell<'_>) -> Option<Self> {
        serde_json::from_str(shell.get(MARK)?.get()).ok()
    }

    /// The document.
    pub(in crate::twitter) fn document(&self) -> Value {
        json!({ MARK: self })
    }

    /// Ids of everything in the page that has one, as it came: newest first.
    pub(in crate::twitter) fn ids(&self) -> impl Iterator<Item = u64> {
        list(&self.page["data"]).iter().filter_map(|event| ids::number(&id(&event["id"])?))
    }

    /// True when the page reaches what was read before.
    pub(in crate::twitter) fn meets_the_known(&self) -> bool {
        self.known().is_some_and(|known| self.ids().any(|id| id <= known))
    }

    /// Where the next page begins.
    pub(in crate::twitter) fn next(&self) -> Option<&str> {
        words(&self.page["meta"]["next_token"])
    }

    fn known(&self) -> Option<u64> {
        ids::number(self.since.as_deref()?)
    }

    /// What is new in the page, oldest first. Times are told in seconds; only ids tell what came first.
    pub(in crate::twitter) fn events(&self, unescape: bool) -> Vec<Parsed> {
        let people = People::of(&self.page["includes"]["users"]);
        let scene = Scene { account: self.account.clone(), people, unescape };
        let known = self.known();
        let place = |event: &&Value| id(&event["id"]).and_then(|id| ids::number(&id));
        let mut events: Vec<&Value> = list(&self.page["data"]).iter().collect();
        events.retain(|event| known.is_none() || place(event).is_none_or(|id| Some(id) > known));
        events.sort_by_key(place);
        events.into_iter().flat_map(|event| alone(|| self.event(&scene, event), |fallen| vec![fallen])).collect()
    }

    fn event(&self, scene: &Scene, event: &Value) -> Vec<Parsed> {
        let read = match words(&event["event_type"]) {
            Some("MessageCreate") => self.message(scene, event).map(|event| vec![event]),
            Some("ParticipantsJoin") => members(scene, event, "member_joined"),
            Some("ParticipantsLeave") => members(scene, event, "member_left"),
            _ => {
                let body = InboundBody::Ignored { reason: "unknown_kind".to_owned() };
                Ok(vec![Parsed::Event(scene.event(scene.key("ignored", &[&event["id"].to_string()]), body))])
            }
        };
        read.unwrap_or_else(|reason| vec![unreadable(reason)])
    }

    fn message(&self, scene: &Scene, event: &Value) -> Result<Parsed, Unreadable> {
        let id_of_event = id(&event["id"]).filter(|id| ids::number(id).is_some()).ok_or("a message without an id")?;
        let sender = id(&event["sender_id"]).ok_or("a message without a sender")?;
        let conversation = id(&event["dm_conversation_id"]).ok_or("a message without a conversation")?;
        let sent_at = written(&event["created_at"]).or_else(|| ids::moment(&id_of_event));
        let message = InboundMessage {
            conversation: scene.named(&conversation).ok_or("a conversation of others")?,
            sequence: ids::sequence(&id_of_event),
            sender: scene.participant(&sender),
            direction: direction(scene, &sender),
            content: Said::in_answer(event, &self.page["includes"]["media"]).content(scene.unescape),
            reply_to: None,
            sent_at: sent_at.ok_or("a message without a time")?,
            edited_at: None,
            client_key: None,
            history: self.since.is_none(),
            is_read: self.since.is_none(),
            id: RemoteMessageId::from(id_of_event),
        };
        Ok(Parsed::Event(message_event(scene, message)))
    }
}

/// Who came or went, one by one.
fn members(scene: &Scene, event: &Value, kind: &str) -> Result<Vec<Parsed>, Unreadable> {
    let id_of_event = id(&event["id"]).ok_or("an event without an id")?;
    let conversation = id(&event["dm_conversation_id"]).ok_or("an event without a conversation")?;
    let conversation = scene.named(&conversation).ok_or("a conversation of others")?;
    let at = written(&event["created_at"]).or_else(|| ids::moment(&id_of_event));
    let people = list(&event["participant_ids"]).iter().filter_map(id).take(MAX_PEOPLE);
    let by = id(&event["sender_id"]);
    Ok(people
        .map(|person| {
            let body = InboundBody::Notice {
                conversation: conversation.clone(),
                kind: kind.to_owned(),
                actor: Some(RemoteParticipantId::from(person.as_str())),
                data: json!({ "user_id": person, "by": by }),
                opens_window: false,
                at,
            };
            Parsed::Event(scene.event(scene.key(kind, &[&id_of_event, &person]), body))
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::ReadBack;
    use serde_json::json;

    #[test]
    fn a_page_knows_where_it_meets_the_known() {
        let page = json!({ "data": [{ "id": "30" }, { "id": "20" }], "meta": { "next_token": "n" } });
        let at = |since: Option<&str>| ReadBack::new("1", since, page.clone());
        assert!(!at(None).meets_the_known() && !at(Some("19")).meets_the_known());
        assert!(at(Some("20")).meets_the_known() && at(Some("99")).meets_the_known());
        assert_eq!((at(None).next(), at(None).ids().collect::<Vec<_>>()), (Some("n"), vec![30, 20]));
    }
}
