//! Accepts a message for sending: checked against the card before any network, stored with its delivery job in one
//! transaction, and answered with the outcome if that comes soon enough.

use super::check::{check, window};
use super::outcomes::SendOutcome;
use crate::clock::new_id;
use crate::inbox::messages::view;
use crate::inbox::{MessageView, seal};
use crate::{App, AppError, Caller, Result, jobs, media};
use hub_domain::content::{Location, SharedContact};
use hub_domain::{
    Account, AccountHealth, Attachment, Content, ContentKind, Conversation, ConversationId, Counter, DeliveryStatus,
    Details, Direction, EventBody, MessageId, RemoteMessageId, RemoteParticipantId,
};
use hub_platform_kit::platform::OutboundFile;
use hub_store::{Bump, NewEvent, NewMessage, StoredMessage};

/// Where the tag of a message is kept among its further facts.
pub(super) const TAG: &str = "message_tag";
/// Longest idempotency key in characters.
pub(super) const KEY_MAX_CHARS: usize = 255;
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
    /// What it is, when it is neither words nor files.
    pub special: Special,
    /// The tag to send under when the free window has ended.
    pub tag: Option<String>,
    /// The client's own key: the same key sends once.
    pub idempotency_key: Option<String>,
}

impl SendMessage {
    /// Words and nothing else.
    pub fn words(conversation_id: ConversationId, content: String) -> Self {
        Self {
            conversation_id,
            content,
            reply_to: None,
            attachments: Vec::new(),
            special: Special::None,
            tag: None,
            idempotency_key: None,
        }
    }
}

/// A message that is neither words nor files.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Special {
    /// None of these.
    #[default]
    None,
    /// A place.
    Location(Location),
    /// Address-book entries.
    Contacts(Vec<SharedContact>),
    /// A prepared message, as the API took it.
    Template(serde_json::Value),
    /// A message with buttons or a list, as the platform describes it.
    Interactive(serde_json::Value),
}

impl Special {
    /// The kind of content, if it is one of these.
    pub(super) fn kind(&self) -> Option<ContentKind> {
        match self {
            Self::None => None,
            Self::Location(_) => Some(ContentKind::Location),
            Self::Contacts(_) => Some(ContentKind::Contacts),
            Self::Template(_) => Some(ContentKind::Template),
            Self::Interactive(_) => Some(ContentKind::Text),
        }
    }

    fn details(&self) -> Details {
        let mut details = Details::default();
        match self.clone() {
            Self::None => {}
            Self::Location(location) => details.location = Some(location),
            Self::Contacts(contacts) => details.shared_contacts = contacts,
            Self::Template(template) => drop(details.extra.insert("template".to_owned(), template)),
            Self::Interactive(object) => drop(details.extra.insert("interactive".to_owned(), object)),
        }
        details
    }
}

