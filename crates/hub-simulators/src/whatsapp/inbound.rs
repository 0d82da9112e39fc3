//! What people write: the JSON of each type of message, and the value that carries it.

use super::person::Person;
use super::refuse::entry;
use super::wamid::{self, Side};
use super::world::{Kept, Number, World};
use crate::meta::GraphError;
use serde_json::{Value, json};

/// A message somebody writes.
#[derive(Clone, Debug, PartialEq)]
pub struct Inbound {
    /// `text`, `image`, `reaction`, …
    pub kind: String,
    /// What stands under the type's name.
    pub content: Value,
    /// Id of the message of ours that it answers.
    pub reply_to: Option<String>,
    /// Members beside the content, such as `referral`, `context`, `errors`, `group_id`.
    pub extra: Value,
    /// Unix seconds by the sender's clock; `None` = now.
    pub at: Option<i64>,
}

impl Inbound {
    /// Any type.
    pub fn new(kind: &str, content: Value) -> Self {
        Self { kind: kind.to_owned(), content, reply_to: None, extra: Value::Null, at: None }
    }

    /// Words.
    pub fn text(words: &str) -> Self {
        Self::new("text", json!({"body": words}))
    }

    /// A place on the map, with or without a name and an address.
    pub fn location(latitude: f64, longitude: f64, name: Option<&str>, address: Option<&str>) -> Self {
        let mut content = json!({"latitude": latitude, "longitude": longitude});
        for (member, value) in [("name", name), ("address", address)] {
            if let Some(value) = value {
                content[member] = value.into();
            }
        }
        Self::new("location", content)
    }

    /// Somebody's card.
    pub fn contact(name: &str, phone: &str) -> Self {
        let (first, last) = name.split_once(' ').unwrap_or((name, ""));
        let digits: String = phone.chars().filter(char::is_ascii_digit).collect();
        Self::new(
            "contacts",
            json!([{
                "name": {"first_name": first, "last_name": last, "formatted_name": name},
                "phones": [{"phone": phone, "wa_id": digits, "type": "MOBILE"}],
            }]),
        )
    }

    /// An emoji on a message; `None` takes it away.
    pub fn reaction(message_id: &str, emoji: Option<&str>) -> Self {
        let mut content = json!({"message_id": message_id});
        if let Some(emoji) = emoji {
            content["emoji"] = emoji.into();
        }
        Self::new("reaction", content)
    }

    /// A button of an interactive message was pressed.
    pub fn button_reply(message_id: &str, id: &str, title: &str) -> Self {
        let content = json!({"type": "button_reply", "button_reply": {"id": id, "title": title}});
        Self::new("interactive", content).replying_to(message_id)
    }

    /// A row of a list was chosen.
    pub fn list_reply(message_id: &str, id: &str, title: &str, description: &str) -> Self {
        let reply = json!({"id": id, "title": title, "description": description});
        Self::new("interactive", json!({"type": "list_reply", "list_reply": reply})).replying_to(message_id)
    }

    /// A form (flow) was filled in.
    pub fn flow_reply(message_id: &str, answers: &Value) -> Self {
        let reply = json!({"name": "flow", "body": "Sent", "response_json": answers.to_string()});
        Self::new("interactive", json!({"type": "nfm_reply", "nfm_reply": reply})).replying_to(message_id)
    }

    /// A quick reply of a template was pressed.
    pub fn quick_reply(message_id: &str, payload: &str, text: &str) -> Self {
        Self::new("button", json!({"payload": payload, "text": text})).replying_to(message_id)
    }

    /// An order from the catalogue: product, quantity, price of one, currency.
    pub fn order(catalog: &str, text: &str, items: &[(&str, u32, f64, &str)]) -> Self {
        let items: Vec<Value> = items
            .iter()
            .map(|(product, quantity, price, currency)| {
                json!({
                    "product_retailer_id": product, "quantity": quantity, "item_price": price, "currency": currency,
                })
            })
            .collect();
        Self::new("order", json!({"catalog_id": catalog, "text": text, "product_items": items}))
    }

    /// A message was changed.
    pub fn edit(message_id: &str, words: &str) -> Self {
        let message = json!({"type": "text", "text": {"body": words}});
        Self::new("edit", json!({"original_message_id": message_id, "message": message}))
    }

