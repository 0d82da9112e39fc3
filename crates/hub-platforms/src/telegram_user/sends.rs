//! One send: its request, its number, and what came of it.

use super::line::Line;
use super::{errors, past};
use aws_lc_rs::digest;
use grammers_tl_types as tl;
use hub_platform_kit::{ErrorKind, PlatformError, Result};
use tl::enums::{InputMedia, InputPeer, InputReplyTo, Update, Updates};

/// Messages looked through for one that was sent before.
const LOOKED_THROUGH: i32 = 30;

/// A message that Telegram took.
pub(super) struct Taken {
    /// Its number.
    pub(super) id: i32,
    /// When, in seconds since 1970; 0 = not said.
    pub(super) date: i32,
}

/// What is sent.
pub(super) struct Send {
    /// To whom.
    pub(super) peer: InputPeer,
    /// The message it answers.
    pub(super) reply_to: Option<i32>,
    /// Words or caption.
    pub(super) text: String,
    /// A file that was handed over.
    pub(super) media: Option<InputMedia>,
    /// Our number of it: Telegram takes one number once.
    pub(super) random_id: i64,
}

/// The number of a part of a message; a repeat has the same one.
pub(super) fn random_id(client_key: &str, part: usize) -> i64 {
    let digest = digest::digest(&digest::SHA256, format!("{client_key}/{part}").as_bytes());
    digest.as_ref().first_chunk().map(|bytes| i64::from_be_bytes(*bytes)).unwrap_or_default()
}

/// Sends once. A message that was sent before under the same number is the same message.
pub(super) async fn send(line: &Line, send: Send) -> Result<Taken> {
    let (peer, text, random_id) = (send.peer.clone(), send.text.clone(), send.random_id);
    let outcome = match send.media {
        None => line.connection.call(&words(send)).await,
        Some(media) => line.connection.call(&file(send.peer, send.reply_to, send.text, media, random_id)).await,
    };
    match outcome {
        Ok(updates) => taken(updates, random_id).ok_or_else(|| {
            let words = "Telegram took the message and does not say as which";
            PlatformError::new(ErrorKind::Transient { maybe_applied: true }, words)
        }),
        Err(error) if errors::is(&error, "RANDOM_ID_DUPLICATE") => sent_before(line, peer, &text).await,
        Err(error) => Err(errors::doubtful(&error)),
    }
}

fn words(send: Send) -> tl::functions::messages::SendMessage {
    tl::functions::messages::SendMessage {
        no_webpage: false,
        silent: false,
        background: false,
        clear_draft: false,
        noforwards: false,
        update_stickersets_order: false,
        invert_media: false,
        allow_paid_floodskip: false,
        peer: send.peer,
        reply_to: reply(send.reply_to),
        message: send.text,
        random_id: send.random_id,
        reply_markup: None,
        entities: None,
        schedule_date: None,
        schedule_repeat_period: None,
        send_as: None,
        quick_reply_shortcut: None,
        effect: None,
        allow_paid_stars: None,
        suggested_post: None,
        rich_message: None,
    }
}

fn file(
    peer: InputPeer,
    reply_to: Option<i32>,
    message: String,
    media: InputMedia,
    random_id: i64,
) -> tl::functions::messages::SendMedia {
    tl::functions::messages::SendMedia {
        silent: false,
        background: false,
        clear_draft: false,
        noforwards: false,
        update_stickersets_order: false,
        invert_media: false,
        allow_paid_floodskip: false,
        peer,
        reply_to: reply(reply_to),
        media,
        message,
        random_id,
        reply_markup: None,
        entities: None,
        schedule_date: None,
        schedule_repeat_period: None,
        send_as: None,
        quick_reply_shortcut: None,
        effect: None,
        allow_paid_stars: None,
        suggested_post: None,
    }
}

fn reply(to: Option<i32>) -> Option<InputReplyTo> {
    let header = |reply_to_msg_id| tl::types::InputReplyToMessage {
        reply_to_msg_id,
        top_msg_id: None,
        reply_to_peer_id: None,
        quote_text: None,
        quote_entities: None,
        quote_offset: None,
        monoforum_peer_id: None,
        todo_item_id: None,
        poll_option: None,
    };
    to.map(|to| header(to).into())
}

/// The number Telegram gave.
fn taken(updates: Updates, random_id: i64) -> Option<Taken> {
    let (updates, date) = match updates {
        Updates::UpdateShortSentMessage(sent) => return Some(Taken { id: sent.id, date: sent.date }),
        Updates::Updates(all) => (all.updates, all.date),
        Updates::Combined(all) => (all.updates, all.date),
        Updates::UpdateShort(one) => (vec![one.update], one.date),
        _ => return None,
    };
    let id = updates.iter().find_map(|update| match update {
        Update::MessageId(named) if named.random_id == random_id => Some(named.id),
        _ => None,
    })?;
    Some(Taken { id, date })
}

/// The message that went out before under the same number: the newest of ours with the same words.
async fn sent_before(line: &Line, peer: InputPeer, text: &str) -> Result<Taken> {
    let request = tl::functions::messages::GetHistory {
        peer,
        offset_id: 0,
        offset_date: 0,
        add_offset: 0,
        limit: LOOKED_THROUGH,
        max_id: 0,
        min_id: 0,
        hash: 0,
    };
    let answer = line.connection.call(&request).await.map_err(|error| errors::doubtful(&error))?;
    let (messages, ..) = past::parts(answer);
    let ours = messages.iter().find_map(|message| match message {
        tl::enums::Message::Message(said) if said.out && said.message == text => {
            Some(Taken { id: said.id, date: said.date })
        }
        _ => None,
    });
    ours.ok_or_else(|| {
        let words = "the message went out before, and is not found any more";
        PlatformError::new(ErrorKind::Transient { maybe_applied: true }, words)
    })
}
