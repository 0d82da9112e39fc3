//! Sending. Instagram fetches files itself, so the hub needs a public address for them.

use super::door::{Door, Way};
use super::{Instagram, MAX_ALBUM};
use crate::meta::sends;
use async_trait::async_trait;
use hub_domain::{ContentKind, RemoteConversationId, RemoteMessageId};
use hub_platform_kit::platform::{Outbound, OutboundFile, OutboundMessage, Sent, Template};
use hub_platform_kit::{ErrorKind, Grant, PlatformError, Result};
use serde_json::{Value, json};

#[async_trait]
impl Outbound for Instagram {
    async fn send(&self, grant: &Grant, message: &OutboundMessage) -> Result<Sent> {
        sends::refuse_others(message)?;
        let way = self.way(grant)?;
        if message.reply_to.is_some() && way.door == Door::Instagram {
            return Err(PlatformError::bad_input(
                "This account cannot answer a single message. Send it without the quotation.",
            ));
        }
        let parts = match &message.text {
            Some(text) => vec![json!({ "text": text })],
            None => parts(&message.attachments)?,
        };
        let mut sent: Option<Sent> = None;
        let all = parts.len();
        for (done, part) in parts.into_iter().enumerate() {
            let outcome = send_part(way, message, part, done == 0).await;
            match (outcome, &mut sent) {
                (Ok(taken), None) => sent = Some(taken),
                (Ok(taken), Some(sent)) => sent.messages.extend(taken.messages),
                (Err(error), None) => return Err(error),
                (Err(error), Some(_)) => return Err(cut_short(done, all, &error)),
            }
        }
        sent.ok_or_else(|| PlatformError::bad_input("there is nothing to send"))
    }

    /// Instagram marks everything at once.
    async fn mark_read(
        &self,
        grant: &Grant,
        conversation: &RemoteConversationId,
        _message: &RemoteMessageId,
    ) -> Result<()> {
        self.action(grant, conversation, "mark_seen", "marking messages as read").await
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
        let way = self.way(grant)?;
        sends::react(way.graph, way.token, way.owner, conversation.as_str(), message, emoji).await
    }

    async fn typing(
        &self,
        grant: &Grant,
        conversation: &RemoteConversationId,
        _latest: Option<&RemoteMessageId>,
    ) -> Result<()> {
        self.action(grant, conversation, "typing_on", "showing that somebody is typing").await
    }

    async fn templates(&self, _grant: &Grant) -> Result<Vec<Template>> {
        Err(PlatformError::unsupported("prepared messages"))
    }
}

impl Instagram {
    /// Only pages have these.
    async fn action(&self, grant: &Grant, to: &RemoteConversationId, action: &str, what: &str) -> Result<()> {
        let way = self.way(grant)?;
        match way.door {
            Door::Instagram => Err(PlatformError::unsupported(what)),
            Door::Page => sends::action(way.graph, way.token, way.owner, to.as_str(), action, None).await,
        }
    }
}

async fn send_part(way: Way<'_>, message: &OutboundMessage, part: Value, is_first: bool) -> Result<Sent> {
    let mut body = json!({ "recipient": { "id": message.conversation.as_str() }, "message": part });
    if let Some(tag) = &message.tag {
        body["tag"] = tag.as_str().into();
    }
    if let Some(answered) = message.reply_to.as_ref().filter(|_| is_first) {
        body["reply_to"] = json!({ "mid": answered.as_str() });
    }
    let call = way.graph.post(format!("{}/messages", way.owner)).json(body).token(way.token).account(way.account);
    sends::take(call, &message.conversation).await
}

/// The messages that files become: pictures that follow one another share one, everything else leaves alone.
fn parts(files: &[OutboundFile]) -> Result<Vec<Value>> {
    let together = |a: &OutboundFile, b: &OutboundFile| a.kind == ContentKind::Image && b.kind == ContentKind::Image;
    files.chunk_by(together).flat_map(|run| run.chunks(MAX_ALBUM)).map(part).collect()
}

fn part(files: &[OutboundFile]) -> Result<Value> {
    let one = |file: &OutboundFile| {
        let url = file.link.as_deref().ok_or_else(|| {
            PlatformError::bad_input(
                "Instagram fetches files from the hub, and this hub has no public address. Only words can be sent.",
            )
        })?;
        Ok(json!({ "type": sends::file_type(file.kind), "payload": { "url": url } }))
    };
    match files {
        [file] if file.kind != ContentKind::Image => Ok(json!({ "attachment": one(file)? })),
        pictures => Ok(json!({ "attachments": pictures.iter().map(one).collect::<Result<Vec<_>>>()? })),
    }
}

/// Some files are out: a repeat would send them twice, so the rest is left to the person.
fn cut_short(done: usize, all: usize, error: &PlatformError) -> PlatformError {
    let message = format!("only {done} of {all} messages with files were sent: {}", error.message);
    PlatformError { kind: ErrorKind::Transient { maybe_applied: true }, message, ..error.clone() }
}
