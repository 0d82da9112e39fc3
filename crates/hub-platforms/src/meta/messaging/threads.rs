//! What is read back, in the hub's words. A page of it is kept as one document of the hub's own making, so that it can be read
//! again like a delivery.

use super::attachments::file;
use crate::values::{id, key, number, words, written_instant};
use hub_domain::inbound::{ConversationRef, Inbound, InboundBody, InboundMessage, Participant};
use hub_domain::{
    Attachment, Content, ContentKind, Details, Direction, RemoteAccountId, RemoteConversationId, RemoteMessageId,
    RemoteParticipantId, Timestamp,
};
use hub_platform_kit::alone;
use hub_platform_kit::platform::Parsed;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::cmp::Reverse;

/// The `object` of a page that was read back.
const OBJECT: &str = "hub_read_back";

/// A page of conversations as it was read back.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct ReadBack {
    object: String,
    /// The account's id.
    account: String,
    /// Further ids under which the account speaks.
    also: Vec<String>,
    /// Up to when everything had been read before; `None` the first time.
    since: Option<Timestamp>,
    threads: Vec<Thread>,
}

/// A conversation, and the answer with its messages.
#[derive(Clone, Debug, Deserialize, Serialize)]
struct Thread {
    conversation: Value,
    messages: Value,
}

impl ReadBack {
    /// An empty page.
    pub(crate) fn new(account: &str, also: Vec<String>, since: Option<Timestamp>) -> Self {
        Self { object: OBJECT.to_owned(), account: account.to_owned(), also, since, threads: Vec::new() }
    }

    /// Adds a conversation with the answer that holds its messages.
    pub(crate) fn add(&mut self, conversation: Value, messages: Value) {
        self.threads.push(Thread { conversation, messages });
    }

    /// The page, if the bytes are one.
    pub(crate) fn of(body: &[u8]) -> Option<Self> {
        #[derive(Deserialize)]
        struct Named {
            object: String,
        }
        let named = serde_json::from_slice::<Named>(body).ok().filter(|named| named.object == OBJECT);
        named.and_then(|_| serde_json::from_slice(body).ok())
    }

    /// All messages, oldest first.
    pub(crate) fn events(&self) -> Vec<Parsed> {
        let mut told: Vec<(Option<Timestamp>, Parsed)> =
            self.threads.iter().flat_map(|thread| self.thread(thread)).collect();
        // Times are told in seconds: what was said within one keeps the order of the list, which is newest first.
        told.reverse();
        told.sort_by_key(|(at, _)| *at);
        told.into_iter().map(|(_, event)| event).collect()
    }

    fn is_own(&self, id: &str) -> bool {
        id == self.account || self.also.iter().any(|own| own == id)
    }

    fn thread(&self, thread: &Thread) -> Vec<(Option<Timestamp>, Parsed)> {
        let list = thread.messages.get("messages").unwrap_or(&thread.messages).get("data");
        let mut messages: Vec<&Value> = list.and_then(Value::as_array).into_iter().flatten().collect();
        let Some(conversation) = self.conversation(&thread.conversation) else {
            return vec![(None, self.ignored("nobody", &thread.conversation))];
        };
        messages.sort_by_key(|message| Reverse(written_instant(message.get("created_time"))));
        let mut unread = thread.conversation.get("unread_count").and_then(number).unwrap_or(0);
        let mut one = |message: &Value| match self.message(message, &conversation) {
            Some(mut said) => {
                let incoming = said.direction == Direction::Incoming;
                said.history = match self.since {
                    Some(since) => said.sent_at <= since,
                    None => !(incoming && unread > 0),
                };
                said.is_read = said.history;
                unread -= i64::from(incoming);
                (Some(said.sent_at), self.event(said))
            }
            None => (None, self.ignored("without_details", message)),
        };
        messages.into_iter().map(|message| alone(|| one(message), |fallen| (None, fallen))).collect()
    }

    /// The other person, under both of the conversation's ids.
    fn conversation(&self, value: &Value) -> Option<ConversationRef> {
        let participants = value.get("participants")?.get("data")?.as_array()?;
        let other = participants.iter().find_map(|person| {
            let id = person.get("id").and_then(id).filter(|id| !self.is_own(id))?;
            Some((id, words(person.get("name")), words(person.get("username"))))
        });
        let (other, name, handle) = other?;
        Some(ConversationRef {
            id: RemoteConversationId::from(other.as_str()),
            aliases: value.get("id").and_then(id).map(RemoteConversationId::from).into_iter().collect(),
            name,
            handle,
            participant_id: Some(RemoteParticipantId::from(other)),
            ..ConversationRef::default()
        })
    }

