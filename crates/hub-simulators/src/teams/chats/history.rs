//! Reading messages: newest first, in pages, by either of two moments.

use super::model::{Chat, Message};
use crate::teams::access::READ;
use crate::teams::call::Call;
use crate::teams::moments;
use crate::teams::problem::{Outcome, Problem};
use crate::teams::world::World;
use serde_json::{Value, json};

/// Which moment messages are ordered by.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Moment {
    Created,
    Modified,
}

impl Moment {
    fn named(name: &str) -> Option<Self> {
        match name {
            "createdDateTime" => Some(Self::Created),
            "lastModifiedDateTime" => Some(Self::Modified),
            _ => None,
        }
    }

    fn of(self, message: &Message) -> i64 {
        if self == Self::Created { message.created_ms } else { message.modified_ms }
    }
}

/// `$orderby`: what is ordered by, and whether the caller said so.
fn order(call: &Call) -> Result<(Moment, bool), Problem> {
    let Some(text) = call.asked("$orderby") else { return Ok((Moment::Modified, false)) };
    let mut words = text.split_whitespace();
    let moment = words.next().and_then(Moment::named);
    match (moment, words.next(), words.next()) {
        (Some(moment), Some("desc"), None) => Ok((moment, true)),
        _ => Err(Problem::bad_request("QueryOptions to order by are not supported in ascending Direction.")),
    }
}

/// `$filter`: moments between which messages are; honoured only beside the order by the same moment.
fn bounds(call: &Call, order: (Moment, bool)) -> Result<(i64, i64), Problem> {
    let (mut after, mut before) = (i64::MIN, i64::MAX);
    let Some(text) = call.asked("$filter") else { return Ok((after, before)) };
    let wrong = || Problem::bad_request("Filter property or operator is not supported.");
    for part in text.split(" and ") {
        let words: Vec<&str> = part.split_whitespace().collect();
        let [name, operator, at] = words.as_slice() else { return Err(wrong()) };
        let moment = Moment::named(name).ok_or_else(wrong)?;
        let at = moments::read(at.trim_matches('\'')).ok_or_else(wrong)?;
        match (moment, *operator) {
            (Moment::Modified, "gt") if order == (Moment::Modified, true) => after = after.max(at),
            (_, "lt") if order == (moment, true) => before = before.min(at),
            (Moment::Modified, "gt") | (_, "lt") => {}
            _ => return Err(wrong()),
        }
    }
    Ok((after, before))
}

impl World {
    /// `GET /chats/{id}/messages`
    pub(in crate::teams) fn list_messages(&mut self, call: &Call, id: &str) -> Outcome {
        let order = order(call)?;
        let (after, before) = bounds(call, order)?;
        let (_, chat) = self.seat(call, READ, id)?;
        let at = |message: &Message| order.0.of(message);
        let wanted = chat.messages.iter().filter(|message| at(message) > after && at(message) < before);
        let items = wanted.map(|message| ((at(message), message.id.to_string()), message.clone())).collect();
        let page = self.page(call, items)?;
        let shown: Vec<Value> =
            page.items.iter().map(|message| self.message_shown(message, call.knows_new_values())).collect();
        let mut body =
            json!({"@odata.context": self.context(&format!("chats('{id}')/messages")), "@odata.count": shown.len()});
        if let Some(next) = page.next {
            body["@odata.nextLink"] = next.into();
        }
        body["value"] = shown.into();
        Ok((200, body))
    }

    /// `GET /chats/{id}/messages/{mid}`
    pub(in crate::teams) fn one_message(&self, call: &Call, chat: &str, id: &str) -> Outcome {
        let (_, seat) = self.seat(call, READ, chat)?;
        let message = find(seat, id)?;
        Ok((200, self.told_message(message, call.knows_new_values())))
    }

    /// A message as a whole answer.
    pub(super) fn told_message(&self, message: &Message, new_values: bool) -> Value {
        let mut body = self.message_shown(message, new_values);
        body["@odata.context"] = self.context(&format!("chats('{}')/messages/$entity", message.chat));
        body
    }
}

/// A message of a chat by the text of its id.
pub(super) fn find<'a>(chat: &'a Chat, id: &str) -> Result<&'a Message, Problem> {
    let found = id.parse().ok().and_then(|id| chat.message(id));
    found.ok_or_else(|| Problem::not_found("Message does not exist in the thread."))
}
