//! The short form of news: a plain text, with ids instead of people.

use grammers_tl_types::{enums, types};

/// The short form of a single plain text in a private chat or a small group; `None` = it has none.
pub(super) fn short(updates: &[enums::Update]) -> Option<enums::Updates> {
    let [enums::Update::NewMessage(new)] = updates else { return None };
    let enums::Message::Message(message) = &new.message else { return None };
    if message.media.is_some() || message.grouped_id.is_some() {
        return None;
    }
    let types::UpdateNewMessage { pts, pts_count, .. } = *new;
    let types::Message { out, mentioned, media_unread, silent, id, date, via_bot_id, ttl_period, .. } = *message;
    let (fwd_from, reply_to) = (message.fwd_from.clone(), message.reply_to.clone());
    let (text, entities) = (message.message.clone(), message.entities.clone());
    match (&message.peer_id, &message.from_id) {
        (enums::Peer::User(user), None) => Some(
            types::UpdateShortMessage {
                out,
                mentioned,
                media_unread,
                silent,
                id,
                user_id: user.user_id,
                message: text,
                pts,
                pts_count,
                date,
                fwd_from,
                via_bot_id,
                reply_to,
                entities,
                ttl_period,
            }
            .into(),
        ),
        (enums::Peer::Chat(chat), Some(enums::Peer::User(from))) => Some(
            types::UpdateShortChatMessage {
                out,
                mentioned,
                media_unread,
                silent,
                id,
                from_id: from.user_id,
                chat_id: chat.chat_id,
                message: text,
                pts,
                pts_count,
                date,
                fwd_from,
                via_bot_id,
                reply_to,
                entities,
                ttl_period,
            }
            .into(),
        ),
        _ => None,
    }
}