    /// One message; `None` when it is too old for the platform to tell what it says.
    fn message(&self, value: &Value, conversation: &ConversationRef) -> Option<InboundMessage> {
        let mid = value.get("id").and_then(id)?;
        let sent_at = written_instant(value.get("created_time"))?;
        let from = value.get("from")?;
        let from_id = from.get("id").and_then(id)?;
        let own = self.is_own(&from_id);
        let name = words(from.get("name"));
        let reply = value.get("reply_to").and_then(|reply| reply.get("mid").or_else(|| reply.get("id")));
        Some(InboundMessage {
            conversation: conversation.clone(),
            id: RemoteMessageId::from(mid),
            sequence: None,
            sender: Participant {
                id: RemoteParticipantId::from(if own { self.account.clone() } else { from_id }),
                name: if own { None } else { name },
                username: words(from.get("username")),
                is_bot: false,
            },
            direction: if own { Direction::Outgoing } else { Direction::Incoming },
            content: content(value),
            reply_to: reply.and_then(id).map(RemoteMessageId::from),
            sent_at,
            edited_at: None,
            client_key: None,
            history: true,
            is_read: true,
        })
    }

    fn event(&self, said: InboundMessage) -> Parsed {
        // The key of the delivery that brought the same message.
        let event_key = key(&self.account, "message", &[said.id.as_str()]);
        let accounts = vec![RemoteAccountId::from(self.account.as_str())];
        Parsed::Event(Inbound { accounts, event_key, body: InboundBody::Message(Box::new(said)) })
    }

    fn ignored(&self, reason: &str, what: &Value) -> Parsed {
        let event_key = key(&self.account, "ignored", &[&what.to_string()]);
        let accounts = vec![RemoteAccountId::from(self.account.as_str())];
        Parsed::Event(Inbound { accounts, event_key, body: InboundBody::Ignored { reason: reason.to_owned() } })
    }
}

fn content(message: &Value) -> Content {
    let text = words(message.get("message"));
    let listed = |name: &str| message.get(name).and_then(|one| one.get("data")).and_then(Value::as_array);
    let mut files: Vec<Attachment> = listed("attachments").into_iter().flatten().filter_map(attachment).collect();
    if let Some(url) = words(message.get("sticker")) {
        files = vec![file(ContentKind::Sticker, url)];
    }
    let mut details = Details::default();
    let share = listed("shares").and_then(|shares| shares.first()).map(|share| {
        let title = words(share.get("name")).or_else(|| words(share.get("title")));
        json!({ "url": words(share.get("link")), "title": title, "id": share.get("id").and_then(id) })
    });
    let unsupported = message.get("is_unsupported").and_then(Value::as_bool).unwrap_or(false);
    let kind = match (files.first(), &share, &text) {
        (Some(first), ..) => first.kind,
        (None, Some(_), None) => ContentKind::Share,
        (None, _, Some(_)) => ContentKind::Text,
        (None, None, None) => {
            details.unsupported = Some(if unsupported { "unsupported" } else { "empty" }.to_owned());
            ContentKind::Unsupported
        }
    };
    if let Some(Value::Object(mut link)) = share {
        link.retain(|_, value| !value.is_null());
        details.extra.insert("link".to_owned(), link.into());
    }
    Content { kind, text, attachments: files, details }
}

/// A file as it is read back: unlike a delivery this tells type, name and size.
fn attachment(value: &Value) -> Option<Attachment> {
    let data = |name: &str| value.get(name).filter(|data| data.is_object());
    let mime_type = words(value.get("mime_type"));
    let is = |start: &str| mime_type.as_deref().is_some_and(|mime| mime.starts_with(start));
    let (kind, seen) = if let Some(picture) = data("image_data") {
        (ContentKind::Image, Some(picture))
    } else if let Some(video) = data("video_data") {
        (ContentKind::Video, Some(video))
    } else if is("image/") {
        (ContentKind::Image, None)
    } else if is("video/") {
        (ContentKind::Video, None)
    } else if is("audio/") {
        (ContentKind::Audio, None)
    } else {
        (ContentKind::File, None)
    };
    let url = seen.and_then(|seen| words(seen.get("url"))).or_else(|| words(value.get("file_url")))?;
    let pixels = |name: &str| seen?.get(name).and_then(number).and_then(|count| i32::try_from(count).ok());
    Some(Attachment {
        mime_type,
        file_name: words(value.get("name")),
        size: value.get("size").and_then(number),
        width: pixels("width"),
        height: pixels("height"),
        remote_unique_ref: value.get("id").and_then(id),
        ..file(kind, url)
    })
}
