//! Sending, reading receipts, reactions and typing, over the line that this process holds.

use super::line::Line;
use super::{TelegramUser, errors, mapping, peers, sends, uploads};
use async_trait::async_trait;
use grammers_tl_types as tl;
use hub_domain::time::from_unix_seconds;
use hub_domain::{RemoteConversationId, RemoteMessageId};
use hub_platform_kit::platform::{Outbound, OutboundMessage, Sent, Template};
use hub_platform_kit::{ErrorKind, Grant, PlatformError, Result};
use sends::{Send, Taken};
use serde_json::Value;
use tl::enums::{InputPeer, SendMessageAction};

#[async_trait]
impl Outbound for TelegramUser {
    async fn send(&self, grant: &Grant, message: &OutboundMessage) -> Result<Sent> {
        let line = self.lines.held(grant).await?;
        let peer = peer(&line, &message.conversation, message.address.as_ref())?;
        let reply_to = message.reply_to.as_ref().and_then(|id| number(id).ok());
        let text = message.text.clone().unwrap_or_default();
        if message.attachments.is_empty() {
            if text.is_empty() {
                return Err(PlatformError::bad_input("there is nothing to send"));
            }
            let random_id = sends::random_id(&message.client_key, 0);
            let taken = sends::send(&line, Send { peer, reply_to, text, media: None, random_id }).await?;
            return Ok(sent(&[taken]));
        }
        let mut taken = Vec::with_capacity(message.attachments.len());
        for (part, file) in message.attachments.iter().enumerate() {
            let random_id = sends::random_id(&message.client_key, part);
            let media = Some(uploads::upload(&line, random_id, file).await?);
            // The words are the first file's caption. A repeat goes over the same numbers again and doubles nothing.
            let (text, reply_to) = if part == 0 { (text.clone(), reply_to) } else { (String::new(), None) };
            taken.push(sends::send(&line, Send { peer: peer.clone(), reply_to, text, media, random_id }).await?);
        }
        Ok(sent(&taken))
    }

    async fn mark_read(
        &self,
        grant: &Grant,
        conversation: &RemoteConversationId,
        message: &RemoteMessageId,
    ) -> Result<()> {
        let line = self.lines.held(grant).await?;
        let max_id = number(message)?;
        let outcome = match peer(&line, conversation, None)? {
            InputPeer::Channel(channel) => {
                let (channel_id, access_hash) = (channel.channel_id, channel.access_hash);
                let channel = tl::types::InputChannel { channel_id, access_hash }.into();
                line.connection.call(&tl::functions::channels::ReadHistory { channel, max_id }).await.map(|_| ())
            }
            peer => line.connection.call(&tl::functions::messages::ReadHistory { peer, max_id }).await.map(|_| ()),
        };
        outcome.map_err(|error| errors::meaning(&error))
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
        let line = self.lines.held(grant).await?;
        let reaction = |emoji: &str| vec![tl::types::ReactionEmoji { emoticon: emoji.to_owned() }.into()];
        let request = tl::functions::messages::SendReaction {
            big: false,
            add_to_recent: false,
            peer: peer(&line, conversation, None)?,
            msg_id: number(message)?,
            reaction: emoji.map(reaction),
        };
        match line.connection.call(&request).await {
            Ok(_) => Ok(()),
            Err(error) if errors::is(&error, "MESSAGE_NOT_MODIFIED") => Ok(()),
            Err(error) => Err(errors::meaning(&error)),
        }
    }

    async fn typing(
        &self,
        grant: &Grant,
        conversation: &RemoteConversationId,
        _: Option<&RemoteMessageId>,
    ) -> Result<()> {
        let line = self.lines.held(grant).await?;
        let request = tl::functions::messages::SetTyping {
            peer: peer(&line, conversation, None)?,
            top_msg_id: None,
            action: SendMessageAction::SendMessageTypingAction,
        };
        line.connection.call(&request).await.map(|_| ()).map_err(|error| errors::meaning(&error))
    }

    async fn templates(&self, _: &Grant) -> Result<Vec<Template>> {
        Err(PlatformError::unsupported("prepared messages"))
    }
}

/// The chat as Telegram wants it named.
fn peer(line: &Line, conversation: &RemoteConversationId, address: Option<&Value>) -> Result<InputPeer> {
    let unknown = || PlatformError::new(ErrorKind::NotFound, "Telegram has not told this hub of the chat");
    let id: i64 = conversation.as_str().parse().map_err(|_| unknown())?;
    peers::input(&line.connection.session, line.me, id, address).ok_or_else(unknown)
}

/// Telegram's number of a message.
fn number(id: &RemoteMessageId) -> Result<i32> {
    let odd = || PlatformError::bad_input("this is no message of Telegram's");
    id.as_str().parse().ok().filter(|number| *number > 0).ok_or_else(odd)
}

fn sent(taken: &[Taken]) -> Sent {
    let at = taken.first().map(|first| i64::from(first.date)).filter(|date| *date > 0);
    Sent {
        messages: taken.iter().map(|one| mapping::message_id(one.id)).collect(),
        at: at.and_then(from_unix_seconds),
        sequence: taken.first().map(|first| i64::from(first.id)),
        recipient: None,
    }
}
