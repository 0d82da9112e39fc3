//! Sending. Words go as they are, without a parse mode: nothing can be misread, nothing must be escaped.

use super::wire::Message;
use super::{MAX_ALBUM, TelegramBot, mapping};
use async_trait::async_trait;
use hub_domain::time::from_unix_seconds;
use hub_domain::{ContentKind, RemoteConversationId, RemoteMessageId};
use hub_platform_kit::platform::{Outbound, OutboundFile, OutboundMessage, Sent, Template};
use hub_platform_kit::{ErrorKind, Grant, PlatformError, Result};
use reqwest::multipart::{Form, Part};
use serde_json::{Map, Value, json};

#[async_trait]
impl Outbound for TelegramBot {
    async fn send(&self, grant: &Grant, message: &OutboundMessage) -> Result<Sent> {
        let mut parameters = destination(message);
        if !message.attachments.is_empty() {
            return self.send_files(grant, message, parameters).await;
        }
        let words = message.text.as_deref().ok_or_else(|| PlatformError::bad_input("there is nothing to send"))?;
        parameters.insert("text".to_owned(), words.into());
        let taken = self.api.send_message(grant.token(), &Value::Object(parameters)).await?;
        Ok(sent(&[taken], &message.client_key))
    }

    async fn mark_read(&self, _: &Grant, _: &RemoteConversationId, _: &RemoteMessageId) -> Result<()> {
        Err(PlatformError::unsupported("marking messages as read"))
    }

    async fn acknowledge(&self, grant: &Grant, data: &Value) -> Result<()> {
        let press = data.get("callback_id").and_then(Value::as_str);
        let press = press.ok_or_else(|| PlatformError::bad_input("the notice is no pressed button"))?;
        self.api.answer_callback_query(grant.token(), press).await.map(|_| ())
    }

    async fn react(&self, _: &Grant, _: &RemoteConversationId, _: &RemoteMessageId, _: Option<&str>) -> Result<()> {
        Err(PlatformError::unsupported("reacting to messages"))
    }

    async fn typing(&self, _: &Grant, _: &RemoteConversationId, _: Option<&RemoteMessageId>) -> Result<()> {
        Err(PlatformError::unsupported("showing that somebody is typing"))
    }

    async fn templates(&self, _: &Grant) -> Result<Vec<Template>> {
        Err(PlatformError::unsupported("prepared messages"))
    }
}

impl TelegramBot {
    /// Sends files in order, as few messages as Telegram's rules for albums allow. The words are the first one's caption.
    async fn send_files(
        &self,
        grant: &Grant,
        message: &OutboundMessage,
        parameters: Map<String, Value>,
    ) -> Result<Sent> {
        let mut parameters = parameters;
        let mut caption = message.text.as_deref();
        let mut taken: Vec<Message> = Vec::new();
        for group in groups(&message.attachments) {
            let outcome = match group {
                [file] => self.send_one(grant, &parameters, file, caption).await.map(|one| vec![one]),
                album => self.send_album(grant, &parameters, album, caption).await,
            };
            match outcome {
                Ok(more) => taken.extend(more),
                Err(error) if taken.is_empty() => return Err(error),
                Err(error) => return Err(cut_short(taken.len(), message.attachments.len(), &error)),
            }
            caption = None;
            parameters.remove("reply_parameters");
        }
        Ok(sent(&taken, &message.client_key))
    }

    async fn send_one(
        &self,
        grant: &Grant,
        parameters: &Map<String, Value>,
        file: &OutboundFile,
        caption: Option<&str>,
    ) -> Result<Message> {
        const PART: &str = "file";
        let (method, field) = method(file);
        let mut form = form(parameters).text(field, format!("attach://{PART}"));
        if let Some(caption) = caption {
            form = form.text("caption", caption.to_owned());
        }
        self.api.send_file(grant.token(), method, form.part(PART, part(file)?)).await
    }

    async fn send_album(
        &self,
        grant: &Grant,
        parameters: &Map<String, Value>,
        album: &[OutboundFile],
        mut caption: Option<&str>,
    ) -> Result<Vec<Message>> {
        let mut form = form(parameters);
        let mut media = Vec::with_capacity(album.len());
        for (name, file) in ('a'..='z').map(String::from).zip(album) {
            let mut item = json!({ "type": method(file).1, "media": format!("attach://{name}") });
            if let Some(caption) = caption.take() {
                item["caption"] = caption.into();
            }
            media.push(item);
            form = form.part(name, part(file)?);
        }
        self.api.send_media_group(grant.token(), form.text("media", Value::Array(media).to_string())).await
    }
}

