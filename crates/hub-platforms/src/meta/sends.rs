//! What Messenger and Instagram have in common when sending.

use super::graph::{Call, Graph};
use crate::values::id;
use hub_domain::{ContentKind, RemoteConversationId, RemoteMessageId};
use hub_platform_kit::platform::{OutboundMessage, Sent};
use hub_platform_kit::{ErrorKind, PlatformError, Result};
use serde::Deserialize;
use serde_json::{Value, json};

/// What a send answers.
#[derive(Debug, Deserialize)]
struct Taken {
    #[serde(default)]
    recipient_id: Value,
    #[serde(default)]
    message_id: Value,
}

/// Makes a send that was put together and reads what was taken.
pub(crate) async fn take(call: Call<'_>, to: &RemoteConversationId) -> Result<Sent> {
    let taken: Taken = call.sends().ask().await?;
    // It was accepted, so it may be out; without an id only an echo can tell.
    let nameless =
        PlatformError::new(ErrorKind::Transient { maybe_applied: true }, "the platform took it and gave no id");
    let message = id(&taken.message_id).ok_or(nameless)?;
    let recipient = id(&taken.recipient_id).filter(|recipient| recipient != to.as_str());
    Ok(Sent {
        messages: vec![RemoteMessageId::from(message)],
        at: None,
        sequence: None,
        recipient: recipient.map(RemoteConversationId::from),
    })
}

/// Tells the other person's app something that is no message. Repeating it changes nothing.
pub(crate) async fn action(
    graph: &Graph,
    token: &str,
    owner: &str,
    person: &str,
    action: &str,
    payload: Option<Value>,
) -> Result<()> {
    let mut body = json!({ "recipient": { "id": person }, "sender_action": action });
    if let Some(payload) = payload {
        body["payload"] = payload;
    }
    let call = graph.post(format!("{owner}/messages")).json(body).token(token).account(owner);
    call.done().await
}

/// Puts the account's reaction there or takes it away.
pub(crate) async fn react(
    graph: &Graph,
    token: &str,
    owner: &str,
    person: &str,
    message: &RemoteMessageId,
    emoji: Option<&str>,
) -> Result<()> {
    match emoji {
        Some(emoji) => {
            let payload = json!({ "message_id": message.as_str(), "reaction": emoji });
            action(graph, token, owner, person, "react", Some(payload)).await
        }
        None => action(graph, token, owner, person, "unreact", Some(json!({ "message_id": message.as_str() }))).await,
    }
}

/// Refuses what neither platform sends.
pub(crate) fn refuse_others(message: &OutboundMessage) -> Result<()> {
    if message.location.is_some() || !message.shared_contacts.is_empty() {
        return Err(PlatformError::bad_input("places and contacts cannot be sent on this platform"));
    }
    if !message.extra.is_empty() {
        return Err(PlatformError::bad_input("prepared messages cannot be sent on this platform"));
    }
    if message.text.is_some() && !message.attachments.is_empty() {
        return Err(PlatformError::bad_input("words and files are messages of their own on this platform"));
    }
    Ok(())
}

/// The platform's word for a kind of file.
pub(crate) fn file_type(kind: ContentKind) -> &'static str {
    match kind {
        ContentKind::Image => "image",
        ContentKind::Video => "video",
        ContentKind::Audio => "audio",
        _ => "file",
    }
}
