//! Accepts a message for sending: checked against the card before any network, stored with its delivery job in one
//! transaction, and answered with the outcome if that comes soon enough.

use super::outcomes::SendOutcome;
use crate::clock::new_id;
use crate::inbox::messages::view;
use crate::inbox::{MessageView, seal};
use crate::{App, AppError, Caller, Result, jobs, media};
use hub_domain::{
    Account, AccountHealth, Attachment, Content, ContentKind, Conversation, ConversationId, DeliveryStatus, Details,
    Direction, EventBody, MessageId, RemoteMessageId, RemoteParticipantId,
};
use hub_platform_kit::Card;
use hub_platform_kit::platform::OutboundFile;
use hub_store::{Bump, NewEvent, NewMessage};

/// Longest idempotency key in characters.
const KEY_MAX_CHARS: usize = 255;
/// A request that hears nothing looks at the row this often: the message may be delivered by another process.
const LOOK_AGAIN: std::time::Duration = std::time::Duration::from_secs(1);

/// What to send.
#[derive(Clone, Debug)]
pub struct SendMessage {
    /// To which conversation.
    pub conversation_id: ConversationId,
    /// The words; may be empty when there are files.
    pub content: String,
    /// The message it answers.
    pub reply_to: Option<MessageId>,
    /// Files, in order.
    pub attachments: Vec<OutboundFile>,
    /// The client's own key: the same key sends once.
    pub idempotency_key: Option<String>,
}

/// Sends. The message is on disk before anything leaves; the answer is the message as it then stands, or the platform's
/// error with the row kept as failed.
pub async fn send_message(app: &App, caller: &Caller, input: SendMessage) -> Result<MessageView> {
    let session = app.store().read();
    let conversation = session
        .conversations()
        .find(caller.user_id, input.conversation_id)
        .await?
        .ok_or(AppError::ConversationForbidden)?;
    let account = session.accounts().find(caller.user_id, conversation.account_id).await?;
    let account = account.ok_or(AppError::ConversationForbidden)?;
    let digest = request_digest(&input);
    if let Some(known) = earlier(app, caller, &input, &digest).await? {
        return Ok(known);
    }
    if !account.is_active {
        return Err(AppError::AccountInactive);
    }
    if account.health == AccountHealth::NeedsReauth {
        return Err(AppError::AccountNeedsReauth);
    }
    let card = app.handle_of(&account)?.card();
    check(card, &conversation, &input)?;
    let reply_to = match input.reply_to {
        None => None,
        Some(id) => Some(answered(app, caller, &conversation, id).await?),
    };

    let message_id: MessageId = new_id();
    let attachments = media::keep_outgoing(app, message_id, &input.attachments).await?;
    let waiting = app.outcomes().wait_for(message_id);
    match store(app, caller, &account, &conversation, message_id, &input, attachments, reply_to, &digest).await {
        Ok(()) => {}
        // The same key at the same moment: the other request's message stands.
        Err(AppError::IdempotencyConflict) => {
            return earlier(app, caller, &input, &digest).await?.ok_or(AppError::IdempotencyConflict);
        }
        Err(error) => return Err(error),
    }
    wait(app, caller, &account, message_id, waiting).await
}

/// What the client asked for, as a digest: the same key with another body is a mistake of the client.
fn request_digest(input: &SendMessage) -> String {
    let mut context = aws_lc_rs::digest::Context::new(&aws_lc_rs::digest::SHA256);
    let mut part = |bytes: &[u8]| {
        context.update(&(bytes.len() as u64).to_be_bytes());
        context.update(bytes);
    };
    part(input.content.as_bytes());
    part(input.reply_to.map(|id| id.to_string()).unwrap_or_default().as_bytes());
    for file in &input.attachments {
        part(file.file_name.as_bytes());
        part(&file.bytes);
    }
    hex::encode(context.finish())
}

/// The message an earlier request with this key made.
async fn earlier(app: &App, caller: &Caller, input: &SendMessage, digest: &str) -> Result<Option<MessageView>> {
    let Some(key) = &input.idempotency_key else { return Ok(None) };
    if key.is_empty() || key.chars().count() > KEY_MAX_CHARS {
        return Err(AppError::Invalid(format!("Idempotency-Key must have 1 to {KEY_MAX_CHARS} characters")));
    }
    let session = app.store().read();
    let Some((id, stored)) = session.messages().by_client_key(input.conversation_id, key).await? else {
        return Ok(None);
    };
    if stored.as_deref() != Some(digest) {
        return Err(AppError::IdempotencyConflict);
    }
    let message = session.messages().find(caller.user_id, id).await?.ok_or(AppError::ConversationForbidden)?;
    Ok(Some(view(app, caller.user_id, message)))
}

