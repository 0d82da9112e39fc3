//! Sending: comments in a page's name. Private messages leave only where LinkedIn has approved the app for them; otherwise
//! LinkedIn is not even asked.

use super::errors::odd_answer;
use super::urn::{self, CommentUrn};
use super::wire::Comment;
use super::{LinkedIn, is_page};
use async_trait::async_trait;
use hub_domain::{RemoteConversationId, RemoteMessageId};
use hub_platform_kit::platform::{Outbound, OutboundMessage, Sent, Template};
use hub_platform_kit::{ErrorKind, Grant, PlatformError, Result};
use serde_json::{Value, json};

/// Why nothing leaves for a member.
const NO_MESSAGES: &str = "LinkedIn lets only approved partners send private messages, and this hub's app is not one. \
                           Please answer on LinkedIn itself.";

#[async_trait]
impl Outbound for LinkedIn {
    async fn send(&self, grant: &Grant, message: &OutboundMessage) -> Result<Sent> {
        if !is_page(grant) && !self.settings.messages_approved {
            return Err(PlatformError::new(ErrorKind::Unsupported, NO_MESSAGES));
        }
        let words = message.text.as_deref().filter(|words| !words.trim().is_empty());
        let only_words = message.attachments.is_empty()
            && message.location.is_none()
            && message.shared_contacts.is_empty()
            && message.extra.is_empty();
        match words {
            Some(words) if only_words && is_page(grant) => self.comment(grant, message, words).await,
            Some(words) if only_words => self.message(grant, message, words).await,
            Some(_) => Err(PlatformError::bad_input("LinkedIn takes words only")),
            None => Err(PlatformError::bad_input("there is nothing to send")),
        }
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

impl LinkedIn {
    /// A comment under the post, or under the comment that it answers.
    async fn comment(&self, grant: &Grant, message: &OutboundMessage, words: &str) -> Result<Sent> {
        let thread = message.conversation.as_str();
        if urn::simple(thread).is_none() {
            return Err(PlatformError::bad_input("the conversation is not a post of LinkedIn's"));
        }
        let mut body = json!({ "actor": grant.remote_id, "object": thread, "message": { "text": words } });
        let mut on = thread.to_owned();
        if let Some(answered) = &message.reply_to {
            on = self.parent_of(grant, answered).await?.full();
            body["parentComment"] = on.as_str().into();
        }
        let (said, number) = self.api.write(grant, &on, body).await?;
        let written = Comment::listed(&said);
        let named = number.map(|number| CommentUrn { thread: thread.to_owned(), number });
        let urn = written.as_ref().map(|comment| comment.urn.clone()).or(named).ok_or_else(|| {
            // Taken, but nobody knows as what.
            PlatformError { kind: ErrorKind::Transient { maybe_applied: true }, ..odd_answer() }
        })?;
        Ok(Sent {
            messages: vec![RemoteMessageId::from(urn.full())],
            at: written.and_then(|comment| comment.created).or_else(|| urn.written_at()),
            sequence: Some(urn.number),
            recipient: None,
        })
    }

    /// There is one level of answers: an answer to an answer stands under the same comment.
    async fn parent_of(&self, grant: &Grant, answered: &RemoteMessageId) -> Result<CommentUrn> {
        let no_comment = || PlatformError::bad_input("the message that is answered is not a comment of LinkedIn's");
        let urn = CommentUrn::parse(answered.as_str()).ok_or_else(no_comment)?;
        match self.api.comment(grant, &urn).await {
            Ok(found) => Ok(Comment::listed(&found).and_then(|comment| comment.parent).unwrap_or(urn)),
            // Reading may be used up or switched off while writing works: then the comment itself is answered.
            Err(error) => match error.kind {
                ErrorKind::RateLimited { .. } | ErrorKind::Misconfigured | ErrorKind::UnexpectedReply => Ok(urn),
                _ => Err(error),
            },
        }
    }

    /// A private message, to a person or into a thread.
    async fn message(&self, grant: &Grant, message: &OutboundMessage, words: &str) -> Result<Sent> {
        let to = message.conversation.as_str();
        let mut body = json!({ "body": words, "messageType": "MEMBER_TO_MEMBER" });
        if urn::id(to, "person").is_some() {
            body["recipients"] = json!([to]);
        } else {
            body["thread"] = to.into();
        }
        let id = self.api.message(grant, body).await?;
        // The manual promises no id; ours keeps the message apart from others.
        let id = id.unwrap_or_else(|| format!("hub-{}", message.client_key));
        Ok(Sent { messages: vec![RemoteMessageId::from(id)], at: None, sequence: None, recipient: None })
    }
}
