//! Sending. A picture stands in the text; everything the account says also comes back as a notification.

use super::wire::instant;
use super::{MAX_PICTURE_BYTES, TENANT_FACT, Teams, mapping};
use crate::values::id;
use async_trait::async_trait;
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use hub_domain::{ContentKind, RemoteConversationId, RemoteMessageId};
use hub_platform_kit::platform::{Outbound, OutboundFile, OutboundMessage, Sent, Template};
use hub_platform_kit::{ErrorKind, Grant, PlatformError, Result};
use serde_json::{Value, json};

/// Bytes of the words of a message, in either encoding; the platform takes about 28 KB of everything in it.
const MAX_BODY_BYTES: usize = 25_000;
/// Tenants kept at most.
const MAX_TENANTS: usize = 10_000;

#[async_trait]
impl Outbound for Teams {
    async fn send(&self, grant: &Grant, message: &OutboundMessage) -> Result<Sent> {
        let body = body(message)?;
        let quoted = message.reply_to.as_ref().map(RemoteMessageId::as_str);
        let answer = self.api.send(grant.token(), message.conversation.as_str(), body, quoted).await?;
        // Taken, but nobody knows as what.
        let odd = || {
            let kind = ErrorKind::Transient { maybe_applied: true };
            PlatformError::new(kind, "Teams took the message and does not say as which")
        };
        let id = answer.get("id").and_then(id).ok_or_else(odd)?;
        Ok(Sent {
            sequence: id.parse().ok(),
            messages: vec![RemoteMessageId::from(id)],
            at: instant(&answer, "createdDateTime"),
            recipient: None,
        })
    }

    /// Marks the whole chat; the platform knows nothing finer.
    async fn mark_read(&self, grant: &Grant, chat: &RemoteConversationId, _: &RemoteMessageId) -> Result<()> {
        let (token, user) = (grant.token(), grant.remote_id.as_str());
        let tenant = match grant.fact(TENANT_FACT).map(str::to_owned).or_else(|| self.known_tenant(user)) {
            Some(tenant) => Some(tenant),
            None => self.learn_tenant(token, chat.as_str(), user).await?,
        };
        self.api.mark_read(token, chat.as_str(), user, tenant.as_deref()).await
    }

    async fn acknowledge(&self, _: &Grant, _: &Value) -> Result<()> {
        Err(PlatformError::unsupported("answering notices"))
    }

    /// To take a reaction away one must say which: the message tells.
    async fn react(
        &self,
        grant: &Grant,
        chat: &RemoteConversationId,
        message: &RemoteMessageId,
        emoji: Option<&str>,
    ) -> Result<()> {
        let (token, at) = (grant.token(), (chat.as_str(), message.as_str()));
        let standing = self.api.message(token, at.0, at.1).await?;
        let standing = mapping::own_reactions(&standing, grant.remote_id.as_str());
        for old in standing.iter().filter(|old| emoji != Some(old.as_str())) {
            self.api.react(token, at, "unsetReaction", old).await?;
        }
        match emoji {
            Some(emoji) if !standing.iter().any(|old| old == emoji) => {
                self.api.react(token, at, "setReaction", emoji).await
            }
            _ => Ok(()),
        }
    }

    async fn typing(&self, _: &Grant, _: &RemoteConversationId, _: Option<&RemoteMessageId>) -> Result<()> {
        Err(PlatformError::unsupported("showing that somebody is typing"))
    }

    async fn templates(&self, _: &Grant) -> Result<Vec<Template>> {
        Err(PlatformError::unsupported("prepared messages"))
    }
}

impl Teams {
    fn known_tenant(&self, user: &str) -> Option<String> {
        self.tenants.lock().ok()?.get(user).cloned()
    }

    /// The tenant of the person, as a chat of theirs names it.
    async fn learn_tenant(&self, token: &str, chat: &str, user: &str) -> Result<Option<String>> {
        let chat = self.api.chat(token, chat).await?;
        let found = mapping::tenant_of(&chat, user);
        if let (Some(tenant), Ok(mut tenants)) = (&found, self.tenants.lock()) {
            if tenants.len() >= MAX_TENANTS {
                tenants.clear();
            }
            tenants.insert(user.to_owned(), tenant.clone());
        }
        Ok(found)
    }

    /// The same while linking: a comfort, so that nothing comes of trouble.
    pub(super) async fn tenant_of(&self, token: &str, user: &str) -> Option<String> {
        let chats = self.api.chats(token, None).await.ok()?;
        super::api::listed(&chats.value).ok()?.iter().find_map(|chat| mapping::tenant_of(chat, user))
    }
}

/// What is said, as the platform takes it.
fn body(message: &OutboundMessage) -> Result<Value> {
    let words = message.text.as_deref().unwrap_or_default();
    if message.attachments.is_empty() {
        if words.is_empty() {
            return Err(PlatformError::bad_input("there is nothing to send"));
        }
        fits(words)?;
        return Ok(json!({ "body": { "contentType": "text", "content": words } }));
    }
    let mut html = if words.is_empty() { String::new() } else { format!("<p>{}</p>", escaped(words)) };
    let mut hosted = Vec::new();
    for (number, file) in message.attachments.iter().enumerate() {
        let number = (number + 1).to_string();
        hosted.push(picture(file, &number)?);
        html.extend([r#"<p><img src="../hostedContents/"#, &number, r#"/$value" alt=""></p>"#]);
    }
    fits(&html)?;
    Ok(json!({ "body": { "contentType": "html", "content": html }, "hostedContents": hosted }))
}

fn picture(file: &OutboundFile, number: &str) -> Result<Value> {
    if file.kind != ContentKind::Image {
        return Err(PlatformError::unsupported("sending files other than pictures"));
    }
    if file.bytes.len() as u64 > MAX_PICTURE_BYTES {
        return Err(PlatformError::bad_input("the picture is too large for Teams"));
    }
    Ok(json!({
        "@microsoft.graph.temporaryId": number,
        "contentBytes": BASE64.encode(&file.bytes),
        "contentType": file.mime_type,
    }))
}

/// Words as they may stand in HTML.
fn escaped(words: &str) -> String {
    let mut html = String::with_capacity(words.len());
    for c in words.chars() {
        match c {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '\n' => html.push_str("<br>"),
            '\r' => {}
            c => html.push(c),
        }
    }
    html
}

/// The platform counts bytes, and does not say in which encoding.
fn fits(content: &str) -> Result<()> {
    let wide = content.encode_utf16().count() * 2;
    if content.len().max(wide) > MAX_BODY_BYTES {
        return Err(PlatformError::bad_input("the message is too long for Teams"));
    }
    Ok(())
}
