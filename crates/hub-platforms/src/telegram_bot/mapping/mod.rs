//! Telegram's words in the hub's words. Pure, but for the ids of attachments.

mod content;
mod events;
mod people;
mod service;

pub(in crate::telegram_bot) use people::message_id;

use super::wire::Message;
use hub_domain::inbound::{ConversationRef, Inbound, InboundBody, InboundMessage};
use hub_domain::time::from_unix_seconds;
use hub_domain::{Direction, RemoteAccountId, Timestamp};
use hub_platform_kit::alone;
use hub_platform_kit::platform::Parsed;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Kinds of updates that are known and nothing for an inbox.
const NOT_FOR_AN_INBOX: &[&str] = &[
    "guest_message",
    "message_reaction_count",
    "inline_query",
    "chosen_inline_result",
    "shipping_query",
    "pre_checkout_query",
    "purchased_paid_media",
    "poll",
    "poll_answer",
    "chat_member",
    "chat_join_request",
    "chat_boost",
    "removed_chat_boost",
    "managed_bot",
];

/// Why an update could not be read; never its text, because reasons are shown and logged.
type Unreadable = String;

/// What an update means and for whom.
struct Reading {
    body: InboundBody,
    /// The other person, when the update is about their private chat with the bot: accounts that were linked through the
    /// log-in widget carry that person's id.
    person: Option<i64>,
}

impl From<InboundBody> for Reading {
    fn from(body: InboundBody) -> Self {
        Self { body, person: None }
    }
}

/// A delivery: one update, or a page of them as polling kept it.
pub(super) fn delivery(body: &[u8], bot: Option<&str>) -> Vec<Parsed> {
    let Ok(mut value) = serde_json::from_slice::<Value>(body) else {
        return vec![Parsed::Unreadable("the delivery is not JSON".to_owned())];
    };
    match value.get_mut("result").map(Value::take) {
        Some(Value::Array(page)) => page.into_iter().map(|one| alone(|| update(one, bot), |fallen| fallen)).collect(),
        _ => vec![update(value, bot)],
    }
}

/// One update.
pub(super) fn update(mut value: Value, bot: Option<&str>) -> Parsed {
    let Some(id) = value.get("update_id").and_then(Value::as_i64) else {
        return Parsed::Unreadable("an update without update_id".to_owned());
    };
    match value.as_object_mut().map(|members| read(members, bot)) {
        Some(Ok(Reading { body, person })) => {
            let mut accounts: Vec<RemoteAccountId> = bot.into_iter().map(RemoteAccountId::from).collect();
            accounts.extend(person.map(|id| RemoteAccountId::new(id.to_string())));
            let event_key = format!("{}:{id}", bot.unwrap_or("unknown"));
            Parsed::Event(Inbound { accounts, event_key, body })
        }
        Some(Err(reason)) => Parsed::Unreadable(reason),
        None => Parsed::Unreadable("an update that is not an object".to_owned()),
    }
}

fn read(members: &mut serde_json::Map<String, Value>, bot: Option<&str>) -> Result<Reading, Unreadable> {
    let mut take = |kind: &str| members.remove(kind);
    for kind in ["message", "channel_post", "business_message"] {
        if let Some(value) = take(kind) {
            return message(&shaped(kind, value)?, bot, false);
        }
    }
    for kind in ["edited_message", "edited_channel_post", "edited_business_message"] {
        if let Some(value) = take(kind) {
            return message(&shaped(kind, value)?, bot, true);
        }
    }
    if let Some(value) = take("callback_query") {
        return Ok(events::button(&shaped("callback_query", value)?));
    }
    if let Some(value) = take("message_reaction") {
        return events::reaction(shaped("message_reaction", value)?);
    }
    if let Some(value) = take("my_chat_member") {
        return Ok(events::membership(&shaped("my_chat_member", value)?));
    }
    if let Some(value) = take("business_connection") {
        return Ok(events::business_connection(&shaped("business_connection", value)?));
    }
    if let Some(value) = take("deleted_business_messages") {
        return Ok(events::deleted(&shaped("deleted_business_messages", value)?));
    }
    let reason = NOT_FOR_AN_INBOX.iter().find(|kind| members.contains_key(**kind)).unwrap_or(&"unknown_kind");
    Ok(InboundBody::Ignored { reason: (*reason).to_owned() }.into())
}

/// Reads a member. The reason names the kind only: a parser's own words may quote what somebody wrote.
fn shaped<T: DeserializeOwned>(kind: &str, value: Value) -> Result<T, Unreadable> {
    serde_json::from_value(value).map_err(|_| format!("a {kind} of an unknown shape"))
}

fn message(message: &Message, bot: Option<&str>, edited: bool) -> Result<Reading, Unreadable> {
    let sent_at = message.date.and_then(instant).ok_or("a message without a usable date")?;
    let conversation = people::conversation(message);
    let person = people::private_person(message);
    let Some(content) = content::content(message) else {
        let body = if edited {
            InboundBody::Ignored { reason: "edited_service_message".to_owned() }
        } else {
            service::event(message, conversation, sent_at)
        };
        return Ok(Reading { body, person });
    };
    let message = Box::new(InboundMessage {
        id: message_id(message.message_id),
        sequence: Some(message.message_id),
        sender: people::sender(message),
        direction: direction(message, bot),
        content,
        reply_to: reply_to(message),
        sent_at,
        edited_at: message.edit_date.and_then(instant),
        client_key: None,
        history: false,
        is_read: false,
        conversation,
    });
    let body = if edited { InboundBody::Edited(message) } else { InboundBody::Message(message) };
    Ok(Reading { body, person })
}

/// Incoming, unless the owner of a business account, or a bot on their behalf, wrote it.
fn direction(message: &Message, bot: Option<&str>) -> Direction {
    let from = message.from.as_ref().map(|user| user.id);
    let by_owner = message.business_connection_id.is_some()
        && (message.sender_business_bot.is_some() || from.is_some_and(|id| id != message.chat.id));
    let by_bot = message.sender_chat.is_none() && from.is_some_and(|id| Some(id.to_string().as_str()) == bot);
    if by_owner || by_bot { Direction::Outgoing } else { Direction::Incoming }
}

/// The message it answers. In a topic everything "answers" the topic's first message; that is no answer.
fn reply_to(message: &Message) -> Option<hub_domain::RemoteMessageId> {
    let replied = message.reply_to_message.as_ref()?;
    let implied = replied.forum_topic_created.is_some()
        || (message.is_topic_message && message.message_thread_id == Some(replied.message_id));
    (!implied).then(|| message_id(replied.message_id))
}

/// An event of a conversation that is no message.
fn notice(
    conversation: ConversationRef,
    kind: &str,
    actor: Option<i64>,
    data: Value,
    at: Option<Timestamp>,
) -> InboundBody {
    let actor = actor.map(|id| hub_domain::RemoteParticipantId::new(id.to_string()));
    InboundBody::Notice { conversation, kind: kind.to_owned(), actor, data, opens_window: false, at }
}

/// Telegram counts in seconds; zero stands for "not known".
fn instant(seconds: i64) -> Option<Timestamp> {
    if seconds == 0 { None } else { from_unix_seconds(seconds) }
}
