//! What people say on Facebook pages and on Instagram, in the hub's words: the two differ in little more than the kinds of
//! attachments. Pure, but for the ids of attachments.

mod attachments;
mod events;
mod messages;
pub(crate) mod threads;

use super::envelope::{self, Event, Unreadable};
use crate::values::{id, id_in, instant, key};
use hub_domain::inbound::{ConversationRef, Inbound, InboundBody, Participant};
use hub_domain::{RemoteAccountId, RemoteConversationId, RemoteParticipantId, Timestamp};
use hub_platform_kit::platform::Parsed;
use serde_json::{Map, Value};

/// Lists of an entry.
const LISTS: &[&str] = &["messaging", "standby", "changes"];
/// The list of what another app answers.
const STANDBY: &str = "standby";
/// The list of everything that is said in public.
const CHANGES: &str = "changes";

/// How one of the platforms speaks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Dialect {
    /// The `object` of its deliveries.
    pub(crate) object: &'static str,
    /// What is shared comes as a file and not as an address to open.
    pub(crate) shares_are_files: bool,
}

/// A delivery.
pub(crate) fn delivery(body: &[u8], dialect: Dialect) -> Vec<Parsed> {
    envelope::split(body, dialect.object, LISTS, |event| read(event, dialect))
}

/// An event with those it is about.
struct Told<'a> {
    dialect: Dialect,
    members: &'a Map<String, Value>,
    account: String,
    /// The other person; some events have none.
    customer: Option<String>,
    /// The account itself did it.
    by_account: bool,
    standby: bool,
    at: Option<Timestamp>,
    digest: &'a str,
}

impl<'a> Told<'a> {
    fn of(event: &'a Event, dialect: Dialect) -> Self {
        let (sender, recipient) = (id_in(&event.members, "sender"), id_in(&event.members, "recipient"));
        let echo = event.members.get("message").and_then(|message| message.get("is_echo"));
        let by_account = echo.and_then(Value::as_bool).unwrap_or(false) || sender.as_ref() == Some(&event.entry_id);
        let (account, customer) = if by_account { (sender, recipient) } else { (recipient, sender) };
        Self {
            dialect,
            members: &event.members,
            account: account.unwrap_or_else(|| event.entry_id.clone()),
            customer,
            by_account,
            standby: event.list == STANDBY,
            at: event.members.get("timestamp").and_then(instant).or(event.entry_time),
            digest: &event.digest,
        }
    }

    fn conversation(&self) -> Result<ConversationRef, Unreadable> {
        let customer = self.customer.as_deref().ok_or("an event without the other person")?;
        Ok(ConversationRef {
            id: RemoteConversationId::from(customer),
            participant_id: Some(RemoteParticipantId::from(customer)),
            ..ConversationRef::default()
        })
    }

    /// Who did it.
    fn actor(&self) -> Result<Participant, Unreadable> {
        let conversation = self.conversation()?;
        let (id, name) = if self.by_account { (self.account.as_str(), None) } else { (conversation.id.as_str(), None) };
        Ok(Participant { id: RemoteParticipantId::from(id), name, username: None, is_bot: false })
    }

    fn at(&self) -> Result<Timestamp, Unreadable> {
        self.at.ok_or_else(|| "an event without a usable time".to_owned())
    }

    /// The one thing that happened; the parts tell it from all others of its kind.
    fn happened(&self, kind: &str, parts: &[&str], body: InboundBody) -> Inbound {
        Inbound {
            accounts: vec![RemoteAccountId::from(self.account.as_str())],
            event_key: key(&self.account, kind, parts),
            body,
        }
    }

    fn ignored(&self, reason: &str) -> Vec<Inbound> {
        vec![self.happened("ignored", &[self.digest], InboundBody::Ignored { reason: reason.to_owned() })]
    }
}

fn read(event: &Event, dialect: Dialect) -> Result<Vec<Inbound>, Unreadable> {
    let told = Told::of(event, dialect);
    if event.list == CHANGES {
        return Ok(told.ignored(events::public(told.members)));
    }
    let is_self = |members: &Map<String, Value>| members.get("is_self").and_then(Value::as_bool).unwrap_or(false);
    let object = |name: &str| told.members.get(name).and_then(Value::as_object);
    if is_self(told.members) || object("message").is_some_and(is_self) {
        return Ok(told.ignored("self_test"));
    }
    if let Some(message) = object("message") {
        return messages::message(&told, message).map(|one| vec![one]);
    }
    if let Some(press) = object("postback") {
        return messages::postback(&told, press).map(|one| vec![one]);
    }
    if let Some(edit) = object("message_edit") {
        return messages::edit(&told, edit).map(|one| vec![one]);
    }
    if let Some(reaction) = object("reaction") {
        return events::reaction(&told, reaction).map(|one| vec![one]);
    }
    if let Some(delivery) = object("delivery") {
        return events::delivery(&told, delivery);
    }
    if let Some(seen) = object("read") {
        return events::seen(&told, seen);
    }
    events::other(&told)
}

/// A member that holds an id, such as `mid`.
fn member_id(members: &Map<String, Value>, name: &str) -> Option<String> {
    members.get(name).and_then(id)
}