/// Sends. The message is on disk before anything leaves; the answer is the message as it then stands, or the platform's
/// error with the row kept as failed.
pub async fn send_message(app: &App, caller: &Caller, mut input: SendMessage) -> Result<MessageView> {
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
    check(card, account.method.as_deref(), &conversation, &mut input)?;
    let acted = session.conversations().customer_at(conversation.id).await?;
    let prepared = matches!(input.special, Special::Template(_));
    window(card, acted, app.now(), input.tag.as_deref(), prepared)?;
    let reply_to = match input.reply_to {
        None => None,
        Some(id) => Some(answered(app, caller, &conversation, id).await?),
    };

    let message_id: MessageId = new_id();
    let attachments = media::keep_outgoing(app, message_id, &input.attachments).await?;
    let waiting = app.outcomes().wait_for(message_id);
    let accepted = Accepted { id: message_id, attachments, reply_to, digest: &digest };
    let accepted = match store(app, caller, &account, &conversation, &input, accepted).await {
        Ok(stored) => view(app, caller.user_id, stored),
        // The same key at the same moment: the other request's message stands.
        Err(AppError::IdempotencyConflict) => {
            return earlier(app, caller, &input, &digest).await?.ok_or(AppError::IdempotencyConflict);
        }
        Err(error) => return Err(error),
    };
    wait(app, caller, &account, accepted, waiting).await
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
    if let Some(tag) = &input.tag {
        part(tag.as_bytes());
    }
    if input.special != Special::None {
        part(serde_json::to_string(&input.special.details()).unwrap_or_default().as_bytes());
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

async fn answered(app: &App, caller: &Caller, conversation: &Conversation, id: MessageId) -> Result<RemoteMessageId> {
    let message = app.store().read().messages().find(caller.user_id, id).await?;
    message
        .filter(|m| m.conversation_id == conversation.id)
        .map(|m| m.remote_id)
        .ok_or_else(|| AppError::Invalid("The message to answer is not in this conversation.".to_owned()))
}

/// A message that passed all checks, with what they brought.
struct Accepted<'a> {
    id: MessageId,
    attachments: Vec<(Attachment, String)>,
    reply_to: Option<RemoteMessageId>,
    digest: &'a str,
}

async fn store(
    app: &App,
    caller: &Caller,
    account: &Account,
    conversation: &Conversation,
    input: &SendMessage,
    accepted: Accepted<'_>,
) -> Result<StoredMessage> {
    let Accepted { id, attachments, reply_to, digest } = accepted;
    let now = app.now();
    let of_file = input.attachments.first().map_or(ContentKind::Text, |file| file.kind);
    let kind = input.special.kind().unwrap_or(of_file);
    let mut details = input.special.details();
    // Kept though the free window may be open: it may have closed when the message leaves.
    if let Some(tag) = input.tag.clone() {
        details.extra.insert(TAG.to_owned(), tag.into());
    }
    let content = Content {
        kind,
        text: (!input.content.is_empty()).then(|| input.content.clone()),
        attachments: attachments.iter().map(|(a, _)| a.clone()).collect(),
        details,
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
    tx.ledger().note(&account.platform_name, Counter::Sent, 1);
    for (attachment, blob_key) in &attachments {
        let mime = attachment.mime_type.as_deref().unwrap_or("application/octet-stream");
        tx.attachments().set_ready(attachment.id, blob_key, mime, attachment.size.unwrap_or_default()).await?;
    }
    let bump = Bump { id: conversation.id, unread: 0, last_message_at: Some(now), customer_at: None };
    tx.conversations().bump_many(&[bump], now).await?;
    tx.jobs().enqueue_many(&[jobs::deliver_message(account.id, conversation.id, id, now, now)]).await?;
    let stored = tx.messages().find(caller.user_id, id).await?.ok_or(AppError::ConversationForbidden)?;
    let body = EventBody::MessageSent { message_id: id, conversation_id: conversation.id };
    app.commit(tx, vec![NewEvent { user_id: caller.user_id, at: now, body }]).await?;
    app.bus().wake_workers();
    Ok(stored)
}

/// Waits for the outcome as long as the settings allow, then answers with the message as it stands, or as it was `accepted` while the
/// database cannot be asked: whoever is told to try again after that sends it twice.
pub(super) async fn wait(
    app: &App,
    caller: &Caller,
    account: &Account,
    mut accepted: MessageView,
    mut waiting: super::outcomes::Waiting<'_>,
) -> Result<MessageView> {
    let id = accepted.message.id;
    let deadline = tokio::time::Instant::now() + app.settings().send_wait;
    let mut is_told = false;
    loop {
        let outcome = tokio::select! {
            outcome = &mut waiting.outcome, if !is_told => {
                is_told = true;
                outcome.ok()
            }
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
        match app.store().read().messages().find(caller.user_id, id).await {
            Ok(stored) => accepted = view(app, caller.user_id, stored.ok_or(AppError::ConversationForbidden)?),
            Err(error) => tracing::warn!(message = %id, %error, "what became of an accepted message could not be read"),
        }
        let open = matches!(accepted.message.status, Some(DeliveryStatus::Queued | DeliveryStatus::Sending));
        if !open || tokio::time::Instant::now() >= deadline {
            return Ok(accepted);
        }
    }
}
