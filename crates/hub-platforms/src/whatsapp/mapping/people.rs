//! Who speaks. A customer has up to three ids, any of which may be missing: the telephone number (`wa_id`), an id scoped to
//! the business, and one scoped to its parent.

use super::super::lenient::Word;
use super::super::wire::{Call, Contact, Preference, StateSync, UserIdUpdate};
use super::{Scene, Unreadable, instant, shaped, usable};
use hub_domain::inbound::{ConversationRef, InboundBody, Participant};
use hub_domain::{RemoteConversationId, RemoteParticipantId};
use serde_json::{Value, json};
use std::collections::HashMap;

/// The name of somebody who has told neither name nor number.
const NAMELESS: &str = "WhatsApp User";

/// The contacts of a change, found by any of their ids: their order says nothing.
pub(super) struct People {
    contacts: Vec<Contact>,
    by_id: HashMap<String, usize>,
}

impl People {
    pub(super) fn new(contacts: Vec<Value>) -> Self {
        let contacts: Vec<Contact> = contacts.into_iter().filter_map(shaped).collect();
        let mut by_id = HashMap::new();
        for (position, contact) in contacts.iter().enumerate() {
            for id in [&contact.wa_id, &contact.user_id, &contact.parent_user_id] {
                if let Some(id) = id.as_deref() {
                    by_id.entry(plain(id)).or_insert(position);
                }
            }
        }
        Self { contacts, by_id }
    }

    fn find(&self, ids: &[String]) -> Option<&Contact> {
        ids.iter().find_map(|id| self.by_id.get(id)).and_then(|position| self.contacts.get(*position))
    }
}

/// One customer, with everything the change says of them.
#[derive(Clone)]
pub(super) struct Customer {
    /// At least one; the first names the conversation.
    ids: Vec<String>,
    name: Option<String>,
    username: Option<String>,
}

impl Customer {
    /// The customer with these ids; `None` when there is none at all.
    pub(super) fn new(people: &People, wa_id: &Word, user_id: &Word, parent: &Word) -> Option<Self> {
        let given = [wa_id, user_id, parent].map(id);
        let named: Vec<String> = given.iter().flatten().cloned().collect();
        let contact = people.find(&named);
        let known = contact.map_or([None, None, None], |c| [&c.wa_id, &c.user_id, &c.parent_user_id].map(id));
        let mut ids: Vec<String> = Vec::with_capacity(given.len());
        for one in given.into_iter().zip(known).flat_map(|(given, known)| [given, known]).flatten() {
            if !ids.contains(&one) {
                ids.push(one);
            }
        }
        let profile = contact.and_then(|contact| contact.profile.as_ref());
        let words = |word: &Word| word.as_deref().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
        (!ids.is_empty()).then(|| Self {
            ids,
            name: profile.and_then(|profile| words(&profile.name)),
            username: profile.and_then(|profile| words(&profile.username)),
        })
    }

    pub(super) fn id(&self) -> &str {
        self.ids.first().map(String::as_str).unwrap_or_default()
    }

    /// True when the change tells more of them than one id.
    pub(super) fn is_news(&self) -> bool {
        self.ids.len() > 1 || self.name.is_some()
    }

    pub(super) fn has(&self, id: &str) -> bool {
        self.ids.iter().any(|own| own == id)
    }

    pub(super) fn ids(&self) -> Vec<RemoteConversationId> {
        self.ids.iter().map(|id| RemoteConversationId::from(id.as_str())).collect()
    }

    pub(super) fn conversation(&self) -> ConversationRef {
        ConversationRef {
            id: self.id().into(),
            aliases: self.ids().split_off(1),
            name: self.name.clone(),
            handle: self.username.clone(),
            participant_id: Some(self.id().into()),
            avatar_url: None,
            address: None,
        }
    }

    /// Named as the app names them: by name, else by number.
    pub(super) fn participant(&self) -> Participant {
        let number = || self.ids.iter().find(|id| is_number(id)).map(|digits| format!("+{digits}"));
        let name = self.name.clone().or_else(|| self.username.clone()).or_else(number);
        Participant {
            id: self.id().into(),
            name: Some(name.unwrap_or_else(|| NAMELESS.to_owned())),
            username: self.username.clone(),
            is_bot: false,
        }
    }
}

/// A group as a conversation; its members only speak in it.
pub(super) fn group(id: &str) -> ConversationRef {
    ConversationRef {
        id: id.into(),
        participant_id: Some(id.into()),
        address: Some(json!({ "recipient_type": "group" })),
        ..ConversationRef::default()
    }
}

