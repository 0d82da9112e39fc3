//! The hub's own form of a delivery or of a page that was read back: kept as the receipt, and read from it again.

use super::super::mapping::{self, Chat, Scene, Told};
use super::super::wire::{ChatMessage, resource};
use crate::values::id;
use hub_domain::{RemoteAccountId, Timestamp};
use hub_platform_kit::alone;
use hub_platform_kit::platform::Parsed;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Names an opened delivery.
const OPENED: &str = "hub_graph_delivery";
/// Names a page that was read back.
const READ_BACK: &str = "hub_graph_page";
/// The platform pauses until the person's permission was shown again.
const REAUTHORIZE: &str = "reauthorizationRequired";
/// The platform ended the subscription.
const REMOVED: &str = "subscriptionRemoved";

/// A delivery whose items were checked and opened.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq)]
pub(super) struct Opened {
    object: String,
    items: Vec<Item>,
}

/// One item that counts.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq)]
pub(super) struct Item {
    /// Whose subscription brought it.
    pub(super) account: String,
    #[serde(flatten)]
    pub(super) what: What,
}

/// What it tells.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq)]
#[serde(tag = "what", rename_all = "snake_case")]
pub(super) enum What {
    /// The state of a message.
    Message {
        /// The platform's word for what was done.
        change: String,
        /// What it was done to, for a message that does not name its chat.
        resource: Option<String>,
        message: Value,
    },
    /// A message is gone; no more is told.
    Gone { resource: String },
    /// Something that is not told here.
    Untold {
        why: Why,
        /// Tells two of them apart.
        mark: String,
    },
    /// Something happened to the subscription.
    Lifecycle {
        event: String,
        /// Tells two of them apart.
        mark: String,
    },
}

/// Why something must be read.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(super) enum Why {
    /// Its content did not come along, or is none.
    NoContent,
    /// Its content is for a certificate that is not ours, or not any more.
    OtherCertificate,
    /// Nobody could say whether the platform sent it.
    NoKeys,
}

/// A page of chats that was read back.
#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq)]
pub(in crate::teams) struct Page {
    object: String,
    account: String,
    /// Up to when everything was read by an earlier run; `None` the first time.
    since: Option<Timestamp>,
    chats: Vec<PageChat>,
}

/// A chat, and messages of it.
#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq)]
pub(in crate::teams) struct PageChat {
    pub(in crate::teams) chat: Chat,
    pub(in crate::teams) messages: Vec<Value>,
}

impl Opened {
    pub(super) fn new(items: Vec<Item>) -> Self {
        Self { object: OPENED.to_owned(), items }
    }
}

impl Page {
    pub(in crate::teams) fn new(account: &str, since: Option<Timestamp>) -> Self {
        Self { object: READ_BACK.to_owned(), account: account.to_owned(), since, chats: Vec::new() }
    }

    pub(in crate::teams) fn add(&mut self, chat: PageChat) {
        self.chats.push(chat);
    }

    /// Everything the page tells, oldest first.
    pub(in crate::teams) fn events(&self) -> Vec<Parsed> {
        let mut told: Vec<(Option<Timestamp>, Vec<Parsed>)> = Vec::new();
        let mut chats = Vec::new();
        for PageChat { chat, messages } in &self.chats {
            let scene = Scene { account: &self.account, chat: Some(chat) };
            let read = self.read(chat, messages);
            chats.extend(mapping::contact(&scene));
            chats.extend(mapping::read_elsewhere(&scene));
            for message in messages {
                let message = ChatMessage(message);
                let at = message.created();
                let state = || mapping::state(&scene, Told::ReadBack(read), message);
                told.push((at, alone(state, |fallen| vec![fallen])));
            }
        }
        // The list is newest first; what was said within one instant keeps its order.
        told.reverse();
        told.sort_by_key(|(at, _)| *at);
        told.into_iter().flat_map(|(_, events)| events).chain(chats).collect()
    }
}

impl Page {
    /// Up to when what is read back counts as read: later what was known, the first time all that does not say otherwise. Whoever
    /// answers has read what came before.
    fn read(&self, chat: &Chat, messages: &[Value]) -> Option<Timestamp> {
        let known = self.since.or(chat.read).or(chat.read.is_none().then_some(Timestamp::MAX_UTC));
        let own = messages.iter().map(ChatMessage).filter(|message| {
            message.from().is_some_and(|from| !from.is_bot && from.id.eq_ignore_ascii_case(&self.account))
        });
        known.max(chat.read).max(own.filter_map(ChatMessage::created).max())
    }
}

/// Reads a delivery or page from its receipt.
pub(in crate::teams) fn parse(body: &[u8]) -> Vec<Parsed> {
    #[derive(Deserialize)]
    struct Named {
        object: String,
    }
    let named = serde_json::from_slice::<Named>(body).map(|named| named.object).unwrap_or_default();
    let parsed = match named.as_str() {
        OPENED => serde_json::from_slice::<Opened>(body)
            .ok()
            .map(|opened| opened.items.iter().flat_map(|one| alone(|| item(one), |fallen| vec![fallen])).collect()),
        READ_BACK => serde_json::from_slice::<Page>(body).ok().map(|page| page.events()),
        _ => None,
    };
    parsed.unwrap_or_else(|| vec![Parsed::Unreadable("the delivery has an unknown shape".to_owned())])
}

fn item(item: &Item) -> Vec<Parsed> {
    let account = RemoteAccountId::from(item.account.as_str());
    let scene = Scene { account: &item.account, chat: None };
    match &item.what {
        What::Message { change, resource: named, message } => {
            let told = if change.eq_ignore_ascii_case("created") { Told::Said } else { Told::Changed };
            let message = with_chat(message, named.as_deref());
            mapping::state(&scene, told, ChatMessage(&message))
        }
        What::Gone { resource: named } => match resource(named) {
            Some((chat, message)) => vec![mapping::gone(&scene, &chat, &message)],
            None => vec![Parsed::Unreadable("a deletion that names no message".to_owned())],
        },
        What::Untold { why, .. } => match why {
            Why::OtherCertificate => both(account, "content for a certificate that is not known"),
            Why::NoContent => vec![Parsed::ReadBack { account, why: "a notification without its content" }],
            Why::NoKeys => vec![Parsed::ReadBack { account, why: "the keys of the platform could not be read" }],
        },
        What::Lifecycle { event, .. } => match event.as_str() {
            REAUTHORIZE => vec![Parsed::Resubscribe { account, why: "the subscription is to be confirmed" }],
            REMOVED => both(account, "the subscription was removed"),
            _ => vec![Parsed::ReadBack { account, why: "notifications were missed" }],
        },
    }
}

/// The subscription is not as it should be, and something was missed.
fn both(account: RemoteAccountId, why: &'static str) -> Vec<Parsed> {
    vec![Parsed::Resubscribe { account: account.clone(), why }, Parsed::ReadBack { account, why }]
}

/// A message names its chat; where it does not, the resource does.
fn with_chat(message: &Value, named: Option<&str>) -> Value {
    let mut message = message.clone();
    if message.get("chatId").and_then(id).is_none()
        && let (Some((chat, _)), Some(members)) = (named.and_then(resource), message.as_object_mut())
    {
        members.insert("chatId".to_owned(), chat.into());
    }
    message
}
