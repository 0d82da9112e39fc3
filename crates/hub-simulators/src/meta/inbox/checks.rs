//! What is checked before anything is sent.

use super::super::{Call, GraphError};
use super::{Inbox, Kind, Reach};
use serde_json::Value;

/// Milliseconds of the usual window.
const WINDOW: i64 = 24 * 3_600 * 1_000;
/// Milliseconds of the window for people who answer.
const HUMAN_WINDOW: i64 = 7 * WINDOW;
/// Longest text of Messenger in characters.
const MAX_CHARACTERS: usize = 2_000;
/// Longest text of Instagram in bytes.
const MAX_BYTES: usize = 1_000;
/// Longest note that comes back in echoes, in characters.
const MAX_METADATA: usize = 1_000;
/// Pictures in one message at most.
const MAX_PICTURES: usize = 10;
/// Tags that ended.
const ENDED_TAGS: [&str; 3] = ["CONFIRMED_EVENT_UPDATE", "ACCOUNT_UPDATE", "POST_PURCHASE_UPDATE"];

impl Inbox {
    /// The person a call is for, and that they can be reached.
    pub(super) fn recipient(&self, call: &Call) -> Result<String, GraphError> {
        let recipient = call.json("recipient").unwrap_or_default();
        let id = match &recipient["id"] {
            Value::String(id) => id.clone(),
            Value::Number(id) => id.to_string(),
            _ => return Err(GraphError::parameter("The parameter recipient is required")),
        };
        let Some(person) = self.people.get(&id) else {
            return Err(if self.kind.is_instagram() {
                GraphError::new(100, "The requested user cannot be found.").with_subcode(2_534_014)
            } else {
                GraphError::parameter("No matching user found").with_subcode(2_018_001)
            });
        };
        match person.reach {
            Reach::Reachable => Ok(id),
            Reach::Unavailable => {
                let words = "(#551) This person isn't available right now.";
                Err(GraphError::new(551, words).with_subcode(1_545_041))
            }
            Reach::Refusing => {
                let words = "(#200) This person isn't available right now.";
                Err(GraphError::new(200, words).with_subcode(1_545_041).with_status(400))
            }
        }
    }

    /// Kind of message, tag and window.
    pub(super) fn window(&self, call: &Call, person: &str, now_ms: i64) -> Result<(), GraphError> {
        let tag = call.text("tag").filter(|tag| !tag.is_empty());
        match call.text("messaging_type").as_deref() {
            None | Some("RESPONSE" | "UPDATE") => {}
            Some("MESSAGE_TAG") if tag.is_some() => {}
            Some("MESSAGE_TAG") => {
                return Err(GraphError::parameter("Tag is required when messaging_type is MESSAGE_TAG"));
            }
            Some(_) => {
                let words = "Param messaging_type must be one of {RESPONSE, UPDATE, MESSAGE_TAG, UTILITY}";
                return Err(GraphError::parameter(words));
            }
        }
        let human = match tag.as_deref() {
            None => false,
            Some("HUMAN_AGENT") if self.human_agent => true,
            Some("HUMAN_AGENT") => {
                return Err(GraphError::new(10, "(#10) Application does not have permission for this action"));
            }
            Some(ended) if ENDED_TAGS.contains(&ended) && !self.kind.is_instagram() => {
                return Err(GraphError::parameter("Invalid parameter: the message tag is deprecated"));
            }
            Some(_) => return Err(GraphError::parameter("Invalid message tag")),
        };
        let open_for = if human { HUMAN_WINDOW } else { WINDOW };
        let last = self.threads.get(person).and_then(|thread| thread.last_act_ms);
        if last.is_some_and(|last| now_ms - last < open_for) {
            return Ok(());
        }
        let words = "This message is sent outside of allowed window.";
        Err(if self.kind.is_instagram() {
            GraphError::new(10, words).with_subcode(2_534_022)
        } else {
            let more = "Learn more about the new policy here: https://developers.facebook.com/docs/messenger-platform/policy-overview";
            GraphError::new(10, format!("(#10) {words} {more}")).with_subcode(2_018_278).with_status(400)
        })
    }

    /// The message itself.
    pub(super) fn content(&self, call: &Call, message: &Value) -> Result<(), GraphError> {
        let text = message.get("text").filter(|text| !text.is_null());
        let single = message.get("attachment").is_some_and(Value::is_object);
        let several = message.get("attachments").and_then(Value::as_array);
        if usize::from(text.is_some()) + usize::from(single) + usize::from(several.is_some()) != 1 {
            return Err(GraphError::parameter("Param message must have one of text, attachment or attachments"));
        }
        if let Some(text) = text {
            let text = text.as_str().ok_or_else(|| GraphError::parameter("Param message[text] must be a string"))?;
            if text.is_empty() {
                return Err(GraphError::parameter("Param message[text] must be a non-empty UTF-8 encoded string"));
            }
            if !self.kind.is_instagram() && text.chars().count() > MAX_CHARACTERS {
                let words = "Length of param message[text] must be less than or equal to 2000";
                return Err(GraphError::parameter(words));
            }
            if self.kind.is_instagram() && text.len() > MAX_BYTES {
                let words = "Length of param message[text] must be less than or equal to 1000 bytes";
                return Err(GraphError::parameter(words));
            }
        }
        if let Some(several) = several {
            let pictures = several.iter().all(|attachment| attachment["type"] == "image");
            if several.is_empty() || several.len() > MAX_PICTURES || !pictures {
                return Err(GraphError::parameter("Param message[attachments] must be up to 10 images"));
            }
        }
        if message["metadata"].as_str().is_some_and(|note| note.chars().count() > MAX_METADATA) {
            let words = "Length of param message[metadata] must be less than or equal to 1000";
            return Err(GraphError::parameter(words));
        }
        let reply_to = call.json("reply_to");
        if reply_to.is_some() && self.kind == Kind::Instagram {
            return Err(GraphError::parameter("Param reply_to is not supported"));
        }
        Ok(())
    }

    /// The message that a new one answers.
    pub(super) fn answered(&self, call: &Call, person: &str) -> Result<Option<String>, GraphError> {
        let Some(reply_to) = call.json("reply_to") else { return Ok(None) };
        let mid = reply_to["mid"].as_str().unwrap_or_default().to_owned();
        let messages = self.threads.get(person).map(|thread| thread.messages.as_slice()).unwrap_or_default();
        if messages.iter().any(|message| message.mid == mid) {
            return Ok(Some(mid));
        }
        Err(GraphError::parameter("Param reply_to[mid] must be a valid message ID of this thread"))
    }
}
