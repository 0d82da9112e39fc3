//! Service messages: things that happened in a chat and that nobody said.

use super::{Scene, conversation_id, instant, participant_id};
use crate::telegram_user::peers;
use grammers_tl_types as tl;
use hub_domain::inbound::InboundBody;
use hub_platform_kit::platform::Parsed;
use serde_json::{Value, json};
use tl::enums::MessageAction;

/// People listed per event.
const MAX_MEMBERS: usize = 200;

/// What happened, as a notice; a group that became a supergroup has moved.
pub(super) fn event(happened: &tl::types::MessageService, scene: &Scene<'_>) -> Parsed {
    let chat = peers::peer_id(&happened.peer_id);
    let key = format!("{chat}:{}", happened.id);
    let Some(at) = instant(happened.date) else {
        return Parsed::Unreadable("an event without a usable date".to_owned());
    };
    let moved = |from: i64, to: i64| InboundBody::Moved { from: conversation_id(from), to: conversation_id(to), at };
    let (kind, data) = match &happened.action {
        MessageAction::ChatMigrateTo(to) => {
            return scene.event(&key, moved(chat, peers::channel_id(to.channel_id)));
        }
        MessageAction::ChannelMigrateFrom(from) => return scene.event(&key, moved(-from.chat_id, chat)),
        MessageAction::ChatAddUser(joined) => ("member_joined", members(&joined.users)),
        MessageAction::ChatJoinedByLink(_) | MessageAction::ChatJoinedByRequest => ("member_joined", json!({})),
        MessageAction::ChatDeleteUser(left) => ("member_left", members(&[left.user_id])),
        MessageAction::ChatEditTitle(title) => ("title_changed", json!({ "title": title.title })),
        MessageAction::ChatEditPhoto(_) => ("photo_changed", json!({})),
        MessageAction::ChatDeletePhoto => ("photo_removed", json!({})),
        MessageAction::ChatCreate(made) => ("chat_created", json!({ "title": made.title })),
        MessageAction::ChannelCreate(made) => ("chat_created", json!({ "title": made.title })),
        MessageAction::PinMessage => ("message_pinned", pinned(happened)),
        MessageAction::SetMessagesTtl(_) => ("auto_delete_changed", json!({})),
        MessageAction::PhoneCall(call) => ("call", json!({ "video": call.video, "duration_s": call.duration })),
        MessageAction::GroupCall(_) | MessageAction::GroupCallScheduled(_) | MessageAction::InviteToGroupCall(_) => {
            ("group_call", json!({}))
        }
        MessageAction::ScreenshotTaken => ("screenshot_taken", json!({})),
        MessageAction::ContactSignUp => ("joined_telegram", json!({})),
        MessageAction::HistoryClear => ("history_cleared", json!({})),
        _ => ("service_message", json!({})),
    };
    let actor = happened.from_id.as_ref().map(peers::peer_id);
    let actor = actor.unwrap_or(if happened.out { scene.me } else { chat });
    let body = InboundBody::Notice {
        conversation: scene.conversation(chat),
        kind: kind.to_owned(),
        actor: Some(participant_id(actor)),
        data,
        opens_window: false,
        at: Some(at),
    };
    scene.event(&key, body)
}

fn members(ids: &[i64]) -> Value {
    let ids: Vec<String> = ids.iter().take(MAX_MEMBERS).map(ToString::to_string).collect();
    json!({ "members": ids })
}

fn pinned(happened: &tl::types::MessageService) -> Value {
    match &happened.reply_to {
        Some(tl::enums::MessageReplyHeader::Header(header)) => {
            json!({ "message_id": header.reply_to_msg_id.map(|id| id.to_string()) })
        }
        _ => json!({}),
    }
}
