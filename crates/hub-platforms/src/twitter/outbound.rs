//! Sending: words, one file, or both in one message. X drops no repeats and takes no key of ours.

use super::api::Target;
use super::ids::{self, Conversation};
use super::mapping::{ENCRYPTED, GROUP};
use super::{SCOPES_FACT, Twitter};
use async_trait::async_trait;
use hub_domain::{RemoteConversationId, RemoteMessageId};
use hub_platform_kit::platform::{Outbound, OutboundMessage, Sent, Template};
use hub_platform_kit::{ErrorKind, Grant, PlatformError, Result};
use serde_json::{Value, json};

/// The permission to put files there.
const UPLOADS: &str = "media.write";

#[async_trait]
impl Outbound for Twitter {
    async fn send(&self, grant: &Grant, message: &OutboundMessage) -> Result<Sent> {
        if message.location.is_some() || !message.shared_contacts.is_empty() {
            return Err(PlatformError::unsupported("sending places and contacts"));
        }
        let target = target(message, grant.remote_id.as_str())?;
        let mut body = json!({});
        if let Some(text) = message.text.as_deref().filter(|text| !text.is_empty()) {
            body["text"] = text.into();
        }
        match message.attachments.as_slice() {
            [] => {}
            [file] => {
                may_upload(grant)?;
                let media = self.uploads.put(&self.api, grant, file, &message.client_key).await?;
                body["attachments"] = json!([{ "media_id": media }]);
            }
            _ => return Err(PlatformError::bad_input("a message at X carries one file")),
        }
        if body.as_object().is_none_or(serde_json::Map::is_empty) {
            return Err(PlatformError::bad_input("there is nothing to send"));
        }
        let taken = self.api.send(grant.token(), target, body).await?;
        self.uploads.forget(grant, &message.client_key);
        let other = taken.conversation.filter(|id| id != message.conversation.as_str());
        Ok(Sent {
            at: ids::moment(&taken.event),
            sequence: ids::sequence(&taken.event),
            recipient: other.map(RemoteConversationId::from),
            messages: vec![RemoteMessageId::from(taken.event)],
        })
    }

    async fn mark_read(&self, _: &Grant, _: &RemoteConversationId, _: &RemoteMessageId) -> Result<()> {
        Err(PlatformError::unsupported("marking messages as read"))
    }

    async fn acknowledge(&self, _: &Grant, _: &Value) -> Result<()> {
        Err(PlatformError::unsupported("answering notices"))
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

/// Whom it goes to. Rows of the originals hold the other person's id alone, which looks like a group's.
fn target<'a>(message: &'a OutboundMessage, account: &str) -> Result<Target<'a>> {
    let says = |member: &str| message.address.as_ref().is_some_and(|address| address[member] == true);
    if says(ENCRYPTED) {
        let why = "This is an encrypted chat; only X's own apps can write there.";
        return Err(PlatformError::new(ErrorKind::Rejected, why));
    }
    match ids::conversation(message.conversation.as_str(), account) {
        Conversation::Digits(group) if says(GROUP) => Ok(Target::Conversation(group)),
        Conversation::With(person) | Conversation::Digits(person) => Ok(Target::Person(person)),
        Conversation::OfOthers | Conversation::Unknown => {
            Err(PlatformError::bad_input("the conversation is not one of this account's"))
        }
    }
}

/// An account that was linked without the permission for files can do everything else.
fn may_upload(grant: &Grant) -> Result<()> {
    match grant.facts.get(SCOPES_FACT).and_then(Value::as_array) {
        Some(scopes) if !scopes.iter().any(|scope| scope == UPLOADS) => Err(PlatformError::new(
            ErrorKind::Rejected,
            "The permission to send files was not granted. Connect the account again and leave all permissions switched on.",
        )),
        _ => Ok(()),
    }
}
