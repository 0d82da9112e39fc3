//! Sending: to a person, to a conversation, to a new group; and deleting.

use super::call::Call;
use super::events::EventKind;
use super::ids;
use super::problem::{Outcome, Problem};
use super::world::World;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Characters of a message at most.
const MAX_TEXT: usize = 10_000;
/// Others in a new group at most.
const MAX_OTHERS: usize = 49;
const SCOPES: [&str; 3] = ["dm.write", "tweet.read", "users.read"];
const CANNOT: &str = "You do not have permission to DM one or more participants.";

impl World {
    /// `POST /2/dm_conversations/with/{participant}/messages`
    pub(super) fn send_to_person(&mut self, call: &Call, to: &str) -> Outcome {
        let me = self.person(call, &SCOPES)?.user;
        if !ids::is_id(to) {
            return Err(Problem::invalid("participant_id", to, "is no user id"));
        }
        let (text, media) = self.content(&call.body, "", &me)?;
        self.may_write(&me, to)?;
        Ok(self.sent(&ids::between(&me, to), &me, &text, media.as_deref()))
    }

    /// `POST /2/dm_conversations/{id}/messages`
    pub(super) fn send_to_conversation(&mut self, call: &Call, id: &str) -> Outcome {
        let me = self.person(call, &SCOPES)?.user;
        let (text, media) = self.content(&call.body, "", &me)?;
        let members = self.members(id);
        if !members.contains(&me) {
            return Err(Problem::forbidden("This operation is not permitted."));
        }
        let direct = id.contains('-');
        if direct && id != ids::between(&members[0], members.last().unwrap_or(&members[0])) {
            return Err(Problem::not_found("dm_conversation", "dm_conversation_id", id));
        }
        if direct && let Some(other) = members.iter().find(|member| **member != me) {
            self.may_write(&me, other)?;
        }
        Ok(self.sent(id, &me, &text, media.as_deref()))
    }

    /// `POST /2/dm_conversations`
    pub(super) fn create_group(&mut self, call: &Call) -> Outcome {
        let me = self.person(call, &SCOPES)?.user;
        if call.text("conversation_type") != Some("Group") {
            return Err(Problem::invalid("conversation_type", "", "$.conversation_type: must be Group"));
        }
        let others: BTreeSet<String> = call.body["participant_ids"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .filter(|id| *id != me)
            .map(str::to_owned)
            .collect();
        if !(2..=MAX_OTHERS).contains(&others.len()) {
            return Err(Problem::invalid("participant_ids", "", "$.participant_ids: must have 2 to 49 entries"));
        }
        let (text, media) = self.content(&call.body["message"], "message.", &me)?;
        for other in &others {
            self.may_write(&me, other)?;
        }
        let joined: Vec<String> = others.iter().cloned().collect();
        let id = self.new_group(&me, joined);
        Ok(self.sent(&id, &me, &text, media.as_deref()))
    }

    /// Makes a group; gives its id.
    pub(super) fn new_group(&mut self, by: &str, others: Vec<String>) -> String {
        let id = self.new_id().to_string();
        let mut members: BTreeSet<String> = others.iter().cloned().collect();
        members.insert(by.to_owned());
        self.groups.insert(id.clone(), members);
        self.happen(&id, by, EventKind::ParticipantsJoin(others));
        id
    }

    /// `DELETE /2/dm_events/{id}`
    pub(super) fn delete_event(&mut self, call: &Call, id: &str) -> Outcome {
        let me = self.person(call, &["dm.read", "dm.write"])?.user;
        let event = self.events.iter().find(|event| event.id.to_string() == id);
        let sender =
            event.filter(|event| self.members(&event.conversation).contains(&me)).map(|event| event.sender.clone());
        match sender {
            None => Err(Problem::not_found("dm_event", "event_id", id)),
            Some(sender) if sender != me => Err(Problem::forbidden("This operation is not permitted.")),
            Some(_) => {
                self.events.retain(|event| event.id.to_string() != id);
                Ok((200, json!({"data": {"deleted": true}})))
            }
        }
    }

    fn sent(&mut self, conversation: &str, me: &str, text: &str, media: Option<&str>) -> (u16, Value) {
        let event = self.message(conversation, me, text, media);
        let data = json!({"dm_conversation_id": conversation, "dm_event_id": event.id.to_string()});
        (201, json!({"data": data}))
    }

    fn may_write(&self, me: &str, to: &str) -> Result<(), Problem> {
        let takes = to == me || self.users.get(to).is_some_and(|user| user.takes_dms);
        if takes { Ok(()) } else { Err(Problem::forbidden(CANNOT)) }
    }

    /// Text and file of a message.
    fn content(&self, body: &Value, at: &str, me: &str) -> Result<(String, Option<String>), Problem> {
        let object = body.as_object().ok_or_else(|| Problem::invalid("message", "", "$: must be an object"))?;
        if let Some(name) = object.keys().find(|name| {
            !matches!(name.as_str(), "text" | "attachments") && (at.is_empty() || name.as_str() != "media_id")
        }) {
            return Err(Problem::invalid(name, "", &format!("$.{at}{name}: is not defined in the schema")));
        }
        let text = match &body["text"] {
            Value::Null => "",
            Value::String(text) if text.is_empty() => {
                let words = format!("$.{at}text: string length must be greater than or equal to 1");
                return Err(Problem::invalid("text", "", &words));
            }
            Value::String(text) => text,
            _ => return Err(Problem::invalid("text", "", &format!("$.{at}text: must be a string"))),
        };
        if text.chars().count() > MAX_TEXT {
            return Err(Problem::invalid("text", "", &format!("$.{at}text: at most {MAX_TEXT} characters")));
        }
        let files = body["attachments"].as_array().cloned().unwrap_or_default();
        if files.len() > 1 {
            return Err(Problem::invalid("attachments", "", &format!("$.{at}attachments: at most one")));
        }
        let file = files.first().map(|file| file["media_id"].as_str().unwrap_or_default().to_owned());
        if text.is_empty() && file.is_none() {
            return Err(Problem::invalid("text", "", &format!("$.{at}text: a text or an attachment is required")));
        }
        if let Some(id) = &file
            && !self.is_usable(id, me)
        {
            return Err(Problem::invalid("attachments.media_id", id, "Your media IDs are invalid."));
        }
        Ok((text.to_owned(), file))
    }
}