/// The business itself as a speaker.
pub(super) fn business(scene: &Scene) -> Participant {
    Participant {
        id: scene.account().into(),
        name: scene.number.as_deref().map(|number| format!("+{number}")),
        username: None,
        is_bot: false,
    }
}

/// A customer's id scoped to the business became another one. The telephone number, where it is known, stays the first.
pub(super) fn new_user_id(scene: &Scene, update: &UserIdUpdate) -> Result<InboundBody, Unreadable> {
    let wa_id = id(&update.wa_id);
    let side = |pick: fn(&super::super::wire::Change) -> &Word| -> Vec<RemoteConversationId> {
        let changes = [update.user_id.as_ref(), update.parent_user_id.as_ref()];
        let ids = changes.into_iter().flatten().filter_map(|change| id(pick(change)));
        wa_id.clone().into_iter().chain(ids).map(RemoteConversationId::from).collect()
    };
    let (from, to) = (side(|change| &change.previous), side(|change| &change.current));
    let known = usize::from(wa_id.is_some());
    if from.is_empty() || to.len() == known {
        return Err("a new user id without the ids");
    }
    let at = instant(&update.timestamp).or(scene.time).ok_or("a new user id without a usable time")?;
    Ok(InboundBody::Reidentified { from, to, at })
}

/// An entry of the phone's address book: the business's own name of a customer.
pub(super) fn synced(_: &Scene, entry: &StateSync) -> Result<InboundBody, Unreadable> {
    let contact = entry.contact.as_ref().ok_or("an address-book entry without a contact")?;
    if entry.action.as_deref() == Some("remove") {
        return Ok(InboundBody::Ignored { reason: "contact_removed".to_owned() });
    }
    let number = contact.phone_number.as_deref().map(digits).filter(|number| !number.is_empty());
    let customer = Customer {
        ids: [usable(number), id(&contact.user_id)].into_iter().flatten().collect(),
        name: contact.full_name.as_deref().or(contact.first_name.as_deref()).map(str::to_owned),
        username: None,
    };
    if customer.ids.is_empty() {
        return Err("an address-book entry without an id");
    }
    Ok(InboundBody::Contact { conversation: customer.conversation() })
}

/// A customer wants marketing, or no more of it.
pub(super) fn preference(scene: &Scene, preference: &Preference) -> Result<InboundBody, Unreadable> {
    let customer = Customer::new(&scene.people, &preference.wa_id, &preference.user_id, &Word::default());
    let customer = customer.ok_or("a preference without a customer")?;
    Ok(InboundBody::Notice {
        actor: Some(customer.id().into()),
        conversation: customer.conversation(),
        kind: "preference_changed".to_owned(),
        data: json!({ "category": preference.category.as_deref(), "value": preference.value.as_deref() }),
        opens_window: false,
        at: instant(&preference.timestamp).or(scene.time),
    })
}

/// A call. One that the customer made lets the business write freely.
pub(super) fn call(scene: &Scene, call: &Call) -> Result<InboundBody, Unreadable> {
    let by_customer = call.direction.as_deref() == Some("USER_INITIATED");
    let customer = if by_customer {
        Customer::new(&scene.people, &call.from, &call.from_user_id, &Word::default())
    } else {
        Customer::new(&scene.people, &call.to, &call.to_user_id, &Word::default())
    };
    let customer = customer.ok_or("a call without a customer")?;
    Ok(InboundBody::Notice {
        actor: by_customer.then(|| RemoteParticipantId::from(customer.id())),
        conversation: customer.conversation(),
        kind: "call".to_owned(),
        data: json!({ "event": call.event.as_deref(), "call_id": call.id.as_deref() }),
        opens_window: by_customer,
        at: instant(&call.timestamp).or(scene.time),
    })
}

/// An id that can be kept.
pub(super) fn id(word: &Word) -> Option<String> {
    usable(word.as_deref().map(plain))
}

/// Telephone numbers come with and without a plus.
pub(in crate::whatsapp) fn plain(id: &str) -> String {
    id.strip_prefix('+').filter(|rest| is_number(rest)).unwrap_or(id).to_owned()
}

fn is_number(id: &str) -> bool {
    !id.is_empty() && id.bytes().all(|b| b.is_ascii_digit())
}

/// The digits of a telephone number, however it is written.
pub(super) fn digits(number: &str) -> String {
    number.chars().filter(char::is_ascii_digit).collect()
}
