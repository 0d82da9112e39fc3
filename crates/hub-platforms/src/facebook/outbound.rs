//! Sending in a page's name.

use super::Facebook;
use crate::meta::graph::plain;
use crate::meta::sends;
use crate::values::id;
use async_trait::async_trait;
use hub_domain::{RemoteConversationId, RemoteMessageId};
use hub_platform_kit::platform::{Outbound, OutboundFile, OutboundMessage, Sent, Template};
use hub_platform_kit::{ErrorKind, Grant, PlatformError, Result};
use reqwest::multipart::{Form, Part};
use serde_json::{Map, Value, json};

/// How the ids of threads begin; rows of the originals hold them instead of the person's id.
const THREAD: &str = "t_";

#[async_trait]
impl Outbound for Facebook {
    async fn send(&self, grant: &Grant, message: &OutboundMessage) -> Result<Sent> {
        sends::refuse_others(message)?;
        let person = self.person(grant, &message.conversation).await?;
        let parameters = parameters(&person, message);
        let page = grant.remote_id.as_str();
        let call = self.graph.post(format!("{page}/messages")).token(grant.token()).account(page);
        let call = match (&message.text, message.attachments.as_slice()) {
            (Some(text), []) => {
                let said = json!({ "text": text, "metadata": message.client_key });
                call.json(with(parameters, "message", said).into())
            }
            (None, [file]) => call.files(form(parameters, file, &message.client_key)?),
            (None, []) => return Err(PlatformError::bad_input("there is nothing to send")),
            _ => return Err(PlatformError::bad_input("a message of a page carries one file")),
        };
        sends::take(call, &message.conversation).await
    }

    /// Messenger marks everything at once.
    async fn mark_read(
        &self,
        grant: &Grant,
        conversation: &RemoteConversationId,
        _message: &RemoteMessageId,
    ) -> Result<()> {
        self.action(grant, conversation, "mark_seen").await
    }

    async fn acknowledge(&self, _grant: &Grant, _data: &Value) -> Result<()> {
        Err(PlatformError::unsupported("answering notices"))
    }

    async fn react(
        &self,
        grant: &Grant,
        conversation: &RemoteConversationId,
        message: &RemoteMessageId,
        emoji: Option<&str>,
    ) -> Result<()> {
        let person = self.person(grant, conversation).await?;
        sends::react(&self.graph, grant.token(), grant.remote_id.as_str(), &person, message, emoji).await
    }

    async fn typing(
        &self,
        grant: &Grant,
        conversation: &RemoteConversationId,
        _latest: Option<&RemoteMessageId>,
    ) -> Result<()> {
        self.action(grant, conversation, "typing_on").await
    }

    async fn templates(&self, _grant: &Grant) -> Result<Vec<Template>> {
        Err(PlatformError::unsupported("prepared messages"))
    }
}

impl Facebook {
    async fn action(&self, grant: &Grant, conversation: &RemoteConversationId, action: &str) -> Result<()> {
        let person = self.person(grant, conversation).await?;
        sends::action(&self.graph, grant.token(), grant.remote_id.as_str(), &person, action, None).await
    }

    /// The id to write to. A thread's id is none, so its other participant is asked for.
    async fn person(&self, grant: &Grant, conversation: &RemoteConversationId) -> Result<String> {
        let known = conversation.as_str();
        if !known.starts_with(THREAD) {
            return Ok(known.to_owned());
        }
        let page = grant.remote_id.as_str();
        let call = self.graph.get(plain(known)?).query("fields", "participants").token(grant.token()).account(page);
        let thread: Value = call.ask().await?;
        let people = thread["participants"]["data"].as_array();
        let other = people.into_iter().flatten().filter_map(|one| id(&one["id"])).find(|one| one != page);
        other.ok_or_else(|| PlatformError::new(ErrorKind::NotFound, "the conversation has no other person any more"))
    }
}

/// Everything but the message itself.
fn parameters(person: &str, message: &OutboundMessage) -> Map<String, Value> {
    let mut parameters = Map::new();
    parameters.insert("recipient".to_owned(), json!({ "id": person }));
    match &message.tag {
        Some(tag) => {
            parameters.insert("messaging_type".to_owned(), "MESSAGE_TAG".into());
            parameters.insert("tag".to_owned(), tag.as_str().into());
        }
        None => {
            parameters.insert("messaging_type".to_owned(), "RESPONSE".into());
        }
    }
    if let Some(answered) = &message.reply_to {
        parameters.insert("reply_to".to_owned(), json!({ "mid": answered.as_str() }));
    }
    parameters
}

fn with(mut parameters: Map<String, Value>, name: &str, value: Value) -> Map<String, Value> {
    parameters.insert(name.to_owned(), value);
    parameters
}

/// A file and the parameters as a form: text as it is, everything else as JSON.
fn form(parameters: Map<String, Value>, file: &OutboundFile, client_key: &str) -> Result<Form> {
    let attachment = json!({ "type": sends::file_type(file.kind), "payload": {} });
    let parameters = with(parameters, "message", json!({ "attachment": attachment, "metadata": client_key }));
    let form = parameters.into_iter().fold(Form::new(), |form, (name, value)| match value {
        Value::String(text) => form.text(name, text),
        other => form.text(name, other.to_string()),
    });
    let part = Part::stream(file.bytes.clone())
        .file_name(file.file_name.clone())
        .mime_str(&file.mime_type)
        .map_err(|_| PlatformError::bad_input("the media type of a file is not one"))?;
    Ok(form.part("filedata", part))
}
