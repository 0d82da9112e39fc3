//! `sender_action`: typing, seen, reactions.

use super::super::{Call, GraphError, Outcome};
use super::sending::Sent;
use super::{Inbox, Kind};
use serde_json::{Value, json};

impl Inbox {
    /// Does what a call's `sender_action` says.
    pub(super) fn sender_action(&mut self, call: &Call, person: &str, action: &str) -> Outcome {
        let only_reactions = self.kind == Kind::Instagram;
        match action {
            "typing_on" | "typing_off" if !only_reactions => {}
            "mark_seen" if !only_reactions => self.thread(person).unread = 0,
            "react" | "unreact" => self.reaction(call, person, action)?,
            _ => {
                let words = "Param sender_action must be one of {MARK_SEEN, TYPING_ON, TYPING_OFF, REACT, UNREACT}";
                return Err(GraphError::parameter(words));
            }
        }
        self.note(Sent {
            action: Some(action.to_owned()),
            person: person.to_owned(),
            text: None,
            message_id: None,
            body: call.values.clone().into(),
        });
        Ok(json!({"recipient_id": person}))
    }

    fn reaction(&mut self, call: &Call, person: &str, action: &str) -> Result<(), GraphError> {
        let payload = call.json("payload").unwrap_or_default();
        let mid = payload["message_id"].as_str().unwrap_or_default().to_owned();
        let account = self.account.clone();
        let Some(message) = self.thread(person).message(&mid) else {
            return Err(GraphError::parameter("Param payload[message_id] must be a valid message ID"));
        };
        message.reactions.retain(|(who, _)| *who != account);
        if action == "react" {
            let reaction = payload["reaction"].as_str().filter(|reaction| !reaction.is_empty());
            let reaction = reaction.ok_or_else(|| GraphError::parameter("Param payload[reaction] is required"))?;
            message.reactions.push((account, reaction.to_owned()));
        }
        Ok(())
    }

    /// Remembers what the app did.
    pub(super) fn note(&mut self, sent: Sent) {
        if self.sent.len() >= super::MAX_MESSAGES {
            self.sent.remove(0);
        }
        self.sent.push(sent);
    }
}

/// A list or an object under a name, for what tests look at.
pub(super) fn member(body: &Value, name: &str) -> Value {
    match &body[name] {
        Value::String(text) => serde_json::from_str(text).unwrap_or_else(|_| body[name].clone()),
        other => other.clone(),
    }
}