    /// A message was taken back.
    pub fn revoke(message_id: &str) -> Self {
        Self::new("revoke", json!({"original_message_id": message_id}))
    }

    /// Something that the platform cannot hand on, such as a poll.
    pub fn unsupported(what: &str) -> Self {
        let mut message = Self::new("unsupported", json!({"type": what}));
        message.extra = json!({"errors": [{
            "code": 131_051, "title": "Message type unknown", "message": "Message type unknown",
            "error_data": {"details": "Message type is currently not supported."},
        }]});
        message
    }

    /// A file that was too large to be taken over.
    pub fn too_big() -> Self {
        let mut message = Self::new("unsupported", Value::Null);
        message.extra = json!({"errors": [entry(131_052)]});
        message
    }

    /// As an answer to a message.
    #[must_use]
    pub fn replying_to(mut self, message_id: &str) -> Self {
        self.reply_to = Some(message_id.to_owned());
        self
    }

    /// Passed on from another chat.
    #[must_use]
    pub fn forwarded(self) -> Self {
        self.with(json!({"context": {"forwarded": true}}))
    }

    /// After a click on an ad.
    #[must_use]
    pub fn from_ad(self) -> Self {
        self.with(json!({"referral": {
            "source_url": "https://fb.me/3simulated", "source_id": "120226305854810726", "source_type": "ad",
            "body": "Summer Succulents are here!", "headline": "Chat with us", "media_type": "image",
            "image_url": "https://scontent.example.com/ad.jpg", "ctwa_clid": "Aff-simulated",
            "welcome_message": {"text": "Hi there! Let us know how we can help!"},
        }}))
    }

    /// About a product of the catalogue.
    #[must_use]
    pub fn about_product(self, message_id: &str, catalog: &str, product: &str) -> Self {
        let context = json!({"referred_product": {"catalog_id": catalog, "product_retailer_id": product}});
        self.with(json!({ "context": context })).replying_to(message_id)
    }

    /// In a group: whoever writes is only a member of it.
    #[must_use]
    pub fn in_group(self, group_id: &str) -> Self {
        self.with(json!({ "group_id": group_id }))
    }

    /// With further members.
    #[must_use]
    pub fn with(mut self, extra: Value) -> Self {
        match (self.extra.as_object_mut(), extra) {
            (Some(members), Value::Object(more)) => members.extend(more),
            (_, extra) => self.extra = extra,
        }
        self
    }

    /// At another time, in Unix seconds.
    #[must_use]
    pub fn at(mut self, seconds: i64) -> Self {
        self.at = Some(seconds);
        self
    }
}

/// The message itself.
pub(super) fn message(person: &Person, number: &Number, id: &str, now: i64, inbound: &Inbound) -> Value {
    let mut message = json!({
        "id": id, "timestamp": inbound.at.unwrap_or(now / 1_000).to_string(), "type": inbound.kind,
    });
    person.name_in(&mut message, "from", "from_user_id", "from_parent_user_id");
    if !inbound.content.is_null() {
        message[&inbound.kind] = inbound.content.clone();
    }
    if let (Some(members), Some(extra)) = (message.as_object_mut(), inbound.extra.as_object()) {
        members.extend(extra.clone());
    }
    if let Some(reply) = &inbound.reply_to {
        message["context"]["from"] = number.display.as_str().into();
        message["context"]["id"] = reply.as_str().into();
    }
    message
}

/// Somebody writes: the message's id, and the value that tells of it.
pub(super) fn write(
    world: &mut World,
    number: &str,
    person: usize,
    inbound: &Inbound,
    now: i64,
) -> Result<(String, Value), GraphError> {
    let who = world.people[person].clone();
    let line = world.number(number)?.clone_head();
    let id = wamid::make(Side::Customer, who.key());
    let message = message(&who, &line, &id, now, inbound);
    let mut value = line.value();
    value["contacts"] = json!([who.contact()]);
    value["messages"] = json!([message]);
    let kept = Kept { person, by_business: false, read: false, content: message };
    world.keep(number, &id, kept);
    let chat = world.chat(number, person);
    chat.last_inbound = Some(now);
    if inbound.extra.get("referral").is_some() {
        chat.from_ad = Some(now);
    }
    Ok((id, value))
}