/// What the card forbids is refused here, in words, before any network.
fn check(card: &Card, conversation: &Conversation, input: &SendMessage) -> Result<()> {
    let name = card.display_name;
    if conversation.remote_id.as_str().is_empty() {
        return Err(AppError::Invalid("This conversation has no address to send to.".to_owned()));
    }
    let files = &input.attachments;
    let limit = if files.is_empty() { card.text.max } else { card.text.max_caption };
    let length = card.text.unit.measure(&input.content);
    if length > limit && !(files.is_empty() && card.text.split_longer) {
        return Err(AppError::Invalid(format!(
            "{name} allows at most {limit} characters here; this text has {length}."
        )));
    }
    if files.len() > card.max_attachments {
        return Err(AppError::Invalid(format!("{name} allows at most {} files in one message.", card.max_attachments)));
    }
    for file in files {
        let Some(rule) = card.attachment_rule(file.kind) else {
            return Err(AppError::Invalid(format!(
                "{name} does not take files of this kind ({}).",
                file.kind.as_str()
            )));
        };
        if file.bytes.len() as u64 > rule.max_bytes {
            let max = rule.max_bytes / (1024 * 1024);
            return Err(AppError::Invalid(format!("{name} takes files of this kind up to {max} MB.")));
        }
    }
    if input.reply_to.is_some() && !card.replies {
        return Err(AppError::Invalid(format!("{name} cannot answer a single message.")));
    }
    Ok(())
}

async fn answered(app: &App, caller: &Caller, conversation: &Conversation, id: MessageId) -> Result<RemoteMessageId> {
    let message = app.store().read().messages().find(caller.user_id, id).await?;
    message
        .filter(|m| m.conversation_id == conversation.id)
        .map(|m| m.remote_id)
        .ok_or_else(|| AppError::Invalid("The message to answer is not in this conversation.".to_owned()))
}

#[expect(clippy::too_many_arguments, reason = "one row has this many facts, and they are used once")]
async fn store(
    app: &App,
    caller: &Caller,
    account: &Account,
    conversation: &Conversation,
    id: MessageId,
    input: &SendMessage,
    attachments: Vec<(Attachment, String)>,
    reply_to: Option<RemoteMessageId>,
    digest: &str,
) -> Result<()> {
    let now = app.now();
    let kind = input.attachments.first().map_or(ContentKind::Text, |file| file.kind);
    let content = Content {
        kind,
        text: (!input.content.is_empty()).then(|| input.content.clone()),
        attachments: attachments.iter().map(|(a, _)| a.clone()).collect(),
        details: Details::default(),
    };
    let sealed = seal::seal(app.sealer(), id, &content);
    let signature = app.handle_of(account)?.card().signature(account);
    let row = NewMessage {
        id,
        conversation_id: conversation.id,
        remote_id: RemoteMessageId::new(format!("hub:{id}")),
        sequence: None,
        sender_id: RemoteParticipantId::new(signature.sender_id),
        sender_name: signature.sender_name,
        content: sealed.content,
        content_seal: sealed.content_seal,
        details: sealed.details,
        kind,
        has_text: content.text.is_some(),
        media_ref: seal::media_ref(&content.attachments),
        attachments: content.attachments,
        direction: Direction::Outgoing,
        is_read: signature.is_read,
        status: Some(DeliveryStatus::Queued),
        reply_to,
        sent_at: now,
        delivered_at: None,
        edited_at: None,
        client_key: input.idempotency_key.clone(),
        request_digest: input.idempotency_key.as_ref().map(|_| digest.to_owned()),
        at: now,
    };
    let tx = app.store().begin().await?;
    if tx.messages().insert_many(std::slice::from_ref(&row)).await?.is_empty() {
        return Err(AppError::IdempotencyConflict);
    }
    for (attachment, blob_key) in &attachments {
        let mime = attachment.mime_type.as_deref().unwrap_or("application/octet-stream");
        tx.attachments().set_ready(attachment.id, blob_key, mime, attachment.size.unwrap_or_default()).await?;
    }
    tx.conversations().bump_many(&[Bump { id: conversation.id, unread: 0, last_message_at: Some(now) }], now).await?;
    tx.jobs().enqueue_many(&[jobs::deliver_message(id, conversation.id, now)]).await?;
    let body = EventBody::MessageSent { message_id: id, conversation_id: conversation.id };
    app.commit(tx, vec![NewEvent { user_id: caller.user_id, at: now, body }]).await?;
    app.bus().wake_workers();
    Ok(())
}

/// Waits for the outcome as long as the settings allow, then answers with the row as it stands.
async fn wait(
    app: &App,
    caller: &Caller,
    account: &Account,
    id: MessageId,
    mut waiting: super::outcomes::Waiting<'_>,
) -> Result<MessageView> {
    let deadline = tokio::time::Instant::now() + app.settings().send_wait;
    loop {
        let outcome = tokio::select! {
            outcome = &mut waiting.outcome => outcome.ok(),
            () = tokio::time::sleep_until((tokio::time::Instant::now() + LOOK_AGAIN).min(deadline)) => None,
        };
        match outcome {
            Some(SendOutcome::Failed(error)) => {
                return Err(AppError::Platform { platform: account.platform_name.clone(), error });
            }
            Some(SendOutcome::AccountInactive) => return Err(AppError::AccountInactive),
            Some(SendOutcome::NeedsReauth) => return Err(AppError::AccountNeedsReauth),
            Some(SendOutcome::Sent) | None => {}
        }
        let stored = app.store().read().messages().find(caller.user_id, id).await?;
        let message = view(app, caller.user_id, stored.ok_or(AppError::ConversationForbidden)?);
        let open = matches!(message.message.status, Some(DeliveryStatus::Queued | DeliveryStatus::Sending));
        if !open || tokio::time::Instant::now() >= deadline {
            return Ok(message);
        }
    }
}
