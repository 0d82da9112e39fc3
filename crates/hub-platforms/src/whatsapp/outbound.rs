//! Sending. Each file, place or text is a message of its own at the platform; 200 means accepted, the rest comes as statuses.

use super::api::{Accepted, odd_answer};
use super::{WhatsApp, bodies, mapping};
use async_trait::async_trait;
use hub_domain::{RemoteConversationId, RemoteMessageId};
use hub_platform_kit::platform::{Outbound, OutboundFile, OutboundMessage, Sent, Template};
use hub_platform_kit::{ErrorKind, Grant, PlatformError, Result};
use serde_json::Value;

/// One message of the platform.
enum Part<'a> {
    Ready(&'static str, Value),
    File(&'a OutboundFile, Option<&'a str>),
}

#[async_trait]
impl Outbound for WhatsApp {
    async fn send(&self, grant: &Grant, message: &OutboundMessage) -> Result<Sent> {
        let addressed = bodies::keyed(bodies::addressed(&message.conversation)?, message);
        let parts = parts(message)?;
        let mut taken: Vec<Accepted> = Vec::new();
        for part in &parts {
            // Only the first one quotes what is answered.
            let to = message.reply_to.as_ref().filter(|_| taken.is_empty());
            match self.send_part(grant, bodies::answering(addressed.clone(), to), part).await {
                Ok(one) => taken.push(one),
                Err(error) if taken.is_empty() => return Err(error),
                Err(error) => return Err(cut_short(taken.len(), parts.len(), &error)),
            }
        }
        sent(&taken, &message.conversation)
    }

    async fn mark_read(&self, grant: &Grant, _: &RemoteConversationId, message: &RemoteMessageId) -> Result<()> {
        self.api.tell(grant, bodies::read(message, false)).await
    }

    async fn acknowledge(&self, _: &Grant, _: &Value) -> Result<()> {
        Err(PlatformError::unsupported("answering notices"))
    }

    async fn react(
        &self,
        grant: &Grant,
        conversation: &RemoteConversationId,
        message: &RemoteMessageId,
        emoji: Option<&str>,
    ) -> Result<()> {
        let body = bodies::with(bodies::addressed(conversation)?, "reaction", bodies::reaction(message, emoji));
        // A repeat puts the same reaction there.
        self.api.repeatable(grant, body).await.map(|_| ())
    }

    /// The platform shows typing only together with reading.
    async fn typing(&self, grant: &Grant, _: &RemoteConversationId, latest: Option<&RemoteMessageId>) -> Result<()> {
        let latest =
            latest.ok_or_else(|| PlatformError::bad_input("typing shows only after the person has written"))?;
        self.api.tell(grant, bodies::read(latest, true)).await
    }

    async fn templates(&self, grant: &Grant) -> Result<Vec<Template>> {
        let waba = self.waba(grant).ok_or_else(no_business_account)?;
        self.api.templates(grant.token(), waba).await
    }
}

impl WhatsApp {
    async fn send_part(&self, grant: &Grant, body: Value, part: &Part<'_>) -> Result<Accepted> {
        let body = match part {
            Part::Ready(kind, content) => bodies::with(body, kind, content.clone()),
            Part::File(file, caption) => {
                let id = self.api.upload(grant, file).await?;
                let (kind, _) = bodies::media_kind(file.kind);
                bodies::with(body, kind, bodies::media(kind, &id, &file.file_name, *caption))
            }
        };
        self.api.send(grant, body).await
    }
}

/// The platform's messages that one of the hub's becomes, in order. Words are the caption of the first file that can carry
/// them, else a message of their own behind the files.
fn parts(message: &OutboundMessage) -> Result<Vec<Part<'_>>> {
    let mut parts = Vec::new();
    let mut words = message.text.as_deref().filter(|words| !words.is_empty());
    let extra = bodies::extra(message)?;
    if extra.is_some() {
        words = None;
    }
    for file in &message.attachments {
        let (_, takes_caption) = bodies::media_kind(file.kind);
        parts.push(Part::File(file, if takes_caption { words.take() } else { None }));
    }
    if let Some(place) = &message.location {
        parts.push(Part::Ready("location", bodies::location(place)));
    }
    for some in message.shared_contacts.chunks(bodies::MAX_CONTACTS) {
        parts.push(Part::Ready("contacts", bodies::contacts(some)));
    }
    parts.extend(extra.map(|(kind, content)| Part::Ready(kind, content)));
    parts.extend(words.map(|words| Part::Ready("text", bodies::text(words))));
    if parts.is_empty() { Err(PlatformError::bad_input("there is nothing to send")) } else { Ok(parts) }
}

/// What was taken. The platform may write to another id than the one it was given.
fn sent(taken: &[Accepted], conversation: &RemoteConversationId) -> Result<Sent> {
    let ids = taken.iter().flat_map(|one| one.messages.iter()).filter_map(|message| message.id.as_deref());
    let messages: Vec<RemoteMessageId> = ids.map(RemoteMessageId::from).collect();
    if messages.is_empty() {
        // Taken, but nobody knows as what.
        return Err(PlatformError { kind: ErrorKind::Transient { maybe_applied: true }, ..odd_answer() });
    }
    let addressee = taken.iter().find_map(|one| one.contacts.first());
    let known: Vec<&str> =
        addressee.map(|one| [one.wa_id.as_deref(), one.user_id.as_deref()]).into_iter().flatten().flatten().collect();
    let same = |id: &&str| *id == conversation.as_str() || mapping::plain(conversation.as_str()) == **id;
    let recipient = if known.iter().any(same) { None } else { known.first().map(|id| RemoteConversationId::from(*id)) };
    Ok(Sent { messages, at: None, sequence: None, recipient })
}

/// Some parts are out: a repeat would send them twice, so the rest is left to the person.
fn cut_short(done: usize, all: usize, error: &PlatformError) -> PlatformError {
    let message = format!("only {done} of {all} parts were sent: {}", error.message);
    PlatformError { kind: ErrorKind::Transient { maybe_applied: true }, message, ..error.clone() }
}

pub(super) fn no_business_account() -> PlatformError {
    PlatformError::bad_input(
        "The WhatsApp business account of this number is not known. Connect the number again and name the account.",
    )
}
