//! What becomes of a message after it was accepted: which statuses come, in which order, and when.

use super::person::Person;
use super::refuse::entry;
use serde_json::{Value, json};
use std::time::Duration;

/// How far a message came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Status {
    /// It left the platform.
    Sent,
    /// It reached a device.
    Delivered,
    /// It was seen.
    Read,
    /// A voice note was heard.
    Played,
    /// It did not arrive.
    Failed,
}

impl Status {
    /// As webhooks name it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Delivered => "delivered",
            Self::Read => "read",
            Self::Played => "played",
            Self::Failed => "failed",
        }
    }

    pub(super) fn named(name: &str) -> Option<Self> {
        [Self::Sent, Self::Delivered, Self::Read, Self::Played, Self::Failed].into_iter().find(|is| is.name() == name)
    }

    /// Seconds after sending; the platform's own times keep their order whatever order they are told in.
    fn after(self) -> i64 {
        match self {
            Self::Sent | Self::Failed => 0,
            Self::Delivered => 1,
            Self::Read => 2,
            Self::Played => 3,
        }
    }
}

/// Which statuses follow a send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusScript {
    /// In the order in which they are told; one may stand here twice. `Played` comes for voice notes only.
    pub order: Vec<Status>,
    /// The pause before each.
    pub pause: Duration,
    /// All of them reach the receiver before the call is answered.
    pub before_answer: bool,
    /// The message fails with this code instead.
    pub failure: Option<i64>,
    /// With `conversation`, as webhooks of v23 and older have it.
    pub conversation: bool,
    /// `contacts` as receivers report them: without a profile, and beside a failed status too, by number alone. The manual
    /// prints a profile, and nothing for failures.
    pub contacts_as_seen: bool,
}

impl Default for StatusScript {
    fn default() -> Self {
        Self {
            order: vec![Status::Sent, Status::Delivered, Status::Read, Status::Played],
            pause: Duration::ZERO,
            before_answer: false,
            failure: None,
            conversation: false,
            contacts_as_seen: false,
        }
    }
}

impl StatusScript {
    /// In this order.
    pub fn in_order(order: &[Status]) -> Self {
        Self { order: order.to_vec(), ..Self::default() }
    }

    /// Nothing comes.
    pub fn silent() -> Self {
        Self::in_order(&[])
    }

    /// Out of order, and one of them twice.
    pub fn shuffled() -> Self {
        Self::in_order(&[Status::Read, Status::Sent, Status::Delivered, Status::Delivered])
    }

    /// The message fails.
    pub fn failing(code: i64) -> Self {
        Self { failure: Some(code), ..Self::in_order(&[Status::Sent, Status::Failed]) }
    }

    /// From the control API: `order` (names), `pause_ms`, `before_answer`, `failure` (code), `conversation`,
    /// `contacts_as_seen`.
    pub(super) fn read(body: &Value) -> Option<Self> {
        let mut script = match body["failure"].as_i64() {
            Some(code) => Self::failing(code),
            None => Self::default(),
        };
        if let Some(order) = body["order"].as_array() {
            script.order = order.iter().map(|name| Status::named(name.as_str()?)).collect::<Option<_>>()?;
        }
        script.pause = Duration::from_millis(body["pause_ms"].as_u64().unwrap_or_default());
        script.before_answer = body["before_answer"] == json!(true);
        script.conversation = body["conversation"] == json!(true);
        script.contacts_as_seen = body["contacts_as_seen"] == json!(true);
        Some(script)
    }
}

/// What the statuses of one message say.
#[derive(Clone, Debug)]
pub(super) struct Fate {
    /// The number it was sent from.
    pub(super) number: String,
    pub(super) message_id: String,
    pub(super) person: Person,
    pub(super) opaque: Option<String>,
    /// `service`, `marketing`, `utility`, `authentication`, `referral_conversion`.
    pub(super) category: String,
    /// `regular`, `free_customer_service`, `free_entry_point`.
    pub(super) price: &'static str,
    /// Unix seconds.
    pub(super) at: i64,
    pub(super) voice: bool,
    pub(super) reaction: bool,
    /// Why it fails, whatever the script says.
    pub(super) failure: Option<i64>,
    /// Where its file is to be fetched, and as what.
    pub(super) link: Option<(String, String)>,
    /// Nothing is told by itself.
    pub(super) silent: bool,
    pub(super) script: StatusScript,
}

impl Fate {
    /// The statuses, in the order in which they are told.
    pub(super) fn order(&self) -> Vec<Status> {
        if self.failure.is_some() {
            return vec![Status::Failed];
        }
        if self.silent {
            return Vec::new();
        }
        let failing = self.script.failure.is_some();
        let told = self.script.order.iter().copied();
        told.filter(|status| match status {
            Status::Sent => true,
            Status::Failed => failing,
            // A reaction has no other status than that it was sent.
            Status::Delivered | Status::Read => !self.reaction && !failing,
            Status::Played => self.voice && !failing,
        })
        .collect()
    }

    /// The members that stand beside `messaging_product` and `metadata`.
    pub(super) fn told(&self, status: Status, value: &mut Value) {
        let mut told = json!({
            "id": self.message_id, "status": status.name(), "timestamp": (self.at + status.after()).to_string(),
        });
        self.person.name_in(&mut told, "recipient_id", "recipient_user_id", "recipient_parent_user_id");
        if let Some(opaque) = &self.opaque {
            told["biz_opaque_callback_data"] = opaque.as_str().into();
        }
        match status {
            Status::Failed => {
                let code = self.failure.or(self.script.failure).unwrap_or(131_026);
                told["errors"] = json!([entry(code)]);
            }
            Status::Sent | Status::Delivered => {
                told["pricing"] = json!({
                    "billable": self.price == "regular", "pricing_model": "PMP", "type": self.price,
                    "category": self.category,
                });
                if self.script.conversation || self.price == "free_entry_point" {
                    told["conversation"] = self.conversation(status);
                }
            }
            Status::Read | Status::Played => {}
        }
        if let Some(contact) = self.contact(status) {
            value["contacts"] = json!([contact]);
        }
        value["statuses"] = json!([told]);
    }

    /// Who is introduced beside a status: with their username once they have the message, and not at all where it failed.
    fn contact(&self, status: Status) -> Option<Value> {
        let mut contact = self.person.contact();
        if self.script.contacts_as_seen {
            contact.as_object_mut()?.remove("profile");
            if status == Status::Failed && contact.get("wa_id").is_some() {
                contact.as_object_mut()?.retain(|name, _| name == "wa_id");
            }
            return Some(contact);
        }
        if status == Status::Sent {
            contact["profile"].as_object_mut()?.remove("username");
        }
        (status != Status::Failed).then_some(contact)
    }

    fn conversation(&self, status: Status) -> Value {
        /// Seconds that a conversation lasts.
        const DAY: i64 = 24 * 60 * 60;
        let id = hex::encode(self.person.key().bytes().cycle().take(16).collect::<Vec<_>>());
        let mut conversation = json!({"id": id, "origin": {"type": self.category}});
        if status == Status::Sent {
            conversation["expiration_timestamp"] = (self.at + DAY).to_string().into();
        }
        conversation
    }
}
