//! Sending, once for every random id.

use super::super::account::{Account, now};
use super::super::acts::Content;
use super::super::calls::{Caller, Refusal};
use super::super::chats::Place;
use super::super::world::World;
use super::super::{seen, shapes};
use super::{peers, uploading};
use grammers_tl_types::{enums, functions as f, types};

/// UTF-16 units of a text at most.
const MAX_TEXT: usize = 4_096;
/// UTF-16 units of a caption at most.
const MAX_CAPTION: usize = 1_024;

/// A message to be sent.
struct Draft {
    peer: enums::InputPeer,
    reply_to: Option<enums::InputReplyTo>,
    text: String,
    entities: Option<Vec<enums::MessageEntity>>,
    media: Option<enums::InputMedia>,
    random_id: i64,
    silent: bool,
    album: Option<i64>,
}

fn units(text: &str) -> usize {
    text.encode_utf16().count()
}

/// Where it may be sent.
fn destination(account: &Account, peer: &enums::InputPeer) -> Result<Place, Refusal> {
    let place = peers::place(account, peer)?;
    if let Place::Person(id) = place
        && account.people.get(&id).is_some_and(|person| person.deleted)
    {
        return Err(Refusal::bad("INPUT_USER_DEACTIVATED"));
    }
    if account.chats.get(&place).is_some_and(|chat| !chat.writable) {
        return Err(match place {
            Place::Person(_) => Refusal::bad("USER_IS_BLOCKED"),
            _ => Refusal::new(403, "CHAT_WRITE_FORBIDDEN"),
        });
    }
    Ok(place)
}

/// Sends one; gives its update and its id.
fn send(account: &mut Account, draft: &Draft) -> Result<(Place, i32, enums::Update), Refusal> {
    let place = destination(account, &draft.peer)?;
    let long =
        if draft.media.is_some() { ("MEDIA_CAPTION_TOO_LONG", MAX_CAPTION) } else { ("MESSAGE_TOO_LONG", MAX_TEXT) };
    if units(&draft.text) > long.1 {
        return Err(Refusal::bad(long.0));
    }
    if draft.media.is_none() && draft.text.trim().is_empty() {
        return Err(Refusal::bad("MESSAGE_EMPTY"));
    }
    let reply_to = match &draft.reply_to {
        Some(enums::InputReplyTo::Message(reply)) => Some(shapes::reply(reply.reply_to_msg_id)),
        _ => None,
    };
    let media = draft.media.as_ref().map(|media| uploading::keep(account, media)).transpose()?;
    let me = account.id;
    let mut fill = |message: &mut types::Message| {
        message.message.clone_from(&draft.text);
        message.entities.clone_from(&draft.entities);
        message.reply_to.clone_from(&reply_to);
        message.media.clone_from(&media);
        message.silent = draft.silent;
        message.grouped_id = draft.album;
    };
    let posted = account.post(place, me, Content::Said(&mut fill)).ok_or_else(|| Refusal::bad("PEER_ID_INVALID"))?;
    Ok((place, posted.id, posted.update))
}

/// The answer that a random id had, if it was used.
fn before(world: &World, account: i64, random_id: i64) -> Result<Option<enums::Updates>, Refusal> {
    let answer = world.accounts.get(&account).and_then(|account| account.sent.get(&random_id)).cloned();
    if answer.is_some() && world.options.refuse_duplicates {
        return Err(Refusal::new(500, "RANDOM_ID_DUPLICATE"));
    }
    Ok(answer)
}

fn owner(world: &mut World, id: i64) -> Result<&mut Account, Refusal> {
    world.accounts.get_mut(&id).ok_or_else(|| Refusal::new(401, "USER_DEACTIVATED"))
}

/// Sends one or several, answers the caller and tells the others.
fn all(caller: &Caller<'_>, drafts: &[Draft]) -> Result<enums::Updates, Refusal> {
    let id = caller.account()?;
    let mut world = caller.world();
    let Some(first) = drafts.first() else { return Err(Refusal::bad("MULTI_MEDIA_INVALID")) };
    if first.random_id == 0 {
        return Err(Refusal::bad("RANDOM_ID_EMPTY"));
    }
    if let Some(answer) = before(&world, id, first.random_id)? {
        return Ok(answer);
    }
    let account = owner(&mut world, id)?;
    let (mut told, mut news) = (Vec::new(), Vec::new());
    let mut short = None;
    for draft in drafts {
        let (place, message_id, update) = send(account, draft)?;
        // What is plain and private is answered with its numbers only.
        let plain = matches!(place, Place::Person(_)) && draft.media.is_none();
        if let (true, enums::Update::NewMessage(new)) = (plain && drafts.len() == 1, &update) {
            let (pts, pts_count) = (new.pts, new.pts_count);
            short = Some(types::UpdateShortSentMessage {
                out: true,
                id: message_id,
                pts,
                pts_count,
                date: now(),
                media: None,
                entities: draft.entities.clone(),
                ttl_period: None,
            });
        }
        told.push(types::UpdateMessageId { id: message_id, random_id: draft.random_id }.into());
        news.push(update);
    }
    told.extend(news.iter().cloned());
    let answer = match short {
        Some(short) => short.into(),
        None => seen::updates(account, told),
    };
    for draft in drafts {
        account.remember(draft.random_id, &answer);
    }
    world.publish(id, Some(caller.connection), news);
    Ok(answer)
}

pub(super) fn send_message(caller: &Caller<'_>, call: f::messages::SendMessage) -> Result<enums::Updates, Refusal> {
    all(
        caller,
        &[Draft {
            peer: call.peer,
            reply_to: call.reply_to,
            text: call.message,
            entities: call.entities,
            media: None,
            random_id: call.random_id,
            silent: call.silent,
            album: None,
        }],
    )
}

pub(super) fn send_media(caller: &Caller<'_>, call: f::messages::SendMedia) -> Result<enums::Updates, Refusal> {
    all(
        caller,
        &[Draft {
            peer: call.peer,
            reply_to: call.reply_to,
            text: call.message,
            entities: call.entities,
            media: Some(call.media),
            random_id: call.random_id,
            silent: call.silent,
            album: None,
        }],
    )
}

pub(super) fn send_multi_media(
    caller: &Caller<'_>,
    call: f::messages::SendMultiMedia,
) -> Result<enums::Updates, Refusal> {
    let id = caller.account()?;
    let album = owner(&mut caller.world(), id)?.secret();
    let drafts: Vec<Draft> = call
        .multi_media
        .into_iter()
        .map(|enums::InputSingleMedia::Media(single)| Draft {
            peer: call.peer.clone(),
            reply_to: call.reply_to.clone(),
            text: single.message,
            entities: single.entities,
            media: Some(single.media),
            random_id: single.random_id,
            silent: call.silent,
            album: Some(album),
        })
        .collect();
    all(caller, &drafts)
}
