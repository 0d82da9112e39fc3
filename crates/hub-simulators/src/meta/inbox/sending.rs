//! `/{page or account}/messages`.

use super::super::{Call, GraphError, Outcome};
use super::message::Message;
use super::{Fetched, Inboxes};
use serde_json::{Value, json};

/// Something an app did to a thread.
#[derive(Clone, Debug)]
pub struct Sent {
    /// The `sender_action`; `None` = a message.
    pub action: Option<String>,
    /// To whom.
    pub person: String,
    /// The words.
    pub text: Option<String>,
    /// The message it became.
    pub message_id: Option<String>,
    /// All parameters.
    pub body: Value,
}

impl Sent {
    /// A parameter that is an object, also when it came as text.
    pub fn member(&self, name: &str) -> Value {
        super::sender_actions::member(&self.body, name)
    }
}

impl Inboxes {
    /// What apps did, in order.
    pub fn sent(&self, account: &str) -> Vec<Sent> {
        self.all().get(account).map(|inbox| inbox.sent.clone()).unwrap_or_default()
    }

    /// Sends as an account, for an app.
    pub(crate) async fn send(&self, call: &Call, account: &str, app_id: &str) -> Outcome {
        let now = self.meta().now_ms();
        let (kind, asset, person, message) = {
            let mut inboxes = self.all();
            let inbox = inboxes.get_mut(account).ok_or_else(|| GraphError::missing(account))?;
            let person = inbox.recipient(call)?;
            if let Some(action) = call.text("sender_action") {
                let action = action.to_ascii_lowercase();
                let done = inbox.sender_action(call, &person, &action);
                drop(inboxes);
                self.meta().note_change();
                return done;
            }
            let message = call.json("message").filter(Value::is_object);
            let message = message.ok_or_else(|| GraphError::parameter("The parameter message is required"))?;
            inbox.content(call, &message)?;
            inbox.window(call, &person, now)?;
            inbox.answered(call, &person)?;
            (inbox.kind, inbox.asset.clone(), person, message)
        };
        let wanted: Vec<&Value> = match (message.get("attachment"), message["attachments"].as_array()) {
            (Some(one), _) if one.is_object() => vec![one],
            (_, Some(several)) => several.iter().collect(),
            _ => Vec::new(),
        };
        let mut taken: Vec<Fetched> = Vec::new();
        for attachment in wanted {
            taken.push(self.take(kind, &asset, attachment, call.uploads.get("filedata")).await?);
        }
        self.written(call, account, app_id, &person, &message, &taken)
    }

    /// Everything was good: the message exists, and apps hear of it.
    fn written(
        &self,
        call: &Call,
        account: &str,
        app_id: &str,
        person: &str,
        message: &Value,
        taken: &[Fetched],
    ) -> Outcome {
        let (answer, events) = {
            let mut inboxes = self.all();
            let inbox = inboxes.get_mut(account).ok_or_else(|| GraphError::missing(account))?;
            let mut new = Message::new(inbox.kind.message_id(), true, self.meta().now_ms());
            new.text = message["text"].as_str().map(str::to_owned);
            new.attachments = taken.iter().map(|fetched| fetched.shown.clone()).collect();
            new.reply_to = inbox.answered(call, person)?;
            let mid = new.mid.clone();
            inbox.note(Sent {
                action: None,
                person: person.to_owned(),
                text: new.text.clone(),
                message_id: Some(mid.clone()),
                body: call.values.clone().into(),
            });
            let mut events = vec![inbox.echo(person, &new, app_id, message["metadata"].as_str(), self.meta())];
            if inbox.kind == super::Kind::Messenger && inbox.tells_delivery {
                events.push(inbox.delivery(person, &new, self.meta()));
            }
            let thread = inbox.thread(person);
            thread.unread = 0;
            thread.keep(new);
            let mut answer = json!({"recipient_id": person, "message_id": mid});
            if let Some(id) = taken.iter().find_map(|fetched| fetched.attachment_id.clone()) {
                answer["attachment_id"] = id.into();
            }
            (answer, events)
        };
        for event in &events {
            self.meta().emit(event);
        }
        self.meta().note_change();
        self.answered_by_cast(account, person, message["text"].as_str().unwrap_or("that"));
        Ok(answer)
    }
}