/// Where to, and which message it answers.
fn destination(message: &OutboundMessage) -> Map<String, Value> {
    let mut parameters = Map::new();
    // A scope may follow the chat's id; it travels as a parameter of its own.
    let chat = message.conversation.as_str().split(':').next().unwrap_or_default();
    parameters.insert("chat_id".to_owned(), chat.into());
    let address = message.address.as_ref();
    for name in ["message_thread_id", "direct_messages_topic_id"] {
        if let Some(number) = address.and_then(|a| a.get(name)).and_then(Value::as_i64) {
            parameters.insert(name.to_owned(), number.into());
        }
    }
    if let Some(connection) = address.and_then(|a| a.get("business_connection_id")).and_then(Value::as_str) {
        parameters.insert("business_connection_id".to_owned(), connection.into());
    }
    if let Some(answered) = message.reply_to.as_ref().and_then(number) {
        // A message that is gone meanwhile must not make the answer fail.
        let reply = json!({ "message_id": answered, "allow_sending_without_reply": true });
        parameters.insert("reply_parameters".to_owned(), reply);
    }
    parameters
}

/// Telegram's number of a message. The hub's own names, and numbers of the time before a conversation moved, are none here.
fn number(id: &RemoteMessageId) -> Option<i64> {
    id.as_str().parse().ok().filter(|number| *number > 0)
}

/// Files that may leave together: neighbours of one family, at most ten.
fn groups(files: &[OutboundFile]) -> impl Iterator<Item = &[OutboundFile]> {
    files.chunk_by(|a, b| family(a).is_some() && family(a) == family(b)).flat_map(|run| run.chunks(MAX_ALBUM))
}

/// What may be mixed in an album: pictures with videos, everything else with its own kind; animations and voice notes not
/// at all.
fn family(file: &OutboundFile) -> Option<&'static str> {
    match method(file).1 {
        "photo" | "video" => Some("pictures"),
        other @ ("document" | "audio") => Some(other),
        _ => None,
    }
}

/// The method for a file and the name its field has there. What Telegram cannot play goes as a document, unchanged.
fn method(file: &OutboundFile) -> (&'static str, &'static str) {
    match (file.kind, file.mime_type.as_str()) {
        (ContentKind::Image, "image/gif") => ("sendAnimation", "animation"),
        (ContentKind::Image, "image/jpeg" | "image/png" | "image/webp") => ("sendPhoto", "photo"),
        (ContentKind::Video, "video/mp4" | "video/quicktime") => ("sendVideo", "video"),
        (ContentKind::Audio, "audio/ogg" | "audio/opus") => ("sendVoice", "voice"),
        (ContentKind::Audio, "audio/mpeg" | "audio/mp4" | "audio/x-m4a" | "audio/m4a") => ("sendAudio", "audio"),
        _ => ("sendDocument", "document"),
    }
}

/// Parameters as fields of a form: text as it is, everything else as JSON.
fn form(parameters: &Map<String, Value>) -> Form {
    parameters.iter().fold(Form::new(), |form, (name, value)| match value {
        Value::String(text) => form.text(name.clone(), text.clone()),
        other => form.text(name.clone(), other.to_string()),
    })
}

fn part(file: &OutboundFile) -> Result<Part> {
    Part::stream(file.bytes.clone())
        .file_name(file.file_name.clone())
        .mime_str(&file.mime_type)
        .map_err(|_| PlatformError::bad_input("the media type of a file is not one"))
}

/// What Telegram took. A number of zero stands for a message it will send later and names nothing, so the hub's own key
/// stands in for it.
fn sent(taken: &[Message], client_key: &str) -> Sent {
    let named = |message: &&Message| message.message_id != 0;
    let id = |(position, message): (usize, &Message)| match message.message_id {
        0 => RemoteMessageId::new(format!("unnamed:{client_key}:{position}")),
        number => mapping::message_id(number),
    };
    Sent {
        messages: taken.iter().enumerate().map(id).collect(),
        at: taken.first().and_then(|message| message.date).and_then(from_unix_seconds),
        sequence: taken.iter().find(named).map(|message| message.message_id),
        recipient: None,
    }
}

/// Some files are out: a repeat would send them twice, so the rest is left to the person.
fn cut_short(done: usize, all: usize, error: &PlatformError) -> PlatformError {
    let message = format!("only {done} of {all} files were sent: {}", error.message);
    PlatformError { kind: ErrorKind::Transient { maybe_applied: true }, message, ..error.clone() }
}
