//! Telegram's JSON as far as the hub reads it. Only ids are required; members nobody reads here are skipped.
#![allow(clippy::struct_field_names, reason = "members are named as Telegram names them")]

use serde::Deserialize;
use serde_json::{Map, Value};

/// Every answer of the Bot API.
#[derive(Deserialize)]
pub(super) struct Envelope {
    pub(super) ok: bool,
    #[serde(default)]
    pub(super) result: Value,
    pub(super) error_code: Option<i64>,
    pub(super) description: Option<String>,
    pub(super) parameters: Option<ResponseParameters>,
}

#[derive(Clone, Default, Deserialize)]
pub(super) struct ResponseParameters {
    pub(super) retry_after: Option<i64>,
    pub(super) migrate_to_chat_id: Option<i64>,
}

/// The bot's webhook. Without one the address is empty.
#[derive(Deserialize)]
pub(super) struct WebhookInfo {
    #[serde(default)]
    pub(super) url: String,
    pub(super) pending_update_count: Option<u64>,
    pub(super) last_error_date: Option<i64>,
    pub(super) last_error_message: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct User {
    pub(super) id: i64,
    #[serde(default)]
    pub(super) is_bot: bool,
    pub(super) first_name: Option<String>,
    pub(super) last_name: Option<String>,
    pub(super) username: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Chat {
    pub(super) id: i64,
    #[serde(rename = "type")]
    pub(super) kind: Option<String>,
    pub(super) title: Option<String>,
    pub(super) username: Option<String>,
    pub(super) first_name: Option<String>,
    pub(super) last_name: Option<String>,
    #[serde(default)]
    pub(super) is_forum: bool,
}

#[derive(Deserialize)]
pub(super) struct Message {
    pub(super) message_id: i64,
    pub(super) chat: Chat,
    pub(super) date: Option<i64>,
    pub(super) edit_date: Option<i64>,
    pub(super) from: Option<User>,
    pub(super) sender_chat: Option<Chat>,
    pub(super) sender_business_bot: Option<User>,
    pub(super) business_connection_id: Option<String>,
    pub(super) message_thread_id: Option<i64>,
    #[serde(default)]
    pub(super) is_topic_message: bool,
    pub(super) direct_messages_topic: Option<DirectMessagesTopic>,
    pub(super) media_group_id: Option<String>,
    pub(super) reply_to_message: Option<RepliedTo>,
    pub(super) forward_origin: Option<MessageOrigin>,
    pub(super) text: Option<String>,
    #[serde(default)]
    pub(super) entities: Vec<Value>,
    pub(super) caption: Option<String>,
    #[serde(default)]
    pub(super) caption_entities: Vec<Value>,
    #[serde(default)]
    pub(super) photo: Vec<FileRef>,
    pub(super) live_photo: Option<FileRef>,
    pub(super) animation: Option<FileRef>,
    pub(super) video: Option<FileRef>,
    pub(super) video_note: Option<FileRef>,
    pub(super) audio: Option<FileRef>,
    pub(super) voice: Option<FileRef>,
    pub(super) document: Option<FileRef>,
    pub(super) sticker: Option<FileRef>,
    pub(super) location: Option<Place>,
    pub(super) venue: Option<Venue>,
    pub(super) contact: Option<Contact>,
    pub(super) poll: Option<Poll>,
    pub(super) rich_message: Option<Value>,
    /// Everything else: service events and content of kinds the hub shows by name.
    #[serde(flatten)]
    pub(super) rest: Map<String, Value>,
}

#[derive(Deserialize)]
pub(super) struct DirectMessagesTopic {
    pub(super) topic_id: i64,
    pub(super) user: Option<User>,
}

#[derive(Deserialize)]
pub(super) struct RepliedTo {
    pub(super) message_id: i64,
    pub(super) forum_topic_created: Option<Value>,
}

/// Who first said forwarded words; the members depend on `type`.
#[derive(Deserialize)]
pub(super) struct MessageOrigin {
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) date: Option<i64>,
    pub(super) sender_user: Option<User>,
    pub(super) sender_user_name: Option<String>,
    pub(super) sender_chat: Option<Chat>,
    pub(super) chat: Option<Chat>,
    pub(super) message_id: Option<i64>,
}

/// A file of any kind: pictures, videos, voices, stickers and documents differ only in what they leave out.
#[derive(Deserialize)]
pub(super) struct FileRef {
    pub(super) file_id: String,
    pub(super) file_unique_id: Option<String>,
    pub(super) width: Option<i64>,
    pub(super) height: Option<i64>,
    /// Side of a round video.
    pub(super) length: Option<i64>,
    pub(super) duration: Option<i64>,
    pub(super) mime_type: Option<String>,
    pub(super) file_name: Option<String>,
    pub(super) file_size: Option<i64>,
    pub(super) emoji: Option<String>,
    #[serde(default)]
    pub(super) is_animated: bool,
    #[serde(default)]
    pub(super) is_video: bool,
}

#[derive(Deserialize)]
pub(super) struct Place {
    pub(super) latitude: f64,
    pub(super) longitude: f64,
}

#[derive(Deserialize)]
pub(super) struct Venue {
    pub(super) location: Place,
    pub(super) title: Option<String>,
    pub(super) address: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Contact {
    pub(super) phone_number: Option<String>,
    pub(super) first_name: Option<String>,
    pub(super) last_name: Option<String>,
    pub(super) user_id: Option<i64>,
}

#[derive(Deserialize)]
pub(super) struct Poll {
    pub(super) question: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct CallbackQuery {
    pub(super) id: String,
    pub(super) from: User,
    /// May be inaccessible (only chat and id), or absent for a message sent inline.
    pub(super) message: Option<Message>,
    pub(super) inline_message_id: Option<String>,
    pub(super) data: Option<String>,
    pub(super) game_short_name: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct MessageReaction {
    pub(super) chat: Chat,
    pub(super) message_id: i64,
    pub(super) user: Option<User>,
    pub(super) actor_chat: Option<Chat>,
    pub(super) date: i64,
    #[serde(default)]
    pub(super) old_reaction: Vec<ReactionType>,
    #[serde(default)]
    pub(super) new_reaction: Vec<ReactionType>,
}

#[derive(Deserialize)]
pub(super) struct ReactionType {
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) emoji: Option<String>,
    pub(super) custom_emoji_id: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct ChatMemberUpdated {
    pub(super) chat: Chat,
    pub(super) from: Option<User>,
    pub(super) date: Option<i64>,
    pub(super) old_chat_member: ChatMember,
    pub(super) new_chat_member: ChatMember,
}

#[derive(Deserialize)]
pub(super) struct ChatMember {
    pub(super) status: String,
    /// Only with the status `restricted`.
    pub(super) is_member: Option<bool>,
}

#[derive(Deserialize)]
pub(super) struct BusinessConnection {
    pub(super) id: String,
    pub(super) user: User,
    pub(super) date: Option<i64>,
    #[serde(default)]
    pub(super) is_enabled: bool,
    pub(super) rights: Option<Value>,
}

#[derive(Deserialize)]
pub(super) struct BusinessMessagesDeleted {
    pub(super) business_connection_id: String,
    pub(super) chat: Chat,
    #[serde(default)]
    pub(super) message_ids: Vec<i64>,
}

/// The answer of `getFile`.
#[derive(Deserialize)]
pub(super) struct File {
    pub(super) file_size: Option<i64>,
    pub(super) file_path: Option<String>,
}
