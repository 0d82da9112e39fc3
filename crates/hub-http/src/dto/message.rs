//! Messages.

use hub_app::inbox::MessageView;
use hub_domain::content::{ForwardOrigin, Location, SharedContact};
use hub_domain::{Attachment, AttachmentState, ContentKind, Direction, time};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

/// Marks the file of the story a message answers.
const STORY_FLAVOUR: &str = "story_reply";

/// A message, opened.
#[derive(Serialize, ToSchema)]
#[schema(as = Message)]
pub(crate) struct MessageDto {
    id: String,
    conversation_id: String,
    platform_message_id: String,
    sender_id: String,
    sender_name: Option<String>,
    /// The words, or a file's caption; empty when there are none.
    content: String,
    /// The contract's four types: `text`, `image`, `video` or `file`.
    message_type: &'static str,
    /// Link of the first file, good for some minutes.
    media_url: Option<String>,
    is_outgoing: bool,
    is_read: bool,
    sent_at: String,
    delivered_at: Option<String>,
    created_at: String,
    /// The finer type, such as `audio`, `sticker` or `location`.
    kind: &'static str,
    /// A stand-in for content without words, such as `[Photo]`.
    summary: Option<String>,
    attachments: Vec<AttachmentDto>,
    /// The message it answers, if that one is known here.
    reply_to_message_id: Option<String>,
    /// That one's id at the platform.
    reply_to_platform_message_id: Option<String>,
    /// How far an outgoing message has got: `queued`, `sending`, `sent`, `delivered`, `read`, `failed`, `unconfirmed`.
    status: Option<&'static str>,
    /// Why it failed, in words for a person.
    failure: Option<String>,
    edited_at: Option<String>,
    deleted_at: Option<String>,
    reactions: Vec<ReactionDto>,
    /// True when it was missed when it was said, and found by reading back.
    recovered: bool,
    #[schema(value_type = Option<Object>)]
    location: Option<Location>,
    #[schema(value_type = Vec<Object>)]
    shared_contacts: Vec<SharedContact>,
    #[schema(value_type = Option<Object>)]
    forwarded_from: Option<ForwardOrigin>,
    /// Groups the members of an album.
    album_id: Option<String>,
    /// A topic inside the conversation.
    thread_id: Option<String>,
    /// The emoji of a sticker.
    emoji: Option<String>,
    /// The platform's name of content the hub cannot show.
    unsupported: Option<String>,
    /// Further facts by name, such as `link`, `links`, `quick_reply_payload`, `referral`, `order`, `story_reply`.
    #[schema(value_type = Object)]
    extra: Map<String, Value>,
}

/// A file of a message.
#[derive(Serialize, ToSchema)]
#[schema(as = Attachment)]
pub(crate) struct AttachmentDto {
    id: String,
    kind: &'static str,
    mime_type: Option<String>,
    filename: Option<String>,
    /// Bytes.
    size: Option<i64>,
    /// Pixels.
    width: Option<i32>,
    /// Pixels.
    height: Option<i32>,
    /// Seconds.
    duration_s: Option<i32>,
    /// A finer kind, such as `voice` or `animation`.
    flavour: Option<String>,
    /// `pending`, `ready`, `failed`, or `remote`: may not be kept, so the link works while the platform has it.
    state: &'static str,
    /// Link, good for some minutes; null when the file cannot be had.
    url: Option<String>,
}

/// One person's reaction.
#[derive(Serialize, ToSchema)]
#[schema(as = Reaction)]
pub(crate) struct ReactionDto {
    actor_id: String,
    emoji: String,
    at: String,
}

impl From<&MessageView> for MessageDto {
    fn from(view: &MessageView) -> Self {
        let message = &view.message;
        let (content, details) = (&message.content, &message.content.details);
        // Clients of the originals draw the content; something they cannot draw still must not look like nothing.
        let words = match (&content.text, content.kind) {
            (Some(text), _) => text.clone(),
            (None, ContentKind::Unsupported | ContentKind::Share | ContentKind::Template | ContentKind::Order) => {
                content.summary().unwrap_or_default()
            }
            (None, _) => String::new(),
        };
        let mut extra = details.extra.clone();
        // The story a message answers is not part of what was said; it is shown beside it.
        let files = content.attachments.iter().zip(&view.media_links);
        let (stories, shown): (Vec<_>, Vec<_>) =
            files.partition(|(file, _)| file.flavour.as_deref() == Some(STORY_FLAVOUR));
        if let (Some((_, link)), Some(Value::Object(story))) = (stories.first(), extra.get_mut("story_reply")) {
            story.insert("url".to_owned(), Value::String((*link).clone()));
        }
        Self {
            id: message.id.to_string(),
            conversation_id: message.conversation_id.to_string(),
            platform_message_id: message.remote_id.to_string(),
            sender_id: message.sender_id.to_string(),
            sender_name: message.sender_name.clone(),
            content: words,
            message_type: content.kind.contract_type(),
            media_url: shown
                .first()
                .and_then(|(file, link)| (file.state != AttachmentState::Failed).then(|| (*link).clone())),
            is_outgoing: message.direction == Direction::Outgoing,
            is_read: message.is_read,
            sent_at: time::to_contract(message.sent_at),
            delivered_at: message.delivered_at.map(time::to_contract),
            created_at: time::to_contract(message.created_at),
            kind: content.kind.as_str(),
            summary: content.summary(),
            attachments: shown.iter().map(|pair| attachment(*pair)).collect(),
            reply_to_message_id: view.reply_to.map(|id| id.to_string()),
            reply_to_platform_message_id: message.reply_to.as_ref().map(ToString::to_string),
            status: message.status.map(hub_domain::DeliveryStatus::as_str),
            failure: message.failure.clone(),
            edited_at: message.edited_at.map(time::to_contract),
            deleted_at: message.deleted_at.map(time::to_contract),
            recovered: message.recovered,
            reactions: message.reactions.iter().map(ReactionDto::from).collect(),
            location: details.location.clone(),
            shared_contacts: details.shared_contacts.clone(),
            forwarded_from: details.forwarded_from.clone(),
            album_id: details.album_id.clone(),
            thread_id: details.thread_id.clone(),
            emoji: details.emoji.clone(),
            unsupported: details.unsupported.clone(),
            extra,
        }
    }
}

impl From<&hub_domain::message::Reaction> for ReactionDto {
    fn from(reaction: &hub_domain::message::Reaction) -> Self {
        Self {
            actor_id: reaction.actor_id.to_string(),
            emoji: reaction.emoji.clone(),
            at: time::to_contract(reaction.at),
        }
    }
}

fn attachment((file, url): (&Attachment, &String)) -> AttachmentDto {
    AttachmentDto {
        id: file.id.to_string(),
        kind: file.kind.as_str(),
        mime_type: file.mime_type.clone(),
        filename: file.file_name.clone(),
        size: file.size,
        width: file.width,
        height: file.height,
        duration_s: file.duration_s,
        flavour: file.flavour.clone(),
        state: file.state.as_str(),
        url: (file.state != AttachmentState::Failed).then(|| url.clone()),
    }
}
